"""First results after a cold start: each analysts' command in a fresh process, as it is typed; and a week's judgement of `size` series, by the public call and by the command.

Each command is run five times after one that is not counted (it compiles, where nobody has): wall and processor seconds of the middle one. Kernels are those that `python3 run` compiled.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import ROOT
from benchmarks.warning import _middle, series


def run(size: int = 100_000, times: int = 5) -> dict[str, Any]:
    """`first_…`: wall seconds, `first_…_cpu`: of the processor. `weekly_…`: seconds for `size` series. `equal`: the command says of each series what the public call says."""
    from sizao.epi.warning.ears import ears
    from sizao.epi.warning.farrington import farrington

    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for words, key in _commands(folder):
            found = [_typed(words) for _ in range(times + 1)][1:]
            figures |= {f"first_{key}": statistics.median(wall for wall, _, _ in found), f"first_{key}_cpu": statistics.median(cpu for _, cpu, _ in found)}
        y = np.tile(series(1000, 313), (-(-size // 1000), 1))[:size]
        figures["weekly_farrington_call"] = _middle(lambda: farrington(y, last=1))
        figures["weekly_c2_call"] = _middle(lambda: ears(y, "C2", last=1))
        days = [date(2019, 1, 7) + timedelta(days=7 * i) for i in range(12)]
        path = folder / "many.csv"
        with path.open("w") as file:
            file.write("series,date,count\n")
            file.writelines(f"S{s:06},{day},{n:.0f}\n" for s, row in enumerate(y[:, -12:]) for day, n in zip(days, row, strict=True))
        wall, cpu, said = _typed(["detect", str(path), "--method", "C2", "--last", "1"])
        figures |= {"weekly_c2_typed": wall, "weekly_c2_typed_cpu": cpu}
        alarms = np.array([line.split(",")[5] == "True" for line in said.splitlines()[1:]])
        figures["equal"] = bool((alarms == ears(y[:, -12:], "C2", last=1).alarm[:, 0]).all())
    return figures


def _typed(words: list[str]) -> tuple[float, float, str]:
    """Wall seconds, processor seconds and answer of `python -m sizao epi …` in a process of its own."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "sizao", "epi", *words], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def _commands(folder: Path) -> list[tuple[list[str], str]]:
    chance = np.random.default_rng(1)

    def file(name: str, head: str, lines: list[str]) -> str:
        (folder / name).write_text("\n".join([head, *lines, ""]))
        return str(folder / name)

    def on(i: int) -> str:
        return (date(2014, 1, 6) + timedelta(days=int(i))).isoformat()

    weeks = file("weeks.csv", "date,count", [f"{on(7 * i)},{n}" for i, n in enumerate(chance.poisson(8, 330))])
    days = file("days.csv", "date,count", [f"{on(i)},{n}" for i, n in enumerate(chance.poisson(20, 60))])
    places = file("places.csv", "place,lon,lat,population", [f"P{i},{116 + chance.random()},{39 + chance.random()},{chance.integers(1000, 9000)}" for i in range(100)])
    counts = file("counts.csv", "place,date,count", [f"P{p},{on(d)},{chance.poisson(2)}" for p in range(100) for d in range(28)])
    lines = file("lines.csv", "onset,report", [f"{on(d)},{on(d + chance.poisson(4))}" for d in chance.integers(0, 50, 800)])
    return [
        (["detect", weeks, "--last", "1"], "detect_flexible"),
        (["detect", weeks, "--last", "1", "--method", "C1"], "detect_c1"),
        (["rt", days, "--si-mean", "5", "--si-sd", "2"], "rt"),
        (["scan", counts, "--places", places], "scan"),
        (["delays", lines, "--from", "onset", "--to", "report"], "delays"),
        (["nowcast", lines, "--onset", "onset", "--report", "report"], "nowcast"),
    ]
