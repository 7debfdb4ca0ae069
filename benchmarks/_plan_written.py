"""What a run costs that keeps its cells of all days together and the rows of its lists in a real PostgreSQL store: the first, one a day later, one five
minutes after that.

`python -m benchmarks._plan_written SIZE STATE`. The product's own path (`settled/daily.py`) on the invented province; its refresh is measured by `mirror.py`.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb

from benchmarks._plan_measures import TABLES
from benchmarks._plan_province import AS_OF, PREVIOUS, SINCE, SIZES
from benchmarks._plan_work import changes, judged, opened, relations
from sizao.plan.obligations import Force
from sizao.plan.settled import Changes
from sizao.plan.sql import Relations

ZONE = "Asia/Shanghai"
LATER = AS_OF + timedelta(minutes=5)
ACTS = 'id, kind, subject, person, "at", told_at, period, outcome, number'


def run(size: str, state: Path) -> dict[str, Any]:
    """Seconds of each run and of its parts; whether PostgreSQL holds in the end what a whole evaluation counts and lists."""
    db = opened(size, str(state))
    prepare(db, min(100_000, SIZES[size].persons // 10))
    judged()
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.chmod(0o755)
    (place / "tmp").mkdir()
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys")}
    from sizao.wiring.database import boot, server

    try:
        boot(place / "store", kind="demo")
        return written(db, place, size)
    finally:
        from django.db import connections

        connections.close_all()
        server().stop()
        shutil.rmtree(place, ignore_errors=True)


def prepare(db: duckdb.DuckDBPyConnection, changes: int) -> None:
    """What the product's mirror has and the province lacks; and what was recorded in the last five minutes, one in five a person's correction."""
    for name in ("up", "post"):
        db.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM p.{name}")
    db.execute("CREATE TABLE subject AS SELECT id AS n, CAST(md5(CAST(id AS VARCHAR)) AS UUID) AS id FROM (SELECT DISTINCT id FROM p.person)")
    db.execute(
        f"CREATE TABLE new_person AS SELECT * REPLACE (CAST((age + 40) % 91 AS INTEGER) AS age) FROM p.person WHERE id IN (SELECT id FROM p.person ORDER BY hash(id, 'now') LIMIT {changes // 5})"
    )
    moment = f"TIMESTAMP '{AS_OF}' + to_seconds(CAST(hash(id, 'second') % 300 AS BIGINT))"
    late = "CASE WHEN hash(id, 'late') % 1000 < 30 THEN INTERVAL 30 HOUR ELSE INTERVAL 0 HOUR END"  # as many as on the day before
    db.execute(
        f'CREATE TABLE new_act AS SELECT id + 1000000000 AS id, kind, subject, person, t - {late} AS "at", t AS told_at, CASE WHEN period IS NOT NULL THEN CAST(t - {late} AS DATE) END AS period, outcome, number '
        f"FROM (SELECT *, {moment} AS t FROM p.act WHERE taken = 1 ORDER BY hash(id, 'drawn') LIMIT {changes - changes // 5})"
    )
    db.execute("CHECKPOINT")


def minutes_later() -> Relations:
    """What is known five minutes after the day's cycle."""
    then = relations()
    person = "SELECT * FROM p.person WHERE id NOT IN (SELECT id FROM new_person) UNION ALL SELECT * FROM new_person"
    return replace(then, facts={**then.facts, "person": person}, versions={}, act=f"{then.act} UNION ALL SELECT {ACTS} FROM new_act")


def nothing() -> Changes:
    none = "SELECT 0 AS id WHERE FALSE"
    return Changes(relations(at_previous=True), dict.fromkeys(TABLES, none), f"{changes().acts.split(' UNION')[0]} AND FALSE")


def few() -> Changes:
    found = {t: "SELECT id FROM new_person" if t == "person" else "SELECT 0 AS id WHERE FALSE" for t in TABLES}
    return Changes(relations(), found, 'SELECT kind, subject, person, "at", period FROM new_act')


def written(db: duckdb.DuckDBPyConnection, place: Path, size: str) -> dict[str, Any]:
    from django.db import connection, transaction

    from sizao.kernel import clock
    from sizao.plan import versions
    from sizao.plan.mirror.engine import Engine
    from sizao.plan.models import Cell, Row, Run
    from sizao.plan.run import LISTED
    from sizao.plan.settled import lane
    from sizao.plan.settled.cycle import GROWN, cycle
    from sizao.plan.settled.daily import Daily
    from sizao.wiring.migrate import migrate

    class There(Engine):
        """The engine over this file; there is no mirror of registers behind it."""

        def __init__(self, duck: Any) -> None:
            self.mirror: Any = SimpleNamespace(duck=duck, folder=place)
            self.zones, self.related = [ZONE], {}

        def relations(self, f: Any, zone: str) -> Any:
            return relations()

    migrate("demo")
    enactment = SimpleNamespace(pk=1, area_id=1)
    found: Any = [SimpleNamespace(measure=j.measure, enactment=enactment, force=lambda zone: Force()) for j in judged()]

    def counted(duck: Any, number: int, related: Relations, as_of: Any, brought: Changes | None) -> tuple[Daily, Any]:
        """A run up to where it is written, and what its cycle did."""
        now = clock.now()
        daily = Daily(There(duck), Run(pk=number, as_of=now, known_at=now, started_at=now, zone=ZONE, editions=[]), LISTED)
        return daily, daily.through(found, lambda j: cycle(duck, j, related, as_of, brought, since=SINCE.date(), listing=daily.listing))

    def one(number: int, name: str, related: Relations, as_of: Any, brought: Changes) -> dict[str, Any]:
        began, cpu, load = time.perf_counter(), time.process_time(), os.getloadavg()[0]
        daily, result = counted(db, number, related, as_of, brought)
        cycled, made = time.perf_counter(), daily.run
        assert {*result.whole.values()} <= {GROWN}, result.whole
        with transaction.atomic(), connection.cursor() as cursor:
            writing = versions.Writing(cursor, made)
            made.save(force_insert=True)
            made.unlisted_rows = daily.write(writing)
            sent = time.perf_counter()
            writing.settle()
            made.save()
        daily.remember()
        done = time.perf_counter()
        db.execute("CHECKPOINT")
        tidied = time.perf_counter()
        versions.forget()
        lists.clear()
        lists.update(daily.seen)
        return {
            f"{name}_seconds": done - began,
            f"{name}_cycle_seconds": cycled - began,
            f"{name}_send_seconds": sent - cycled,
            f"{name}_settle_seconds": done - sent,
            f"{name}_tidy_seconds": tidied - done,
            f"{name}_forget_seconds": time.perf_counter() - tidied,
            f"{name}_cpu_seconds": time.process_time() - cpu,
            f"{name}_load": load,
            f"{name}_cells": Cell.objects.filter(run=number).count(),
            f"{name}_rows": Row.objects.filter(run=number).count(),
        }

    lists: dict[str, set[str]] = {}  # by measure, those that the last run has kept
    figures = one(1, "first_written", relations(at_previous=True), PREVIOUS, nothing())
    figures |= one(2, "day_written", relations(), AS_OF, changes())
    figures |= one(3, "written", minutes_later(), LATER, few())
    figures["written_peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    last = Run.objects.get(pk=3)
    figures |= {"kept_cells": Cell.objects.at(last).count(), "kept_rows": Row.objects.at(last).count()}
    # Held against everything evaluated from nothing, in another file.
    db.close()
    whole = opened(size, str(place / "whole.duckdb"))
    whole.execute("SET memory_limit = '6GB'")
    prepare(whole, min(100_000, SIZES[size].persons // 10))
    lane.LISTED_AT_ONCE = 10**9
    counted(whole, 4, minutes_later(), LATER, None)
    cells, rows = (differing(connection, whole, place, last.sees("v"), *names) for names in parts(lists))
    return figures | {"written_cells_different": cells, "written_rows_different": rows, "written_equal": not cells and not rows}


def parts(lists: dict[str, set[str]]) -> list[tuple[str, str, str]]:
    """Of cells and rows: PostgreSQL's table, what is compared of it there, and the same in DuckDB. Of rows those of the lists that were kept: lists of which
    something is settled, and those too long, are asked again when somebody wants them."""
    from sizao.plan.models import COUNTS
    from sizao.plan.settled.daily import LISTS
    from sizao.plan.settled.written import named

    kept = " OR ".join(f"l.key = '{key}' AND ({' OR '.join(LISTS[name] for name in sorted(names))})" for key, names in lists.items() if names)

    counts = ", ".join(COUNTS)
    rows = "occasion, {0}, state, reason, {1}, post, doable, told_late, raised"
    times = ", ".join(f"v.{c} AT TIME ZONE '{ZONE}'" for c in ("opens", "due", "done_at"))
    cell = ("plan_cell", f"enactment, measure, area_id, {counts}", f"SELECT {named('c')}, area, {counts} FROM now_cell c")
    row = (
        "plan_row",
        f"enactment, measure, subject, {rows.format(times, 'area_id')}",
        f"SELECT {named('l')}, s.id, {rows.format('opens, due, done_at', 'area')} FROM now_row l JOIN subject s ON s.n = l.subject WHERE {kept or 'FALSE'}",
    )
    return [cell, row]


def differing(connection: Any, db: duckdb.DuckDBPyConnection, place: Path, sees: str, table: str, columns: str, ours: str) -> int:
    """How many of them are on one side only."""
    path = place / f"{table}.csv"
    with connection.cursor() as cursor, path.open("wb") as file, cursor.copy(f"COPY (SELECT {columns} FROM {table} v WHERE {sees}) TO STDOUT (FORMAT csv)") as copy:
        for block in copy:
            file.write(block)
    db.execute(f"CREATE OR REPLACE TEMP TABLE ours AS {ours}")
    types = [(f"c{i}", row[1]) for i, row in enumerate(db.execute("DESCRIBE ours").fetchall())]
    listed = ", ".join(f"'{name}': '{kind}'" for name, kind in types)
    db.execute(f"CREATE OR REPLACE TEMP TABLE theirs AS SELECT * FROM read_csv('{path}', columns = {{{listed}}}, header = false, auto_detect = false, delim = ',', quote = '\"', nullstr = '')")
    path.unlink()
    row = db.execute("SELECT (SELECT count(*) FROM (FROM ours EXCEPT ALL FROM theirs)) + (SELECT count(*) FROM (FROM theirs EXCEPT ALL FROM ours))").fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
