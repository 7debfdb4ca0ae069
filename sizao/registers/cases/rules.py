"""Pure rules about cases and contacts."""

from datetime import date, datetime

CLASSES = ("suspected", "clinical", "confirmed", "asymptomatic", "ruled_out")


def first_known(*told: datetime | None, now: datetime, told_by: datetime | None = None) -> datetime:
    """When a subject was first known: the first moment in the given order that is told, else by when the sender told it at all, never later than now.

    >>> from datetime import UTC
    >>> first_known(None, None, now=datetime(2026, 1, 1, tzinfo=UTC), told_by=datetime(2020, 4, 29, tzinfo=UTC)).year
    2020
    """
    return min(next((t for t in told if t is not None), told_by or now), now)


def order_fault(onset_on: date | None, confirmed_on: date | None) -> str | None:
    """What is odd about the order of a case's dates, as a code; None when nothing is. Odd is noted, never refused: both dates were told."""
    if onset_on and confirmed_on and onset_on > confirmed_on:
        return "onset-after-confirmation"
    return None
