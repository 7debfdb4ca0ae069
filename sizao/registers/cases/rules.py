"""Pure rules about cases and contacts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

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


def overlapping(stay: tuple[datetime, datetime], others: Sequence[tuple[datetime, datetime]]) -> int | None:
    """Which of the others, [from, until) each, this stay shares a moment with: the first; None where it shares none.

    >>> from datetime import UTC
    >>> def h(n): return datetime(2026, 1, 1, n, tzinfo=UTC)
    >>> overlapping((h(8), h(10)), [(h(6), h(8)), (h(9), h(11))]), overlapping((h(8), h(10)), [(h(10), h(11))])
    (1, None)
    """
    return next((n for n, (start, end) in enumerate(others) if start < stay[1] and end > stay[0]), None)


def unknown(stays: Iterable[tuple[datetime, datetime]], since: datetime, until: datetime, least: timedelta) -> list[tuple[datetime, datetime]]:
    """The stretches of [since, until) in which no stay says where somebody was, of at least `least`.

    >>> from datetime import UTC
    >>> def h(n): return datetime(2026, 1, 1, n, tzinfo=UTC)
    >>> [(a.hour, b.hour) for a, b in unknown([(h(8), h(10)), (h(9), h(12))], h(6), h(18), timedelta(hours=1))]
    [(6, 8), (12, 18)]
    """
    found, at = [], since
    for start, end in sorted(stays):
        if start - at >= least and start > at:
            found.append((at, min(start, until)))
        at = max(at, end)
    if until - at >= least and until > at:
        found.append((at, until))
    return [(a, b) for a, b in found if a < until]


def infectious(onset_on: date | None, line: Mapping[str, Any] | None) -> tuple[date, date] | None:
    """The first and the last day on which a case may infect others, by its disease's line of content; None where either is not told.

    >>> infectious(date(2026, 1, 10), {"before_onset": 2, "after_onset": 10})
    (datetime.date(2026, 1, 8), datetime.date(2026, 1, 20))
    """
    if onset_on is None or line is None:
        return None
    return onset_on - timedelta(days=int(line["before_onset"])), onset_on + timedelta(days=int(line["after_onset"]))


def infected_between(onset_on: date | None, line: Mapping[str, Any] | None) -> tuple[date, date] | None:
    """The first and the last day on which a case can have been infected, by the shortest and longest incubation; None where either is not told.

    >>> infected_between(date(2026, 1, 20), {"days": [1, 14]})
    (datetime.date(2026, 1, 6), datetime.date(2026, 1, 19))
    """
    if onset_on is None or line is None:
        return None
    shortest, longest = line["days"]
    return onset_on - timedelta(days=int(longest)), onset_on - timedelta(days=int(shortest))


def circles(pairs: Iterable[tuple[UUID, UUID]]) -> list[list[UUID]]:
    """The circles in a graph of (infector, infectee): groups of cases of which each led to each other one.

    Takes away what has nobody before or behind it until nothing goes away any more, then follows what is left (Tarjan's components).

    >>> a, b, c, d = (UUID(int=n) for n in (1, 2, 3, 4))
    >>> [[m.int for m in circle] for circle in circles([(a, b), (b, c), (c, a), (c, d)])]
    [[1, 2, 3]]
    """
    after: dict[UUID, set[UUID]] = {}
    before: dict[UUID, set[UUID]] = {}
    for one, two in pairs:
        if one != two:
            after.setdefault(one, set()).add(two)
            before.setdefault(two, set()).add(one)
    for there, back in ((after, before), (before, after)):
        ends = [n for n in there if n not in back]
        while ends:
            gone = ends.pop()
            for other in there.pop(gone, ()):
                back[other].discard(gone)
                if not back[other]:
                    del back[other]
                    ends.append(other)
    return [sorted(group, key=lambda c: c.int) for group in _components({n: after[n] & before.keys() for n in after if n in before}) if len(group) > 1]


def _components(after: Mapping[UUID, set[UUID]]) -> Iterator[list[UUID]]:
    """Strongly connected components, without recursion."""
    number: dict[UUID, int] = {}
    low: dict[UUID, int] = {}
    stack: list[UUID] = []
    on: set[UUID] = set()
    for start in after:
        if start in number:
            continue
        work = [(start, iter(after[start]))]
        number[start] = low[start] = len(number)
        stack.append(start)
        on.add(start)
        while work:
            node, rest = work[-1]
            for other in rest:
                if other not in number:
                    number[other] = low[other] = len(number)
                    stack.append(other)
                    on.add(other)
                    work.append((other, iter(after[other])))
                    break
                if other in on:
                    low[node] = min(low[node], number[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    at = stack.index(node)
                    group, stack[at:] = stack[at:], []
                    on -= set(group)
                    yield group
