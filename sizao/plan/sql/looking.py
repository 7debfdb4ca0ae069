"""Terms in SQL: each becomes one joined column. Nothing is correlated, so every engine joins by hash.

A *source* is a relation of rows to be asked, with the columns sid (the measure's subject), occasion, id, person, area, disease, now, opens,
closes and those of its table. `Looking.ctes` yields it again with a column "~k" for the k-th term.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sizao.plan.language import terms as t
from sizao.plan.language.agreeing import pairs
from sizao.plan.language.measure import Measure
from sizao.plan.obligations import CANNOT_TELL, CLOSED, LATE, MET, OVERDUE, WAITING

from .asking import Sharing
from .conditions import Writer
from .relations import Relations

KEY = "s.sid, s.occasion, s.id"
SAME = "t{0}.sid = s.sid AND t{0}.occasion = s.occasion AND t{0}.id = s.id"
PLACE = "t{0}.area = s.area AND t{0}.now = s.now"
OWED = f"('{MET}', '{LATE}', '{OVERDUE}')"
IDLE = f"('{CLOSED}', '{CANNOT_TELL}', '{WAITING}')"
OWNER = "owner:"  # what the subject's columns are called by in a source of other rows
ACT = "act:"
ACT_FIELDS = ("id", "at", "told_at", "period", "outcome", "number")


@dataclass(frozen=True)
class Found:
    """The rows or acts that a term looks at: FROM what, the key of who asks (three expressions), the condition, and how a column of them is written."""

    tables: str
    key: tuple[str, str, str]
    told: str
    column: Callable[[str], str]

    @property
    def keys(self) -> str:
        return f"{self.key[0]} AS sid, {self.key[1]} AS occasion, {self.key[2]} AS id"

    @property
    def group(self) -> str:
        return ", ".join(self.key)


class Looking:
    """Writes the terms of one measure over any source of its rows. `ctes` shared by the whole statement go to `c.shared`.

    `names`: the column of each term. `owner`: what the columns of the measure's subject are called by in the sources; nothing where the source is its rows.
    """

    def __init__(self, c: Sharing, m: Measure, relations: Relations, terms: list[Any] | None = None, owner: str = ""):
        self.c, self.m, self.r, self.d, self.owner = c, m, relations, c.d, owner
        self.names: Mapping[Any, str] = {term: f"~{k}" for k, term in enumerate(m.terms if terms is None else terms)}
        self.within: dict[str, str] = {}  # sub-queries that the terms being written need before them
        self.together: tuple[str, dict[str, str], str] | None = None  # of a term that is one value for each group of rows: the keys, the values, the rest

    def ctes(self, source: str, made: str, terms: list[Any]) -> dict[str, str]:
        """The source with its terms, under the name `made`, and what it takes to make it."""
        found: dict[str, str] = {}
        joins, columns = [], []
        shared: dict[tuple[str, str], tuple[int, dict[str, str]]] = {}  # where several look at the same rows, these are found and grouped once
        for k, term in enumerate(terms):
            self.within, self.together = {}, None
            self.made = f"{made}_{k}"
            sql, on, value = self.term(term, source, k)
            found |= self.within
            j = k
            if self.together and not self.within:
                keys, values, rest = self.together
                j, every = shared.setdefault((keys, rest), (k, {}))
                every |= values
                sql = self.grouped(keys, every, rest)
            found[f"{made}_{j}"] = sql
            if j == k:
                joins.append(f"LEFT JOIN {made}_{k} t{k} ON {on.format(k)}")
            else:
                value = re.sub(rf"\bt{k}\.", f"t{j}.", value)
            if isinstance(term, (t.Tally, t.Has)) and term.kept and term.kept not in self.r.everywhere:
                joins.append(f"LEFT JOIN {self.c.kept(term.kept)} kp{k} ON kp{k}.area = s.area")
            columns.append(f'{value} AS "{self.names[term]}"')
        found[made] = f"SELECT s.*{''.join(', ' + c for c in columns)} FROM {source} s {' '.join(joins)}"
        return found

    def writer(self, row: str) -> Writer:
        """For the condition inside a term."""
        return Writer(self.d, self.m.params, row, "s.now", "s.opens", owner="s", key=self.c.force.key, owner_prefix=self.owner)

    # -- conditions on what a term looks at

    def subject(self, row: str) -> dict[str, str]:
        """What of the measure's subject a condition may hang on: its columns as a source of other rows carries them → here."""
        params = {column for name in self.m.named_params for column in self.m.params[name].columns}
        names = ["disease", *(f"in:{code}" for code in self.m.areas), *sorted(params), *self.m.inner_subjects]
        return {f"{OWNER}{name}": f'{row}."{self.owner}{name}"' for name in dict.fromkeys(names)}

    def rows_for(self, found: str, condition: Any) -> Found:
        """Rows `v` beside those `s` that ask for them. Where the condition itself looks further, they are a source of their own first."""
        inner = t.terms(condition)
        if not inner:
            told = "TRUE" if condition is None else self.writer("v").sql(condition)
            return Found(found, ("s.sid", "s.occasion", "s.id"), told, lambda name: f'v."{name}"')
        beside = ", ".join(f'{sql} AS "{name}"' for name, sql in self.subject("s").items())
        raw = f"SELECT s.sid AS asker, s.id AS asking, s.sid, s.occasion, s.now, s.opens, s.closes, v.*, {beside} FROM {found}"
        below = Looking(self.c, self.m, self.r, inner, OWNER)
        self.within |= {f"{self.made}_raw": raw} | below.ctes(f"{self.made}_raw", f"{self.made}_in", inner)
        told = Writer(self.d, self.m.params, "r", "r.now", "r.opens", owner="r", key=self.c.force.key, terms=below.names, owner_prefix=OWNER).sql(condition)
        return Found(f"{self.made}_in r", ("r.asker", "r.occasion", "r.asking"), told, lambda name: f'r."{name}"')

    def acts_for(self, found: str, condition: Any) -> Found:
        """Acts `a` beside the rows `s` that ask for them; functions in the condition are asked of that row at the moment of the act."""
        inner = t.terms(condition)
        if not inner:
            told = "TRUE" if condition is None else self.writer("a").sql(condition)
            return Found(found, ("s.sid", "s.occasion", "s.id"), told, lambda name: f'a."{name}"')
        ctes, told = self.of_acts_that_look(f"{self.made}", found, condition, "s", "s.sid", "s.now")
        self.within |= ctes
        return Found(f"{self.made}_in r", ("r.asker", "r.occasion", "r.asking"), told, lambda name: f'r."{ACT}{name}"')

    def of_acts_that_look(self, made: str, found: str, condition: Any, row: str, asker: str, now: str) -> tuple[dict[str, str], str]:
        """Sub-queries that end in `made`_in, one row `r` an act and asking row; and the condition over it."""
        inner = t.terms(condition)
        columns = {column for term in inner for column in t.columns(term)} - {"id", "person", "area", "disease"}
        own = [f'{row}."{name}"' for name in sorted(columns)] + [f'{sql} AS "{name}"' for name, sql in self.subject(row).items()]
        acts = [f'a."{name}" AS "{ACT}{name}"' for name in ACT_FIELDS]
        keys = f'{asker} AS asker, {row}."id" AS asking, {now} AS asked_at, a.id AS sid, {row}.occasion, {row}."id", {row}."person", {row}."area", {row}."disease"'
        raw = f'SELECT {keys}, a."at" AS now, {row}.opens, {row}.closes, {", ".join([*own, *acts])} FROM {found}'
        below = Looking(self.c, self.m, self.r, inner, OWNER)
        ctes = {f"{made}_raw": raw} | below.ctes(f"{made}_raw", f"{made}_in", inner)
        writer = Writer(self.d, self.m.params, "r", "r.asked_at", "r.opens", owner="r", key=self.c.force.key, terms=below.names, prefix=ACT, owner_prefix=OWNER)
        return ctes, writer.sql(condition)

    def term(self, term: Any, source: str, k: int) -> tuple[str, str, str]:
        """(SELECT of the term's values, how they are joined to the source, the value)."""
        match term:
            case t.OfArea():
                return self.of_area(term, source, k)
            case t.Ordered(kind):
                sql = f"SELECT DISTINCT k.area, k.now, TRUE AS v FROM {self.standing(source, 'order', False)} AND g.value = {self.d.text(kind)}"
                return sql, PLACE, self.told("s.area", f"coalesce(t{k}.v, FALSE)")
            case t.Within(code):
                sql = f"SELECT u.area, TRUE AS v FROM ({self.r.up}) u JOIN ({self.r.area}) x ON x.id = u.above WHERE x.code = {self.d.text(code)}"
                return sql, "t{0}.area = s.area", self.told("s.area", f"coalesce(t{k}.v, FALSE)")
            case t.Inside(inner, outer):
                sql = f"SELECT u.area, u.above, TRUE AS v FROM ({self.r.up}) u"
                on = f't{{0}}.area = s."{inner}" AND t{{0}}.above = s."{outer}"'
                return sql, on, f'CASE WHEN s."{inner}" IS NULL OR s."{outer}" IS NULL THEN NULL ELSE coalesce(t{k}.v, FALSE) END'
            case t.Linked():
                return self.linked(term, source), SAME, f"t{k}.v"
            case t.Has():
                return self.has(term, source, k)
            case t.Tally():
                return self.of_acts(term, source, k) if term.acts else self.of_rows(term, source, k)
            case t.Met():
                return self.met(term, source, k)
            case t.Covered():
                return self.covered(term, source, k)
        raise TypeError(f"no SQL for {term!r}")

    def told(self, key: str, value: str) -> str:
        """Unknown where the key is."""
        return f"CASE WHEN {key} IS NULL THEN NULL ELSE {value} END"

    # -- areas

    def standing(self, source: str, scale: str, ended: bool) -> str:
        """Lines of a scale about each area asked and all above."""
        places = f"SELECT DISTINCT s.area, s.now FROM {source} s WHERE s.area IS NOT NULL"
        ends = "" if ended else " AND g.ends_at > k.now"
        return (
            f"({places}) k JOIN ({self.r.up}) u ON u.area = k.area JOIN ({self.r.area_fact}) g ON g.area = u.above "
            f"AND g.vf <= k.now AND g.vt > k.now AND g.starts_at <= k.now{ends} WHERE g.scale = {self.d.text(scale)}"
        )

    def of_area(self, term: t.OfArea, source: str, k: int) -> tuple[str, str, str]:
        """What is said of the row's own area; of another one, the rows are first laid into it."""
        if not term.links and term.at == "area":
            sql, on = self.said_of(term, source)
            return sql, on, f"t{k}.v"
        joins, row = self.follow(term.links, term.tables)
        laid = f'(SELECT s.sid, s.occasion, s.id, {row}."{term.at}" AS area, s.now FROM {source} s {joins})'
        sql, on = self.said_of(term, laid)
        return f"SELECT {KEY}, t0.v FROM {laid} s JOIN ({sql}) t0 ON {on.format(0)}", SAME, f"t{k}.v"

    def said_of(self, term: t.OfArea, source: str) -> tuple[str, str]:
        """(SELECT of what is said by area, how it is joined to the source)."""
        fact = term.fact
        if fact.scale == "level":
            return f"SELECT x.id AS area, x.level AS v FROM ({self.r.area}) x", "t{0}.area = s.area"
        only = f" AND g.value = {self.d.text(fact.only)}" if fact.only is not None else ""
        found = (
            f"SELECT k.area, k.now, g.{fact.field} AS v, row_number() OVER (PARTITION BY k.area, k.now ORDER BY u.steps, g.starts_at DESC, g.id) AS place "
            f"FROM {self.standing(source, fact.scale, fact.ended)}{only}"
        )
        return f"SELECT area, now, v FROM ({found}) x WHERE place = 1", PLACE

    # -- other rows

    def follow(self, links: tuple[str, ...], tables: tuple[str, ...]) -> tuple[str, str]:
        """(joins along links from `s`, the alias of the row that they lead to)."""
        joins, row = [], "s"
        for i, (link, table) in enumerate(zip(links, tables, strict=True)):
            joins.append(f'JOIN ({self.r.facts[table]}) v{i} ON v{i}."id" = {row}."{link}" AND v{i}."vf" <= s.now AND v{i}."vt" > s.now')
            row = f"v{i}"
        return " ".join(joins), row

    def linked(self, term: t.Linked, source: str) -> str:
        joins, row = self.follow(term.links, term.tables)
        return f'SELECT {KEY}, {row}."{term.column}" AS v FROM {source} s {joins}'

    def rows(self, about: t.About, table: str, source: str) -> tuple[str, str]:
        """(FROM source s and the rows v about it, the key that must be known)."""
        facts = f"({self.r.facts[table]}) v"
        stands = f'v."vf" <= s.now AND v."vt" > s.now AND v."known" <= {self.c.as_of} AND (s.disease IS NULL OR v."disease" IS NULL OR v."disease" = s.disease)'
        if about.by == "area":  # written so that no planner joins all rows with all others by their times first
            stands = stands.replace('v."vf" <= s.now AND v."vt" > s.now', 'CASE WHEN v."vf" <= s.now THEN v."vt" > s.now ELSE FALSE END')
            return f'{source} s JOIN ({self.r.up}) u ON u.above = s.area JOIN {facts} ON v."area" = u.area AND {stands}', "s.area"
        key = f's."{about.own}"'
        on = {"person": 'v."person"', "link": f'v."{about.key}"', "own": 'v."id"'}[about.by]
        return f"{source} s JOIN {facts} ON {on} = {key} AND {stands}", key

    def has(self, term: t.Has, source: str, k: int) -> tuple[str, str, str]:
        tables, key = self.rows(term.about, term.table, source)
        f = self.rows_for(tables, term.condition)
        sql = f"SELECT {f.keys}, bool_or({f.told}) AS yes, bool_or(({f.told}) IS NULL) AS maybe FROM {f.tables} GROUP BY {f.group}"
        unkept = f" OR {self.unkept(term, k, 's.now')}" if term.kept else ""
        return sql, SAME, self.told(key, f"CASE WHEN t{k}.yes THEN TRUE WHEN t{k}.maybe{unkept} THEN NULL ELSE FALSE END")

    def unkept(self, term: t.Has | t.Tally, k: int, moment: str) -> str:
        """Such acts, or rows that come about by them, were not kept there from that moment on."""
        if term.kept in self.r.everywhere:
            return f"{self.d.literal(self.r.everywhere[term.kept])} > {moment}"
        since = f"coalesce(kp{k}.since, CASE WHEN s.area IS NULL THEN (SELECT min(since) FROM {self.c.kept(term.kept)} WHERE area IS NULL) END)"
        return f"{since} IS NULL OR {since} > {moment}"

    def of_rows(self, term: t.Tally, source: str, k: int) -> tuple[str, str, str]:
        tables, key = self.rows(term.about, term.source, source)
        sql, value = self.tallied(term, self.rows_for(tables, term.condition), "vf", k)
        if term.kept:
            return sql, SAME, f"CASE WHEN {key} IS NULL OR {self.unkept(term, k, 's.now')} THEN NULL ELSE {value} END"
        return sql, SAME, self.told(key, value)

    # -- acts

    def of_acts(self, term: t.Tally, source: str, k: int) -> tuple[str, str, str]:
        agree = pairs(term.about.by)
        known = " AND ".join(f's."{row}" IS NOT NULL' for _, row in agree)
        tests, start = [], "s.opens"
        if term.window is not None:
            start = f"(s.now - INTERVAL '{term.window.seconds}' SECOND)"
            tests = [f'a."at" > {start}']
        elif term.name != "latest":
            tests = ['a."at" >= s.opens', 'a."at" < s.closes']
        on = [*(f'a."{act}" = s."{row}"' for act, row in agree), f"a.kind = {self.d.text(term.source)}", 'a."at" <= s.now', *tests]
        sql, value = self.tallied(term, self.acts_for(f"{source} s JOIN ({self.r.of_kind(term.source)}) a ON {' AND '.join(on)}", term.condition), "at", k)
        if term.name == "latest" and term.window is None:
            return sql, SAME, f"CASE WHEN {known} THEN {value} END"
        return sql, SAME, f"CASE WHEN NOT ({known}) OR {self.unkept(term, k, start)} THEN NULL ELSE {value} END"

    def tallied(self, term: t.Tally, f: Found, when: str, k: int) -> tuple[str, str]:
        """What the function makes of the rows or acts found: (SELECT, value). `when`: the column by which they are in order."""
        field, order, id_, where = f.column(term.field or ""), f.column(when), f.column("id"), f"FROM {f.tables} WHERE {f.told}"
        match term.name:
            case "count":
                self.together = f.keys, {f"v{k}": "count(*)"}, f"{where} GROUP BY {f.group}"
                return self.grouped(*self.together), f"coalesce(t{k}.v{k}, 0)"
            case "total":
                self.together = f.keys, {f"v{k}": f"sum({self.d.exact(field)})", f"gaps{k}": f"count(*) - count({field})"}, f"{where} GROUP BY {f.group}"
                return self.grouped(*self.together), f"CASE WHEN t{k}.gaps{k} > 0 THEN NULL ELSE coalesce(t{k}.v{k}, 0) END"
            case "latest" if self.d.ordered:
                self.together = f.keys, {f"v{k}": self.d.last(field, order, id_)}, f"{where} GROUP BY {f.group}"
                return self.grouped(*self.together), f"t{k}.v{k}"
            case "latest":
                place = f"row_number() OVER (PARTITION BY {f.group} ORDER BY {order} DESC, {id_} DESC) AS place"
                return f"SELECT sid, occasion, id, v FROM (SELECT {f.keys}, {field} AS v, {place} {where}) x WHERE place = 1", f"t{k}.v"
        pause = self.d.hours_between(f"lag({order}) OVER (PARTITION BY {f.group} ORDER BY {order}, {id_})", order)
        return f"SELECT sid, occasion, id, min(pause) AS v FROM (SELECT {f.keys}, {pause} AS pause {where}) x GROUP BY sid, occasion, id", f"t{k}.v"

    @staticmethod
    def grouped(keys: str, values: Mapping[str, str], rest: str) -> str:
        return f"SELECT {keys}, {', '.join(f'{sql} AS {name}' for name, sql in values.items())} {rest}"

    # -- other measures

    def met(self, term: t.Met, source: str, k: int) -> tuple[str, str, str]:
        duties = self.c.duties([m for id_ in term.measures for m in self.m.named(id_)])
        key = "s.id" if term.by == "subject" else "s.person"
        alive = f"x.state NOT IN {IDLE} AND x.opens <= s.now"
        behind = f"x.state IN {OWED} AND x.due < s.now AND (x.done_at IS NULL OR x.done_at > s.now)"
        sql = f"SELECT {KEY}, (bool_or({alive}) AND NOT bool_or({behind})) AS v FROM {source} s JOIN {duties} x ON x.{term.by} = {key} GROUP BY {KEY}"
        return sql, SAME, self.told(key, f"coalesce(t{k}.v, FALSE)")

    def covered(self, term: t.Covered, source: str, k: int) -> tuple[str, str, str]:
        duties = self.c.duties(self.m.named(term.measure))
        part = f"CAST({self.d.quotient(f't{k}.done * 10000', f't{k}.owed')} AS DECIMAL(9, 4)) * 0.0001"
        if term.condition is not None:
            return self.covered_by(term, duties, source), SAME, part
        midnight = self.d.timestamp(self.d.date("k.now"))
        sql = (
            f"SELECT k.area, k.now, count(*) AS owed, count(CASE WHEN x.done_at < {midnight} THEN 1 END) AS done "
            f"FROM (SELECT DISTINCT s.area, s.now FROM {source} s WHERE s.area IS NOT NULL) k JOIN ({self.r.up}) u ON u.above = k.area "
            f"JOIN {duties} x ON x.area = u.area AND x.state IN {OWED} AND x.due < {midnight} GROUP BY k.area, k.now"
        )
        return sql, PLACE, part

    def covered_by(self, term: t.Covered, duties: str, source: str) -> str:
        """Of the duties below each row's area, those whose subject stands and fulfils the condition."""
        [asked, *_] = self.m.named(term.measure)
        midnight = self.d.timestamp(self.d.date("s.now"))
        owing = f"x.state IN {OWED} AND x.due < {midnight}"
        below = f"{source} s JOIN ({self.r.up}) u ON u.above = s.area JOIN {duties} x ON x.area = u.area AND {owing}"
        same = "s.sid = y.sid AND s.occasion = y.occasion AND s.id = y.id"
        rows = (
            f"(SELECT DISTINCT {KEY}, x.subject FROM {below}) y JOIN {source} s ON {same} "
            f'JOIN ({self.c.facts_of(asked)}) v ON v."id" = y.subject AND v."vf" <= s.now AND v."vt" > s.now'
        )
        f = self.rows_for(rows, term.condition)
        fit = f"SELECT {f.keys}, {f.column('id')} AS subject FROM {f.tables} WHERE {f.told}"
        return (
            f"SELECT {KEY}, count(*) AS owed, count(CASE WHEN x.done_at < {midnight} THEN 1 END) AS done "
            f"FROM ({fit}) y JOIN {source} s ON {same} JOIN ({self.r.up}) u ON u.above = s.area JOIN {duties} x ON x.area = u.area AND x.subject = y.subject AND {owing} GROUP BY {KEY}"
        )
