"""The only clock. Instants are aware and in UTC; days and times of day are those of an area's time zone."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)


def now() -> datetime:
    """This instant, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def pretended() -> datetime | None:
    """The instant that somebody pretends it is (`frozen`); None where time is the real one. What the database stamps follows it by `machine.pretend`."""
    return _frozen.get()


@contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Inside the block it is `instant`; for scenarios, tests and invented cities. The database follows only in a demo store (`machine.pretend`)."""
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)


def local_day(instant: datetime, zone: str) -> date:
    """The calendar day on which `instant` falls in `zone`."""
    return instant.astimezone(ZoneInfo(zone)).date()


def start_of_day(day: date, zone: str) -> datetime:
    """The first instant of a local day, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """The last microsecond of a local day, in UTC: still that day, so its windows are still open."""
    return start_of_day(day + timedelta(days=1), zone) - timedelta(microseconds=1)
