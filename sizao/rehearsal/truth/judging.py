"""What should be reported of one piece of work: done in time, late, overdue, or nothing that can be told. Plain comparison of times."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .book import DAY, FAR, Book

#: Whether somebody owed it at a moment; None: cannot be told.
Asked = Callable[[datetime], bool | None]
#: Where the subject is; of one that moves, at a moment: the area where it was when it was due (now, if that is to come) owes.
Occasion = tuple[datetime, datetime, datetime]  # opens, due, closes
Place = int | Callable[[datetime], int]
MET, LATE, OVERDUE, CANNOT_TELL, UNLISTED = "met", "late", "overdue", "cannot_tell", "unlisted"


@dataclass(frozen=True, slots=True)
class Should:
    """What should be reported: of which measure, whom (`subject`, the city's own number), when it was due (civil time, None beside the states), and where."""

    measure: str
    subject: str
    due: datetime | None
    state: str
    area: int | None
    ownerless: bool
    seen: bool | None = None  # somebody looked, and it was so; False: it was not


class Judge:
    """Judges work of one measure that `role` answers for."""

    def __init__(self, book: Book, measure: str, role: str):
        self.book, self.measure, self.role = book, measure, role
        self.found: list[Should] = []
        self.said: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)  # subject → (said to be done at, due)

    def say(self, subject: str, area: Place | None, due: datetime | None, state: str) -> None:
        place = area(self.book.last) if callable(area) else area
        self.found.append(Should(self.measure, subject, due, state, place, not self.answered(place)))

    def answered(self, area: int | None) -> bool:
        """Whether somebody holds the post that answers: `role` here or above, `role @ parent` or `role @ county` from there upwards."""
        role, _, at = self.role.partition(" @ ")
        if at == "parent":
            area = self.book.above.get(area) if area is not None else None
        elif at:
            area = next((a for a in self.book.upwards(area) if self.book.level[a] == at), None)
        return self.book.answered(role, area)

    def once(
        self, subject: str, area: Place, opens: datetime | None, due: datetime, done: Iterable[datetime], *, owed: Asked | None = None, known: datetime | None = None,
        closes: datetime = FAR, early: timedelta = timedelta(), beaten: Callable[[datetime], bool] | None = None, event: bool = False, need: int = 1,
    ) -> None:  # fmt: skip
        """One occasion. `done`: when it was said to be done. `known`: since when we know of the subject; an event's lateness is counted all the same.

        `owed` is asked at the due time (now, if that is to come), and where it says no also when the occasion began.
        """
        now = self.book.as_of
        if opens is None or not self.book.begin <= opens <= now or (not event and known is not None and due < known):
            return
        j = min(due, now)
        if event and known is not None:
            j = max(j, known)
        area = area(j) if callable(area) else area
        asked = owed(j) if owed else True
        if asked is False and owed and owed(max(opens, known or opens)) is not True:
            return
        if asked is None:
            self.say(subject, area, due, CANNOT_TELL)
            return
        if beaten is not None and beaten(j):
            return
        told = sorted(t for t in done if opens - early <= t < closes and t <= now)
        at = told[need - 1] if len(told) >= need else None
        if at is not None and (asked or at <= due):
            self.said[subject].append((at, due))
        if at is not None and at <= due:
            if due < now:
                self.say(subject, area, due, MET)
        elif asked is False:
            return
        elif at is not None:
            self.say(subject, area, due, LATE)
        elif now > due:
            self.say(subject, area, due, OVERDUE)

    def holds(self, subject: str, area: Place, opens: datetime | None, due: datetime, true: Asked, *, owed: Asked | None = None, known: datetime | None = None, event: bool = True, closes: datetime = FAR) -> None:
        """A state instead of a deed: it was so when due, or is so at last while that still counts."""
        now = self.book.as_of
        if opens is None or not self.book.begin <= opens <= now or (not event and known is not None and due < known):
            return
        j = max(min(due, now), known) if event and known is not None else min(due, now)
        area = area(j) if callable(area) else area
        asked = owed(j) if owed else True
        if asked is False and owed and owed(max(opens, known or opens)) is not True:
            return
        if asked is None:
            self.say(subject, area, due, CANNOT_TELL)
            return
        told, last = true(j), min(now, closes - timedelta(microseconds=1))
        if told and (j <= due or asked):
            self.said[subject].append((j, due))
        elif asked and told is False and due < last and true(last):
            self.said[subject].append((last, due))
        if told and j <= due:
            if due < now:
                self.say(subject, area, due, MET)
        elif asked is False:
            return
        elif told or (told is False and due < last and true(last)):
            self.say(subject, area, due, LATE)
        elif told is None:
            self.say(subject, area, due, CANNOT_TELL)
        elif now > due:
            self.say(subject, area, due, OVERDUE)

    def daily(
        self, subject: str, area: Place, first: datetime, until: datetime, hours: Iterable[float], done: Iterable[datetime], *, known: datetime, owed: Asked | None = None,
        step: int = 1, months: int = 0, beaten: Callable[[datetime], bool] | None = None, need: int = 1,
    ) -> None:  # fmt: skip
        """Every so many days (or months) from the first, at these hours of the last day of each period; evidence of a period, up to the next."""
        told = sorted(done)
        for opens, due, closes in self.periods(first, until, hours, step, months):
            self.once(subject, area, opens, due, told, owed=owed, known=known, closes=closes, beaten=beaten, need=need)

    def never(self, subject: str, area: Place, first: datetime, until: datetime, broken: Iterable[datetime], *, known: datetime, owed: Asked | None = None, beaten: Callable[[datetime], bool] | None = None) -> None:
        """What should not be, day by day: told at once where it has been."""
        acts, now = sorted(broken), self.book.as_of
        for opens, due, closes in self.periods(first, until, [24], 1, 0):
            if opens > now or due < known:
                continue
            j = min(due, now)
            place = area(j) if callable(area) else area
            asked = owed(j) if owed else True
            if asked is False and owed and owed(max(opens, known)) is not True:
                continue
            if asked is None:
                self.say(subject, place, due, CANNOT_TELL)
            elif beaten is not None and beaten(j):
                continue
            elif not any(opens <= t < closes and t <= due and t <= now for t in acts):
                self.said[subject].append((j, due))
                if due < now:
                    self.say(subject, place, due, MET)
            elif asked:
                self.say(subject, place, due, OVERDUE)

    def looked(self, looks: dict[str, list[tuple[datetime, bool]]]) -> dict[tuple[str, datetime], bool]:
        """(subject, due) → was it so, where somebody looked: a look is about what had been said to be done last before it."""
        found = {}
        for subject, said in self.said.items():
            if subject not in looks:
                continue
            said = sorted(said)
            for n, (at, due) in enumerate(said):
                following = said[n + 1][0] if n + 1 < len(said) else FAR
                told = [kept for seen, kept in looks[subject] if at < seen <= following]
                if told:
                    found[subject, due] = all(told)
        return found

    def daily_state(
        self, subject: str, area: Place, first: datetime, until: datetime, hours: Iterable[float], true: Asked, *, known: datetime, owed: Asked | None = None, step: int = 1, months: int = 0
    ) -> None:
        """The same of a state that is to hold at each due time."""
        for opens, due, closes in self.periods(first, until, hours, step, months):
            self.holds(subject, area, opens, due, true, owed=owed, known=known, event=False, closes=closes)

    def periods(self, first: datetime, until: datetime, hours: Iterable[float], step: int, months: int) -> tuple[Occasion, ...]:
        """Each occasion that may be asked for."""
        asked = (first, until, tuple(hours), step, months)
        if asked not in self.book.occasions:
            self.book.occasions[asked] = tuple(_periods(self.book.begin, self.book.as_of, *asked))
        return self.book.occasions[asked]


def _periods(begin: datetime, as_of: datetime, first: datetime, until: datetime, hours: tuple[float, ...], step: int, months: int) -> Iterator[Occasion]:
    at, k = [timedelta(hours=h) for h in hours], 0
    begins = start = first.replace(hour=0, minute=0, second=0, microsecond=0)
    while begins <= min(as_of, until):
        opens, following = begins, after(start, k + 1, step, months)
        for n, hour in enumerate(at):
            due = following - DAY + hour
            if first <= due <= until and opens >= begin:
                yield opens, due, due + timedelta(microseconds=1) if n + 1 < len(at) else following
            opens = due + timedelta(microseconds=1)
        begins, k = following, k + 1


def after(start: datetime, k: int, step: int, months: int) -> datetime:
    """The k-th period's first midnight: so many days on, or the same day of a later month (its last, where it has no such day)."""
    if not months:
        return start + k * step * DAY
    year, month = divmod(start.year * 12 + start.month - 1 + k * months, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))
