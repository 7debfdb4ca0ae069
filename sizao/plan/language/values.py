"""The first reading of a checked tree: its value in plain Python. None means that it cannot be told."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from . import nodes as n
from .durations import shift
from .parameters import Param

OPERATORS = {"=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True)
class Context:
    """What an expression is asked about: a row, the instant judged, and the instant whose parameters count."""

    row: Mapping[str, Any]
    now: datetime
    opens: datetime
    params: Mapping[str, Param]


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
            return ctx.params[name].at(ctx.opens, ctx.row.get("disease"))
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
    raise TypeError(f"no value of {node!r}")


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
    return next((found for part in n.children(node) if (found := cause(part, ctx))), None)
