"""Terms in SQL: each becomes one joined column. Nothing is correlated, so every engine joins by hash.

A *source* is a relation of rows to be asked, with the columns sid (the measure's subject), occasion, id, person, area, disease, now, opens,
closes and those of its table. `Looking.ctes` yields it again with a column "~k" for the k-th term.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sizao.plan.language import terms as t
from sizao.plan.language.measure import Measure
from sizao.plan.obligations import CANNOT_TELL, CLOSED, LATE, MET, OVERDUE, WAITING

from .conditions import Writer
from .relations import Relations

if TYPE_CHECKING:
    from .wide import Wide

KEY = "s.sid, s.occasion, s.id"
SAME = "t{0}.sid = s.sid AND t{0}.occasion = s.occasion AND t{0}.id = s.id"
PLACE = "t{0}.area = s.area AND t{0}.now = s.now"
OWED = f"('{MET}', '{LATE}', '{OVERDUE}')"
IDLE = f"('{CLOSED}', '{CANNOT_TELL}', '{WAITING}')"


class Looking:
    """Writes the terms of one measure over any source of its rows. `ctes` shared by the whole statement go to `c.shared`."""

    def __init__(self, c: Wide, m: Measure, relations: Relations):
        self.c, self.m, self.r, self.d = c, m, relations, c.d
        self.names: Mapping[Any, str] = {term: f"~{k}" for k, term in enumerate(m.terms)}

    def ctes(self, source: str, made: str, terms: list[Any]) -> dict[str, str]:
        """The source with its terms, under the name `made`, and what it takes to make it."""
        found: dict[str, str] = {}
        joins, columns = [], []
        for k, term in enumerate(terms):
            sql, on, value = self.term(term, source, k)
            found[f"{made}_{k}"] = sql
            joins.append(f"LEFT JOIN {made}_{k} t{k} ON {on.format(k)}")
            if isinstance(term, (t.Tally, t.Has)) and term.kept:
                joins.append(f"LEFT JOIN {self.c.kept(term.kept)} kp{k} ON kp{k}.area = s.area")
            columns.append(f'{value} AS "{self.names[term]}"')
        found[made] = f"SELECT s.*{''.join(', ' + c for c in columns)} FROM {source} s {' '.join(joins)}"
        return found

    def writer(self, row: str) -> Writer:
        """For the condition inside a term."""
        return Writer(self.d, self.m.params, row, "s.now", "s.opens", owner="s", key=self.c.force.key)

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
        fact = term.fact
        if fact.scale == "level":
            return f"SELECT x.id AS area, x.level AS v FROM ({self.r.area}) x", "t{0}.area = s.area", f"t{k}.v"
        only = f" AND g.value = {self.d.text(fact.only)}" if fact.only is not None else ""
        found = (
            f"SELECT k.area, k.now, g.{fact.field} AS v, row_number() OVER (PARTITION BY k.area, k.now ORDER BY u.steps, g.starts_at DESC, g.id) AS place "
            f"FROM {self.standing(source, fact.scale, fact.ended)}{only}"
        )
        return f"SELECT area, now, v FROM ({found}) x WHERE place = 1", PLACE, f"t{k}.v"

    # -- other rows

    def linked(self, term: t.Linked, source: str) -> str:
        joins, key = [], f's."{term.links[0]}"'
        for i, table in enumerate(term.tables):
            joins.append(f'JOIN ({self.r.facts[table]}) v{i} ON v{i}."id" = {key} AND v{i}."vf" <= s.now AND v{i}."vt" > s.now')
            key = f'v{i}."{term.links[i + 1]}"' if i + 1 < len(term.links) else ""
        return f'SELECT {KEY}, v{len(term.tables) - 1}."{term.column}" AS v FROM {source} s {" ".join(joins)}'

    def rows(self, about: t.About, table: str, source: str) -> tuple[str, str]:
        """(FROM source s and the rows v about it, the key that must be known)."""
        facts = f"({self.r.facts[table]}) v"
        stands = f'v."vf" <= s.now AND v."vt" > s.now AND v."known" <= {self.c.as_of} AND (s.disease IS NULL OR v."disease" IS NULL OR v."disease" = s.disease)'
        if about.by == "area":
            return f'{source} s JOIN ({self.r.up}) u ON u.above = s.area JOIN {facts} ON v."area" = u.area AND {stands}', "s.area"
        key, on = {
            "person": ("s.person", 'v."person"'),
            "link": ("s.id", f'v."{about.key}"'),
            "own": (f's."{about.key}"', 'v."id"'),
        }[about.by]
        return f"{source} s JOIN {facts} ON {on} = {key} AND {stands}", key

    def has(self, term: t.Has, source: str, k: int) -> tuple[str, str, str]:
        found, key = self.rows(term.about, term.table, source)
        told = "TRUE" if term.condition is None else self.writer("v").sql(term.condition)
        sql = f"SELECT {KEY}, bool_or({told}) AS yes, bool_or(({told}) IS NULL) AS maybe FROM {found} GROUP BY {KEY}"
        unkept = f" OR {self.unkept(term, k, 's.now')}" if term.kept else ""
        return sql, SAME, self.told(key, f"CASE WHEN t{k}.yes THEN TRUE WHEN t{k}.maybe{unkept} THEN NULL ELSE FALSE END")

    def unkept(self, term: t.Has | t.Tally, k: int, moment: str) -> str:
        """Such acts, or rows that come about by them, were not kept there from that moment on."""
        since = f"coalesce(kp{k}.since, CASE WHEN s.area IS NULL THEN (SELECT min(since) FROM {self.c.kept(term.kept)} WHERE area IS NULL) END)"
        return f"{since} IS NULL OR {since} > {moment}"

    def of_rows(self, term: t.Tally, source: str, k: int) -> tuple[str, str, str]:
        found, key = self.rows(term.about, term.source, source)
        where = "" if term.condition is None else f" WHERE {self.writer('v').sql(term.condition)}"
        sql, value = self.tallied(term, f"{found}{where}", "v", 'v."vf"', k)
        if term.kept:
            return sql, SAME, f"CASE WHEN {key} IS NULL OR {self.unkept(term, k, 's.now')} THEN NULL ELSE {value} END"
        return sql, SAME, self.told(key, value)

    # -- acts

    def of_acts(self, term: t.Tally, source: str, k: int) -> tuple[str, str, str]:
        by = "id" if term.about.by == "subject" else "person"
        tests, start = ["TRUE"], "s.opens"
        if term.window is not None:
            start = f"(s.now - INTERVAL '{term.window.seconds}' SECOND)"
            tests = [f'a."at" > {start}']
        elif term.name != "latest":
            tests = ['a."at" >= s.opens', 'a."at" < s.closes']
        if term.condition is not None:
            tests.append(self.writer("a").sql(term.condition))
        found = (
            f'{source} s JOIN ({self.r.act}) a ON a."{term.about.by}" = s.{by} AND a.kind = {self.d.text(term.source)} AND a."at" <= s.now WHERE {" AND ".join(tests)}'
        )
        sql, value = self.tallied(term, found, "a", 'a."at"', k)
        if term.name == "latest" and term.window is None:
            return sql, SAME, self.told(f"s.{by}", value)
        return sql, SAME, f"CASE WHEN s.{by} IS NULL OR {self.unkept(term, k, start)} THEN NULL ELSE {value} END"

    def tallied(self, term: t.Tally, found: str, row: str, order: str, k: int) -> tuple[str, str]:
        """What the function makes of the rows or acts found: (SELECT, value)."""
        field = f'{row}."{term.field}"'
        match term.name:
            case "count":
                return f"SELECT {KEY}, count(*) AS v FROM {found} GROUP BY {KEY}", f"coalesce(t{k}.v, 0)"
            case "total":
                sql = f"SELECT {KEY}, sum({field}) AS v, count(*) - count({field}) AS gaps FROM {found} GROUP BY {KEY}"
                return sql, f"CASE WHEN t{k}.gaps > 0 THEN NULL ELSE coalesce(t{k}.v, 0) END"
            case "latest":
                place = f"row_number() OVER (PARTITION BY {KEY} ORDER BY {order} DESC, {row}.id DESC) AS place"
                return f"SELECT sid, occasion, id, v FROM (SELECT {KEY}, {field} AS v, {place} FROM {found}) x WHERE place = 1", f"t{k}.v"
        pause = self.d.hours_between(f"lag({order}) OVER (PARTITION BY {KEY} ORDER BY {order}, {row}.id)", order)
        return f"SELECT sid, occasion, id, min(pause) AS v FROM (SELECT {KEY}, {pause} AS pause FROM {found}) x GROUP BY sid, occasion, id", f"t{k}.v"

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
        midnight = self.d.timestamp(self.d.date("k.now"))
        sql = (
            f"SELECT k.area, k.now, count(*) AS owed, count(CASE WHEN x.done_at < {midnight} THEN 1 END) AS done "
            f"FROM (SELECT DISTINCT s.area, s.now FROM {source} s WHERE s.area IS NOT NULL) k JOIN ({self.r.up}) u ON u.above = k.area "
            f"JOIN {duties} x ON x.area = u.area AND x.state IN {OWED} AND x.due < {midnight} GROUP BY k.area, k.now"
        )
        part = f"CAST({self.d.quotient(f't{k}.done * 10000', f't{k}.owed')} AS DECIMAL(9, 4)) * 0.0001"
        return sql, PLACE, part
