"""One lane of a cycle: takes measures one after another, counts them by area and day, and adds these counts up into cells."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

import duckdb

from sizao.plan.duck import COUNTED, KEPT, READ, UNSETTLED, Counter, idle
from sizao.plan.language import nodes
from sizao.plan.language.measure import FAR, Measure
from sizao.plan.language.schedule import Before
from sizao.plan.obligations import FIELDS
from sizao.plan.sql import DUCKDB, Part, Relations
from sizao.plan.sql.parts import series, settled
from sizao.plan.sql.relations import Over

from .changes import touched
from .course import Course, Work
from .lanes import SHELF

literal = DUCKDB.literal
AT_ONCE = 1_000_000  # counts of areas and days that all lanes together hold before they are added up
LISTED_AT_ONCE = 1_000_000  # subjects up to which obligations are held to be listed, and not only counted
FINAL = "state IN ('met', 'late', 'closed')"


class Lane:
    """Works with a connection of its own. What it makes for itself is temporary; what is needed in the end it puts on the shelf, named by the measure's number."""

    def __init__(self, course: Course, db: duckdb.DuckDBPyConnection, lanes: int):
        self.c, self.db, self.at_once = course, db, AT_ONCE // lanes
        self.relations, self.changes, self.result = course.relations, course.changes, course.result
        self.now = self.over(course.relations)
        self.new_counted()

    def over(self, relations: Relations, as_of: datetime | None = None) -> Counter:
        """Counts over these relations, now or at the moment of the last cycle. The tree and what is kept are as they were then, or nothing had been settled."""
        return Counter(self.db, relations, as_of or self.c.as_of, self.c.now.shared)

    def take(self, w: Work) -> None:
        """Evaluates a measure: what late records changed, and what is live."""
        begun = began = time.perf_counter()
        if w.old is None:
            self.live(*self.chosen(w), None)
        elif w.whole:
            self.live(w, self.renewed(w) if w.apart else self.relations, None)
        else:
            relations = self.late(w)
            self.spent("late", began)
            began = time.perf_counter()
            self.live(w, relations, w.old.horizon)
        self.spent("live", began)
        self.c.took[w.no] = time.perf_counter() - begun

    def close(self) -> None:
        if self.c.first_to_end():
            self.ownerless()
        self.add_up()

    def spent(self, what: str, began: float) -> None:
        self.result.seconds[what] += time.perf_counter() - began

    # -- the rows that can matter

    def chosen(self, w: Work) -> tuple[Work, Relations]:
        """The relations for a measure that is new; what can matter to it is kept apart in a table that nobody knows before the cycle's end.
        Only then it is seen how many may have to be looked at."""
        if not w.apart:
            return w, self.relations
        row = self.db.execute(f"CREATE TABLE candidate_{w.no} AS {self.choose(w, f'({self.relations.facts[w.judged.measure.facts]})')}").fetchone()
        rows = row[0] if row else 0
        return replace(w, rows=rows, whole=self.c.few(w.judged, rows)), self.facts(w, self.relations, f"SELECT * EXCLUDE (live) FROM candidate_{w.no}")

    def renewed(self, w: Work) -> Relations:
        """The same for one that was evaluated before and of which nothing is settled: the rows kept apart as they are now."""
        assert self.changes
        m = w.judged.measure
        self.db.execute(f"CREATE TABLE {SHELF}.fresh_{w.no} AS {self.choose(w, self.changed(m.facts))}")
        others = f"SELECT * EXCLUDE (live) FROM candidate_{w.no} n WHERE n.id NOT IN ({self.changes.subjects[m.facts]})"
        return self.facts(w, self.relations, f"{others} UNION ALL SELECT * EXCLUDE (live) FROM {SHELF}.fresh_{w.no}")

    def choose(self, w: Work, rows: str) -> str:
        """SELECT of the rows that can matter: all but subjects of a single version for which the condition never holds."""
        c = self.now.compiler(w.judged.measure)
        never = c.never("n")
        where = f" WHERE n.vf > n.known OR n.vt < {literal(FAR)} OR ({never}) IS NOT FALSE" if never else ""
        return f"SELECT {c.columns('n', ('vt',))}, TRUE AS live FROM {rows} n{where}"

    def changed(self, table: str) -> str:
        """The rows, as they are now, of the subjects that the refresh changed."""
        assert self.changes
        rows, ids = self.relations.facts[table], self.changes.subjects[table]
        return self.now.keep(("changed", table), f"SELECT * FROM ({rows}) n WHERE n.id IN ({ids})")

    def facts(self, w: Work, relations: Relations, rows: str, few: bool = False) -> Relations:
        """The relations, with these rows in place of the whole table."""
        return replace(relations, facts=Over(relations.facts, {w.judged.measure.facts: rows}), versions={}, few=few)

    # -- late records

    def late(self, w: Work) -> Relations:
        """Takes away what was settled of the touched, and adds what is settled of them now. Answers with what the live is to be looked for in."""
        assert self.changes and w.old
        m, before = w.judged.measure, self.changes.before
        rows = [f"SELECT * FROM candidate_{w.no}"] if w.apart else [self.relations.facts[m.facts], before.facts[m.facts]]
        found = touched(m, self.changes, rows, self.relations.act, w.old.as_of, self.c.as_of, w.old.horizon)
        row = self.db.execute(f"CREATE TABLE {SHELF}.touched_{w.no} AS {found}").fetchone()
        count = self.result.touched[w.judged.key] = row[0] if row else 0
        if not count:
            return self.facts(w, self.relations, f"SELECT * EXCLUDE (live) FROM candidate_{w.no} WHERE live") if w.apart else self.relations
        columns, ids = self.now.compiler(m).columns("n", ("vt",)), f"SELECT id FROM {SHELF}.touched_{w.no}"
        once = "" if series(m) else " AND NOT n.live"
        was = f"candidate_{w.no}" if w.apart else f"({before.facts[m.facts]})"
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE rows_then AS SELECT {columns} FROM {was} n WHERE n.id IN ({ids}){once}")
        if w.apart:
            self.db.execute(f"CREATE TABLE {SHELF}.fresh_{w.no} AS {self.choose(w, self.changed(m.facts))}")
            kept = f"SELECT {columns} FROM candidate_{w.no} n WHERE n.id IN ({ids}) AND n.id NOT IN ({self.changes.subjects[m.facts]})"
            now = f"{kept} UNION ALL SELECT * EXCLUDE (live) FROM {SHELF}.fresh_{w.no}"
        else:
            now = f"SELECT {columns} FROM ({self.relations.facts[m.facts]}) n WHERE n.id IN ({ids})"
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE rows_now AS {now}")
        self.differ(w)
        if not w.apart:
            return self.relations
        others = f"SELECT {columns} FROM candidate_{w.no} n ANTI JOIN {SHELF}.touched_{w.no} t ON t.id = n.id WHERE n.live"
        return self.facts(w, self.relations, f"{others} UNION ALL SELECT * FROM rows_now")

    def differ(self, w: Work) -> None:
        """Counts what is settled of `rows_now` less what was of `rows_then`. What happens once and is settled now is found among the live."""
        assert self.changes and w.old
        m = w.judged.measure
        part = Part(since=self.c.start, settled=w.old.horizon) if series(m) else Part()
        before = self.facts(w, self.changes.before, "SELECT * FROM rows_then", few=True)
        leaves = self.over(before, w.old.as_of).leaves(w.judged, part, sign="-")
        if series(m):
            leaves += " UNION ALL " + self.over(self.facts(w, self.relations, "SELECT * FROM rows_now", few=True)).leaves(w.judged, part)
        names = (*COUNTED, "owing")
        sums, some = ", ".join(f"CAST(sum({c}) AS INTEGER) AS {c}" for c in names), " OR ".join(f"sum({c}) <> 0" for c in names)
        self.count(w, f"SELECT area, day, TRUE AS settled, {sums} FROM ({leaves}) WHERE day IS NOT NULL GROUP BY ALL HAVING {some}")

    # -- what is live

    def live(self, w: Work, relations: Relations, horizon: datetime | None) -> None:
        """Evaluates what was not settled at the last horizon; what is settled at the new one is marked."""
        j, part = w.judged, Part(since=self.c.start, live=horizon)
        m, counter, listing = j.measure, self.over(relations), self.c.listing
        self.c.whole[w.no] = w.whole
        once = not w.whole and not series(m) and not self.all_ahead(m)
        shut = "FALSE" if w.whole else self.shut(m)
        listed = listing is not None and w.rows <= LISTED_AT_ONCE
        if once or listed:
            fields = (*FIELDS, "closes") if listed else ("subject", *READ)
            self.db.execute(f"CREATE OR REPLACE TEMP TABLE obliged AS {counter.statement(j, part, fields=fields)}")
            self.count(w, counter.counted("obliged", shut, never=idle(m)))
        else:
            self.count(w, counter.leaves(j, part, horizon=None if w.whole else self.c.horizon))
        if listing:
            listing(self.now, j, "obliged" if listed else f"({counter.statement(j, part, fields=(*FIELDS, 'closes'))})", listed)
        if once:
            self.done(w, f"SELECT o.subject AS id FROM obliged o WHERE {shut}")
        beside = self.now.beside(j, (*FIELDS, "closes"))
        if beside:
            self.db.execute(f"CREATE OR REPLACE TEMP TABLE obliged AS {beside}")
            self.count(w, self.now.counted("obliged", "FALSE"))
            if listing:
                listing(self.now, j, "obliged", True)

    def done(self, w: Work, ids: str) -> None:
        """Whose only occasion is settled. A table that nobody knows yet can be written to at once."""
        if w.old is None:
            self.db.execute(f"UPDATE candidate_{w.no} SET live = FALSE WHERE id IN ({ids})")
        else:
            self.db.execute(f"CREATE TABLE {SHELF}.done_{w.no} AS {ids}")

    def shut(self, m: Measure) -> str:
        """Whether an obligation `o` is settled at the horizon."""
        return settled(m, DUCKDB, "o", self.c.horizon) if series(m) else f"o.due < {literal(self.c.horizon)} AND o.{FINAL}"

    def all_ahead(self, m: Measure) -> bool:
        """Its one due is still ahead for everybody."""
        w = m.when
        if not isinstance(w, Before) or any(isinstance(x, (nodes.Column, nodes.Parameter)) for x in nodes.walk(w.point)):
            return False
        row = self.db.execute(
            f"SELECT {self.now.compiler(m).writer('n', 'NULL', 'NULL').sql(w.point)} >= {literal(self.c.horizon)}"
        ).fetchone()
        return bool(row and row[0])

    # -- cells

    def count(self, w: Work, leaves: str) -> None:
        """Takes counts by area and day. Who answers for what is live is asked here; for what is settled, how many would need somebody goes on."""
        row = self.db.execute(
            f"INSERT INTO counted SELECT {w.no}, coalesce(l.area, {self.top(w)}), l.day, l.settled, {', '.join(f'l.{c}' for c in COUNTED)}, "
            f"CASE WHEN w.area IS NOT NULL THEN 0 ELSE l.owing END, CASE WHEN l.settled THEN l.owing ELSE 0 END, l.area "
            f"FROM ({leaves}) l LEFT JOIN {self.now.owned(w.judged.measure)} w ON w.area = l.area"
        ).fetchone()
        self.rows += row[0] if row else 0
        if self.rows > self.at_once:
            self.add_up()

    def ownerless(self) -> None:
        """Of what was settled in earlier cycles and needs somebody, how many have nobody now."""
        works = [w for w in self.c.works if w.old and not w.whole]
        if not works:
            return
        owned = {w.judged.measure.by: self.now.owned(w.judged.measure) for w in works}
        answering = " UNION ALL ".join(f"SELECT {i} AS who, area FROM {table}" for i, table in enumerate(owned.values()))
        places, day = list(owned), literal(self.c.start.date()) if self.c.start else "NULL"
        asked = ", ".join(
            f"({w.no}, {places.index(w.judged.measure.by)}, {self.top(w)}, CAST({day if series(w.judged.measure) else 'NULL'} AS DATE))" for w in works
        )
        nothing = ", ".join("0" for _ in COUNTED)
        row = self.db.execute(
            f"INSERT INTO counted SELECT o.no, coalesce(o.area, m.top), o.day, FALSE, {nothing}, CAST(sum(o.owing) AS INTEGER), 0, o.area FROM settled_owing o "
            f"JOIN (VALUES {asked}) m(no, who, top, since) ON m.no = o.no AND (m.since IS NULL OR o.day >= m.since) "
            f"ANTI JOIN ({answering}) w ON w.who = m.who AND w.area = o.area WHERE o.turn < {self.c.ledger.turn} GROUP BY o.no, o.area, m.top, o.day HAVING sum(o.owing) <> 0"
        ).fetchone()
        self.rows += row[0] if row else 0

    def top(self, w: Work) -> Any:
        return self.now.root if w.judged.top is None else w.judged.top

    def add_up(self) -> None:
        """Adds the levels up; the settled to the settled, the rest to what is live."""
        began, turn = time.perf_counter(), self.c.ledger.turn
        past = f"SELECT no, area, day, {', '.join(KEPT)} FROM counted WHERE settled"
        zero = ", ".join(f"CASE WHEN settled THEN 0 ELSE {c} END AS {c}" for c in COUNTED)  # who is without somebody to answer is always a matter of now
        live = f"SELECT no, area, day, {zero}, ownerless FROM counted WHERE NOT settled OR ownerless <> 0"
        never = self.c.idle
        below = self.now.below(f"({past})", never | UNSETTLED | {"ownerless"}), self.now.below(f"({live})", never)  # before the transaction: it sees no table that is made after it began
        self.db.execute("BEGIN")
        self.db.execute(f"INSERT INTO settled_cell SELECT no, area, day, {', '.join(COUNTED)}, {turn} FROM ({below[0]})")
        self.db.execute(f"INSERT INTO {self.c.ledger.live} {below[1]}")
        self.db.execute(f"INSERT INTO settled_owing SELECT no, own, day, owing, {turn} FROM counted WHERE owing <> 0")
        self.db.execute("COMMIT")
        self.new_counted()
        self.spent("cells", began)

    def new_counted(self) -> None:
        self.rows = 0
        counts = ", ".join(f"{c} INTEGER" for c in KEPT)
        self.db.execute(
            f"CREATE OR REPLACE TEMP TABLE counted (no INTEGER, area BIGINT, day DATE, settled BOOLEAN, {counts}, owing INTEGER, own BIGINT)"
        )
