"""The tables in which settled cells are kept, in the DuckDB file of the mirror."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from sizao.plan.duck import COUNTED, COUNTS, KEPT, SUMS
from sizao.plan.sql import DUCKDB

KEYS = "no INTEGER, area BIGINT, day DATE"
literal = DUCKDB.literal
LONG_AGO, WEEK = "DATE '0001-01-01'", timedelta(days=7)  # under which the settled of days long past stands
FORMAT = "3"  # of these tables; another one is made anew


@dataclass(frozen=True)
class Kept:
    """What a measure's settled cells rest on. `print` changes when they must be worked out again."""

    no: int
    key: str
    print: str
    as_of: datetime
    horizon: datetime


class Ledger:
    """Settled cells, live cells, and for each measure what they rest on.

    settled_cell: an area with all below it; several rows add up. settled_owing: how many, at the area itself, need somebody to answer: who does is
    asked each time. live_cell: the rest, of the last cycle. candidate_N: rows of the facts that can matter to a measure, `live` unless all is settled.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection):
        self.db = db
        if self.one(f"SELECT count(*) FROM duckdb_tables() WHERE table_name = 'settled_measure' AND comment = '{FORMAT}'") == 0:
            self.make()

    def make(self) -> None:
        """Empty tables, whatever was there."""
        for name in [*self.tables("candidate_%"), "settled_measure", "settled_cell", "settled_owing", "live_cell"]:
            self.db.execute(f"DROP TABLE IF EXISTS {name}")
        counted, counts = (", ".join(f"{c} INTEGER" for c in names) for names in (COUNTED, KEPT))
        self.db.execute("CREATE TABLE settled_measure (no INTEGER, key VARCHAR, print VARCHAR, as_of TIMESTAMP, horizon TIMESTAMP)")
        self.db.execute(f"COMMENT ON TABLE settled_measure IS '{FORMAT}'")
        self.db.execute(f"CREATE TABLE settled_cell ({KEYS}, {counted}); CREATE TABLE settled_owing ({KEYS}, owing INTEGER)")
        self.db.execute(f"CREATE TABLE live_cell ({KEYS}, {counts})")
        both = f"SELECT no, area, day, {', '.join(COUNTED)}, 0 AS ownerless FROM settled_cell UNION ALL SELECT * FROM live_cell"
        sums = ", ".join(f"CAST(sum({name}) AS INTEGER) AS {name}" for name in KEPT)
        named = ", ".join(f"{SUMS.get(name, name)} AS {name}" for name in COUNTS)
        self.db.execute(
            f"CREATE OR REPLACE VIEW cell AS SELECT m.key AS measure, c.area, c.day, {named} FROM (SELECT no, area, day, {sums} FROM ({both}) GROUP BY ALL) c JOIN settled_measure m USING (no)"
        )

    def one(self, sql: str) -> Any:
        row = self.db.execute(sql).fetchone()
        return row[0] if row else None

    def tables(self, like: str) -> list[str]:
        return [row[0] for row in self.db.execute(f"SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '{like}'").fetchall()]

    def kept(self) -> dict[str, Kept]:
        """By key."""
        return {row[1]: Kept(*row) for row in self.db.execute("SELECT no, key, print, as_of, horizon FROM settled_measure").fetchall()}

    def keep(self, measures: list[Kept]) -> None:
        """Says what the cells rest on from now on."""
        self.db.execute("DELETE FROM settled_measure")
        rows = ", ".join(f"({', '.join(map(literal, (k.no, k.key, k.print, k.as_of, k.horizon)))})" for k in measures)
        if rows:  # as literals: for each value that is bound, DuckDB looks for libraries that are not there
            self.db.execute(f"INSERT INTO settled_measure VALUES {rows}")

    def forget(self, numbers: list[int]) -> None:
        """Everything of these measures."""
        for no in numbers:
            self.db.execute(f"DELETE FROM settled_cell WHERE no = {no}; DELETE FROM settled_owing WHERE no = {no}")
            self.db.execute(f"DROP TABLE IF EXISTS candidate_{no}")

    def before(self, no: int, day: str) -> None:
        """Lets go of the settled cells of days that are no longer asked for."""
        self.db.execute(
            f"DELETE FROM settled_cell WHERE no = {no} AND day < {day}; DELETE FROM settled_owing WHERE no = {no} AND day < {day}"
        )

    def compact(self, long_ago: date | None = None) -> None:
        """Adds up rows of one cell, where there are many more of them than cells. Days before `long_ago` become one, once there is a week of them."""
        rows, cells, first = self.db.execute(
            f"SELECT count(*), approx_count_distinct(hash(no, area, day)), min(day) FILTER (WHERE day > {LONG_AGO}) FROM settled_cell"
        ).fetchall()[0]
        fold = long_ago is not None and first is not None and first < long_ago - WEEK
        if rows < 1.5 * cells and not fold:
            return
        day = f"CASE WHEN day < DATE '{long_ago}' THEN {LONG_AGO} ELSE day END AS day" if fold else "day"
        for name, counts in (("settled_cell", COUNTED), ("settled_owing", ("owing",))):
            sums = ", ".join(f"CAST(sum({c}) AS INTEGER) AS {c}" for c in counts)
            some = " OR ".join(f"sum({c}) <> 0" for c in counts)
            self.db.execute(
                f"CREATE OR REPLACE TABLE {name} AS SELECT no, area, {day}, {sums} FROM {name} GROUP BY ALL HAVING {some} ORDER BY no"
            )
