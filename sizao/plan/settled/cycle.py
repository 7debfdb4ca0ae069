"""One cycle: the settled part of what was touched, then what is live, then what has become settled."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as clock
from hashlib import sha256

import duckdb

from sizao.plan.duck import COUNTED, KEPT, READ, Counter, Judged
from sizao.plan.language import nodes
from sizao.plan.language.measure import FAR, Measure
from sizao.plan.language.schedule import Before, Within
from sizao.plan.obligations import FIELDS
from sizao.plan.sql import DUCKDB, Part, Relations
from sizao.plan.sql.parts import series, settled

from .changes import CHANGED, Changes, touched
from .ledger import Kept, Ledger

literal = DUCKDB.literal
LARGE = 500_000  # rows of a facts table above which those that can matter to a measure are kept apart
AT_ONCE = 1_000_000  # counts of areas and days that are added up together
LISTED_AT_ONCE = 1_000_000  # subjects up to which obligations are held to be listed, and not only counted
FINAL = "state IN ('met', 'late', 'closed')"
LONG = timedelta(days=62)  # for which days are kept apart, where nobody says from which on
Listing = Callable[[Counter, Judged, str, bool], None]


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
    listing: Listing | None = None,
) -> CycleResult:
    """Brings the cells to `as_of`, in one transaction. They are then what evaluating everything would give.

    Args:
        measures: What is in force, each with a key of its own.
        relations: What was known, in the civil time of one zone.
        changes: What differs from the relations of the last cycle; None when that is not known, and everything is evaluated.
        since: Series are counted from this day on; None: from their beginning (and of days long past the cells are kept together).
        listing: Is told, for each measure and what stands beside it, of a table of what is live, settled or not (`FIELDS` and `closes`; no post is named in it),
            or of the statement that lists them where they are too many to be held (the last argument says which).
    """
    db.execute("BEGIN")
    try:
        result = Cycle(db, relations, as_of, changes, since, listing).run(measures)
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    return result


class Cycle:
    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        relations: Relations,
        as_of: datetime,
        changes: Changes | None,
        since: date | None,
        listing: Listing | None = None,
    ):
        self.listing = listing
        self.db, self.relations, self.as_of, self.changes, self.since = db, relations, as_of, changes, since
        self.ledger = Ledger(db)
        self.now = Counter(db, relations, as_of, "now")
        self.were: dict[datetime, Counter] = {}
        self.apart = {int(name.removeprefix("candidate_")) for name in self.ledger.tables("candidate_%")}
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
        numbers: dict[int, Judged] = {}
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
            numbers[no] = j
            standing.append(Kept(no, j.key, print_, self.as_of, self.horizon))
        self.add_up()
        self.ownerless(numbers)
        self.add_up()
        if any(k.horizon < self.horizon for k in kept.values()):
            self.ledger.compact(None if self.since else self.horizon.date() - LONG)
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
        self.apart.discard(no)
        if settles(j.measure) and (not series(j.measure) or self.size(j.measure.facts) >= LARGE):
            self.apart.add(no)
            self.choose(j, no)
        self.live(j, no, None)

    def again(self, j: Judged, old: Kept) -> None:
        if self.since and series(j.measure):
            self.ledger.before(old.no, literal(self.since))
        if settles(j.measure):
            self.late(j, old)
        self.live(j, old.no, old.horizon if settles(j.measure) else None)

    def size(self, table: str) -> int:
        """Rows of a facts table."""
        if table not in self.sizes:
            self.sizes[table] = self.ledger.one(f"SELECT count(*) FROM ({self.relations.facts[table]})")
        return self.sizes[table]

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
        if no not in self.apart:
            return relations
        rows = f"SELECT * EXCLUDE (live) FROM candidate_{no}{' WHERE live' if only_live else ''}"
        return replace(relations, facts={**relations.facts, j.measure.facts: rows}, versions={})

    # -- late records

    def late(self, j: Judged, old: Kept) -> None:
        """Takes away what was settled of the touched, and adds what is settled of them now."""
        assert self.changes
        began = time.perf_counter()
        m, before, no = j.measure, self.changes.before, old.no
        rows = [f"SELECT * FROM candidate_{no}"] if no in self.apart else [self.relations.facts[m.facts], before.facts[m.facts]]
        found = touched(m, self.changes, rows, self.relations.act, old.as_of, self.as_of, old.horizon)
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE touched AS {found}")
        count = self.result.touched[j.key] = self.ledger.one("SELECT count(*) FROM touched")
        if count:
            only = "SELECT id FROM touched"
            part = Part(since=self.start, settled=old.horizon) if series(m) else Part()
            once = f"SELECT id FROM candidate_{no} WHERE NOT live AND id IN ({only})"
            self.new_leaves()
            self.add(self.earlier(old).over(self.over(j, no, before)).leaves(j, part, only if series(m) else once, sign="-"))
            if no in self.apart:
                self.db.execute(f"DELETE FROM candidate_{no} WHERE id IN ({self.changes.subjects[m.facts]})")
                self.choose(j, no, self.changed(m.facts))
                self.db.execute(f"UPDATE candidate_{no} SET live = TRUE WHERE NOT live AND id IN ({only})")
            if series(m):
                self.add(self.now.over(self.over(j, no, self.relations)).leaves(j, part, only))
            names = (*COUNTED, "owing")
            sums, some = ", ".join(f"CAST(sum({c}) AS INTEGER) AS {c}" for c in names), " OR ".join(f"sum({c}) <> 0" for c in names)
            self.count(j, no, f"SELECT area, day, settled, {sums} FROM leaves GROUP BY ALL HAVING {some}")
        self.result.seconds["late"] += time.perf_counter() - began

    def earlier(self, old: Kept) -> Counter:
        """Over the relations of the last cycle. The tree and what is kept are as they are now, or nothing had been settled."""
        assert self.changes
        if old.as_of not in self.were:
            counter = self.were[old.as_of] = Counter(self.db, self.changes.before, old.as_of, "was")
            counter.made, counter.same = self.now.made, self.now.same
        return self.were[old.as_of]

    def new_leaves(self) -> None:
        counts = ", ".join(f"{c} INTEGER" for c in (*COUNTED, "owing"))
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE leaves (area BIGINT, day DATE, settled BOOLEAN, {counts})")

    def add(self, leaves: str) -> None:
        self.db.execute(f"INSERT INTO leaves SELECT * REPLACE (TRUE AS settled) FROM ({leaves}) WHERE day IS NOT NULL")

    # -- what is live

    def live(self, j: Judged, no: int, horizon: datetime | None) -> None:
        """Evaluates what was not settled at the last horizon; what is settled at the new one is marked."""
        began = time.perf_counter()
        m, part = j.measure, Part(since=self.start, live=horizon)
        counter = self.now.over(self.over(j, no, self.relations, only_live=True))
        once = settles(m) and not series(m) and not self.all_ahead(m)
        shut = self.shut(m) if settles(m) else "FALSE"
        listed = self.listing is not None and self.few(j, no)
        if once or listed:
            fields = (*FIELDS, "closes") if listed else ("subject", *READ)
            self.db.execute(f"CREATE OR REPLACE TEMP TABLE obliged AS {counter.statement(j, part, fields=fields)}")
            self.count(j, no, counter.counted("obliged", shut))
        else:
            self.count(j, no, counter.leaves(j, part, horizon=self.horizon if settles(m) else None))
        if self.listing:
            self.listing(self.now, j, "obliged" if listed else f"({counter.statement(j, part, fields=(*FIELDS, 'closes'))})", listed)
        if once:
            self.db.execute(f"UPDATE candidate_{no} SET live = FALSE WHERE id IN (SELECT o.subject FROM obliged o WHERE {shut})")
        beside = self.now.beside(j, (*FIELDS, "closes"))
        if beside:
            self.db.execute(f"CREATE OR REPLACE TEMP TABLE obliged AS {beside}")
            self.count(j, no, self.now.counted("obliged", "FALSE"))
            if self.listing:
                self.listing(self.now, j, "obliged", True)
        self.result.seconds["live"] += time.perf_counter() - began

    def shut(self, m: Measure) -> str:
        """Whether an obligation `o` is settled at the horizon."""
        return settled(m, DUCKDB, "o", self.horizon) if series(m) else f"o.due < {literal(self.horizon)} AND o.{FINAL}"

    def few(self, j: Judged, no: int) -> bool:
        """Few enough to be held while they are counted and listed."""
        if no not in self.apart:
            return self.size(j.measure.facts) <= LISTED_AT_ONCE
        return bool(self.ledger.one(f"SELECT count(*) FROM candidate_{no} WHERE live") <= LISTED_AT_ONCE)

    def all_ahead(self, m: Measure) -> bool:
        """Its one due is still ahead for everybody."""
        w = m.when
        if not isinstance(w, Before) or any(isinstance(x, (nodes.Column, nodes.Parameter)) for x in nodes.walk(w.point)):
            return False
        return bool(self.ledger.one(f"SELECT {self.now.compiler(m).writer('n', 'NULL', 'NULL').sql(w.point)} >= {literal(self.horizon)}"))

    # -- cells

    def count(self, j: Judged, no: int, leaves: str) -> None:
        """Takes counts by area and day. Who answers for what is live is asked here; for what is settled, how many would need somebody goes on."""
        top = self.now.root if j.top is None else j.top
        row = self.db.execute(
            f"INSERT INTO counted SELECT {no}, coalesce(l.area, {top}), l.day, l.settled, {', '.join(f'l.{c}' for c in COUNTED)}, "
            f"CASE WHEN l.settled OR w.area IS NOT NULL THEN 0 ELSE l.owing END, CASE WHEN l.settled THEN l.owing ELSE 0 END, l.area "
            f"FROM ({leaves}) l LEFT JOIN {self.now.owned(j.measure)} w ON w.area = l.area"
        ).fetchone()
        self.rows += row[0] if row else 0
        if self.rows > AT_ONCE:
            self.add_up()

    def add_up(self) -> None:
        """Adds the levels up; the settled to the settled, the rest to what is live."""
        began = time.perf_counter()
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE below AS {self.now.below('counted')}")
        self.db.execute(f"INSERT INTO settled_cell SELECT no, area, day, {', '.join(COUNTED)} FROM below WHERE settled")
        self.db.execute(f"INSERT INTO live_cell SELECT no, area, day, {', '.join(KEPT)} FROM below WHERE NOT settled")
        self.db.execute("INSERT INTO settled_owing SELECT no, own, day, owing FROM counted WHERE owing <> 0")
        self.new_counted()
        self.result.seconds["cells"] += time.perf_counter() - began

    def new_counted(self) -> None:
        self.rows = 0
        counts = ", ".join(f"{c} INTEGER" for c in KEPT)
        self.db.execute(
            f"CREATE OR REPLACE TEMP TABLE counted (no INTEGER, area BIGINT, day DATE, settled BOOLEAN, {counts}, owing INTEGER, own BIGINT)"
        )

    def ownerless(self, numbers: dict[int, Judged]) -> None:
        """Of what is settled and needs somebody, how many have nobody now."""
        owned = {j.measure.by: self.now.owned(j.measure) for j in numbers.values()}
        if not owned:
            return
        answering = " UNION ALL ".join(f"SELECT {i} AS who, area FROM {table}" for i, table in enumerate(owned.values()))
        places = list(owned)
        asked = ", ".join(f"({no}, {places.index(j.measure.by)}, {self.now.root if j.top is None else j.top})" for no, j in numbers.items())
        self.db.execute(
            f"INSERT INTO counted SELECT o.no, coalesce(o.area, m.top), o.day, FALSE, {', '.join('0' for _ in COUNTED)}, sum(o.owing), 0, NULL FROM settled_owing o "
            f"JOIN (VALUES {asked}) m(no, who, top) ON m.no = o.no ANTI JOIN ({answering}) w ON w.who = m.who AND w.area = o.area GROUP BY ALL HAVING sum(o.owing) <> 0"
        )


def settles(m: Measure) -> bool:
    """Whether this measure's past stands still. One whose evidence is judged by the present moment is evaluated whole each time, and so is whatever
    hangs on more than the subject's own row and acts (a second look among it; figures of all that was ever owed): something else may change it; and a report that rises as time passes."""
    if not m.simple or m.look is not None or m.shows or (m.ladder and m.done.match == "period") or not (series(m) or isinstance(m.when, (Within, Before))):
        return False
    return m.done.where is None or not any(isinstance(x, nodes.Moment) for x in nodes.walk(m.done.where))
