"""Expressions of a plan: parsed with sqlglot, checked node by node against a positive list, typed by us. What is not named here is refused, in words."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlglot
from sqlglot import exp

from sizao.kernel.errors import Refused
from sizao.kernel.facts import FactsColumn

from . import functions
from . import nodes as n
from . import terms as t
from .durations import parse as parse_duration
from .functions import FUNCTIONS, MOST_LINKS, SUMMARIES, unreserved
from .kinds import type_name
from .names import Names
from .parameters import CLOCKS, LIST, Param
from .subjects import Pair
from .vocabulary import AREA, Vocabulary, nearest

MARK = re.compile(r"\b__(?:w_)?(?=\w)")
LONGEST, MOST_NODES, DEEPEST = 4000, 300, 25
TOKEN = re.compile(r"[ \t\r\n]+|'(?:[^'\\\x00-\x1f]|'')*'|\$?[A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?[A-Za-z]*|<>|!=|<=|>=|[=<>(),.*/+-]")
#: The words of SQL that keep their meaning. Every other word reaches the parser marked as a name, so that no keyword has any power here.
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "null", "between", "true", "false"})
COMPARISONS: dict[Any, str] = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
MOMENTS = {"now": n.INSTANT, "today": n.DATE}
TIMES, NUMBERS = (n.DATE, n.INSTANT), (n.INT, n.NUMBER)

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


def day_of(text: str) -> date | None:
    """
    >>> day_of("2020-06-12"), day_of("2020-02-30")
    (datetime.date(2020, 6, 12), None)
    """
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()):
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def tokens(text: str) -> str:
    """The text as sqlglot will read it, durations made into names. Refused: a character that is no part of the language."""
    if len(text) > LONGEST:
        raise Refused("plan-expression-too-long", limit=LONGEST)
    if not text.strip():
        raise Refused("plan-expression-empty")
    out: list[str] = []
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found or text.startswith(("--", "=="), place) or (text[place] == "'" and out and out[-1] == "."):
            raise Refused("plan-character-unknown", character=text[place : place + 2] if found else text[place], place=place + 1)
        token, place = found[0], found.end()
        if token[0].isdigit() and not token[-1].isdigit():
            if not parse_duration(token):
                raise Refused("plan-duration-wrong", value=token)
            token = f"__{token}"
        elif token.startswith("__"):
            raise Refused("plan-name-unknown", name=token, nearest="—", known="—")
        elif (token[0].isalpha() or token[0] == "_") and token.lower() not in KEYWORDS:
            token = f"__w_{token}"
        out.append(token)
    return "".join(out)


class Checker:
    """Reads one expression. Everything it refuses it names."""

    def __init__(self, names: Names, side: str = "start", deriving: tuple[str, ...] = ()):
        self.names, self.side, self.count, self.deriving = names, side, 0, deriving
        self.columns, self.params, self.codes = names.columns, names.params, names.codes

    def within(self, names: Names) -> Checker:
        """For a part that stands in another place."""
        return Checker(names, self.side, self.deriving)

    def read(self, text: str) -> Any:
        source = tokens(text)
        try:
            trees = sqlglot.parse(source, dialect="duckdb")
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

    def name(self, e: exp.Column) -> Any:
        name = unreserved(e.name)
        if e.name.startswith("__") and not e.name.startswith("__w_") and not e.table:
            return n.Literal(parse_duration(e.name[2:]), n.DURATION)
        if any(i.args.get("quoted") for i in e.parts if isinstance(i, exp.Identifier)):
            name = said(e)
        elif e.table:
            return self.path((functions.word(e) or "").split("."), e)
        elif name in MOMENTS:
            return n.Moment(name, MOMENTS[name])
        elif name in self.names.points:
            return n.Column(name, self.names.points[name])
        elif name in self.columns:
            return self.column(name)
        elif self.names.vocabulary and name in self.names.vocabulary.identities(self.names.table):
            return n.Column(name, n.ID)
        elif name in self.names.parts:
            return n.Column(f"part:{name}", n.INSTANT)
        known = [*self.columns, *MOMENTS, *self.names.parts, *self.names.points]
        raise Refused("plan-name-unknown", name=name, nearest=nearest(name, known), known=sorted(known))

    def column(self, name: str) -> Any:
        """A stored column; a derived one becomes what it says."""
        column = self.columns[name]
        if column.expression is None:
            return n.Column(name, column.type)
        if name in self.deriving:
            raise Refused("plan-derived-circle", name=name)
        side, _, own = name.rpartition(".")
        pair = self.names.vocabulary.tables.get(self.names.table or "") if self.names.vocabulary else None
        if side and isinstance(pair, Pair):  # one side's: read over its own row, then called as the pair calls it
            names = replace(self.names, columns={c.name: c for c in pair.side(side).table.columns}, table=None, looks=0)  # type: ignore[union-attr]
            return n.Derived(name, n.renamed(Checker(names, self.side, (*self.deriving, name)).column(own).tree, f"{side}."), column.type)
        tree = Checker(self.names, self.side, (*self.deriving, name)).read(column.expression)
        return n.Derived(name, tree, column.type)

    def path(self, parts: list[str], e: exp.Expression) -> Any:
        """`area.grade`, `subject.x`, a column of one side of a pair, or up to three links and a column or area fact."""
        names, vocabulary = self.names, self.names.asking.vocabulary
        if vocabulary is None or not all(parts):
            raise Refused("plan-name-unknown", name=said(e), nearest="—", known=sorted(self.columns))
        if parts[0] == "subject" and names.subject is not None:
            return self.of_subject(".".join(parts[1:]), e)
        whole = ".".join(parts)
        if whole in self.columns:
            return self.column(whole)
        if whole in vocabulary.identities(names.table):
            return n.Column(whole, n.ID)
        if names.subject and whole in names.subject and not (names.table and parts[0] in vocabulary.links(names.table)):
            return self.of_subject(whole, e)
        return self.beyond(parts, e, names.asking, vocabulary)

    def of_subject(self, name: str, e: exp.Expression) -> Any:
        """A column of the measure's own subject, in a condition on acts or rows."""
        names = self.names
        assert names.subject is not None and names.vocabulary is not None
        if name in names.vocabulary.identities(names.subject_table):
            return n.Subject(name, n.ID)
        if name not in names.subject or names.subject[name].expression:
            raise Refused("plan-name-unknown", name=said(e), nearest=nearest(name, names.subject), known=sorted(names.subject))
        return n.Subject(name, names.subject[name].type)

    def beyond(self, parts: list[str], e: exp.Expression, names: Names, vocabulary: Vocabulary) -> Any:
        """What links lead to."""
        *links, last = parts
        if names.table is None:
            raise Refused("plan-name-unknown", name=said(e), nearest="—", known=sorted(self.columns))
        if names.looks <= 0:
            raise Refused("plan-looks-within", name=said(e))
        here = vocabulary.tables[names.table]
        if isinstance(here, Pair) and len(links) > 1 and here.side(links[0]):  # `household.area.grade`: a side's own links are columns of the pair
            links = [f"{links[0]}.{links[1]}", *links[2:]] if links[1] != AREA else [f"{links[0]}.{AREA}"]
        if len(links) > MOST_LINKS:
            raise Refused("plan-path-too-long", part=said(e), limit=MOST_LINKS)
        table = names.table
        tables: list[str] = []
        for i, link in enumerate(links):
            known_links = vocabulary.links(table)
            to_area = link == AREA or link.endswith(f".{AREA}") or (link in known_links and known_links[link].table == AREA)
            if to_area and i == len(links) - 1:
                return self.area_fact(tuple(links[:-1]), tuple(tables), link, last, e, vocabulary)
            if to_area or link not in known_links:
                known = [*known_links, AREA]
                raise Refused("plan-link-unknown", name=link, table=table, nearest=nearest(link, known), known=sorted(known))
            table = known_links[link].table
            tables.append(table)
        columns = vocabulary.columns(table)
        if last not in columns or columns[last].expression:
            raise Refused("plan-name-unknown", name=said(e), nearest=nearest(last, columns), known=sorted(columns))
        return t.Linked(tuple(links), tuple(tables), last, columns[last].type)

    def area_fact(self, links: tuple[str, ...], tables: tuple[str, ...], at: str, name: str, e: exp.Expression, vocabulary: Vocabulary) -> Any:
        """What is said of an area: of the row's own, or of the one that a link leads to."""
        if name not in vocabulary.areas:
            known = [f"{at}.{fact}" for fact in vocabulary.areas]
            raise Refused("plan-name-unknown", name=said(e), nearest=nearest(f"{at}.{name}", known), known=sorted(known))
        fact = vocabulary.areas[name]
        return t.OfArea(name, fact, fact.type, links, tables, at)

    def codes_of(self, node: Any) -> Mapping[str, Any] | None:
        """The code list from which a node takes its values."""
        name: str | None = None
        if isinstance(node, (n.Column, n.Derived)) and node.name in self.columns:
            name = self.columns[node.name].codes
        elif isinstance(node, n.Subject) and self.names.subject and node.name in self.names.subject:
            name = self.names.subject[node.name].codes
        elif isinstance(node, t.OfArea):
            name = node.fact.codes
        elif isinstance(node, t.Linked) and self.names.vocabulary:
            name = self.names.vocabulary.columns(node.tables[-1])[node.column].codes
        return self.codes.get(name or "")

    def parameter(self, name: str) -> Any:
        if name not in self.params:
            raise Refused(
                "plan-parameter-unknown", name=f"${name}", nearest=nearest(name, self.params), known=[f"${p}" for p in sorted(self.params)]
            )
        if self.params[name].type in (LIST, CLOCKS):
            raise Refused("plan-parameter-is-list", name=f"${name}")
        return n.Parameter(name, self.params[name].type)

    def literal(self, e: exp.Literal) -> Any:
        if e.is_string:
            return n.Literal(e.this, n.TEXT)
        if len(e.this) > 18:
            raise Refused("plan-number-too-long", value=e.this)
        return n.Literal(int(e.this), n.INT) if e.this.isdigit() else n.Literal(Decimal(e.this), n.NUMBER)

    def compare(self, operator: str, left: Any, right: Any, e: exp.Expression) -> Any:
        left, right = self.alike(left, right, e)
        if operator not in ("=", "<>") and left.type in (n.TEXT, n.BOOL, n.ID):
            raise Refused("plan-no-order", part=said(e), type=type_name(left.type))
        if isinstance(left, n.Literal) and isinstance(right, n.Literal):
            raise Refused("plan-asks-nothing", part=said(e))
        for this, other in ((left, right), (right, left)):
            self.known_code(this, other)
        return n.Compare(operator, left, right)

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


def said(e: exp.Expression) -> str:
    """A part of what was written, for a message."""
    text: str = e.sql(dialect="duckdb")
    text = MARK.sub("", text)
    return text if len(text) <= 60 else text[:59] + "…"
