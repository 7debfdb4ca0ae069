"""Counts against a regression on all of their history: trend, season, day of the week, holidays; Poisson or negative binomial; past outbreaks count less.

Serfling (1963), "Methods for current statistical analysis of excess pneumonia-influenza deaths", Public Health Reports 78, 494-506: season as waves beside a trend. Höhle and Paul (2008), "Count
data regression charts for the monitoring of surveillance time series", Computational Statistics & Data Analysis 52, 4357-4368: the same with counts. Zeger and others' quasi-likelihood: McCullagh and
Nelder (1989), Generalized Linear Models, chapter 9. How much a wave is shrunk: MacKay (1992), "Bayesian interpolation", Neural Computation 4, 415-447, equation 4.20. Past outbreaks: weights are
the tail-area false discovery rate of Efron (2004), Journal of the American Statistical Association 99, 96-104, over single periods and pairs of neighbours, so that a history without an outbreak
loses hardly anything, and one with several loses them. Differs from the papers: variance φμ (as Farrington's method and Noufaily et al. 2013 have it), and what the weights take away is given back
by three constants (`docs/decisions`, 042).
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from .. import quantiles
from . import _regression
from .series import EMPTY, JUDGED, MISSING, SHORT, Warned, counts, empty

Family = Literal["negbin", "poisson"]
#: What the weights take from the spread and the mean of a history without outbreaks, measured once over the 42 scenarios of Noufaily et al. 2013 together (training seeds, never those reported): a
#: share of the dispersion beyond Poisson's, a share for each unit of squared skewness, standard deviations of the mean.
LOST_DISPERSION, LOST_BY_SKEWNESS, LOST_MEAN = 0.12, 0.025, 0.04
#: The spread of a dozen counts is itself unsure: it is widened by this over their number less three, so that with a short history, too, about `alpha` of the periods alarm.
UNSURE = 6.0
#: How far effects are expected to lie from 0, in logarithms: of a day of the week, a holiday, the trend in a year. What was never seen is as unsure as this.
DAY_SD, HOLIDAY_SD, TREND_SD = 0.5, 1.0, 0.5
#: More kinds of holidays than this are a mistake.
MOST_KINDS = 20


@dataclass(frozen=True, slots=True)
class Settings:
    """How the regression is run.

    Attributes:
        alpha: Level: a count is above the bound with at most this probability.
        family: "negbin" (variance φμ with φ from the history) or "poisson".
        frequency: Periods a year. week: periods a week that have a level of their own each (7), or 1.
        years: The longest history; where there are not two years of it, the newest `recent` periods alone are the baseline, without season and trend.
        waves: Waves of the season, a year long and its fractions; each is shrunk by how little of it there is.
        trend: Whether a straight trend on the log scale is fitted.
        past_left_out: This many newest periods, the judged one among them, are not in the baseline, so that an outbreak that goes on is not; with a short history three.
        reweight: Whether what looks like a past outbreak counts less.
        present: Share of the baseline that must be there.
    """

    alpha: float = 0.005
    family: Family = "negbin"
    frequency: int = 52
    week: int = 1
    years: int = 8
    waves: int = 3
    trend: bool = True
    past_left_out: int = 8
    recent: int = 12
    reweight: bool = True
    present: float = 2 / 3


WEEKLY = Settings()
#: Five years and not eight: a day costs seven times a week's time. An outbreak of two weeks is kept out of its own baseline.
DAILY = Settings(frequency=365, week=7, years=5, past_left_out=14, recent=28)
#: Least periods of a baseline without a season, and periods left out before it, as C2 leaves two between.
LEAST, LOCAL_LEFT_OUT = 7, 3


@dataclass(frozen=True, slots=True)
class Predicted:
    """What was to be expected of the newest `ahead` periods of each judged date; every array (series, dates, ahead) but `reason`, (series, dates). NaN where nothing can be said."""

    expected: NDArray[np.float64]
    mean: NDArray[np.float64]
    dispersion: NDArray[np.float64]
    reason: NDArray[np.int8]


def check(of: Settings, periods: int, holidays: ArrayLike | None) -> NDArray[np.int64]:
    """The kind of holiday of each period (0: none). ValueError for settings or holidays that cannot be."""
    if not 0 < of.alpha < 0.5 or of.family not in ("negbin", "poisson"):
        raise ValueError("alpha lies between 0 and 0.5, the family is negbin or poisson")
    if of.frequency < 2 or of.week < 1 or of.years < 2 or not 0 <= of.waves <= min(10, of.frequency // 4) or of.past_left_out < 1 or of.recent < LEAST or not 0 < of.present <= 1:
        raise ValueError(f"at least 2 periods a year and 2 years, no more waves than a quarter of the periods, at least 1 period left out, {LEAST} recent ones, present above 0")
    if holidays is None:
        return np.zeros(periods, np.int64)
    kinds = np.asarray(holidays)
    if kinds.shape != (periods,) or (kinds.size and (kinds.min() < 0 or kinds.max() > MOST_KINDS or (kinds != np.floor(kinds)).any())):
        raise ValueError(f"holidays: one whole number for each period, from 0 (none) to {MOST_KINDS}")
    return kinds.astype(np.int64)


def _design(of: Settings, kinds: NDArray[np.int64], waves: int, trend: bool) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Cell of each period, design of each cell, ridge of each effect (the last is the trend)."""
    t = np.arange(kinds.size)
    bucket = 1 if of.frequency <= 60 else 7
    phase = (t % of.frequency) // bucket if waves else np.zeros_like(t)
    rows, cell = np.unique(np.column_stack([phase, t % of.week, kinds]), axis=0, return_inverse=True)
    angle = 2 * np.pi * (rows[:, 0] + 0.5) * bucket / of.frequency
    columns = [np.ones(len(rows))]
    for k in range(1, waves + 1):
        columns += [np.cos(k * angle), np.sin(k * angle)]
    days = [(rows[:, 1] == d).astype(float) for d in range(of.week if of.week > 1 else 0)]
    others = [(rows[:, 2] == kind).astype(float) for kind in range(1, int(kinds.max(initial=0)) + 1)]
    ridge = [0.0] + [1.0] * (2 * waves) + [DAY_SD**-2] * len(days) + [HOLIDAY_SD**-2] * len(others) + [TREND_SD**-2 if trend else 1e12]
    return cell.reshape(-1).astype(np.int64), np.ascontiguousarray(np.column_stack(columns + days + others)), np.array(ridge)


def predicted(y: NDArray[np.int64], first: int, of: Settings, kinds: NDArray[np.int64], ahead: int) -> Predicted:
    """What was to be expected of the newest `ahead` periods at each date from `first` on, from the baseline that ends before them (`ahead` at most `past_left_out`; with a short history of the newest
    three only)."""
    dates = y.shape[1] - first
    shape = (y.shape[0], dates, ahead)
    mean, error, phi, reason = (np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape[:2], np.nan), np.full(shape[:2], SHORT, np.int8))
    thirds = np.cbrt(np.maximum(y, 0)) ** 2
    rounds, negbin, present = (3 if of.reweight else 0), of.family == "negbin", float(of.present)
    if first + dates > 2 * of.frequency + of.past_left_out:
        cell, z, ridge = _design(of, kinds, of.waves, of.trend)
        _regression.fit(y, thirds, first, cell, z, ridge, of.waves, of.years * of.frequency, 2 * of.frequency, of.past_left_out, float(of.frequency), present, rounds, negbin, ahead, mean, phi, error, reason)
    if (reason == SHORT).any():
        cell, z, ridge = _design(of, kinds, 0, False)
        near, far = (np.full(shape, np.nan) for _ in range(2))
        left_out, before = min(of.past_left_out, LOCAL_LEFT_OUT), reason == SHORT
        _regression.fit(y, thirds, first, cell, z, ridge, 0, of.recent, LEAST, left_out, float(of.frequency), present, min(rounds, 1), negbin, ahead, near, phi, far, reason)
        near[..., : max(ahead - left_out, 0)] = np.nan
        mean[before], error[before] = near[before], far[before]
        phi[before & (reason != EMPTY)] *= 1 + UNSURE / (of.recent - 3)
    spread = phi[..., None] + 0 * mean
    weighed = (reason != EMPTY)[..., None] & of.reweight
    if negbin:
        skewness = (2 * spread - 1) ** 2 / (spread * mean)
        spread = spread + weighed * (LOST_DISPERSION * (spread - 1) + LOST_BY_SKEWNESS * skewness * spread)
    shifted = mean + weighed * LOST_MEAN * np.sqrt(spread * mean)
    return Predicted(mean, shifted, np.maximum(spread + shifted * error, 1 + 1e-6), reason)


def bounded(reason: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Where a prediction stands: judged, missing now, or no case before."""
    return np.asarray((reason == JUDGED) | (reason == MISSING) | (reason == EMPTY))


def beyond(y: NDArray[np.float64], mean: NDArray[np.float64], dispersion: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(more than y) + half of P(y) of a negative binomial of this mean and variance `dispersion` x mean."""
    size, p = mean / (dispersion - 1), 1 - 1 / dispersion
    more = special.betainc(y + 1, size, p)
    return np.asarray(0.5 * (more + np.where(y > 0, special.betainc(np.maximum(y, 1), size, p), 1.0)))


def blocks(series: int, dates: int, ahead: int) -> list[slice]:
    """So many series at a time that the arrays between stay small."""
    some = max(1, 1_000_000 // max(dates * ahead, 1))
    return [slice(at, at + some) for at in range(0, series, some)]


def regression(told: ArrayLike, settings: Settings = WEEKLY, *, last: int | None = None, holidays: ArrayLike | None = None, **other: object) -> Warned:
    """Judges the `last` periods (all where None) of each series: (series, periods) of counts in, arrays of (series, last) out. `holidays`: (periods,) of kinds, 0 for none; `other`: fields of
    `Settings` that differ.

    The bound is the quantile 1 - `alpha` of what one period ahead was to be expected, the uncertainty of the mean included. Reasons: "short" (fewer than ten periods), "gap", "missing", and
    "empty", where the bound is that of half a case in all of the baseline.
    """
    of = replace(settings, **other) if other else settings  # type: ignore[arg-type]
    y = counts(told)
    kinds = check(of, y.shape[1], holidays)
    dates = y.shape[1] if last is None else min(last, y.shape[1])
    out, first = empty(y.shape[0], dates), y.shape[1] - dates
    for some in blocks(y.shape[0], dates, 1):
        found = predicted(y[some], first, of, kinds, 1)
        out.reason[some], out.expected[some] = found.reason, found.expected[..., 0]
        there = bounded(found.reason)
        out.threshold[some][there] = quantiles.negative_binomial(1 - of.alpha, found.mean[there, 0], found.dispersion[there, 0])
    with np.errstate(invalid="ignore"):
        out.alarm[:] = (y[:, first:] > out.threshold)
    return out
