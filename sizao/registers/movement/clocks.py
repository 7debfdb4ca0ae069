"""A device's clock against ours: what it says as it sends, and what that makes of the moments it tells."""

from datetime import datetime, timedelta

#: A clock that is off by no more is left as it is: messages take time too.
NEAR = timedelta(minutes=2)
#: A clock that is off by more tells nothing.
FAR = timedelta(hours=24)
#: So far ahead of ours a moment may lie after all that.
AHEAD = timedelta(minutes=5)


def off_by(sent_at: datetime | None, now: datetime) -> timedelta | None:
    """What is added to the device's moments to have ours; None where its clock is off by more than a day, so that nothing it tells can be put right.

    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    >>> off_by(now - timedelta(hours=3), now), off_by(now - timedelta(minutes=1), now), off_by(now - timedelta(days=2), now)
    (datetime.timedelta(seconds=10800), datetime.timedelta(0), None)
    """
    skew = now - sent_at if sent_at is not None else timedelta()
    if abs(skew) > FAR:
        return None
    return skew if abs(skew) > NEAR else timedelta()
