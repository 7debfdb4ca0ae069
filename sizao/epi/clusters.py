"""Clusters in one place: so many persons in one ward, class or other unit within so many days; cases who were at the same place at about the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from .overlap import Intervals

DAY = 86_400


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
    told = sorted(days)
    found: list[Crowded] = []
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


@dataclass(frozen=True, slots=True)
class Shared:
    """Cases who were at one place at about the same time.

    Attributes:
        place: Its number.
        start, end: From the first one's coming to the last one's leaving, in seconds as the stays; half-open.
        persons: The cases, in order of their numbers.
        stays: How many stays it holds; who came twice is in it twice.
        expected: Cases to be expected there in that time by chance; None where it is not known.
        p: Probability of so many or more by chance, for this place and time alone; None likewise. Where many places are looked at, some are low by chance.
    """

    place: int
    start: int
    end: int
    persons: tuple[int, ...]
    stays: int
    expected: float | None
    p: float | None


def shared(stays: Intervals, *, window: int = 0, least: int = 2, expected: ArrayLike | None = None) -> list[Shared]:
    """The place-time clusters of cases: by place, then time.

    Two stays at one place belong together when they overlap or less than `window` seconds lie between them, and so does what belongs to either; a cluster has at least `least` different cases.
    Stays are half-open; one that ends when it begins, or before, holds no moment and joins nobody. The answer does not depend on the order of the rows.

    Args:
        stays: Of cases only, places and persons as numbers from 0.
        expected: Of each place, how many cases a day would be there by chance: its visitors a day × the share of all who are cases. Counts of rare independent visitors are then Poisson.

    >>> from sizao.epi.overlap import Intervals
    >>> cases = Intervals.of([7, 7, 7, 8], [0, 1, 2, 3], [0, 3000, 90_000, 0], [3600, 7200, 93_600, 3600])
    >>> shared(cases)
    [Shared(place=7, start=0, end=7200, persons=(0, 1), stays=2, expected=None, p=None)]
    >>> [one.persons for one in shared(cases, window=DAY)]
    [(0, 1, 2)]
    """
    if window < 0 or least < 2:
        raise ValueError("a window is 0 seconds or more, and a cluster has at least 2 cases")
    rate = None if expected is None else np.asarray(expected, np.float64)
    found: list[Shared] = []
    kept = np.flatnonzero(stays.end > stays.start)
    rows = kept[np.lexsort((stays.person[kept], stays.end[kept], stays.start[kept], stays.place[kept]))]
    begin, latest = 0, 0
    for i in range(len(rows) + 1 if len(rows) else 0):
        row = rows[i] if i < len(rows) else -1
        if i > begin and (row < 0 or stays.place[row] != stays.place[rows[begin]] or int(stays.start[row]) >= latest + window):
            _close(found, stays, rows[begin:i], latest, least, rate)
            begin = i
        latest = int(stays.end[row]) if i == begin else max(latest, int(stays.end[row]))
    return found


def _close(found: list[Shared], stays: Intervals, rows: NDArray[np.int64], latest: int, least: int, rate: NDArray[np.float64] | None) -> None:
    persons = tuple(int(n) for n in np.unique(stays.person[rows]))
    if len(persons) < least:
        return
    from scipy import special

    place, start = int(stays.place[rows[0]]), int(stays.start[rows[0]])
    by_chance = None if rate is None else float(rate[place]) * (latest - start) / DAY
    p = None if by_chance is None else float(special.gammainc(len(persons), by_chance))  # P(N >= n) of a Poisson variable
    found.append(Shared(place, start, latest, persons, len(rows), by_chance, p))
