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
from .agreeing import pairs
from .durations import Duration


@dataclass(frozen=True)
class OfArea:
    """`area.grade`: what stands at `now` for the row's area, else for the nearest area above it that has one.

    `unit.area.grade`, `origin.grade`: of the area of the row that `links` lead to, or of another of its areas. `at` is the column that holds the area.
    """

    name: str
    fact: AreaFact
    type: str
    links: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()  # the table behind each link
    at: str = "area"

    @property
    def said(self) -> str:
        return ".".join((*self.links, self.at, self.name))


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
    """How rows of another table are found: "person" (the same person), "link" (their `key` is this row), "own" (the row that this one's `key` leads
    to), "area" (they lie in this row's area or below). Of acts, `by` is the agreement: see `agreeing`.

    `of`: the column of this row that is held against theirs; one side of a pair, else the row's own.
    """

    by: str
    key: str = ""
    of: str = ""

    @property
    def own(self) -> str:
        """The column of this row."""
        return self.of or {"person": "person", "link": "id", "own": self.key, "area": "area"}.get(self.by, "id")


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
class Inside:
    """`inside(household.area, order.area)`: the one area is the other or lies below it. Both are columns of the row."""

    inner: str
    outer: str
    type: str = n.BOOL

    @property
    def said(self) -> str:
        return self.inner


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
    """`coverage('a')`: of what fell due below the row's area before today, the part that was done by then, downwards to the ten-thousandth. Untold when nothing was owed.

    `condition`: only the duties of those rows of `table` for which it holds.
    """

    measure: str
    type: str = n.NUMBER
    condition: Any | None = None
    table: str = ""

    @property
    def said(self) -> str:
        return self.measure


TERMS = (OfArea, Linked, Has, Tally, Within, Inside, Ordered, Met, Covered)


def terms(*trees: Any) -> list[Any]:
    """The terms of some expressions, each once, in order; not those inside their conditions."""
    found = (node for tree in trees if tree is not None for node in n.walk(tree) if isinstance(node, TERMS))
    return list(dict.fromkeys(found))


def deep(*trees: Any) -> list[Any]:
    """The terms of some expressions and those inside their conditions, however far within."""
    found = terms(*trees)
    return list(dict.fromkeys([*found, *(x for term in found for x in deep(inner(term)))]))


def nodes_within(*trees: Any) -> Iterator[Any]:
    """Every node of some expressions and of the conditions inside their terms."""
    for tree in [*(tree for tree in trees if tree is not None), *(c for term in deep(*trees) if (c := inner(term)) is not None)]:
        yield from n.walk(tree)


def columns(term: Any) -> list[str]:
    """The columns of the row that a term reads, its person and area among them."""
    match term:
        case OfArea():
            return [term.links[0] if term.links else term.at]
        case Linked():
            return [term.links[0]]
        case Has():
            return [term.about.own]
        case Tally():
            return [row for _, row in pairs(term.about.by)] if term.acts else [term.about.own]
        case Inside():
            return [term.inner, term.outer]
    return ["area"] if isinstance(term, Within | Ordered | Covered) else ["id", "person"]


def measures_asked(tree: Any) -> Iterator[str]:
    """Ids of the measures that an expression asks about."""
    for node in deep(tree):
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
