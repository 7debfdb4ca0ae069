"""Bounds and alarms as R's `surveillance` gives them, for series of every kind: `golden/surveillance.R` makes series and answers; where R and the package are, they are asked again."""

import csv
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from sizao.epi.warning.bayes import bayes
from sizao.epi.warning.cusum import ROSSI, cusum
from sizao.epi.warning.ears import ears
from sizao.epi.warning.farrington import FLEXIBLE, ORIGINAL, farrington
from sizao.epi.warning.series import REASONS

GOLDEN = Path(__file__).with_name("golden")
#: Run of the script → what differs from the flexible method's settings.
FLEXIBLE_RUNS = {
    "nbPlugin": {},
    "muan": {"threshold": "muan"},
    "delta": {"threshold": "delta"},
    "trend where significant": {"trend_threshold": 0.05},
    "windows alone": {"seasons": 1, "past_weeks_left_out": 3, "weights_threshold": 1.0, "threshold": "delta", "trend_threshold": 0.05, "alpha": 0.05},
    "no trend": {"trend": False},
    "not reweighted": {"reweight": False},
    "three years": {"years": 3, "half_window": 2, "seasons": 5},
    "no power": {"threshold": "delta", "power": "none"},
    "half power": {"threshold": "delta", "power": "1/2"},
}


def table(path: Path) -> dict[str, list[str]]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def number(told: str) -> float:
    return np.nan if told in ("NA", "NaN", "") else float(told)


@pytest.fixture(scope="module")
def counts():
    return np.genfromtxt(GOLDEN / "counts.csv", delimiter=",", skip_header=1).T


def told(file: str, run: str, series: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """expected, threshold, alarm: (series, weeks). What R leaves out (an error in a week) is NaN and no alarm."""
    rows = table(GOLDEN / file)
    of = [i for i, name in enumerate(rows["run"]) if name == run]
    expected, threshold, alarm = (np.array([number(rows[c][i]) for i in of]).reshape(series, -1) for c in ("expected", "threshold", "alarm"))
    return expected, threshold, np.nan_to_num(alarm) > 0


@pytest.mark.parametrize(("method", "alpha"), [(m, a) for m in ("C1", "C2", "C3") for a in (0.001, 0.025)])
def test_ears_is_the_packages_bound_for_bound(counts, method, alpha):
    _, threshold, alarm = told("ears.csv", f"{method} alpha {alpha:g}", len(counts))
    found = ears(counts, method, last=10, alpha=alpha, package_bound=True)
    np.testing.assert_allclose(found.threshold, threshold, rtol=1e-9, atol=1e-9)
    assert (found.alarm == alarm).all()


def test_ears_with_a_longer_baseline_and_a_least_spread(counts):
    _, threshold, _ = told("ears.csv", "C2 wide", len(counts))
    np.testing.assert_allclose(ears(counts, "C2", last=10, alpha=0.01, baseline=9, min_sigma=0.5).threshold, threshold, rtol=1e-9)


@pytest.mark.parametrize("run", FLEXIBLE_RUNS)
def test_farrington_flexible_is_the_packages_bound_for_bound(counts, run):
    expected, threshold, alarm = told("farrington.csv", run, len(counts))
    found = farrington(counts, FLEXIBLE, last=3, as_package="farringtonFlexible", **FLEXIBLE_RUNS[run])
    np.testing.assert_allclose(found.threshold, threshold, rtol=1e-9)
    said = ~np.isnan(expected) & (found.reason != REASONS.index("empty"))  # of a series without a case the package expects 0 and gives no bound
    np.testing.assert_allclose(found.expected[said], expected[said], rtol=1e-9)
    assert (found.alarm == alarm).all()


def test_the_original_farrington_is_the_packages_bound_for_bound(counts):
    _, threshold, alarm = told("farrington.csv", "original", len(counts))
    found = farrington(counts, ORIGINAL, last=3, as_package="farrington")
    low = np.isnan(found.threshold)  # the package writes 0 or nothing where there are too few cases
    assert (np.isnan(threshold) | (threshold == 0))[low].all()
    np.testing.assert_allclose(found.threshold[~low], threshold[~low], rtol=1e-9)
    assert (found.alarm == alarm).all()


def test_where_the_package_departs_from_the_papers_the_default_setting_gives_the_same_alarms(counts):
    """The plug-in bound is a whole number, and what differs (the dispersion by some millionths) does not move it here."""
    _, threshold, alarm = told("farrington.csv", "nbPlugin", len(counts))
    found = farrington(counts, last=3)
    np.testing.assert_array_equal(found.threshold, threshold)
    assert (found.alarm == alarm).all()
    assert alarm.any()


@pytest.mark.parametrize(("run", "setting"), [("newest", {}), ("five years", {"b": 5, "w": 3, "act_y": False, "alpha": 0.005}), ("both", {"b": 3, "w": 4, "alpha": 0.001})])
def test_bayes_is_the_packages_bound_for_bound(counts, run, setting):
    _, threshold, alarm = told("bayes.csv", run, len(counts))
    found = bayes(counts, last=10, **setting)
    np.testing.assert_array_equal(found.threshold, threshold)
    assert (found.alarm == alarm).all()
    assert alarm.any()


#: With "anscombeNegBin" the package takes one mean for all periods.
CUSUM_RUNS = [(trans, m) for trans in ("standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none") for m in ("mean", "glm", 4) if (trans, m) != ("anscombeNegBin", "glm")]


@pytest.mark.parametrize(("trans", "m"), CUSUM_RUNS)
def test_cusum_is_the_packages_bound_for_bound(counts, trans, m):
    some = sorted({int(s) for s in table(GOLDEN / "cusum.csv")["series"]})
    _, threshold, alarm = told("cusum.csv", f"{trans} {m}", len(some))
    found = cusum(counts[some], ROSSI, trans=trans, m=m, last=20, package_bound=True)
    roughly = {"rtol": 0.02, "atol": 0.02} if trans == "anscombeNegBin" else {"rtol": 1e-9, "atol": 1e-9}  # the package looks this residual up in a table of two digits
    np.testing.assert_allclose(found.threshold, threshold, **roughly)
    assert (found.alarm == alarm).all()
    ours = cusum(counts[some], ROSSI, trans=trans, m=m, last=20)
    assert ((counts[some][:, -20:] > ours.threshold) == alarm).all()  # the default's bound is the count above which the package alarms


def there(package: str) -> bool:
    return bool(shutil.which("Rscript")) and subprocess.run(["Rscript", "-e", f"library({package})"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(("package", "script", "files"), [("surveillance", "surveillance.R", ("counts", "ears", "farrington", "bayes", "cusum")), ("EpiEstim", "epiestim.R", ("epidemics", "epiestim"))])
def test_the_packages_still_say_what_is_on_record(tmp_path, package, script, files):
    if not there(package):
        pytest.skip(f"R with {package} is not here")
    subprocess.run(["Rscript", str(GOLDEN / script), str(tmp_path)], capture_output=True, check=True, timeout=300)
    for name in files:
        now, before = table(tmp_path / f"{name}.csv"), table(GOLDEN / f"{name}.csv")
        assert {c: [_rounded(v) for v in told] for c, told in now.items()} == {c: [_rounded(v) for v in told] for c, told in before.items()}


def _rounded(told: str) -> str:
    try:
        return f"{float(told):.9g}"
    except ValueError:
        return told
