"""What holds of orders, on plain values. The moment is always an argument: whether an order is in force is computed when it is asked, and by nothing else."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

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
        became_case_at: When the person of an observation became a case himself; another order on its own evidence may follow, this one is over.
        unanswered_at: When the time for answering an objection had passed under a rule by which that ends the order.
        term_at: When its term ends by the evidence as it stands now, where that is earlier than was ordered: the day of the last exposure was corrected.
        may_end_at: When it will be over unless an objection that waits is answered before: what is signed now must not outlive it.
    """

    starts_at: datetime
    ends_at: datetime
    waits: bool = False
    seconded_at: datetime | None = None
    refused_at: datetime | None = None
    lifted_at: datetime | None = None
    released_at: datetime | None = None
    became_case_at: datetime | None = None
    unanswered_at: datetime | None = None
    term_at: datetime | None = None
    may_end_at: datetime | None = None

    @property
    def by_itself(self) -> list[tuple[datetime, str]]:
        """(when, code of `lift-reason`) of everything that ends it before its end though nobody lifts it; the earliest first."""
        found = ((self.became_case_at, "became_case"), (self.released_at, "result"), (self.unanswered_at, "unanswered"), (self.term_at, "term"))
        return sorted((at, why) for at, why in found if at is not None and at < self.ends_at)


def over_at(order: Told) -> datetime:
    """When it ends or ended: the earliest of its end, its lifting and what ends it by itself."""
    return min([order.ends_at, *(at for at, _ in order.by_itself), *([order.lifted_at] if order.lifted_at is not None else [])])


def why_over(order: Told) -> str:
    """The code of `lift-reason` for what ended it by itself before its end; "" where nothing did, or where it was lifted before that."""
    first = next(iter(order.by_itself), None)
    return first[1] if first is not None and (order.lifted_at is None or first[0] < order.lifted_at) else ""


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
    if any(ended <= at for ended, _ in order.by_itself):
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


def term_by_evidence(rule: Mapping[str, Any], starts_at: datetime, facts: Sequence[datetime]) -> datetime | None:
    """The end that the evidence allows as it stands now, where the rule counts from it: who was exposed earlier than was thought is free earlier. None where
    the rule counts from the start, or no evidence has a time any more. Never before the start.

    >>> from datetime import UTC
    >>> term_by_evidence({"longest": "14d", "counts_from": "evidence"}, datetime(2020, 3, 3, tzinfo=UTC), [datetime(2020, 3, 1, tzinfo=UTC)]).day
    15
    """
    if rule.get("counts_from") != "evidence" or not facts:
        return None
    return max(starts_at, max(facts) + length(rule["longest"]))


def exit_test_missing(rule: Mapping[str, Any], ends_at: datetime, at: datetime, results: Iterable[tuple[datetime, datetime, str]]) -> str:
    """What the rule says of an order near its end without the result that the rule wants by then: "" (nothing is missing, or not yet asked for),
    `ends` (it ends all the same; the test is owed), `ask` (it ends all the same; a person is asked before whether there is ground for another order).

    >>> from datetime import UTC
    >>> day = lambda d: datetime(2020, 3, d, tzinfo=UTC)
    >>> rule = {"exit_test": {"within": "2d", "missing": "ask"}}
    >>> [exit_test_missing(rule, day(15), day(d), [(day(6), day(7), "negative")]) for d in (12, 14)], exit_test_missing(rule, day(15), day(14), [(day(13), day(14), "negative")])
    (['', 'ask'], '')
    """
    wanted = rule.get("exit_test")
    if not wanted:
        return ""
    first = ends_at - length(wanted["within"])
    return "" if at < first or any(sampled >= first and result is not None for sampled, known, result in results if known <= at) else str(wanted["missing"])


def day_number(starts_at: datetime, at: datetime, zone: str) -> int:
    """Which local day of the order it is; the day on which it starts is the first. A move from one place to another changes nothing about it.

    >>> from datetime import UTC
    >>> day_number(datetime(2020, 3, 1, 15, tzinfo=UTC), datetime(2020, 3, 1, 17, tzinfo=UTC), "Asia/Shanghai")
    2
    """
    return (at.astimezone(ZoneInfo(zone)).date() - starts_at.astimezone(ZoneInfo(zone)).date()).days + 1


def days_held(stays: Iterable[tuple[datetime, datetime | None]], at: datetime, zone: str) -> int:
    """Local days on which the person was in one of these stays until a moment; a day in two of them is one day.

    >>> from datetime import UTC
    >>> moved = datetime(2020, 3, 3, 4, tzinfo=UTC)
    >>> days_held([(datetime(2020, 3, 1, tzinfo=UTC), moved), (moved, None)], datetime(2020, 3, 5, tzinfo=UTC), "Asia/Shanghai")
    5
    """
    found: set[date] = set()
    for start, end in stays:
        last = min(end or at, at).astimezone(ZoneInfo(zone)).date()
        day = start.astimezone(ZoneInfo(zone)).date()
        while day <= last:
            found.add(day)
            day += timedelta(days=1)
    return len(found)


def is_many(count: int, lately: int, at_once: int) -> bool:
    """Whether orders issued together wait for a second unit by their number: with those of the same unit within the hour before."""
    return count + lately > min(at_once, AT_ONCE)


def lag(ended_at: datetime, let_go_at: datetime | None, now: datetime) -> timedelta:
    """How long after its end somebody was still held: until he was let go, or until now where nobody has recorded it. Never negative."""
    return max(timedelta(0), (let_go_at or now) - ended_at)


def suppressed(counts: Mapping[Any, int], least: int) -> frozenset[Any]:
    """Whose counts are not told in public: those below `least` (none is told), and where that is only one, the next smallest too, so that nobody gets it
    from the sum.

    >>> sorted(suppressed({"a": 3, "b": 9, "c": 40, "d": 0}, 5)), sorted(suppressed({"a": 9, "b": 40}, 5))
    (['a', 'b'], [])
    """
    small = {k for k, n in counts.items() if 0 < n < least}
    if len(small) == 1:
        rest = sorted((n, str(k), k) for k, n in counts.items() if n >= least)
        small |= {rest[0][2]} if rest else set()
    return frozenset(small)
