"""Who was at a place while somebody infectious was there: visits × infectious stays → the pairs that overlap, and for how long.

Every interval is half-open, `[start, end)`, in whole seconds from one origin common to all: who leaves at the second at which another comes was
not there with him. An interval that ends when it begins, or before, holds no moment and meets nobody; `faults` counts them. Nobody meets himself.
The answer depends neither on the order of the rows nor on how they are cut into pieces.

    search = Search(stays, places=200_000, persons=1_000_000)
    for piece in pieces:                # a hundred million visits pass through in pieces; none is kept
        search.add(piece)
    search.total()                      # Total(pairs=2639893, seconds=5260834432, persons=604723)

    Prepared.of(visits, places=…, persons=…).total(stays)     # visits sorted once, on arrival; each stay then reads only its own window

Places and persons are numbers from 0, given by whoever asks; a person is a token that says nothing by itself. `table_sql` is the same in SQL.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _sweep

Numbers = NDArray[np.int32]
#: A slot of the map of places and times is 2**11 s, about half an hour: finer ones make a map that no longer fits into the processor's own memory.
SLOT = 11
#: The most words of 64 slots that a place may have in that map; a longer span is cut into coarser slots.
WIDEST = 16
LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Intervals:
    """Visits, or infectious stays: four columns of one length, all int32. Stays name the case who was there as a person (-1: none of the visitors).

    Attributes:
        place: Number of the place, from 0.
        person: Number of the person (of a visit by its token), from 0.
        start, end: Seconds from an origin common to visits and stays; the end does not belong to the interval.
    """

    place: Numbers
    person: Numbers
    start: Numbers
    end: Numbers

    @classmethod
    def of(cls, place: ArrayLike, person: ArrayLike, start: ArrayLike, end: ArrayLike) -> Self:
        """Columns of any integer type. ValueError: lengths differ, or a value is no 32-bit integer."""
        columns = [_numbers(c) for c in (place, person, start, end)]
        if len({c.size for c in columns}) > 1:
            raise ValueError("the columns of intervals have one length")
        return cls(*columns)

    def __len__(self) -> int:
        return int(self.place.size)

    def take(self, rows: NDArray[np.int64]) -> "Intervals":
        """These rows, in this order."""
        return Intervals(self.place[rows], self.person[rows], self.start[rows], self.end[rows])


@dataclass(frozen=True, slots=True)
class Total:
    """What was found: pairs of a visit and a stay, the seconds that they have in common added up, and how many persons visited at all."""

    pairs: int
    seconds: int
    persons: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs one by one, ordered by visit, then by stay: rows of the visits, rows of the stays, seconds in common."""

    visit: NDArray[np.int64]
    stay: NDArray[np.int64]
    seconds: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Faults:
    """Rows that cannot meet anybody, and rows that name no place or person there is. `Search` and `Prepared` leave the former out and refuse the latter."""

    backward: int
    empty: int
    unknown_place: int
    unknown_person: int


def faults(intervals: Intervals, *, places: int, persons: int) -> Faults:
    """What is wrong with rows: ends before it starts, ends as it starts, a place or a person out of range."""
    length = intervals.end.astype(np.int64) - intervals.start
    return Faults(
        int((length < 0).sum()), int((length == 0).sum()), _outside(intervals.place, places), int(((intervals.person < -1) | (intervals.person >= persons)).sum())
    )


def merged(stays: Intervals) -> Intervals:
    """Stays of one person at one place that overlap or touch become one, so that no second is counted twice. Sorted by place, person and start."""
    kept = stays.take(np.nonzero(stays.end > stays.start)[0])
    kept = kept.take(np.lexsort((kept.end, kept.start, kept.person, kept.place)))
    if not len(kept):
        return kept
    same = (kept.place[1:] == kept.place[:-1]) & (kept.person[1:] == kept.person[:-1])
    # Ends are compared within one person and place only: each group's are raised above those of the group before it.
    group = np.concatenate(([0], np.cumsum(~same))).astype(np.int64)
    lowest = int(kept.start.min())
    span = int(kept.end.max()) - lowest + 1
    until = np.maximum.accumulate(group * span + (kept.end.astype(np.int64) - lowest))
    fresh = np.concatenate(([True], ~same | (group[1:] * span + (kept.start[1:].astype(np.int64) - lowest) > until[:-1])))
    first = np.nonzero(fresh)[0]
    last = np.concatenate((first[1:], [len(kept)])) - 1
    return Intervals(kept.place[first], kept.person[first], kept.start[first], (until[last] - group[last] * span + lowest).astype(np.int32))


def widened(stays: Intervals, seconds: int) -> Intervals:
    """Stays that begin earlier and end later by `seconds`: for devices whose clocks may be off by that much and did not tell."""
    if seconds < 0:
        raise ValueError("a stay is widened by nothing less than 0 s")
    start = np.maximum(stays.start.astype(np.int64) - seconds, -LARGEST)
    return Intervals(stays.place, stays.person, start.astype(np.int32), np.minimum(stays.end.astype(np.int64) + seconds, LARGEST).astype(np.int32))


class Search:
    """Infectious stays, prepared for visits that come in pieces, in any order.

    `at_least` is the shortest time together, in seconds, that counts; 1 is "at all". Memory: the stays, a map of places and times (`places` ×
    at most 128 bytes), one byte a person, and one piece of visits.
    """

    def __init__(self, stays: Intervals, *, places: int, persons: int, at_least: int = 1) -> None:
        _check(stays, places, persons, -1)
        self.places, self.persons, self.least = places, persons, max(1, at_least)
        self.rows = _lasting(stays)
        self.rows = self.rows[np.lexsort((stays.end[self.rows], stays.start[self.rows], stays.place[self.rows]))]
        self.stays = s = stays.take(self.rows)
        self.begins = _sweep.slices(s.place, places)
        self.latest = _sweep.latest_end(self.begins, s.end)
        self.origin = int(s.start.min()) if len(s) else 0
        span = int(s.end.max()) - self.origin if len(s) else 1
        self.shift = SLOT
        while (span >> self.shift) >> 6 >= WIDEST:
            self.shift += 1
        self.words = (span >> self.shift >> 6) + 2
        self.line, high = _sweep.lines(self.begins)
        self.bits = _sweep.marks(s.place, s.start, s.end, self.line, high, self.words, self.shift, np.int64(self.origin))
        self.met = np.zeros(persons, np.uint8)
        self._pairs = self._seconds = 0

    def add(self, visits: Intervals) -> None:
        """Takes a piece of visits in. ValueError: a place or a person out of range."""
        _check(visits, self.places, self.persons)
        pairs, seconds = _sweep.count(self._rows(visits), *_columns(visits), *self._sorted(), self.least, self.met)
        self._pairs += int(pairs)
        self._seconds += int(seconds)

    def total(self) -> Total:
        """What all pieces together gave."""
        return Total(self._pairs, self._seconds, int(np.count_nonzero(self.met)))

    def pairs(self, visits: Intervals) -> Pairs:
        """The pairs of one piece; what `total` tells is left as it is. ValueError as `add`."""
        _check(visits, self.places, self.persons)
        rows, none = self._rows(visits), np.empty(0, np.int64)
        n = _sweep.write(rows, *_columns(visits), *self._sorted(), self.least, none, none, none)
        visit, stay, seconds = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
        _sweep.write(rows, *_columns(visits), *self._sorted(), self.least, visit, stay, seconds)
        stay = self.rows[stay]
        order = np.lexsort((stay, visit))
        return Pairs(visit[order], stay[order], seconds[order])

    def _rows(self, visits: Intervals) -> Numbers:
        found: Numbers = _sweep.candidates(visits.place, visits.start, visits.end, self.line, self.bits, self.words, self.shift, np.int64(self.origin))
        return found

    def _sorted(self) -> tuple[NDArray[np.int64], Numbers, Numbers, Numbers, Numbers]:
        return self.begins, self.stays.person, self.stays.start, self.stays.end, self.latest


@dataclass(frozen=True, slots=True)
class Prepared:
    """Visits sorted once, by place, length of stay and start: a question then reads a few windows instead of every visit.

    Visits of like length lie together, because how far before a stay a visit may begin that reaches into it is the longest of those that lie
    there: one night's guest in a shop would else make every look a look at half a day.
    """

    places: int
    persons: int
    begins: NDArray[np.int64]
    longest: NDArray[np.int64]
    visits: Intervals

    @classmethod
    def of(cls, visits: Intervals, *, places: int, persons: int) -> Self:
        """Sorts. ValueError: a place or a person out of range."""
        _check(visits, places, persons)
        kept = visits.take(_lasting(visits))
        shelf = np.empty(len(kept), np.int64)
        _sweep.shelves(kept.place, kept.start, kept.end, _sweep.CLASSES, shelf)
        order = np.lexsort((kept.start, shelf))
        kept, shelf = kept.take(order), shelf[order]
        kinds = places * (_sweep.CLASSES.size + 1)
        longest = np.zeros(kinds, np.int64)
        begins = _sweep.slices(shelf, kinds)
        _sweep.on_shelf(begins, longest, kept.start, kept.end, shelf)
        return cls(places, persons, begins, longest, kept)

    def total(self, stays: Intervals, *, at_least: int = 1) -> Total:
        """As `Search.total` over the same visits. ValueError: a place or a person of a stay is out of range."""
        _check(stays, self.places, self.persons, -1)
        s = stays.take(_lasting(stays))
        s = s.take(np.argsort(s.place.astype(np.int64) * 2**32 + (s.start.astype(np.int64) + 2**31), kind="stable"))
        met, v = np.zeros(self.persons, np.uint8), self.visits
        pairs, seconds = _sweep.look(
            s.place, s.person, s.start, s.end, self.begins, self.longest, _sweep.CLASSES.size + 1, v.person, v.start, v.end, max(1, at_least), met
        )
        return Total(int(pairs), int(seconds), int(np.count_nonzero(met)))


def total(pieces: Iterable[Intervals], stays: Intervals, *, places: int, persons: int, at_least: int = 1) -> Total:
    """Cold, in one go: pieces of visits as they lie about, against stays."""
    search = Search(stays, places=places, persons=persons, at_least=at_least)
    for piece in pieces:
        search.add(piece)
    return search.total()


def _numbers(told: ArrayLike) -> Numbers:
    found = np.asarray(told)
    if found.dtype == np.int32 and found.flags.c_contiguous:
        return found
    if found.size and (found.dtype.kind not in "iu" or int(found.max()) > LARGEST or int(found.min()) < -LARGEST):
        raise ValueError("intervals are told in whole numbers of 32 bits")
    return np.ascontiguousarray(found, np.int32)


def _columns(v: Intervals) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    return v.place, v.person, v.start, v.end


def _lasting(intervals: Intervals) -> NDArray[np.int64]:
    return np.nonzero(intervals.end > intervals.start)[0]


def _outside(values: Numbers, limit: int) -> int:
    return int(((values < 0) | (values >= limit)).sum())


def _check(intervals: Intervals, places: int, persons: int, least: int = 0) -> None:
    """What is out of range would be read from somebody else's memory."""
    if len(intervals) and not (
        int(intervals.place.min()) >= 0 and int(intervals.place.max()) < places and least <= int(intervals.person.min()) and int(intervals.person.max()) < persons
    ):
        raise ValueError(f"places are numbered from 0 to {places - 1} and persons from 0 to {persons - 1}")
