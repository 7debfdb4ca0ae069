"""The figures of `bench accuracy` count what they say: a hand-made pair of series, and scenarios that come out the same for the same seed."""

import numpy as np
import pytest

from benchmarks.accuracy import LAST, WEEKS, run, scenarios, score

FIRST = WEEKS - LAST


def test_alarms_are_counted_where_they_belong():
    truth = np.array([[0, 5, FIRST + 10, FIRST + 12], [0, 1, -1, -1]])  # the second outbreak had no case
    without, during = np.zeros((2, LAST), bool), np.zeros((2, LAST), bool)
    without[0, 3] = during[0, 11] = during[0, 20] = during[1, 0] = True
    told = score(without, during, truth)
    assert told == pytest.approx({"FPR": 1 / 98, "between": 2 / 95, "POD": 0.5, "first week": 0.0, "delay": 1.0})
    during[0, 10] = True
    assert score(without, during, truth)["first week"] == 0.5


def test_scenarios_are_those_of_their_seed_and_outbreaks_lie_where_they_are_said_to():
    clean, struck, truth = scenarios(1, 7)
    again = scenarios(1, 7)
    assert all((a == b).all() for a, b in zip((clean, struck, truth), again, strict=True))
    assert (clean != scenarios(1, 8)[0]).any()
    assert (struck >= clean).all()
    assert (clean[:, :312] == struck[:, :312]).all()
    quiet = np.arange(WEEKS)[None] >= np.maximum(truth[:, 3:4] + 1, FIRST + 15)  # past outbreaks have ended by then
    assert (clean[quiet] == struck[quiet]).all()
    had = truth[:, 2] >= 0
    assert (struck - clean)[had, truth[had, 2]].min() >= 1
    assert sorted(np.unique(truth[:, 1])) == list(range(1, 11))


def test_the_fusion_finds_more_at_the_price_of_farringtons_method():
    """A tenth of the benchmark, the same seed each time; the whole of it is in decision 042."""
    told = run(10, methods="fusion", live=2)
    assert told["pod_points"] > 5
    assert told["first_points"] > 2
    assert 0.8 < told["fpr_over_nominal"] < 1.2
    assert told.get("equal", True)
