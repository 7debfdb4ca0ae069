"""What should be reported of one piece of work: done in time, late, overdue, or nothing that can be told. Plain comparison of times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .book import DAY, FAR, Book

#: Whether somebody owed it at a moment; None: cannot be told.
Asked = Callable[[datetime], bool | None]
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


class Judge:
    """Judges work of one measure that `role` answers for."""

    def __init__(self, book: Book, measure: str, role: str):
        self.book, self.measure, self.role = book, measure, role
        self.found: list[Should] = []

    def say(self, subject: str, area: int | None, due: datetime | None, state: str) -> None:
        self.found.append(Should(self.measure, subject, due, state, area, not self.book.answered(self.role, area)))

    def once(
        self, subject: str, area: int, opens: datetime | None, due: datetime, done: Iterable[datetime], *, owed: Asked | None = None, known: datetime | None = None,
        closes: datetime = FAR, early: timedelta = timedelta(), beaten: Callable[[datetime], bool] | None = None, event: bool = False,
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
        asked = owed(j) if owed else True
        if asked is False and owed and owed(max(opens, known or opens)) is not True:
            return
        if asked is None:
            self.say(subject, area, due, CANNOT_TELL)
            return
        if beaten is not None and beaten(j):
            return
        at = min((t for t in done if opens - early <= t < closes and t <= now), default=None)
        if at is not None and at <= due:
            if due < now:
                self.say(subject, area, due, MET)
        elif asked is False:
            return
        elif at is not None:
            self.say(subject, area, due, LATE)
        elif now > due:
            self.say(subject, area, due, OVERDUE)

    def holds(self, subject: str, area: int, opens: datetime | None, due: datetime, true: Asked, *, owed: Asked | None = None, known: datetime | None = None, event: bool = True, closes: datetime = FAR) -> None:
        """A state instead of a deed: it was so when due, or is so at last while that still counts."""
        now = self.book.as_of
        if opens is None or not self.book.begin <= opens <= now or (not event and known is not None and due < known):
            return
        j = max(min(due, now), known) if event and known is not None else min(due, now)
        asked = owed(j) if owed else True
        if asked is False and owed and owed(max(opens, known or opens)) is not True:
            return
        if asked is None:
            self.say(subject, area, due, CANNOT_TELL)
            return
        told, last = true(j), min(now, closes - timedelta(microseconds=1))
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
        self, subject: str, area: int, first: datetime, until: datetime, hours: Iterable[float], done: Iterable[datetime], *, known: datetime, owed: Asked | None = None,
        step: int = 1, beaten: Callable[[datetime], bool] | None = None,
    ) -> None:  # fmt: skip
        """Every so many days from the first, at these hours of the last day of each period; evidence of a period, up to the next."""
        told, at = sorted(done), [timedelta(hours=h) for h in hours]
        begins = first.replace(hour=0, minute=0, second=0, microsecond=0)
        while begins <= self.book.as_of and begins <= until:
            following = begins + step * DAY
            opens = begins
            for n, hour in enumerate(at):
                due = following - DAY + hour
                closes = due + timedelta(microseconds=1) if n + 1 < len(at) else following
                if first <= due <= until:
                    self.once(subject, area, opens, due, told, owed=owed, known=known, closes=closes, beaten=beaten)
                opens = due + timedelta(microseconds=1)
            begins = following
