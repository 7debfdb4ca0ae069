"""The same on others' engines: PostgreSQL with the very text of the compiler, and OpenFisca with the row conditions that it can express."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import _plan_openfisca
from benchmarks._plan_measures import TABLES, edition
from benchmarks._plan_province import AS_OF, file
from benchmarks._plan_work import ACT
from sizao.plan.counting import TESTS
from sizao.plan.duck import COUNTED
from sizao.plan.sql import DUCKDB, POSTGRES, Dialect, Relations, compile_measure

TYPES = {"TIMESTAMP": "timestamp", "VARCHAR": "text", "INTEGER": "integer", "BIGINT": "bigint", "BOOLEAN": "boolean", "DATE": "date", "TINYINT": "smallint", "DOUBLE": "double precision"}  # fmt: skip
INDEXES = ("act (kind, person)", "act (kind, subject)", "up (area)", "up (above)", *(f"{t} (id)" for t in TABLES))


def run(size: str) -> dict[str, Any]:
    """Everything evaluated whole, measure by measure, counted by area and day of due."""
    ours = duckdb.connect()
    ours.execute(f"SET threads = 2; SET memory_limit = '1GB'; ATTACH '{file(size)}' AS p (READ_ONLY)")
    seconds, counts = evaluated(ours.execute, DUCKDB, "p.")
    figures: dict[str, Any] = {"whole_seconds": seconds, **_plan_openfisca.run(size)}
    with tempfile.TemporaryDirectory(prefix="sizao-bench-pg-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        figures |= postgres(ours, place, counts)
    figures["times_postgres"] = figures["postgres_seconds"] / seconds
    return figures


def relations(prefix: str) -> Relations:
    facts = {t: f"SELECT * FROM {prefix}{t}" for t in TABLES}
    rest = {name: f"SELECT * FROM {prefix}{name}" for name in ("area", "up", "post", "kept")}
    return Relations(facts=facts, act=f"SELECT {ACT} FROM {prefix}act", **rest)


def evaluated(execute: Any, dialect: Dialect, prefix: str) -> tuple[float, dict[str, list[tuple[Any, ...]]]]:
    """Seconds, and the counts of each measure."""
    names = ", ".join(f"count(*) FILTER (WHERE {TESTS[name]}) AS {name}" for name in COUNTED)
    found, related = {}, relations(prefix)
    began = time.perf_counter()
    for m in edition().measures.values():
        obligations = compile_measure(m, related, AS_OF, dialect=dialect)
        counted = f"SELECT o.area, CAST(o.due AS DATE) AS day, {names} FROM ({obligations}) o GROUP BY 1, 2"
        found[m.id] = sorted(execute(counted).fetchall(), key=repr)
    return time.perf_counter() - began, found


def postgres(ours: duckdb.DuckDBPyConnection, place: Path, expected: dict[str, list[tuple[Any, ...]]]) -> dict[str, Any]:
    """The embedded server, filled and analysed outside the measurement, told of memory and threads as it should be."""
    from sizao.kernel.postgres import Store, start

    server = start(Store.open(place / "store"))
    try:
        with server.connect("owner") as theirs:
            for name in (*TABLES, "act", "area", "up", "post", "kept"):
                fill(ours, theirs, name, place)
            for index in INDEXES:
                theirs.execute(f"CREATE INDEX ON {index}")
            theirs.execute("ANALYZE")
            for setting in ("work_mem = '512MB'", "jit = off", "max_parallel_workers_per_gather = 1", "enable_nestloop = off"):
                theirs.execute(f"SET {setting}")
            version = theirs.execute("SHOW server_version").fetchone()
            seconds, counts = evaluated(theirs.execute, POSTGRES, "")
    finally:
        server.stop()
        shutil.rmtree(place / "store.keys", ignore_errors=True)
    return {"postgres_seconds": seconds, "postgres_equal": counts == expected, "postgres_version": version[0] if version else ""}


def fill(ours: duckdb.DuckDBPyConnection, theirs: Any, name: str, place: Path) -> None:
    """Copies a table over."""
    columns = ours.execute(f"DESCRIBE p.{name}").fetchall()
    theirs.execute(
        f"CREATE UNLOGGED TABLE {name} ({', '.join(f'{c[0]!r}'.replace(chr(39), chr(34)) + ' ' + TYPES[c[1]] for c in columns)})"
    )
    path = place / f"{name}.csv"
    ours.execute(f"COPY p.{name} TO '{path}' (FORMAT csv, HEADER false, NULLSTR '')")
    with theirs.cursor() as cursor, path.open("rb") as lines, cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv)") as copy:
        while part := lines.read(1 << 20):
            copy.write(part)
    path.unlink()
