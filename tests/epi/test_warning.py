"""Early warning at the edges: gaps, short histories, series without a case, and counts that are none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sizao.epi.warning.ears import ears
from sizao.epi.warning.farrington import farrington
from sizao.epi.warning.series import REASONS, BadSeries, counts


def reasons(found) -> list[list[str]]:
    return [[REASONS[r] for r in row] for row in found.reason]


@settings(max_examples=60, deadline=None)
@given(some.lists(some.integers(0, 40), min_size=1, max_size=40), some.sampled_from(["C1", "C2", "C3"]))
def test_a_bound_is_the_one_of_its_own_baseline(told, method):
    """Each period alone, by the formula, whatever way the sums went."""
    found, y, lag = ears(told, method), np.array(told, float), 0 if method == "C1" else 2

    def judged(t):
        base = y[t - lag - 7 : t - lag]
        return base.mean(), base.std(ddof=1)

    for t in range(len(y)):
        if t < 7 + lag + (2 if method == "C3" else 0):
            assert (reasons(found)[0][t], found.alarm[0, t]) == ("short", False)
            continue
        mean, sd = judged(t)
        if method == "C3":
            if sd < 1e-12:
                assert np.isnan(found.threshold[0, t])
                continue
            before = [(y[u] - judged(u)[0]) / judged(u)[1] - 1 if judged(u)[1] > 1e-12 else (np.inf if y[u] > judged(u)[0] else 0) for u in (t - 1, t - 2)]
            bound = max(mean + sd * (1.959963984540054 - sum(max(b, 0) for b in before)), 0)
        else:
            bound = mean + 3.090232306167813 * sd
        assert found.threshold[0, t] == pytest.approx(bound, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(some.lists(some.integers(0, 6), min_size=1, max_size=30), some.sampled_from(["C1", "C2", "C3"]), some.integers(1, 12), some.booleans(), some.sampled_from([0.0, 0.7]))
def test_a_series_beside_one_with_a_gap_is_judged_as_alone(told, method, last, package, floor):
    """A gap anywhere sends all series another way through the sums; what is said of the others stays."""
    alone = ears([told], method, last=last, package_bound=package, min_sigma=floor)
    beside = ears([told, [None] * len(told)], method, last=last, package_bound=package, min_sigma=floor)
    np.testing.assert_allclose(beside.threshold[0], alone.threshold[0], atol=1e-9)
    np.testing.assert_allclose(beside.expected[0], alone.expected[0], atol=1e-9)
    assert (beside.reason[0] == alone.reason[0]).all()


def test_a_missing_day_is_left_out_of_the_baseline_and_not_judged():
    told = [5, 6, None, 4, 5, 7, 6, 5, 20]
    found = ears([told], "C1", last=1)
    assert found.expected[0, 0] == pytest.approx(np.mean([6, 4, 5, 7, 6, 5]))
    assert found.alarm[0, 0]
    assert reasons(ears([[5, 6, 5, 4, 5, 7, 6, None]], "C1", last=1)) == [["missing"]]
    assert reasons(ears([[5, None, None, None, 5, 7, 6, 9]], "C1", last=1)) == [["gap"]]


def test_a_week_without_a_case_makes_one_case_an_alarm_and_says_that_it_was_flat():
    found = ears([0] * 7 + [1], "C1", last=1)
    assert (found.alarm[0, 0], reasons(found)) == (True, [["flat"]])
    assert not ears([0] * 7 + [1], "C1", last=1, min_sigma=0.5).alarm[0, 0]


def years(n: int = 330, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).poisson(8, n).astype(float)


def test_a_steep_week_after_five_years_is_an_alarm():
    y = years()
    y[-1] = 40
    found = farrington(y, last=2)
    assert found.alarm.tolist() == [[False, True]]
    assert found.expected[0, 1] == pytest.approx(8, abs=2)


def test_missing_weeks_have_no_weight_in_the_fit():
    y = years()
    gone = y.copy()
    gone[150:160] = np.nan
    assert farrington(gone, last=1).expected[0, 0] == pytest.approx(farrington(y, last=1).expected[0, 0], rel=0.2)
    assert farrington(gone, last=1).expected[0, 0] != farrington(y, last=1).expected[0, 0]


@pytest.mark.parametrize(
    ("of", "reason"),
    [(lambda y: y[:200], "short"), (lambda y: np.where(np.arange(len(y)) < 250, np.nan, y), "gap"), (lambda y: np.append(y[:-1], np.nan), "missing"), (lambda y: y * 0, "empty"),
     (lambda y: np.append(y[:-4], [0, 1, 0, 2]), "low")],
)  # fmt: skip
def test_what_cannot_be_judged_says_why(of, reason):
    found = farrington(of(years()), last=1)
    assert reasons(found) == [[reason]]
    assert not found.alarm.any()
    assert np.isnan(found.threshold).all()


@settings(max_examples=25, deadline=None)
@given(some.integers(0, 10_000), some.sampled_from([0.0, 0.02, 0.3, 5.0, 5000.0]), some.sampled_from(["delta", "nbPlugin", "muan"]), some.floats(0, 0.6))
def test_no_series_of_counts_brings_it_down(seed, mean, threshold, missing):
    chance = np.random.default_rng(seed)
    y = chance.poisson(mean * chance.gamma(0.5, 2, (3, 300))).astype(float)
    y[chance.random(y.shape) < missing] = np.nan
    found = farrington(y, last=5, threshold=threshold)
    judged = found.reason == 0
    assert np.isfinite(found.threshold[judged]).all()
    assert (found.threshold[judged] >= 0).all()
    assert not found.alarm[~judged].any()


def test_a_fit_that_runs_away_is_no_crash():
    """A handful of cases close together, a third of the weeks missing: the trend has no finite value."""
    for seed in (142, 149, 217, 275):
        chance = np.random.default_rng(seed)
        y = chance.poisson(0.02 * chance.gamma(0.5, 2, (3, 300))).astype(float)
        y[chance.random(y.shape) < 0.3] = np.nan
        found = farrington(y, last=5, threshold="delta")
        assert np.isfinite(found.expected[(found.reason == 0) | (found.reason == 6)]).all()


@pytest.mark.parametrize(
    ("told", "code", "at"),
    [([[1, -2]], "count-negative", 1), ([[1.5, 2]], "count-fractional", 0), ([[1, float("inf")]], "count-unreadable", 1), ([[1, 2, 10**9]], "count-too-large", 2)],
)
def test_what_is_no_count_is_refused_with_its_place(told, code, at):
    with pytest.raises(BadSeries) as refused:
        counts(told)
    assert (refused.value.code, refused.value.series, refused.value.at) == (code, 0, at)


def test_quantiles_are_those_of_scipy_stats():
    from scipy import stats

    from sizao.epi import quantiles

    chance = np.random.default_rng(7)
    mean, spread = np.exp(chance.uniform(-8, 10, 3000)), 1 + np.exp(chance.uniform(-7, 4, 3000))
    for p in (0.025, 0.5, 0.975, 0.995, 0.9999):
        np.testing.assert_array_equal(quantiles.poisson(p, mean), stats.poisson.ppf(p, mean))
        np.testing.assert_array_equal(quantiles.negative_binomial(p, mean, spread), stats.nbinom.ppf(p, mean / (spread - 1), 1 / spread))
        shape = np.concatenate([np.linspace(0.01, 60, 400), np.exp(chance.uniform(0, 17, 3000))])
        np.testing.assert_allclose(quantiles.gamma([p, 0.5], shape), stats.gamma.ppf([p, 0.5], shape[:, None]), rtol=1e-12)
        assert quantiles.student(p, 12) == pytest.approx(stats.t.ppf(p, 12), abs=1e-12)
