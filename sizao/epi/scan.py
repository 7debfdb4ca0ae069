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
    """For each place its `most` nearest ones, itself first, (places, most); -1 where `reach` (in the unit of `places`) ends. `places`: (places, 2) on a plane, or as `on_sphere` gives them.

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


#: Mean radius of the earth, km (IUGG).
EARTH = 6371.0088


def on_sphere(lon: ArrayLike, lat: ArrayLike) -> Floats:
    """Places given in degrees as points in space, (places, 3), in km: who is nearest along the chord is nearest along the ground.

    >>> import numpy as np
    >>> a, b = on_sphere([116.4, 121.5], [39.9, 31.2])
    >>> round(2 * EARTH * float(np.arcsin(np.linalg.norm(a - b) / (2 * EARTH))))
    1071
    """
    east, north = np.radians(np.asarray(lon, np.float64)), np.radians(np.asarray(lat, np.float64))
    return EARTH * np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])


def chord(km: float) -> float:
    """The straight length below a distance along the ground, for `nearest`'s `reach`."""
    return 2 * EARTH * float(np.sin(min(km / (2 * EARTH), np.pi / 2)))


def up_to(near: NDArray[np.int64], population: ArrayLike, share: float) -> NDArray[np.int64]:
    """Circles that end before they hold more than `share` of all population, each place for itself always (Kulldorff 1997: a half).

    >>> up_to(nearest([[0, 0], [0, 1], [0, 5]], 3), [10, 10, 20], 0.5).tolist()
    [[0, 1, -1], [1, 0, -1], [2, -1, -1]]
    """
    people = np.asarray(population, np.float64)
    held = np.cumsum(np.where(near >= 0, people[near], 0), axis=1)
    beyond = held > share * people.sum() * (1 + 1e-12)
    beyond[:, 0] = False
    return np.where(beyond, -1, near)


def scan(
    cases: ArrayLike,
    expected: ArrayLike,
    near: NDArray[np.int64],
    *,
    replicates: int = 99,
    seed: int = 1,
    alpha: float = 0.05,
    most: int = 10,
    longest: int | None = None,
    conditional: bool = False,
) -> list[Cluster]:
    """The clusters that end with the newest period, the strongest first, none sharing a place with a stronger one.

    Args:
        cases, expected: (periods, places), oldest first. Expected must be above 0 where cases can be.
        near: As `nearest` gives it, perhaps cut by `up_to`.
        replicates: Simulated data sets; 0 gives no p. With them only clusters with p ≤ `alpha` are told, and the first one always.
        longest: How many of the newest periods a cluster may cover; all.
        conditional: False: what is expected is known, and counts of places are independent (Neill et al. 2005, equation 3). True: all cases of the periods given are held, `expected` says only how
            they would be spread, and inside is compared with outside (Kulldorff 2001, "Prospective time periodic geographical disease surveillance using a scan statistic", Journal of the Royal
            Statistical Society A 164, 61-72); simulated cases are then multinomial.

    Refused: ValueError where shapes differ, counts are negative or missing, or cases lie where nothing is expected.
    """
    counted, base = np.asarray(cases, np.float64), np.asarray(expected, np.float64)
    if counted.shape != base.shape or counted.ndim != 2 or near.shape[0] != counted.shape[1]:
        raise ValueError(f"cases {counted.shape}, expected {base.shape} and neighbours {near.shape} do not belong together")
    if not (np.isfinite(counted).all() and np.isfinite(base).all() and (counted >= 0).all() and (base >= 0).all()):
        raise ValueError("counts and what is expected are given for every place and period, none below 0")
    if (counted[base == 0] > 0).any():
        raise ValueError("cases where none are expected: give every place an expected count above 0")
    total = float(counted.sum()) if conditional else 0.0
    if conditional:
        if total == 0:
            return []
        base = base * (total / base.sum())
    counted, base = np.ascontiguousarray(counted), np.ascontiguousarray(base)
    places, durations = counted.shape[1], min(longest or len(counted), len(counted))
    sums, totals, running = np.empty((places, durations)), np.empty((places, durations)), np.empty(durations)
    _scan.ending_today(counted, sums)
    _scan.ending_today(base, totals)
    zone, half = np.empty((*near.shape, durations)), np.empty((*near.shape, durations))
    _scan.zones(totals, near, total, zone, half)
    found = np.empty(places), np.empty(places, np.int64), np.empty(places, np.int64)
    _scan.each_centre(sums, near, zone, total, running, *found)
    simulated = _simulated(base, near, zone, half, total, durations, replicates, seed)
    taken = np.zeros(places, np.bool_)
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


#: Replicates at a time: their counts of a place stay in the processor's own memory.
AT_ONCE = 128
#: Counts that a table of one cell's distribution has room for; cells with more are drawn by NumPy.
WIDEST = 4096


def _simulated(base: Floats, near: NDArray[np.int64], zone: Floats, half: Floats, total: float, durations: int, replicates: int, seed: int) -> Floats:
    """The highest score of each simulated data set."""
    top, chance = np.empty(replicates), np.random.default_rng(seed)
    state = chance.integers(1, 2**63, 4).astype(np.uint64)
    newest = base[::-1][:durations].T
    wide = 18 * np.sqrt(newest) + 42 > WIDEST
    for begin in range(0, replicates, AT_ONCE):
        n = min(AT_ONCE, replicates - begin)
        drawn = np.empty((base.shape[1], durations, n))
        if total > 0:
            _scan.multinomial(base / base.sum(), int(total), state, np.empty(base.size), np.empty(base.size, np.int64), drawn)
        else:
            _scan.poisson(base, state, np.empty(WIDEST), np.empty(64, np.int64), drawn)
            if wide.any():
                drawn[wide] = chance.poisson(newest[wide][:, None], (int(wide.sum()), n))
        _scan.longer(drawn)
        _scan.best(drawn, near, zone, half, total, np.empty((durations, n)), np.empty(n), top[begin : begin + n])
    return top
