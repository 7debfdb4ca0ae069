"""What an expression looks up outside the row that it is asked about: area facts, linked rows, other registers, acts, other measures.

A term hangs on the row, on the instant judged (`now`) and on the occasion's opening. The reference looks each up in the register;
the compiler makes one joined column of it. Nothing else in the language leaves the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sizao.kernel.facts import AreaFact

from . import nodes as n
from .durations import Duration


@dataclass(frozen=True)
class OfArea:
    """`area.grade`: what stands at `now` for the row's area, else for the nearest area above it that has one."""

    name: str
    fact: AreaFact
    type: str

    @property
    def said(self) -> str:
        return f"area.{self.name}"


@dataclass(frozen=True)
class Linked:
    """`unit.kind`: a column of the row that a declared link leads to, as it stood at `now`. At most three links."""

    links: tuple[str, ...]
    tables: tuple[str, ...]  # the table behind each link
    column: str
    type: str

    @property
    def said(self) -> str:
        return ".".join((*self.links, self.column))


@dataclass(frozen=True)
class About:
    """How rows of another table are found: "person" (the same person), "link" (their `key` is this row), "same" (both lead to the same row by
    `key`), "own" (the row that this one's `key` leads to), "area" (they lie in this row's area or below)."""

    by: str
    key: str = ""


@dataclass(frozen=True)
class Has:
    """`has(stay, open and kind = 'home')`: some row of the table about the subject stands at `now` for which the condition holds. Three-valued.

    `kept`: the act by which such rows come about; where it is not kept by then, that there is none cannot be told.
    """

    table: str
    about: About
    condition: Any | None
    type: str = n.BOOL
    kept: str = ""

    @property
    def said(self) -> str:
        return self.table


@dataclass(frozen=True)
class Tally:
    """`count`, `total`, `latest`, `gap` over acts in a window, or `count`, `total`, `latest` over the rows of a table that stand at `now`.

    What a condition leaves open is not counted. A number missing among those added makes the total untold; so does a window that begins
    before acts of that kind were kept. `latest` of acts has no window unless one is given.
    """

    name: str
    source: str
    acts: bool
    about: About  # for acts: by "subject" or "person"
    field: str | None
    condition: Any | None
    window: Duration | None
    type: str
    kept: str = ""  # the act by which rows come about

    @property
    def said(self) -> str:
        return self.source


@dataclass(frozen=True)
class Within:
    """`inside(area, '330300')`: the row's area is that area or lies below it."""

    code: str
    type: str = n.BOOL
    said: str = "area"


@dataclass(frozen=True)
class Ordered:
    """`ordered('exit_control')`: an order of that kind is in force here or in an area above."""

    kind: str
    type: str = n.BOOL
    said: str = "area"


@dataclass(frozen=True)
class Met:
    """`met('a', 'b')`: the subject, or its person, is under one of these measures, and nothing of it is overdue at `now`."""

    measures: tuple[str, ...]
    by: str  # subject | person, the same for all
    type: str = n.BOOL

    @property
    def said(self) -> str:
        return self.by


@dataclass(frozen=True)
class Covered:
    """`coverage('a')`: of what fell due below the row's area before today, the part that was done by then, downwards to the ten-thousandth. Untold when nothing was owed."""

    measure: str
    type: str = n.NUMBER

    @property
    def said(self) -> str:
        return self.measure


TERMS = (OfArea, Linked, Has, Tally, Within, Ordered, Met, Covered)


def terms(*trees: Any) -> list[Any]:
    """The terms of some expressions, each once, in order. Terms stand in no other term."""
    found = (node for tree in trees if tree is not None for node in n.walk(tree) if isinstance(node, TERMS))
    return list(dict.fromkeys(found))


def measures_asked(tree: Any) -> Iterator[str]:
    """Ids of the measures that an expression asks about."""
    for node in terms(tree):
        if isinstance(node, Met):
            yield from node.measures
        elif isinstance(node, Covered):
            yield node.measure


def inner(term: Any) -> Any:
    """The condition inside a term, on the rows or acts that it looks at."""
    return getattr(term, "condition", None)


def timeless(node: Any) -> bool:
    """It hangs on no instant and on no other row: false once (of one version of a subject) is false always."""
    return not any(isinstance(x, (n.Moment, n.Parameter, n.Drawn, n.Subject, *TERMS)) for x in n.walk(node))
