"""Types in an expression: what may stand beside what, and what comes of it. A date beside an instant is read at its first instant."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from sqlglot import exp

from sizao.kernel.errors import Refused

from . import nodes as n
from .kinds import type_name
from .lexing import day_of, said
from .naming import Naming
from .vocabulary import nearest

TIMES, NUMBERS = (n.DATE, n.INSTANT), (n.INT, n.NUMBER)


class Typing(Naming):
    """Puts parts that are read together, if they belong together."""

    def compare(self, operator: str, left: Any, right: Any, e: exp.Expression) -> Any:
        left, right = self.alike(left, right, e)
        if operator not in ("=", "<>") and left.type in (n.TEXT, n.BOOL, n.ID):
            raise Refused("plan-no-order", part=said(e), type=type_name(left.type))
        if isinstance(left, n.Literal) and isinstance(right, n.Literal):
            raise Refused("plan-asks-nothing", part=said(e))
        for this, other in ((left, right), (right, left)):
            self.known_code(this, other)
        return n.Compare(operator, left, right)

    def alike(self, left: Any, right: Any, e: exp.Expression) -> tuple[Any, Any]:
        """Both sides of one type, or Refused. A quoted date is read as one; a date beside an instant means its first instant."""
        left, right = self.dated(left, right, e), self.dated(right, left, e)
        if left.type == right.type and left.type != n.DURATION:
            return left, right
        if left.type in NUMBERS and right.type in NUMBERS:
            return left, right
        if left.type in TIMES and right.type in TIMES:
            return instant(left, "start"), instant(right, "start")
        raise Refused("plan-types-differ", part=said(e), left=type_name(left.type), right=type_name(right.type))

    def dated(self, node: Any, other: Any, e: exp.Expression) -> Any:
        if not (isinstance(node, n.Literal) and node.type == n.TEXT and other.type in TIMES):
            return node
        value: date | datetime | None = day_of(node.value)
        if value is None and re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", node.value):
            try:
                value = datetime.fromisoformat(node.value)
            except ValueError:
                value = None
        if value is None:
            raise Refused("plan-date-wrong", value=node.value)
        return n.Literal(value, n.INSTANT if isinstance(value, datetime) else n.DATE)

    def known_code(self, column: Any, literal: Any) -> None:
        if not (isinstance(literal, n.Literal) and literal.type == n.TEXT):
            return
        listed = self.codes_of(column)
        if listed and literal.value not in listed:
            what = getattr(column, "said", None) or getattr(column, "name", "?")
            raise Refused("plan-code-unknown", value=literal.value, column=what, nearest=nearest(literal.value, listed), known=sorted(listed))

    def counted(self, operator: str, left: Any, right: Any, e: exp.Expression) -> Any:
        if isinstance(left, n.Literal) and isinstance(right, n.Literal):
            raise Refused("plan-asks-nothing", part=said(e))
        return n.Counted(operator, left, right, n.INT if left.type == right.type == n.INT else n.NUMBER)

    def moved(self, point: Any, span: Any, sign: int, e: exp.Expression) -> Any:
        if point.type == n.DURATION and span.type in TIMES and sign == 1:
            point, span = span, point
        if point.type not in TIMES or span.type != n.DURATION:
            raise Refused("plan-cannot-add", part=said(e), left=type_name(point.type), right=type_name(span.type))
        whole = self.params[span.name].whole_days if isinstance(span, n.Parameter) else span.value.whole_days
        if point.type == n.DATE and not whole:
            point = n.Edge(point, "start")
        return n.Shifted(point, span, sign, point.type)

    def extreme(self, name: str, parts: list[Any], e: exp.Expression) -> Any:
        types = {part.type for part in parts}
        if not parts:
            raise Refused("plan-not-in-language", part=said(e))
        if len(parts) < 2 or not (types <= set(TIMES) or types <= set(NUMBERS)):
            raise Refused("plan-types-differ", part=said(e), left=type_name(parts[0].type), right=type_name(parts[-1].type))
        if types == set(TIMES):
            parts = [instant(part, self.side) for part in parts]
        return n.Extreme(name, tuple(parts), parts[0].type if len(types) == 1 else n.INSTANT if types <= set(TIMES) else n.NUMBER)

    def elapsed(self, unit: str, parts: list[Any], e: exp.Expression) -> Any:
        if len(parts) != 2 or any(part.type not in TIMES for part in parts):
            raise Refused("plan-elapsed-of-what", part=said(e), unit=unit)
        start, end = parts if unit == "days" else (instant(part, "start") for part in parts)
        return n.Elapsed(unit, start, end)


def instant(node: Any, side: str) -> Any:
    """The node as an instant: a date is read at its `side`."""
    return n.Edge(node, side) if node.type == n.DATE else node
