"""What a symptom line must keep beside what every story of steps keeps (`kernel/steps.py`). Pure: the values are arguments."""

from collections.abc import Iterator, Set
from datetime import datetime, timedelta
from typing import Any

from sizao.kernel.outcome import Problem

#: Columns of a card that are its course and not its contents.
COURSE = frozenset({"outcome", "reviewed_at", "returned_for", "final_at", "corrected_because", "received_at"})


def temperature_possible(row: Any) -> Iterator[Problem]:
    """A body temperature in °C that a living person can have."""
    if row.temperature is not None and not 30 <= row.temperature <= 45:
        yield Problem("temperature-impossible", "temperature", str(row.temperature))


def due(at: datetime | None, hours: int | None) -> datetime | None:
    """When a clock that began then has run out; None where it never began, or no hours are set.

    >>> from datetime import UTC
    >>> due(datetime(2026, 1, 1, 23, tzinfo=UTC), 2).isoformat(), due(None, 2)
    ('2026-01-02T01:00:00+00:00', None)
    """
    return None if at is None or hours is None else at + timedelta(hours=hours)


def amended(final_at: datetime | None, outcome: str | None, changed: Set[str], because: str) -> tuple[bool, str | None]:
    """(whether a card's contents were amended, so that it is to be reviewed again; the code of what forbids it).

    >>> at = datetime(2026, 1, 1)
    >>> amended(at, "accepted", {"disease"}, ""), amended(at, "accepted", {"disease"}, "病原检出"), amended(None, "returned", {"remark"}, "")
    ((False, 'card-is-final'), (True, None), (True, None))
    >>> amended(None, None, {"remark"}, ""), amended(at, "accepted", {"remark", "outcome"}, "")
    ((False, None), (False, 'card-is-final'))
    """
    contents = changed - COURSE
    if final_at is not None and changed - {"corrected_because"} and not because:
        return False, "card-is-final"
    return bool(contents) and (final_at is not None or outcome in ("returned", "accepted")), None
