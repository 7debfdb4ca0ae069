"""Pure rules about cases and contacts."""

from datetime import date, datetime

CLASSES = ("suspected", "clinical", "confirmed", "asymptomatic", "ruled_out")


def first_known(*told: datetime | None, now: datetime) -> datetime:
    """When a subject was first known: the first moment in the given order that is told, never later than now."""
    return min(next((t for t in told if t is not None), now), now)


def order_fault(onset_on: date | None, confirmed_on: date | None) -> str | None:
    """What is odd about the order of a case's dates, as a code; None when nothing is. Odd is noted, never refused: both dates were told."""
    if onset_on and confirmed_on and onset_on > confirmed_on:
        return "onset-after-confirmation"
    return None
