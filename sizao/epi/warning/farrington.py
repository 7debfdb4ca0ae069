"""Counts of a week against the same weeks of the years before it, by a quasi-Poisson regression: the method of most national surveillance institutes.

Farrington, Andrews, Beale and Catchpole (1996), "A statistical algorithm for the early detection of outbreaks of infectious disease", Journal of the Royal Statistical Society A 159, 547-563: the
original. Noufaily, Enki, Farrington, Garthwaite, Andrews and Charlett (2013), "An improved algorithm for outbreak detection in multiple surveillance systems", Statistics in Medicine 32,
1206-1222: the flexible one. Salmon, Schumacher, Stark and Höhle (2015), Biometrical Journal 57, 1051-1067: the third threshold ("muan").
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import quantiles
from . import _farrington
from .normal import quantile
from .series import JUDGED, LOW, UNFIT, Warned, counts, empty

Threshold = Literal["delta", "nbPlugin", "muan"]
Power = Literal["2/3", "1/2", "none"]
#: A standard error of the mean's logarithm beyond this says that the mean may be anything.
MOST_UNSURE = 20.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How the method is run; the names are the papers', the values those of Noufaily et al. 2013.

    Attributes:
        alpha: Level of the bound; with `two_sided` half of it lies above.
        years, half_window: Years back, and periods on each side of the same one in each of them.
        seasons: Levels of the season: one for the windows, the others share the rest of the year. 1: the windows alone are the baseline.
        past_weeks_left_out: This many newest periods are not in the baseline, so that an outbreak that goes on is not.
        frequency: Periods a year.
        trend, trend_threshold: Whether a straight trend on the log scale may be fitted; kept where its p-value is below the threshold (1: always), where there are three years, and where it
            does not lead above the largest count of the baseline.
        reweight, weights_threshold: Whether periods far above what is fitted count less, and from which standardised residual on.
        threshold: "delta" (a normal bound after a power), "nbPlugin" (negative binomial quantile at the mean), "muan" (at the upper bound of the mean).
        power: Before the normal bound: 2/3 (skewness), 1/2 (variance), none.
        least_cases, least_weeks: Fewer cases than this in so many newest periods, the judged one among them, and no alarm is given.
        present: Share of the baseline that must be there; missing periods have no weight in the fit.
        as_package: Compute as this function of R's `surveillance` 1.20.3 does in three places where it departs from the papers (`docs/decisions` tells which), to compare with it.
    """

    alpha: float = 0.005
    two_sided: bool = False
    years: int = 5
    half_window: int = 3
    seasons: int = 10
    past_weeks_left_out: int = 26
    frequency: int = 52
    trend: bool = True
    trend_threshold: float = 1.0
    reweight: bool = True
    weights_threshold: float = 2.58
    threshold: Threshold = "nbPlugin"
    power: Power = "2/3"
    least_cases: int = 5
    least_weeks: int = 4
    present: float = 2 / 3
    as_package: Literal["farringtonFlexible", "farrington"] | None = None


FLEXIBLE = Settings()
#: The algorithm of 1996: the windows alone, every residual above one counts less, the trend where it is significant, a bound after the power 2/3.
ORIGINAL = Settings(alpha=0.05, two_sided=True, seasons=1, past_weeks_left_out=-1, trend_threshold=0.05, weights_threshold=1.0, threshold="delta")


def baseline(of: Settings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many periods back each period of the baseline lies, sorted by level of the season, and where each level begins; level 0 holds the windows around the same period.

    >>> ages, begins = baseline(FLEXIBLE)
    >>> len(ages), int(ages.min()), int(ages.max()), len(begins) - 1
    (237, 27, 263, 10)
    """
    year, width = of.frequency, 2 * of.half_window + 1
    oldest = of.years * year + of.half_window
    if of.seasons == 1:
        told = [(0, back) for y in range(of.years, 0, -1) for back in range(y * year + of.half_window, y * year - of.half_window - 1, -1)]
    else:
        span = (year - width) / (of.seasons - 1)
        told = [(0 if (p := (of.half_window - back) % year) < width else 1 + int((p - width) / span), back) for back in range(oldest, 0, -1)]
    kept = sorted((level, -back) for level, back in told if back > of.past_weeks_left_out)
    levels = np.array([level for level, _ in kept])
    return np.array([-back for _, back in kept], np.int64), np.searchsorted(levels, np.arange(levels.max() + 2)).astype(np.int64)


def farrington(told: ArrayLike, settings: Settings = FLEXIBLE, *, last: int | None = None, **other: object) -> Warned:
    """Judges the `last` periods (all where None) of each series: (series, periods) of counts in, arrays of (series, last) out. `other`: fields of `Settings` that differ.

    A baseline that is not whole is answered with a reason ("short", "gap"), one without a case with "empty"; too few cases lately ("low") keeps the expected count and gives no bound.
    """
    of = replace(settings, **other) if other else settings  # type: ignore[arg-type]
    if of.years < 1 or of.seasons < 1 or of.half_window < 0 or of.frequency < 2 * of.half_window + of.seasons or not 0 < of.alpha < 1:
        raise ValueError("years and seasons are at least 1, the window and the seasons fit into a year, alpha lies between 0 and 1")
    y = counts(told)
    dates = y.shape[1] if last is None else min(last, y.shape[1])
    out, first = empty(y.shape[0], dates), y.shape[1] - dates
    ages, begins = baseline(of)
    _farrington.reasons(y, first, ages, begins, of.present, of.least_cases, of.least_weeks, out.reason)
    fitted = np.full((*out.reason.shape, 6), np.nan)
    most = 0.0 if of.trend_threshold >= 1 else -quantiles.student(of.trend_threshold / 2, len(ages) - len(begins))
    thirds = np.cbrt(np.maximum(y, 0)) ** 2
    form = 0 if of.as_package is None else 1 if of.as_package == "farringtonFlexible" else 2
    _farrington.fit(y, thirds, first, ages, begins, of.trend and of.years >= 3, of.reweight, of.weights_threshold, form, most, fitted, out.reason)
    if of.threshold == "muan":  # no case at this time of any year: nothing bounds the mean
        out.reason[(out.reason == JUDGED) & (fitted[..., 2] * np.maximum(fitted[..., 5], 1) > MOST_UNSURE**2)] = UNFIT
    there = (out.reason == JUDGED) | (out.reason == LOW)
    mean, phi = fitted[there, 0], np.maximum(fitted[there, 1], 1.0)
    out.expected[there] = mean
    bound = _bound(of, mean, phi, np.sqrt(fitted[there, 2] * (fitted[there, 5] if form == 1 else phi)))
    out.threshold[there] = np.where(out.reason[there] == LOW, np.nan, bound)
    with np.errstate(invalid="ignore"):
        out.alarm[:] = y[:, first:] > out.threshold
    return out


def _bound(of: Settings, mean: NDArray[np.float64], phi: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.float64]:
    """The bound of each period; `error`: standard error of the logarithm of the mean."""
    alpha = of.alpha / 2 if of.two_sided else of.alpha
    z = quantile(1 - alpha)
    if of.threshold == "delta":
        spread = np.sqrt(phi * mean + (error * mean) ** 2)
        power = {"2/3": 2 / 3, "1/2": 1 / 2, "none": 1.0}[of.power]
        return np.asarray((mean**power + z * power * spread * mean ** (power - 1)) ** (1 / power))
    at = mean * np.exp(z * np.minimum(error, MOST_UNSURE)) if of.threshold == "muan" else mean
    wide = phi > 1
    bound = np.empty_like(at)
    bound[~wide] = quantiles.poisson(1 - alpha, at[~wide])
    bound[wide] = quantiles.negative_binomial(1 - alpha, at[wide], phi[wide])
    return bound
