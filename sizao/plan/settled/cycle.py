"""One cycle: the settled part of what was touched, then what is live, then what has become settled."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from datetime import time as clock
from hashlib import sha256

import duckdb

from sizao.plan.duck import COUNTED, KEPT, READ, Counter, Judged
from sizao.plan.language import nodes
from sizao.plan.language.measure import FAR, Measure
from sizao.plan.language.schedule import Before, Within
from sizao.plan.sql import DUCKDB, Part, Relations
from sizao.plan.sql.parts import series

from .changes import CHANGED, Changes, touched
from .ledger import Kept, Ledger

literal = DUCKDB.literal
LARGE = 500_000  # rows of a facts table above which those that can matter to a measure are kept apart
AT_ONCE = 1_000_000  # counts of areas and days that are added up together
FINAL = "state IN ('met', 'late', 'closed')"


@dataclass
class CycleResult:
    """What a cycle did. `whole`: measures that were evaluated whole, and why; `touched`: how many subjects of the others were looked at again."""

    as_of: datetime
    horizon: datetime
    whole: dict[str, str] = field(default_factory=dict)
    touched: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=lambda: {"late": 0.0, "live": 0.0, "cells": 0.0})


def cycle(
    db: duckdb.DuckDBPyConnection,
    measures: Sequence[Judged],
    relations: Relations,
    as_of: datetime,
    changes: Changes | None = None,
    since: date | None = None,
) -> CycleResult:
    """Brings the cells to `as_of`, in one transaction. They are then what evaluating everything would give.

    Args:
        measures: What is in force, each with a key of its own.
        relations: What was known, in the civil time of one zone.
        changes: What differs from the relations of the last cycle; None when that is not known, and everything is evaluated.
        since: Series are counted from this day on; None: from their beginning.
    """
    db.execute("BEGIN")
    try:
        result = Cycle(db, relations, as_of, changes, since).run(measures)
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    return result


class Cycle:
    def __init__(self, db: duckdb.DuckDBPyConnection, relations: Relations, as_of: datetime, changes: Changes | None, since: date | None):
        self.db, self.relations, self.as_of, self.changes, self.since = db, relations, as_of, changes, since
        self.ledger = Ledger(db)
        self.now = Counter(db, relations, as_of, "now")
        self.was: Counter | None = None
        self.horizon = datetime.combine(as_of.date(), clock())
        self.start = datetime.combine(since, clock()) if since else None
        self.result = CycleResult(as_of, self.horizon)
        self.sizes: dict[str, int] = {}

    def run(self, measures: Sequence[Judged]) -> CycleResult:
        kept = self.ledger.kept()
        if self.changes:
            self.db.execute(f"CREATE OR REPLACE TEMP TABLE {CHANGED} AS {self.changes.acts}")
        self.db.execute("CREATE OR REPLACE TABLE live_cell AS SELECT * FROM live_cell LIMIT 0")
        standing, ground = [], self.ground()
        self.new_counted()
        self.ledger.forget([k.no for key, k in kept.items() if key not in {j.key for j in measures}])
        number = max((k.no for k in kept.values()), default=0)
        for j in measures:
            print_, old = self.print(j, ground), kept.get(j.key)
            why = self.why_whole(old, print_)
            number += old is None
            no = old.no if old else number
            if why or old is None:
                self.result.whole[j.key] = why
                self.whole(j, no)
            else:
                self.again(j, old)
            standing.append(Kept(no, j.key, print_, self.as_of, self.horizon))
        began = time.perf_counter()
        self.add_up()
        self.result.seconds["cells"] += time.perf_counter() - began
        self.ledger.keep(standing)
        self.now.close()
        return self.result

    def why_whole(self, old: Kept | None, print_: str) -> str:
        if old is None:
            return "new"
        if old.print != print_:
            return "rule, area or what is kept has changed"
        if self.changes is None:
            return "asked"
        return "an earlier moment" if self.as_of < old.as_of else ""

    # -- what cells rest on

    def ground(self) -> str:
        """The tree, and since when what is kept: where they change, every cell may."""
        r = self.relations
        return ";".join(
            str(self.ledger.one(f"SELECT CAST(sum(hash(x)) AS VARCHAR) FROM ({select}) x")) for select in (r.area, r.up, r.kept)
        )

    def print(self, j: Judged, ground: str) -> str:
        return sha256(repr((j.measure, j.force, j.top, self.since is None, ground)).encode()).hexdigest()

    # -- one measure

    def whole(self, j: Judged, no: int) -> None:
        self.ledger.forget([no])
        if self.apart(j.measure):
            self.choose(j, no)
        self.live(j, no, None)
        self.finish(j, no)

    def again(self, j: Judged, old: Kept) -> None:
        if self.since and series(j.measure):
            self.ledger.before(old.no, literal(self.since))
        began = time.perf_counter()
        if settles(j.measure):
            self.late(j, old)
        self.result.seconds["late"] += time.perf_counter() - began
        self.live(j, old.no, old.horizon if settles(j.measure) else None)
        self.finish(j, old.no)

    def apart(self, m: Measure) -> bool:
        """Whether the rows that can matter to it are kept apart: of a large table, and where a subject can be done for good."""
        if m.facts not in self.sizes:
            self.sizes[m.facts] = self.ledger.one(f"SELECT count(*) FROM ({self.relations.facts[m.facts]})")
        return settles(m) and (not series(m) or self.sizes[m.facts] >= LARGE)

    def changed(self, table: str) -> str:
        """The rows, as they are now, of the subjects that the refresh changed."""
        assert self.changes
        return self.now.keep(
            ("changed", table), f"SELECT * FROM ({self.relations.facts[table]}) n WHERE n.id IN ({self.changes.subjects[table]})"
        )

    def choose(self, j: Judged, no: int, table: str | None = None) -> None:
        """Copies the rows that can matter, of all or of a table of some: all but subjects of a single version for which the condition never holds."""
        c = self.now.compiler(j.measure)
        never = c.never("n")
        where = f" WHERE n.vf > n.known OR n.vt < {literal(FAR)} OR ({never}) IS NOT FALSE" if never else ""
        rows = table or f"({self.relations.facts[j.measure.facts]})"
        select = f"SELECT {c.columns('n', ('vt',))}, TRUE AS live FROM {rows} n{where}"
        self.db.execute(f"INSERT INTO candidate_{no} {select}" if table else f"CREATE TABLE candidate_{no} AS {select}")

    def over(self, j: Judged, no: int, relations: Relations, only_live: bool = False) -> Relations:
        """The relations, with the rows kept apart in place of the whole table."""
        if not self.apart(j.measure):
            return relations
        rows = f"SELECT * EXCLUDE (live) FROM candidate_{no}{' WHERE live' if only_live else ''}"
        return replace(relations, facts={**relations.facts, j.measure.facts: rows}, versions={})

    # -- late records

    def late(self, j: Judged, old: Kept) -> None:
        """Takes away what was settled of the touched, and adds what is settled of them now."""
        assert self.changes
        m, before = j.measure, self.changes.before
        apart = self.apart(m)
        rows = [f"SELECT * FROM candidate_{old.no}"] if apart else [self.relations.facts[m.facts], before.facts[m.facts]]
        self.db.execute(
            f"CREATE OR REPLACE TEMP TABLE touched AS {touched(m, self.changes, rows, self.relations.act, old.as_of, self.as_of, old.horizon)}"
        )
        self.result.touched[j.key] = self.ledger.one("SELECT count(*) FROM touched")
        new_leaves(self.db)
        if not self.result.touched[j.key]:
            return
        only = "SELECT id FROM touched"
        if series(m):
            part = Part(since=self.start, settled=old.horizon)
        else:
            part, only = Part(), f"SELECT id FROM candidate_{old.no} WHERE NOT live AND id IN (SELECT id FROM touched)"
        if self.was is None:
            self.was = Counter(self.db, before, old.as_of, "was")
            self.was.made, self.was.same = (
                self.now.made,
                self.now.same,
            )  # the tree and what is kept are the same, or nothing had been settled
        self.add(self.was.over(self.over(j, old.no, before)).leaves(j, part, only, sign="-"))
        if apart:
            self.db.execute(f"DELETE FROM candidate_{old.no} WHERE id IN ({self.changes.subjects[m.facts]})")
            self.choose(j, old.no, self.changed(m.facts))
            self.db.execute(f"UPDATE candidate_{old.no} SET live = TRUE WHERE NOT live AND id IN (SELECT id FROM touched)")
        if series(m):
            self.add(self.now.over(self.over(j, old.no, self.relations)).leaves(j, part, "SELECT id FROM touched"))
        names = (*COUNTED, "owing")
        sums, some = ", ".join(f"CAST(sum({c}) AS INTEGER) AS {c}" for c in names), " OR ".join(f"sum({c}) <> 0" for c in names)
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE leaves AS SELECT area, day, settled, {sums} FROM leaves GROUP BY ALL HAVING {some}")

    def add(self, leaves: str) -> None:
        self.db.execute(f"INSERT INTO leaves SELECT * REPLACE (TRUE AS settled) FROM ({leaves}) WHERE day IS NOT NULL")

    # -- what is live

    def live(self, j: Judged, no: int, since_horizon: datetime | None) -> None:
        """Evaluates what is not settled; what is settled at the new horizon is marked."""
        began = time.perf_counter()
        m = j.measure
        if since_horizon is None:
            new_leaves(self.db)
        part = Part(since=self.start, live=since_horizon)
        counter = self.now.over(self.over(j, no, self.relations, only_live=True))
        if not settles(m):
            self.db.execute(f"INSERT INTO leaves {counter.leaves(j, part)}")
        elif series(m) or self.all_ahead(m):
            self.db.execute(f"INSERT INTO leaves {counter.leaves(j, part, horizon=self.horizon)}")
        else:
            self.db.execute(f"CREATE OR REPLACE TEMP TABLE obliged AS {counter.statement(j, part, fields=('subject', *READ))}")
            settled = f"o.due < {literal(self.horizon)} AND o.{FINAL}"
            self.db.execute(f"INSERT INTO leaves {counter.counted('obliged', settled)}")
            self.db.execute(f"UPDATE candidate_{no} SET live = FALSE WHERE id IN (SELECT o.subject FROM obliged o WHERE {settled})")
        self.result.seconds["live"] += time.perf_counter() - began

    def all_ahead(self, m: Measure) -> bool:
        """Its one due is still ahead for everybody."""
        w = m.when
        if not isinstance(w, Before) or any(isinstance(x, (nodes.Column, nodes.Parameter)) for x in nodes.walk(w.point)):
            return False
        return bool(self.ledger.one(f"SELECT {self.now.compiler(m).writer('n', 'NULL', 'NULL').sql(w.point)} >= {literal(self.horizon)}"))

    def finish(self, j: Judged, no: int) -> None:
        """Hands the counts on, with how many have nobody to answer: asked now of what was settled earlier too."""
        began = time.perf_counter()
        self.db.execute(f"INSERT INTO settled_owing SELECT {no}, area, day, owing FROM leaves WHERE settled AND owing <> 0")
        top, owned, counted = self.now.root if j.top is None else j.top, self.now.owned(j.measure), ", ".join(COUNTED)
        owing = f"SELECT area, day, CAST(sum(owing) AS INTEGER) AS owing FROM settled_owing WHERE no = {no} GROUP BY ALL"
        self.db.execute(
            f"INSERT INTO counted SELECT {no}, coalesce(l.area, {top}), l.day, l.settled, {counted}, CASE WHEN l.settled OR w.area IS NOT NULL THEN 0 ELSE l.owing END "
            f"FROM leaves l LEFT JOIN {owned} w ON w.area = l.area UNION ALL "
            f"SELECT {no}, coalesce(o.area, {top}), o.day, FALSE, {', '.join('0' for _ in COUNTED)}, o.owing FROM ({owing}) o ANTI JOIN {owned} w ON w.area = o.area"
        )
        self.rows += self.ledger.one("SELECT count(*) FROM leaves")
        if self.rows > AT_ONCE:
            self.add_up()
        self.result.seconds["cells"] += time.perf_counter() - began

    def add_up(self) -> None:
        """Adds the levels up; the settled to the settled, the rest to what is live."""
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE below AS {self.now.below('counted')}")
        self.db.execute(f"INSERT INTO settled_cell SELECT no, area, day, {', '.join(COUNTED)} FROM below WHERE settled")
        self.db.execute(f"INSERT INTO live_cell SELECT no, area, day, {', '.join(KEPT)} FROM below WHERE NOT settled")
        self.new_counted()

    def new_counted(self) -> None:
        self.rows = 0
        counts = ", ".join(f"{c} INTEGER" for c in KEPT)
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE counted (no INTEGER, area BIGINT, day DATE, settled BOOLEAN, {counts})")


def settles(m: Measure) -> bool:
    """Whether this measure's past stands still. One whose evidence is judged by the present moment is evaluated whole each time, and so is whatever
    hangs on more than the subject's own row and acts: something else may change it."""
    if not m.simple or not (series(m) or isinstance(m.when, (Within, Before))):
        return False
    return m.done.where is None or not any(isinstance(x, nodes.Moment) for x in nodes.walk(m.done.where))


def new_leaves(db: duckdb.DuckDBPyConnection) -> None:
    counts = ", ".join(f"{c} INTEGER" for c in (*COUNTED, "owing"))
    db.execute(f"CREATE OR REPLACE TEMP TABLE leaves (area BIGINT, day DATE, settled BOOLEAN, {counts})")
