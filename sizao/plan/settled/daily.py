"""A run on settled cells: what a cycle counted and listed, handed to PostgreSQL as the cells and rows of one run.

A list is kept where the cycle saw all of it. Of what was settled earlier there are numbers only; such a list is the same query again at the run's
two times, and the run says so (`Run.unlisted_rows`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sizao.plan.counting import BESIDE as MARKS
from sizao.plan.counting import SHORT_BY, TESTS
from sizao.plan.duck import COUNTS as COUNTED
from sizao.plan.duck import SUMS, Counter, Judged
from sizao.plan.language.measure import Measure
from sizao.plan.models import COUNTS
from sizao.plan.obligations import UNLISTED_OCCASION
from sizao.plan.sql import DUCKDB
from sizao.plan.sql.parts import series

from .course import CycleResult
from .ledger import Ledger
from .mirrored import cycle_after
from .worth import settles
from .written import Written

if TYPE_CHECKING:
    from sizao.plan.evaluation import InForce
    from sizao.plan.mirror.engine import Engine
    from sizao.plan.mirror.refreshing import Refreshed
    from sizao.plan.models import Run
    from sizao.plan.versions import Kept, Writing

LISTS = {"short": "state = 'short'", "no_list": "state = 'no_list'"} | {
    name: test for name, test in TESTS.items() if name not in (*SUMS, "ownerless", "told_late")
}  # everything is in one of them
BESIDE = {"unlisted", "short", "no_list"}
EXTRA = (*MARKS, "short_by")
LISTED, MARKED = "run.listed", "run.marked"  # in memory, where every lane of a cycle can write


def whole_lists(m: Measure) -> set[str]:
    """The lists of which nothing is settled: a cycle sees all of them."""
    if not settles(m):
        return set(LISTS)
    if not series(m):
        return set(LISTS) - {"met", "late", "closed"}
    found = {"open", "ahead", "waiting", *BESIDE}
    return found if m.done.match == "period" else found | {"missing"}  # a report for a day that was settled can still be handed in


class Daily:
    """One run, of the measures that the mirror can answer, for the one time zone of the store."""

    def __init__(self, engine: Engine, run: Run, longest: int):
        self.engine, self.run, self.longest = engine, run, longest
        self.duck, [self.zone] = engine.mirror.duck, engine.zones
        self.seen: dict[str, set[str]] = {}  # by measure: the lists that were seen whole
        self.beside: list[tuple[Path, Kept, tuple[str, ...]]] = []  # amounts and figures, on their way to PostgreSQL

    def count(self, found: list[InForce], refreshed: Refreshed) -> CycleResult:
        """Counts and lists, with no transaction of PostgreSQL open: it may last longer than one may be idle."""
        from sizao.plan.evaluation import naive

        moment, engine = naive(self.run.as_of, self.zone), self.engine
        engine.begin(lasting=True)
        engine.narrow(found)
        return self.through(found, lambda judged: cycle_after(engine.mirror, refreshed, judged, moment, self.listing, engine.related[self.zone], engine.made[self.zone]))

    def through(self, found: list[InForce], cycle: Callable[[list[Judged]], CycleResult]) -> CycleResult:
        """The same with the cycle itself as an argument; it has to tell `listing` what is live."""
        judged = [Judged(f"{f.enactment.pk} {f.measure.id}", f.measure, f.force(self.zone), f.enactment.area_id) for f in found]
        self.duck.execute("ATTACH IF NOT EXISTS ':memory:' AS run")
        self.duck.execute(
            f"CREATE OR REPLACE TABLE {LISTED} (key VARCHAR, subject BIGINT, person BIGINT, occasion BIGINT, opens TIMESTAMP, due TIMESTAMP, "
            "state VARCHAR, reason VARCHAR, area BIGINT, post BIGINT, doable BOOLEAN, told_late BOOLEAN, done_at TIMESTAMP, have DECIMAL(18, 3), need DECIMAL(18, 3), "
            "unit VARCHAR, seen BOOLEAN, raised INTEGER)"
        )
        marks = ", ".join(f"{name} BIGINT" for name in EXTRA)
        self.duck.execute(f"CREATE OR REPLACE TABLE {MARKED} (key VARCHAR, area BIGINT, levels INTEGER, post BIGINT, n BIGINT, {marks})")
        self.found = {j.key: f for j, f in zip(judged, found, strict=True)}
        for f in found:  # before there are several threads
            self.engine.relations(f, self.zone)
        result = cycle(judged)
        self.written = Written(self)
        return result

    def write(self, writing: Writing) -> dict[str, int]:
        """Cells, rows, amounts and figures; "measure list" → number of rows, for lists that are not kept. Only what differs, where the last of the line is
        the run that was written last from here."""
        for path, model, columns in self.beside:
            self.engine.send(writing.cursor, path, writing.now(model), columns)
        self.written.hand_over(writing)
        return self.left_out()

    def remember(self) -> None:
        """The run's transaction has ended: from now on the next is held against it."""
        self.written.remember(self.run)
        self.duck.execute("DETACH run")

    def listing(self, counter: Counter, j: Judged, table: str, held: bool) -> None:
        """One of several threads. Takes the rows of the lists that are short enough; of a measure too long to be held none, but for what stands beside it."""
        first = j.key not in self.seen
        wanted = self.seen.setdefault(j.key, whole_lists(j.measure))
        self.marks(counter, j, table, first)
        if not held:
            wanted &= BESIDE
            return
        sizes = ", ".join(f"count(*) FILTER (WHERE {LISTS[name]})" for name in wanted)
        row = counter.db.execute(f"SELECT {sizes} FROM {table}").fetchone() if wanted else ()
        wanted -= {name for name, n in zip(list(wanted), row or (), strict=True) if n > self.longest}
        if wanted:
            test = " OR ".join(LISTS[name] for name in sorted(wanted))
            counter.db.execute(
                f"INSERT INTO {LISTED} SELECT {DUCKDB.text(j.key)}, o.subject, o.person, o.occasion, o.opens, o.due, o.state, o.reason, o.area, "
                f"CASE WHEN o.occasion <= {UNLISTED_OCCASION} THEN o.post ELSE w.post END, o.doable, o.told_late, o.done_at, o.have, o.need, o.unit, o.seen, o.raised "
                f"FROM (SELECT * FROM {table} WHERE {test}) o LEFT JOIN {counter.answering(j.measure)} w ON w.area = o.area"
            )

    def marks(self, counter: Counter, j: Judged, table: str, first: bool) -> None:
        """Counts, at the areas themselves, what has risen, was looked at or is not complete: never of what is settled. Amounts and figures at once."""
        m, f = j.measure, self.found[j.key]
        if m.ladder or m.look or m.reconcile:
            counts = ", ".join(f"count(*) FILTER (WHERE {test}) AS {name}" for name, test in MARKS.items())
            some = " OR ".join(f"x.{name} <> 0" for name in EXTRA)
            counter.db.execute(
                f"INSERT INTO {MARKED} SELECT {DUCKDB.text(j.key)}, coalesce(x.area, {j.top}), x.levels, w.post, x.n, {', '.join(f'x.{name}' for name in EXTRA)} FROM "
                f"(SELECT o.area, o.raised AS levels, count(*) AS n, {counts}, sum({SHORT_BY}) AS short_by FROM {table} o GROUP BY 1, 2) x "
                f"LEFT JOIN {counter.answering(m)} w ON w.area = x.area WHERE {some}"
            )
        if first:
            before, values = str(f.enactment.pk), self.engine.shown(f, table, zoned=False)
            for select, target, columns in self.engine.beside(counter.db, m, before, table, f.enactment.area_id, values):
                self.beside.append((self.engine.copied(counter.db, select), target, columns))

    # -- to PostgreSQL

    def cells(self, only: str = "") -> str:
        """SELECT of the cells (key, area, counts), of all days together, with what was marked, and what has risen above who answers. `only`: a table of those
        that are asked for (no, key, area)."""
        sums = ", ".join(f"{SUMS.get(name, name)} AS {name}" for name in COUNTED)
        columns = {name: f"coalesce({'c' if name in COUNTED else 'e'}.{name}, 0)" for name in COUNTS} | {"risen": "coalesce(r.n, 0)"}
        some = f" SEMI JOIN {only} USING (key, area)" if only else ""
        return (
            f"SELECT key, area, {', '.join(f'{sql} AS {name}' for name, sql in columns.items())} FROM (SELECT c.key, c.area, {sums} FROM ({Ledger(self.duck).whole(only)}) c) c "
            f"FULL JOIN (SELECT * FROM ({self.marked()}){some}) e USING (key, area) "
            f"LEFT JOIN ({self.risen()}) r USING (key, area) WHERE {' OR '.join(f'{x} <> 0' for x in columns.values())}"
        )

    def marked(self) -> str:
        """SELECT of what was marked (key, area, counts) below each area."""
        marks = ", ".join(f"CAST(sum(l.{name}) AS BIGINT) AS {name}" for name in EXTRA)
        return f"SELECT l.key, u.above AS area, {marks} FROM {MARKED} l JOIN up u ON u.area = l.area GROUP BY ALL"

    def risen(self) -> str:
        """SELECT of how many (key, area, n) have risen to each area."""
        return (
            f"SELECT l.key, u.above AS area, CAST(sum(l.n) AS BIGINT) AS n FROM {MARKED} l LEFT JOIN post p ON p.id = l.post "
            "JOIN up u ON u.area = coalesce(p.area, l.area) AND u.steps BETWEEN 1 AND l.levels WHERE l.levels > 0 GROUP BY ALL"
        )

    def moved(self) -> str:
        """SELECT of the cells (no, key, area) that may differ from those of the cycle before: of what was counted those that do, and all in which any mark,
        or the number of the risen, is not what was written last."""
        was = f"SELECT key, area, {', '.join(EXTRA)} FROM written_cell WHERE {' OR '.join(f'{name} <> 0' for name in EXTRA)}"
        rose = "SELECT key, area, CAST(risen AS BIGINT) FROM written_cell WHERE risen <> 0"
        differ = [f"SELECT key, area FROM (({a}) EXCEPT ({b}))" for x, y in ((self.marked(), was), (self.risen(), rose)) for a, b in ((x, y), (y, x))]
        return (
            f"SELECT m.no, m.key, c.area FROM ({Ledger(self.duck).moved()}) c JOIN settled_measure m USING (no) UNION "
            f"SELECT m.no, m.key, c.area FROM ({' UNION '.join(differ)}) c JOIN settled_measure m USING (key)"
        )

    def rows(self) -> str:
        """SELECT of the rows that are listed."""
        return f"SELECT * FROM {LISTED}"

    def left_out(self) -> dict[str, int]:
        """What was counted and not kept, from the cells at the top of where each edition is in force."""
        tops = {f"{f.enactment.pk} {f.measure.id}": (f.measure.id, f.enactment.area_id) for f in self.found.values()}
        if not tops:
            return {}
        names, places = [name for name in LISTS if name in TESTS], ", ".join({str(area) for _, area in tops.values()})
        counts = self.duck.execute(f"SELECT key, area, {', '.join(names)} FROM now_cell WHERE area IN ({places})").fetchall()
        gone: dict[str, int] = {}
        for key, area, *numbers in counts:
            if key in tops and tops[key][1] == area:
                for name, n in zip(names, numbers, strict=True):
                    if n and name not in self.seen.get(key, set()):
                        gone[f"{tops[key][0]} {name}"] = gone.get(f"{tops[key][0]} {name}", 0) + n
        return gone
