"""The compiled measures on Spark SQL, over a snapshot of the mirror: the same text as on DuckDB, on one machine or on many.

Spark writes every sub-query out again wherever it is named, and ours name one another in long chains. So a statement is taken in steps: what is
named more than once is worked out once and kept in the executors, and the rest of the statement reads it from there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

import duckdb

from .counting import COUNTED
from .facts import vocabulary as everything
from .language import Vocabulary
from .language.measure import Measure
from .mirror import checking, relations
from .mirror.layout import Layout, quoted
from .obligations import Force
from .sql import DUCKDB, Dialect, Relations, compile_beside_in_zones, compile_measure
from .sql.dialects import SPARK

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

COUNTS = tuple(COUNTED)
OURS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.legacy.ctePrecedencePolicy": "CORRECTED",
}
LOCAL = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.showConsoleProgress": "false"}
NAMES = re.compile(r"'(?:[^'\\]|\\.)*'|`[^`]*`|\w+")
PIECES = re.compile(r"'(?:[^'\\]|\\.)*'|`[^`]*`|[()]")
EVERYWHERE = Force()
_number = count()


class Owed(Protocol):
    """A measure in force."""

    measure: Measure

    def force(self, zone: str) -> Force:
        """Where and when, in the zone's civil time."""


@dataclass(frozen=True)
class Always:
    """A measure as if it were in force everywhere and always, or as the `Force` says in every zone."""

    measure: Measure
    everywhere: Force = EVERYWHERE

    def force(self, zone: str) -> Force:
        return self.everywhere


def start(master: str = "local[2]", memory: str = "1g", **settings: Any) -> SparkSession:
    """A session. `master`: this machine (`local[2]`), or a cluster (`spark://host:7077`); `settings`: of Spark, with `__` for a dot.

    `memory`: of this process and of each executor. For a cluster the machine's own Spark settings (`SPARK_CONF_DIR`) apply first.
    """
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("sizao").config("spark.driver.memory", memory).config("spark.executor.memory", memory)
    given = {name.replace("__", "."): value for name, value in settings.items()}
    here = {**LOCAL, "spark.sql.shuffle.partitions": "2"} if master.startswith("local") else {}
    for name, value in (here | given).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


class Snapshot:
    """A folder that `Mirror.snapshot` wrote, as Spark reads it. The workers must reach it under the same name; a URL will do."""

    def __init__(self, spark: SparkSession, folder: Any, vocabulary: Vocabulary | None = None):
        self.spark, self.folder = ours(spark), str(folder).rstrip("/")
        about = json.loads(self.spark.read.text(f"{self.folder}/snapshot.json", wholetext=True).collect()[0][0])
        self.zones: list[str] = about["zones"]
        self.state = SimpleNamespace(latest=about["latest"])
        self.layout = Layout(vocabulary or everything(), self.zones)
        for name in ("subject", *(table.name for table in checking.tables(self.layout))):
            self.spark.read.parquet(f"{self.folder}/{name}.parquet").createOrReplaceTempView(name)
        self.root = self.spark.sql("SELECT min(id) FROM area WHERE parent IS NULL").collect()[0][0]

    def relations(self, zone: str, known_at: datetime | None = None) -> Relations:
        """What a compiled statement of the Spark dialect reads."""
        return relations.build(_Reader(self.spark), self.layout, self.state, zone, known_at)  # type: ignore[arg-type]

    def obligations(self, f: Owed, as_of: datetime, known_at: datetime | None = None, beside: bool = True) -> DataFrame:
        """Every obligation of a measure: subjects by the mirror's numbers, times civil, the zone beside them.

        `beside`: also by what its list is not complete, and what was handed over, as a run counts and lists them.
        """
        from pyspark.sql.functions import lit

        whole: DataFrame | None = None
        for zone, sql in statements(f, {zone: self.relations(zone, known_at) for zone in self.zones}, as_of, SPARK, beside):
            found = run(self.spark, sql).withColumn("zone", lit(zone))
            whole = found if whole is None else whole.unionByName(found)
        assert whole is not None, "a snapshot without a zone"
        return whole

    def cells(self, f: Owed, as_of: datetime, known_at: datetime | None = None) -> DataFrame:
        """(measure, area, day, counts): of every area with all below it, by the day on which they were due."""
        view = f"obligation_{next(_number)}"
        self.obligations(f, as_of, known_at).createOrReplaceTempView(view)
        try:
            return self.spark.sql(SPARK.whole(counted(f"SELECT * FROM {view}", "SELECT area, above FROM up", self.root)))
        finally:
            self.spark.catalog.dropTempView(view)


def evaluate(folder: Any, measures: Iterable[Owed], as_of: datetime, known_at: datetime | None = None, *, spark: SparkSession | None = None) -> Iterator[tuple[Any, ...]]:
    """The cells of measures, one after another: (measure, area, day, and the counts of `COUNTS`)."""
    snapshot = Snapshot(spark or start(), folder)
    for f in measures:
        yield from (tuple(row) for row in snapshot.cells(f, as_of, known_at).collect())


def in_order(rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Rows to be compared."""
    return sorted((tuple(row) for row in rows), key=repr)


def on_duckdb(folder: Any, f: Owed, as_of: datetime, known_at: datetime | None = None, vocabulary: Vocabulary | None = None) -> list[tuple[Any, ...]]:
    """The same cells of the same folder by DuckDB: to be held against those of `Snapshot.cells`."""
    duck, about = duckdb.connect(), json.loads((Path(folder) / "snapshot.json").read_text(encoding="utf-8"))
    layout = Layout(vocabulary or everything(), about["zones"])
    for table in checking.tables(layout):
        duck.execute(f"CREATE VIEW {quoted(table.name)} AS SELECT * FROM read_parquet({DUCKDB.text(f'{folder}/{table.name}.parquet')})")
    duck.execute(f"CREATE VIEW subject AS SELECT n, CAST(id AS UUID) AS id FROM read_parquet({DUCKDB.text(f'{folder}/subject.parquet')})")
    root = duck.sql("SELECT min(id) FROM area WHERE parent IS NULL").fetchall()[0][0]
    state = SimpleNamespace(latest=about["latest"])
    related = {zone: relations.build(duck, layout, state, zone, known_at) for zone in layout.zones}  # type: ignore[arg-type]
    parts = [f"SELECT * FROM ({sql}) z" for _, sql in statements(f, related, as_of, DUCKDB)]
    return duck.execute(counted(" UNION ALL ".join(parts), "SELECT area, above FROM up", root)).fetchall()


def statements(f: Owed, related: Mapping[str, Relations], as_of: datetime, dialect: Dialect, beside: bool = True) -> Iterator[tuple[str, str]]:
    """(zone, statement) of a measure's obligations and, if wanted, of what stands beside them. `related`: what is read in each zone."""
    zones = [(related[zone], civil(as_of, zone), f.force(zone)) for zone in related]
    for zone, (read, moment, force) in zip(related, zones, strict=True):
        yield zone, compile_measure(f.measure, read, moment, force, dialect)
    if beside:
        yield from ((zone, sql) for zone, sql in zip(related, compile_beside_in_zones(f.measure, zones, dialect), strict=True) if sql)


def counted(obligations: str, up: str, root: Any) -> str:
    """SQL of the cells of obligations, for every engine but PostgreSQL. What has no area belongs to the root."""
    counts = ", ".join(f"count(CASE WHEN {test} THEN 1 END) AS {name}" for name, test in COUNTED.items())
    sums = ", ".join(f"CAST(sum(l.{name}) AS BIGINT) AS {name}" for name in COUNTS)
    leaves = f"SELECT o.measure, coalesce(o.area, {root}) AS area, CAST(o.due AS DATE) AS day, {counts} FROM ({obligations}) o GROUP BY 1, 2, 3"
    return f"SELECT l.measure, u.above AS area, l.day, {sums} FROM ({leaves}) l JOIN ({up}) u ON u.area = l.area GROUP BY 1, 2, 3"


def civil(instant: datetime, zone: str) -> datetime:
    """An instant in a zone's civil time; one without a zone is civil already."""
    return instant if instant.tzinfo is None else instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def ours(spark: SparkSession) -> SparkSession:
    """A session of our own beside the given one, set as the dialect needs it."""
    session = spark.newSession()
    for name, value in OURS.items():
        session.conf.set(name, value)
    return session


# -- a statement in steps


def run(spark: SparkSession, statement: str) -> DataFrame:
    """The rows of a compiled statement."""
    return Steps(spark).rows(statement, {})


class Steps:
    """Works a statement out from the inside: each sub-query that is named twice, and each that has sub-queries of its own, becomes a view of rows kept."""

    def __init__(self, spark: SparkSession):
        self.spark = spark
        self.views: list[str] = []

    def rows(self, statement: str, known: dict[str, str]) -> DataFrame:
        try:
            return self.spark.sql(self.text(statement, known))
        finally:
            for view in self.views:
                self.spark.catalog.dropTempView(view)

    def text(self, statement: str, known: dict[str, str]) -> str:
        """The statement with what had to be kept read from views. `known`: sub-queries of the statements around it, by name."""
        named, rest = parts(statement)
        for i, (name, body) in enumerate(named):
            body = self.unnested(body, known)
            later = [text for _, text in named[i + 1 :]] + [rest]
            body = within(known, body)
            if sum(mentions(text, name) for text in later) > 1:
                body = f"SELECT * FROM {self.keep(body)}"
            known = {**known, name: body}
        return within(known, self.unnested(rest, known))

    def unnested(self, body: str, known: dict[str, str]) -> str:
        """The text with each statement inside it that has sub-queries of its own replaced by a view."""
        while (begin := body.find("(WITH ")) >= 0:
            end = closing(body, begin)
            inner = self.text(body[begin + 1 : end], known)
            body = f"{body[:begin]}(SELECT * FROM {self.keep(inner)}){body[end + 1 :]}"
        if body.startswith("WITH "):
            body = f"SELECT * FROM {self.keep(self.text(body, known))}"
        return body

    def keep(self, select: str) -> str:
        view = f"_step_{next(_number)}"
        self.spark.sql(select).localCheckpoint(eager=False).createOrReplaceTempView(view)
        self.views.append(view)
        return view


def parts(statement: str) -> tuple[list[tuple[str, str]], str]:
    """The named sub-queries of a statement, in order, and what follows them.

    >>> parts("WITH a AS (SELECT ')' AS x),\\nb AS (SELECT (1))\\nSELECT * FROM a, b")
    ([('a', "SELECT ')' AS x"), ('b', 'SELECT (1)')], 'SELECT * FROM a, b')
    """
    if not statement.startswith("WITH "):
        return [], statement
    named, at = [], len("WITH ")
    while True:
        begin = statement.index("(", at)
        end = closing(statement, begin)
        named.append((statement[at:begin].strip().removesuffix(" AS").strip(), statement[begin + 1 : end]))
        if statement[end + 1 : end + 2] != ",":
            return named, statement[end + 1 :].strip()
        at = end + 2


def closing(text: str, begin: int) -> int:
    """Where the parenthesis that opens at `begin` is closed."""
    depth = 0
    for found in PIECES.finditer(text, begin):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if not depth:
            return found.start()
    raise ValueError(f"not closed: {text[begin : begin + 60]}")


def mentions(text: str, name: str) -> int:
    """How often a name is read from."""
    words = [found[0] for found in NAMES.finditer(text)]
    return sum(word == name and before in ("FROM", "JOIN") for before, word in zip(["", *words], words, strict=False))


def within(known: dict[str, str], body: str) -> str:
    """The text with the sub-queries before it that it reads."""
    wanted = [f"{name} AS ({known[name]})" for name in known if mentions(body, name)]
    return f"WITH {', '.join(wanted)} {body}" if wanted else body


class _Reader:
    """Answers what the mirror's relations ask of their database."""

    def __init__(self, spark: SparkSession):
        self.spark = spark

    def execute(self, sql: str) -> _Reader:
        self.found = [tuple(row) for row in self.spark.sql(SPARK.whole(sql)).collect()]
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.found

    def fetchone(self) -> tuple[Any, ...] | None:
        return self.found[0] if self.found else None
