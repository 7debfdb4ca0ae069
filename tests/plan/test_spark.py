"""Spark says what DuckDB says: the same text on many invented registers at once, which lie beside one another in one set of tables."""

import csv
import datetime as dt
import os
import shutil
from dataclasses import replace

import duckdb
import pytest
from engine_batch import ABOVE, APART, Batch, alone, everywhere
from engine_edition import EDITION
from engine_registers import START
from engine_tables import COLUMNS, RELATIONS, make

from sizao.plan.language.done import Amount, Done, Holds, Never, leaves
from sizao.plan.language.schedule import Before, Days, Every, Fresh, Shifts, Within
from sizao.plan.obligations import STATES, WAITING, Force, Narrower
from sizao.plan.spark import Steps, counted, in_order, ours, run, start
from sizao.plan.sql import DUCKDB, compile_beside, compile_measure
from sizao.plan.sql.dialects import SPARK

if not shutil.which("java"):
    pytest.skip("there is no Java", allow_module_level=True)
pytest.importorskip("pyspark")

CROWDS, CROWDS_IN_FULL, FEW = int(os.environ.get("SIZAO_SPARK_CROWDS", "40")), 200, 10
MOMENTS = {
    "everywhere": (START + dt.timedelta(days=13, hours=17), Force()),
    "a county's days": (START + dt.timedelta(days=9, hours=8), Force(START + dt.timedelta(days=5, hours=15), START + dt.timedelta(days=15), 2, "covid-19", "secret")),
    "later": (START + dt.timedelta(days=24, seconds=1), Force(disease="flu", narrower=(Narrower(2, START + dt.timedelta(days=8), START + dt.timedelta(days=20)),))),
}
#: One of each timetable and form of evidence, and every look beyond the own row; the long run takes them all.
SHORT = ("sweep", "slot-last", "looked-back", "stock", "state", "forbidden", "fresh", "shift", "rows", "listing", "drawing", "monthly")
#: What makes a session of tiny tables quick: nothing is compiled for them, and no plan is made for many machines.
QUICK = {
    "spark__driver__extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark__sql__adaptive__enabled": "false",
    "spark__sql__codegen__wholeStage": "false",
    "spark__sql__codegen__factoryMode": "NO_CODEGEN",
    "spark__sql__shuffle__partitions": "1",
    "spark__sql__lightweightPlanChangeValidation": "false",
}


@pytest.fixture(scope="module")
def spark():
    session = start("local[1]", **QUICK)
    session.sparkContext.setLogLevel("ERROR")
    return ours(session)


@pytest.fixture(scope="module")
def size(request):
    return CROWDS_IN_FULL if request.config.getoption("--full") else CROWDS


@pytest.fixture(scope="module")
def engines(spark, size, tmp_path_factory):
    """The same registers in both."""
    duck, folder = duckdb.connect(), tmp_path_factory.mktemp("registers")
    make(duck.execute)
    content = Batch.seeded(1, size).rows()
    for name, columns in COLUMNS.items():
        path = folder / f"{name}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([row.get(c) for c, _ in columns] for row in content[name])
        duck.execute(f"COPY t_{name} FROM '{path}' (FORMAT csv, HEADER false, NULLSTR '')")
        duck.execute(f"COPY t_{name} TO '{folder}/{name}.parquet' (FORMAT parquet)")
        spark.read.parquet(f"{folder}/{name}.parquet").createOrReplaceTempView(f"t_{name}")
    return duck, spark


def relations(m):
    """All registers; of what meets across them a few, or millions of pairs would come of it."""
    if not alone(m):
        return RELATIONS
    few = {name: f"SELECT * FROM ({sql}) x WHERE x.id < {FEW * APART}" for name, sql in RELATIONS.facts.items()}
    return replace(RELATIONS, facts=few, act=f"SELECT * FROM t_act WHERE id < {FEW * APART}")


def both(engines, m, as_of, force, compiled=compile_measure, *more):
    """What the two list of one measure, in order."""
    duck, spark = engines
    force = everywhere(force)
    wanted = in_order(duck.execute(compiled(m, relations(m), as_of, force, DUCKDB, *more)).fetchall())
    return wanted, in_order(run(spark, compiled(m, relations(m), as_of, force, SPARK, *more)).collect())


def test_spark_lists_what_duckdb_lists_field_by_field(engines, size):
    seen = set()
    for name in SHORT:
        m = EDITION.measures[name]
        wanted, found = both(engines, m, *MOMENTS["everywhere"])
        assert found == wanted, name
        assert len({row[1] // APART for row in wanted}) > size / 4, "hardly any register has such an obligation"
        seen |= {row[6] for row in wanted} | {type(m.when)} | {type(leaf) for leaf in leaves(m.done)}
    assert seen >= {Within, Before, Every, Days, Fresh, Shifts, Done, Amount, Holds, Never, *STATES} - {WAITING}


@pytest.mark.full
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", EDITION.measures)
def test_spark_lists_what_duckdb_lists_for_every_measure(engines, name, moment):
    wanted, found = both(engines, EDITION.measures[name], *MOMENTS[moment])
    assert found == wanted


BESIDE = {"looked-back": {"unlisted", "closed"}, "short": {"short", "no_list"}}


@pytest.mark.parametrize("name", BESIDE)
def test_spark_lists_beside_them_what_duckdb_lists(engines, name):
    """Who is not on a list, lists that are short or not handed in, and what was handed over: the sender's half, accepted by another area."""
    wanted, found = both(engines, EDITION.measures[name], *MOMENTS["everywhere"], compile_beside, "contact")
    assert found == wanted
    assert {row[6] for row in wanted} >= BESIDE[name]


@pytest.mark.full
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", [m.id for m in EDITION.measures.values() if m.reconcile or m.table.custody])
def test_spark_lists_beside_every_measure_what_duckdb_lists(engines, name, moment):
    wanted, found = both(engines, EDITION.measures[name], *MOMENTS[moment], compile_beside, "contact")
    assert found == wanted


def test_cells_are_equal_on_every_level(engines):
    duck, spark = engines
    as_of, force = MOMENTS["everywhere"]
    m = EDITION.measures["daily"]
    run(spark, compile_measure(m, RELATIONS, as_of, force, SPARK)).createOrReplaceTempView("daily")
    up = f"SELECT * FROM t_up WHERE above < {ABOVE}"
    found = spark.sql(SPARK.whole(counted("SELECT * FROM daily", up, 1))).collect()
    wanted = duck.execute(counted(compile_measure(m, RELATIONS, as_of, force, DUCKDB), up, 1)).fetchall()
    assert in_order(found) == in_order(wanted)
    assert len({row[1] % APART for row in wanted}) >= 5


def test_a_step_kept_hides_nothing_of_the_same_name_around_it(spark):
    statement = (
        "WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a UNION ALL SELECT x FROM a), "
        "c AS (SELECT * FROM (WITH a AS (SELECT x + 1 AS x FROM b), d AS (SELECT p.x FROM a p JOIN a q ON p.x = q.x) SELECT sum(x) AS x FROM d) e)"
        "\nSELECT c.x, a.x, ')' AS y FROM c CROSS JOIN a"
    )
    assert [tuple(row) for row in Steps(spark).rows(statement, {}).collect()] == [(8, 1, ")")]


def test_civil_times_and_spans_are_exact_to_the_microsecond(spark):
    d, t = SPARK, SPARK.literal(dt.datetime(2020, 3, 29, 2, 30, 0, 1))
    sql = f"SELECT {d.plus(t, dt.timedelta(microseconds=-2))} AS a, {d.hours_between(t, d.plus(t, dt.timedelta(days=40000)))} AS b, {d.micros(t)} AS c, {d.plus_months(d.literal(dt.date(2020, 1, 31)), '1')} AS d"
    row = spark.sql(sql).collect()[0]
    assert tuple(row) == (dt.datetime(2020, 3, 29, 2, 29, 59, 999999), 960_000, 1_585_449_000_000_001, dt.date(2020, 2, 29))
