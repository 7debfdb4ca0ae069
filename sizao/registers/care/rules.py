"""When an illness counts as severe, and how old a number of beds is. Pure: the values and the moment are arguments."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeVar

#: A person as whoever asks keeps him: rules only hand him back.
P = TypeVar("P")
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


@dataclass(frozen=True, slots=True)
class Member:
    """One of a household as far as it matters who can look after whom.

    Attributes:
        age: Whole years, None where nobody told it.
        lists: Codes of `help-list` that he is on.
        away: He is isolated somewhere else.
        home: He is isolated at home.
    """

    age: int | None
    lists: frozenset[str] = frozenset()
    away: bool = False
    home: bool = False


#: Lists whose people need somebody with them.
FRAIL = frozenset({"disabled", "lone_elder", "child_alone"})
#: Lists whose people need medicine or treatment that goes on.
ILL = frozenset({"chronic", "dialysis", "cancer", "pregnant"})


def left_alone(members: Mapping[P, Member], more: bool, child: int, elder: int) -> dict[P, tuple[str, bool]]:
    """Whom isolation leaves alone in one household: member → (code of `help-list`, certain). `more`: more people live there than are known by name.

    Alone is who needs somebody (below the age `child`, from the age `elder`, frail or ill by a list) with no adult at home who can look after him, where
    somebody of the household is isolated: away, or he himself at home. An adult whose age nobody told, or whom nobody named, makes it uncertain, not untrue.

    >>> left_alone({"mother": Member(34, away=True), "child": Member(6)}, False, 18, 70)
    {'child': ('child_alone', True)}
    >>> left_alone({"mother": Member(34, away=True), "father": Member(36, home=True), "child": Member(6)}, False, 18, 70)
    {}
    >>> left_alone({"son": Member(40, away=True), "aunt": Member(None), "grandmother": Member(81)}, False, 18, 70)
    {'grandmother': ('lone_elder', False)}
    >>> left_alone({"he": Member(76, home=True)}, False, 18, 70), left_alone({"he": Member(76)}, False, 18, 70)
    ({'he': ('lone_elder', True)}, {})
    """

    def why(m: Member) -> str:
        if m.age is not None and m.age < child:
            return "child_alone"
        if m.age is not None and m.age >= elder:
            return "lone_elder"
        return next((name for name in ("disabled", "dialysis", "pregnant", "cancer", "chronic") if name in m.lists), "")

    there = {k: m for k, m in members.items() if not m.away}
    if not any(m.away or m.home for m in members.values()):
        return {}
    needy = {k: why(m) for k, m in there.items() if why(m)}
    if any(k not in needy and m.age is not None for k, m in there.items()):
        return {}
    certain = not more and not any(k not in needy for k in there)
    someone_away = any(m.away for m in members.values())
    return {k: (word, certain) for k, word in needy.items() if someone_away or there[k].home}


@dataclass(frozen=True, slots=True)
class Visits:
    """How the daily visits stand: `state` is met (seen today), due (not yet), missed (a whole day passed without one: an alarm); `missed` counts those days."""

    state: Literal["met", "due", "missed"]
    missed: int


def visits_due(since: date, today: date, seen: Collection[date]) -> Visits:
    """One visit or call each local day from the day on which it began; that day itself counts only as seen, for it may have begun in the evening.

    >>> day = lambda d: date(2020, 6, d)
    >>> visits_due(day(1), day(4), {day(2), day(3)}), visits_due(day(1), day(4), {day(2), day(4)}), visits_due(day(4), day(4), ())
    (Visits(state='due', missed=0), Visits(state='met', missed=1), Visits(state='due', missed=0))
    >>> visits_due(day(1), day(4), {day(2)})
    Visits(state='missed', missed=1)
    """
    whole = [since + timedelta(days=n) for n in range(1, (today - since).days)]
    missed = sum(1 for d in whole if d not in seen)
    if today in seen:
        return Visits("met", missed)
    return Visits("missed" if whole and whole[-1] not in seen else "due", missed)


def negatives_in_a_row(results: Sequence[tuple[datetime, str]], wanted: int, apart: timedelta) -> bool | None:
    """Whether the last results are so many negatives, each sampled at least `apart` after the one before, none positive since; None where there is none at all.

    `results` are (sampled, result), in any order.

    >>> day = lambda d: datetime(2020, 3, d)
    >>> negatives_in_a_row([(day(3), "negative"), (day(1), "positive"), (day(5), "negative")], 2, timedelta(days=1)), negatives_in_a_row([], 2, timedelta(days=1))
    (True, None)
    """
    run: list[datetime] = []
    for sampled, result in sorted(results):
        if result == "positive":
            run = []
        elif result == "negative" and (not run or sampled - run[-1] >= apart):
            run.append(sampled)
    return None if not results else len(run) >= wanted


def due_again(last: date | None, since: date, every: int, until: date) -> date | None:
    """When something that returns each `every` days from `since` until `until` (not included) is due next: after the last time, or at once; None when it is over.

    >>> due_again(None, date(2020, 3, 1), 7, date(2021, 3, 1)), due_again(date(2020, 3, 9), date(2020, 3, 1), 7, date(2021, 3, 1)), due_again(None, date(2020, 3, 1), 7, date(2020, 3, 1))
    (datetime.date(2020, 3, 8), datetime.date(2020, 3, 16), None)
    """
    due = (last if last is not None and last > since else since) + timedelta(days=every)
    return due if due < until else None
