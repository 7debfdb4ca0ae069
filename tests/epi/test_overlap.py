"""Visits that overlap infectious stays: the fast search says what the definition says, whatever the rows."""

import duckdb
import numpy as np
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from sizao.epi import overlap
from sizao.epi.overlap import Intervals, Prepared, Search, Total
from sizao.epi.overlap_sql import table_sql

PLACES, PERSONS = 4, 6
HOUR = 3600


def rows(lowest: int) -> st.SearchStrategy[list[tuple[int, int, int, int]]]:
    """Few places and round hours, so that many intervals touch, hold one another, are empty or run backward."""
    hour = st.integers(-30, 30)
    moment = st.one_of(hour.map(lambda h: h * HOUR), st.integers(-100_000, 100_000), st.integers(-40, 40).map(lambda d: d * 86_400))
    return st.lists(st.tuples(st.integers(0, PLACES - 1), st.integers(lowest, PERSONS - 1), moment, moment), max_size=25)


def intervals(told: list[tuple[int, int, int, int]]) -> Intervals:
    return Intervals.of(*(zip(*told, strict=True) if told else ((), (), (), ())))


def by_definition(visits, stays, least=1) -> list[tuple[int, int, int]]:
    """Every visit against every stay."""
    found = []
    for i, (place, person, a, b) in enumerate(visits):
        for j, (s_place, s_person, c, d) in enumerate(stays):
            both = min(b, d) - max(a, c)
            if place == s_place and person != s_person and both >= max(1, least) and a < b and c < d:
                found.append((i, j, both))
    return found


@given(rows(0), rows(-1), st.sampled_from([0, 1, 900, 86_400]), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_the_search_whole_in_pieces_and_prepared_says_what_the_definition_says(visits, stays, least, piece):
    wanted = by_definition(visits, stays, least)
    answer = Total(len(wanted), sum(s for _, _, s in wanted), len({visits[i][1] for i, _, _ in wanted}))
    s = intervals(stays)
    pieces = [intervals(visits[n : n + piece]) for n in range(0, len(visits), piece)]
    assert overlap.total(pieces, s, places=PLACES, persons=PERSONS, at_least=least) == answer
    assert Prepared.of(intervals(visits), places=PLACES, persons=PERSONS).total(s, at_least=least) == answer
    found = Search(s, places=PLACES, persons=PERSONS, at_least=least).pairs(intervals(visits))
    assert list(zip(found.visit, found.stay, found.seconds, strict=True)) == wanted


def test_who_leaves_as_another_comes_did_not_meet_him():
    visits, stays = intervals([(0, 1, 0, 100), (0, 2, 100, 200), (0, 3, 199, 300)]), intervals([(0, 0, 100, 200)])
    assert overlap.total([visits], stays, places=1, persons=4) == Total(2, 101, 2)
    assert overlap.total([visits], stays, places=1, persons=4, at_least=2) == Total(1, 100, 1)


@pytest.mark.parametrize("engine", ["", "duckdb", "spark"])
def test_sql_says_the_same(engine):
    """Spark's text is run by DuckDB in translation; Spark itself is asked by `bench exposures spark=1`."""
    made = np.random.default_rng(7)
    visits, stays = ([[int(made.integers(0, n)) for n in (5, 50)] + sorted(int(t) for t in made.integers(-50_000, 200_000, 2)) for _ in range(rows)] for rows in (400, 40))
    with duckdb.connect() as c:
        for name, told in (("visit", visits), ("stay", stays)):
            c.execute(f'CREATE TABLE {name} (place INTEGER, person INTEGER, "start" INTEGER, "end" INTEGER)')
            c.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?)", told)
        text = table_sql("visit", "stay", engine=engine, at_least=60)
        text = sqlglot.transpile(text, read="spark", write="duckdb")[0] if engine == "spark" else text
        said = Total(*(int(x) for x in c.execute(text).fetchone()))
    assert said.pairs > 100
    assert said == overlap.total([intervals(visits)], intervals(stays), places=5, persons=50, at_least=60)


def test_stays_that_overlap_themselves_are_merged_so_that_no_second_counts_twice():
    stays = intervals([(0, 0, 0, 100), (0, 0, 50, 150), (0, 0, 150, 200), (0, 0, 300, 400), (0, 1, 0, 10), (1, 0, 20, 30), (0, 0, 60, 70), (1, 0, 9, 3)])
    found = overlap.merged(stays)
    assert list(zip(found.place, found.person, found.start, found.end, strict=True)) == [(0, 0, 0, 200), (0, 0, 300, 400), (0, 1, 0, 10), (1, 0, 20, 30)]
    assert len(overlap.merged(intervals([]))) == 0


@given(rows(0))
@settings(max_examples=30, deadline=None)
def test_merging_keeps_exactly_the_seconds_that_somebody_was_there(stays):
    hours = [(p, who, a // HOUR, b // HOUR) for p, who, a, b in stays]
    there = {(p, who, h) for p, who, a, b in hours for h in range(a, b)}
    found = overlap.merged(intervals(hours))
    again = [(p, who, h) for p, who, a, b in zip(found.place, found.person, found.start, found.end, strict=True) for h in range(a, b)]
    assert sorted(again) == sorted(there)


def test_what_cannot_be_read_is_refused_and_what_cannot_meet_is_counted():
    visits = intervals([(0, 0, 10, 5), (0, 0, 5, 5), (0, 0, 0, 9)])
    assert overlap.faults(visits, places=1, persons=1) == overlap.Faults(1, 1, 0, 0)
    assert overlap.faults(intervals([(7, 9, 0, 1)]), places=1, persons=1) == overlap.Faults(0, 0, 1, 1)
    stay = intervals([(0, -1, 0, 100)])
    assert overlap.total([visits], stay, places=1, persons=1) == Total(1, 9, 1)
    for wrong in ([(1, 0, 0, 9)], [(-1, 0, 0, 9)], [(0, 1, 0, 9)], [(0, -1, 0, 9)]):
        with pytest.raises(ValueError, match="numbered"):
            overlap.total([intervals(wrong)], stay, places=1, persons=1)
    for told in (([0], [0], [0], [2**31]), ([0], [0], [0.5], [1]), ([0, 0], [0], [0], [1])):
        with pytest.raises(ValueError):
            Intervals.of(*told)


def test_a_stay_is_widened_for_clocks_that_may_be_off():
    visit = [intervals([(0, 0, 200, 300)])]
    stay = intervals([(0, -1, 0, 100)])
    assert overlap.total(visit, stay, places=1, persons=1).pairs == 0
    assert overlap.total(visit, overlap.widened(stay, 120), places=1, persons=1) == Total(1, 20, 1)
