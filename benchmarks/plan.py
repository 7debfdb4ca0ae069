"""The plan engine at a megacity's size: the daily cycle on settled cells, everything from nothing, a county's missing, an edition of 150 measures."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import _plan_province as province
from benchmarks._plan_measures import edition, text, vocabulary
from benchmarks.measure import ROOT, program

SIZES = {20_000: "20k", 1_000_000: "1m", 10_000_000: "10m"}


def run(size: int | str = "20k", peers: int = 0, written: int = 0) -> dict[str, Any]:
    """Figures of one invented province of 20k, 1m or 10m persons; each step in a process of its own, with two threads and 1 GB for the engine.

    `seconds` is the daily cycle: late records, what is live, cells of five levels by day; `live_seconds` is it without late records. `--peers` asks
    PostgreSQL, Spark and OpenFisca the same, those that are there. `--written` adds what the product does beside: a refresh of 100,000 changes from a
    PostgreSQL store of a million persons, and three runs with their cells and rows in a store: the first, which writes everything (`first_written_`), one a
    day later (`day_written_`), and one five minutes after that with as many changes as were refreshed (`written_`); what the store then holds is compared
    with an evaluation from nothing, cell by cell and row by row.
    """
    name = SIZES.get(size, str(size)) if isinstance(size, int) else size
    if name not in province.SIZES:
        raise SystemExit(f"没有大小 {name}。There is no size {name}: {', '.join(province.SIZES)}")
    subprocess.run([sys.executable, "-c", f"from benchmarks._plan_province import make; make({name!r})"], cwd=ROOT, check=True)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="sizao-bench-") as folder:
        place = Path(folder)
        shutil.copy(settled(name), place / "cycle.duckdb")
        cycle = step("cycle", name, place / "cycle.duckdb")
        cold = step("cold", name, place / "cold.duckdb")
        missing = step("missing", name, place / "cold.duckdb")
        check = step("check", name, place / "cycle.duckdb", memory="4GB")
        figures: dict[str, Any] = {
            "seconds": cycle["seconds"],
            "cpu_seconds": cycle["cpu_seconds"],
            "live_seconds": cycle["seconds"] - cycle["late"] / cycle["lanes"],
            "late_seconds": cycle["late"] / cycle["lanes"],
            "touched": cycle["touched"],
            "peak_gb": cycle["peak_gb"],
            "cold_seconds": cold["seconds"],
            "cold_cpu_seconds": cold["cpu_seconds"],
            "cold_peak_gb": cold["peak_gb"],
            "equal": check["cells_different"] == 0 and missing["lists_different"] == 0 and cycle["whole"] == 0,
            "cells_different": check["cells_different"],
            "cells": check["cells"],
            "obligations": check["obligations"],
            "county_missing_seconds": missing["county_missing_seconds"],
            "compile_150_seconds": compiled(),
            "load_before": load,
        }
        if written:
            shutil.copy(settled(name), place / "written.duckdb")
            figures |= program("benchmarks._plan_written", name, str(place / "written.duckdb"))
            persons = min(1_000_000, province.SIZES[name].persons)
            refresh = program("benchmarks", "mirror", str(persons), f"changes={persons // 10}")["figures"]
            figures |= {"refresh_seconds": refresh["seconds"], "refresh_rows": refresh["refresh_rows"]}
            figures["refreshed_and_written_seconds"] = figures["refresh_seconds"] + figures["written_seconds"]
            figures["equal"] = figures["equal"] and figures["written_equal"] and refresh["equal"]
        if peers:
            from benchmarks import _plan_peers

            figures |= _plan_peers.run(name)
            equal = [figures.get(f"{peer}_equal", True) for peer in ("postgres", "spark", "openfisca")]
            figures["equal"] = figures["equal"] and all(equal)
    return figures


def step(what: str, size: str, state: Path, memory: str = "1GB") -> dict[str, Any]:
    """One step in its own process."""
    return program("benchmarks._plan_work", what, size, str(state), memory=memory)


def settled(size: str) -> Path:
    """What the cycle starts from: the cells of a day earlier. Made once for this program and kept."""
    sources = sorted([*ROOT.glob("sizao/plan/**/*.py"), *ROOT.glob("benchmarks/_plan_*.py")])
    print_ = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    state = province.file(size).with_suffix(f".settled-{print_}")
    if not state.exists():
        for old in state.parent.glob(f"{province.file(size).stem}.settled-*"):
            old.unlink()
        draft = state.with_suffix(f".{os.getpid()}")
        step("settle", size, draft)
        draft.rename(state)
    return state


def compiled() -> float:
    """Seconds to read an edition of 150 measures and write the statement of each."""
    from benchmarks._plan_work import relations
    from sizao.plan.language import load_edition
    from sizao.plan.sql import DUCKDB, compile_measure

    written, known, related = text(5), vocabulary(), relations()
    edition()  # what is imported late is there
    began = time.perf_counter()
    measures = load_edition(written, known).measures
    for m in measures.values():
        compile_measure(m, related, province.AS_OF, dialect=DUCKDB)
    seconds = time.perf_counter() - began
    assert len(measures) == 150
    return seconds
