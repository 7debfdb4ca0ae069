"""Reproduction numbers as R's `EpiEstim` gives them for its own epidemics (`golden/epiestim.R`), how often the interval holds the truth, and what is refused."""

import csv
from pathlib import Path

import numpy as np
import pytest

from sizao.epi.reproduction import BadSerialInterval, Moments, cori, cori_uncertain, growth, serial_interval, wallinga_teunis

GOLDEN = Path(__file__).with_name("golden")
EPIDEMICS = ("Flu2009", "SARS2003", "Measles1861", "Smallpox1972", "Flu1918")
COLUMNS = ("mean", "sd", "q025", "q05", "q25", "q50", "q75", "q95", "q975")


def rows(file: str, **are: str) -> list[dict[str, str]]:
    with (GOLDEN / file).open(newline="") as told:
        return [r for r in csv.DictReader(told) if all(r[k] == v for k, v in are.items())]


def series(epidemic: str, what: str) -> np.ndarray:
    return np.array([float(r["value"]) for r in rows("epidemics.csv", epidemic=epidemic, what=what)])


def told(epidemic: str, method: str, columns: tuple[str, ...] = COLUMNS) -> tuple[np.ndarray, np.ndarray]:
    """Last days of the windows, from 0, and what is said of each; the package leaves windows without anybody out."""
    found = rows("epiestim.csv", epidemic=epidemic, method=method)
    return np.array([int(r["end"]) - 1 for r in found]), np.array([[float(r[c]) if r[c] != "NA" else np.nan for c in columns] for r in found])


@pytest.mark.parametrize("epidemic", EPIDEMICS)
@pytest.mark.parametrize("method", ["given", "parametric"])
def test_the_posterior_of_each_window_is_the_packages(epidemic, method):
    cases = series(epidemic, "cases")
    first = rows("epiestim.csv", epidemic=epidemic, method=method)[0]
    serial = series(epidemic, "serial") if method == "given" else serial_interval(float(first["mean_si"]), float(first["sd_si"]), len(cases))
    ends, said = told(epidemic, method)
    found = cori(cases, serial)
    assert found.ends.tolist() == ends.tolist()
    np.testing.assert_allclose(np.column_stack([found.mean[0], found.sd[0], found.quantiles[0]]), said, rtol=1e-9)


@pytest.mark.parametrize("epidemic", EPIDEMICS)
def test_the_case_reproduction_number_of_each_window_is_the_packages(epidemic):
    ends, said = told(epidemic, "case", ("mean",))
    found = wallinga_teunis(series(epidemic, "cases"), series(epidemic, "serial"))
    np.testing.assert_allclose(found.mean[0][ends - 7], said[:, 0], rtol=1e-9, atol=1e-12)


def epidemic(r: float, areas: int, days: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    serial = serial_interval(5, 2.5, 25)
    serial /= serial.sum()
    chance, cases = np.random.default_rng(seed), np.zeros((areas, days))
    cases[:, :8] = 20
    for t in range(8, days):
        force = sum(serial[k] * cases[:, t - k] for k in range(1, min(25, t + 1)))
        cases[:, t] = chance.poisson(r * force)
    return cases, serial


@pytest.mark.parametrize("r", [0.8, 1.3])
def test_nineteen_of_twenty_intervals_hold_the_truth(r):
    cases, serial = epidemic(r, 1500, 30, 4)
    last = cori(cases, serial).quantiles[:, -1]
    assert np.mean((last[:, 0] <= r) & (r <= last[:, 6])) == pytest.approx(0.95, abs=0.03)


def test_an_unsure_serial_interval_makes_the_answer_less_sure():
    cases, serial = epidemic(1.3, 1, 30, 4)
    sure = cori(cases, serial).quantiles[0, -1]
    told = Moments(5, 1, 3, 7, 2.5, 0.5, 1.5, 3.5)
    unsure = cori_uncertain(cases, told, draws=40, each=50).quantiles[0, -1]
    assert unsure[6] - unsure[0] > sure[6] - sure[0]
    assert (unsure == cori_uncertain(cases, told, draws=40, each=50).quantiles[0, -1]).all()


def test_cases_that_came_from_elsewhere_infect_but_were_not_infected_here():
    cases, serial = np.full((1, 20), 10.0), serial_interval(5, 2.5, 20)
    abroad = np.zeros((1, 20))
    abroad[:, 10:] = 10
    assert cori(cases, serial, imported=abroad).mean[0, -1] < 0.1 < cori(cases, serial).mean[0, -1]


def test_growth_is_found_with_its_interval_and_a_doubling_time():
    days = np.arange(28)
    found = growth(np.random.default_rng(2).poisson(30 * np.exp(0.1 * days), (1000, 28)), window=14)
    assert np.mean((found.low[:, -1] <= 0.1) & (found.high[:, -1] >= 0.1)) == pytest.approx(0.95, abs=0.03)
    middle, low, high = found.doubling()
    assert np.median(middle[:, -1]) == pytest.approx(np.log(2) / 0.1, rel=0.02)
    assert (low[:, -1] <= middle[:, -1]).all()
    assert (middle[:, -1] <= high[:, -1]).all()


def test_nothing_and_next_to_nothing_are_answered():
    serial = serial_interval(5, 2.5, 20)
    none = cori(np.zeros((2, 20)), serial)
    assert none.mean.tolist() == [[5.0] * 13] * 2  # the prior, and `cases` says that it rests on none
    assert none.cases.sum() == 0
    assert cori(np.ones((1, 4)), serial).mean.shape == (1, 0)
    assert np.isnan(growth(np.zeros((1, 20))).rate).all()


@pytest.mark.parametrize(
    ("serial", "code"), [([0.2, 0.8], "serial-mass-at-zero"), ([0, 1.2, -0.2], "serial-negative"), ([0, 0.5], "serial-not-one")]
)
def test_a_serial_interval_that_cannot_be_is_refused(serial, code):
    with pytest.raises(BadSerialInterval) as refused:
        cori(np.ones(20), serial)
    assert refused.value.code == code


@pytest.mark.parametrize(("mean", "sd"), [(1.0, 2.0), (0.5, 1.0), (5.0, 0.0), (float("nan"), 1.0)])
def test_moments_of_no_shifted_gamma_are_refused(mean, sd):
    with pytest.raises(BadSerialInterval):
        serial_interval(mean, sd, 20)


@pytest.mark.parametrize("cases", [[1, -1, 3], [1, float("nan"), 3], [1, float("inf"), 2]])
def test_days_that_are_missing_or_negative_are_refused(cases):
    with pytest.raises(ValueError, match="every day"):
        cori(cases * 5, serial_interval(5, 2.5, 20))
