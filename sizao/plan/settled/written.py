"""What the last standing run from this mirror wrote, kept beside the settled cells: the next is held against it here, and only what differs travels.

It is of use while the last run of the line in PostgreSQL is that very run. After a crash between the two, a restore, or a run that PostgreSQL evaluated
itself, it is not: then everything travels, and PostgreSQL finds what differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

import duckdb

from sizao.plan.mirror.engine import CELL, COLUMNS, INSTANTS, ROW, Engine
from sizao.plan.models import COUNTS, Cell, Row
from sizao.plan.sql import DUCKDB

from .ledger import Ledger

if TYPE_CHECKING:
    from sizao.plan.models import Run
    from sizao.plan.versions import Writing

FORMAT = sha256(repr(("2", COUNTS, COLUMNS)).encode()).hexdigest()[:12]  # of these tables; another one is made anew
KEYS = {"cell": ("key", "area"), "row": ("key", "subject", "occasion")}
FOUND = ("state", "doable", "due")  # of a row that ends: with these it is found in PostgreSQL along its index
TEMPORARY = {f"{name}_{what}" for name in ("now", "new", "gone", "moved") for what in KEYS} | {"moved", "moved_from", "other"}
MOST = 4  # where more than one in so many differs, the table is written anew


class Told(Protocol):
    """What a run has found: SELECTs of its cells (all, or `only` those of a table of keys), of the cells that can have moved, and of its rows."""

    engine: Engine
    duck: duckdb.DuckDBPyConnection
    zone: str

    def cells(self, only: str = ...) -> str: ...

    def moved(self) -> str: ...

    def rows(self) -> str: ...


class Written:
    """The cells and rows of a run, and in what they differ from the last one written.

    `now_cell`, `now_row`: all of this run. `new_cell`, `new_row`: those of them of whose key anything differs. `gone_cell`, `gone_row`: keys of those written
    last of whose key anything differs. `written_cell`, `written_row` and, of which run and of which cycle they are, `written_run` are in the mirror's file; the
    others are temporary.
    """

    def __init__(self, daily: Told):
        self.daily, self.engine, self.duck, self.zone = daily, daily.engine, daily.duck, daily.zone
        self.sizes: dict[str, tuple[int, int]] = {}
        left = "SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE temporary UNION ALL SELECT view_name, 'VIEW' FROM duckdb_views() WHERE temporary"
        self.made: dict[str, str] = {name: kind for name, kind in self.duck.execute(left).fetchall() if name in TEMPORARY}  # of a run that came to no end
        self.drop(*self.made)
        self.ledger = Ledger(self.duck)
        self.last = self.begin()
        self.cells()
        self.rows()

    def begin(self) -> tuple[int, datetime] | None:
        """Which run was written last, and when it had begun; makes the tables where there are none."""
        found = self.duck.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'written_run' AND NOT temporary").fetchone()
        if found != (FORMAT,):
            with whole(self.duck):
                for what, select in (("cell", self.daily.cells()), ("row", self.daily.rows())):
                    self.duck.execute(f"CREATE OR REPLACE TABLE written_{what} AS FROM ({select}) LIMIT 0")
                self.duck.execute("CREATE OR REPLACE TABLE written_run (run BIGINT, started_at TIMESTAMP, shape VARCHAR)")
                self.duck.execute(f"COMMENT ON TABLE written_run IS '{FORMAT}'")
        last = self.duck.execute("SELECT run, started_at, shape FROM written_run").fetchone()
        self.shape = last[2] if last else ""
        return (last[0], last[1]) if last else None

    # -- in what they differ

    def cells(self) -> None:
        """Where what was written last are the cells of the cycle before, only those are put together that have moved since."""
        if self.shape != self.ledger.shape_before():
            self.make("TABLE", "now_cell", self.daily.cells())
            self.differ("cell", "now_cell", "written_cell")
        else:
            self.make("TABLE", "moved", self.daily.moved())
            self.make("TABLE", "moved_cell", self.daily.cells("moved"))
            self.make("TABLE", "moved_from", "FROM written_cell SEMI JOIN moved USING (key, area)")
            self.differ("cell", "moved_cell", "moved_from")
            self.make("VIEW", "now_cell", "FROM written_cell ANTI JOIN gone_cell USING (key, area) UNION ALL FROM new_cell")
            self.drop("moved", "moved_cell", "moved_from")
        self.size("cell")

    def rows(self) -> None:
        """All rows are there already, and twice they would fill the memory. A digest of each tells which can differ; those are compared. Of one key there may
        be several rows, and some alike."""
        self.make("VIEW", "now_row", self.daily.rows())
        if self.count("written_row"):
            digest = f"hash({', '.join(self.columns('row'))}) AS h"
            both = f"SELECT subject, occasion, {digest}, 1 AS n FROM now_row UNION ALL SELECT subject, occasion, {digest}, -1 FROM written_row"
            self.make("TABLE", "moved", f"SELECT DISTINCT subject, any_value(occasion) AS occasion FROM ({both}) GROUP BY subject, h HAVING sum(n) <> 0")
            for table, from_ in (("moved_row", "now_row"), ("moved_from", "written_row")):
                self.make("TABLE", table, f"FROM {from_} SEMI JOIN moved USING (subject, occasion)")
            self.differ("row", "moved_row", "moved_from")
            self.drop("moved", "moved_row", "moved_from")
        else:
            self.make("VIEW", "new_row", "FROM now_row")
            self.make("TABLE", "gone_row", f"SELECT {', '.join((*KEYS['row'], *FOUND))} FROM written_row")
        self.size("row")

    def differ(self, what: str, now: str, was: str) -> None:
        """Held against each other column by column; whole keys, since in PostgreSQL all rows of a key end together."""
        keys = ", ".join(KEYS[what])
        names = ", ".join(self.columns(what))
        both = f"SELECT {names}, 1 AS n FROM {now} UNION ALL SELECT {names}, -1 FROM {was}"
        self.make("TABLE", "other", f"SELECT DISTINCT {keys} FROM ({both}) GROUP BY {names} HAVING sum(n) <> 0")
        self.make("TABLE", f"new_{what}", f"FROM {now} SEMI JOIN other USING ({keys})")
        found = f", {', '.join(FOUND)}" if what == "row" else ""
        self.make("TABLE", f"gone_{what}", f"SELECT {keys}{found} FROM {was} SEMI JOIN other USING ({keys})")
        self.drop("other")

    def make(self, kind: str, name: str, select: str) -> None:
        """A temporary table, or a view."""
        self.duck.execute(f"CREATE TEMP {kind} {name} AS {select}")
        self.made[name] = kind

    def drop(self, *names: str) -> None:
        for name in names:
            self.duck.execute(f"DROP {self.made.pop(name)} {name}")

    def columns(self, what: str) -> list[str]:
        return [row[0] for row in self.duck.execute(f"DESCRIBE written_{what}").fetchall()]

    def count(self, table: str) -> int:
        row = self.duck.execute(f"SELECT count(*) FROM {table}").fetchone()
        return row[0] if row else 0

    def size(self, what: str) -> None:
        self.sizes[what] = self.count(f"now_{what}"), self.count(f"new_{what}")

    # -- what is done with it

    def hand_over(self, writing: Writing) -> None:
        """To PostgreSQL: only what differs, if the last of the line is the run that was written last from here; else everything."""
        before = writing.before
        some = before is not None and self.last == (before.pk, _utc(before.started_at))
        from_ = "new" if some else "now"
        if some:
            self.engine.hand_over(writing.cursor, f"SELECT {named('g')}, g.area FROM gone_cell g", writing.gone(Cell), ("k0", "k1", "k2"))
            found = ", ".join(f"CAST(g.{name} AS VARCHAR) || {DUCKDB.text(f' {self.zone}')}" if name in INSTANTS else f"g.{name}" for name in FOUND)
            gone = f"SELECT {named('g')}, s.id, g.occasion, {found} FROM gone_row g JOIN subject s ON s.n = g.subject"
            self.engine.hand_over(writing.cursor, gone, writing.gone(Row), ("k0", "k1", "k2", "k3", *FOUND))
        counts = ", ".join(f"c.{name}" for name in COUNTS)
        cells = f"SELECT {named('c')}, c.area, {counts} FROM {from_}_cell c ORDER BY c.area, c.key"
        self.engine.hand_over(writing.cursor, cells, writing.now(Cell), CELL)
        zone = DUCKDB.text(f" {self.zone}")
        columns = {name: f"l.{name}" for name in COLUMNS if name != "measure"} | {"subject": "s.id", "person": "p.id"}
        columns |= {name: f"CAST(l.{name} AS VARCHAR) || {zone}" for name in INSTANTS}
        rows = (
            f"SELECT {named('l')}, {', '.join(columns.values())} FROM {from_}_row l JOIN subject s ON s.n = l.subject "
            "LEFT JOIN subject p ON p.n = l.person ORDER BY l.key, l.due"
        )
        self.engine.hand_over(writing.cursor, rows, writing.now(Row), ROW)

    def remember(self, run: Run) -> None:
        """What this run wrote is what the next is held against. In one transaction: killed within it, all is as it was, and of another run than the line's last."""
        if run.standing:
            with whole(self.duck):
                self.replace()
                values = f"{run.pk}, {DUCKDB.literal(_utc(run.started_at))}, {DUCKDB.text(self.ledger.shape())}"
                self.duck.execute(f"DELETE FROM written_run; INSERT INTO written_run VALUES ({values})")
        self.drop(*reversed(self.made))

    def replace(self) -> None:
        """What was written last becomes what is so now."""
        for what, (all_, new) in self.sizes.items():
            if new * MOST > all_:
                self.duck.execute(f"CREATE OR REPLACE TABLE written_{what} AS FROM now_{what}")
            else:
                same = " AND ".join(f"g.{k} = written_{what}.{k}" for k in KEYS[what])
                self.duck.execute(f"DELETE FROM written_{what} USING gone_{what} g WHERE {same}")
                self.duck.execute(f"INSERT INTO written_{what} FROM new_{what}")


@contextmanager
def whole(duck: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """A transaction."""
    duck.execute("BEGIN")
    try:
        yield
        duck.execute("COMMIT")
    except BaseException:
        duck.execute("ROLLBACK")
        raise


def named(row: str) -> str:
    """Enactment and measure of a key."""
    return f"CAST(split_part({row}.key, ' ', 1) AS BIGINT), substr({row}.key, strpos({row}.key, ' ') + 1)"


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
