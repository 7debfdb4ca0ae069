"""The first reading of a checked tree: its value in plain Python. None means that it cannot be told."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from . import nodes as n
from .durations import shift
from .parameters import Param
from .terms import TERMS

OPERATORS = {"=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class World(Protocol):
    """What lies outside the row: other rows, acts, areas, other measures."""

    def term(self, node: Any, ctx: Context) -> Any:
        """The value of a term for the context's row at its moment."""

    def steps(self, area: Any, code: str) -> int | None:
        """How many steps the area of this code lies above an area (0: it is the same); None when it does not."""

    @property
    def key(self) -> str:
        """The key of the draws."""


@dataclass(frozen=True)
class Context:
    """What an expression is asked about: a row, the instant judged, and the instant whose parameters count.

    `closes` ends the window of evidence; `start` is when the subject's series began, for parameters that are read then; `subject` is the
    measure's own row, in conditions on acts and rows; `about` is the row that functions are about, in conditions on acts: they are asked at the
    moment of the act.
    """

    row: Mapping[str, Any]
    now: datetime
    opens: datetime
    params: Mapping[str, Param]
    world: World | None = None
    closes: datetime | None = None
    start: datetime | None = None
    subject: Mapping[str, Any] | None = None
    about: Mapping[str, Any] | None = None

    @property
    def asking(self) -> Context:
        """Where a function is asked."""
        return self if self.about is None else replace(self, row=self.about, now=self.row["at"], about=None)

    def line(self, name: str) -> Any:
        """The line of a parameter that is in force here."""
        param = self.params[name]
        return param.choose((self.start or self.opens) if param.from_start else self.opens, self.owner, self.steps)

    @property
    def owner(self) -> Mapping[str, Any]:
        """The measure's subject."""
        return self.row if self.subject is None else self.subject

    def steps(self, code: str) -> int | None:
        return self.world.steps(self.owner.get("area"), code) if self.world else None


def value(node: Any, ctx: Context) -> Any:
    """
    >>> value(n.Some((n.Literal(None, "bool"), n.Literal(True, "bool"))), None)
    True
    """
    match node:
        case n.Column(name, _):
            return ctx.row[name]
        case n.Literal(literal, _):
            return literal
        case n.Parameter(name, _):
            line = ctx.line(name)
            return None if line is None else line.value
        case n.Moment(name, _):
            return ctx.now if name == "now" else ctx.now.date()
        case n.Compare(op, left, right):
            a, b = value(left, ctx), value(right, ctx)
            return None if a is None or b is None else OPERATORS[op](a, b)
        case n.OneOf(operand, options):
            a = value(operand, ctx)
            found = [None if a is None or b is None else a == b for b in (value(option, ctx) for option in options)]
            return some(found)
        case n.Missing(operand):
            return value(operand, ctx) is None
        case n.All(parts):
            return every(value(part, ctx) for part in parts)
        case n.Some(parts):
            return some(value(part, ctx) for part in parts)
        case n.Negated(part):
            told = value(part, ctx)
            return None if told is None else not told
        case n.Elapsed(unit, start, end):
            a, b = value(start, ctx), value(end, ctx)
            if a is None or b is None:
                return None
            return (day(b) - day(a)).days if unit == "days" else (b - a) // timedelta(hours=1)
        case n.Shifted(moved, span, sign, _):
            a, by = value(moved, ctx), value(span, ctx)
            return None if a is None or by is None else shift(a, by, sign)
        case n.Extreme(name, parts):
            told = [v for v in (value(part, ctx) for part in parts) if v is not None]
            return None if not told else min(told) if name == "least" else max(told)
        case n.Edge(moved, side):
            a = value(moved, ctx)
            return None if a is None else datetime.combine(a, time()) + timedelta(days=side == "end")
        case n.Counted(op, left, right):
            a, b = value(left, ctx), value(right, ctx)
            return None if a is None or b is None else ARITHMETIC[op](a, b)
        case n.Subject(name, _):
            return ctx.owner[name]
        case n.Derived(_, tree, _):
            return value(tree, ctx)
        case n.OnList(_, lines, what, when):
            a, on = value(what, ctx), value(when, ctx)
            if a is None or on is None:
                return None
            return any(a == code and (first is None or day(on) >= first) and (last is None or day(on) <= last) for code, first, last in lines)
        case n.Drawn(share, period, measure):
            part = value(share, ctx)
            return None if part is None else draw(ctx.world.key if ctx.world else "", measure, ctx.row["id"], period, ctx.opens) < part * DRAWS
    if isinstance(node, TERMS):
        assert ctx.world is not None, "a term needs a world"
        return ctx.world.term(node, ctx.asking)
    raise TypeError(f"no value of {node!r}")


DRAWS = 2**32


def draw(key: str, measure: str, subject: Any, period: str, opens: datetime) -> int:
    """A number below 2³² for a measure, subject and period: the first 32 bits of an MD5 of them and of a secret key, the same in every engine.

    >>> draw("k", "m", 1, "week", datetime(2020, 6, 3)) == draw("k", "m", 1, "week", datetime(2020, 6, 7))
    True
    """
    text = f"{key}|{measure}|{subject}|{period_of(period, opens)}"
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8], 16)


def period_of(period: str, opens: datetime) -> str:
    """The first day of the period in which an instant lies; weeks begin on Monday."""
    on = opens.date()
    first = on - timedelta(days=on.weekday()) if period == "week" else on.replace(day=1) if period == "month" else on
    return first.isoformat()


def every(values: Any) -> bool | None:
    """Three-valued and: one no decides, else one unknown leaves it open."""
    found = list(values)
    return False if False in found else None if None in found else True


def some(values: Any) -> bool | None:
    """Three-valued or: one yes decides, else one unknown leaves it open."""
    found = list(values)
    return True if True in found else None if None in found else False


def day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def cause(node: Any, ctx: Context) -> str | None:
    """Why a part cannot be told: the first column or parameter that is missing and matters, in the order written. None when it can be told.

    A conjunction that is unknown has no part that is a no, so each unknown part is a cause; likewise a disjunction.
    """
    if value(node, ctx) is not None:
        return None
    match node:
        case n.Column(name, _):
            return name
        case n.Parameter(name, _):
            return f"${name}"
        case n.Subject(name, _):
            return name
    if isinstance(node, TERMS):
        return str(node.said)
    return next((found for part in n.children(node) if (found := cause(part, ctx))), None)
