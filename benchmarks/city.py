"""An invented city of a size (20k, 200k, 2M): made, brought into the registers, and every executing measure evaluated at all levels on the mirror."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

FIRST = date(2020, 6, 16)


def run(size: str | int = "20k", days: int = 30, seed: int = 7) -> dict[str, Any]:
    """Seconds of each step; `rows_a_second` of bringing in, with acts, audit and sealing; `plan_seconds` the first run, the mirror being there."""
    from sizao.rehearsal.city.sizes import SIZES

    name = next(name for name, one in SIZES.items() if size in (name, one.persons))
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.chmod(0o755)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys")}
    from sizao.wiring.database import boot, server

    try:
        boot(place / "store", kind="demo")
        return _measure(place, name, days, seed)
    finally:
        from django.db import connections

        connections.close_all()
        server().stop()
        shutil.rmtree(place, ignore_errors=True)


def _measure(place: Path, size: str, days: int, seed: int) -> dict[str, Any]:
    from sizao.wiring.migrate import migrate

    migrate("demo")
    from sizao.kernel import content, keys
    from sizao.kernel.scope import Scope
    from sizao.plan import run as plan
    from sizao.plan.mirror.choice import chosen
    from sizao.plan.models import Cell
    from sizao.rehearsal import truth
    from sizao.rehearsal.bringing import register
    from sizao.rehearsal.city import make
    from sizao.rehearsal.compare import enact
    from sizao.rehearsal.rehearse import staff

    keys.KeyRing.new(place / "keys")
    started = time.perf_counter()
    make(place / "city", size=size, days=days, seed=seed, first=FIRST)
    made = time.perf_counter() - started
    started = time.perf_counter()
    told = register(place / "city")
    brought = time.perf_counter() - started
    staff(told)
    if faults := content.load(Scope.system("bench")).faults:
        raise RuntimeError(str(faults[0]))
    for edition in truth.EDITIONS:
        enact(edition, told)
    started = time.perf_counter()
    with chosen("duckdb", ()) as mirror:
        assert mirror is not None
        mirror.refresh()
    mirrored = time.perf_counter() - started
    started, worked = time.perf_counter(), time.process_time()
    report = plan.evaluate_all(told.end, standing=False, engine="duckdb")
    evaluated = time.perf_counter() - started
    return {
        "make_seconds": made, "bring_seconds": brought, "rows": sum(told.rows.values()), "rows_a_second": told.speed, "mirror_seconds": mirrored, "plan_seconds": evaluated, "plan_processor_seconds": time.process_time() - worked,
        "measures": len(list(plan.evaluation.in_force(told.end))), "cells": Cell.objects.at(report).count(),
    }  # fmt: skip
