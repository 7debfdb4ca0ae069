"""Clusters of wards and classes, and of shared places, by worked tables and against the definition taken word by word."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import stats

from sizao.epi.clusters import DAY, Crowded, Shared, crowded, shared
from sizao.epi.overlap import Intervals

HOUR = 3600


# ------------------------------------------------------------------------------------------------------ ward, class


@pytest.mark.parametrize(
    ("days", "least", "window", "found"),
    [
        ([5, 5, 5], 3, 1, [Crowded(5, 5, 3)]),  # three odd pneumonias on one day are told that day
        ([1, 3, 14], 3, 14, [Crowded(1, 14, 3)]),  # the last of fourteen days counts
        ([1, 3, 15], 3, 14, []),
        ([1, 2, 8, 9, 30, 31], 2, 7, [Crowded(1, 9, 4), Crowded(30, 31, 2)]),  # windows that overlap are one
        ([1, 2, 9, 10], 2, 7, [Crowded(1, 2, 2), Crowded(9, 10, 2)]),
        ([4], 2, 7, []),
        ([], 2, 7, []),
    ],
)
def test_a_ward_or_class_is_told_from_the_case_that_makes_it_a_cluster(days, least, window, found):
    assert crowded(days, least=least, window=window) == found


def test_the_signal_comes_with_the_third_case_not_after_it():
    days = [3, 8, 10]
    told = [bool(crowded([d for d in days if d <= today], least=3, window=14)) for today in range(1, 12)]
    assert told.index(True) + 1 == 10


@settings(max_examples=200, deadline=None)
@given(some.lists(some.integers(0, 25), max_size=12), some.integers(2, 4), some.integers(1, 9))
def test_a_day_is_in_a_cluster_exactly_when_some_window_around_it_holds_enough(days, least, window):
    full = [range(begin, begin + window) for begin in range(-10, 27) if sum(d in range(begin, begin + window) for d in days) >= least]
    inside = {d for d in days if any(d in one for one in full)}
    found = crowded(days, least=least, window=window)
    assert {d for d in days if any(c.first <= d <= c.last for c in found)} == inside
    assert sum(c.persons for c in found) == sum(d in inside for d in days)
    assert all(a.last < b.first for a, b in pairwise(found))


# ---------------------------------------------------------------------------------------------------- shared places

# place, case, from, until, in hours
MARKET = [(0, 1, 0, 2), (0, 2, 1, 3), (0, 3, 3, 5), (0, 4, 30, 31), (1, 1, 0, 9), (1, 5, 9, 10), (2, 6, 4, 4), (2, 7, 3, 6), (3, 8, 1, 2), (3, 8, 1, 3)]


def intervals(rows, unit=HOUR) -> Intervals:
    return Intervals.of(*(np.array(column, np.int64) * factor for column, factor in zip(zip(*rows, strict=True), (1, 1, unit, unit), strict=True)))


@pytest.mark.parametrize(
    ("window", "least", "persons"),
    [
        (0, 2, [(1, 2)]),  # who comes as another leaves did not meet him; nobody meets himself; an empty stay meets nobody
        (1, 2, [(1, 2, 3), (1, 5)]),  # a second of difference is less than two
        (24 * HOUR, 2, [(1, 2, 3), (1, 5)]),
        (26 * HOUR, 2, [(1, 2, 3, 4), (1, 5)]),
        (26 * HOUR, 4, [(1, 2, 3, 4)]),
    ],
)
def test_cases_at_one_place_at_about_the_same_time(window, least, persons):
    assert [one.persons for one in shared(intervals(MARKET), window=window, least=least)] == persons


def test_how_many_chance_alone_would_have_brought():
    [one, _] = shared(intervals(MARKET), window=26 * HOUR, expected=[2.0, 0.1, 0.1, 0.1])
    assert (one.start, one.end, one.stays) == (0, 31 * HOUR, 4)
    assert one.expected == pytest.approx(2.0 * 31 / 24)
    assert one.p == pytest.approx(stats.poisson.sf(3, one.expected))


def one_by_one(rows, window, least):
    """Pairs that are near, joined until nothing more joins."""
    alive = [r for r in rows if r[3] > r[2]]
    groups = [{i} for i in range(len(alive))]
    for i, j in combinations(range(len(alive)), 2):
        a, b = sorted((alive[i], alive[j]), key=lambda r: r[2])
        if a[0] == b[0] and (b[2] < a[3] or b[2] - a[3] < window):
            one, other = next(g for g in groups if i in g), next(g for g in groups if j in g)
            if one is not other:
                groups.remove(other)
                one |= other
    told = [(alive[min(g)][0], min(alive[i][2] for i in g), max(alive[i][3] for i in g), tuple(sorted({alive[i][1] for i in g})), len(g)) for g in groups]
    return sorted(t for t in told if len(t[3]) >= least)


STAY = some.tuples(some.integers(0, 2), some.integers(0, 4), some.integers(0, 20), some.integers(0, 24))


@settings(max_examples=300, deadline=None)
@given(some.lists(STAY, min_size=1, max_size=14), some.integers(0, 5), some.integers(2, 3), some.randoms(use_true_random=False))
def test_clusters_are_those_of_the_definition_in_whatever_order_rows_stand(rows, window, least, chance):
    found = shared(intervals(rows, 1), window=window, least=least)
    assert [(c.place, c.start, c.end, c.persons, c.stays) for c in found] == one_by_one(rows, window, least)
    chance.shuffle(rows)
    assert shared(intervals(rows, 1), window=window, least=least) == found


def test_nobody_is_no_cluster_and_a_cluster_of_one_is_refused():
    assert shared(Intervals.of([], [], [], [])) == []
    with pytest.raises(ValueError, match="at least 2"):
        shared(Intervals.of([], [], [], []), least=1)
    assert isinstance(shared(intervals(MARKET), window=DAY)[0], Shared)
