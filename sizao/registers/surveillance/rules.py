"""What a line, a signal or a card must keep. Pure: the values and the moment are arguments."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sizao.kernel.outcome import Problem

#: A phone's clock may run a little fast.
AHEAD = timedelta(minutes=5)


def whole(row: Any, what: str, at: str) -> Iterator[Problem]:
    """A word and its time stand together or not at all."""
    if bool(getattr(row, what)) != bool(getattr(row, at)):
        yield Problem("value-missing", at if getattr(row, what) else what)


def not_ahead(row: Any, names: tuple[str, ...], now: datetime) -> Iterator[Problem]:
    """Nothing that is told has happened later than now."""
    for name in names:
        if (value := getattr(row, name)) is not None and value > now + AHEAD:
            yield Problem("check-in-the-future", name, value.isoformat())


def in_order(row: Any, first: str, then: str) -> Iterator[Problem]:
    """One time is not before another."""
    before, after = getattr(row, first), getattr(row, then)
    if before is not None and after is not None and after < before:
        yield Problem("contradicts-itself", then, after.isoformat())


def temperature_possible(row: Any) -> Iterator[Problem]:
    """A body temperature in °C that a living person can have."""
    if row.temperature is not None and not 30 <= row.temperature <= 45:
        yield Problem("temperature-impossible", "temperature", str(row.temperature))
