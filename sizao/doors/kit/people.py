"""How a person is shown: the name as the reader may see it, and a short handle that two people can read to one another."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sizao.kernel.scope import Scope
from sizao.registers.population import read as population


def names(scope: Scope, people: Iterable[UUID | None], what: str = "population.names") -> dict[UUID, str]:
    """Names for a list, masked where the scope does not see them; the read is on record once for the whole list. Refused nothing: who is out of the area is absent."""
    wanted = {p for p in people if p is not None}
    if not wanted or not scope.can("person.read"):
        return {}
    return population.names_of(scope, wanted, what)


def names_of_duties(scope: Scope, rows: Iterable[Any], what: str) -> dict[UUID, str]:
    """Names for rows that a post owes. Who may read persons sees them as ever; who may not (`listed.names`: the clerk of a unit) sees those alone whom this very post has to
    bring to be sampled: the people of the unit's own list, which that clerk handed in. One read on record."""
    listed = list(rows)
    if scope.can("person.read"):
        return names(scope, [r.person for r in listed], what)
    mine = {r.person: r.area for r in listed if r.person and r.area and r.post == scope.post_id and r.act == "lab.sampled"} if scope.can("listed.names") else {}
    return population.names_entrusted(scope, mine.items(), what, "listed.names") if mine else {}


def handle(identifier: UUID) -> str:
    """The last eight signs of an id, in two fours: enough to tell two rows apart on the telephone.

    >>> handle(UUID("018f4a3c-0000-7000-8000-00001a2b3c4d"))
    '1A2B-3C4D'
    """
    tail = identifier.hex[-8:].upper()
    return f"{tail[:4]}-{tail[4:]}"
