"""Every measure in force evaluated whole on the mirror, several beside each other, and counted together.

What a city of two thousand costs and one of two million costs differs little in many measures: of a part over a few rows nearly all the time goes into
planning statements. So parts with the same statement are evaluated once, all obligations of a lane are gathered in one table, and counting, adding up the
levels and listing are statements over that table and not over each measure (docs/decisions/020).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import duckdb

from sizao.plan import counting
from sizao.plan.language.subjects import derived
from sizao.plan.models import COUNTS, Amount, Cell, Figure, Row
from sizao.plan.obligations import FIELDS
from sizao.plan.settled.lanes import Lanes
from sizao.plan.sql import DUCKDB, shown
from sizao.plan.sql.derived import key

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
HELD = tuple(name for name in FIELDS if name != "measure")  # that is the part's, and a long word
OBLIGATION = ", ".join(["no SMALLINT", *(f"{name} {TYPES[name]}" for name in HELD), "zone TINYINT"])


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


@dataclass(frozen=True)
class Pairs:
    """To be made before the measures are evaluated that are about them: what this one reads beyond the registers."""

    f: InForce


class Whole:
    """One run of the measures `found`."""

    def __init__(self, engine: Engine, found: Sequence[InForce], longest: int):
        self.engine, self.found, self.longest, self.duck = engine, found, longest, engine.mirror.duck
        self.same: dict[tuple[str, str, int], Part] = {}
        self.sizes: dict[str, int] = {}
        self.lengths: list[int] = []  # of the lists that were counted, in order
        self.lock = threading.Lock()

    @property
    def parts(self) -> list[Part]:
        """What was evaluated."""
        return list(self.same.values())

    # -- evaluating

    def count(self) -> None:
        """Evaluates and counts, with no transaction of PostgreSQL open: it may last longer than one may be idle."""
        self.begin()
        with Lanes(self.duck) as lanes, self.as_written():
            lanes.work(lambda cursor: Gathering(self, cursor), self.items(), lambda item: not isinstance(item, Pairs) and self.size(item) > AT_ONCE)
        self.end()

    @contextmanager
    def as_written(self) -> Iterator[None]:
        """What a statement joins to its rows is what is kept in memory, as it is written: it is nearly always the lesser part. Left to itself DuckDB takes the rows
        for few where they pass several conditions, and keeps a million of them with all their columns to lay five thousand areas beside."""
        self.duck.execute("SET disabled_optimizers = 'build_side_probe_side'")
        try:
            yield
        finally:
            self.duck.execute("RESET disabled_optimizers")

    def begin(self) -> None:
        """The tables for what is found. What measures share is worked out when it is asked for first, by whichever lane does."""
        self.engine.begin(self.engine.known_at)
        self.engine.narrow(self.found)
        for name, columns in {
            "part": "no INTEGER, measure VARCHAR, top BIGINT",
            "enacted": "no INTEGER, enactment BIGINT",
            "leaf": ", ".join(["no SMALLINT", *(f"{name} {TYPES[name]}" for name in counting.ALIKE[1:]), "n BIGINT, short_by BIGINT"]),
            "amount": "no INTEGER, area BIGINT, unit VARCHAR, owed BIGINT, short BIGINT, have DECIMAL(38, 3), filled DECIMAL(38, 3), need DECIMAL(38, 3)",
            "figure": "no INTEGER, measure VARCHAR, area BIGINT, day DATE, name VARCHAR, n BIGINT, value DOUBLE, moment VARCHAR",
            "listed": OBLIGATION,
        }.items():
            self.duck.execute(f"CREATE OR REPLACE TABLE {MADE}.{name} ({columns})")

    def items(self) -> list[Pairs | InForce]:
        """What is to be done, in the order in which it is to be begun: what takes long first, and pairs before the measures about them."""
        pairs: dict[Any, Pairs] = {}
        weights = {id(f): self.weight(f) for f in self.found}
        heaviest = sorted(self.found, key=lambda f: -weights[id(f)])
        for f in heaviest:
            if derived(f.measure.table):
                pairs.setdefault(key(f.measure.table, f.force(self.engine.zones[0])), Pairs(f))
        return [*pairs.values(), *heaviest]

    def part(self, f: InForce) -> Part | None:
        """A measure as it is to be evaluated; None where one with the same statement is already."""
        same = (self.engine.statement(f), self.engine.shown(f, OBLIGATIONS), f.enactment.area_id)
        with self.lock:
            if new := same not in self.same:
                self.same[same] = Part(len(self.same), f, same[0], same[1], self.size(f))
            self.same[same].enactments.append(f.enactment.pk)
        return self.same[same] if new else None

    def end(self) -> None:
        """Says which part is what, and in which enactments."""
        lines = ", ".join(f"({p.no}, {DUCKDB.text(p.f.measure.id)}, {p.f.enactment.area_id})" for p in self.parts)
        pairs = ", ".join(f"({p.no}, {enactment})" for p in self.parts for enactment in p.enactments)
        if self.parts:
            self.duck.execute(f"INSERT INTO {MADE}.part VALUES {lines}")
            self.duck.execute(f"INSERT INTO {MADE}.enacted VALUES {pairs}")

    def weight(self, f: InForce) -> int:
        """About how much a measure is about; of pairs, the rows of their longer side."""
        sides = getattr(f.measure.table, "sides", ())
        return max((self.rows(side.table.name) for side in sides if not derived(side.table)), default=0) if sides else self.size(f)

    def size(self, f: InForce) -> int:
        """Rows of the table that a measure is about; of pairs and of lists it is not asked."""
        if derived(f.measure.table):
            return 0
        return self.rows(f.measure.facts)

    def rows(self, name: str) -> int:
        """Rows of a table of facts, those that no longer change nor stand included."""
        if name not in self.sizes:
            self.sizes[name] = int(self.engine.query(f"SELECT count(*) FROM fact_{name}")[0][0])
        return self.sizes[name]

    def room(self, lengths: Sequence[int]) -> int:
        """How long a list may be for its rows to be kept, as far as that can be told by now: these have been counted, and there will be more."""
        with self.lock:
            self.lengths = sorted([*self.lengths, *(n for n in lengths if n <= self.longest)])
            fit = [n for n, together in zip(self.lengths, accumulate(self.lengths), strict=True) if together <= IN_ALL]
            return self.longest if len(fit) == len(self.lengths) else max(fit, default=0)

    # -- to PostgreSQL

    def write(self, writing: Writing) -> dict[str, int]:
        """Cells, amounts, figures and rows; "measure list" → number of rows, for lists too long to be kept."""
        cursor, hand_over = writing.cursor, self.engine.hand_over
        enacted, named = f"JOIN {MADE}.enacted e USING (no)", f"JOIN {MADE}.part p USING (no)"
        self.choose()
        hand_over(cursor, f"SELECT e.enactment, p.measure, c.* EXCLUDE (_, no) FROM {self.cells()} {named} {enacted}", writing.now(Cell), CELL)
        hand_over(cursor, f"SELECT e.enactment, p.measure, c.* EXCLUDE (no) FROM {self.amounts()} {named} {enacted}", writing.now(Amount), AMOUNT)
        hand_over(cursor, f"SELECT e.enactment, c.* EXCLUDE (no) FROM {MADE}.figure c {enacted}", writing.now(Figure), FIGURE)
        rows = self.engine.listed(f"SELECT p.measure, o.* FROM {MADE}.kept o {named}", ("no",))
        hand_over(cursor, f"SELECT e.enactment, c.* EXCLUDE (no) FROM ({rows}) c {enacted}", writing.now(Row), ROW)
        left_out = self.duck.execute(f"SELECT p.measure, l.state, l.n FROM {MADE}.list l {named} WHERE NOT l.kept")
        return {f"{measure} {state}": n for measure, state, n in left_out.fetchall()}

    def choose(self) -> None:
        """Which lists are kept, and their rows; what nothing is read from any more leaves the memory."""
        self.duck.execute(f"CREATE OR REPLACE TABLE {MADE}.list AS {self.lists()}")
        self.duck.execute(f"CREATE OR REPLACE TABLE {MADE}.kept AS SELECT * FROM {MADE}.listed SEMI JOIN (SELECT * FROM {MADE}.list WHERE kept) USING (no, state)")
        self.duck.execute(f"DROP TABLE {MADE}.listed")
        self.engine.name_pairs(f"SELECT subject FROM {MADE}.kept WHERE subject < 0")

    def cells(self) -> str:
        """A relation `c` of the cells of every level: _, no, area, and the counts."""
        found = f"(SELECT l.* REPLACE (coalesce(l.area, p.top) AS area) FROM {MADE}.leaf l JOIN {MADE}.part p USING (no))"
        leaf = f"({counting.counts(found)})"
        rise = f"({counting.risen(leaf, 'SELECT id, area FROM post', UP)})"
        return f"({counting.cells(leaf, rise, UP, '0')}) c(_, no, area, {', '.join(COUNTS)})"

    def amounts(self) -> str:
        """A relation `c` of the amounts of every level: no, area, unit, and the sums."""
        sums = "CAST(sum(a.owed) AS BIGINT), CAST(sum(a.short) AS BIGINT), sum(a.have), sum(a.filled), sum(a.need)"
        places = f"JOIN {MADE}.part p USING (no) JOIN up u ON u.area = coalesce(a.area, p.top)"
        return f"(SELECT a.no, u.above, a.unit, {sums} FROM {MADE}.amount a {places} GROUP BY ALL) c(no, area, unit, owed, short, have, filled, need)"

    def lists(self) -> str:
        """SELECT of every list (no, state) with its length, and whether its rows are kept: none that is too long, and of many the shortest."""
        sizes = f"SELECT l.no, l.state, CAST(sum(l.n) AS BIGINT) AS n FROM {MADE}.leaf l GROUP BY ALL"
        many = f"SELECT no, count(*) AS times, min(enactment) AS first FROM {MADE}.enacted GROUP BY ALL"
        order = "s.n, m.first, p.measure, s.state"  # of lists of one length the same each time, whichever lane had them
        return (
            f"SELECT s.no, s.state, s.n, s.n <= {self.longest} AND sum(s.n * m.times) OVER (ORDER BY {order}) <= {IN_ALL} AS kept "
            f"FROM ({sizes}) s JOIN ({many}) m USING (no) JOIN {MADE}.part p USING (no)"
        )


class Gathering:
    """One lane: obligations of one part after another into one table, counted when there are many of them."""

    def __init__(self, whole: Whole, duck: duckdb.DuckDBPyConnection):
        self.w, self.duck, self.rows = whole, duck, 0
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE gathered ({OBLIGATION})")

    def take(self, item: Pairs | InForce) -> None:
        began = time.perf_counter()
        if isinstance(item, Pairs):
            for zone in self.w.engine.zones:
                self.w.engine.relations(item.f, zone)
        elif part := self.w.part(item):
            self.evaluate(part)
            part.seconds = time.perf_counter() - began

    def evaluate(self, part: Part) -> None:
        own = f"(SELECT {part.no} AS no, x.* EXCLUDE (measure) FROM ({part.sql}) x)"
        if part.rows > AT_ONCE:
            self.counted(own)
            self.figures(part, own)
        else:
            row = self.duck.execute(f"INSERT INTO gathered FROM {own}").fetchone()
            self.rows += row[0] if row else 0
            self.figures(part, f"(SELECT * FROM gathered g WHERE g.no = {part.no})")
            if self.rows > GATHERED:
                self.close()

    def close(self) -> None:
        """Counts what was gathered, keeps the lists that are short enough, and begins anew."""
        self.counted("gathered")
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE gathered ({OBLIGATION})")
        self.rows = 0

    def counted(self, obligations: str) -> None:
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE leaf_now AS {counting.alike(obligations)}")
        self.duck.execute(f"INSERT INTO {MADE}.leaf FROM leaf_now")
        self.duck.execute(f"INSERT INTO {MADE}.amount {counting.own_amounts(f'(SELECT *, no AS measure FROM {obligations})')}")
        lists = self.duck.execute("SELECT no, state, CAST(sum(n) AS BIGINT) FROM leaf_now GROUP BY ALL").fetchall()
        longest = self.w.room([n for _, _, n in lists])
        left_out = " OR ".join(f"(o.no = {no} AND o.state = {DUCKDB.text(state)})" for no, state, n in lists if n > longest) or "FALSE"
        self.duck.execute(f"INSERT INTO {MADE}.listed SELECT o.* FROM {obligations} o WHERE NOT ({left_out})")

    def figures(self, part: Part, obligations: str) -> None:
        m = part.f.measure
        if m.shows:
            self.duck.execute(f"CREATE OR REPLACE TEMP TABLE told AS {part.values.replace(OBLIGATIONS, obligations)}")
            found = shown.figures(m, "told", UP, part.f.enactment.area_id, str(part.no), self.w.engine.moment)
            self.duck.execute(f"INSERT INTO {MADE}.figure {found}")
