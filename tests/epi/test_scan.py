"""The scan against every zone counted one by one, and how often it cries where there is nothing."""

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import stats

from sizao.epi import _scan
from sizao.epi.scan import EARTH, chord, nearest, on_sphere, scan, up_to


def one_by_one(cases, expected, near, longest=None, total=0):
    """Every zone, every duration, summed anew; `total`: all cases are held, and inside is compared with outside."""
    best = 0.0
    for row in near:
        for size in range(1, len(row) + 1):
            zone = row[:size]
            if (zone < 0).any():
                break
            for days in range(1, (longest or len(cases)) + 1):
                c, e = cases[-days:, zone].sum(), expected[-days:, zone].sum()
                if c > e and total:
                    best = max(best, c * log(c / e) + ((total - c) * log((total - c) / (total - e)) if c < total else 0))
                elif c > e:
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


@settings(max_examples=40, deadline=None)
@given(some.integers(0, 10_000), some.integers(2, 12), some.integers(1, 6), some.integers(1, 9), some.sampled_from([1.0, 0.5, 0.2]))
def test_with_all_cases_held_inside_is_compared_with_outside(seed, places, days, most, share):
    chance = np.random.default_rng(seed)
    people, at = chance.integers(1, 2000, places), chance.random((places, 2))
    expected = np.tile(people, (days, 1)).astype(float)
    cases, near = chance.poisson(20 * expected / expected.sum() * (1 + 4 * (chance.random((1, places)) < 0.2))), up_to(nearest(at, most), people, share)
    longest = max(days // 2, 1)
    found = scan(cases, expected, near, replicates=0, conditional=True, longest=longest)
    best = one_by_one(cases, expected * (cases.sum() / expected.sum()), near, longest, cases.sum()) if cases.sum() else 0
    assert found == [] if best <= 0 else found[0].score == pytest.approx(best, abs=1e-9)
    for row in near:
        assert people[row[row >= 0]].sum() <= share * people.sum() or (row[1:] < 0).all()


@settings(max_examples=30, deadline=None)
@given(some.integers(0, 10_000), some.integers(1, 10), some.integers(1, 5), some.integers(1, 7), some.booleans())
def test_each_simulated_score_is_the_strongest_of_its_own_counts(seed, places, days, replicates, held):
    chance = np.random.default_rng(seed)
    near, expected = nearest(chance.random((places, 2)), 4), chance.gamma(1, 2, (days, places))
    drawn = chance.poisson(expected[:, :, None] * 1.3, (days, places, replicates)).astype(float)
    lying = np.ascontiguousarray(drawn[::-1].transpose(1, 0, 2))
    _scan.longer(lying)
    totals, zone, half, top = np.empty((places, days)), np.empty((*near.shape, days)), np.empty((*near.shape, days)), np.empty(replicates)
    _scan.ending_today(expected, totals)
    total = float(max(drawn.sum(axis=(0, 1)).max(), expected.sum() + 1)) if held else 0.0
    _scan.zones(totals, near, total, zone, half)
    _scan.best(lying, near, zone, half, total, np.empty((days, replicates)), np.empty(replicates), top)
    for r in range(replicates):
        assert top[r] == pytest.approx(one_by_one(drawn[..., r], expected, near, total=total), abs=1e-9)


@pytest.mark.parametrize("mean", [0.01, 0.7, 5.0, 60.0, 900.0, 12_000.0])
def test_simulated_counts_are_poisson(mean):
    out, n = np.full((1, 1, 40_000), -1.0), 40_000
    _scan.poisson(np.array([[mean]]), np.array([1, 2, 3, 4], np.uint64), np.empty(4096), np.empty(64, np.int64), out)
    drawn = out.ravel()
    edges = np.unique(stats.poisson.ppf(np.linspace(0.02, 0.98, 20), mean))
    seen = np.diff(np.concatenate([[0], (drawn[:, None] <= edges).sum(0), [n]]))
    expected = np.diff(np.concatenate([[0], stats.poisson.cdf(edges, mean) * n, [n]]))
    kept = expected > 5
    assert stats.chisquare(np.append(seen[kept], seen[~kept].sum()), np.append(expected[kept], expected[~kept].sum() + 1e-9) * (n / (n + 1e-9))).pvalue > 1e-3
    assert drawn.min() >= 0


def test_counts_too_large_for_a_table_are_drawn_all_the_same():
    near, expected = nearest([[0, 0], [1, 1]], 2), np.array([[3e6, 2.0]])
    found = scan(np.array([[3e6 + 20_000, 2]]), expected, near, replicates=99)
    assert found[0].p == 0.01
    assert scan(np.array([[3e6 + 100, 2]]), expected, near, replicates=99)[0].p > 0.05


def test_cases_thrown_into_cells_fall_by_their_shares_and_are_all_there():
    share = np.array([[0.5, 0.1, 0.0], [0.1, 0.2, 0.1]])
    out = np.empty((3, 2, 500))
    _scan.multinomial(share, 200, np.array([1, 2, 3, 4], np.uint64), np.empty(6), np.empty(6, np.int64), out)
    assert (out.sum(axis=(0, 1)) == 200).all()
    cells = out[:, ::-1].transpose(1, 0, 2)
    assert cells[0, 2].max() == 0
    assert stats.chisquare(np.delete(cells.sum(2).ravel(), 2), np.delete(share.ravel(), 2) * 100_000).pvalue > 1e-3
    assert cells[0, 0].var() == pytest.approx(200 * 0.5 * 0.5, rel=0.2)


def test_neighbours_on_the_globe_are_those_along_the_ground():
    """Across the date line, and near a pole, where degrees mislead."""
    at = on_sphere([179.9, -179.9, 170.0, 0.0, 180.0], [60.0, 60.0, 60.0, 89.9, 89.9])
    assert nearest(at, 2).tolist()[:2] == [[0, 1], [1, 0]]
    assert nearest(at, 2).tolist()[3:] == [[3, 4], [4, 3]]
    assert nearest(at[:3], 3, reach=chord(50)).tolist() == [[0, 1, -1], [1, 0, -1], [2, -1, -1]]
    assert chord(0.001) == pytest.approx(0.001)
    assert chord(1e9) == 2 * EARTH


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


def test_with_all_cases_held_the_rank_is_as_rare_too():
    chance = np.random.default_rng(6)
    near, people = nearest(chance.random((20, 2)), 5), np.tile(chance.integers(100, 2000, 20), (6, 1)).astype(float)
    found = [scan(chance.multinomial(60, (people / people.sum()).ravel()).reshape(6, 20), people, near, replicates=39, seed=i, longest=3, conditional=True)[0].p for i in range(300)]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.03)


@pytest.mark.parametrize(
    ("cases", "expected"), [([[1.0, 2.0]], [[1.0]]), ([[1.0, -2.0]], [[1.0, 1.0]]), ([[1.0, float("nan")]], [[1.0, 1.0]]), ([[1.0, 2.0]], [[1.0, 0.0]])]
)
def test_what_cannot_be_compared_is_refused(cases, expected):
    with pytest.raises(ValueError, match="expected"):
        scan(cases, expected, nearest([[0, 0], [1, 1]], 2))
