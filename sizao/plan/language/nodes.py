"""The checked tree: what an expression of a plan means, with types. It is made once, and every reading of it (Python, SQL, words) is written from it.

Values are three-valued: None means that it cannot be told. Times are naive, in the civil time of the area's zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

BOOL, INT, NUMBER, TEXT, DATE, INSTANT, DURATION = "bool", "int", "number", "text", "date", "instant", "duration"
ID = "id"  # of a row: equal to another or not


@dataclass(frozen=True)
class Column:
    """A column of the subject's row (or of the act, in a condition on acts)."""

    name: str
    type: str


@dataclass(frozen=True)
class Literal:
    value: Any
    type: str


@dataclass(frozen=True)
class Parameter:
    """`$name`: the dated value that was in force when the occasion opened, for the row's disease."""

    name: str
    type: str


@dataclass(frozen=True)
class Moment:
    """`now` (the instant judged) or `today` (its day)."""

    name: str
    type: str


@dataclass(frozen=True)
class Compare:
    operator: str  # = <> < <= > >=
    left: Any
    right: Any
    type: str = BOOL


@dataclass(frozen=True)
class OneOf:
    operand: Any
    options: tuple[Any, ...]
    type: str = BOOL


@dataclass(frozen=True)
class Missing:
    """`x is null`. Always told."""

    operand: Any
    type: str = BOOL


@dataclass(frozen=True)
class All:
    parts: tuple[Any, ...]
    type: str = BOOL


@dataclass(frozen=True)
class Some:
    parts: tuple[Any, ...]
    type: str = BOOL


@dataclass(frozen=True)
class Negated:
    part: Any
    type: str = BOOL


@dataclass(frozen=True)
class Elapsed:
    """`hours(a, b)`: whole hours from a to b, downwards. `days(a, b)`: calendar days from the day of a to the day of b."""

    unit: str
    start: Any
    end: Any
    type: str = INT


@dataclass(frozen=True)
class Shifted:
    """A point in time moved by a duration (a literal or a parameter). `sign` is 1 or -1."""

    point: Any
    span: Any
    sign: int
    type: str


@dataclass(frozen=True)
class Extreme:
    """`least` or `greatest` of several; what cannot be told is passed over, and None comes only of nothing but None."""

    name: str
    parts: tuple[Any, ...]
    type: str


@dataclass(frozen=True)
class Edge:
    """A date read as an instant: its first ("start") or, where something lasts until that day, the midnight that ends it ("end")."""

    point: Any
    side: str
    type: str = INSTANT


@dataclass(frozen=True)
class Counted:
    """Numbers added, subtracted, multiplied."""

    operator: str  # + - *
    left: Any
    right: Any
    type: str


@dataclass(frozen=True)
class Subject:
    """`subject.x`, in a condition on acts or rows: a column of the measure's own subject."""

    name: str
    type: str


@dataclass(frozen=True)
class Derived:
    """A column that the register writes in this language; `tree` is what it says."""

    name: str
    tree: Any
    type: str


@dataclass(frozen=True)
class OnList:
    """`listed('places', what, on)`: the code was on that dated list on that day. `lines` are (code, first day, last day), either day None."""

    name: str
    lines: tuple[tuple[str, Any, Any], ...]
    what: Any
    day: Any
    type: str = BOOL


@dataclass(frozen=True)
class Drawn:
    """`drawn(share, 'week')`: a keyed draw, for good, of measure, subject and period; the same in every engine."""

    share: Any
    period: str
    measure: str
    type: str = BOOL


def children(node: Any) -> tuple[Any, ...]:
    """The parts of a node, in the order in which they were written."""
    match node:
        case Compare(_, left, right):
            return (left, right)
        case OneOf(operand, options):
            return (operand, *options)
        case Missing(operand):
            return (operand,)
        case All(parts) | Some(parts):
            return parts
        case Extreme(_, parts):
            return parts
        case Negated(part):
            return (part,)
        case Elapsed(_, start, end):
            return (start, end)
        case Shifted(point, span, _, _):
            return (point, span)
        case Edge(point, _):
            return (point,)
        case Counted(_, left, right):
            return (left, right)
        case Derived(_, tree, _):
            return (tree,)
        case OnList(_, _, what, day):
            return (what, day)
        case Drawn(share, _, _):
            return (share,)
    return ()


def walk(node: Any) -> Iterator[Any]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def columns(node: Any) -> list[str]:
    """Names of the columns it reads, each once, in order."""
    return list(dict.fromkeys(n.name for n in walk(node) if isinstance(n, Column)))


def parameters(node: Any) -> list[str]:
    return list(dict.fromkeys(n.name for n in walk(node) if isinstance(n, Parameter)))


def renamed(node: Any, prefix: str) -> Any:
    """The same tree over a row whose columns are called by a longer name."""
    if isinstance(node, Column):
        return Column(prefix + node.name, node.type)
    if isinstance(node, tuple):
        return tuple(renamed(part, prefix) for part in node)
    if type(node).__module__ == __name__:
        return replace(node, **{f.name: renamed(getattr(node, f.name), prefix) for f in fields(node) if f.name in PARTS})
    return node


#: The fields in which a node holds others.
PARTS = {"left", "right", "operand", "options", "parts", "part", "start", "end", "point", "span", "tree", "what", "day", "share"}
