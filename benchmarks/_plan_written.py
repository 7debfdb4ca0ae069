"""The daily cycle with what a run keeps of it: cells of all days together and the rows of the lists, written to the tables of a real PostgreSQL store.

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
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb

from benchmarks._plan_province import AS_OF, SINCE
from benchmarks._plan_work import changes, judged, opened, relations
from sizao.plan.obligations import Force

ZONE = "Asia/Shanghai"


def run(size: str, state: Path) -> dict[str, Any]:
    """Seconds of cycle, cells and rows in one transaction of PostgreSQL, and of its parts."""
    db = opened(size, str(state))
    for name in ("up", "post"):
        db.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM p.{name}")
    db.execute(
        "CREATE TABLE subject AS SELECT id AS n, CAST(md5(CAST(id AS VARCHAR)) AS UUID) AS id FROM (SELECT DISTINCT id FROM p.person)"
    )
    db.execute("CHECKPOINT")
    judged()
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.chmod(0o755)
    (place / "tmp").mkdir()
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys")}
    from sizao.wiring.database import boot, server

    try:
        boot(place / "store", kind="demo")
        return written(db, place)
    finally:
        from django.db import connections

        connections.close_all()
        server().stop()
        shutil.rmtree(place, ignore_errors=True)


def written(db: duckdb.DuckDBPyConnection, place: Path) -> dict[str, Any]:
    from django.db import connection, transaction

    from sizao.kernel import clock
    from sizao.plan.mirror.engine import Engine
    from sizao.plan.models import Cell, Row, Run
    from sizao.plan.run import LISTED
    from sizao.plan.settled.cycle import cycle
    from sizao.plan.settled.daily import Daily
    from sizao.wiring.migrate import migrate

    class There(Engine):
        """The engine over this file; there is no mirror of registers behind it."""

        def __init__(self) -> None:
            self.mirror: Any = SimpleNamespace(duck=db, folder=place)
            self.zones, self.related = [ZONE], {}

        def relations(self, f: Any, zone: str) -> Any:
            return relations()

    migrate("demo")
    now = clock.now()
    enactment = SimpleNamespace(pk=1, area_id=1)
    found: Any = [SimpleNamespace(measure=j.measure, enactment=enactment, force=lambda zone: Force()) for j in judged()]
    spent = {"cycle": 0.0}

    def timed(judged: Any) -> Any:
        began = time.perf_counter()
        done = cycle(db, judged, relations(), AS_OF, changes(), since=SINCE.date(), listing=daily.listing)
        spent["cycle"] = time.perf_counter() - began
        return done

    began = time.perf_counter()
    made = Run(pk=1, as_of=now, known_at=now, started_at=now - timedelta(seconds=1), zone=ZONE, editions=[])
    daily = Daily(There(), made, LISTED)
    result = daily.through(found, timed)
    with transaction.atomic(), connection.cursor() as cursor:
        made.save(force_insert=True)
        made.unlisted_rows = daily.write(cursor)
        made.save()
    total = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    db.execute("SET memory_limit = '4GB'")  # to compare
    counts = db.execute(
        "SELECT count(DISTINCT (measure, area)) FROM cell WHERE met + late + missing + missed + open + ahead + closed + cannot_tell + ownerless <> 0"
    ).fetchone()
    kept = Cell.objects.filter(run=made).count()
    return {
        "written_seconds": total,
        "written_cycle_seconds": spent["cycle"],
        "written_peak_gb": peak,
        "written_cells": kept,
        "written_rows": Row.objects.filter(run=made).count(),
        "written_equal": counts == (kept,) and not result.whole,
    }


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
