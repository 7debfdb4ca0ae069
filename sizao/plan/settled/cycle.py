"""One cycle: for each measure the settled part of what was touched, then what is live; then what has become settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256

import duckdb

from sizao.plan.duck import Judged, idle
from sizao.plan.sql import DUCKDB, Relations
from sizao.plan.sql.parts import series

from .changes import CHANGED, Changes, changed
from .course import Course, CycleResult, Listing, Work
from .lane import Lane
from .lanes import SHELF, Lanes
from .ledger import Kept
from .worth import settles

literal = DUCKDB.literal
LARGE = 500_000  # rows of a facts table above which those that can matter to a measure are kept apart
GROWN = "has grown"  # why a measure that was counted whole each time is settled now
LONG = timedelta(days=62)  # for which days are kept apart, where nobody says from which on


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


class Cycle(Course):
    def run(self, measures: Sequence[Judged]) -> CycleResult:
        kept = self.ledger.kept()
        self.ledger.begin()
        self.works, standing = self.planned(measures, kept)
        self.idle = frozenset.intersection(*(idle(w.judged.measure) for w in self.works)) if self.works else frozenset()
        works = self.works
        with Lanes(self.db) as lanes:
            if self.changes:
                self.db.execute(f"CREATE TABLE {CHANGED} AS {changed(self.changes, [w.judged.measure for w in works if w.old and not w.whole])}")
            self.now.at_the_top  # noqa: B018 - before there are several threads
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

    def planned(self, measures: Sequence[Judged], kept: dict[str, Kept]) -> tuple[list[Work], list[Kept]]:
        """What is to be done, and what the cells will rest on then."""
        ground, works, standing = self.ground(), [], []
        number = max((k.no for k in kept.values()), default=0)
        apart = set(self.ledger.tables("candidate_%"))
        for j in measures:
            print_, old = self.print(j, ground), kept.get(j.key)
            held = old is not None and f"candidate_{old.no}" in apart
            rows = self.looked_at(old) if old and held else self.size(j.measure.facts)
            why = self.why_whole(old, print_)
            if old and old.whole and not why and settles(j.measure) and not self.few(j, rows):
                why = GROWN
            if why or old is None:
                self.result.whole[j.key] = why
                number, rows = number + 1, self.size(j.measure.facts)
                large, whole = rows >= LARGE, not settles(j.measure) or self.few(j, rows)
                works.append(Work(j, number, None, settles(j.measure) and (large or not (whole or series(j.measure))), whole, rows))
            else:
                works.append(Work(j, old.no, old, held, old.whole, rows))
            standing.append(Kept(works[-1].no, j.key, print_, self.as_of, self.horizon))
        return works, standing

    def looked_at(self, old: Kept) -> int:
        """Of the rows that are kept apart, those that are looked at in each cycle."""
        return self.ledger.one(f"SELECT count(*) FROM candidate_{old.no}{'' if old.whole else ' WHERE live'}") or 0

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
        if any(k.horizon < self.horizon for k in kept.values()):
            self.ledger.compact(None if self.since else self.horizon.date() - LONG)
        self.ledger.settle([replace(k, seconds=self.took.get(k.no, 0.0), whole=self.whole.get(k.no, False)) for k in standing])

    def corrected(self, w: Work) -> None:
        """Brings the rows that are kept apart to what they are now; whoever was touched is looked at until all is settled again."""
        assert self.changes
        self.db.execute(f"DELETE FROM candidate_{w.no} WHERE id IN ({self.changes.subjects[w.judged.measure.facts]})")
        self.db.execute(f"INSERT INTO candidate_{w.no} SELECT * FROM {SHELF}.fresh_{w.no}")
        if not (w.whole or series(w.judged.measure)):
            self.db.execute(f"UPDATE candidate_{w.no} SET live = TRUE WHERE NOT live AND id IN (SELECT id FROM {SHELF}.touched_{w.no})")
