"""A whole evaluation: what measures share is made once however many lanes ask for it, and obligations that are alike are counted together."""

import random
import threading
import time

import duckdb
import pytest

from sizao.plan import counting
from sizao.plan.mirror.engine import number
from sizao.plan.mirror.once import Asked, Once

STATES = ("met", "late", "overdue", "open", "ahead", "waiting", "closed", "cannot_tell", "unlisted", "short", "no_list")


@pytest.fixture
def memory():
    with duckdb.connect() as duck:
        duck.execute("ATTACH ':memory:' AS made")
        yield duck


def test_what_several_threads_ask_for_is_made_once_and_nobody_waits_for_another_thing():
    made, slow = [], threading.Event()

    def make(key):
        made.append(key)
        if key == "slow":
            assert slow.wait(10)
        return f"the {key}"

    asked, found = Asked(make), []
    threads = [threading.Thread(target=lambda: found.append(asked["slow"])) for _ in range(3)]
    for thread in threads:
        thread.start()
    while "slow" not in made:
        time.sleep(0.001)
    assert asked["quick"] == "the quick"  # while the other is being made
    slow.set()
    for thread in threads:
        thread.join()
    assert found == ["the slow"] * 3
    assert sorted(made) == ["quick", "slow"]


def test_a_table_that_is_worked_out_is_seen_by_every_connection_and_each_has_a_name_of_its_own(memory):
    once, found = Once(memory, "made"), {}

    def keep(n):
        found[n] = once.keep(f"SELECT range AS x FROM range({n})")

    threads = [threading.Thread(target=keep, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: (memory.execute(f"SELECT count(*) FROM ({sql})").fetchone()[0], rows) for n, (sql, rows) in found.items()} == {n: (n, n) for n in range(1, 9)}
    once.close()
    with pytest.raises(duckdb.Error):
        once.duck.execute("SELECT 1")


def test_what_two_lanes_made_of_the_same_name_has_one_number(memory):
    """Both had looked for it before either had given it one."""
    memory.execute("CREATE TABLE subject (n BIGINT, id UUID)")
    memory.execute("INSERT INTO subject SELECT range, uuid() FROM range(5)")
    name = "0c0e546e-7767-4616-c7c8-742cee078260"
    for table in ("one", "other"):
        memory.execute(f"CREATE TABLE made.{table} AS SELECT -1 AS id, '{name}' AS \"name:\"")
    for table in ("one", "other"):
        number(memory, f"made.{table}")
    assert memory.execute(f"SELECT n FROM subject WHERE id = '{name}'").fetchall() == [(5,)]
    assert memory.execute("SELECT id FROM made.one UNION ALL SELECT id FROM made.other").fetchall() == [(5,), (5,)]


def test_obligations_that_are_alike_counted_together_are_those_counted_one_by_one(memory):
    r = random.Random(5)
    memory.execute("CREATE TABLE o (no SMALLINT, area BIGINT, state VARCHAR, post BIGINT, raised INTEGER, doable BOOLEAN, told_late BOOLEAN, seen BOOLEAN, have DECIMAL(18, 3), need DECIMAL(18, 3))")
    some = (None, True, False)
    lines = [
        (r.randrange(3), r.choice([None, 1, 2]), r.choice(STATES), r.choice([None, 7]), r.randrange(3), r.choice(some), r.choice(some), r.choice(some), r.randrange(4), r.randrange(4, 8) + 0.5)
        for _ in range(3000)
    ]
    memory.executemany("INSERT INTO o VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", lines)
    names = (*counting.COUNTED, "short_by")
    sums = f"SELECT measure, coalesce(area, 9) AS area, state, post, levels, sum(n), {', '.join(f'sum({name})' for name in names)} FROM ({{0}}) GROUP BY ALL ORDER BY ALL"
    together = memory.execute(sums.format(counting.counts(f"({counting.alike('o')})"))).fetchall()
    assert together == memory.execute(sums.format(counting.leaf_counts("(SELECT *, no AS measure FROM o)", 9))).fetchall()
    assert len(together) > 200
