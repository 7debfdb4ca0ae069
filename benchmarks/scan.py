"""The space-time scan: `size` places × 14 days × 20 nearest places × 99 replicates; scores equal to those of zones summed one by one.

`seconds_scan` is the public call with checks, draws and ranks, the middle of five (the first one, that compiles, left out); `times` against the C++ of R's `scanstatistics` 1.0.2 on the same shape
(2.31 s, `scan_eb_poisson`, zones not counted, measured beside the design), as a figure: that package is in no registry this project may use.
"""

import math
from typing import Any

import numpy as np

from benchmarks.warning import _middle

#: Seconds of the peer at 1,000 places.
PEER = 2.31


def run(size: int = 1000, days: int = 14, near: int = 20, replicates: int = 99) -> dict[str, Any]:
    """`equal`: the highest score of the data and of each replicate, both forms of the scan, to 1e-9 against `slow`."""
    from sizao.epi import _scan
    from sizao.epi.scan import nearest, scan

    chance = np.random.default_rng(1)
    at, expected = chance.random((size, 2)), chance.gamma(2, 2.5, (days, size))
    cases, around = chance.poisson(expected).astype(float), nearest(at, near)
    figures: dict[str, Any] = {"seconds_scan": _middle(lambda: scan(cases, expected, around, replicates=replicates))}
    figures["seconds_scan_conditional"] = _middle(lambda: scan(cases, expected, around, replicates=replicates, conditional=True))
    drawn = np.empty((size, days, replicates))
    state = np.array([1, 2, 3, 4], np.uint64)
    figures["seconds_draws"] = _middle(lambda: _scan.poisson(expected, state, np.empty(4096), np.empty(64, np.int64), drawn))
    figures["equal"] = abs(scan(cases, expected, around, replicates=0)[0].score - slow(cases, expected, around, 0.0)) < 1e-9
    held = expected * (cases.sum() / expected.sum())
    figures["equal"] &= abs(scan(cases, expected, around, replicates=0, conditional=True)[0].score - slow(cases, held, around, float(cases.sum()))) < 1e-9
    figures["equal"] &= _replicates_equal(drawn[..., :3].copy(), expected, around)
    if (size, days, near, replicates) == (1000, 14, 20, 99):
        figures["times"] = PEER / figures["seconds_scan"]
    return figures


def _replicates_equal(drawn: np.ndarray, expected: np.ndarray, around: np.ndarray) -> bool:
    from sizao.epi import _scan

    days, n = drawn.shape[1], drawn.shape[2]
    totals, zone, half, top = np.empty(drawn.shape[:2]), np.empty((*around.shape, days)), np.empty((*around.shape, days)), np.empty(n)
    counts = drawn[:, ::-1].transpose(1, 0, 2).copy()
    _scan.longer(drawn)
    _scan.ending_today(expected, totals)
    _scan.zones(totals, around, 0.0, zone, half)
    _scan.best(drawn, around, zone, half, 0.0, np.empty((days, n)), np.empty(n), top)
    return all(abs(top[r] - slow(counts[..., r], expected, around, 0.0)) < 1e-9 for r in range(n))


def slow(cases: np.ndarray, expected: np.ndarray, around: np.ndarray, total: float) -> float:
    """The highest score, every zone and duration summed anew from the counts of its places."""
    best, days = 0.0, len(cases)
    for row in around:
        for q in range(1, len(row) + 1):
            c_all, e_all = cases[:, row[:q]].sum(1), expected[:, row[:q]].sum(1)
            for d in range(1, days + 1):
                c, e = math.fsum(c_all[-d:]), math.fsum(e_all[-d:])
                if c > e:
                    outside = (total - c) * math.log((total - c) / (total - e)) if total > c else 0.0
                    best = max(best, c * math.log(c / e) + (outside if total else e - c))
    return best
