"""When a feed is wrong. Pure: what was heard, what is expected and the moment are arguments."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

KINDS = ("silence", "loop", "volume", "certificate")
SPAN = re.compile(r"([1-9]\d{0,3})(m|h|d)")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of a sender. Spans are lengths of time; `least` and `most` are shares of the median of the last `over` arrivals."""

    id: str
    zh: str
    en: str
    senders: tuple[str, ...]
    every: timedelta
    grace: timedelta
    least: float | None = None
    most: float | None = None
    over: int = 14
    loop: int | None = None
    certificate: timedelta | None = None

    def fits(self, sender: str) -> bool:
        """Whether it is about this sender."""
        return any(sender.startswith(s[:-1]) if s.endswith("*") else sender == s for s in self.senders)


@dataclass(frozen=True, slots=True)
class Heard:
    """One arrival."""

    at: datetime
    rows: int | None = None
    digest: str = ""


def span(said: object) -> timedelta:
    """`10m`, `1h`, `2d`. Raises ValueError.

    >>> span("90m")
    datetime.timedelta(seconds=5400)
    """
    found = SPAN.fullmatch(str(said))
    if not found:
        raise ValueError(said)
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def alarms(expected: Expected, heard: Sequence[Heard], now: datetime, ends_at: datetime | None = None, since: datetime | None = None) -> dict[str, datetime]:
    """Which alarms stand at `now`, each with the moment since when. `heard` in order of time; `since`: from when anything is expected (a sender never heard).

    Silent exactly at the end of the grace it is not yet. Signs of life without content are heard, and are no part of loops and volumes.
    """
    found: dict[str, datetime] = {}
    last = heard[-1].at if heard else since
    if last is not None and now > last + expected.every + expected.grace:
        found["silence"] = last + expected.every + expected.grace
    told = [h for h in heard if h.digest]
    if expected.loop and len(told) >= expected.loop:
        run = 1
        while run < len(told) and told[-run - 1].digest == told[-1].digest:
            run += 1
        again = _cycle([h.digest for h in told], expected.loop)
        if run >= expected.loop or again:
            found["loop"] = told[-run].at if run >= expected.loop else told[-1].at
    counted = [h for h in heard if h.rows is not None]
    before = [h.rows or 0 for h in counted[-expected.over - 1 : -1]]
    if counted and len(before) >= 5 and (usual := median(before)) > 0:
        rows = counted[-1].rows or 0
        if (expected.least is not None and rows < usual * expected.least) or (expected.most is not None and rows > usual * expected.most):
            found["volume"] = counted[-1].at
    if ends_at is not None and expected.certificate is not None and now >= ends_at - expected.certificate:
        found["certificate"] = ends_at - expected.certificate
    return found


def _cycle(digests: Sequence[str], times: int) -> bool:
    """Whether the last arrivals are one and the same series of two to four contents, `times` over: A B A B A B."""
    for length in (2, 3, 4):
        tail = digests[-length * times :]
        if len(tail) == length * times and len(set(tail)) > 1 and all(tail[i] == tail[i % length] for i in range(len(tail))):
            return True
    return False
