"""When a report is due: periods (local days), slots of a day, and cut-offs in the area's own time. Pure."""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

EVENT, DAY, WEEK, MONTH = "event", "day", "week", "month"
EVERY = {"1d": DAY, "7d": WEEK, "1w": WEEK, "1mo": MONTH}
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """event, or each day, week or month.

    Attributes:
        at: Cut-offs, local times "HH:MM" in order; "24:00" is the end of the day. Several: several reports a day.
        weekday: ISO weekday (1 is Monday) on which a week's report is due.
        day: Day of the month; beyond its end, the last one.
        confirm: The report says that a list is right, changed or not.
    """

    kind: str
    at: tuple[str, ...] = ()
    weekday: int = 1
    day: int = 1
    confirm: bool = False

    @property
    def a_day(self) -> float:
        """Reports a day, on average."""
        return {EVENT: 0.0, DAY: 1.0, WEEK: 1 / 7, MONTH: 12 / 365.25}[self.kind] * max(1, len(self.at))


@dataclass(frozen=True, slots=True)
class Occasion:
    """One report that is due. `period` is the first day it is for (a Monday, the first of a month); `slot` counts a day's cut-offs from 0.

    It is open from the previous cut-off (exclusive) and is on time until `due` (inclusive).
    """

    period: date
    slot: int
    opens: datetime
    due: datetime


def read_rhythm(said: Any) -> Rhythm:
    """A rhythm as a file writes it. Raises ValueError with the part that is wrong."""
    if said == EVENT:
        return Rhythm(EVENT)
    if not isinstance(said, Mapping):
        raise ValueError("rhythm")
    unknown = set(said) - {"every", "at", "weekday", "day", "confirm"}
    if unknown:
        raise ValueError(sorted(map(str, unknown))[0])
    kind, at = EVERY.get(str(said.get("every"))), tuple(map(str, said.get("at") or ()))
    if kind is None:
        raise ValueError("every")
    if not at or any(not CLOCK.fullmatch(t) for t in at) or list(at) != sorted(set(at)) or (kind != DAY and len(at) > 1):
        raise ValueError("at")
    weekday, day = said.get("weekday", 1), said.get("day", 1)
    if not isinstance(weekday, int) or not 1 <= weekday <= 7:
        raise ValueError("weekday")
    if not isinstance(day, int) or not 1 <= day <= 31:
        raise ValueError("day")
    return Rhythm(kind, at, weekday, day, bool(said.get("confirm", False)))


def period_of(rhythm: Rhythm, day: date) -> date:
    """The period in which a local day lies: the day, its Monday, the first of its month."""
    if rhythm.kind == WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if rhythm.kind == MONTH else day


def moment(day: date, clock: str, zone: str) -> datetime:
    """A local clock time of a day as an instant in UTC. "24:00" is the start of the next day. A time that a change of clocks skips is the moment after."""
    if clock == "24:00":
        day, clock = day + timedelta(days=1), "00:00"
    hour, minute = map(int, clock.split(":"))
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(UTC)


def due_at(rhythm: Rhythm, period: date, slot: int, zone: str) -> datetime:
    """The cut-off of a period's report."""
    if rhythm.kind == WEEK:
        day = period + timedelta(days=rhythm.weekday - 1)
    elif rhythm.kind == MONTH:
        day = period.replace(day=min(rhythm.day, monthrange(period.year, period.month)[1]))
    else:
        day = period
    return moment(day, rhythm.at[slot], zone)


def occasions(rhythm: Rhythm, zone: str, first: date, last: date) -> Iterator[Occasion]:
    """The occasions whose cut-off falls on local days `first` to `last` (both included), in order. None for an event."""
    if rhythm.kind == EVENT:
        return
    period = period_of(rhythm, first)
    while period <= last:
        for slot in range(len(rhythm.at)):
            due = due_at(rhythm, period, slot, zone)
            day = (due - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
            if first <= day <= last:
                yield Occasion(period, slot, _before(rhythm, period, slot, zone), due)
        period = following(rhythm, period)


def following(rhythm: Rhythm, period: date) -> date:
    """The next period."""
    if rhythm.kind == MONTH:
        return (period.replace(day=28) + timedelta(days=4)).replace(day=1)
    return period + timedelta(days=7 if rhythm.kind == WEEK else 1)


def _before(rhythm: Rhythm, period: date, slot: int, zone: str) -> datetime:
    """The cut-off before it."""
    if slot:
        return due_at(rhythm, period, slot - 1, zone)
    earlier = period_of(rhythm, period - timedelta(days=1))
    return due_at(rhythm, earlier, len(rhythm.at) - 1, zone)


def state_of(due: datetime, now: datetime, filed_at: datetime | None, number: float | None) -> tuple[str, bool]:
    """(received · zero · silent · open, late) of one occasion at a moment. Filed exactly at the cut-off is on time; zero is a report, silence is none.

    >>> from datetime import datetime
    >>> state_of(datetime(2020, 6, 15, 17), datetime(2020, 6, 15, 18), datetime(2020, 6, 15, 17), 0)
    ('zero', False)
    """
    if filed_at is None or filed_at > now:
        return ("silent" if now > due else "open"), False
    return ("zero" if number == 0 else "received"), filed_at > due
