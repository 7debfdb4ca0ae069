"""Where and since when are there more cases than expected? A scan over circles of near places and durations that end today.

Expectation-based Poisson scan: Neill, Moore, Sabhnani and Daniel (2005), "Detection of emerging space-time clusters", KDD 2005, 218-227, equation 3; circles of nearest neighbours as
Kulldorff (1997), Communications in Statistics: Theory and Methods 26, 1481-1496; Monte Carlo rank as Dwass (1957).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _scan

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A zone with more cases than expected.

    Attributes:
        places: Positions of its places among those given, the centre first, then nearer ones before farther ones.
        periods: How many of the newest periods it covers.
        cases, expected: In the zone and those periods.
        score: Logarithm of the likelihood ratio.
        p: Share of simulated data (with this one) whose highest score reaches it; None where nothing was simulated.
    """

    places: tuple[int, ...]
    periods: int
    cases: float
    expected: float
    score: float
    p: float | None


def nearest(places: ArrayLike, most: int, *, reach: float | None = None) -> NDArray[np.int64]:
    """For each place its `most` nearest ones, itself first, (places, most); -1 where `reach` (in the unit of `places`) ends. `places`: (places, 2) on a plane; degrees are to be projected before.

    >>> nearest([[0, 0], [0, 1], [0, 5]], 2).tolist()
    [[0, 1], [1, 0], [2, 1]]
    """
    from scipy.spatial import KDTree

    at = np.asarray(places, np.float64)
    far, near = KDTree(at).query(at, min(most, len(at)), distance_upper_bound=np.inf if reach is None else reach * (1 + 1e-12))
    near = near.reshape(len(at), -1).astype(np.int64)
    near[np.isinf(far.reshape(near.shape))] = -1
    for i in np.flatnonzero(near[:, 0] != np.arange(len(at))):  # of several at one point, the centre comes first
        row = [i, *(n for n in near[i] if n != i)]
        near[i] = row[: near.shape[1]]
    return near


def scan(cases: ArrayLike, expected: ArrayLike, near: NDArray[np.int64], *, replicates: int = 99, seed: int = 1, alpha: float = 0.05, most: int = 10) -> list[Cluster]:
    """The clusters that end with the newest period, the strongest first, none sharing a place with a stronger one.

    Args:
        cases, expected: (periods, places), oldest first; as many periods as the longest duration looked at. Expected must be above 0 where cases can be.
        near: As `nearest` gives it.
        replicates: Simulated data sets; 0 gives no p. With them only clusters with p ≤ `alpha` are told, and the first one always.

    Refused: ValueError where shapes differ, counts are negative or missing, or cases lie where nothing is expected.
    """
    counted, base = np.asarray(cases, np.float64), np.asarray(expected, np.float64)
    if counted.shape != base.shape or counted.ndim != 2 or near.shape[0] != counted.shape[1]:
        raise ValueError(f"cases {counted.shape}, expected {base.shape} and neighbours {near.shape} do not belong together")
    if not (np.isfinite(counted).all() and np.isfinite(base).all() and (counted >= 0).all() and (base >= 0).all()):
        raise ValueError("counts and what is expected are given for every place and period, none below 0")
    if (counted[base == 0] > 0).any():
        raise ValueError("cases where none are expected: give every place an expected count above 0")
    shape = (counted.shape[1], counted.shape[0])
    sums, totals, running = np.empty(shape), np.empty(shape), np.empty(shape[1])
    _scan.ending_today(counted, sums)
    _scan.ending_today(base, totals)
    zone, half = np.empty((*near.shape, shape[1])), np.empty((*near.shape, shape[1]))
    _scan.zones(totals, near, zone, half)
    found = np.empty(shape[0]), np.empty(shape[0], np.int64), np.empty(shape[0], np.int64)
    _scan.each_centre(sums, near, zone, running, *found)
    chance, simulated = np.random.default_rng(seed), np.empty(replicates)
    drawn = np.empty(shape)
    for r in range(replicates):
        _scan.ending_today(chance.poisson(base).astype(np.float64), drawn)
        simulated[r] = _scan.best(drawn, near, zone, half, running)[0]
    taken = np.zeros(shape[0], np.bool_)
    out: list[Cluster] = []
    for i in np.argsort(-found[0], kind="stable"):
        score, size, periods = float(found[0][i]), int(found[1][i]), int(found[2][i])
        zone_of = near[i, :size]
        if len(out) == most or score <= 0:
            break
        if taken[zone_of].any():
            continue
        p = (1 + int((simulated >= score).sum())) / (replicates + 1) if replicates else None
        if out and p is not None and p > alpha:
            break
        taken[zone_of] = True
        out.append(Cluster(tuple(int(n) for n in zone_of), periods, float(sums[zone_of, periods - 1].sum()), float(zone[i, size - 1, periods - 1]), score, p))
    return out
