"""Taking in what changed: everything of one PostgreSQL snapshot, in one DuckDB transaction together with the mark up to where it reaches.

A row is taken when its `change_xid` is at or above the last refresh's `low`, below which every transaction had ended. So a transaction
that took its number early and committed late is found; what is found twice replaces itself. With a subject come all its superseded
versions, whoever wrote them: after a refresh the mirror equals the snapshot.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import duckdb

from .before import Before
from .layout import SMALL_RELATIONS, Facts, Layout, Source, quoted
from .source import Moment, Snapshot, Take

FORMAT = 1  # of what is kept here; another one is copied anew


@dataclass
class Refreshed:
    """What a refresh did.

    Attributes:
        whole: Why each table that was copied whole had to be; empty in an ordinary refresh.
        rows: Rows taken in, by table of the mirror.
        gone: Subjects that were deleted, or came again.
        differ: Tables that a check found different, and that were copied whole.
        moment: The moment of PostgreSQL that the mirror now equals, as PostgreSQL writes it.
        snapshot: PostgreSQL's name for that moment: which transactions had committed (`Run.seen`).
        turn: Counts the refreshes of this mirror.
        before: What was there before can be asked: `Mirror.relations(…, before=True)`, `Mirror.touched(table)`. Never after a whole copy, or
            where areas, posts or what is kept changed: then anything may be different.
    """

    whole: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    gone: int = 0
    differ: list[str] = field(default_factory=list)
    seconds: float = 0.0
    moment: str = ""
    turn: int = 0
    before: bool = False
    snapshot: str = ""


@dataclass
class State:
    """What the mirror knows about itself, saved in it."""

    format: int = 0
    place: str = ""
    low: int = 0
    ticket: str = ""
    zones: list[str] = field(default_factory=list)
    taken_at: str = ""
    prints: dict[str, str] = field(default_factory=dict)  # tables of the mirror, and the small relations
    files: dict[str, str] = field(default_factory=dict)  # PostgreSQL's own storage of a facts table
    turn: int = 0
    before: bool = False  # what the last refresh overwrote is kept
    stirred: list[str] = field(default_factory=list)  # the facts tables of which it keeps anything
    latest: str = ""  # the last `recorded_at` there is, in UTC

    @classmethod
    def of(cls, duck: duckdb.DuckDBPyConnection) -> State:
        """As it was saved; new where nothing was, or in another format."""
        duck.execute("CREATE TABLE IF NOT EXISTS state (body VARCHAR)")
        row = duck.execute("SELECT body FROM state").fetchone()
        body = json.loads(row[0]) if row else {}
        return cls(**body) if body.get("format") == FORMAT else cls()

    def save(self, duck: duckdb.DuckDBPyConnection) -> None:
        duck.execute("DELETE FROM state")
        duck.execute("INSERT INTO state VALUES (?)", [json.dumps(asdict(self))])


class Refresh:
    """One refresh: within a DuckDB transaction that is open, and a snapshot that is open."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, snapshot: Snapshot, layout: Layout, state: State, keep_before: bool = False):
        self.before = Before(duck, layout) if keep_before else None
        self.duck, self.snapshot, self.layout, self.state = duck, snapshot, layout, state
        self.done = Refreshed()
        self.started = time.monotonic()

    def run(self, whole: str = "") -> State:
        """Takes everything in; the state to be saved with it. `whole`: why everything is to be copied again."""
        moment = self.snapshot.moment
        files, prints = self.snapshot.files(self.layout), self.snapshot.prints()
        whole = whole or self.why_whole(moment)
        if whole:
            self.clear()
        if self.before and (whole or not self.same_columns()):
            self.before = None
        jobs: list[tuple[Take, str]] = []
        reasons = {f.table.name: whole or self.why(f.live, f.past) or self.why_files(f, files) for f in self.layout.facts.values()}
        stirred = self.stirred(reasons)
        if self.before:
            self.before.begin(stirred, self.state.stirred)
        for name, facts in self.layout.facts.items():
            jobs += self.take_facts(facts, reasons[name], name in stirred)
        jobs += self.take_acts(whole or self.why(self.layout.act, self.layout.replaced))
        for small in self.layout.small.values():
            relation = SMALL_RELATIONS[small.name]
            if whole or self.why(small) or self.state.prints.get(relation) != prints[relation]:
                self.make(small)
                jobs.append(self.take(small, small.select()))
        for take, path in self.snapshot.feed(jobs):
            take(path)
        self.resolve()
        latest = [f"SELECT max(_recorded) FROM {quoted(s.name)}" for s in self.sources()]
        row = self.duck.execute(f"SELECT max(t)::VARCHAR FROM ({' UNION ALL '.join(latest)}) x(t)").fetchone()
        own = {s.name: s.print for s in (*self.sources(), *self.layout.small.values())}
        told = self.done
        told.turn, told.moment, told.snapshot = self.state.turn + 1, moment.taken_at, moment.text
        told.before = self.before is not None and not told.whole and not told.rows.keys() & {"area", "up", "post", "kept"}
        latest_row = (row and row[0]) or ""
        return State(
            FORMAT,
            moment.place,
            moment.low,
            "",
            self.layout.zones,
            moment.taken_at,
            own | prints,
            files,
            told.turn,
            told.before,
            sorted(stirred),
            latest_row,
        )

    def sources(self) -> list[Source]:
        """The large tables."""
        return [s for f in self.layout.facts.values() for s in (f.live, f.past)] + [self.layout.act, self.layout.replaced]

    # -- what must be copied whole

    def why_whole(self, moment: Moment) -> str:
        s = self.state
        if not s.place:
            return "new"
        if s.place != moment.place:
            return "another database"
        if moment.high < s.low:
            return "transaction numbers went back"
        if not self.snapshot.has_ticket(s.ticket):
            return "the database was put back"
        if s.zones != moment.zones:
            return "time zones"
        return ""

    def same_columns(self) -> bool:
        return all(self.state.prints.get(t.name) == t.print for t in (*self.sources(), *self.layout.small.values()))

    def why(self, *tables: Source) -> str:
        return "" if all(self.state.prints.get(t.name) == t.print for t in tables) else "columns"

    def why_files(self, facts: Facts, files: dict[str, str]) -> str:
        names = (facts.table.relation, facts.table.history)
        if any(self.state.files.get(name) != files[name] for name in names):
            return "storage"
        if len(self.layout.zones) > 1 and self.zones_moved():
            return "area in another time zone"
        return ""

    def zones_moved(self) -> bool:
        """An area that was there already has another time zone: its rows must be read again."""
        found = self.snapshot.connection.execute("SELECT id, zone FROM kernel_area").fetchall()
        known = dict(self.duck.execute("SELECT id, zone FROM area").fetchall())
        return any(known.get(id_, zone) != zone for id_, zone in found)

    def clear(self) -> None:
        for (name,) in self.duck.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary AND table_name <> 'state'").fetchall():
            self.duck.execute(f"DROP TABLE {quoted(name)}")
        self.duck.execute("CREATE TABLE subject (n BIGINT, id UUID)")

    def make(self, *tables: Source) -> None:
        for t in tables:
            self.duck.execute(f"DROP TABLE IF EXISTS {quoted(t.name)}")
            self.duck.execute(t.create())

    # -- what is taken

    def changed_of(self, row: str) -> str:
        """What this snapshot may see and the last one may not have seen. (Rows that another cluster once wrote, restored here, are above `high`.)"""
        return f"{row}.change_xid >= '{self.state.low}'::xid8 AND {row}.change_xid < '{self.snapshot.moment.high}'::xid8"

    def stirred(self, reasons: dict[str, str]) -> set[str]:
        """The tables that have anything to take, found in one statement: most registers are still between two refreshes, and many are empty."""
        tests = []
        for name, f in self.layout.facts.items():
            live = "TRUE" if reasons[name] else self.changed_of("c")
            more = f"SELECT 1 FROM {f.table.history}" if reasons[name] else f"SELECT 1 FROM kernel_tombstone t WHERE t.relation = '{f.table.relation}' AND {self.changed_of('t')}"
            tests.append(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {f.table.relation} c WHERE {live}) OR EXISTS ({more})")
        return {name for (name,) in self.snapshot.connection.execute(" UNION ALL ".join(tests)).fetchall()} if tests else set()

    def take_facts(self, f: Facts, whole: str, stirred: bool) -> list[tuple[Take, str]]:
        if whole:
            self.done.whole[f.table.name] = whole
            self.make(f.live, f.past)
        if not stirred:
            return []
        if whole:
            return [self.take(f.live, f.live.select()), self.take(f.past, f.past.select())]
        gone = f"SELECT t.id FROM kernel_tombstone t WHERE t.relation = '{f.table.relation}' AND {self.changed_of('t')}"
        ids = f"SELECT c.id FROM {f.table.relation} c WHERE {self.changed_of('c')} UNION {gone}"
        live, past = f.live.select(self.changed_of("t")), f.past.select(f"t.id IN ({ids})")
        comes = partial(self.before.comes, f) if self.before else None
        return [(partial(self.forget, f), ids), self.take(f.live, live, then=comes), self.take(f.past, past)]

    def forget(self, f: Facts, path: Path) -> None:
        """Deletes every version of these subjects; those that still are come again."""
        self.stage(path, {"id": "UUID"})
        self.duck.execute("CREATE OR REPLACE TEMP TABLE numbers AS SELECT d.n FROM subject d WHERE d.id IN (SELECT id FROM staged)")
        if self.before:
            self.before.leaves(f)
        for table in (f.live, f.past):
            row = self.duck.execute(f"DELETE FROM {quoted(table.name)} WHERE id IN (SELECT n FROM numbers)").fetchone()
            self.done.gone += row[0] if row and table is f.live else 0

    def take_acts(self, whole: str) -> list[tuple[Take, str]]:
        act, replaced = self.layout.act, self.layout.replaced
        if whole:
            self.done.whole["act"] = whole
            self.make(act, replaced)
        changed = "TRUE" if whole else self.changed_of("t")
        return [self.take(table, table.select(changed), again=not whole) for table in (act, replaced)]

    def resolve(self) -> None:
        """Which act each correction replaces, by our number of it. One that is not there (yet) is looked for again each time."""
        wanted = [row[0] for row in self.duck.execute("SELECT DISTINCT replaces FROM replaced WHERE act IS NULL").fetchall()]
        for start in range(0, len(wanted), 20_000):
            part = wanted[start : start + 20_000]
            found = self.snapshot.connection.execute("SELECT id, change_no FROM kernel_act WHERE id = ANY (%s)", [part]).fetchall()
            if found:
                self.duck.execute(
                    "CREATE OR REPLACE TEMP TABLE resolved AS SELECT unnest(?::UUID[]) AS id, unnest(?::BIGINT[]) AS no",
                    [[str(i) for i, _ in found], [n for _, n in found]],
                )
                if self.before:
                    self.before.resolved()
                self.duck.execute("UPDATE replaced SET act = r.no FROM resolved r WHERE r.id = replaced.replaces")

    def take(self, table: Source, select: str, again: bool = False, then: Callable[[], None] | None = None) -> tuple[Take, str]:
        """The job that puts the rows of a SELECT into a table. `again`: acts that are there already are replaced."""

        def into(path: Path) -> None:
            self.stage(path, {c.name: c.read for c in table.columns})
            if again:
                if self.before:
                    self.before.acts(table.name)
                self.replace(table, "_no")
            self.done.rows[table.name] = self.done.rows.get(table.name, 0) + self.insert(table)
            if then:
                then()

        return into, select

    def replace(self, table: Source, key: str) -> None:
        """Deletes what is staged again. The lowest key keeps the search to what was written lately."""
        row = self.duck.execute(f"SELECT min({key}) FROM staged").fetchone()
        if row and row[0] is not None:
            self.duck.execute(f"DELETE FROM {quoted(table.name)} WHERE {key} >= {row[0]} AND {key} IN (SELECT {key} FROM staged)")

    def stage(self, path: Path, columns: dict[str, str]) -> None:
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
        options = "header=false, auto_detect=false, delim=',', quote='\"', escape='\"', nullstr='', allow_quoted_nulls=false"
        try:
            self.duck.execute(f"CREATE OR REPLACE TEMP TABLE staged AS SELECT * FROM read_csv(['{path}'], columns={{{types}}}, {options})")
        finally:
            path.unlink(missing_ok=True)

    def insert(self, table: Source) -> int:
        """From `staged`; identifiers become numbers, new ones are given to those that have none."""
        ids = [c.name for c in table.columns if c.type == "ID"]
        if ids:
            every = " UNION ".join(f"SELECT {quoted(name)} AS id FROM staged WHERE {quoted(name)} IS NOT NULL" for name in ids)
            self.duck.execute(f"CREATE OR REPLACE TEMP TABLE named AS SELECT id FROM ({every})")
            self.duck.execute("CREATE OR REPLACE TEMP TABLE numbers AS SELECT d.n, d.id FROM subject d JOIN named USING (id)")
            self.duck.execute(
                "CREATE OR REPLACE TEMP TABLE fresh AS SELECT (SELECT coalesce(max(n), 0) FROM subject) + row_number() OVER () AS n, m.id "
                "FROM named m ANTI JOIN numbers USING (id)"
            )
            self.duck.execute("INSERT INTO subject SELECT n, id FROM fresh")
            self.duck.execute("INSERT INTO numbers SELECT n, id FROM fresh")
        columns = ", ".join(f"n_{name}.n" if (name := c.name) in ids else f"s.{quoted(name)}" for c in table.columns)
        joins = " ".join(f"LEFT JOIN numbers n_{name} ON n_{name}.id = s.{quoted(name)}" for name in ids)
        order = " ORDER BY s.kind, s._no" if table is self.layout.act else ""
        row = self.duck.execute(f"INSERT INTO {quoted(table.name)} SELECT {columns} FROM staged s {joins}{order}").fetchone()
        return row[0] if row else 0
