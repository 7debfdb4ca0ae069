"""The second reading of a checked tree: SQL. Three-valued logic is the engine's own; NULL means that it cannot be told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as SqlDialect
from sqlglot.generator import Generator

from sizao.plan.language import nodes as n
from sizao.plan.language.parameters import Param
from sizao.plan.language.terms import TERMS
from sizao.plan.language.values import DRAWS

from .derived import NAME
from .dialects import Dialect

OPERATORS = {"=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}


class Writer:
    """Writes expressions over one row.

    `row` is its alias; `now` and `opens` are the SQL of the instant judged and of the occasion's opening, `start` of the beginning of its series.
    `owner` is the alias of the measure's subject, where the row is an act or a row of another table. `terms`: the columns in which terms stand.
    `prefix` and `owner_prefix`: what the columns of the row, and of the subject, are called by where they stand in one relation with others.
    """

    def __init__(
        self,
        dialect: Dialect,
        params: Mapping[str, Param],
        row: str,
        now: str = "NULL",
        opens: str = "NULL",
        disease: str | None = None,
        *,
        owner: str | None = None,
        start: str | None = None,
        terms: Mapping[Any, str] | None = None,
        key: str = "",
        prefix: str = "",
        owner_prefix: str = "",
    ):
        self.prefix, self.owner_prefix = prefix, owner_prefix
        self.dialect, self.params, self.row, self.now, self.opens = dialect, params, row, now, opens
        self.owner, self.start, self.terms, self.key = owner or row, start, terms or {}, key
        self.disease = disease or f'{self.owner}."{owner_prefix}disease"'

    def sql(self, node: Any) -> str:
        """The text of an expression, in parentheses where it needs them."""
        return generator(self.dialect.name).generate(self.tree(node), copy=False)

    def text(self, node: Any) -> str:
        return f"({self.sql(node)})"

    def raw(self, sql: str) -> exp.Expression:
        """A piece that the dialect has written."""
        return exp.Var(this=sql)

    def tree(self, node: Any) -> exp.Expression:
        match node:
            case n.Column(name, _):
                return exp.column(self.prefix + name, table=self.row, quoted=True)
            case n.Literal(value, _):
                return self.raw(self.dialect.literal(value))
            case n.Parameter(name, _):
                return self.raw(self.param(name, self.dialect.literal))
            case n.Moment(name, _):
                return self.raw(self.now if name == "now" else self.dialect.date(self.now))
            case n.Compare(op, left, right):
                return exp.Paren(this=OPERATORS[op](this=self.tree(left), expression=self.tree(right)))
            case n.OneOf(operand, options):
                return exp.Paren(this=exp.In(this=self.tree(operand), expressions=[self.tree(option) for option in options]))
            case n.Missing(operand):
                return exp.Paren(this=exp.Is(this=self.tree(operand), expression=exp.Null()))
            case n.All(parts) if (cheap := tuple(part for part in parts if not isinstance(part, n.Drawn))) and len(cheap) < len(parts):
                # Lots are drawn only where the rest does not say no already: a digest for each household and week costs more than all else.
                no = exp.Is(this=self.tree(n.All(cheap)), expression=exp.false())
                return exp.Paren(this=exp.Case().when(no, exp.false(), copy=False).else_(exp.and_(*(self.tree(part) for part in parts), copy=False), copy=False))
            case n.All(parts):
                return exp.Paren(this=exp.and_(*(self.tree(part) for part in parts), copy=False))
            case n.Some(parts):
                return exp.Paren(this=exp.or_(*(self.tree(part) for part in parts), copy=False))
            case n.Negated(part):
                return exp.Paren(this=exp.Not(this=exp.Paren(this=self.tree(part))))
            case n.Elapsed(unit, start, end):
                a, b = self.sql(start), self.sql(end)
                if unit == "days":
                    return self.raw(self.dialect.days_between(self.dialect.date(a), self.dialect.date(b)))
                return self.raw(self.dialect.hours_between(a, b))
            case n.Shifted(point, span, sign, kind):
                moved, as_date = self.sql(point), kind == n.DATE
                if isinstance(span, n.Literal):
                    return self.raw(self.dialect.shifted(moved, span.value, sign, as_date))
                return self.raw(self.param(span.name, lambda value: self.dialect.shifted(moved, value, sign, as_date)))
            case n.Extreme(name, parts):
                extreme: Any = exp.Least if name == "least" else exp.Greatest
                first, *rest = (self.tree(part) for part in parts)
                least: exp.Expression = extreme(this=first, expressions=rest, ignore_nulls=True)
                return least
            case n.Edge(point, side):
                start = self.dialect.timestamp(self.sql(point))
                return self.raw(start if side == "start" else self.dialect.shifted(start, ONE_DAY, 1, False))
            case n.Counted(op, left, right):
                counted: Any = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}[op]
                return exp.Paren(this=counted(this=self.tree(left), expression=self.tree(right)))
            case n.Subject(name, _):
                return exp.column(self.owner_prefix + name, table=self.owner, quoted=True)
            case n.Derived(_, tree, _):
                return self.tree(tree)
            case n.OnList():
                return self.raw(self.on_list(node))
            case n.Drawn():
                return self.raw(self.drawn(node))
        if isinstance(node, TERMS):
            return exp.column(self.terms[node], table=self.row, quoted=True)
        raise TypeError(f"no SQL for {node!r}")

    def on_list(self, node: n.OnList) -> str:
        """On a dated list; unknown where the code or the day is."""
        what, day = self.sql(node.what), self.dialect.date(self.sql(node.day))
        arms = [f"CAST({what} AS VARCHAR) IS NULL OR {day} IS NULL"]
        tests = []
        for code, first, last in node.lines:
            parts = [f"{what} = {self.dialect.text(code)}"]
            parts += [f"{day} >= {self.dialect.literal(first)}"] if first else []
            parts += [f"{day} <= {self.dialect.literal(last)}"] if last else []
            tests.append(f"({' AND '.join(parts)})")
        return f"(CASE WHEN {arms[0]} THEN NULL ELSE {' OR '.join(tests) or 'FALSE'} END)"

    def drawn(self, node: n.Drawn) -> str:
        """The same draw as `values.draw`."""
        d = self.dialect
        head = d.text(f"{self.key}|{node.measure}|")
        text = f"concat({head}, {self.row}.\"{NAME}\", '|', CAST({d.first_day(node.period, self.opens)} AS VARCHAR))"
        return f"({d.number_of_hex(f'substr(md5({text}), 1, 8)')} < {self.sql(node.share)} * {DRAWS})"

    def param(self, name: str, write: Callable[[Any], str]) -> str:
        """The value in force when the occasion opens: the narrowest line first, then the later before the earlier."""
        lines = self.params[name].lines
        if len(lines) == 1 and lines[0].always:
            return write(lines[0].value)
        return self.choose(name, lambda i: write(lines[i].value))

    def choose(self, name: str, write: Callable[[int], str]) -> str:
        """CASE over the lines of a parameter; `write` gets the number of the line."""
        param = self.params[name]
        if not param.lines:
            return "NULL"
        instant = self.start if param.from_start and self.start else self.opens
        arms = []
        for i in param.order:
            tests = self.tests(param, i, instant)
            for rival in param.rivals(i):
                nearer = [*self.tests(param, rival, instant)]
                if param.lines[i].area is not None:
                    nearer.append(f"{self.steps(param.lines[rival].area)} < {self.steps(param.lines[i].area)}")
                    tests.append(f"({' AND '.join(nearer)}) IS NOT TRUE")
            arms.append(f"WHEN {' AND '.join(tests) or 'TRUE'} THEN {write(i)}")
        return f"CASE {' '.join(arms)} END"

    def begun(self, name: str, instant: str, by: str) -> str:
        """The same as `Param.begun`; NULL where the instant is."""
        param, arms = self.params[name], []
        for i, line in enumerate(param.lines):
            since = instant if line.since is None else self.dialect.literal(line.since)
            arms.append(f"CASE WHEN {' AND '.join(self.tests(param, i, by)) or 'TRUE'} THEN {since} END")
        earliest = f"least({', '.join(arms)})" if len(arms) > 1 else "".join(arms) or "NULL"
        return f"CASE WHEN {instant} IS NOT NULL THEN greatest({instant}, {earliest}) END"

    def tests(self, param: Param, i: int, instant: str) -> list[str]:
        """When a line of a parameter is in force."""
        line = param.lines[i]
        tests = [f"{self.disease} = {self.dialect.literal(line.disease)}"] if line.disease is not None else []
        tests += [f'{self.owner}."{self.owner_prefix}{column}" = {self.dialect.literal(code)}' for column, code in line.codes]
        tests += [f"{self.steps(line.area)} IS NOT NULL"] if line.area is not None else []
        return tests + ([f"{instant} >= {self.dialect.literal(line.since)}"] if line.since is not None else [])

    def steps(self, area: str | None) -> str:
        """How far above the subject's area that area lies: a column that the relation carries."""
        return f'{self.owner}."{self.owner_prefix}in:{area}"'

    def cause(self, node: Any) -> str:
        """The name of what is missing where `node` is NULL: its first unknown part, in the order written."""
        match node:
            case n.Column(name, _):
                return self.dialect.text(name)
            case n.Parameter(name, _):
                return self.dialect.text(f"${name}")
            case n.Subject(name, _):
                return self.dialect.text(name)
        if isinstance(node, TERMS):
            return self.dialect.text(node.said)
        parts = [part for part in n.children(node) if not isinstance(part, (n.Literal, n.Moment)) and not isinstance(part, n.Missing)]
        if len(parts) == 1:
            return self.cause(parts[0])
        if not parts:
            return "NULL"
        arms = " ".join(f"WHEN {self.sql(part)} IS NULL THEN {self.cause(part)}" for part in parts)
        return f"CASE {arms} END"

    def bound(self, node: Any) -> str:
        """At latest this, whatever the parameters: for the bounds of a series only."""
        return Bounds(self.dialect, self.params, self.row, self.now, self.opens, self.disease, owner=self.owner, terms=self.terms, prefix=self.prefix, owner_prefix=self.owner_prefix).sql(node)


_mine = threading.local()


def generator(name: str) -> Generator:
    """The writer of a dialect, made once a thread: an edition has thousands of expressions."""
    made: dict[str, Generator] = _mine.__dict__
    if name not in made:
        made[name] = SqlDialect.get_or_raise(name).generator()
    return made[name]


class Bounds(Writer):
    """Writes a point with every duration parameter at its most generous."""

    def tree(self, node: Any) -> exp.Expression:
        if isinstance(node, n.Shifted) and isinstance(node.span, n.Parameter):
            param = self.params[node.span.name]
            most = param.longest if node.sign > 0 else param.shortest
            return self.raw(self.dialect.shifted(self.sql(node.point), most, node.sign, node.type == n.DATE))
        return super().tree(node)


class _Day:
    months, seconds = 0, 86400


ONE_DAY: Any = _Day()
