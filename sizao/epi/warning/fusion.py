"""One method out of the parts that the others are good at: a regression on all history, exact probabilities of counts, and evidence that adds up over weeks.

A Shewhart chart finds the outbreak that comes at once, a cumulative sum the one that comes slowly. Lucas (1982), "Combined Shewhart-CUSUM quality control schemes", Journal of Quality Technology 14,
51-59, runs both on one series of normal scores. The scores here are those of `regression`: the normal quantile of P(fewer) + half P(as many), so that a count of 2 where 0.1 is usual and one of 140
where 100 is usual are told on one scale (Höhle and Paul 2008; the half: Lancaster 1961, Journal of the American Statistical Association 56, 223-234). Both limits follow from `alpha` by the Markov
chain of Brook and Evans (1972), "An approach to the probability distribution of cusum run length", Biometrika 59, 539-549; nothing is tuned to a series. Its accuracy beside Farrington's method is in
`docs/decisions` (042) and is measured by `bench accuracy`.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from ..quantiles import negative_binomial
from .regression import WEEKLY, beyond, blocks, bounded, check, predicted
from .regression import Settings as Regression
from .series import Warned, counts, empty

#: States of the chain between 0 and the limit: more do not move the limit by a thousandth.
STATES = 120


@dataclass(frozen=True, slots=True)
class Settings:
    """How the fusion is run.

    Attributes:
        alpha: Share of periods without an outbreak in which an alarm is to be given.
        share: How much of it the single period gets; the sum over periods gets the rest.
        reference: The sum grows by what a score exceeds this (k of a CUSUM): half of the rise that is worth finding, in standard deviations.
        periods: Over how many newest periods the sum runs; as many are kept out of the baseline.
        model: The regression's settings but for `alpha` and `past_left_out`.
    """

    alpha: float = 0.005
    share: float = 0.9
    reference: float = 1.25
    periods: int = 8
    model: Regression = WEEKLY


@lru_cache(maxsize=64)
def limits(alpha: float, share: float, reference: float) -> tuple[float, float]:
    """Score that alarms by itself, and limit of the sum, so that together they alarm in `alpha` of independent standard normal scores; after an alarm the sum begins at 0.

    >>> [round(limit, 3) for limit in limits(0.005, 0.9, 1.25)]
    [2.612, 1.818]
    """
    alone = -float(special.ndtri(alpha * share))
    low, high = 0.0, 10.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if _rate(alone, middle, reference) > alpha else (low, middle)
    return alone, high


def _rate(alone: float, limit: float, reference: float) -> float:
    edges = np.linspace(0, limit, STATES + 1)
    stands = np.append(0.0, (edges[:-1] + edges[1:]) / 2)
    highest = np.minimum(alone, limit - stands + reference)
    below = special.ndtr(np.minimum(edges[None, :] - stands[:, None] + reference, highest[:, None]))
    alarm = special.ndtr(-highest)
    moves = np.column_stack([below[:, :1] + alarm[:, None], np.diff(below, axis=1)])
    equations = np.vstack([(moves.T - np.eye(len(moves)))[:-1], np.ones(len(moves))])
    stays = np.linalg.solve(equations, np.append(np.zeros(len(moves) - 1), 1.0))
    return float(stays @ alarm)


def fusion(told: ArrayLike, settings: Settings = Settings(), *, last: int | None = None, holidays: ArrayLike | None = None, **other: object) -> Warned:
    """Judges the `last` periods (all where None) of each series: (series, periods) of counts in, arrays of (series, last) out. `holidays`: (periods,) of kinds, 0 for none; `other`: fields of
    `Settings` that differ.

    The bound is the largest count that is no alarm, given the periods before it: where these stood out and gave none, it is lower. What is said of a date does not depend on `last`.
    """
    of = replace(settings, **other) if other else settings  # type: ignore[arg-type]
    if not 0 < of.alpha < 0.2 or not 0.01 <= of.share <= 0.99 or not 0 < of.reference < 4 or of.periods < 1:
        raise ValueError("alpha lies between 0 and 0.2, share between 0.01 and 0.99, the reference between 0 and 4, at least one period")
    model = replace(of.model, alpha=of.alpha, past_left_out=max(of.model.past_left_out, of.periods))
    y = counts(told)
    kinds = check(model, y.shape[1], holidays)
    dates = y.shape[1] if last is None else min(last, y.shape[1])
    out, first = empty(y.shape[0], dates), y.shape[1] - dates
    alone, limit = limits(of.alpha, of.share, of.reference)
    for some in blocks(y.shape[0], dates, of.periods):
        found = predicted(y[some], first, model, kinds, of.periods)
        there = bounded(found.reason)
        out.reason[some], out.expected[some] = found.reason, found.expected[..., -1]
        series, date = np.nonzero(there)
        mean, spread = found.mean[there], found.dispersion[there]
        sums = _sums(y[some], series, date + first, mean, spread, alone, limit, of.reference)
        bound = np.minimum(alone, limit + of.reference - sums)
        out.threshold[some][there] = _largest(special.ndtr(-bound), mean[:, -1], spread[:, -1])
    with np.errstate(invalid="ignore"):
        out.alarm[:] = (y[:, first:] > out.threshold)
    return out


def _sums(y: NDArray[np.int64], series: NDArray[np.int64], at: NDArray[np.int64], mean: NDArray[np.float64], spread: NDArray[np.float64], alone: float, limit: float, reference: float) -> NDArray[np.float64]:
    """The cumulative sum of each date before the date itself is counted."""
    sums, periods = np.zeros(len(series)), mean.shape[1]
    for back in range(periods - 1, 0, -1):
        told = np.where(at >= back, y[series, np.maximum(at - back, 0)], -1)
        here = (told >= 0) & ~np.isnan(mean[:, -1 - back])
        score = np.zeros(len(series))
        if reference >= 1:  # a count within its mean has a score below 1 unless it is very skewed, and adds nothing to a sum of nothing
            here &= (sums > 0) | (told > mean[:, -1 - back]) | (spread[:, -1 - back] > 10)
        score[here] = -special.ndtri(np.clip(beyond(told[here].astype(float), mean[here, -1 - back], spread[here, -1 - back]), 1e-15, 1 - 1e-15))
        grown = np.maximum(sums + score - reference, 0)
        sums = np.where(here, np.where((score > alone) | (grown > limit), 0.0, grown), sums)
    return sums


def _largest(tail: NDArray[np.float64], mean: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest count whose P(more) + half P(as many) is not below `tail`."""
    least = negative_binomial(1 - tail, mean, spread)
    return least - (beyond(least, mean, spread) < tail)
