"""The steps of the measurement, each in a process of its own, so that its memory is its own: `python -m benchmarks._plan_work STEP SIZE STATE`.

cold     everything, at the moment of the cycle                 settle   everything, a day earlier: what the cycle starts from
cycle    the daily cycle on what settle left                    check    cells of cycle against those of cold
missing  the lists behind the numbers of one county
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from benchmarks._plan_measures import TABLES, edition
from benchmarks._plan_province import AS_OF, PREVIOUS, SINCE, file
from sizao.plan.duck import COUNTS, Counter, Judged
from sizao.plan.mirror.owner import LOG
from sizao.plan.settled import Changes, CycleResult, cycle
from sizao.plan.settled.cycle import GROWN
from sizao.plan.sql import Part, Relations

LANES = 2  # threads of the engine, and so many measures beside each other
ACT = 'id, kind, subject, person, "at", told_at, period, outcome, number'


def relations(at_previous: bool = False) -> Relations:
    """What was known at the cycle, or a day earlier."""
    facts = {t: f"SELECT * FROM p.{t}" for t in TABLES}
    versions = {t: f"SELECT * FROM p.{t}_versions" for t in TABLES}
    act = f"SELECT {ACT} FROM p.act"
    if at_previous:
        facts = {
            t: f"SELECT * FROM p.{t} WHERE id NOT IN (SELECT id FROM p.{t}_changed) UNION ALL SELECT * FROM p.{t}_before" for t in TABLES
        }
        versions = {}
        act = f"SELECT {ACT} FROM p.act WHERE taken = 0 UNION ALL SELECT {ACT} FROM p.act_gone"
    rest = {name: f"SELECT * FROM p.{name}" for name in ("area", "up", "post", "kept")}
    return Relations(facts=facts, act=act, versions=versions, **rest)


def changes() -> Changes:
    """What the refresh between the two brought."""
    columns = 'kind, subject, person, "at", period'
    return Changes(
        relations(at_previous=True),
        {t: f"SELECT id FROM p.{t}_changed" for t in TABLES},
        f"SELECT {columns} FROM p.act WHERE taken = 1 UNION ALL SELECT {columns} FROM p.act_gone",
    )


def opened(size: str, state: str) -> duckdb.DuckDBPyConnection:
    """The state's file, with the province beside it, at most 1 GB and two threads."""
    db = duckdb.connect(state)
    limit = os.environ.get("SIZAO_BENCH_MEMORY", "1GB")
    db.execute(
        f"SET threads = {LANES}; SET memory_limit = '{limit}'; SET preserve_insertion_order = false; SET temp_directory = '{state}.tmp'; SET checkpoint_threshold = '{LOG}'"
    )
    db.execute(f"ATTACH '{file(size)}' AS p (READ_ONLY)")
    return db


@cache
def judged() -> list[Judged]:
    return [Judged(f"1 {m.id}", m, top=1) for m in edition().measures.values()]  # as of one enactment for the whole province


def said(result: CycleResult) -> dict[str, Any]:
    return {**result.seconds, "lanes": LANES, "touched": sum(result.touched.values()), "whole": sum(why != GROWN for why in result.whole.values())}


def step_cold(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return said(cycle(db, judged(), relations(), AS_OF, since=SINCE.date()))


def step_settle(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return said(cycle(db, judged(), relations(at_previous=True), PREVIOUS, since=SINCE.date()))


def step_cycle(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return said(cycle(db, judged(), relations(), AS_OF, changes(), since=SINCE.date()))


def step_check(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Cells in which the settled, the delta and the live differ from the full evaluation."""
    cold = db.execute("SELECT database_name FROM duckdb_databases() WHERE database_name = 'cold'").fetchone()
    assert cold
    some = " OR ".join(f"{c} <> 0" for c in COUNTS)
    ours, theirs = (f"SELECT * FROM {name} WHERE {some}" for name in ("cell", "cold.cell"))
    columns = ", ".join(COUNTS)
    db.execute("CREATE TEMP TABLE ours AS " + ours)
    db.execute("CREATE TEMP TABLE theirs AS " + theirs.replace("cold.cell", "cold.main.cell"))
    differ = db.execute(
        f"SELECT count(*) FROM ours a FULL JOIN theirs b ON a.measure = b.measure AND a.area = b.area AND a.day IS NOT DISTINCT FROM b.day WHERE ({', '.join(f'a.{c}' for c in COUNTS)}) IS DISTINCT FROM ({', '.join(f'b.{c}' for c in COUNTS)})"
    ).fetchone()
    total = db.execute("SELECT count(*) FROM theirs").fetchone()
    obligations = db.execute(
        f"SELECT sum(met + late + overdue + open + ahead + closed + cannot_tell)::BIGINT, {', '.join(f'sum({c})::BIGINT' for c in COUNTS)} FROM theirs WHERE area = 1"
    ).fetchone()
    assert differ and total and obligations, columns
    return {
        "cells_different": differ[0],
        "cells": total[0],
        "obligations": obligations[0],
        **dict(zip((f"of_{c}" for c in COUNTS), obligations[1:], strict=True)),
    }


def step_missing(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The missing of a county, of each of the thirty measures; the slowest, and whether each list is as long as its number."""
    (county,) = db.execute("SELECT min(id) FROM p.area WHERE level = 'county'").fetchone() or (None,)
    counter = Counter(db, relations(), AS_OF)
    counter.places  # noqa: B018 - what measures share is worked out once
    slowest, wrong, total = 0.0, 0, 0
    for j in judged():
        counter.kept(j.measure)
        began = time.perf_counter()
        rows = counter.missing(j, county, Part(since=SINCE))
        slowest = max(slowest, time.perf_counter() - began)
        said_ = db.execute("SELECT coalesce(sum(missing), 0) FROM cell WHERE measure = ? AND area = ?", [j.key, county]).fetchone()
        wrong += bool(said_ and said_[0] != len(rows))
        total += len(rows)
    return {"county_missing_seconds": slowest, "lists_different": wrong, "listed": total}


def main(step: str, size: str, state: str) -> None:
    db = opened(size, state)
    if step == "check":
        db.execute(f"ATTACH '{Path(state).with_name('cold.duckdb')}' AS cold (READ_ONLY)")
    judged()  # what is in force is read once, when it comes into force
    began, cpu = time.perf_counter(), time.process_time()
    figures = {"cycle": step_cycle, "cold": step_cold, "settle": step_settle, "check": step_check, "missing": step_missing}[step](db)
    figures |= {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}
    figures["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
