"""Row conditions of the thirty that OpenFisca-core can express, over the same persons: its vectorised formula against the engine's `stands`.

OpenFisca is no dependency and pins libraries that are: it has an environment of its own, `.venv-openfisca` in this folder's parent, or where
SIZAO_BENCH_OPENFISCA names a Python. Without it the comparison is left out.

    python3 -m venv .venv-openfisca && .venv-openfisca/bin/pip install openfisca-core
"""

from __future__ import annotations

import array
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from benchmarks._plan_measures import TABLES, edition
from benchmarks._plan_province import file
from sizao.plan.sql import DUCKDB
from sizao.plan.sql.conditions import Writer

CONDITIONS = ("aged-visit", "aged-alone-visit", "driver-trained")  # over numbers, codes and yes/no; what is not known cannot be said there
SCRIPT = """
import json, sys, time
import numpy
from openfisca_core.entities import Entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

person = Entity("person", "persons", "", "")
person.is_person = True
system = TaxBenefitSystem([person])
raw = {name: numpy.fromfile(f"{sys.argv[1]}/{name}.bin", dtype="int32") for name in ("age", "chronic", "driver")}
count = len(raw["age"])

def stored(name, kind):
    return type(name, (Variable,), {"value_type": kind, "entity": person, "definition_period": DateUnit.DAY})

def asked(name, formula):
    return type(name, (Variable,), {"value_type": bool, "entity": person, "definition_period": DateUnit.DAY, "formula": formula})

def aged_visit(persons, period): return (persons("age", period) >= 80) * persons("chronic", period)
def aged_alone_visit(persons, period): return (persons("age", period) >= 85) * ~persons("chronic", period) + (persons("age", period) >= 88)
def driver_trained(persons, period): return persons("driver", period) * (persons("age", period) >= 18) * (persons("age", period) <= 60)

for variable in (stored("age", int), stored("chronic", bool), stored("driver", bool)):
    system.add_variable(variable)
formulas = (aged_visit, aged_alone_visit, driver_trained)
for formula in formulas:
    system.add_variable(asked(formula.__name__, formula))
taken, whole, spent, counts = [], [], [], []
for turn in range(5):
    started, busy = time.perf_counter(), time.process_time()
    raw = {name: numpy.fromfile(f"{sys.argv[1]}/{name}.bin", dtype="int32") for name in raw}
    simulation = SimulationBuilder().build_default_simulation(system, count)
    simulation.set_input("age", "2020-06-20", raw["age"])
    simulation.set_input("chronic", "2020-06-20", raw["chronic"].astype(bool))
    simulation.set_input("driver", "2020-06-20", raw["driver"].astype(bool))
    began = time.perf_counter()
    counts = [int(simulation.calculate(f.__name__, "2020-06-20").sum()) for f in formulas]
    taken.append(time.perf_counter() - began)
    whole.append(time.perf_counter() - started)
    spent.append(time.process_time() - busy)
print(json.dumps({"seconds": sorted(taken)[2], "whole": sorted(whole)[2], "cpu": sorted(spent)[2], "counts": counts}))
"""


def run(size: str) -> dict[str, Any]:
    """Seconds of three conditions over all persons, on both; the medians of five. `openfisca_seconds` is from columns in files to counts, as ours is;
    `openfisca_formulas_seconds` is its formulas alone, over arrays that are in memory; the processor's seconds, of both threads together, hang less on
    what else the machine does."""
    own = Path(__file__).resolve().parents[1] / ".venv-openfisca" / "bin" / "python"
    python = os.environ.get("SIZAO_BENCH_OPENFISCA") or (str(own) if own.exists() else "")
    if not python:
        return {"times_openfisca": "not measured: there is no .venv-openfisca, and SIZAO_BENCH_OPENFISCA names no Python"}
    db = duckdb.connect()
    db.execute(f"SET threads = 2; SET memory_limit = '1GB'; ATTACH '{file(size)}' AS p (READ_ONLY)")
    known = "vf <= known AND vt > TIMESTAMP '2020-06-20 21:00:00' AND age IS NOT NULL AND chronic IS NOT NULL AND job IS NOT NULL"
    db.execute(f"CREATE TABLE person AS SELECT * FROM p.person WHERE {known}")
    taken, spent, counts, asked = [], [], [], conditions()
    for _ in range(5):
        began, busy = time.perf_counter(), time.process_time()
        counts = list(db.execute(f"SELECT {', '.join(f'count_if({sql})' for sql in asked)} FROM person n").fetchall()[0])
        taken.append(time.perf_counter() - began)
        spent.append(time.process_time() - busy)
    with tempfile.TemporaryDirectory(prefix="sizao-bench-of-") as folder:
        place = Path(folder)
        for name, column in (("age", "age"), ("chronic", "CAST(chronic AS INTEGER)"), ("driver", "CAST(job = 'driver' AS INTEGER)")):
            values = db.execute(f"SELECT CAST({column} AS INTEGER) FROM person").fetchall()

            (place / f"{name}.bin").write_bytes(array.array("i", [v for (v,) in values]).tobytes())
        done = subprocess.run([python, "-c", SCRIPT, folder], stdout=subprocess.PIPE, check=True)
    theirs = json.loads(done.stdout)
    ours = sorted(taken)[2]
    return {
        "openfisca_seconds": theirs["whole"],
        "openfisca_formulas_seconds": theirs["seconds"],
        "conditions_seconds": ours,
        "times_openfisca": theirs["whole"] / ours,
        "openfisca_cpu_seconds": theirs["cpu"],
        "conditions_cpu_seconds": sorted(spent)[2],
        "openfisca_equal": theirs["counts"] == counts,
    }


def conditions() -> list[str]:
    measures = edition().measures
    assert "person" in TABLES
    return [Writer(DUCKDB, measures[name].params, "n").sql(measures[name].should) for name in CONDITIONS]
