"""The occasions in SQL: from the rows that stand at `as_of`, one row for each occasion that may have opened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sizao.plan.language import nodes
from sizao.plan.language.measure import BEGINNING, FAR, Measure
from sizao.plan.language.schedule import DAY, Before, Days, Every, Within
from sizao.plan.obligations import ONCE, PER_DAY, Force
from sizao.plan.timetable import TICK

from .conditions import Writer
from .dialects import Dialect


class Timetable:
    """Sub-queries over `stands` for one measure. `carried` are the columns that every slot keeps."""

    def __init__(self, m: Measure, dialect: Dialect, as_of: str, force: Force, carried: list[str], floor: datetime | None = None):
        self.m, self.d, self.as_of, self.force, self.carried, self.floor = m, dialect, as_of, force, carried, floor

    def keep(self, alias: str) -> str:
        return ", ".join(f'{alias}."{name}"' for name in self.carried)

    def writer(self, row: str, opens: str = "NULL") -> Writer:
        return Writer(self.d, self.m.params, row, now=self.as_of, opens=opens)

    def slots(self) -> str:
        """SELECT … occasion, opens, due, closes, missing."""
        match self.m.when:
            case Within() as w:
                return self.once(self.writer("n").sql(w.of), w.span, None)
            case Before() as w:
                return self.once(self.opening(w), None, w.point)
            case Every() as w:
                return self.every(w)
            case Days() as w:
                return self.days(w)

    def opening(self, w: Before) -> str:
        if w.start is not None:
            return self.writer("n").sql(w.start)
        return f'greatest(n."known", {self.d.literal(self.force.start)})' if self.force.start > BEGINNING else 'n."known"'

    def once(self, opens: str, span: Any, point: Any) -> str:
        """A single occasion that never closes."""
        inner = f"SELECT {self.keep('n')}, {opens} AS opens FROM stands n"
        far = self.d.literal(FAR)
        if span is not None:
            due = self.writer("t", "t.opens").sql(nodes.Shifted(_Opens, span, 1, nodes.INSTANT))
            limit = ""
        else:
            due, limit = self.writer("t", "t.opens").sql(point), " WHERE u.opens <= u.due"
        return (
            f"SELECT {self.keep('u')}, u.occasion, u.opens, u.due, u.closes, u.missing FROM ("
            f"SELECT {self.keep('t')}, {ONCE} AS occasion, t.opens, {due} AS due, {far} AS closes, CAST(NULL AS VARCHAR) AS missing FROM ({inner}) t WHERE t.opens IS NOT NULL) u{limit}"
        )

    # -- one period after another

    def every(self, w: Every) -> str:
        first = self.writer("n").sql(w.start)
        first_day = self.d.date(first)
        last = [self.count(first_day, self.d.date(self.as_of), w)]
        if w.until is not None:
            last.append(f"{self.count(first_day, self.d.date(self.writer('n').bound(w.until)), w)} + 1")
        if w.times is not None:
            most = w.times.value if isinstance(w.times, nodes.Literal) else max(self.m.params[w.times.name].values)
            last.append(str(most - 1))
        ends = f"least({', '.join(last)})" if len(last) > 1 else last[0]
        begin = self.beginning(first_day, w)
        spread = f"SELECT {self.keep('n')}, {first} AS first_at, {self.d.series(ends, begin)} AS k FROM stands n WHERE {first} IS NOT NULL AND {ends} >= {begin}"
        day = self.d.date("s.first_at")
        periods = f"SELECT {self.keep('s')}, s.first_at, s.k, {self.start(day, 's.k', w)} AS period, {self.start(day, '(s.k + 1)', w)} AS following FROM ({spread}) s"
        parts = [self.time_of_day(w, i) for i in range(len(w.at))]
        return f"WITH periods AS ({periods}) " + " UNION ALL ".join(parts)

    def beginning(self, first_day: str, w: Every) -> str:
        """The first period that is wanted, or one or two before it."""
        if self.floor is None:
            return "0"
        passed = self.count(first_day, self.d.literal(self.floor.date()), w)
        return f"greatest(0, {passed} - 2)"

    def count(self, start: str, end: str, w: Every) -> str:
        if w.step.months:
            return self.d.quotient(self.d.months_between(start, end), w.step.months)
        return self.d.quotient(self.d.days_between(start, end), w.step.days)

    def start(self, day: str, k: str, w: Every) -> str:
        if w.step.months:
            return self.d.timestamp(self.d.plus_months(day, f"{k} * {w.step.months}"))
        return self.d.timestamp(self.d.plus_days(day, f"{k} * {w.step.days}"))

    def time_of_day(self, w: Every, i: int) -> str:
        """The i-th occasion of each period."""
        due = [self.d.plus("p.following", at - DAY) for at in w.at]
        opens = "p.period" if i == 0 else self.d.plus("p.following", w.at[i - 1] - DAY + TICK)
        closes = (
            self.d.literal(FAR)
            if self.m.done.match == "period"
            else "p.following"
            if i + 1 == len(w.at)
            else self.d.plus("p.following", w.at[i] - DAY + TICK)
        )
        occasion = f"{day_number(self.d, 'p.period')} * {PER_DAY} + {i}"
        inner = f"SELECT {self.keep('p')}, p.first_at, p.k, {occasion} AS occasion, {opens} AS opens, {due[i]} AS due, {closes} AS closes FROM periods p"
        writer, limits = self.writer("t", "t.opens"), ["t.first_at <= t.due", f"t.opens <= {self.as_of}"]
        if w.until is not None:
            until = writer.sql(w.until)
            limits.append(f"({until} IS NULL OR t.due <= {until})")
        if w.times is not None:
            times = writer.sql(w.times)
            limits.append(f"({times} IS NULL OR t.k < {times})")
        names = list(dict.fromkeys(name for part in (w.until, w.times) if part is not None for name in nodes.parameters(part)))
        missing = " ".join(
            f"WHEN {writer.choose(name, lambda i: '1')} IS NULL THEN {self.d.text('$' + name)}"
            for name in names
            if undated_before(self.m, name)
        )
        return (
            f"SELECT {self.keep('t')}, t.occasion, t.opens, t.due, t.closes, {f'CASE {missing} END' if missing else 'CAST(NULL AS VARCHAR)'} AS missing "
            f"FROM ({inner}) t WHERE {' AND '.join(limits)}"
        )

    # -- days after a day

    def days(self, w: Days) -> str:
        first = self.writer("n").sql(w.of)
        inner = f"SELECT {self.keep('n')}, {self.d.date(first)} AS day FROM stands n WHERE {first} IS NOT NULL"
        if isinstance(w.days, str):
            lines = [line.value for line in self.m.params[w.days].lines]
            listed = self.writer("n", self.d.timestamp(self.d.date(first))).choose(w.days, str)
            inner += f" AND {listed} IS NOT NULL"
        else:
            lines = [w.days]
        parts = []
        for i, line in enumerate(lines):
            for number in line:
                opens = self.d.timestamp(self.d.plus_days("t.day", str(number)))
                later = min((x for x in line if x > number), default=None)
                closes = self.d.literal(FAR) if later is None else self.d.timestamp(self.d.plus_days("t.day", str(later)))
                chosen = f" WHERE {self.writer('t', opens).choose(w.days, str)} = {i}" if isinstance(w.days, str) else ""
                parts.append(
                    f"SELECT {self.keep('t')}, {number} AS occasion, {opens} AS opens, {self.d.plus(opens, w.at)} AS due, {closes} AS closes, CAST(NULL AS VARCHAR) AS missing FROM days t{chosen}"
                )
        return f"WITH days AS ({inner}) " + " UNION ALL ".join(parts)

    # -- no timetable

    def undated(self) -> tuple[str, str]:
        """(condition on `n` under which no timetable can be drawn, SQL of what is missing)."""
        n = self.writer("n", self.as_of)
        match self.m.when:
            case Within() as w:
                opens = n.sql(w.of)
                tests = [(opens, n.cause(w.of))]
                if isinstance(w.span, nodes.Parameter) and undated_before(self.m, w.span.name):
                    tests.append((self.writer("n", opens).choose(w.span.name, lambda i: "1"), self.d.text(f"${w.span.name}")))
            case Before() as w:
                opens = self.opening(w)
                tests = [] if w.start is None else [(opens, n.cause(w.start))]
                point = self.writer("n", opens)
                tests.append((point.sql(w.point), point.cause(w.point)))
            case Every() as w:
                tests = [(n.sql(w.start), n.cause(w.start))]
            case Days() as w:
                first = n.sql(w.of)
                tests = [(first, n.cause(w.of))]
                if isinstance(w.days, str):
                    tests.append(
                        (self.writer("n", self.d.timestamp(self.d.date(first))).choose(w.days, lambda i: "1"), self.d.text(f"${w.days}"))
                    )
        missing = " ".join(f"WHEN {value} IS NULL THEN {cause}" for value, cause in tests)
        return " OR ".join(f"{value} IS NULL" for value, _ in tests), f"CASE {missing} END"


def undated_before(m: Measure, name: str) -> bool:
    """Some instants have no value of the parameter for some disease."""
    return not any(line.since is None and line.disease is None for line in m.params[name].lines)


def day_number(dialect: Dialect, timestamp: str) -> str:
    """Days since 1970."""
    return dialect.days_between("DATE '1970-01-01'", dialect.date(timestamp))


#: The column `opens` of an inner query, as a point.
_Opens = nodes.Column("opens", nodes.INSTANT)

__all__ = ["Timetable", "day_number", "timedelta"]
