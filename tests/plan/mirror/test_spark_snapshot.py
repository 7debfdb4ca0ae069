"""The demo's county from the mirror's snapshot: Spark counts what DuckDB counts, on every level of the tree, and lists the same."""

import shutil
from datetime import timedelta

import pytest

if not shutil.which("java"):
    pytest.skip("there is no Java", allow_module_level=True)
pytest.importorskip("pyspark")

from test_spark import QUICK

from sizao.kernel import clock
from sizao.plan import evaluation, spark
from sizao.plan.sql import DUCKDB
from sizao.rehearsal import county

ZONE = "Asia/Shanghai"


@pytest.fixture
def taken(mirror, tmp_path):
    """(the mirror, its snapshot, a moment)."""
    county.ensure()
    mirror.refresh()
    mirror.snapshot(tmp_path / "snapshot")
    return mirror, tmp_path / "snapshot", clock.now()


def test_a_snapshot_of_the_demo_gives_equal_cells_and_rows(taken, request):
    mirror, folder, now = taken
    session = spark.start("local[1]", **QUICK)
    session.sparkContext.setLogLevel("ERROR")
    snapshot, cells = spark.Snapshot(session, folder), 0
    assert snapshot.zones == [ZONE]
    found = evaluation.in_force(now)
    for i, f in enumerate(found if request.config.getoption("--full") else found[::5]):
        known_at = now - timedelta(days=1) if i == 1 else None
        read = {ZONE: mirror.relations(ZONE, known_at)}
        obligations = " UNION ALL ".join(f"SELECT * FROM ({sql}) z" for _, sql in spark.statements(f, read, now, DUCKDB))
        listed = snapshot.obligations(f, now, known_at).drop("zone").collect()
        assert spark.in_order(listed) == spark.in_order(mirror.query(obligations)), f.measure.id
        if i < 4:
            wanted = spark.in_order(mirror.query(spark.counted(obligations, "SELECT area, above FROM up", snapshot.root)))
            assert spark.in_order(snapshot.cells(f, now, known_at).collect()) == wanted, f.measure.id
            assert spark.in_order(spark.on_duckdb(folder, f, now, known_at)) == wanted, f.measure.id
            cells += len(wanted)
    assert cells > 100
