"""Nowcasts: how often the interval holds what came in the end; and what cannot be told."""

import numpy as np
import pytest

from sizao.epi.nowcast import nowcast, triangle


def reported(chance, level, growth, delay, days=60, longest=14):
    """(the triangle as it stands today, all cases of each day)."""
    every = chance.poisson(level * np.exp(growth * (np.arange(days) - days)))
    onset = np.repeat(np.arange(days), every)
    report = onset + np.minimum(delay(chance, onset.size), longest)
    return triangle(onset, report, days - 1, days, longest), every


def steady(chance, n):
    return chance.negative_binomial(2, 0.35, n)


@pytest.mark.parametrize(("level", "growth"), [(5, 0.0), (60, 0.05), (60, -0.05)])
def test_nineteen_of_twenty_intervals_hold_what_came_in_the_end(level, growth):
    held = []
    for seed in range(200):
        seen, every = reported(np.random.default_rng(seed), level, growth, steady)
        found = nowcast(seen, newest=7, draws=1000)
        held.append((found.quantiles[0, :, 0] <= every[-7:]) & (every[-7:] <= found.quantiles[0, :, 4]))
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)


def test_the_newest_days_look_lower_than_they_are_and_older_ones_do_not():
    seen, every = reported(np.random.default_rng(1), 200, 0.0, steady)
    found = nowcast(seen, newest=20)
    assert found.seen[0, -1] < 0.3 * every[-1]
    assert found.mean[0, -1] == pytest.approx(every[-1], rel=0.35)
    assert found.mean[0, 0] == found.seen[0, 0] == every[-20]
    assert (np.diff(found.reported[0]) <= 0).all()


def test_a_system_that_has_become_faster_is_believed_after_the_window():
    def quick(chance, n):
        return chance.negative_binomial(2, 0.8, n)

    chance = np.random.default_rng(3)
    old, _ = reported(chance, 100, 0.0, steady)
    new, every = reported(chance, 100, 0.0, quick)
    changed = np.where(np.arange(60)[:, None] < 30, old, new)
    assert nowcast(changed, newest=1, window=14).mean[0, 0] < nowcast(changed, newest=1, window=60).mean[0, 0]
    assert nowcast(changed, newest=1, window=14).mean[0, 0] == pytest.approx(every[-1], rel=0.4)


def test_no_report_at_all_is_no_answer_and_the_same_seed_is_the_same_answer():
    assert np.isnan(nowcast(np.zeros((1, 20, 8))).mean).all()
    seen, _ = reported(np.random.default_rng(1), 20, 0.0, steady)
    assert (nowcast(seen).quantiles == nowcast(seen).quantiles).all()


def test_a_report_before_its_onset_is_refused():
    with pytest.raises(ValueError, match="before its onset"):
        triangle([5], [4], 10, 10, 5)
