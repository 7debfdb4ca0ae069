"""One cycle: for each measure the settled part of what was touched, then what is live; then what has become settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as clock
from hashlib import sha256

import duckdb

from sizao.plan.duck import COUNTED, KEPT, Counter, Judged, Shared
from sizao.plan.language import nodes
from sizao.plan.language.measure import Measure
from sizao.plan.language.schedule import Before, Within
from sizao.plan.sql import DUCKDB, Relations
from sizao.plan.sql.parts import series

from .changes import CHANGED, Changes
from .lanes import SHELF, Lanes
from .ledger import Kept, Ledger

literal = DUCKDB.literal
LARGE = 500_000  # rows of a facts table above which those that can matter to a measure are kept apart
LONG = timedelta(days=62)  # for which days are kept apart, where nobody says from which on
Listing = Callable[[Counter, Judged, str, bool], None]


@dataclass
class CycleResult:
    """What a cycle did. `whole`: measures that were evaluated whole, and why; `touched`: how many subjects of the others were looked at again.
    `seconds` are those of all lanes together."""

    as_of: datetime
    horizon: datetime
    whole: dict[str, str] = field(default_factory=dict)
    touched: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=lambda: {"late": 0.0, "live": 0.0, "cells": 0.0})


@dataclass(frozen=True)
class Work:
    """A measure to be evaluated.

    Attributes:
        no: Its number. One that is evaluated whole gets a new one.
        old: What its settled cells rest on; None: it is evaluated whole.
        apart: The rows that can matter to it are kept apart.
        rows: About how many subjects are looked at.
        seconds: About how long that will take: as long as the last time, and before there was any, by the number of subjects.
    """

    judged: Judged
    no: int
    old: Kept | None
    apart: bool
    rows: int

    @property
    def seconds(self) -> float:
        return max(self.old.seconds if self.old else 0.0, self.rows / 2e6)


def cycle(
    db: duckdb.DuckDBPyConnection,
    measures: Sequence[Judged],
    relations: Relations,
    as_of: datetime,
    changes: Changes | None = None,
    since: date | None = None,
    listing: Listing | None = None,
) -> CycleResult:
    """Brings the cells to `as_of`. They are then what evaluating everything would give; killed anywhere, they are as they were before.

    Args:
        db: Not within a transaction. What `relations` and `changes` read must be committed and not temporary: other connections read it too.
        measures: What is in force, each with a key of its own.
        relations: What was known, in the civil time of one zone.
        changes: What differs from the relations of the last cycle; None when that is not known, and everything is evaluated.
        since: Series are counted from this day on; None: from their beginning (and of days long past the cells are kept together).
        listing: Is told, for each measure and what stands beside it, of a table of what is live, settled or not (`FIELDS` and `closes`; no post is named in it),
            or of the statement that lists them where they are too many to be held (the last argument says which). It is asked by several threads at a time,
            and has to read with the connection of the counter it is given.
    """
    return Cycle(db, relations, as_of, changes, since, listing).run(measures)


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
        self.now = Counter(db, relations, as_of, Shared(SHELF))
        self.horizon = datetime.combine(as_of.date(), clock())
        self.start = datetime.combine(since, clock()) if since else None
        self.result = CycleResult(as_of, self.horizon)
        self.sizes: dict[str, int] = {}
        self.took: dict[int, float] = {}  # by the number of a measure: its seconds

    def run(self, measures: Sequence[Judged]) -> CycleResult:
        from .lane import Lane

        kept = self.ledger.kept()
        self.ledger.begin()
        works, standing = self.works(measures, kept)
        with Lanes(self.db) as lanes:
            if self.changes:
                self.db.execute(f"CREATE TABLE {CHANGED} AS {self.changes.acts}")
            lanes.work(lambda cursor: Lane(self, cursor, lanes.count), sorted(works, key=lambda w: -w.seconds), lambda w: w.rows >= LARGE)
            lanes.threads(lanes.count)
            self.db.execute("BEGIN")
            try:
                self.finish(works, kept, standing)
                self.db.execute("COMMIT")
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
        return self.result

    def works(self, measures: Sequence[Judged], kept: dict[str, Kept]) -> tuple[list[Work], list[Kept]]:
        """What is to be done, and what the cells will rest on then."""
        ground, works, standing = self.ground(), [], []
        number = max((k.no for k in kept.values()), default=0)
        apart = set(self.ledger.tables("candidate_%"))
        for j in measures:
            print_, old = self.print(j, ground), kept.get(j.key)
            why, held = self.why_whole(old, print_), False
            if why or old is None:
                self.result.whole[j.key] = why
                number, old = number + 1, None
                held = settles(j.measure) and (not series(j.measure) or self.size(j.measure.facts) >= LARGE)
                works.append(Work(j, number, None, held, self.size(j.measure.facts)))
            else:
                held = f"candidate_{old.no}" in apart
                rows = self.ledger.one(f"SELECT count(*) FROM candidate_{old.no} WHERE live") if held else self.size(j.measure.facts)
                works.append(Work(j, old.no, old, held, rows))
            standing.append(Kept(works[-1].no, j.key, print_, self.as_of, self.horizon))
        return works, standing

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

    def size(self, table: str) -> int:
        """Rows of a facts table; of pairs, or of a list, all that were worked out under that name."""
        if table not in self.sizes:
            r = self.relations
            rows = [r.facts[table]] if table in r.facts else [sql for key, sql in r.made.items() if key[0] == table]
            self.sizes[table] = sum(self.ledger.one(f"SELECT count(*) FROM ({sql})") for sql in rows)
        return self.sizes[table]

    # -- in the end

    def finish(self, works: Sequence[Work], kept: dict[str, Kept], standing: list[Kept]) -> None:
        """Puts what the lanes have found in its place."""
        again = [w for w in works if w.old]
        self.ledger.forget({k.no for k in kept.values()} - {w.no for w in again})
        if self.since:
            self.ledger.before([w.no for w in again if series(w.judged.measure)], literal(self.since))
        there = set(self.ledger.tables("%", literal(SHELF)))
        for w in again:
            if f"fresh_{w.no}" in there:
                self.corrected(w)
            if f"done_{w.no}" in there:
                self.db.execute(f"UPDATE candidate_{w.no} SET live = FALSE WHERE id IN (SELECT id FROM {SHELF}.done_{w.no})")
        self.ownerless(works)
        if any(k.horizon < self.horizon for k in kept.values()):
            self.ledger.compact(None if self.since else self.horizon.date() - LONG)
        self.ledger.settle([replace(k, seconds=self.took.get(k.no, 0.0)) for k in standing])

    def corrected(self, w: Work) -> None:
        """Brings the rows that are kept apart to what they are now; whoever was touched is looked at until all is settled again."""
        assert self.changes
        self.db.execute(f"DELETE FROM candidate_{w.no} WHERE id IN ({self.changes.subjects[w.judged.measure.facts]})")
        self.db.execute(f"INSERT INTO candidate_{w.no} SELECT * FROM {SHELF}.fresh_{w.no}")
        if not series(w.judged.measure):
            self.db.execute(f"UPDATE candidate_{w.no} SET live = TRUE WHERE NOT live AND id IN (SELECT id FROM {SHELF}.touched_{w.no})")

    def ownerless(self, works: Sequence[Work]) -> None:
        """Of what is settled and needs somebody, how many have nobody now."""
        owned = {w.judged.measure.by: self.now.owned(w.judged.measure) for w in works}
        if not owned:
            return
        answering = " UNION ALL ".join(f"SELECT {i} AS who, area FROM {table}" for i, table in enumerate(owned.values()))
        places = list(owned)
        tops = {w.no: self.now.root if w.judged.top is None else w.judged.top for w in works}
        asked = ", ".join(f"({w.no}, {places.index(w.judged.measure.by)}, {tops[w.no]})" for w in works)
        nothing = ", ".join(f"0 AS {c}" for c in COUNTED)
        self.db.execute(
            f"CREATE OR REPLACE TEMP TABLE nobody AS SELECT o.no, coalesce(o.area, m.top) AS area, o.day, FALSE AS settled, {nothing}, CAST(sum(o.owing) AS INTEGER) AS ownerless FROM settled_owing o "
            f"JOIN (VALUES {asked}) m(no, who, top) ON m.no = o.no ANTI JOIN ({answering}) w ON w.who = m.who AND w.area = o.area GROUP BY ALL HAVING sum(o.owing) <> 0"
        )
        self.db.execute(f"INSERT INTO {self.ledger.live} SELECT no, area, day, {', '.join(KEPT)} FROM ({self.now.below('nobody')})")
        self.db.execute("DROP TABLE nobody")


def settles(m: Measure) -> bool:
    """Whether this measure's past stands still. One whose evidence is judged by the present moment is evaluated whole each time, and so is whatever
    hangs on more than the subject's own row and acts (a second look among it; figures of all that was ever owed): something else may change it; and a report that rises as time passes."""
    if (
        not m.simple
        or m.look is not None
        or m.shows
        or (m.ladder and m.done.match == "period")
        or not (series(m) or isinstance(m.when, (Within, Before)))
    ):
        return False
    return m.done.where is None or not any(isinstance(x, nodes.Moment) for x in nodes.walk(m.done.where))
