"""The occasions in SQL: from the rows that stand at `as_of`, one row for each occasion that may have opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sizao.plan.language import nodes
from sizao.plan.language.agreeing import pairs
from sizao.plan.language.durations import Duration
from sizao.plan.language.measure import BEGINNING, FAR, Measure
from sizao.plan.language.schedule import DAY, Before, Days, Every, Fresh, Shifts, Within
from sizao.plan.obligations import ONCE, PER_DAY, Force
from sizao.plan.timetable import TICK

from .conditions import Writer
from .dialects import Dialect
from .parts import before_midnight


class Timetable:
    """Sub-queries over `stands` for one measure. `carried` are the columns that every slot keeps."""

    def __init__(self, m: Measure, dialect: Dialect, as_of: str, force: Force, carried: list[str], floor: datetime | None = None, acts: str = "", terms: Mapping[Any, str] | None = None):
        self.m, self.d, self.as_of, self.force, self.carried, self.floor = m, dialect, as_of, force, carried, floor
        self.acts, self.terms = acts, terms or {}

    def keep(self, alias: str) -> str:
        return ", ".join(f'{alias}."{name}"' for name in self.carried)

    def writer(self, row: str, opens: str = "NULL", start: str | None = None) -> Writer:
        return Writer(self.d, self.m.params, row, now=self.as_of, opens=opens, start=start, terms=self.terms, key=self.force.key)

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
            case Shifts() as w:
                return self.shifts(w)
            case Fresh() as w:
                return self.fresh(w)

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
        if isinstance(w.step, nodes.Parameter):
            name, lines, rows = w.step.name, self.m.params[w.step.name].lines, "stands n"
            if undated_before(self.m, name):  # a series from before the figure was written counts from the day on which it came into force
                rows = f"(SELECT {self.keep('n')}, {self.writer('n').begun(name, first, self.as_of)} AS began FROM stands n) n"
                first = "n.began"
            chosen = self.writer("n", first, first).choose(name, str)
            spread = [self.periods(replace(w, step=line.value), first, f" AND {chosen} = {i}", rows) for i, line in enumerate(lines)]
        else:
            spread = [self.periods(w, first, "")]
        parts = [self.time_of_day(at, i) for at in self.clocks(w) for i in range(len(at.at))]
        return f"WITH periods AS ({' UNION ALL '.join(spread)}) " + " UNION ALL ".join(parts)

    def clocks(self, w: Every) -> list[Every]:
        """The timetable with each of the times of day that it may have."""
        if not isinstance(w.at, str):
            return [w]
        return [replace(w, at=line.value, step=i) for i, line in enumerate(self.m.params[w.at].lines)]  # type: ignore[arg-type]

    def periods(self, w: Every, first: str, test: str, rows: str = "stands n") -> str:
        """One row a period that may have begun."""
        first_day = self.d.date(first)
        last = [self.count(first_day, self.d.date(self.as_of), w)]
        if w.until is not None:
            last.append(f"{self.count(first_day, self.d.date(self.writer('n').bound(w.until)), w)} + 1")
        if w.times is not None:
            most = w.times.value if isinstance(w.times, nodes.Literal) else max(self.m.params[w.times.name].values)
            last.append(str(most - 1))
        ends = f"least({', '.join(last)})" if len(last) > 1 else last[0]
        begin = self.beginning(first_day, w)
        spread = f"SELECT {self.keep('n')}, {first} AS first_at, {self.d.series(ends, begin)} AS k FROM {rows} WHERE {first} IS NOT NULL AND {ends} >= {begin}{test}"
        day = self.d.date("s.first_at")
        return f"SELECT {self.keep('s')}, s.first_at, s.k, {self.start(day, 's.k', w)} AS period, {self.start(day, '(s.k + 1)', w)} AS following FROM ({spread}) s"

    def beginning(self, first_day: str, w: Every) -> str:
        """The first period that is wanted; of months one or two before it, for they are of unequal length."""
        floor = max(self.floor or BEGINNING, self.force.start)  # what opened before the text began is not its own
        if floor <= BEGINNING:
            return "0"
        assert isinstance(w.step, Duration)
        passed = self.count(first_day, self.d.literal(floor.date()), w)
        return f"greatest(0, {passed} - {2 if w.step.months else 1 - before_midnight(self.m)})"

    def count(self, start: str, end: str, w: Every) -> str:
        assert isinstance(w.step, Duration)
        if w.step.months:
            return self.d.quotient(self.d.months_between(start, end), w.step.months)
        return self.d.quotient(self.d.days_between(start, end), w.step.days)

    def start(self, day: str, k: str, w: Every) -> str:
        assert isinstance(w.step, Duration)
        if w.step.months:
            return self.d.timestamp(self.d.plus_months(day, f"{k} * {w.step.months}"))
        return self.d.timestamp(self.d.plus_days(day, f"{k} * {w.step.days}"))

    def time_of_day(self, w: Every, i: int) -> str:
        """The i-th occasion of each period."""
        assert not isinstance(w.at, str)
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
        named = self.m.when.at if isinstance(self.m.when, Every) else ()
        if isinstance(named, str):
            inner += f" WHERE {self.writer('p', 'p.period', 'p.first_at').choose(named, str)} = {w.step}"
        writer, limits = self.writer("t", "t.opens", "t.first_at"), ["t.first_at <= t.due", f"t.opens <= {self.as_of}"]
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
            day = self.d.timestamp(self.d.date(first))
            listed = self.writer("n", day, day).choose(w.days, str)
            inner += f" AND {listed} IS NOT NULL"
        else:
            lines = [w.days]
        parts = []
        for i, line in enumerate(lines):
            for number in line:
                opens = self.d.timestamp(self.d.plus_days("t.day", str(number)))
                later = min((x for x in line if x > number), default=None)
                closes = self.d.literal(FAR) if later is None else self.d.timestamp(self.d.plus_days("t.day", str(later)))
                chosen = f" WHERE {self.writer('t', opens, self.d.timestamp('t.day')).choose(w.days, str)} = {i}" if isinstance(w.days, str) else ""
                parts.append(
                    f"SELECT {self.keep('t')}, {number} AS occasion, {opens} AS opens, {self.d.plus(opens, w.at)} AS due, {closes} AS closes, CAST(NULL AS VARCHAR) AS missing FROM days t{chosen}"
                )
        return f"WITH days AS ({inner}) " + " UNION ALL ".join(parts)

    # -- the subject's own pattern, and what must not grow old

    def shifts(self, w: Shifts) -> str:
        n = self.writer("n", self.as_of)
        first, hours = n.sql(w.start), n.sql(w.hours)
        ends = self.d.quotient(self.d.hours_between(first, self.as_of), hours)
        spread = (
            f"SELECT {self.keep('n')}, {first} AS first_at, {hours} AS hours, {self.d.series(ends)} AS k FROM stands n "
            f"WHERE {first} IS NOT NULL AND {hours} >= 1 AND {first} <= {self.as_of}"
        )
        begins, due = self.d.plus_hours("s.first_at", "s.k * s.hours"), self.d.plus_hours("s.first_at", "(s.k + 1) * s.hours")
        each = f"SELECT {self.keep('s')}, s.k, {begins} AS begins, {due} AS due FROM ({spread}) s"
        limit = ""
        if w.until is not None:
            until = self.writer("t", self.as_of).sql(w.until)
            limit = f" WHERE ({until} IS NULL OR t.due <= {until})"
        occasion = f"{day_number(self.d, 't.begins')} * {PER_DAY} + {self.d.hour('t.begins')}"
        return (
            f"SELECT {self.keep('t')}, {occasion} AS occasion, CASE WHEN t.k = 0 THEN t.begins ELSE {self.d.plus('t.begins', TICK)} END AS opens, t.due, "
            f"{self.d.plus('t.due', TICK)} AS closes, CAST(NULL AS VARCHAR) AS missing FROM ({each}) t{limit}"
        )

    def fresh(self, w: Fresh) -> str:
        d, first = self.m.done, self.beginning_of(w)
        keep = self.keep("n")
        tests = [f"a.kind = {self.d.literal(d.act)}", f'a."at" <= {self.as_of}', f'a."at" > {first}']
        if d.where is not None:
            tests.append(Writer(self.d, self.m.params, "a", self.as_of, self.as_of, owner="n").sql(d.where))
        agree = " AND ".join(f'a."{act}" = n."{row}"' for act, row in pairs(d.key))
        proofs = f'SELECT DISTINCT {keep}, a."at" AS since, 1 AS nth FROM stands n JOIN ({self.acts}) a ON {agree} WHERE {" AND ".join(tests)}'
        anchors = f"SELECT {keep}, {first} AS since, 0 AS nth FROM stands n WHERE {first} IS NOT NULL UNION ALL {proofs}"
        opened = f"SELECT {self.keep('s')}, s.since, CASE WHEN s.nth = 0 THEN s.since ELSE {self.d.plus('s.since', TICK)} END AS opens FROM ({anchors}) s"
        due = self.writer("t", "t.opens").sql(nodes.Shifted(nodes.Column("since", nodes.INSTANT), w.span, 1, nodes.INSTANT))
        return (
            f"SELECT {self.keep('u')}, {self.d.micros('u.opens')} AS occasion, u.opens, u.due, {self.d.literal(FAR)} AS closes, CAST(NULL AS VARCHAR) AS missing FROM ("
            f"SELECT {self.keep('t')}, t.opens, {due} AS due FROM ({opened}) t) u WHERE u.due IS NOT NULL"
        )

    def beginning_of(self, w: Fresh) -> str:
        """When a subject first has to have evidence."""
        if w.start is not None:
            return self.writer("n", self.as_of).sql(w.start)
        return f'greatest(n."known", {self.d.literal(self.force.start)})' if self.force.start > BEGINNING else 'n."known"'

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
                first = n.sql(w.start)
                tests = [] if isinstance(w.start, nodes.Literal) else [(first, n.cause(w.start))]
                if isinstance(w.step, nodes.Parameter):
                    last = f"greatest({first}, {self.as_of})"  # it may have come into force since the series began
                    tests.append((self.writer("n", last, last).choose(w.step.name, lambda i: "1"), self.d.text(f"${w.step.name}")))
            case Shifts() as w:
                hours = n.sql(w.hours)
                tests = [(n.sql(w.start), n.cause(w.start)), (f"CASE WHEN {hours} >= 1 THEN 1 END", self.d.text(w.hours.name))]
            case Fresh() as w:
                first = self.beginning_of(w)
                tests = [] if w.start is None else [(first, n.cause(w.start))]
                if isinstance(w.span, nodes.Parameter):
                    tests.append((self.writer("n", first).choose(w.span.name, lambda i: "1"), self.d.text(f"${w.span.name}")))
            case Days() as w:
                first = n.sql(w.of)
                tests = [(first, n.cause(w.of))]
                if isinstance(w.days, str):
                    day = self.d.timestamp(self.d.date(first))
                    tests.append((self.writer("n", day, day).choose(w.days, lambda i: "1"), self.d.text(f"${w.days}")))
        known = n.sql(nodes.Column("known", nodes.INSTANT))
        tests = [test for test in tests if test[0] != known]  # since when it is known is always known
        if not tests:
            return NEVER, "CAST(NULL AS VARCHAR)"
        missing = " ".join(f"WHEN {value} IS NULL THEN {cause}" for value, cause in tests)
        return " OR ".join(f"{value} IS NULL" for value, _ in tests), f"CASE {missing} END"


NEVER = "FALSE"  # a condition that holds for nobody


def undated_before(m: Measure, name: str) -> bool:
    """Some instants have no value of the parameter for some disease."""
    return m.params[name].gaps


def day_number(dialect: Dialect, timestamp: str) -> str:
    """Days since 1970."""
    return dialect.days_between("DATE '1970-01-01'", dialect.date(timestamp))


#: The column `opens` of an inner query, as a point.
_Opens = nodes.Column("opens", nodes.INSTANT)

__all__ = ["Timetable", "day_number", "timedelta"]
