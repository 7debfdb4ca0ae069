"""Pure rules about cases and contacts."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
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
