"""Early warning and reproduction numbers beside R's `surveillance` and `EpiEstim`: the same series, one after the other, one thread each; any difference fails.

`size` series of 624 weeks (Noufaily et al. 2013: seven sets of parameters, with and without trend and season), the last `weeks` judged; `areas` of 100 days. R is run once, ours five times
(the middle one counts). `kernel` is without checks and tables, `public` with both; `many` series are judged for one week by each method. Needs R with both packages.
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SETS = [(0.1, 0.0025, 0.6, 0.6, 1.5), (-2, 0.005, 0.1, 0.3, 2), (1.5, 0.003, 0.2, -0.4, 1), (0.5, 0.002, 0.5, 0.5, 5), (2.5, 0.001, 1, 0.1, 3), (3.75, 0.001, 0.1, -0.1, 1.1), (5, 0.0001, 0.05, 0.01, 1.2)]


def series(n: int, weeks: int = 624, seed: int = 1) -> np.ndarray:
    """Counts (n, weeks) of the 42 scenarios in turn, without outbreaks."""
    chance, t, out = np.random.default_rng(seed), np.arange(1, weeks + 1), np.empty((n, weeks))
    for i in range(n):
        theta, beta, g1, g2, phi = SETS[i % 7]
        trend, waves = (i // 7) % 2, (i // 14) % 3
        mu = np.exp(theta + trend * beta * t + sum(g1 * np.cos(2 * np.pi * j * t / 52) + g2 * np.sin(2 * np.pi * j * t / 52) for j in range(1, waves + 1)))
        out[i] = chance.poisson(mu) if phi == 1 else chance.negative_binomial(mu / (phi - 1), 1 / phi)
    return out


def run(size: int = 126, weeks: int = 49, areas: int = 600, many: int = 100_000) -> dict[str, Any]:
    """Times as fast as R for each, and `equal`: alarms the same, bounds to 1e-6 (C3 in the package's form), means, deviations and quantiles of Rt to 1e-9."""
    from sizao.epi import reproduction
    from sizao.epi.warning import _ears, _farrington
    from sizao.epi.warning.ears import ALPHA, LAG, ears
    from sizao.epi.warning.farrington import FLEXIBLE, baseline, farrington
    from sizao.epi.warning.normal import quantile
    from sizao.epi.warning.series import empty

    y, chance = series(size), np.random.default_rng(2)
    cases = chance.poisson(np.exp(np.linspace(1, 4, 100))[None, :] * chance.gamma(2, 1, (areas, 1))).astype(float)
    whole = y.astype(np.int64)
    with tempfile.TemporaryDirectory() as folder:
        for name, of in (("counts", y), ("cases", cases)):
            np.savetxt(Path(folder) / f"{name}.csv", of.T, delimiter=",", fmt="%d", header=",".join(f"s{i}" for i in range(len(of))), comments="")
        told = subprocess.run(["Rscript", str(Path(__file__).with_name("_warning.R")), folder, str(weeks)], capture_output=True, text=True, check=True).stdout
        seconds = {line.split()[0]: float(line.split()[1]) for line in told.splitlines()}

        def theirs(name: str) -> np.ndarray:
            return np.atleast_2d(np.genfromtxt(Path(folder) / f"{name}.csv", delimiter=",", skip_header=1)).T

        figures: dict[str, Any] = {"equal": True}
        for method in ALPHA:
            out = empty(size, weeks)
            room, z = (out.expected, out.threshold, out.alarm, out.reason), quantile(1 - ALPHA[method])
            if method == "C3":
                kernel = _middle(lambda z=z, room=room: _ears.whole_third(whole, 624 - weeks, z, 7, 0.0, False, *room))
            else:
                kernel = _middle(lambda z=z, room=room, lag=LAG[method]: _ears.whole(whole, 624 - weeks, z, 7, lag, 0.0, *room))
            public = _middle(lambda method=method: ears(y, method, last=weeks))
            figures |= {f"{method}_times_kernel": seconds[method] / kernel, f"{method}_times_public": seconds[method] / public, f"{method}_ns": kernel / size / weeks * 1e9}
            found, bound = ears(y, method, last=weeks, package_bound=True), theirs(f"{method}_bound")
            figures["equal"] &= bool((found.alarm == (np.nan_to_num(theirs(f"{method}_alarm")) > 0)).all() and np.allclose(found.threshold, bound, rtol=0, atol=1e-6, equal_nan=True))
        ages, begins = baseline(FLEXIBLE)
        thirds, first = np.cbrt(y) ** 2, 624 - weeks

        def fits() -> None:
            _farrington.fit(whole, thirds, first, ages, begins, True, True, 2.58, 0, 0.0, np.empty((size, weeks, 6)), np.zeros((size, weeks), np.int8))

        kernel, public = _middle(fits), _middle(lambda: farrington(y, last=weeks))
        ours, bound = farrington(y, last=weeks), theirs("farrington_bound")
        alarm = np.nan_to_num(theirs("farrington_alarm")) > 0
        figures |= {"farrington_times_kernel": seconds["farrington"] / kernel, "farrington_times_public": seconds["farrington"] / public, "farrington_us": kernel / size / weeks * 1e6}
        figures |= {"farrington_alarms": int(alarm.sum()), "farrington_alarms_that_differ": int((ours.alarm != alarm).sum()), "farrington_bounds_that_differ": int((~np.isclose(ours.threshold, bound, atol=1e-6, equal_nan=True)).sum())}
        package = farrington(y, last=weeks, as_package="farringtonFlexible")
        figures["equal"] &= bool((package.alarm == alarm).all() and np.allclose(package.threshold, bound, rtol=0, atol=1e-6, equal_nan=True) and (ours.alarm == alarm).all())
        serial = reproduction.serial_interval(6.3, 4.2, 100)
        rt = _middle(lambda: reproduction.cori(cases, serial))
        found_rt = reproduction.cori(cases, serial)
        posterior = np.concatenate([found_rt.mean[..., None], found_rt.sd[..., None], found_rt.quantiles], -1)
        package_rt = theirs("rt").reshape(len(cases), 9, -1).transpose(0, 2, 1)
        figures["equal"] &= bool(np.allclose(posterior, package_rt, rtol=1e-9, atol=0, equal_nan=True))
        figures |= a_week(many)
        figures |= {"rt_times": seconds["rt"] / rt, "rt_areas": len(cases), "rt_seconds": rt, "rt_seconds_epiestim": seconds["rt"]}
    return figures


def a_week(many: int, methods: tuple[str, ...] = ("C1", "C2", "C3", "bayes", "farringtonFlexible", "regression", "fusion")) -> dict[str, float]:
    """Seconds in which each method judges the newest week of so many series, by the public call, on one thread."""
    from sizao.epi.warning.methods import judge

    y, took = series(many), {}
    for method in methods:
        judge(method, y[:100], last=1)
        began = time.perf_counter()
        judge(method, y, last=1)
        took[f"{method}_seconds_a_week_of_{many}"] = time.perf_counter() - began
    return took


def _middle(work: Callable[[], object]) -> float:
    """Seconds of the third of five runs, the first one, that compiles, left out."""
    work()
    took = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)
