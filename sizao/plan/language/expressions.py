"""Expressions of a plan: parsed with sqlglot, checked node by node against a positive list, typed by us. What is not named here is refused, in words."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp

from sizao.kernel.errors import Refused
from sizao.kernel.facts import FactsColumn

from . import functions
from . import nodes as n
from . import terms as t
from .functions import FUNCTIONS, SUMMARIES, unreserved
from .kinds import type_name
from .lexing import MARK, day_of, said, tokens
from .names import Names
from .parameters import Param
from .typed import NUMBERS, TIMES, Typing
from .vocabulary import nearest

MOST_NODES, DEEPEST = 300, 25
COMPARISONS: dict[Any, str] = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of statements that we refuse anyway


def condition(
    text: str, columns: Mapping[str, FactsColumn], params: Mapping[str, Param], codes: Mapping[str, Any], names: Names | None = None
) -> Any:
    """A yes/no expression over the columns, as a checked tree. Raises Refused."""
    node = Checker(names or Names(columns, params, codes)).read(text)
    if node.type != n.BOOL:
        raise Refused("plan-not-yes-no", part=text)
    return node


def point(
    text: str,
    columns: Mapping[str, FactsColumn],
    params: Mapping[str, Param],
    codes: Mapping[str, Any],
    side: str = "start",
    names: Names | None = None,
) -> Any:
    """A point in time, as a checked tree of type date or instant. Dates among instants are read at `side`. Raises Refused."""
    day = day_of(text)
    if day is not None:
        return n.Literal(day, n.DATE)
    node = Checker(names or Names(columns, params, codes), side).read(text)
    if node.type not in TIMES:
        raise Refused("plan-not-a-time", part=text)
    return node


def number(text: str, names: Names) -> Any:
    """An amount, as a checked tree of a number type. Raises Refused."""
    node = Checker(names).read(text)
    if node.type not in NUMBERS:
        raise Refused("plan-not-a-number", part=text)
    return node


@lru_cache(maxsize=4096)
def parsed(source: str) -> list[Any]:
    """sqlglot's trees of a text. They are read and never changed: editions share most of their expressions, and a store reads all of them at once."""
    return sqlglot.parse(source, dialect="duckdb")


class Checker(Typing):
    """Reads one expression. Everything it refuses it names."""

    def within(self, names: Names) -> Checker:
        """For a part that stands in another place."""
        return Checker(names, self.side, self.deriving)

    def read(self, text: str) -> Any:
        source = tokens(text)
        try:
            trees = parsed(source)
            if len(trees) != 1 or trees[0] is None:
                raise Refused("plan-one-expression", count=len(trees))
            node = self.node(trees[0], 1)
        except RecursionError:
            raise Refused("plan-expression-too-deep", limit=DEEPEST) from None
        except sqlglot.errors.SqlglotError as error:
            first = (getattr(error, "errors", None) or [{}])[0]
            raise Refused("plan-syntax", part=MARK.sub("", first.get("highlight") or text), place=max(1, (first.get("col") or 1) - 4)) from None
        if node.type == n.BOOL and not any(isinstance(x, (n.Column, n.Subject, n.Drawn, *t.TERMS)) for x in n.walk(node)):
            raise Refused("plan-asks-nothing", part=text)
        return node

    def node(self, e: Any, depth: int) -> Any:
        self.count += 1
        if self.count > MOST_NODES:
            raise Refused("plan-expression-too-big", limit=MOST_NODES)
        if depth > DEEPEST:
            raise Refused("plan-expression-too-deep", limit=DEEPEST)
        if e.comments:
            raise Refused("plan-not-in-language", part="--")
        kind: Any = type(e)
        down = depth + 1
        if kind is exp.Paren:
            return self.node(e.this, down)
        if kind in (exp.And, exp.Or):
            parts = tuple(self.yes_no(part, down) for part in self.chain(e, kind))
            return n.All(parts) if kind is exp.And else n.Some(parts)
        if kind is exp.Not:
            return n.Negated(self.yes_no(e.this, down))
        if kind in COMPARISONS:
            return self.compare(COMPARISONS[kind], self.node(e.this, down), self.node(e.expression, down), e)
        if kind is exp.Between and not e.args.get("symmetric"):
            low, high = (
                self.compare(op, self.node(e.this, down), self.node(e.args[key], down), e) for op, key in ((">=", "low"), ("<=", "high"))
            )
            return n.All((low, high))
        if kind is exp.In and e.expressions and not any(e.args.get(key) for key in ("query", "unnest", "field")):
            return self.one_of(e, down)
        if kind is exp.Is and type(e.expression) is exp.Null:
            operand = self.node(e.this, down)
            if not isinstance(operand, (n.Column, n.Extreme, n.Shifted, n.Subject, n.Derived, *t.TERMS)):
                raise Refused("plan-null-of-what", part=said(e.this))
            return n.Missing(operand)
        if kind in (exp.Add, exp.Sub, exp.Mul):
            left, right = self.node(e.this, down), self.node(e.expression, down)
            if left.type in NUMBERS and right.type in NUMBERS:
                return self.counted({exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}[kind], left, right, e)
            if kind is exp.Mul:
                raise Refused("plan-cannot-add", part=said(e), left=type_name(left.type), right=type_name(right.type))
            return self.moved(left, right, 1 if kind is exp.Add else -1, e)
        if kind is exp.Column:
            return self.name(e)
        if kind is exp.Dot:
            return self.path((functions.word(e) or "").split("."), e)
        if kind is exp.Placeholder and isinstance(e.this, str):
            return self.parameter(e.this)
        if kind is exp.Literal:
            return self.literal(e)
        if kind is exp.Neg and type(e.this) is exp.Literal and not e.this.is_string:
            value = self.literal(e.this)
            return n.Literal(-value.value, value.type)
        if kind is exp.Boolean:
            return n.Literal(bool(e.this), n.BOOL)
        if kind is exp.Anonymous:
            return self.function(unreserved(str(e.this)), list(e.expressions), e, down)
        raise Refused("plan-not-in-language", part=said(e))

    def function(self, written: str, args: list[exp.Expression], e: exp.Expression, depth: int) -> Any:
        """A function of the language, and no other."""
        name = written.lower()
        if name in ("least", "greatest"):
            return self.extreme(name, [self.node(x, depth) for x in args], e)
        if name in ("hours", "days"):
            return self.elapsed(name, [self.node(x, depth) for x in args], e)
        if name in functions.LOOKS:
            return functions.call(self, name, args, e, depth)
        if name in SUMMARIES:
            raise Refused("plan-only-shown", name=name)
        raise Refused("plan-function-unknown", name=written, nearest=nearest(written, FUNCTIONS), known=list(FUNCTIONS))

    def chain(self, e: Any, kind: Any) -> list[exp.Expression]:
        """`a and b and c` is one conjunction of three, not two nested ones."""
        parts: list[exp.Expression] = []
        while type(e) is kind:
            parts.append(e.expression)
            e = e.this
        return [e, *reversed(parts)]

    def yes_no(self, e: exp.Expression, depth: int) -> Any:
        node = self.node(e, depth)
        if node.type != n.BOOL or isinstance(node, n.Literal):
            raise Refused("plan-not-yes-no", part=said(e))
        return node

    def literal(self, e: exp.Literal) -> Any:
        if e.is_string:
            return n.Literal(e.this, n.TEXT)
        if len(e.this) > 18:
            raise Refused("plan-number-too-long", value=e.this)
        return n.Literal(int(e.this), n.INT) if e.this.isdigit() else n.Literal(Decimal(e.this), n.NUMBER)

    def one_of(self, e: exp.In, depth: int) -> Any:
        operand, options = self.node(e.this, depth), []
        for item in e.expressions:
            option = self.node(item, depth)
            if not isinstance(option, (n.Literal, n.Parameter)):
                raise Refused("plan-list-of-values", part=said(item))
            operand, option = self.alike(operand, option, e)
            self.known_code(operand, option)
            options.append(option)
        if isinstance(operand, n.Literal):
            raise Refused("plan-asks-nothing", part=said(e))
        return n.OneOf(operand, tuple(options))
