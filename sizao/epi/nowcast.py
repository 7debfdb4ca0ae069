"""How many cases of the newest days there are, when reports of them are still to come.

Onsets × delays of their reports make a triangle; its empty corner is filled in by what the delays of the days before were. Reverse-time hazards with a beta posterior each (a generalised Dirichlet
for the whole delay), and, given those, a negative binomial for what is not reported yet: Höhle and an der Heiden (2014), "Bayesian nowcasting during the STEC O104:H4 outbreak in Germany, 2011",
Biometrics 70, 993-1002, sections 3.1 and 3.2; the hazards are Lawless's (1994), Canadian Journal of Statistics 22, 15-31.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)


@dataclass(frozen=True, slots=True)
class Nowcast:
    """Of each of the newest days, oldest first; arrays are (areas, days), `quantiles` one longer.

    Attributes:
        seen: Cases reported so far.
        reported: Share of a day's cases that is reported by now, as the delays say; NaN where nothing is known of delays.
        mean, quantiles: Of all cases of the day, reported or not; NaN likewise.
    """

    seen: Floats
    reported: Floats
    mean: Floats
    quantiles: Floats


def triangle(onset: ArrayLike, report: ArrayLike, today: int, days: int, longest: int) -> NDArray[np.int64]:
    """Counts (days, longest + 1) of day of onset × delay, for the `days` days that end with `today`; all as whole numbers of days from any origin.

    Delays above `longest` and reports after `today` are left out. Refused: ValueError where a report comes before its onset.
    """
    first, second = np.asarray(onset, np.int64), np.asarray(report, np.int64)
    delay = second - first
    if (delay < 0).any():
        raise ValueError("a report before its onset")
    kept = (first > today - days) & (first <= today) & (second <= today) & (delay <= longest)
    out = np.zeros((days, longest + 1), np.int64)
    np.add.at(out, (first[kept] - (today - days + 1), delay[kept]), 1)
    return out


def reported(counts: ArrayLike, *, window: int = 28) -> Floats:
    """The share of a day's cases that is reported within 0, 1, … days of it, as the delays say (Lawless 1994, the estimate of greatest likelihood): (delays,), the last one 1. NaN throughout
    where nothing is known of delays. Arguments as of `nowcast`, of one area.

    >>> reported([[2, 1, 1], [3, 1, 0], [1, 0, 0]]).round(3).tolist()
    [0.536, 0.75, 1.0]
    """
    n = np.asarray(counts, np.int64)
    days, delays = n.shape
    age = days - 1 - np.arange(days)
    learned = (age < window + delays - 1)[:, None] & (np.arange(delays)[None, :] <= age[:, None])
    told, share = n * learned, np.ones(delays)
    if told.sum() == 0:
        return np.full(delays, np.nan)
    for d in range(delays - 1, 0, -1):
        rows = learned[:, d]
        at, within = told[rows, d].sum(), told[rows, : d + 1].sum()
        share[d - 1] = share[d] * (1 - at / within if within else 1.0)
    return share


def nowcast(counts: ArrayLike, *, newest: int = 14, window: int = 28, draws: int = 4000, seed: int = 1, spread: float = 1.0) -> Nowcast:
    """The `newest` days of each area.

    Args:
        counts: (areas, days, delays) as `triangle` gives one of them, the last day being today.
        window: Delays are learned from the days of the last `window` ones (and those that the longest delay needs before them), so that a system that has become faster is believed.
        spread: 1: reports come as a Poisson process; above it, so many times as wide (variance over mean of what is still to come).

    The same seed, the same answer.
    """
    n = np.asarray(counts, np.int64)
    if n.ndim == 2:
        n = n[None]
    areas, days, delays = n.shape
    newest, chance = min(newest, days), np.random.default_rng(seed)
    age = days - 1 - np.arange(days)  # how long each day has been looked at
    seen = np.where(np.arange(delays)[None, :] <= age[:, None], 1, 0)
    learned = (age < window + delays - 1).astype(np.int64)[:, None] * seen
    out = Nowcast(n[:, days - newest :].sum(2).astype(np.float64), np.full((areas, newest), np.nan), np.full((areas, newest), np.nan), np.full((areas, newest, len(QUANTILES)), np.nan))
    for area in range(areas):
        told = n[area] * learned
        if told.sum() == 0:
            continue
        share = _shares(told, learned, chance, draws)
        for i in range(newest):
            waited = min(newest - 1 - i, delays - 1)
            p, y = share[:, waited], out.seen[area, i]
            to_come = (y + 0.5) * (1 - p) / p
            wide = np.maximum(1 / p, spread)  # a negative binomial of mean m and variance m / p, or wider
            with np.errstate(divide="ignore", invalid="ignore"):
                size = np.where(wide > 1 + 1e-12, to_come / (wide - 1), np.inf)
            unseen = np.where(np.isfinite(size) & (to_come > 0), chance.negative_binomial(np.where(np.isfinite(size) & (size > 0), size, 1), 1 / np.maximum(wide, 1 + 1e-12)), 0)
            out.reported[area, i], out.mean[area, i] = p.mean(), y + unseen.mean()
            out.quantiles[area, i] = y + np.quantile(unseen, QUANTILES)
    return out


def _shares(told: NDArray[np.int64], learned: NDArray[np.int64], chance: np.random.Generator, draws: int) -> Floats:
    """Draws (draws, delays) of the share that is reported within each delay. The hazard of a delay d, backwards: of those reported within d, the share reported at d itself."""
    delays = told.shape[1]
    share = np.ones((draws, delays))
    for d in range(delays - 1, 0, -1):
        rows = learned[:, d] == 1
        at, within = int(told[rows, d].sum()), int(told[rows, : d + 1].sum())
        hazard = chance.beta(at + 0.5, within - at + 0.5, draws) if within else np.zeros(draws)
        share[:, d - 1] = share[:, d] * (1 - hazard)
    return np.maximum(share, 1e-6)
