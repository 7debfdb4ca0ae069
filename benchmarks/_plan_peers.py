"""The same on others' engines: PostgreSQL and Spark with the very text of the compiler, OpenFisca with the row conditions that it can express.

`python -m benchmarks._plan_peers ENGINE SIZE FOLDER` evaluates everything whole, measure by measure, counted by area and day of due, in a process of its own.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import _plan_openfisca
from benchmarks._plan_measures import TABLES, edition
from benchmarks._plan_province import AS_OF, file
from benchmarks._plan_work import ACT, LANES
from benchmarks.measure import measured, peak_gb, program
from sizao.plan.counting import TESTS
from sizao.plan.duck import COUNTED
from sizao.plan.language import Measure
from sizao.plan.sql import DUCKDB, POSTGRES, Dialect, Relations, compile_measure
from sizao.plan.sql.dialects import SPARK

TYPES = {"TIMESTAMP": "timestamp", "VARCHAR": "text", "INTEGER": "integer", "BIGINT": "bigint", "BOOLEAN": "boolean", "DATE": "date", "TINYINT": "smallint", "DOUBLE": "double precision"}  # fmt: skip
INDEXES = ("act (kind, person)", "act (kind, subject)", "up (area)", "up (above)", *(f"{t} (id)" for t in TABLES))
READ = (*TABLES, "act", "area", "up", "post", "kept")
Answer = tuple[float, dict[str, str]]


def run(size: str) -> dict[str, Any]:
    """Seconds, memory and equality of each that is there; how many times as long as ours it takes."""
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="sizao-bench-peers-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        ours = program("benchmarks._plan_peers", "duckdb", size, folder)
        figures |= {"whole_seconds": ours["seconds"], "whole_peak_gb": ours["peak_gb"]}
        for name, absent in (("postgres", ""), ("spark", no_spark())):
            if absent:
                figures[f"times_{name}"] = f"not measured: {absent}"
                continue
            theirs = program("benchmarks._plan_peers", name, size, folder)
            figures |= {f"{name}_seconds": theirs["seconds"], f"{name}_peak_gb": theirs["peak_gb"], f"{name}_version": theirs["version"]}
            figures |= {f"{name}_equal": theirs["counts"] == ours["counts"], f"times_{name}": theirs["seconds"] / ours["seconds"]}
    return figures | _plan_openfisca.run(size)


def no_spark() -> str:
    """Why it cannot be asked."""
    if importlib.util.find_spec("pyspark") is None:
        return "requirements-spark.lock is not installed"
    return "" if shutil.which("java") else "there is no Java"


def relations(prefix: str = "") -> Relations:
    facts = {t: f"SELECT * FROM {prefix}{t}" for t in TABLES}
    rest = {name: f"SELECT * FROM {prefix}{name}" for name in ("area", "up", "post", "kept")}
    return Relations(facts=facts, act=f"SELECT {ACT} FROM {prefix}act", **rest)


def evaluated(rows: Callable[[str, str], Iterable[Any]], dialect: Dialect, prefix: str = "", at_once: int = 1) -> Answer:
    """Seconds, and a digest of the counts of each measure. `rows`: of a measure's statement, and of what counts its rows (`{}` in place of them);
    `at_once`: how many measures the engine is asked beside each other."""
    names = ", ".join(f"count(CASE WHEN {TESTS[name]} THEN 1 END) AS {name}" for name in COUNTED)
    counted, related = f"SELECT o.area, CAST(o.due AS DATE) AS day, {names} FROM {{}} o GROUP BY 1, 2", relations(prefix)

    def digest(m: Measure) -> tuple[str, str]:
        listed = sorted((tuple(row) for row in rows(compile_measure(m, related, AS_OF, dialect=dialect), counted)), key=repr)
        return m.id, sha256(repr(listed).encode()).hexdigest()

    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        found = dict(pool.map(digest, edition().measures.values()))
    return time.perf_counter() - began, found


def nested(execute: Callable[[str], Any]) -> Callable[[str, str], Iterable[Any]]:
    """Both as one statement."""
    return lambda obligations, counted: execute(counted.format(f"({obligations})")).fetchall()


def province(size: str) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    db.execute(f"SET threads = {LANES}; SET memory_limit = '1GB'; ATTACH '{file(size)}' AS p (READ_ONLY)")
    return db


# -- engines


def on_duckdb(size: str, place: Path) -> dict[str, Any]:
    db = province(size)
    seconds, counts = evaluated(nested(db.execute), DUCKDB, "p.")
    return {"seconds": seconds, "counts": counts, "peak_gb": peak_gb(), "version": duckdb.__version__}


def on_spark(size: str, place: Path) -> dict[str, Any]:
    """On this machine, two threads and 3 GB; the tables are read once before and kept by it, as far as they fit."""
    import pyspark

    from sizao.plan import spark

    db = province(size)
    for name in READ:
        db.execute(f"COPY p.{name} TO '{place}/{name}.parquet' (FORMAT parquet)")
    db.close()
    with measured() as whole:
        session = spark.ours(spark.start(f"local[{LANES}]", memory="3g"))
        session.sparkContext.setLogLevel("ERROR")
        for name in READ:
            session.read.parquet(f"{place}/{name}.parquet").createOrReplaceTempView(name)
            session.catalog.cacheTable(name)
            session.table(name).count()
        numbers = count()

        def rows(obligations: str, counted: str) -> list[Any]:
            """Counted as `Snapshot.cells` does: over a view, so that the obligations themselves are never written down."""
            view = f"duty_{next(numbers)}"
            spark.run(session, obligations).createOrReplaceTempView(view)
            return session.sql(SPARK.whole(counted.format(view))).collect()

        seconds, counts = evaluated(rows, SPARK, at_once=LANES)  # while one is planned, on one thread, another is worked out
    session.sparkContext.stop()
    return {"seconds": seconds, "counts": counts, "peak_gb": whole["peak_gb"], "version": pyspark.__version__}


def on_postgres(size: str, place: Path) -> dict[str, Any]:
    """The embedded server, filled and analysed outside the measurement, told of memory and threads as it should be."""
    from sizao.kernel.postgres import Store, start

    ours, server = province(size), start(Store.open(place / "store"))
    try:
        with server.connect("owner") as theirs:
            for name in READ:
                fill(ours, theirs, name, place)
            for index in INDEXES:
                theirs.execute(f"CREATE INDEX ON {index}")
            theirs.execute("ANALYZE")
            for setting in ("work_mem = '512MB'", "jit = off", f"max_parallel_workers_per_gather = {LANES - 1}", "enable_nestloop = off"):
                theirs.execute(f"SET {setting}")
            version = theirs.execute("SHOW server_version").fetchone()
            with measured(server.cluster.postmaster() if server.cluster else None) as whole:
                seconds, counts = evaluated(nested(theirs.execute), POSTGRES)
    finally:
        server.stop()
        shutil.rmtree(place / "store.keys", ignore_errors=True)
    return {"seconds": seconds, "counts": counts, "peak_gb": whole["peak_gb"], "version": version[0] if version else ""}


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


if __name__ == "__main__":
    print(json.dumps({"duckdb": on_duckdb, "spark": on_spark, "postgres": on_postgres}[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))))
