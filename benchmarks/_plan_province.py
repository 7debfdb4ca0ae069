"""An invented province, made directly in a DuckDB file: registers as versions, acts, a tree of five levels, and what one day's refresh brought.

Everything comes from a hash of the subject's number, so the same size is the same province each time.
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks._plan_measures import PERSON_ACTS, SUBJECT_ACTS, TABLES

VERSION = 7
AS_OF = dt.datetime(2020, 6, 20, 21)  # noqa: DTZ001 - civil time, as the engine has it
PREVIOUS = AS_OF - dt.timedelta(days=1)
SINCE = dt.datetime(2020, 6, 6)  # noqa: DTZ001 - fifteen days
FAR = "TIMESTAMP '9999-12-31'"
LEVELS = ("province", "city", "county", "township", "village")
TYPES = {"int": "INTEGER", "text": "VARCHAR", "bool": "BOOLEAN", "date": "DATE", "instant": "TIMESTAMP", "number": "DOUBLE"}


@dataclass(frozen=True)
class Size:
    """How many of each. `tree`: children of an area, level by level."""

    persons: int
    households: int
    units: int
    contacts: int
    stays: int
    tree: tuple[int, int, int, int]


SIZES = {
    "20k": Size(20_000, 6_000, 300, 800, 400, (2, 3, 4, 5)),
    "1m": Size(1_000_000, 300_000, 5_000, 20_000, 10_000, (6, 6, 10, 20)),
    "10m": Size(10_000_000, 3_000_000, 50_000, 200_000, 100_000, (16, 9, 13, 37)),
}


def file(size: str) -> Path:
    """Where the province of a size lies; made once and kept between measurements."""
    return Path(os.environ.get("SIZAO_BENCH", tempfile.gettempdir())) / f"sizao-bench-plan-{size}-{VERSION}.duckdb"


def make(size: str) -> Path:
    """The file of that size, made if it is not there."""
    place = file(size)
    if not place.exists():
        draft = place.with_suffix(f".{os.getpid()}.draft")
        db = duckdb.connect(str(draft))
        db.execute("SET threads = 2; SET memory_limit = '6GB'")
        Maker(db, SIZES[size]).all()
        db.execute("CHECKPOINT")
        db.close()
        draft.rename(place)
    return place


def at(day: str, share: str, seconds: int) -> str:
    """A moment some seconds after a day."""
    return f"({day} + to_seconds(CAST({share} * {seconds} AS BIGINT)))"


class Maker:
    """Makes every table."""

    def __init__(self, db: duckdb.DuckDBPyConnection, size: Size):
        self.db, self.s, self.acts = db, size, 0

    def all(self) -> None:
        self.tree()
        self.registers()
        self.happenings()
        self.posts()

    # -- the tree

    def tree(self) -> None:
        self.db.execute(
            "CREATE TABLE area (id INTEGER, parent INTEGER, level VARCHAR); CREATE TABLE up (area INTEGER, above INTEGER, steps INTEGER)"
        )
        self.db.execute("INSERT INTO area VALUES (1, NULL, 'province'); INSERT INTO up VALUES (1, 1, 0)")
        first, count = 1, 1
        for level, children in zip(LEVELS[1:], self.s.tree, strict=True):
            new = first + count
            self.db.execute(f"INSERT INTO area SELECT {new} + i, {first} + i // {children}, '{level}' FROM range({count * children}) r(i)")
            self.db.execute(
                "INSERT INTO up SELECT a.id, u.above, u.steps + 1 FROM area a JOIN up u ON u.area = a.parent WHERE a.level = ? UNION ALL SELECT id, id, 0 FROM area WHERE level = ?",
                [level, level],
            )
            first, count = new, count * children
        self.village, self.villages = first, count
        self.township, self.townships = first - count // self.s.tree[3], count // self.s.tree[3]

    # -- registers

    def registers(self) -> None:
        early, arrived = "TIMESTAMP '2020-05-01'", "DATE '2020-06-01' + CAST({h} % 19 AS INTEGER)"
        self.table(
            "person",
            self.s.persons,
            "i",
            early,
            {
                "age": "{h} % 91",
                "sex": "CASE WHEN {h} % 2 = 0 THEN 'f' ELSE 'm' END",
                "job": "CASE WHEN {h} % 1000 < 40 THEN 'food' WHEN {h} % 1000 < 60 THEN 'medical' WHEN {h} % 1000 < 98 THEN 'driver' WHEN {h} % 1000 < 990 THEN 'other' END",
                "chronic": "CASE WHEN {h} % 100 < 97 THEN {h} % 5 = 0 END",
                "origin": "CASE WHEN {h} % 100 < 49 THEN 'listed' WHEN {h} % 100 < 97 THEN 'other' END",
                "arrived_on": f"CASE WHEN {{h}} % 1000 < 20 THEN {arrived} END",
                "recovered_on": "CASE WHEN {h} % 10000 < 10 THEN DATE '2020-02-01' + CAST({h} % 101 AS INTEGER) END",
                "vaccinated_on": "CASE WHEN {h} % 3 = 0 THEN DATE '2020-05-01' + CAST({h} % 30 AS INTEGER) END",
            },
            changed=2,
            correction="CAST((age + 40) % 91 AS INTEGER) AS age",
        )
        self.table(
            "household",
            self.s.households,
            "i * 3",
            early,
            {"lived_in": "CASE WHEN {h} % 100 < 94 THEN true WHEN {h} % 100 < 99 THEN false END", "size": "1 + {h} % 5"},
            changed=1,
            correction="NOT lived_in AS lived_in",
        )
        known = at("TIMESTAMP '2020-06-02'", "({h} % 100003) / 100003.0", 18 * 86400 + 70000)
        self.table(
            "contact",
            self.s.contacts,
            "i * 50",
            known.format(h=hashed("known")),
            {
                "class": "CASE WHEN {h} % 100 < 80 THEN 'close' WHEN {h} % 100 < 98 THEN 'secondary' END",
                "named_at": "known",
                "last_exposure_on": "CASE WHEN {h} % 100 < 99 THEN CAST(known AS DATE) - CAST({h} % 4 AS INTEGER) END",
                "observation_from": "CASE WHEN {h} % 100 < 98 THEN known + INTERVAL 3 HOUR END",
                "released_at": "CASE WHEN {h} % 100 < 8 THEN known + INTERVAL 8 DAY END",
                "open": "{h} % 20 > 0",
            },
            changed=100,
            correction="last_exposure_on - 1 AS last_exposure_on",
            changes="NOT open AS open",
        )
        self.table(
            "stay",
            self.s.stays,
            "i * 90 + 7",
            known.format(h=hashed("known")),
            {
                "kind": "CASE WHEN {h} % 10 < 6 THEN 'home' ELSE 'central' END",
                "admitted_at": "CASE WHEN {h} % 100 < 99 THEN known END",
                "until_on": "CASE WHEN {h} % 100 < 90 THEN CAST(known AS DATE) + 14 END",
            },
            changed=30,
            correction="until_on - 3 AS until_on",
        )
        self.table(
            "unit",
            self.s.units,
            "NULL",
            early,
            {
                "kind": "CASE WHEN {h} % 100 < 8 THEN 'hospital' WHEN {h} % 100 < 70 THEN 'school' ELSE 'market' END",
                "beds": "CASE WHEN {h} % 100 < 97 THEN {h} % 300 END",
                "running": "CASE WHEN {h} % 100 < 97 THEN true WHEN {h} % 100 < 99 THEN false END",
                "opened_on": "CASE WHEN {h} % 100 < 99 THEN DATE '2020-05-20' + CAST({h} % 20 AS INTEGER) END",
            },
            changed=10,
            correction="NOT running AS running",
        )

    def table(
        self, name: str, count: int, person: str, known: str, columns: dict[str, str], changed: int, correction: str, changes: str = ""
    ) -> None:
        """A register. `changed` in a thousand have a second version, from a later day, in another village; one in two thousand was corrected today."""
        types = dict(word.split(":") for word in TABLES[name].split())
        listed = ", ".join(f'CAST({sql.format(h=hashed(c))} AS {TYPES[types[c]]}) AS "{c}"' for c, sql in columns.items())
        here = f"CASE WHEN {hashed('nowhere')} % 1000 = 0 THEN NULL WHEN {hashed('high')} % 50 = 0 THEN {self.township} + {hashed('area')} % {self.townships} ELSE {self.village} + {hashed('area')} % {self.villages} END"
        disease = "'covid-19'" if name in ("contact", "stay") else "NULL"
        self.db.execute(
            f"CREATE OR REPLACE TEMP TABLE s AS SELECT i, CAST(i AS INTEGER) AS id, CAST({person} AS INTEGER) AS person, CAST({here} AS INTEGER) AS area, CAST({disease} AS VARCHAR) AS disease, known, "
            f"CASE WHEN {hashed('changed')} % 1000 < {changed} THEN date_trunc('second', known) + to_hours(CAST(20 + {hashed('after')} % 300 AS INTEGER)) END AS next, {listed} FROM (SELECT i, {known} AS known FROM range({count}) r(i))"
        )
        own = ", ".join(f'"{c}"' for c in columns)
        later = f"TIMESTAMP '{AS_OF}'"
        moved = f"CASE WHEN id % 2 = 0 THEN area ELSE {self.village} + {hashed('moved', 'id')} % {self.villages} END"
        second = f"SELECT id, person, CAST({moved} AS INTEGER), disease, known, next, {FAR}, {own} FROM (SELECT * {f'REPLACE ({changes})' if changes else ''} FROM s) WHERE next <= {later}"
        self.db.execute(
            f"CREATE TABLE {name} AS SELECT id, person, area, disease, known, known AS vf, CASE WHEN next <= {later} THEN next ELSE {FAR} END AS vt, {own} FROM s WHERE known <= {later} UNION ALL {second}"
        )
        self.db.execute(f"CREATE TABLE {name}_versions AS SELECT * FROM {name} WHERE vt < {FAR} OR vf > known")
        old = f"TIMESTAMP '{PREVIOUS}'"
        self.db.execute(
            f"CREATE TABLE {name}_changed AS SELECT DISTINCT id FROM {name} WHERE vf > {old} OR {hashed('corrected', 'id')} % 2000 = 0"
        )
        self.db.execute(
            f"CREATE TABLE {name}_before AS SELECT * REPLACE (CASE WHEN vt > {old} THEN {FAR} ELSE vt END AS vt) FROM (SELECT * REPLACE ({correction}) FROM {name} WHERE {hashed('corrected', 'id')} % 2000 = 0 "
            f"UNION ALL SELECT * FROM {name} WHERE {hashed('corrected', 'id')} % 2000 > 0 AND id IN (SELECT id FROM {name}_changed)) WHERE vf <= {old}"
        )

    # -- acts

    def happenings(self) -> None:
        self.db.execute(
            'CREATE TEMP TABLE drawn (kind VARCHAR, subject INTEGER, person INTEGER, "at" TIMESTAMP, period DATE, outcome VARCHAR, number INTEGER)'
        )
        days = "range(TIMESTAMP '2020-06-01', TIMESTAMP '2020-06-21', INTERVAL 1 DAY) t(d)"
        reported = "range(TIMESTAMP '2020-05-24', TIMESTAMP '2020-06-21', INTERVAL 1 DAY) t(d)"
        for kind, table in (("check", "contact"), ("temperature", "contact"), ("symptoms", "stay"), ("symptoms", "stay")):
            self.put(
                kind,
                table,
                f"{table}, {days}",
                "d + to_seconds(CAST(25200 + random() * 50000 AS BIGINT))",
                "d >= CAST(known AS DATE) AND random() < .93",
            )
        for kind in ("daily_report", "stock_report", "fever_report"):
            self.put(kind, "unit", f"unit, {reported}", "d + to_seconds(CAST(27000 + random() * 40000 AS BIGINT))", "random() < .95", period="CAST(d AS DATE)")  # fmt: skip
        day = "TIMESTAMP '{}' + to_seconds(CAST(random() * {} AS BIGINT))"
        self.put("swept", "household", "household", day.format("2020-06-05", 16 * 86400), "random() < .9", good="done")
        self.put("swept_again", "household", "household", day.format("2020-06-12", 9 * 86400), "random() < .5", good="done")
        month = day.format("2020-05-10", 42 * 86400)
        self.put("tested", "person", "person, range(15)", month, "job <> 'other'")
        self.put(
            "tested",
            "contact",
            "contact, range(1, 15) t(k)",
            "CAST(last_exposure_on + CAST(k AS INTEGER) AS TIMESTAMP) + to_seconds(CAST(random() * 86400 AS BIGINT))",
            "random() < .4",
        )
        self.put(
            "tested",
            "person",
            "person, range(4)",
            "CAST(arrived_on AS TIMESTAMP) + to_seconds(CAST(random() * 800000 AS BIGINT))",
            "arrived_on IS NOT NULL",
        )
        self.put("called", "person", "person, range(2)", day.format("2020-06-05", 16 * 86400), "age >= 80 AND random() < .6")
        self.put(
            "declared",
            "person",
            "person",
            "CAST(arrived_on AS TIMESTAMP) + to_seconds(CAST(random() * 150000 AS BIGINT))",
            "arrived_on IS NOT NULL AND random() < .8",
        )
        self.put("vaccinated", "person", "person", month, "job IN ('food', 'medical') AND random() < .7")
        self.put("trained", "person", "person", month, "job = 'driver' AND random() < .7")
        self.put("follow_up", "person", "person, range(5)", month, "recovered_on IS NOT NULL")
        self.put(
            "visited",
            "contact",
            "contact, range(5) t(k)",
            "observation_from + to_seconds(CAST(k * 200000 + random() * 100000 AS BIGINT))",
            "TRUE",
        )
        self.put("admitted", "contact", "contact", "named_at + to_seconds(CAST(random() * 120000 AS BIGINT))", "random() < .8")
        self.put("sealed", "stay", "stay", "admitted_at + to_seconds(CAST(random() * 60000 AS BIGINT))", "random() < .8")
        self.put("inspected", "unit", "unit, range(5)", month, "random() < .9")
        self.put("accepted", "unit", "unit", month, "random() < .7")
        self.put("ruled_out", "contact", "contact", "known + to_seconds(CAST(random() * 900000 AS BIGINT))", "random() < .04")
        self.put("closed_down", "unit", "unit", month, "random() < .02")
        late = "CASE WHEN hash(rowid, 'late') % 1000 < 30 THEN INTERVAL 30 HOUR WHEN hash(rowid, 'late') % 1000 < 31 THEN INTERVAL '-26 hours' ELSE INTERVAL 5 MINUTE END"
        self.db.execute(
            f'CREATE TABLE known_act AS SELECT CAST(row_number() OVER (ORDER BY told_at) AS INTEGER) AS id, * FROM (SELECT kind, subject, person, "at", "at" + {late} AS told_at, period, outcome, number FROM drawn) ORDER BY told_at'
        )
        now, old = f"TIMESTAMP '{AS_OF}'", f"TIMESTAMP '{PREVIOUS}'"
        self.db.execute(
            f"CREATE TABLE act AS SELECT *, CAST(told_at > {old} AS TINYINT) AS taken FROM known_act WHERE told_at <= {now} ORDER BY told_at > {old}, kind, id"
        )  # a first copy, and the refresh of a day
        self.db.execute(
            f"CREATE TABLE act_gone AS SELECT *, CAST(0 AS TINYINT) AS taken FROM known_act WHERE told_at <= {old} AND hash(id) % 20000 = 0"
        )
        self.db.execute("DELETE FROM act WHERE id IN (SELECT id FROM act_gone); DROP TABLE known_act; DROP TABLE drawn")

    def put(self, kind: str, table: str, source: str, when: str, where: str, period: str = "NULL", good: str = "pass") -> None:
        outcome = f"CASE WHEN random() < .07 THEN 'nobody' WHEN random() < .98 THEN '{good}' END"
        self.db.execute(
            f"SELECT setseed(0.{17 + self.acts}); INSERT INTO drawn SELECT '{kind}', {table}.id, {table}.person, {when}, {period}, {outcome}, CASE WHEN random() < .98 THEN CAST(random() * 4 AS INTEGER) END "
            f"FROM {source} WHERE vt = {FAR} AND {where}"
        )
        self.acts += 1

    # -- who answers, and since when acts are kept

    def posts(self) -> None:
        start = "TIMESTAMP '2020-05-01'"
        self.db.execute("CREATE TABLE post (id INTEGER, role VARCHAR, area INTEGER, vf TIMESTAMP, vt TIMESTAMP)")
        for role in ("grid", "community", "clinic", "sampler", "reporter", "health", "cdc"):
            self.db.execute(
                f"INSERT INTO post SELECT (SELECT count(*) FROM post) + row_number() OVER (), '{role}', id, {start}, {FAR} FROM area WHERE level IN ('county', 'township', 'village') AND hash(id, '{role}') % 20 > 2"
            )
        self.db.execute(
            f"UPDATE post SET vt = TIMESTAMP '{AS_OF - dt.timedelta(hours=3)}' WHERE role IN ('community', 'sampler') AND hash(id) % 9 = 0"
        )
        self.db.execute("CREATE TABLE kept (kind VARCHAR, area INTEGER, since TIMESTAMP)")
        self.db.execute(
            f"INSERT INTO kept SELECT k, 1, TIMESTAMP '2020-01-01' FROM (SELECT unnest({[*SUBJECT_ACTS, *PERSON_ACTS, 'admitted']}) AS k) WHERE k NOT IN ('temperature', 'tested')"
        )
        self.db.execute(
            "INSERT INTO kept SELECT k, id, TIMESTAMP '2020-01-01' + to_days(CAST(id % 3 AS INTEGER) * 81) FROM area, (VALUES ('temperature'), ('tested')) t(k) WHERE level = 'city'"
        )


def hashed(name: str, of: str = "i") -> str:
    """A large number that hangs on a subject and a name."""
    return f"CAST(hash({of}, '{name}') % 1000000007 AS BIGINT)"
