"""The compiled measures on DuckDB, counted: cells of every level of the tree, by day.

Who answers is asked of an area once, not of each of its obligations: a cell first counts how many would need somebody (`owing`), and where nobody
is found, that many are ownerless.
"""

from __future__ import annotations

import threading
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb

from .counting import TESTS
from .handed import passes_on
from .language.measure import Measure
from .obligations import FIELDS, Force
from .sql import DUCKDB, WHOLE, Part, Relations, compile_beside, compile_measure
from .sql.compiler import Compiler
from .sql.parts import series, settled

SUMS = {"owed": "met + late + missing + missed", "overdue": "missing + missed"}
COUNTED = tuple(name for name in TESTS if name not in (*SUMS, "ownerless"))  # what is counted; the rest follows
KEPT = (*COUNTED, "ownerless")
COUNTS = (*SUMS, *KEPT)
OWING = ("open", "cannot_tell", "missing")  # of what is counted: needs somebody to answer
UNSETTLED = frozenset(("open", "ahead"))  # nothing settled is
NOBODY = "SELECT NULL::BIGINT AS area, NULL::BIGINT AS post WHERE FALSE"
NOWHERE = "SELECT NULL::BIGINT AS area, NULL::TIMESTAMP AS since WHERE FALSE"
EVERYWHERE = Force()
READ = ("area", "due", "closes", "state", "doable", "told_late")


@dataclass(frozen=True)
class Judged:
    """A measure in force. `key` names it among all; `top` is the area that holds what has no area of its own."""

    key: str
    measure: Measure
    force: Force = EVERYWHERE
    top: Any = None


class Shared:
    """What many measures ask for, worked out once, when first asked. `shelf`: a database that every connection sees; without one, tables are temporary."""

    def __init__(self, shelf: str | None = None):
        self.shelf = shelf
        self.made: dict[Any, str] = {}
        self.same: dict[str, datetime | None] = {}
        self.tops: dict[str, datetime] | None = None
        self.locks: dict[Any, threading.Lock] = {}
        self.lock = threading.Lock()

    def keep(self, db: duckdb.DuckDBPyConnection, what: Any, select: str) -> str:
        """A table of this SELECT."""
        with self.lock:
            own = self.locks.setdefault(what, threading.Lock())
            name = f"_shared_{list(self.locks).index(what)}"
        with own:
            if what not in self.made:
                table, kind = (f"{self.shelf}.{name}", "TABLE") if self.shelf else (name, "TEMP TABLE")
                db.execute(f"CREATE OR REPLACE {kind} {table} AS {select}")
                self.made[what] = table
        return self.made[what]


def idle(m: Measure) -> frozenset[str]:
    """What is never counted of it: only parts wait, and only a list that is reconciled, or handed on, lacks somebody."""
    alone = not (m.reconcile or passes_on(m))
    return frozenset(name for name, so in {"waiting": m.simple and alone, "unlisted": alone}.items() if so)


class Counter:
    """Counts obligations over one state of the relations, at one moment."""

    def __init__(self, db: duckdb.DuckDBPyConnection, relations: Relations, as_of: datetime, shared: Shared | None = None):
        self.db, self.as_of, self.given = db, as_of, relations
        self.shared = shared or Shared()

    # -- one measure

    def statement(self, j: Judged, part: Part = WHOLE, only: str | None = None, fields: Sequence[str] = READ) -> str:
        """SQL of its obligations, but for who answers."""
        m = j.measure
        known = replace(self.given, owners={(m.by.role, m.by.place): NOBODY}) if m.simple else self.given
        if m.simple and m.done.act in self.at_the_top:
            known = replace(known, keeping={m.done.act: NOWHERE}, everywhere={m.done.act: self.at_the_top[m.done.act]})
        elif m.simple:
            table = self.kept(m)
            since = self.everywhere(table)
            known = replace(known, keeping={m.done.act: f"SELECT * FROM {table}"}, everywhere={m.done.act: since} if since else {})
        return compile_measure(m, known, self.as_of, j.force, DUCKDB, only, part, fields)

    def beside(self, j: Judged, fields: Sequence[str] = READ) -> str | None:
        """SQL of that by which its list is not complete, in the columns of obligations; None where nothing is reconciled."""
        sql = compile_beside(j.measure, self.given, self.as_of, j.force, DUCKDB)
        named = ", ".join("CAST(NULL AS TIMESTAMP) AS closes" if name == "closes" else name for name in fields)
        return f"SELECT {named} FROM ({sql}) x" if sql else None

    def leaves(self, j: Judged, part: Part = WHOLE, only: str | None = None, horizon: datetime | None = None, sign: str = "") -> str:
        """SQL of its counts by area and day; apart those of a series that are settled at the horizon."""
        shut = settled(j.measure, DUCKDB, "o", horizon) if horizon and series(j.measure) else "FALSE"
        never = UNSETTLED if part.settled is not None else frozenset()
        return self.counted(f"({self.statement(j, part, only)})", shut, sign, never | idle(j.measure))

    def counted(self, obligations: str, settled: str, sign: str = "", never: Container[str] = ()) -> str:
        """Counts by area and day; apart those for which `settled` is true of `o`. `owing`: how many need somebody to answer. `never`: what need not be looked for."""
        found = {name: "0" if name in never else f"count(*) FILTER (WHERE {TESTS[name]})" for name in COUNTED}
        found["owing"] = " + ".join(found[name] for name in OWING)
        counts = ", ".join(f"{sign}CAST({sql} AS INTEGER) AS {name}" for name, sql in found.items())
        return f"SELECT o.area, CAST(o.due AS DATE) AS day, coalesce({settled}, FALSE) AS settled, {counts} FROM {obligations} o GROUP BY ALL"

    def over(self, relations: Relations) -> Counter:
        """The same over other facts; what was worked out is shared."""
        return Counter(self.db, relations, self.as_of, self.shared)

    def below(self, own: str, never: Container[str] = ()) -> str:
        """SQL of a table's counts (no, area, day, and what is kept) for every area with all below it: each level added up from the one beneath. `never`: what is 0 everywhere."""
        added = [c for c in KEPT if c not in never]
        names, sums = ", ".join(added), ", ".join(f"CAST(sum({c}) AS INTEGER) AS {c}" for c in added)
        ctes = []
        for depth in range(self.deepest, -1, -1):
            here = f"SELECT c.no, c.area, c.day, {names} FROM {own} c JOIN {self.places} p ON p.area = c.area AND p.depth = {depth}"
            if depth < self.deepest:
                under = f"SELECT c.no, p.parent AS area, c.day, {names} FROM at_{depth + 1} c JOIN {self.places} p ON p.area = c.area"
                here = f"SELECT no, area, day, {sums} FROM ({here} UNION ALL {under}) GROUP BY ALL"
            ctes.append(f"at_{depth} AS {'NOT MATERIALIZED ' if depth == self.deepest else ''}({here})")
        whole = ", ".join(c if c in added else f"0 AS {c}" for c in KEPT)
        return f"WITH {', '.join(ctes)} " + " UNION ALL ".join(f"SELECT no, area, day, {whole} FROM at_{d}" for d in range(self.deepest + 1))

    # -- the rows behind a number

    def missing(self, j: Judged, area: Any, part: Part = WHOLE) -> list[tuple[Any, ...]]:
        """What is overdue and doable below an area, with the columns of `Obligation` but for who answers: as long as the cell says."""
        inside = f"SELECT u.area FROM ({self.given.up}) u WHERE u.above = {DUCKDB.literal(area)}"
        facts = self.given.facts.get(j.measure.facts)
        ever = f"SELECT e.id FROM ({facts}) e WHERE e.area IN ({inside})" if facts else None
        found = self.statement(j, part, ever, FIELDS)
        return self.db.execute(
            f"SELECT * FROM ({found}) o WHERE o.state = 'overdue' AND o.doable AND o.area IN ({inside}) ORDER BY o.due"
        ).fetchall()

    # -- what measures share

    def keep(self, what: Any, select: str) -> str:
        """A table of this SELECT, made once."""
        return self.shared.keep(self.db, what, select)

    @cached_property
    def root(self) -> Any:
        row = self.db.execute(f"SELECT min(id) FROM ({self.given.area}) WHERE parent IS NULL").fetchone()
        return row[0] if row and row[0] is not None else 0

    @cached_property
    def places(self) -> str:
        """Areas with their parent and their depth."""
        return self.keep(
            "places",
            f"SELECT a.id AS area, a.parent, CAST(max(u.steps) AS INTEGER) AS depth FROM ({self.given.area}) a JOIN ({self.given.up}) u ON u.area = a.id GROUP BY ALL",
        )

    @cached_property
    def deepest(self) -> int:
        row = self.db.execute(f"SELECT max(depth) FROM {self.places}").fetchone()
        return row[0] if row and row[0] is not None else 0

    def compiler(self, m: Measure) -> Compiler:
        return Compiler(m, self.given, self.as_of, Force(), DUCKDB, None)

    def kept(self, m: Measure) -> str:
        """Since when the measure's evidence is kept, by area."""
        return self.keep(("kept", m.done.act), self.compiler(m).keeping())

    @property
    def at_the_top(self) -> dict[str, datetime]:
        """Since when the acts are kept of which it is said for nothing but the top of the tree, if it has one top: for all areas alike."""
        if self.shared.tops is None:
            r = self.given
            one = f"(SELECT count(*) FROM ({r.up}) u WHERE u.above = x.id) = (SELECT count(*) FROM ({r.area}))"
            lines = f"SELECT k.kind, min(k.since) AS since, bool_and(k.area = x.id) AS top FROM ({r.kept}) k, (SELECT x.id FROM ({r.area}) x WHERE x.parent IS NULL AND {one}) x GROUP BY k.kind"
            self.shared.tops = dict(self.db.execute(f"SELECT kind, since FROM ({lines}) WHERE top AND since IS NOT NULL").fetchall())
        return self.shared.tops

    def everywhere(self, kept: str) -> datetime | None:
        """That moment, where it is the same for every area and for what has none."""
        same = self.shared.same
        if kept not in same:
            row = self.db.execute(
                f"SELECT min(since), count(DISTINCT since), count(since), (SELECT count(*) + 1 FROM {self.places}) FROM {kept}"
            ).fetchone()
            same[kept] = row[0] if row and row[1] == 1 and row[2] == row[3] else None
        return same[kept]

    def owned(self, m: Measure) -> str:
        """Areas for which somebody answers."""
        return self.keep(("owned", m.by), f"SELECT DISTINCT area FROM ({self.compiler(m).answering()})")

    def answering(self, m: Measure) -> str:
        """Areas with the post that answers for each."""
        return self.keep(("answering", m.by), self.compiler(m).owner())
