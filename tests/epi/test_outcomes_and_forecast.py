"""Outcome rates with their traps, and forecasts against what came."""

import numpy as np
import pytest

from sizao.epi.forecast import QUANTILES, forecast, interval_score
from sizao.epi.outcomes import delayed, outcomes, rate
from sizao.epi.reproduction import serial_interval


def test_early_in_a_wave_every_simple_rate_is_wrong_in_its_own_direction_and_the_adjusted_one_is_not():
    """Cases double every five days, one in twenty dies after two weeks; who recovers does so after three."""
    days = np.arange(40)
    cases = np.round(20 * 2 ** (days / 5))
    died, recovered = 0.05 * cases[:-14].sum(), 0.95 * cases[:-21].sum()
    confirmed = int(cases.sum())
    [known] = delayed(cases, np.eye(1, 15, 14)[0])
    found = outcomes(confirmed, int(recovered), int(died), 0, known=known)
    assert found.fatal_of_all.value < 0.02
    assert found.fatal_of_closed.value > 0.08
    assert found.fatal_adjusted.value == pytest.approx(0.05, rel=0.02)
    assert found.fatal_range[0] < 0.05 < found.fatal_range[1]
    assert found.cured_of_all.value < 0.1 < found.cured_of_closed.value
    assert (found.waiting, found.admitted.value) == (found.open, 0)


def test_where_there_is_nothing_to_divide_by_there_is_no_rate():
    found = outcomes(0, 0, 0, 0)
    assert (found.admitted, found.fatal_of_all, found.fatal_range, rate(0, 0)) == (None, None, None, None)
    low = outcomes(10, 0, 0, 10).fatal_of_all
    assert low.value == 0
    assert low.high > 0.2  # none of ten is not "never"


@pytest.mark.parametrize("parts", [(10, 8, 3, 0), (10, -1, 0, 0), (10, 5, 0, 6)])
def test_parts_that_exceed_the_whole_are_refused(parts):
    with pytest.raises(ValueError, match="parts"):
        outcomes(*parts)


def growing(r, seed, days, areas=1):
    serial = serial_interval(5, 2.5, 30)
    serial /= serial.sum()
    chance, cases = np.random.default_rng(seed), np.zeros((areas, days))
    cases[:, :8] = 30
    for t in range(8, days):
        cases[:, t] = chance.poisson(r * sum(serial[k] * cases[:, t - k] for k in range(1, min(30, t + 1))))
    return cases, serial


@pytest.mark.parametrize("r", [0.8, 1.2])
def test_what_comes_lies_in_the_intervals_as_often_as_they_say_while_nothing_changes(r):
    cases, serial = growing(r, 5, 37, areas=600)
    found, came = forecast(cases[:, :30], serial, draws=300), cases[:, 30:]

    def held(low, high):
        """On an end counts as half inside: counts are whole, and an end is often one of them."""
        return np.mean(((low <= came) & (came <= high)) * 0.5 + ((low < came) & (came < high)) * 0.5)

    assert held(found.quantiles[..., 0], found.quantiles[..., -1]) == pytest.approx(0.95, abs=0.03)
    assert held(found.quantiles[..., 2], found.quantiles[..., 4]) == pytest.approx(0.5, abs=0.04)
    naive = np.repeat(np.quantile(cases[:, 23:30], QUANTILES, axis=1).T[:, None, :], 7, axis=1)
    assert interval_score(came, found.quantiles).mean() < interval_score(came, naive).mean()


def test_no_case_lately_is_no_forecast():
    assert np.isnan(forecast(np.zeros((1, 30)), growing(1, 1, 10)[1]).mean).all()
    assert np.isnan(forecast(np.ones((1, 5)), growing(1, 1, 10)[1]).mean).all()


def test_a_score_of_quantiles_that_are_no_pairs_is_refused():
    with pytest.raises(ValueError, match="pairs"):
        interval_score(5, [1.0, 2.0], (0.1, 0.5))
