"""Every measure in force evaluated whole on the mirror, several beside each other, and counted together.

What a city of two thousand costs and one of two million costs differs little in many measures: of a part over a few rows nearly all the time goes into
planning statements. So parts with the same statement are evaluated once, all obligations of a lane are gathered in one table, and counting, adding up the
levels and listing are statements over that table and not over each measure (docs/decisions/020).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from sizao.plan import counting
from sizao.plan.language.subjects import derived
from sizao.plan.models import COUNTS, Amount, Cell, Figure, Row
from sizao.plan.obligations import FIELDS
from sizao.plan.settled.lanes import Lanes
from sizao.plan.sql import DUCKDB, shown

from .engine import AMOUNT, CELL, FIGURE, INSTANTS, MADE, ROW, UP, Engine

if TYPE_CHECKING:
    from sizao.plan.evaluation import InForce
    from sizao.plan.versions import Writing

AT_ONCE = 2_000_000  # subjects of a table up to which its obligations are held while they are counted and listed; above, they are evaluated twice
OBLIGATIONS = "the_obligations"  # a relation's place in the text of a part's figures
IN_ALL = 2_000_000  # rows of all lists together that such a run keeps
GATHERED = 500_000  # obligations that a lane holds before it counts them
TYPES = {
    **dict.fromkeys(("measure", "state", "reason", "unit"), "VARCHAR"),
    **dict.fromkeys(("subject", "person", "occasion", "area", "post"), "BIGINT"),
    **dict.fromkeys(INSTANTS, "TIMESTAMP"),
    **dict.fromkeys(("doable", "told_late", "seen"), "BOOLEAN"),
    **dict.fromkeys(("have", "need"), "DECIMAL(18, 3)"),
    "raised": "INTEGER",
}
OBLIGATION = ", ".join(["no INTEGER", *(f"{name} {TYPES[name]}" for name in FIELDS), "zone VARCHAR"])


@dataclass
class Part:
    """What has one statement and is counted below one area: a measure, in every enactment of which this is true."""

    no: int
    f: InForce
    sql: str
    values: str  # of its figures, with {0} in place of its obligations
    rows: int
    enactments: list[int] = field(default_factory=list)
    seconds: float = 0.0


class Whole:
    """One run of the measures `found`."""

    def __init__(self, engine: Engine, found: Sequence[InForce], longest: int):
        self.engine, self.found, self.longest, self.duck = engine, found, longest, engine.mirror.duck
        self.parts: list[Part] = []
        self.sizes: dict[str, int] = {}

    # -- evaluating

    def count(self) -> None:
        """Evaluates and counts, with no transaction of PostgreSQL open: it may last longer than one may be idle."""
        self.begin()
        with Lanes(self.duck) as lanes:
            lanes.work(lambda cursor: Gathering(self, cursor), sorted(self.parts, key=lambda p: -p.rows), lambda p: p.rows > AT_ONCE)

    def begin(self) -> None:
        """Every statement, and the tables for what they find."""
        same: dict[tuple[str, str, int], Part] = {}
        self.engine.begin()
        self.engine.narrow(self.found)
        for f in self.found:  # before there are several threads
            for zone in self.engine.zones:
                self.engine.relations(f, zone)
        for f in self.found:
            key = (self.engine.statement(f), self.engine.shown(f, OBLIGATIONS), f.enactment.area_id)
            if key not in same:
                same[key] = Part(len(same), f, key[0], key[1], self.size(f))
            same[key].enactments.append(f.enactment.pk)
        self.parts = list(same.values())
        marks = ", ".join(f"{name} BIGINT" for name in (*counting.COUNTED, "short_by"))
        for name, columns in {
            "part": "no INTEGER, measure VARCHAR, top BIGINT",
            "enacted": "no INTEGER, enactment BIGINT",
            "leaf": f"measure INTEGER, area BIGINT, state VARCHAR, post BIGINT, levels INTEGER, n BIGINT, {marks}",
            "amount": "no INTEGER, area BIGINT, unit VARCHAR, owed BIGINT, short BIGINT, have DECIMAL(38, 3), filled DECIMAL(38, 3), need DECIMAL(38, 3)",
            "figure": "no INTEGER, measure VARCHAR, area BIGINT, day DATE, name VARCHAR, n BIGINT, value DOUBLE, moment VARCHAR",
            "listed": OBLIGATION,
        }.items():
            self.duck.execute(f"CREATE OR REPLACE TABLE {MADE}.{name} ({columns})")
        lines = ", ".join(f"({p.no}, {DUCKDB.text(p.f.measure.id)}, {p.f.enactment.area_id})" for p in self.parts)
        pairs = ", ".join(f"({p.no}, {enactment})" for p in self.parts for enactment in p.enactments)
        if self.parts:
            self.duck.execute(f"INSERT INTO {MADE}.part VALUES {lines}")
            self.duck.execute(f"INSERT INTO {MADE}.enacted VALUES {pairs}")

    def size(self, f: InForce) -> int:
        """Rows of the table that a measure is about; of pairs and of lists it is not asked."""
        if derived(f.measure.table):
            return 0
        name = f.measure.facts
        if name not in self.sizes:
            self.sizes[name] = int(self.engine.mirror.query(f"SELECT count(*) FROM fact_{name}")[0][0])
        return self.sizes[name]

    # -- to PostgreSQL

    def write(self, writing: Writing) -> dict[str, int]:
        """Cells, amounts, figures and rows; "measure list" → number of rows, for lists too long to be kept."""
        cursor, hand_over = writing.cursor, self.engine.hand_over
        enacted, named = f"JOIN {MADE}.enacted e USING (no)", f"JOIN {MADE}.part p USING (no)"
        hand_over(cursor, f"SELECT e.enactment, p.measure, c.* EXCLUDE (_, no) FROM {self.cells()} {named} {enacted}", writing.now(Cell), CELL)
        hand_over(cursor, f"SELECT e.enactment, p.measure, c.* EXCLUDE (no) FROM {self.amounts()} {named} {enacted}", writing.now(Amount), AMOUNT)
        hand_over(cursor, f"SELECT e.enactment, c.* EXCLUDE (no) FROM {MADE}.figure c {enacted}", writing.now(Figure), FIGURE)
        self.duck.execute(f"CREATE OR REPLACE TABLE {MADE}.list AS {self.lists()}")
        rows = self.engine.listed(f"SELECT * FROM {MADE}.listed SEMI JOIN (SELECT * FROM {MADE}.list WHERE kept) USING (no, state)", ("no",))
        hand_over(cursor, f"SELECT e.enactment, c.* EXCLUDE (no) FROM ({rows}) c {enacted}", writing.now(Row), ROW)
        left_out = self.duck.execute(f"SELECT p.measure, l.state, l.n FROM {MADE}.list l {named} WHERE NOT l.kept")
        return {f"{measure} {state}": n for measure, state, n in left_out.fetchall()}

    def cells(self) -> str:
        """A relation `c` of the cells of every level: _, no, area, and the counts."""
        leaf = f"(SELECT l.* REPLACE (coalesce(l.area, p.top) AS area) FROM {MADE}.leaf l JOIN {MADE}.part p ON p.no = l.measure)"
        rise = f"({counting.risen(leaf, 'SELECT id, area FROM post', UP)})"
        return f"({counting.cells(leaf, rise, UP, '0')}) c(_, no, area, {', '.join(COUNTS)})"

    def amounts(self) -> str:
        """A relation `c` of the amounts of every level: no, area, unit, and the sums."""
        sums = "CAST(sum(a.owed) AS BIGINT), CAST(sum(a.short) AS BIGINT), sum(a.have), sum(a.filled), sum(a.need)"
        places = f"JOIN {MADE}.part p USING (no) JOIN up u ON u.area = coalesce(a.area, p.top)"
        return f"(SELECT a.no, u.above, a.unit, {sums} FROM {MADE}.amount a {places} GROUP BY ALL) c(no, area, unit, owed, short, have, filled, need)"

    def lists(self) -> str:
        """SELECT of every list (no, state) with its length, and whether its rows are kept: none that is too long, and of many the shortest."""
        sizes = f"SELECT l.measure AS no, l.state, CAST(sum(l.n) AS BIGINT) AS n FROM {MADE}.leaf l GROUP BY ALL"
        many = f"SELECT no, count(*) AS times FROM {MADE}.enacted GROUP BY ALL"
        return (
            f"SELECT s.no, s.state, s.n, s.n <= {self.longest} AND sum(s.n * m.times) OVER (ORDER BY s.n, s.no, s.state) <= {IN_ALL} AS kept "
            f"FROM ({sizes}) s JOIN ({many}) m USING (no)"
        )


class Gathering:
    """One lane: obligations of one part after another into one table, counted when there are many of them."""

    def __init__(self, whole: Whole, duck: duckdb.DuckDBPyConnection):
        self.w, self.duck, self.rows = whole, duck, 0
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE gathered ({OBLIGATION})")

    def take(self, part: Part) -> None:
        began = time.perf_counter()
        if part.rows > AT_ONCE:
            self.counted(f"(SELECT {part.no} AS no, x.* FROM ({part.sql}) x)")
            self.figures(part, f"({part.sql})")
        else:
            row = self.duck.execute(f"INSERT INTO gathered SELECT {part.no}, x.* FROM ({part.sql}) x").fetchone()
            self.rows += row[0] if row else 0
            self.figures(part, f"(SELECT * FROM gathered g WHERE g.no = {part.no})")
            if self.rows > GATHERED:
                self.close()
        part.seconds = time.perf_counter() - began

    def close(self) -> None:
        """Counts what was gathered, keeps the lists that are short enough, and begins anew."""
        self.counted("gathered")
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE gathered ({OBLIGATION})")
        self.rows = 0

    def counted(self, obligations: str) -> None:
        numbered = f"(SELECT * REPLACE (no AS measure) FROM {obligations})"
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE leaf_now AS {counting.leaf_counts(numbered, 'NULL')}")
        self.duck.execute(f"INSERT INTO {MADE}.leaf FROM leaf_now")
        self.duck.execute(f"INSERT INTO {MADE}.amount {counting.own_amounts(numbered)}")
        long = self.duck.execute(f"SELECT measure, state FROM leaf_now GROUP BY ALL HAVING sum(n) > {self.w.longest}").fetchall()
        left_out = " OR ".join(f"(o.no = {no} AND o.state = {DUCKDB.text(state)})" for no, state in long) or "FALSE"
        self.duck.execute(f"INSERT INTO {MADE}.listed SELECT o.* FROM {obligations} o WHERE NOT ({left_out})")

    def figures(self, part: Part, obligations: str) -> None:
        m = part.f.measure
        if m.shows:
            self.duck.execute(f"CREATE OR REPLACE TEMP TABLE told AS {part.values.replace(OBLIGATIONS, obligations)}")
            found = shown.figures(m, "told", UP, part.f.enactment.area_id, str(part.no), self.w.engine.moment)
            self.duck.execute(f"INSERT INTO {MADE}.figure {found}")
