"""What every method of early warning promises alike: an answer with a reason, whatever the series; and what the regression, the sums and the fusion add."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sizao.doors.cli import epi
from sizao.epi.warning.bayes import bayes
from sizao.epi.warning.cusum import RESIDUALS, ROSSI, cusum
from sizao.epi.warning.fusion import _rate, fusion, limits
from sizao.epi.warning.methods import METHODS, judge
from sizao.epi.warning.regression import DAILY, regression
from sizao.epi.warning.series import MISSING, REASONS, BadSeries

EVERY = pytest.mark.parametrize("method", METHODS)


def test_a_limit_that_no_count_reaches_has_a_bound_and_no_alarm():
    y = np.array([[5, 6, 7] * 40])
    found = judge("cusum", y, step=1, last=6, h=30)
    assert not found.alarm.any() and np.isfinite(found.threshold).all() and (found.threshold > 20).all()


def test_the_command_line_knows_every_method():
    assert set(epi.METHODS) == set(METHODS)


@EVERY
@settings(max_examples=15, deadline=None)
@given(some.integers(0, 10_000), some.sampled_from([0, 1, 9, 40, 300]), some.sampled_from([0.0, 0.02, 0.3, 5.0, 90_000.0]), some.sampled_from([0.0, 0.1, 0.6, 1.0]), some.sampled_from([1, 7]))
def test_no_series_of_counts_brings_a_method_down(method, seed, periods, mean, missing, step):
    """Short, sparse, steep, full of holes or without a case: each date has a reason; where it was judged there is a bound, and an alarm is a count above it."""
    chance = np.random.default_rng(seed)
    y = chance.poisson(mean * chance.gamma(0.5, 2, (3, periods))).astype(float)
    y[chance.random(y.shape) < missing] = np.nan
    y = np.vstack([y, np.zeros(periods)])
    found = judge(method, y, step=step, last=min(5, periods))
    now = y[:, periods - found.alarm.shape[1] :]
    judged = found.reason == REASONS.index("judged")
    assert found.reason.min(initial=0) >= 0
    assert found.reason.max(initial=0) < len(REASONS)
    assert np.isfinite(found.threshold[judged]).all()
    assert not found.alarm[np.isnan(now)].any()
    assert not found.alarm[np.isnan(found.threshold)].any()
    if method != "C3":  # whose bound may lie anywhere above nothing
        assert (found.threshold[judged] >= -1).all()
    assert (found.alarm == (now > found.threshold))[judged].all()
    assert (found.reason[np.isnan(now)] != REASONS.index("judged")).all()


@EVERY
@pytest.mark.parametrize(("told", "code"), [([[1, -2, 3]], "count-negative"), ([[1, 1.5, 3]], "count-fractional"), ([[1, np.inf, 3]], "count-unreadable"), ([[1, 1e12, 3]], "count-too-large")])
def test_what_is_no_count_is_refused_by_every_method(method, told, code):
    with pytest.raises(BadSeries) as refused:
        judge(method, told)
    assert (refused.value.code, refused.value.at) == (code, 1)


@EVERY
def test_a_series_without_a_case_has_an_answer_and_no_alarm(method):
    found = judge(method, np.zeros((1, 330)), last=3)
    assert not found.alarm.any()
    assert {REASONS[r] for r in found.reason[0]} <= {"flat", "empty", "judged"}


@EVERY
def test_two_periods_are_short(method):
    assert {REASONS[r] for r in judge(method, [[4, 5]]).reason[0]} == {"short"}


@EVERY
def test_a_series_is_judged_beside_others_as_alone(method):
    chance = np.random.default_rng(4)
    y = chance.poisson(6, (3, 320)).astype(float)
    y[1, 60:70], y[2, :200] = np.nan, np.nan
    together = judge(method, y, last=4)
    for s in range(3):
        alone = judge(method, y[s : s + 1], last=4)
        np.testing.assert_allclose(together.threshold[s], alone.threshold[0], rtol=1e-9)
        assert (together.reason[s] == alone.reason[0]).all()


@pytest.mark.parametrize(("method", "options"), [("C1", {"k": 1.0}), ("bayes", {"share": 0.5}), ("farrington", {"seasons": 3}), ("fusion", {"as_package": True}), ("C2", {"holidays": [0] * 9})])
def test_an_option_that_a_method_has_not_is_refused(method, options):
    with pytest.raises(ValueError, match="has no option"):
        judge(method, [[1] * 9], **options)


@pytest.mark.parametrize(
    ("method", "options"),
    [("bayes", {"alpha": 0}), ("bayes", {"window": 0}), ("bayes", {"act_y": False}), ("cusum", {"h": 0.0}), ("cusum", {"m": "median"}), ("cusum", {"trans": "root"}), ("regression", {"alpha": 0.7}),
     ("regression", {"years": 1}), ("regression", {"holidays": [1, 0]}), ("regression", {"holidays": [-1] * 9}), ("fusion", {"share": 1.0}), ("fusion", {"waves": 99}), ("fusion", {"alpha": 0.0}), ("C9", {})],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(method, options):
    with pytest.raises(ValueError, match=r"."):
        judge(method, [[1] * 9], **options)


def test_a_first_case_after_years_without_one_is_an_alarm():
    found = fusion([[0] * 200 + [1]], last=1)
    assert (found.alarm[0, 0], REASONS[found.reason[0, 0]]) == (True, "empty")
    assert not fusion([[0] * 14 + [1]], last=1).alarm[0, 0]  # after two weeks it is none
    assert fusion([[0] * 14 + [3]], last=1).alarm[0, 0]


# -- bayes and cusum


def test_bayes_judges_from_the_seventh_week_and_where_there_was_never_a_case():
    found = bayes([[0, 0, 0, 0, 0, 0, 1, 3]])
    assert [REASONS[r] for r in found.reason[0]] == ["short"] * 6 + ["judged"] * 2
    assert found.alarm.tolist() == [[False] * 7 + [True]]


def test_a_missing_week_is_left_out_of_the_reference_values():
    assert bayes([[4, 4, None, 4, 4, 4, 9]], last=1).expected[0, 0] == pytest.approx((20 + 0.5) / 5)


def test_a_small_rise_that_lasts_passes_the_limit_of_the_sum():
    y = [10] * 20 + [16] * 4
    assert cusum([y], ROSSI, last=4).alarm.tolist() == [[False, False, True, True]]
    assert cusum([y], ROSSI, last=4, reset=True).alarm.tolist() == [[False, False, True, False]]
    assert cusum([[10] * 20 + [16, None, 16, 16]], ROSSI, last=4).alarm.tolist() == [[False, False, False, True]]


@settings(max_examples=60, deadline=None)
@given(some.sampled_from(sorted(RESIDUALS)), some.floats(0.05, 400), some.integers(0, 2000))
def test_every_residual_grows_with_the_count(trans, m, x):
    at = [RESIDUALS[trans](np.array(float(v)), np.array(m), 0.1) for v in (x, x + 1)]
    assert at[0] < at[1]


# -- the regression


def weekly(n: int = 420, seed: int = 5, mean: float = 20.0) -> np.ndarray:
    t = np.arange(n)
    return np.random.default_rng(seed).poisson(mean * np.exp(0.001 * t + 0.5 * np.cos(2 * np.pi * t / 52))).astype(float)


def test_trend_and_season_are_found_again():
    y = np.array([weekly(seed=s) for s in range(30)])
    truth = 20 * np.exp(0.001 * 419 + 0.5 * np.cos(2 * np.pi * 419 / 52))
    assert regression(y, last=1).expected.mean() == pytest.approx(truth, rel=0.02)


def test_a_day_of_the_week_and_a_holiday_have_levels_of_their_own():
    """Half as many come on a weekend and hardly anybody on a holiday: an empty holiday is expected, a Monday's count on it is an alarm."""
    chance, t = np.random.default_rng(8), np.arange(6 * 28)
    holidays = np.where(t % 13 == 5, 1, 0)
    mean = np.where(t % 7 >= 5, 20.0, 40.0) * np.where(holidays, 0.1, 1)
    y = chance.poisson(mean, (40, len(t))).astype(float)
    told, deaf = regression(y, DAILY, last=60, holidays=holidays), regression(y, DAILY, last=60)
    days, feast = t[-60:], holidays[-60:] == 1
    assert np.nanmean(told.expected[:, (days % 7 >= 5) & ~feast]) == pytest.approx(20, rel=0.05)
    assert np.nanmean(told.expected[:, (days % 7 < 5) & ~feast]) == pytest.approx(40, rel=0.05)
    assert told.expected[:, feast].mean() < 8 < 20 < deaf.expected[:, feast].mean()
    assert told.threshold[:, feast].mean() < 25
    assert told.alarm.mean() < 0.01


def test_a_kind_of_holiday_that_was_never_seen_is_judged_with_a_wide_bound():
    y, holidays = np.random.default_rng(8).poisson(30, (10, 84)).astype(float), np.zeros(84, int)
    holidays[-1] = 2
    assert regression(y, DAILY, last=1, holidays=holidays).threshold.mean() > regression(y, DAILY, last=1).threshold.mean() + 15


def test_years_of_days_have_a_season_too():
    t = np.arange(3 * 365 + 100)
    mean = 15 * np.exp(0.6 * np.cos(2 * np.pi * t / 365)) * np.where(t % 7 == 6, 0.5, 1)
    y = np.random.default_rng(9).poisson(mean, (12, len(t))).astype(float)
    found = regression(y, DAILY, alpha=0.01, last=50)
    assert np.abs(found.expected.mean(0) / mean[-50:] - 1).max() < 0.12
    assert found.alarm.mean() < 0.02


def test_a_past_outbreak_hardly_moves_what_is_expected():
    y = np.array([weekly(seed=s) for s in range(20)])
    struck = y.copy()
    struck[:, 200:204] += 80
    moved = regression(struck, last=1).threshold - regression(y, last=1).threshold
    deaf = regression(struck, last=1, reweight=False).threshold - regression(y, last=1, reweight=False).threshold
    assert abs(moved.mean()) < 1.5 < deaf.mean()


def test_a_history_without_an_outbreak_passes_the_bound_about_as_often_as_said():
    chance = np.random.default_rng(31)
    size = 12 / (2.5 - 1)
    y = chance.negative_binomial(size, 1 / 2.5, (250, 430)).astype(float)
    assert 0.6 < regression(y, alpha=0.02, last=20).alarm.mean() / 0.02 < 1.2
    assert regression(y, alpha=0.02, last=20, family="poisson").alarm.mean() > 0.06  # what varies more than Poisson is not to be judged by it


# -- the fusion


@pytest.mark.parametrize(("alpha", "share", "reference"), [(0.005, 0.9, 1.25), (0.02, 0.5, 1.0), (0.1, 0.8, 0.5)])
def test_the_limits_alarm_as_often_as_they_say(alpha, share, reference):
    """Against a simulation of the chart itself."""
    alone, limit = limits(alpha, share, reference)
    assert _rate(alone, limit, reference) == pytest.approx(alpha, rel=1e-3)
    chance, sums, alarms = np.random.default_rng(1), np.zeros(40_000), 0
    for turn in range(60):
        score = chance.standard_normal(sums.size)
        sums = np.maximum(sums + score - reference, 0)
        hit = (score > alone) | (sums > limit)
        alarms += hit.sum() if turn >= 10 else 0
        sums[hit] = 0
    assert alarms / (50 * sums.size) == pytest.approx(alpha, rel=0.04)


def test_two_weeks_that_stand_out_a_little_make_an_alarm_that_neither_would():
    y = np.full((1, 330), 25.0) + np.random.default_rng(2).integers(-5, 6, 330)
    y[0, -4:-2] = 25
    bound = fusion(y, last=1).threshold[0, 0]
    y[0, -2] = bound - 2
    assert fusion(y, last=1).threshold[0, 0] <= bound - 3
    assert not fusion(y, last=2).alarm[0, 0]


def test_what_is_said_of_a_date_does_not_depend_on_how_many_are_asked_for():
    y = weekly()[None]
    few, many = fusion(y, last=3), fusion(y, last=40)
    np.testing.assert_array_equal(few.threshold, many.threshold[:, -3:])


def test_a_missing_date_has_a_bound_and_no_alarm():
    y = weekly()[None]
    y[0, -1] = np.nan
    found = fusion(y, last=1)
    assert (found.reason[0, 0], found.alarm[0, 0], bool(np.isfinite(found.threshold[0, 0]))) == (MISSING, False, True)


def test_a_stream_that_began_this_season_is_judged_by_its_own_weeks():
    y = np.vstack([weekly(), weekly(seed=6)])
    y[1, :-20] = np.nan
    found = fusion(y, last=1)
    assert found.reason.tolist() == [[0], [0]]
    assert found.expected[1, 0] == pytest.approx(y[1, -15:-3].mean(), rel=0.01)
