"""How a person is shown: the name as the reader may see it, and a short handle that two people can read to one another."""

from collections.abc import Iterable
from uuid import UUID

from sizao.kernel.scope import Scope
from sizao.registers.population import read as population


def names(scope: Scope, people: Iterable[UUID | None], what: str = "population.names") -> dict[UUID, str]:
    """Names for a list, masked where the scope does not see them; the read is on record once for the whole list. Refused nothing: who is out of the area is absent."""
    wanted = {p for p in people if p is not None}
    if not wanted or not scope.can("person.read"):
        return {}
    return population.names_of(scope, wanted, what)


def handle(identifier: UUID) -> str:
    """The last eight signs of an id, in two fours: enough to tell two rows apart on the telephone.

    >>> handle(UUID("018f4a3c-0000-7000-8000-00001a2b3c4d"))
    '1A2B-3C4D'
    """
    tail = identifier.hex[-8:].upper()
    return f"{tail[:4]}-{tail[4:]}"
