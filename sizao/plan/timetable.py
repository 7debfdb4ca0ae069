"""The occasions of one subject, in plain Python: when each opens, is due and closes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from .language.durations import Duration, add_months, shift
from .language.measure import FAR, Measure
from .language.nodes import Parameter, parameters
from .language.schedule import DAY, Before, Days, Every, Fresh, Shifts, Within
from .language.values import Context, World, cause, value
from .obligations import ONCE, PER_DAY, Force

EPOCH = date(1970, 1, 1)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Slot:
    """An occasion: evidence counts in [opens, closes), and on time until `due`, that instant included. `missing` names a parameter without a value when it opened."""

    occasion: int
    opens: datetime
    due: datetime
    closes: datetime
    missing: str | None = None


@dataclass(frozen=True)
class NoTimetable:
    """It cannot be drawn: this column or parameter is missing."""

    missing: str


class Drawer:
    """Draws the timetable of one row. `proofs`: when evidence came, for those that are due a span after it."""

    def __init__(self, m: Measure, row: Mapping[str, Any], as_of: datetime, force: Force, world: World | None = None, proofs: list[datetime] | None = None):
        self.m, self.row, self.as_of, self.force, self.world, self.proofs = m, row, as_of, force, world, proofs or []
        self.start: datetime | None = None

    def point(self, node: Any, opens: datetime) -> Any:
        return value(node, self.context(opens))

    def context(self, opens: datetime) -> Context:
        return Context(self.row, self.as_of, opens, self.m.params, self.world, start=self.start)

    def draw(self) -> list[Slot] | NoTimetable:
        """Every occasion that has opened by `as_of`, or why none can be told."""
        match self.m.when:
            case Within() as w:
                found = self.within(w)
            case Before() as w:
                found = self.before(w)
            case Every() as w:
                found = self.every(w)
            case Days() as w:
                found = self.days(w)
            case Shifts() as w:
                found = self.shifts(w)
            case Fresh() as w:
                found = self.fresh(w)
        return found if isinstance(found, NoTimetable) else [slot for slot in found if slot.opens <= self.as_of]

    def within(self, w: Within) -> list[Slot] | NoTimetable:
        opens = self.point(w.of, self.as_of)
        if opens is None:
            return NoTimetable(cause(w.of, self.context(self.as_of)) or "")
        span = self.point(w.span, opens)
        if span is None:
            return NoTimetable(cause(w.span, self.context(opens)) or "")
        return [Slot(ONCE, opens, shift(opens, span), FAR)]  # type: ignore[arg-type]

    def before(self, w: Before) -> list[Slot] | NoTimetable:
        if w.start is None:
            opens = max(self.row["known"], self.force.start)
        elif (opens := self.point(w.start, self.as_of)) is None:
            return NoTimetable(cause(w.start, self.context(self.as_of)) or "")
        due = self.point(w.point, opens)
        if due is None:
            return NoTimetable(cause(w.point, self.context(opens)) or "")
        return [Slot(ONCE, opens, due, FAR)] if opens <= due else []

    def every(self, w: Every) -> list[Slot] | NoTimetable:
        first = self.point(w.start, self.as_of)
        if first is None:
            return NoTimetable(cause(w.start, self.context(self.as_of)) or "")
        step = w.step
        if isinstance(step, Parameter):  # a series from before the figure was written counts from the day on which it came into force
            ctx = self.context(first)
            first = self.m.params[step.name].begun(first, self.as_of, ctx.owner, ctx.steps)
        self.start = first
        if isinstance(step, Parameter):
            chosen = self.point(step, first)
            if chosen is None:
                return NoTimetable(f"${step.name}")
            step = chosen
        return list(self.series(w, first, step))

    def clocks(self, w: Every, opens: datetime) -> tuple[timedelta, ...]:
        """The times of day of a period; a parameter that has no value then gives none."""
        if not isinstance(w.at, str):
            return w.at
        line = self.context(opens).line(w.at)
        return line.value if line else ()

    def series(self, w: Every, first: datetime, step: Duration) -> Iterator[Slot]:
        k = 0
        while (opens := period(first.date(), k, step)) <= self.as_of:
            following = period(first.date(), k + 1, step)
            dues = [following - DAY + at for at in self.clocks(w, opens)]
            for i, due in enumerate(dues):
                start = opens if i == 0 else dues[i - 1] + TICK
                closes = FAR if self.m.done.match == "period" else dues[i] + TICK if i + 1 < len(dues) else following
                if self.counts(w, first, start, due, k):
                    yield Slot(day_number(opens) * PER_DAY + i, start, due, closes, self.missing(w, start))
            k += 1

    def counts(self, w: Every, first: datetime, opens: datetime, due: datetime, k: int) -> bool:
        until = self.point(w.until, opens) if w.until is not None else None
        times = self.point(w.times, opens) if w.times is not None else None
        return first <= due and (until is None or due <= until) and (times is None or k < times)

    def missing(self, w: Every, opens: datetime) -> str | None:
        """A parameter of the timetable without a value when the occasion opens. (Without an end a series goes on; without a term it cannot be told.)"""
        names = [name for part in (w.until, w.times) if part is not None for name in parameters(part)]
        return next((f"${name}" for name in names if self.context(opens).line(name) is None), None)

    def days(self, w: Days) -> list[Slot] | NoTimetable:
        first = self.point(w.of, self.as_of)
        if first is None:
            return NoTimetable(cause(w.of, self.context(self.as_of)) or "")
        midnight = datetime.combine(first.date(), time())
        if not isinstance(w.days, str):
            return self.listed(w, midnight, w.days, lambda _: w.days)
        self.start = midnight
        if self.context(midnight).line(w.days) is None:
            return NoTimetable(f"${w.days}")

        def in_force(opens: datetime) -> tuple[int, ...]:
            line = self.context(opens).line(w.days)
            return line.value if line else ()

        return self.listed(w, midnight, sorted({n for days in self.m.params[w.days].values for n in days}), in_force)

    def shifts(self, w: Shifts) -> list[Slot] | NoTimetable:
        first, hours = self.point(w.start, self.as_of), self.point(w.hours, self.as_of)
        if first is None:
            return NoTimetable(cause(w.start, self.context(self.as_of)) or "")
        if hours is None or hours < 1:
            return NoTimetable(w.hours.name)
        self.start, found, step, opens = first, [], timedelta(hours=hours), first
        until = self.point(w.until, self.as_of) if w.until is not None else None
        while opens <= self.as_of and (until is None or opens + step <= until):
            start = opens if opens == first else opens + TICK
            found.append(Slot(day_number(opens) * PER_DAY + opens.hour, start, opens + step, opens + step + TICK))
            opens += step
        return found

    def fresh(self, w: Fresh) -> list[Slot] | NoTimetable:
        if w.start is None:
            first = max(self.row["known"], self.force.start)
        elif (first := self.point(w.start, self.as_of)) is None:
            return NoTimetable(cause(w.start, self.context(self.as_of)) or "")
        found = []
        for i, at in enumerate(sorted({first} | {proof for proof in self.proofs if proof > first})):
            opens = at if i == 0 else at + TICK
            span = self.point(w.span, opens)
            if span is None and i == 0:
                return NoTimetable(cause(w.span, self.context(opens)) or "")
            if span is not None:
                found.append(Slot(micros(opens), opens, shift(at, span), FAR))  # type: ignore[arg-type]
        return found

    def listed(self, w: Days, midnight: datetime, numbers: Any, in_force: Any) -> list[Slot]:
        found = []
        for number in numbers:
            opens = midnight + number * DAY
            days = in_force(opens)
            if number in days:
                later = [x for x in days if x > number]
                found.append(Slot(number, opens, opens + w.at, midnight + min(later) * DAY if later else FAR))
        return found


def period(day: date, k: int, step: Duration) -> datetime:
    """The first midnight of the k-th period. Months count from the first day, so that 31 January is followed by 29 February and 31 March."""
    moved = add_months(day, k * step.months) if step.months else day + timedelta(days=k * step.days)
    return datetime.combine(moved, time())


def day_number(instant: datetime) -> int:
    return (instant.date() - EPOCH).days


def micros(instant: datetime) -> int:
    """Microseconds since 1970."""
    return (instant - datetime.combine(EPOCH, time())) // TICK
