"""Delays: what was drawn is found again, also while the newest are not yet seen; and what cannot be a delay is refused."""

import warnings

import numpy as np
import pytest
from scipy import stats

from sizao.epi.delays import LEAST, fit


def drawn(chance, n, of, days=60, growth=0.0):
    """Pairs of dates as a register has them, first events over `days`, growing; and those known by the last day."""
    at = np.log1p(chance.random(n) * np.expm1(growth * days)) / growth if growth else chance.random(n) * days
    later = at + of.rvs(n, random_state=chance)
    first, second = np.floor(at), np.floor(later)
    known = second <= days - 1
    return (second - first)[known], (days - 1 - first)[known], (second - first)


@pytest.mark.parametrize(("family", "of"), [("lognormal", stats.lognorm(0.6, scale=np.exp(1.5))), ("gamma", stats.gamma(2.5, scale=2.0)), ("weibull", stats.weibull_min(1.8, scale=6.0))])
def test_what_was_drawn_is_found_again(family, of):
    delays, seen, _ = drawn(np.random.default_rng(3), 4000, of)
    found = fit(delays, seen)
    assert found.family == family
    assert found.median.value == pytest.approx(of.median(), rel=0.05)
    assert found.p90.value == pytest.approx(of.ppf(0.9), rel=0.05)
    assert found.median.low < found.median.value < found.median.high


def test_while_an_epidemic_grows_the_delays_seen_so_far_are_the_short_ones():
    of = stats.gamma(2.5, scale=3.0)
    delays, seen, every = drawn(np.random.default_rng(4), 20_000, of, days=40, growth=0.15)
    assert delays.mean() < every.mean() - 1.5
    cut, naive = fit(delays, seen, families=("gamma",)), fit(delays, families=("gamma",))
    assert cut.mean.value == pytest.approx(of.mean(), rel=0.05)
    assert naive.mean.value < of.mean() - 1.5
    assert cut.cut == pytest.approx(1 - len(delays) / len(every), abs=0.05)


def test_nineteen_of_twenty_intervals_hold_the_truth():
    """Of the median, the mean and the tail, while an outbreak grows and the newest long delays are not seen yet."""
    of, held = stats.gamma(2.5, scale=2.0), []
    for seed in range(250):
        delays, seen, _ = drawn(np.random.default_rng(seed), 150, of, days=30, growth=0.05)
        found = fit(delays, seen, families=("gamma",))
        held.append([one.low <= true <= one.high for one, true in ((found.median, of.median()), (found.mean, of.mean()), (found.p90, of.ppf(0.9)))])
    assert np.mean(held, axis=0) == pytest.approx([0.95, 0.95, 0.95], abs=0.03)


def test_weights_are_the_same_as_lines():
    delays = np.array([1, 2, 2, 3, 3, 3, 4, 5, 6, 9, 2, 3])
    days, often = np.unique(delays, return_counts=True)
    one, two = fit(delays, families=("gamma",)), fit(days, weights=often, families=("gamma",))
    assert (one.first, one.second, one.n) == (pytest.approx(two.first), pytest.approx(two.second), two.n)
    assert float(one.below(1000.0)) == pytest.approx(1)


def test_too_few_and_no_end_in_sight_are_no_fit():
    assert fit(np.ones(LEAST - 1)) is None
    assert fit(np.arange(12), np.arange(12), families=("gamma",)) is None  # each as long as it could be: nothing says how long they are


@pytest.mark.parametrize(
    "delays",
    [[0] * 30, [3] * 30, [0] * 29 + [1], [0] * 25 + [200] * 5, [0] * 15 + [10_000] * 15, [1] * 10 + [2] * 10, list(range(12)), [0] * 5 + [1] * 5],
    ids=["all at once", "all of one length", "but one at once", "few very late", "two worlds", "one day or two", "each another", "the fewest"],
)
@pytest.mark.parametrize("seen", [None, 0, 1, 400], ids=["all seen", "seen to the end", "a day more", "long ago"])
def test_odd_delays_give_a_fit_in_order_or_none_and_never_a_warning(delays, seen):
    """What is told is a number of days; an end of which nothing is known is infinite, and no fit has ends that are one."""
    d = np.array(delays)
    with np.errstate(over="raise", divide="raise", invalid="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit(d, None if seen is None else d + seen)
    if found is not None:
        for one in (found.median, found.mean, found.p90):
            assert 0 <= one.low < one.value < one.high
    if len(set(delays)) == 1:
        assert found is None  # any narrower distribution says the same


@pytest.mark.parametrize(("delays", "seen"), [([1, -1], None), ([0.5, 1], None), ([float("nan"), 1], None), ([5, 1], [4, 4])])
def test_what_can_be_no_delay_is_refused(delays, seen):
    with pytest.raises(ValueError, match="delay"):
        fit(delays * 10, None if seen is None else seen * 10)
