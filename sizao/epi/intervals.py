"""Intervals of proportions."""

from __future__ import annotations

from math import sqrt

Z = 1.959964  # the normal quantile of a two-sided interval of 95 %


def wilson(some: int, n: int, z: float = Z) -> tuple[float, float]:
    """The interval of a proportion, of `some` of `n`. Raises ZeroDivisionError when n is 0.

    Wilson EB (1927), Probable inference, the law of succession, and statistical inference, J Am Stat Assoc 22:209-212. It keeps its coverage for
    few draws and near 0, where the textbook interval collapses (Brown LD, Cai TT, DasGupta A (2001), Statist Sci 16:101-133).

    >>> [round(x, 4) for x in wilson(1, 10)], [round(x, 4) for x in wilson(0, 10)]
    ([0.0179, 0.4042], [0.0, 0.2775])
    """
    share, square = some / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
