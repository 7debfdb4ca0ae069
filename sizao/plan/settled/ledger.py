"""The tables in which settled cells are kept, in the DuckDB file of the mirror."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import duckdb

from sizao.plan.duck import COUNTED, COUNTS, KEPT, SUMS
from sizao.plan.sql import DUCKDB

KEYS = "no INTEGER, area BIGINT, day DATE"
literal = DUCKDB.literal
LONG_AGO, WEEK = "DATE '0001-01-01'", timedelta(days=7)  # under which the settled of days long past stands
FORMAT = "7"  # of these tables; another one is made anew


@dataclass(frozen=True)
class Kept:
    """What a measure's settled cells rest on. `print` changes when they must be worked out again; `seconds` is how long the last cycle took over it.
    `whole`: nothing of it is settled, everything is counted in each cycle."""

    no: int
    key: str
    print: str
    as_of: datetime
    horizon: datetime
    seconds: float = 0.0
    whole: bool = False


class Ledger:
    """Settled cells, live cells, and for each measure what they rest on.

    settled_cell: an area with all below it; several rows add up. settled_owing: how many, at the area itself, need somebody to answer: who does is
    asked each time. live_cell_0 and live_cell_1: the rest, of the last cycle and of the one before it (of the one that is being worked on, until it ends).
    candidate_N: rows of the facts that can matter to measure N, `live` unless all is settled. settled_cycle: the number of the last cycle.

    A cycle writes as it goes, and nothing of it counts before `settle`: cells of a later turn than the last are not read, nor are candidates of a measure
    that is not in settled_measure. What a cycle that was killed has left is cleared away by the next.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection):
        self.db = db
        if self.one(f"SELECT count(*) FROM duckdb_tables() WHERE table_name = 'settled_measure' AND comment = '{FORMAT}'") == 0:
            self.make()
        self.turn: int = 1 + self.one("SELECT turn FROM settled_cycle")
        self.live = f"live_cell_{self.turn % 2}"

    def make(self) -> None:
        """Empty tables, whatever was there."""
        self.db.execute("BEGIN")
        self.db.execute("DROP VIEW IF EXISTS cell")
        tables = ("settled_measure", "settled_cell", "settled_owing", "settled_cycle")
        for name in [*self.tables("candidate_%"), *self.tables("live_cell%"), *tables]:
            self.db.execute(f"DROP TABLE IF EXISTS {name}")
        counted = ", ".join(f"{c} INTEGER" for c in COUNTED)
        self.db.execute("CREATE TABLE settled_measure (no INTEGER, key VARCHAR, print VARCHAR, as_of TIMESTAMP, horizon TIMESTAMP, seconds DOUBLE, whole BOOLEAN)")
        self.db.execute(f"COMMENT ON TABLE settled_measure IS '{FORMAT}'")
        self.db.execute(f"CREATE TABLE settled_cell ({KEYS}, {counted}, turn INTEGER)")
        self.db.execute(f"CREATE TABLE settled_owing ({KEYS}, owing INTEGER, turn INTEGER)")
        self.db.execute("CREATE TABLE settled_cycle (turn INTEGER); INSERT INTO settled_cycle VALUES (0)")
        self.empty("live_cell_0")
        self.read("live_cell_0")
        self.db.execute("COMMIT")

    def empty(self, live: str) -> None:
        self.db.execute(f"CREATE OR REPLACE TABLE {live} ({KEYS}, {', '.join(f'{c} INTEGER' for c in KEPT)})")

    def read(self, live: str) -> None:
        """The cells are from now on those with these live ones."""
        past = "SELECT * FROM settled_cell WHERE turn <= (SELECT turn FROM settled_cycle)"
        both = f"SELECT no, area, day, {', '.join(COUNTED)}, 0 AS ownerless FROM ({past}) UNION ALL SELECT * FROM {live}"
        sums = ", ".join(f"CAST(sum({name}) AS INTEGER) AS {name}" for name in KEPT)
        named = ", ".join(f"{SUMS.get(name, name)} AS {name}" for name in COUNTS)
        self.db.execute(
            f"CREATE OR REPLACE VIEW cell AS SELECT m.key AS measure, c.area, c.day, {named} FROM (SELECT no, area, day, {sums} FROM ({both}) GROUP BY ALL) c JOIN settled_measure m USING (no)"
        )

    def whole(self, only: str = "") -> str:
        """SELECT of the cells of all days together: key, area, and what is kept of the counts. `only`: a table of those that are asked for (no, area)."""
        live, past = f"live_cell_{(self.turn - 1) % 2}", f"SELECT * FROM settled_cell WHERE turn < {self.turn}"
        some = f" SEMI JOIN {only} USING (no, area)" if only else ""
        both = f"SELECT no, area, {', '.join(COUNTED)}, 0 AS ownerless FROM ({past}){some} UNION ALL SELECT no, area, {', '.join(KEPT)} FROM {live}{some}"
        sums = ", ".join(f"CAST(sum({name}) AS INTEGER) AS {name}" for name in KEPT)
        return f"SELECT m.key, c.* EXCLUDE (no) FROM (SELECT no, area, {sums} FROM ({both}) GROUP BY no, area) c JOIN settled_measure m USING (no)"

    def shape(self) -> str:
        """Where the cells of one cycle can be held against those of the next: its number, the measures with their horizons, and how much is settled."""
        measures = self.db.execute("SELECT no, key, horizon FROM settled_measure ORDER BY no").fetchall()
        return self._shape(self.turn - 1, measures, "TRUE")

    def shape_before(self) -> str:
        """What the shape of the cycle before was, if since then nothing was evaluated whole, let go of or added up anew."""
        measures = self.db.execute("SELECT no, key, horizon FROM settled_measure ORDER BY no").fetchall()
        return self._shape(self.turn - 2, measures, f"turn < {self.turn - 1}")

    def _shape(self, turn: int, measures: list[Any], which: str) -> str:
        return sha256(repr((turn, measures, self.one(f"SELECT count(*) FROM settled_cell WHERE {which}"))).encode()).hexdigest()

    def moved(self) -> str:
        """SELECT of the cells (no, area) that differ from those of the cycle before, which must be of `shape_before`.

        Two sums tell it, in which each count has a weight of its own, and no sum over columns one by one, which would take two and a half times as long.
        That both stay the same while a cell changes comes once in 2^56 changes.
        """
        now, then, counts = f"live_cell_{(self.turn - 1) % 2}", f"live_cell_{self.turn % 2}", ", ".join(KEPT)
        past = f"SELECT no, area, {', '.join(COUNTED)}, 0 AS ownerless FROM settled_cell WHERE turn = {self.turn - 1}"
        parts = [(f"SELECT no, area, {counts} FROM {now}", ""), (f"SELECT no, area, {counts} FROM {then}", "-"), (past, "")]
        both = " UNION ALL ".join(f"SELECT no, area, {sign}({weighed(0)}) AS a, {sign}({weighed(1)}) AS b FROM ({select})" for select, sign in parts)
        return f"SELECT no, area FROM ({both}) GROUP BY no, area HAVING sum(a) <> 0 OR sum(b) <> 0"

    def one(self, sql: str) -> Any:
        row = self.db.execute(sql).fetchone()
        return row[0] if row else None

    def tables(self, like: str, database: str = "current_database()") -> list[str]:
        """Of the mirror's file, or of another database."""
        select = f"SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '{like}' AND database_name = {database}"
        return [row[0] for row in self.db.execute(select).fetchall()]

    def kept(self) -> dict[str, Kept]:
        """By key."""
        return {row[1]: Kept(*row) for row in self.db.execute("SELECT no, key, print, as_of, horizon, seconds, whole FROM settled_measure").fetchall()}

    # -- a cycle

    def begin(self) -> None:
        """Clears away what a cycle that came to no end has left."""
        known = {f"candidate_{k.no}" for k in self.kept().values()}
        for name in set(self.tables("candidate_%")) - known:
            self.db.execute(f"DROP TABLE {name}")
        for name in ("settled_cell", "settled_owing"):
            if self.one(f"SELECT count(*) FROM {name} WHERE turn >= {self.turn}"):
                self.db.execute(f"DELETE FROM {name} WHERE turn >= {self.turn}")
        self.empty(self.live)

    def settle(self, measures: list[Kept]) -> None:
        """Within a transaction: what the cycle has written counts from now on, and this is what it rests on."""
        self.db.execute("DELETE FROM settled_measure")
        rows = ", ".join(f"({', '.join(map(literal, (k.no, k.key, k.print, k.as_of, k.horizon, k.seconds, k.whole)))})" for k in measures)
        if rows:  # as literals: for each value that is bound, DuckDB looks for libraries that are not there
            self.db.execute(f"INSERT INTO settled_measure VALUES {rows}")
        self.db.execute(f"UPDATE settled_cycle SET turn = {self.turn}")
        self.read(self.live)

    def forget(self, numbers: Iterable[int]) -> None:
        """Everything of these measures."""
        listed = sorted(numbers)
        if listed:
            self.delete(f"no IN ({', '.join(map(str, listed))})")
        for no in listed:
            self.db.execute(f"DROP TABLE IF EXISTS candidate_{no}")

    def before(self, numbers: Iterable[int], day: str) -> None:
        """Lets go of the settled cells of days that are no longer asked for."""
        listed = sorted(numbers)
        if listed:
            self.delete(f"no IN ({', '.join(map(str, listed))}) AND day < {day}")

    def delete(self, which: str) -> None:
        for name in ("settled_cell", "settled_owing"):
            self.db.execute(f"DELETE FROM {name} WHERE {which}")

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
                f"CREATE OR REPLACE TABLE {name} AS SELECT no, area, {day}, {sums}, {self.turn} AS turn FROM {name} GROUP BY no, area, 3 HAVING {some} ORDER BY no"
            )


def weighed(which: int) -> str:
    """A sum of all counts, each times a weight of 28 bits: it fits 64 bits whatever the counts."""
    weights = {name: int.from_bytes(sha256(f"{name} {which}".encode()).digest()[:4]) >> 4 for name in KEPT}
    return " + ".join(f"CAST({name} AS BIGINT) * {weight}" for name, weight in weights.items())
