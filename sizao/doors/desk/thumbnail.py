"""The small picture of a case's chain on its own page: who infected it, whom it infected, and that there is more. The whole is a page of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

#: Cases drawn on each side; the rest are a number.
DRAWN = 6
WIDE, ROW, TOP = 300, 26, 6
COLUMNS = {"infector": 12, "self": 118, "infected": 206}


@dataclass(frozen=True, slots=True)
class Node:
    """One case: which side it is on (infector, self, infected), what it is called, its class, its day, and the middle of its dot."""

    side: str
    case: UUID
    name: str
    classification: str
    day: date | None
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """The nodes, this case first; `more` of each side are not drawn."""

    nodes: list[Node]
    height: int
    more_infectors: int
    more_infected: int
    width: int = WIDE


def thumbnail(case: Any, infectors: Sequence[Any], infected: Sequence[Any], names: Mapping[UUID, str]) -> Thumbnail | None:
    """The picture; None where the case has no link that this post may see. Infected cases stand in the order of their onset."""
    if not infectors and not infected:
        return None
    known = sorted(infected, key=lambda c: (c.onset_on is None, c.onset_on, str(c.pk)) if c.onset_on else (True, date.max, str(c.pk)))
    left, right = list(infectors)[:DRAWN], known[:DRAWN]
    rows = max(len(left) + (len(infectors) > DRAWN), len(right) + (len(infected) > DRAWN), 2)
    height = TOP * 2 + rows * ROW

    def placed(side: str, some: Sequence[Any], extra: int) -> list[Node]:
        first = (height - (len(some) + extra) * ROW) // 2 + ROW // 2
        return [Node(side, c.pk, names.get(c.person_id) or c.source_id or "—", c.classification or "", c.onset_on, COLUMNS[side], first + n * ROW) for n, c in enumerate(some)]

    nodes = [*placed("self", [case], 0), *placed("infector", left, len(infectors) > DRAWN), *placed("infected", right, len(infected) > DRAWN)]
    return Thumbnail(nodes, height, len(infectors) - len(left), len(infected) - len(right))


__all__ = ["Node", "Thumbnail", "thumbnail"]
