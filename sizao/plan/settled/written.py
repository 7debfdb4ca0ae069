"""What the last standing run from this mirror wrote, kept beside the settled cells: the next is held against it here, and only what differs travels.

It is of use while the last run of the line in PostgreSQL is that very run. After a crash between the two, a restore, or a run that PostgreSQL evaluated
itself, it is not: then everything travels, and PostgreSQL finds what differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import duckdb

from sizao.plan.mirror.engine import CELL, COLUMNS, INSTANTS, ROW
from sizao.plan.models import COUNTS, Cell, Row
from sizao.plan.sql import DUCKDB

if TYPE_CHECKING:
    from sizao.plan.mirror.engine import Engine
    from sizao.plan.models import Run
    from sizao.plan.versions import Writing

FORMAT = sha256(repr(("1", COUNTS, COLUMNS)).encode()).hexdigest()[:12]  # of these tables; another one is made anew
KEYS = {"cell": ("key", "area"), "row": ("key", "subject", "occasion")}
MOST = 4  # where more than one in so many differs, the table is written anew


class Written:
    """The cells and rows of a run, and in what they differ from the last one written.

    `now_cell`, `now_row`: all of this run. `new_cell`, `new_row`: those of them that are new or differ. `gone_cell`, `gone_row`: keys of those written last
    that differ, or are no more. `written_cell`, `written_row` and, of which run they are, `written_run` are in the mirror's file; the others are temporary.
    """

    def __init__(self, engine: Engine, cells: str, rows: str):
        self.engine, self.duck, [self.zone] = engine, engine.mirror.duck, engine.zones
        self.sizes: dict[str, tuple[int, int]] = {}
        selects = {"cell": cells, "row": rows}
        self.last = self.begin(selects)
        for what, select in selects.items():
            kind = "TABLE" if what == "cell" else "VIEW"  # rows are there already; twice they would fill the memory
            self.duck.execute(f"DROP {kind} IF EXISTS now_{what}; CREATE TEMP {kind} now_{what} AS {select}")
            self.differ(what)
        self.single = not self.duck.execute("SELECT 1 FROM now_row GROUP BY key, subject, occasion HAVING count(*) > 1 LIMIT 1").fetchall()

    def begin(self, selects: dict[str, str]) -> tuple[int, datetime] | None:
        """Which run was written last, and when it had begun; makes the tables where there are none."""
        found = self.duck.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'written_run' AND NOT temporary").fetchone()
        if found != (FORMAT,):
            with whole(self.duck):
                for what, select in selects.items():
                    self.duck.execute(f"CREATE OR REPLACE TABLE written_{what} AS FROM ({select}) LIMIT 0")
                self.duck.execute("CREATE OR REPLACE TABLE written_run (run BIGINT, started_at TIMESTAMP)")
                self.duck.execute(f"COMMENT ON TABLE written_run IS '{FORMAT}'")
        last = self.duck.execute("SELECT run, started_at FROM written_run").fetchone()
        return (last[0], last[1]) if last else None

    def differ(self, what: str) -> None:
        """Held against what was written last, column by column."""
        columns = [row[0] for row in self.duck.execute(f"DESCRIBE now_{what}").fetchall()]
        same = " AND ".join(f"n.{c} = w.{c}" if c in KEYS[what] else f"n.{c} IS NOT DISTINCT FROM w.{c}" for c in columns)
        keys = ", ".join(f"w.{k}" for k in KEYS[what])
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE new_{what} AS SELECT n.* FROM now_{what} n ANTI JOIN written_{what} w ON {same}")
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE gone_{what} AS SELECT {keys} FROM written_{what} w ANTI JOIN now_{what} n ON {same}")
        counts = self.duck.execute(f"SELECT (SELECT count(*) FROM now_{what}), (SELECT count(*) FROM new_{what})").fetchone()
        assert counts
        self.sizes[what] = counts[0], counts[1]

    def hand_over(self, writing: Writing) -> None:
        """To PostgreSQL: only what differs, if the last of the line is the run that was written last from here; else everything."""
        before = writing.before
        some = before is not None and self.single and self.last == (before.pk, _utc(before.started_at))
        from_ = "new" if some else "now"
        if some:
            self.engine.hand_over(writing.cursor, f"SELECT {named('g')}, g.area FROM gone_cell g", writing.gone(Cell), ("k0", "k1", "k2"))
            gone = f"SELECT {named('g')}, s.id, g.occasion FROM gone_row g JOIN subject s ON s.n = g.subject"
            self.engine.hand_over(writing.cursor, gone, writing.gone(Row), ("k0", "k1", "k2", "k3"))
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
                self.duck.execute(f"DELETE FROM written_run; INSERT INTO written_run VALUES ({run.pk}, {DUCKDB.literal(_utc(run.started_at))})")
        self.duck.execute("DROP TABLE now_cell; DROP VIEW now_row")
        for what in self.sizes:
            self.duck.execute(f"DROP TABLE new_{what}; DROP TABLE gone_{what}")

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
