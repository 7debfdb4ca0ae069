"""What may be a tube's result, who differs between two lists of members, in which order a scarce session serves. Plain values; the moment is an argument."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

#: Why a result is held, as kinds of hold (`lab-hold`), and the code that is answered for each.
CODES = {
    "no_run": "tube-result-without-run", "signs_differ": "tube-signs-differ", "positive_in_negative_batch": "positive-in-negative-batch", "repooled": "tube-repooled",
    "members_differ": "tube-members-differ", "count_differs": "custody-count-differs", "tube_unknown": "tube-unknown", "over_capacity": "lab-over-capacity",
}  # fmt: skip
#: Holds of a tube that let no result of it through until they are decided.
BLOCKING = frozenset({"repooled", "members_differ", "count_differs"})


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that lists a tube: when it ended (None: not yet), and what the machine called the tube."""

    ended_at: datetime | None
    call: str | None


def fault(result: str, at: datetime, runs: Sequence[Ran], *, stands: str | None = None, batch_sign: str | None = None, held: Collection[str] = ()) -> str | None:
    """The kind of hold that stops this result of a tube; None where nothing does.

    Args:
        stands: The result that the tube has already, told earlier.
        batch_sign: Under which sign the laboratory sent the batch: "negative" for a list of negatives; None where it said none.
        held: Kinds of hold of this tube that nobody has decided.

    >>> from datetime import UTC
    >>> noon = datetime(2020, 6, 15, 12, tzinfo=UTC)
    >>> fault("negative", noon, []), fault("negative", noon, [Ran(noon, "positive")]), fault("positive", noon, [Ran(noon, "positive")], batch_sign="negative")
    ('no_run', 'signs_differ', 'positive_in_negative_batch')
    >>> fault("negative", noon, [Ran(noon, "negative")])
    """
    blocking = sorted(BLOCKING & set(held))
    if blocking:
        return blocking[0]
    if stands is not None and stands != result:
        return "signs_differ"
    ended = [r for r in runs if r.ended_at is not None and r.ended_at <= at]
    if not ended:
        return "no_run"
    if batch_sign is not None and "positive" in {result, *(r.call for r in ended)} and batch_sign != "positive":
        return "positive_in_negative_batch"
    if batch_sign is not None and batch_sign != result:
        return "signs_differ"
    if any(r.call is not None and r.call != result for r in ended):
        return "signs_differ"
    return None


def members_apart(there: Iterable[UUID], told: Iterable[UUID]) -> tuple[list[UUID], list[UUID]]:
    """(those of the tube who are not told now, those told now who are not in the tube), each in order.

    >>> members_apart([UUID(int=1), UUID(int=2)], [UUID(int=2), UUID(int=3)])
    ([UUID('00000000-0000-0000-0000-000000000001')], [UUID('00000000-0000-0000-0000-000000000003')])
    """
    a, b = set(there), set(told)
    return sorted(a - b), sorted(b - a)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits at a session: owed by when (a must-test; None is a wish), and since when he has been here."""

    person: UUID
    due: datetime | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Served:
    """One place in the order of service."""

    person: UUID
    tier: Literal["must", "wish"]
    place: int
    served: bool


def service_order(waiting: Sequence[Waiting], capacity: int | None) -> list[Served]:
    """Must-tests before wishes; inside a tier first come, first served. `capacity` persons are served; None is no limit. Nobody stands twice: who is owed a test waits once, as a must.

    >>> from datetime import UTC, timedelta
    >>> nine = datetime(2020, 6, 15, 9, tzinfo=UTC)
    >>> row = service_order([Waiting(UUID(int=1), None, nine), Waiting(UUID(int=2), nine, nine + timedelta(minutes=5))], 1)
    >>> [(s.person.int, s.tier, s.served) for s in row]
    [(2, 'must', True), (1, 'wish', False)]
    """
    first: dict[UUID, Waiting] = {}
    for w in sorted(waiting, key=lambda w: (w.due is None, w.since, w.person)):
        first.setdefault(w.person, w)
    return [Served(w.person, "must" if w.due is not None else "wish", n, capacity is None or n <= capacity) for n, w in enumerate(first.values(), 1)]
