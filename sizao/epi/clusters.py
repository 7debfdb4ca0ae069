"""Clusters in one place: so many persons in one ward, class or other unit within so many days."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Crowded:
    """Persons in one unit, close together in time. `first` and `last` are positions of days, both included; every person from `first` through `last` is counted."""

    first: int
    last: int
    persons: int


def crowded(days: Sequence[int], *, least: int, window: int) -> list[Crowded]:
    """The clusters of one unit: days (whole numbers, one a person, in any order) in, stretches in order of time out.

    Some `window` consecutive days that hold at least `least` persons are a cluster; windows that overlap are one. This is the plain counting rule of field guidance (three pupils of one class
    within a day, two unexplained pneumonias of one hospital within two weeks), not a test: a cluster of a large unit may be chance, and a person judges it.

    >>> crowded([3, 1, 2, 40], least=3, window=7)
    [Crowded(first=1, last=3, persons=3)]
    >>> crowded([1, 5, 9], least=3, window=7)
    []
    """
    if least < 2 or window < 1:
        raise ValueError("a cluster has at least 2 persons, within at least 1 day")
    told, found = sorted(days), []
    for i in range(len(told) - least + 1):
        if told[i + least - 1] - told[i] >= window:
            continue
        end = i + least - 1
        while end + 1 < len(told) and told[end + 1] - told[i] < window:
            end += 1
        first, last = told[i], told[end]
        if found and first <= found[-1].last:
            first, last = found[-1].first, max(last, found[-1].last)
            found.pop()
        found.append(Crowded(first, last, sum(first <= d <= last for d in told)))
    return found
