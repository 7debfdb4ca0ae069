"""What a run is held against: the cells and rows of the last one, found where they differ. On invented cells and rows, in memory."""

from collections import Counter
from datetime import datetime
from types import SimpleNamespace

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sizao.plan.duck import COUNTED, KEPT
from sizao.plan.settled.daily import EXTRA, LISTED, MARKED, Daily
from sizao.plan.settled.ledger import Kept, Ledger
from sizao.plan.settled.written import Written

MEASURES = {1: "7 a", 2: "7 b"}
HORIZON = datetime(2020, 6, 1)
small = st.integers(0, 2)
#: (measure, area, day, which count, how many): several for one cell and day add up.
counts = st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(1, 3), st.integers(1, 2), st.sampled_from(["missing", "open", "ownerless"]), st.integers(1, 2)), max_size=5)
#: (measure, area, how many levels it has risen, how many)
marks = st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2)), max_size=2)
#: (measure, subject, occasion, area): of one key there may be several rows, and some alike.
rows = st.lists(st.tuples(st.sampled_from([1, 2]), small, small, st.integers(1, 3)), max_size=6)
#: What a run finds; whether a midnight came since the last one; whether it is remembered.
story = st.lists(st.tuples(counts, counts, marks, rows, st.sampled_from([False, False, True]), st.sampled_from([True, True, False])), min_size=2, max_size=4)
ONE, TWO = [(1, 1, 1, "missing", 1)], [(1, 1, 1, "missing", 2), (2, 3, 1, "open", 1)]


def place():
    """A mirror's file with a tree of three areas, in which nothing was counted yet."""
    duck = duckdb.connect()
    duck.execute("ATTACH ':memory:' AS run; CREATE TABLE post (id BIGINT, area BIGINT)")
    duck.execute("CREATE TABLE up AS FROM (VALUES (1, 1, 0), (2, 2, 0), (2, 1, 1), (3, 3, 0), (3, 2, 1), (3, 1, 2)) t(area, above, steps)")
    marked = ", ".join(f"{name} BIGINT" for name in EXTRA)
    duck.execute(f"CREATE TABLE {MARKED} (key VARCHAR, area BIGINT, levels INTEGER, post BIGINT, n BIGINT, {marked})")
    duck.execute(f"CREATE TABLE {LISTED} (key VARCHAR, subject BIGINT, occasion BIGINT, state VARCHAR, doable BOOLEAN, due TIMESTAMP, area BIGINT)")
    Ledger(duck)
    return duck


def cycle(duck, live, settled, horizon):
    """What a cycle leaves: live cells anew, and what has been settled now."""
    ledger = Ledger(duck)
    ledger.begin()
    for table, names, found, last in ((ledger.live, KEPT, live, ""), ("settled_cell", COUNTED, settled, f", {ledger.turn}")):
        for no, area, day, name, n in found:
            values = ", ".join(str(n if c == name else 0) for c in names)
            duck.execute(f"INSERT INTO {table} VALUES ({no}, {area}, DATE '2020-06-0{day}', {values}{last})")
    if horizon > HORIZON:
        ledger.compact()
    ledger.settle([Kept(no, key, "", horizon, horizon) for no, key in MEASURES.items()])


def all_of(duck, sql):
    return Counter(duck.execute(sql).fetchall())


@settings(max_examples=4, deadline=None)
@example([(ONE, [], [], [], False, True), (TWO, [], [], [(1, 0, 0, 1)] * 2, False, True), (ONE, ONE, [], [(1, 0, 0, 1)], False, True), (ONE, [], [(1, 2, 1, 1)], [], False, True)])
@given(story)
def test_what_differs_makes_of_the_last_run_this_one(story):
    agrees(story)


@pytest.mark.full
@settings(max_examples=100, deadline=None)
@given(story)
def test_what_differs_makes_of_the_last_run_this_one_in_a_hundred_stories(story):
    agrees(story)


def agrees(story):
    duck, horizon, last = place(), HORIZON, None
    daily = SimpleNamespace(engine=None, duck=duck, zone="Asia/Shanghai")
    for name in ("cells", "rows", "marked", "risen", "moved"):
        setattr(daily, name, getattr(Daily, name).__get__(daily))
    for number, (live, settled, marked, listed, midnight, kept) in enumerate(story, 1):
        horizon = horizon.replace(day=horizon.day + midnight)
        cycle(duck, live, settled, horizon)
        duck.execute(f"DELETE FROM {MARKED}; DELETE FROM {LISTED}")
        for no, area, levels, n in marked:
            duck.execute(f"INSERT INTO {MARKED} VALUES ('{MEASURES[no]}', {area}, {levels}, NULL, {n}, {', '.join(str(n) for _ in EXTRA)})")
        for no, subject, occasion, area in listed:
            duck.execute(f"INSERT INTO {LISTED} VALUES ('{MEASURES[no]}', {subject}, {occasion}, 'open', TRUE, NULL, {area})")
        written = Written(daily)
        now = [all_of(duck, daily.cells()), all_of(duck, daily.rows())]
        assert [all_of(duck, "FROM now_cell"), all_of(duck, "FROM now_row")] == now
        for what, whole, was in zip(("cell", "row"), now, last or (Counter(), Counter()), strict=True):
            width = 2 if what == "cell" else 3
            names = "key, area" if what == "cell" else "key, subject, occasion"
            gone = set(all_of(duck, f"SELECT {names} FROM gone_{what}"))
            rest = Counter({row: n for row, n in was.items() if row[:width] not in gone})
            assert rest + all_of(duck, f"FROM new_{what}") == whole, "what ends by its keys and what begins anew"
        written.remember(SimpleNamespace(standing=kept, pk=number, started_at=horizon))
        last = now if kept else last
    assert all_of(duck, "FROM written_cell") + all_of(duck, "FROM written_row") == sum(last or [], Counter())
