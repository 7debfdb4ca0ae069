"""The scan against every zone counted one by one, and how often it cries where there is nothing."""

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sizao.epi.scan import nearest, scan


def one_by_one(cases, expected, near):
    """Every zone, every duration, summed anew."""
    best = 0.0
    for row in near:
        for size in range(1, len(row) + 1):
            zone = row[:size]
            if (zone < 0).any():
                break
            for days in range(1, len(cases) + 1):
                c, e = cases[-days:, zone].sum(), expected[-days:, zone].sum()
                if c > e:
                    best = max(best, c * log(c / e) - (c - e))
    return best


@settings(max_examples=40, deadline=None)
@given(some.integers(0, 10_000), some.integers(1, 12), some.integers(1, 6), some.integers(1, 9), some.booleans())
def test_the_strongest_zone_is_the_strongest_of_all(seed, places, days, most, short):
    chance = np.random.default_rng(seed)
    at, expected = chance.integers(0, 5, (places, 2)).astype(float), chance.gamma(1, 1, (days, places)) + 0.01
    cases = chance.poisson(expected * (1 + 3 * (chance.random((1, places)) < 0.2)))
    near = nearest(at, most, reach=2.0 if short else None)
    assert near[:, 0].tolist() == list(range(places))
    found, best = scan(cases, expected, near, replicates=0), one_by_one(cases, expected, near)
    assert found == [] if best == 0 else found[0].score == pytest.approx(best, abs=1e-9)
    taken = [p for cluster in found for p in cluster.places]
    assert len(taken) == len(set(taken))


def test_a_planted_cluster_is_found_where_and_since_when_it_is():
    chance = np.random.default_rng(5)
    at, expected = chance.random((200, 2)), np.full((14, 200), 1.0)
    near = nearest(at, 15)
    cases = chance.poisson(expected)
    cases[-4:, near[30, :5]] += 4
    first, *others = scan(cases, expected, near, replicates=99)
    assert set(near[30, :5]) <= set(first.places)
    assert (first.periods, first.p) == (4, 0.01)
    assert all(c.p <= 0.05 for c in others)


def test_where_nothing_is_the_rank_is_as_rare_as_it_says():
    chance = np.random.default_rng(6)
    near, expected = nearest(chance.random((20, 2)), 5), np.full((3, 20), 0.7)
    found = [scan(chance.poisson(expected), expected, near, replicates=39, seed=i)[0].p for i in range(300)]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.03)


@pytest.mark.parametrize(
    ("cases", "expected"), [([[1.0, 2.0]], [[1.0]]), ([[1.0, -2.0]], [[1.0, 1.0]]), ([[1.0, float("nan")]], [[1.0, 1.0]]), ([[1.0, 2.0]], [[1.0, 0.0]])]
)
def test_what_cannot_be_compared_is_refused(cases, expected):
    with pytest.raises(ValueError, match="expected"):
        scan(cases, expected, nearest([[0, 0], [1, 1]], 2))
