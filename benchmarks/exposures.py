"""Visits that overlap infectious stays: `size` check-ins against the stays of one person in two hundred, beside DuckDB and PostgreSQL."""

import gc
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks._plan_peers import no_spark
from benchmarks.measure import measured
from sizao.epi import overlap
from sizao.epi.overlap import Intervals, Prepared
from sizao.epi.overlap_sql import table_sql

Triple = tuple[int, int, int]
PIECE = 4_000_000
DAYS, LEAST, MOST = 14, 120, 43_200


def run(size: int = 10_000_000, stays: int = 50_000, turns: int = 5, postgres: int = 1, spark: int = 0, memory: str = "12GB") -> dict[str, Any]:
    """Ours and DuckDB take turns, one thread each, on the same columns in memory; the faster of DuckDB's two forms counts.

    Cold: visits lie as they came, by time. Prepared: sorted by us, indexed by PostgreSQL (GiST over place and time), then asked; what preparing costs
    is told apart. `postgres=0` and `spark=1` leave out or add a peer. Above 20 M check-ins the visits are made, and pass through, in pieces of 4 M,
    and nothing is prepared. Figures in seconds; `equal`: pairs, seconds and persons are the same everywhere.
    """
    city = City(size, stays)
    with tempfile.TemporaryDirectory(prefix="sizao-bench-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        return _large(city, turns, place, memory) if size > 20_000_000 else _small(city, turns, place, postgres, spark, memory)


class City:
    """Persons, places and visits: a place is the busier the lower its rank (Zipf 0.8), a stay is log-normal (median 40 min, 2 min to 12 h), 14 days."""

    def __init__(self, size: int, stays: int) -> None:
        self.size, self.persons, self.places = size, max(size // 10, 100), max(min(size // 50, 2_000_000), 20)
        self.random = np.random.default_rng(11)
        weight = 1 / np.arange(1, self.places + 1) ** 0.8
        self.rank, self.named = np.cumsum(weight / weight.sum()), self.random.permutation(self.places).astype(np.int32)
        ill = max(1, round(stays * self.persons / size))
        self.ill = np.zeros(self.persons, bool)
        self.ill[self.random.choice(self.persons, ill, replace=False)] = True

    def pieces(self) -> Any:
        """The visits in the order of time, the same each time. One piece of days after the other where there are many."""
        many, made = -(-self.size // PIECE), np.random.default_rng(12)
        many = 1 if self.size <= 20_000_000 else many
        span = DAYS * 86_400 // many
        for nth in range(many):
            n = self.size // many + (self.size % many if nth == 0 else 0)
            at = np.sort(made.integers(nth * span, (nth + 1) * span, n, dtype=np.int32))
            place = self.named[np.minimum(np.searchsorted(self.rank, made.random(n)), self.places - 1)]
            long = np.clip(made.lognormal(np.log(2400), 1.0, n), LEAST, MOST).astype(np.int32)
            yield Intervals.of(place, made.integers(0, self.persons, n, dtype=np.int32), at, at + long)

    def infectious(self, visits: Intervals) -> Intervals:
        """The visits of those who are ill."""
        return visits.take(np.nonzero(self.ill[visits.person])[0])


def _small(city: City, turns: int, place: Path, postgres: int, spark: int, memory: str) -> dict[str, Any]:
    [visits] = city.pieces()
    stays = city.infectious(visits)
    began = time.perf_counter()
    prepared = Prepared.of(visits, places=city.places, persons=city.persons)
    figures: dict[str, Any] = {"stays": len(stays), "prepare_seconds": time.perf_counter() - began}
    room = {"places": city.places, "persons": city.persons}

    def cold() -> Triple:
        found = overlap.total([visits], city.infectious(visits), **room)
        return found.pairs, found.seconds, found.persons

    def ready() -> Triple:
        found = prepared.total(stays)
        return found.pairs, found.seconds, found.persons

    with duckdb.connect() as c:
        _duck(c, memory)
        for name, rows in (("visit", visits), ("stay", stays)):
            columns = {"place": rows.place, "person": rows.person, "start": rows.start, "end": rows.end}
            c.execute(f"CREATE TABLE {name} AS SELECT * FROM columns")
            del columns
        asked: dict[str, Callable[[], Triple]] = {"cold": cold, "prepared": ready}
        asked |= {f"duckdb_{name}": _asks(c, table_sql("visit", "stay", engine=engine)) for name, engine in (("plain", ""), ("slots", "duckdb"))}
        times, answers = _in_turns(asked, turns)
        if spark or postgres:
            c.execute(f"COPY visit TO '{place}/visit.parquet'; COPY stay TO '{place}/stay.parquet'; COPY visit TO '{place}/visit.csv' (HEADER false); COPY stay TO '{place}/stay.csv' (HEADER false)")
    figures |= {f"{name}_seconds": statistics.median(t) for name, t in times.items()}
    peer = min(figures["duckdb_plain_seconds"], figures["duckdb_slots_seconds"])
    figures |= {"times_duckdb_cold": peer / figures["cold_seconds"], "times_duckdb_prepared": peer / figures["prepared_seconds"]}
    if postgres:
        del visits
        gc.collect()
        told, answers["postgres"] = _postgres(place, turns)
        figures |= told | {"times_postgres_prepared": told["postgres_seconds"] / figures["prepared_seconds"]}
    if spark:
        if absent := no_spark():
            figures["spark_seconds"] = f"not measured: {absent}"
        else:
            figures["spark_seconds"], answers["spark"] = _spark(place)
    first = answers["cold"]
    return figures | {"pairs": first[0], "overlap_seconds": first[1], "exposed_persons": first[2], "equal": all(a == first for a in answers.values())}


def _large(city: City, turns: int, place: Path, memory: str) -> dict[str, Any]:
    """In pieces from files of columns, as an archive of visits is read: neither side holds all visits in memory."""
    ill, n = [], 0
    for n, piece in enumerate(city.pieces()):
        np.save(place / f"{n}.npy", np.stack([piece.place, piece.person, piece.start, piece.end]))
        ill.append(city.infectious(piece))
    stays = Intervals(*(np.concatenate([getattr(s, name) for s in ill]) for name in ("place", "person", "start", "end")))
    del piece, ill

    def cold() -> Triple:
        read = (Intervals(*np.load(place / f"{k}.npy")) for k in range(n + 1))
        found = overlap.total(read, stays, places=city.places, persons=city.persons)
        return found.pairs, found.seconds, found.persons

    few = next(city.pieces())
    overlap.total([few.take(np.arange(10))], stays, places=city.places, persons=city.persons)  # compiled before it is timed
    del few
    gc.collect()
    with measured() as ours:
        times, answers = _in_turns({"cold": cold}, turns, warm=False)
    with duckdb.connect(str(place / "visits.duckdb")) as c:
        _duck(c, memory)
        for name in ("visit", "stay"):
            c.execute(f'CREATE TABLE {name} (place INTEGER, person INTEGER, "start" INTEGER, "end" INTEGER)')
        columns = {"place": stays.place, "person": stays.person, "start": stays.start, "end": stays.end}
        c.execute("INSERT INTO stay SELECT * FROM columns")
        for k in range(n + 1):
            columns = dict(zip(("place", "person", "start", "end"), np.load(place / f"{k}.npy"), strict=True))
            c.execute("INSERT INTO visit SELECT * FROM columns")
        del columns
        with measured() as theirs:
            more, said = _in_turns({"duckdb": _asks(c, table_sql("visit", "stay"))}, 1, warm=False)
    own, peer = statistics.median(times["cold"]), statistics.median(more["duckdb"])
    figures = {"stays": len(stays), "cold_seconds": own, "cold_peak_gb": ours["peak_gb"], "duckdb_plain_seconds": peer, "duckdb_peak_gb": theirs["peak_gb"]}
    first = answers["cold"]
    return figures | {"times_duckdb_cold": peer / own, "pairs": first[0], "overlap_seconds": first[1], "exposed_persons": first[2], "equal": first == said["duckdb"]}


def _in_turns(asked: dict[str, Callable[[], Triple]], turns: int, warm: bool = True) -> tuple[dict[str, list[float]], dict[str, Triple]]:
    """Seconds of each, one after the other and again, so that what slows the machine for a while slows all; and what each answers."""
    times: dict[str, list[float]] = {name: [] for name in asked}
    answers = {name: ask() for name, ask in asked.items()} if warm else {}
    for _ in range(turns):
        for name, ask in asked.items():
            began = time.perf_counter()
            answers[name] = ask()
            times[name].append(time.perf_counter() - began)
    return times, answers


def _duck(c: duckdb.DuckDBPyConnection, memory: str) -> None:
    c.execute(f"SET threads = 1; SET memory_limit = '{memory}'; SET preserve_insertion_order = false")


def _asks(c: duckdb.DuckDBPyConnection, text: str) -> Callable[[], Triple]:
    def ask() -> Triple:
        row = c.execute(text).fetchone()
        assert row is not None
        return int(row[0]), int(row[1]), int(row[2])

    return ask


def _postgres(place: Path, turns: int) -> tuple[dict[str, Any], Triple]:
    """The embedded server, one process, with the index that an interval is looked up by; it is asked when all is in memory."""
    from sizao.kernel import postgres

    os.environ.setdefault("SIZAO_LANG", "en")
    server = postgres.start(postgres.Store.open(place / "store"))
    try:
        with server.connect("owner") as c:
            c.execute("SET max_parallel_workers_per_gather = 0; SET max_parallel_maintenance_workers = 0; SET work_mem = '1GB'; SET maintenance_work_mem = '2GB'; SET jit = off; SET synchronous_commit = off")
            for name in ("visit", "stay"):
                c.execute(f'CREATE UNLOGGED TABLE {name} (place int, person int, "start" int, "end" int)')
                with c.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN (FORMAT CSV)") as copy, (place / f"{name}.csv").open("rb") as file:
                    while part := file.read(1 << 20):
                        copy.write(part)
            # A place and a time as one range: no extension is needed, and the look-up is that of (place, range).
            key = 'int8range({0}place::bigint << 32 | {0}"start", {0}place::bigint << 32 | {0}"end")'
            began = time.perf_counter()
            c.execute(f"CREATE INDEX ON visit USING gist (({key.format('')}))")
            built = time.perf_counter() - began
            c.execute("ANALYZE visit; ANALYZE stay; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = on")
            text = table_sql("visit", "stay").replace("v.place = s.place", f"v.place = s.place AND {key.format('v.')} && {key.format('s.')}")
            times = []
            answer: Triple = (0, 0, 0)
            for _ in range(max(2, min(turns, 3))):
                began = time.perf_counter()
                row = c.execute(text).fetchone()
                times.append(time.perf_counter() - began)
                assert row is not None
                answer = (int(row[0]), int(row[1]), int(row[2]))
        return {"postgres_seconds": min(times), "postgres_index_seconds": built}, answer
    finally:
        server.stop()
        shutil.rmtree(place / "store", ignore_errors=True)


def _spark(place: Path) -> tuple[float, Triple]:
    """Spark on this machine's cores, from files, the form in slots."""
    from pyspark.sql import SparkSession

    made = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "8").config("spark.driver.memory", "4g")
    session = made.getOrCreate()
    try:
        session.sparkContext.setLogLevel("ERROR")
        for name in ("visit", "stay"):
            session.read.parquet(str(place / f"{name}.parquet")).createOrReplaceTempView(name)
        began = time.perf_counter()
        [row] = session.sql(table_sql("visit", "stay", engine="spark")).collect()
        return time.perf_counter() - began, (int(row[0]), int(row[1]), int(row[2]))
    finally:
        session.stop()
