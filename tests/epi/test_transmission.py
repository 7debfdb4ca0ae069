"""Generations, clusters and places on the drawing, against what they mean."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sizao.epi import transmission as t


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 12))
    pairs = [(a, b) for a in range(n) for b in range(n) if a != b]
    links = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=16)) if pairs else []
    return n, links, draw(st.lists(st.none() | st.integers(1, 30), min_size=n, max_size=n))


def reached(links, starts, n):
    """By how many steps each is reached from any of these, by trying one step more until nothing is new."""
    at = dict.fromkeys(starts, 0)
    for step in range(n):
        for a, b in links:
            if at.get(a) == step and b not in at:
                at[b] = step + 1
    return at


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_a_generation_is_the_fewest_steps_from_a_case_without_source(graph):
    n, links, day = graph
    found = t.chains(n, links, day)
    ends, targets = {x for link in links for x in link}, {b for _, b in links}
    steps = reached(links, [x for x in ends if x not in targets], n)
    assert found.generation == [steps.get(x) for x in range(n)]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_a_cluster_is_all_that_is_linked_in_whatever_direction_and_larger_ones_come_first(graph):
    n, links, day = graph
    found = t.chains(n, links, day)
    both = [*links, *((b, a) for a, b in links)]
    for x in range(n):
        mates = set(reached(both, [x], n))
        assert {y for y in range(n) if found.cluster[y] == found.cluster[x]} == (mates if found.cluster[x] >= 0 else {y for y in range(n) if found.cluster[y] < 0})
        assert (found.cluster[x] < 0) == (not any(x in link for link in links))
        assert set(t.around(n, links, x)) == mates
    sizes = Counter(c for c in found.cluster if c >= 0)
    assert [sizes[k] for k in sorted(sizes)] == sorted(sizes.values(), reverse=True)
    told = t.clusters(found, links, day)
    assert sorted(x for c in told for x in c.cases) == [x for x in range(n) if found.cluster[x] >= 0]
    assert [len(c.cases) for c in told] == [sizes[k] for k in sorted(sizes)]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_every_linked_case_hangs_by_one_of_its_infectors_and_no_two_that_end_a_chain_stand_in_one_row(graph):
    n, links, day = graph
    found = t.chains(n, links, day)
    for x in range(n):
        if found.parent[x] >= 0:
            assert (found.parent[x], x) in links
            up, seen = x, set()
            while up >= 0:
                assert up not in seen
                seen.add(up)
                up = found.parent[up]
        assert (found.lane[x] >= 0) == (found.cluster[x] >= 0)
        assert found.lane[x] < found.lanes
    leaves = [x for x in range(n) if found.cluster[x] >= 0 and x not in found.parent]
    assert len({found.lane[x] for x in leaves}) == len(leaves)


def test_of_rivals_the_nearer_to_the_beginning_and_then_the_earlier_draws_the_line():
    #  0 → 1 → 2 → 3, and 4 → 3: both 4 and 2 are told for 3
    found = t.chains(5, [(0, 1), (1, 2), (2, 3), (4, 3)], [1, 5, 9, 14, 8])
    assert found.generation == [0, 1, 2, 1, 0]
    assert found.parent == [-1, 0, 1, 4, -1]
    assert t.clusters(found, [(0, 1), (1, 2), (2, 3), (4, 3)], [1, 5, 9, 14, 8]) == [t.Cluster([0, 4, 1, 3, 2], 3, 1, 14, rivals=1, circular=0)]


def test_a_circle_has_no_generation_and_is_drawn_from_its_earliest_case():
    links = [(0, 1), (1, 2), (2, 0), (2, 3)]
    found = t.chains(4, links, [7, 3, 5, 9])
    assert found.generation == [None] * 4
    assert found.parent == [2, -1, 1, 2]
    assert t.clusters(found, links, [7, 3, 5, 9])[0].circular == 4


def test_a_link_to_nobody_is_an_error():
    with pytest.raises(IndexError):
        t.chains(2, [(0, 2)], [None, None])


def test_onward_and_back_are_two_ways():
    links = [(0, 1), (1, 2), (5, 2), (1, 3)]
    assert t.around(6, links, 1, "down") == [1, 2, 3]
    assert t.around(6, links, 2, "up") == [0, 1, 2, 5]
    assert t.around(6, links, 4) == [4]


def test_what_is_not_there_has_no_figures():
    assert t.offspring([], []) is None
    assert t.serial_intervals([(0, 1)], [3, None]) is None
    assert t.serial_intervals([(0, 1)], [9, 3]) == t.Serial(1, -6.0, -6.0, -6.0, negative=1)
    assert t.Attack(0, 0).rate is t.Attack(0, 0).interval is None


def test_a_third_of_all_infections_by_contact_in_the_household():
    attack = t.Attack(10, 30)
    assert attack.rate == pytest.approx(1 / 3)
    assert attack.interval == pytest.approx((0.1923, 0.5122), abs=1e-4)
