"""When an illness counts as severe, and how old a number of beds is. Pure: the values and the moment are arguments."""

from datetime import datetime, timedelta

SEVERE = ("severe", "critical")


def turned_severe(before: datetime | None, severity: str | None, seen_at: datetime) -> datetime | None:
    """Since when it is severe: kept where it was severe before, begun now, or over.

    >>> at = datetime(2020, 2, 20, 8)
    >>> turned_severe(None, "severe", at), turned_severe(at, "critical", datetime(2020, 2, 21)), turned_severe(at, "moderate", datetime(2020, 2, 22))
    (datetime.datetime(2020, 2, 20, 8, 0), datetime.datetime(2020, 2, 20, 8, 0), None)
    """
    return (before or seen_at) if severity in SEVERE else None


def is_stale(told_at: datetime | None, now: datetime, limit: timedelta) -> bool:
    """A number that was never told, or told longer ago than the limit, is not used as if it were of today.

    >>> is_stale(None, datetime(2020, 2, 2), timedelta(days=1)), is_stale(datetime(2020, 2, 1, 12), datetime(2020, 2, 2), timedelta(days=1))
    (True, False)
    """
    return told_at is None or now - told_at > limit
