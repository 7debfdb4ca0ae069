"""What holds of orders, on plain values. The moment is always an argument: whether an order is in force is computed when it is asked, and by nothing else."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

Standing = Literal["waiting", "refused", "ahead", "in_force", "lifted", "expired"]

#: Orders of one unit within an hour above which all wait for a second unit, whatever a rule says. The database has the same number.
AT_ONCE = 20

_LENGTH = re.compile(r"(\d+)\s*(m|h|d|w)")
_UNIT = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Told:
    """An order as far as its standing goes. Instants are aware; [starts_at, ends_at), the end not included.

    Attributes:
        waits, seconded_at, refused_at: Of its issue: whether a second unit must agree, and what it said.
        lifted_at: From then on it binds nobody.
        released_at: When test results met the rule (`released_by_results`), or None.
    """

    starts_at: datetime
    ends_at: datetime
    waits: bool = False
    seconded_at: datetime | None = None
    refused_at: datetime | None = None
    lifted_at: datetime | None = None
    released_at: datetime | None = None


def over_at(order: Told) -> datetime:
    """When it ends or ended: the earliest of its end, its lifting and its release by results."""
    return min(t for t in (order.ends_at, order.lifted_at, order.released_at) if t is not None)


def standing(order: Told, at: datetime) -> Standing:
    """What an order is at a moment. Exactly one of the six.

    >>> from datetime import UTC
    >>> order = Told(datetime(2020, 3, 1, tzinfo=UTC), datetime(2020, 3, 15, tzinfo=UTC))
    >>> standing(order, datetime(2020, 3, 14, 23, 59, tzinfo=UTC)), standing(order, datetime(2020, 3, 15, tzinfo=UTC))
    ('in_force', 'expired')
    """
    if order.refused_at is not None and order.refused_at <= at:
        return "refused"
    if order.lifted_at is not None and order.lifted_at <= at:
        return "lifted"
    if order.released_at is not None and order.released_at <= at and order.released_at < order.ends_at:
        return "lifted"
    if order.ends_at <= at:
        return "expired"
    if order.waits and (order.seconded_at is None or order.seconded_at > at):
        return "waiting"
    return "ahead" if at < order.starts_at else "in_force"


def length(text: str) -> timedelta:
    """A time as rules write it: "14d", "24h". ValueError otherwise.

    >>> length("36h")
    datetime.timedelta(days=1, seconds=43200)
    """
    found = _LENGTH.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
    return timedelta(**{_UNIT[found[2]]: int(found[1])})


def latest_end(rule: Mapping[str, Any], starts_at: datetime, facts: Sequence[datetime]) -> datetime:
    """The latest end that a rule allows an order: its longest time, from the start, or from what the evidence is about where that is earlier.

    `facts` are the times of the evidence, at least one.
    """
    longest = length(rule["longest"])
    counted = starts_at + longest
    return min(counted, max(facts) + longest) if rule.get("counts_from") == "evidence" else counted


def released_by_results(rule: Mapping[str, Any], starts_at: datetime, results: Iterable[tuple[datetime, datetime, str]]) -> datetime | None:
    """When results met the rule's condition for an end before time, or None: so many negatives in a row, the first sampled at least `after` the start,
    each at least `apart` from the one before, no positive since. A result counts from when it was known.

    `results` are (sampled, known, result) of one person, in any order.

    >>> from datetime import UTC
    >>> day = lambda d: datetime(2020, 3, d, tzinfo=UTC)
    >>> rule = {"release_on": {"negatives": 2, "apart": "24h", "after": "5d"}}
    >>> released_by_results(rule, day(1), [(day(6), day(7), "negative"), (day(8), day(9), "negative")]) == day(9)
    True
    >>> released_by_results(rule, day(1), [(day(6), day(7), "negative"), (day(8), day(9), "positive")])
    """
    condition = rule.get("release_on")
    if not condition:
        return None
    wanted, apart, first = int(condition["negatives"]), length(condition["apart"]), starts_at + length(condition["after"])
    run: list[tuple[datetime, datetime]] = []
    for sampled, known, result in sorted(results):
        if result == "positive" and known > starts_at:
            run = []
        elif result == "negative" and sampled >= first and (not run or sampled - run[-1][0] >= apart):
            run.append((sampled, known))
            if len(run) >= wanted:
                return max(k for _, k in run)
    return None


def is_many(count: int, lately: int, at_once: int) -> bool:
    """Whether orders issued together wait for a second unit by their number: with those of the same unit within the hour before."""
    return count + lately > min(at_once, AT_ONCE)


def lag(ended_at: datetime, let_go_at: datetime | None, now: datetime) -> timedelta:
    """How long after its end somebody was still held: until he was let go, or until now where nobody has recorded it. Never negative."""
    return max(timedelta(0), (let_go_at or now) - ended_at)
