"""What the next days may bring if nothing changes, and how good such sayings were.

The renewal equation run forward: Rt as estimated over the last window, cases of each day Poisson, or wider, around Rt times the infectiousness of the days before (Nouvellet et al. 2018,
Epidemics 22, 3-11). Scores: weighted interval score, Bracher, Ray, Gneiting and Reich (2021), PLOS Computational Biology 17, e1008618, equation 2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from .reproduction import checked, cori

Floats = NDArray[np.float64]
QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of each coming day; `mean` (areas, days), `quantiles` (areas, days, as asked). NaN for an area without a case in the last window."""

    mean: Floats
    quantiles: Floats


def forecast(cases: ArrayLike, serial: ArrayLike, *, days: int = 7, window: int = 7, draws: int = 2000, seed: int = 1, quantiles: tuple[float, ...] = QUANTILES) -> Forecast:
    """The next `days`. Nobody should look farther than two generations: Rt is held, and it will not hold.

    Counts are spread as wide around what was expected as they were in the last two windows (variance over mean; a Poisson process where it would vary as much). The same seed, the same answer.
    """
    every, w = np.atleast_2d(np.asarray(cases, np.float64)), checked(serial)
    estimate = cori(every, w, window=window, quantiles=(0.5,))
    areas, seen, chance = every.shape[0], every.shape[1], np.random.default_rng(seed)
    out = Forecast(np.full((areas, days), np.nan), np.full((areas, days, len(quantiles)), np.nan))
    if estimate.mean.shape[1] == 0:
        return out
    mean, sd, found = estimate.mean[:, -1], estimate.sd[:, -1], estimate.cases[:, -1]
    lags = np.arange(1, len(w))
    for area in np.flatnonzero((found > 0) & np.isfinite(mean)):
        r = chance.gamma((mean[area] / sd[area]) ** 2, sd[area] ** 2 / mean[area], draws)
        wide = _spread(every[area], w, mean[area], window)
        run = np.empty((draws, seen + days))
        run[:, :seen] = every[area]
        for t in range(seen, seen + days):
            back = lags[lags <= t]
            expected = r * (run[:, t - back] @ w[back])
            run[:, t] = chance.poisson(expected) if wide <= 1 + 1e-9 else chance.negative_binomial(np.maximum(expected, 1e-12) / (wide - 1), 1 / wide)
        out.mean[area], out.quantiles[area] = run[:, seen:].mean(0), np.quantile(run[:, seen:], quantiles, axis=0).T
    return out


def _spread(row: Floats, w: Floats, r: float, window: int) -> float:
    """Variance over mean of the counts around what the renewal equation expected of them, over two windows; 1 where a Poisson process would vary as much once in ten times."""
    days = range(max(1, len(row) - 2 * window), len(row))
    expected = np.array([r * sum(w[k] * row[t - k] for k in range(1, min(len(w), t + 1))) for t in days])
    kept = expected > 0
    squares, freedom = float(((row[days.start :][kept] - expected[kept]) ** 2 / expected[kept]).sum()), int(kept.sum()) - 1
    return squares / freedom if freedom > 0 and squares > special.chdtri(freedom, 0.1) else 1.0


def interval_score(observed: ArrayLike, quantiles: ArrayLike, levels: tuple[float, ...] = QUANTILES) -> Floats:
    """The weighted interval score of each forecast, in cases; less is better, 0 is a sure and right one. `quantiles`: (…, levels), symmetric around a median; `observed`: (…).

    >>> float(interval_score(5, [3.0, 5.0, 7.0], (0.25, 0.5, 0.75)))
    0.6666666666666666
    """
    y, q = np.asarray(observed, np.float64), np.asarray(quantiles, np.float64)
    k = len(levels) // 2
    if len(levels) % 2 == 0 or any(abs(levels[i] + levels[-1 - i] - 1) > 1e-9 for i in range(k)) or levels[k] != 0.5:
        raise ValueError("quantiles stand in pairs around a median")
    total = 0.5 * np.abs(y - q[..., k])
    for i in range(k):
        alpha, low, high = 2 * levels[i], q[..., i], q[..., -1 - i]
        total = total + alpha / 2 * ((high - low) + 2 / alpha * np.maximum(low - y, 0) + 2 / alpha * np.maximum(y - high, 0))
    return np.asarray(total / (k + 0.5))
