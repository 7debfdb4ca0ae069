"""How well each method of early warning tells an outbreak from chance: 42 invented scenarios with outbreaks of known weeks, and real series beside R's `surveillance`.

`size` replicates of each scenario (Noufaily et al. 2013: 624 weeks, four past outbreaks in weeks 313-575, one of size k = 1..10 in the last 49, which are judged). Printed: FPR (alarms in the 49 weeks of the
same series without outbreaks), between (alarms in the weeks of the series with outbreaks that belong to none), POD (outbreaks with an alarm in any of their weeks), first week, mean delay in weeks.
`fusion*` and `regression*` are run at the FPR that `farringtonFlexible` was measured to have. A few series are judged by R too, where it is; any other alarm fails. `seed`: of all numbers drawn; the
fusion's constants were chosen with others. `methods=a,b`: only these beside `farringtonFlexible` and the fusion. `real=FOLDER`: tables of real series as well, from copies of surveillance-series, nhs-triage-calls-2020 and china-area-2020 in it.
"""

import csv
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.warning import SETS

WEEKS, LAST = 624, 49
SCENARIOS = [(of, trend, waves) for of in SETS for trend in (0, 1) for waves in (0, 1, 2)]
METHODS = ("C1", "C2", "C3", "bayes", "farrington", "farringtonFlexible", "cusum", "regression", "fusion")


def scenarios(replicates: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts without outbreaks, with them (series, weeks), and of each series: scenario, k, first and last week (counted from 0, -1: nobody fell ill) of its current outbreak."""
    chance, t = np.random.default_rng(seed), np.arange(1, WEEKS + 1)
    clean, struck, truth = [], [], []
    for number, ((theta, beta, g1, g2, phi), trend, waves) in enumerate(SCENARIOS):
        mu = np.exp(theta + trend * beta * t + sum(g1 * np.cos(2 * np.pi * j * t / 52) + g2 * np.sin(2 * np.pi * j * t / 52) for j in range(1, waves + 1)))
        spread = np.sqrt(phi * mu)
        for _ in range(replicates):
            y = chance.poisson(mu) if phi == 1 else chance.negative_binomial(mu / (phi - 1), 1 / phi)
            with_them, k = y.copy(), len(clean) % 10 + 1
            starts = [*zip(chance.integers(312, 575, 4), chance.choice([2, 3, 5, 10], 4), strict=True), (int(chance.integers(WEEKS - LAST, WEEKS - 4)), k)]
            weeks = np.array([], int)
            for start, size in starts:
                weeks = start + np.floor(chance.lognormal(0, 0.5, chance.poisson(size * spread[start]))).astype(int)
                weeks = weeks[weeks < WEEKS]
                np.add.at(with_them, weeks, 1)
            clean.append(y)
            struck.append(with_them)
            truth.append((number, k, weeks.min(initial=WEEKS) if len(weeks) else -1, weeks.max(initial=-1)))
    return np.array(clean), np.array(struck), np.array(truth)


def score(without: np.ndarray, during: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """`without`, `during`: alarms (series, LAST) on the series without and with outbreaks."""
    week = np.arange(WEEKS - LAST, WEEKS)[None]
    first, last = truth[:, 2:3], truth[:, 3:4]
    inside = (first >= 0) & (week >= first) & (week <= last)
    hit = during & inside
    found = hit.any(1)
    delay = (hit.argmax(1) + WEEKS - LAST - truth[:, 2])[found]
    return {"FPR": without.mean(), "between": during[~inside].mean(), "POD": found.mean(), "first week": (during & (week == first)).any(1).mean(), "delay": delay.mean() if len(delay) else np.nan}


def run(size: int = 20, seed: int = 2013, real: str = "", live: int = 14, methods: str = ",".join(METHODS)) -> dict[str, Any]:
    """Figures of `farringtonFlexible` and of the fusion at its FPR, gains in points, and whether R agreed (`live`: series that it is asked about)."""
    from sizao.epi.warning.methods import judge

    clean, struck, truth = scenarios(size, seed)

    def alarms(method: str, **options: Any) -> tuple[np.ndarray, np.ndarray]:
        return judge(method, clean, last=LAST, **options).alarm, judge(method, struck, last=LAST, **options).alarm

    told, flexible = {}, (np.empty(0), np.empty(0))
    for method in METHODS:
        if method not in {*methods.split(","), "farringtonFlexible"}:
            continue
        found = alarms(method, **({"alpha": 0.005, "act_y": False, "years": 5, "window": 3} if method == "bayes" else {}))
        flexible = found if method == "farringtonFlexible" else flexible
        told[method] = score(*found, truth)
    nominal = told["farringtonFlexible"]["FPR"]
    for method in [one for one in ("regression", "fusion") if one == "fusion" or one in told]:
        found = alarms(method, alpha=nominal)
        told[f"{method}*"] = score(*found, truth)
        by_set = [found[0][truth[:, 0] // 6 == one].mean() / nominal for one in range(len(SETS))]
        print(f"{method}* at alpha {nominal:.5f}: FPR / alpha by set of parameters " + " ".join(f"{ratio:.2f}" for ratio in by_set))
    print(f"{'method':<20}" + "".join(f"{name:>12}" for name in told["fusion*"]))
    for method, row in told.items():
        print(f"{method:<20}" + "".join(f"{value:>12.4f}" for value in row.values()))
    ours, theirs = told["fusion*"], told["farringtonFlexible"]
    figures: dict[str, Any] = {"series": len(truth), "fpr_farrington": theirs["FPR"], "fpr_fusion": ours["FPR"], "fpr_over_nominal": ours["FPR"] / nominal, "between_over_nominal": ours["between"] / nominal}
    figures |= {"pod_farrington": theirs["POD"], "pod_fusion": ours["POD"], "pod_points": 100 * (ours["POD"] - theirs["POD"])}
    figures |= {"first_farrington": theirs["first week"], "first_fusion": ours["first week"], "first_points": 100 * (ours["first week"] - theirs["first week"])}
    if "fusion" in told:
        figures["fpr_over_nominal_0.005"] = told["fusion"]["FPR"] / 0.005
    some = np.linspace(0, len(truth) - 1, live).astype(int)
    asked = {f"{name}": (of[some], WEEKS - LAST, 52, 5, ("farringtonFlexible",)) for name, of in (("clean", clean), ("struck", struck))}
    answer = _r(asked)
    if answer:
        figures["equal"] = all((answer[name, "farringtonFlexible"] == found[some]).all() for name, found in zip(("clean", "struck"), flexible, strict=True))
        figures["weeks_asked_of_r"] = 2 * len(some) * LAST
    if real:
        _real(Path(real))
    return figures


def _r(asked: dict[str, tuple[np.ndarray, int, int, int, tuple[str, ...]]]) -> dict[tuple[str, str], np.ndarray]:
    """What R says, (series, dates) of alarms by name and method; nothing where there is no R with the package. Asked: counts, first judged date, frequency, years, methods."""
    if not shutil.which("Rscript") or subprocess.run(["Rscript", "-e", "library(surveillance)"], capture_output=True, check=False).returncode:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (counts, first, frequency, years, methods) in asked.items():
            np.savetxt(Path(folder) / f"{name}.counts.csv", counts.T, delimiter=",", fmt="%d", header=",".join(f"s{i}" for i in range(len(counts))), comments="")
            (Path(folder) / f"{name}.ask").write_text("".join(f"{method} {first + 1} {counts.shape[1]} {frequency} {years}\n" for method in methods))
        subprocess.run(["Rscript", str(Path(__file__).with_name("_accuracy.R")), folder], capture_output=True, check=True)
        return {
            (name, method): np.nan_to_num(np.atleast_2d(np.genfromtxt(Path(folder) / f"{name}.{method}.csv", delimiter=",", skip_header=1).T)) > 0 for name, of in asked.items() for method in of[4]
        }


# -- real series


def _table(path: Path) -> dict[str, list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def _real(folder: Path) -> None:
    for name, table in (("surveillance-series", _marked), ("nhs-triage-calls-2020", _calls), ("china-area-2020", _provinces)):
        if (folder / name).is_dir():
            table(folder / name)
        else:
            print(f"{name}: not in {folder}")


def _marked(folder: Path) -> None:
    """Weekly series in which the institute marked outbreak weeks, or whose outbreak is in the literature: first alarm within, alarms without."""
    from sizao.epi.warning.methods import judge

    series: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name in ("k1", "m1", "m2", "n1", "s1"):
        told = _table(folder / f"{name}.csv")
        series[name] = (np.array(told["observed"], float), np.array(told["state"], float) > 0)
    told = _table(folder / "ha.sts.csv")
    areas = [name for name in told if f"state_{name}" in told]
    series["hepatitis A Berlin"] = (sum(np.array(told[a], float) for a in areas), np.array(told[f"state_{areas[0]}"], float) > 0)
    told = _table(folder / "salmNewport.csv")
    areas = [name for name in told if name not in ("epoch", "year", "period")]
    weeks = [date.fromisoformat(day) for day in told["epoch"]]
    # mung bean sprouts, Germany and the Netherlands, ill from 20 October to 8 November 2011 (Bayer et al. 2014, Eurosurveillance 19(1):20665)
    series["Salmonella Newport"] = (sum(np.array(told[a], float) for a in areas), np.array([date(2011, 10, 17) <= day <= date(2011, 11, 14) for day in weeks]))
    print(f"\nmarked outbreaks, weekly, alpha 0.005{'':<8}{'weeks':>6}{'marked':>7} | method: marked weeks with an alarm, first alarm within (weeks after the first marked), alarms elsewhere")
    for name, (y, outbreak) in series.items():
        years = 5 if len(y) > 290 else 3
        first = years * 52 + 4
        methods: tuple[str, ...] = ("farringtonFlexible",)
        if not outbreak[first:].any():  # marked before a method of years can judge
            first, methods = 10, ("C1", "bayes")
        own = {"farringtonFlexible": {"years": years}, "bayes": {"alpha": 0.005}}
        found = {method: judge(method, y[None], last=len(y) - first, **own.get(method, {})).alarm[0] for method in (*methods, "fusion")}
        found |= {f"{method} (R)": alarm[0] for (_, method), alarm in _r({"real": (y[None], first, 52, years, methods)}).items()}
        print(f"{name:<42}{len(y) - first:>6}{int(outbreak[first:].sum()):>7} | " + "; ".join(f"{method}: {_told(alarm, outbreak[first:])}" for method, alarm in found.items()))


def _told(alarm: np.ndarray, outbreak: np.ndarray) -> str:
    inside = np.flatnonzero(alarm & outbreak)
    begun = np.flatnonzero(outbreak)
    return f"{len(inside)}, {f'+{inside[0] - begun[0]}' if len(inside) else '—'}, {int((alarm & ~outbreak).sum())}"


def _days(alarm: np.ndarray, days: list[date], begin: date, end: date) -> tuple[str, int]:
    at = [day for day, hit in zip(days, alarm, strict=True) if hit and begin <= day <= end]
    return (at[0].isoformat() if at else "—"), len(at)


def _calls(folder: Path) -> None:
    """Daily calls by region: the summer with falling or level calls (alarms there are false), the rise from the end of August on."""
    told = _table(folder / "nhs_pathways_by_region.csv")
    sums: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for day, region, n in zip(told["date"], told["nhs_region"], told["count"], strict=True):
        if region:
            sums[region][date.fromisoformat(day)] += float(n)
    regions, days = sorted(sums), sorted({day for of in sums.values() for day in of})
    _daily("calls of England, daily", np.array([[sums[r][day] for day in days] for r in regions]), regions, days, (date(2020, 6, 1), date(2020, 8, 15)), (date(2020, 8, 16), days[-1]))


def _provinces(folder: Path) -> None:
    """New confirmed cases of each province, from cumulative ones (a correction downwards counts as none): the first wave, and the weeks after it."""
    told = _table(folder / "china_province_city_daily_2019-12_2020-04.csv")
    total: dict[str, dict[date, float]] = defaultdict(dict)
    for day, country, province, city, confirmed in zip(told["date"], told["countryCode"], told["province"], told["city"], told["confirmed"], strict=True):
        if country == "CN" and province and not city and confirmed:
            total[province][date.fromisoformat(day)] = float(confirmed)
    names = sorted(total)
    days = [date(2019, 12, 1) + timedelta(days=i) for i in range((date(2020, 4, 30) - date(2019, 12, 1)).days + 1)]
    counts = []
    for name in names:
        now, row = 0.0, []
        for day in days:
            new = total[name].get(day, now)
            row.append(max(new - now, 0))
            now = max(now, new)
        counts.append(row)
    y = np.array(counts)
    seen = [i for i in range(len(names)) if y[i].sum() > 20]
    _daily("new cases of China's provinces, daily", y[seen], [names[i] for i in seen], days, (date(2020, 3, 10), date(2020, 4, 30)), (date(2020, 1, 10), date(2020, 2, 10)), relative=True)


def _daily(title: str, y: np.ndarray, names: list[str], days: list[date], quiet: tuple[date, date], wave: tuple[date, date], relative: bool = False) -> None:
    from sizao.epi.warning.methods import judge

    first = 14
    methods: dict[str, Callable[[], np.ndarray]] = {m: (lambda m=m: judge(m, y, step=1, last=y.shape[1] - first, **({"alpha": 0.005} if m == "bayes" else {})).alarm) for m in ("C1", "C2", "bayes", "regression", "fusion")}  # type: ignore[misc]
    found = {name: work() for name, work in methods.items()}
    found |= {f"{method} (R)": alarm for (_, method), alarm in _r({"real": (y, first, 365, 0, ("C1", "C2", "bayes"))}).items()}
    print(f"\n{title}: {len(names)} series; alarms from {wave[0]} to {wave[1]} (first alarm), and from {quiet[0]} to {quiet[1]} (taken as false)")
    for method, alarm in found.items():
        at = [_days(row, days[first:], *wave) for row in alarm]
        false = [_days(row, days[first:], *quiet)[1] for row in alarm]
        if relative:
            begun = [next(day for day, n in zip(days, row, strict=True) if n > 0) for row in y]
            late = [(date.fromisoformat(day) - begin).days for (day, _), begin in zip(at, begun, strict=True) if day != "—"]
            told = f"{len(late)} of {len(names)} found, median {np.median(late):.0f} days after the first case (9 in 10: {np.quantile(late, 0.9):.0f})" if late else "none found"
        else:
            told = " ".join(f"{name} {day}" for name, (day, _) in zip(names, at, strict=True))
        print(f"{method:<16}{sum(n for _, n in at):>5} in the wave,{sum(false):>4} false of {len(names) * ((quiet[1] - quiet[0]).days + 1)} days | {told}")
