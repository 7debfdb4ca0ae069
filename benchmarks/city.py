"""An invented city of a size (20k, 200k, 2M): made, brought into the registers, and every executing measure evaluated at all levels on the mirror."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

FIRST = date(2020, 6, 16)


def run(size: str | int = "20k", days: int = 30, seed: int = 7, keep: str = "", store: str = "") -> dict[str, Any]:
    """Seconds of each step; `rows_a_second` of bringing in, with acts, audit and sealing; `plan_seconds` the first run, the mirror being there.

    `evaluating_seconds` of that until all is counted and nothing yet written. `parts` are parts of measures that were evaluated (of several with one
    statement one), `dearest` the ten that took longest, in seconds, and `editions` the seconds of each edition's, all lanes together. Everything comes through the verbs of the registers,
    at any size: a mirror that was filled past them would not be the store's. `keep=DIR` keeps the city's files, and takes those that are there; `store=DIR`
    keeps the store with the city in it and its mirror, and a city that was brought in there before is only evaluated again.
    """
    from sizao.rehearsal.city.sizes import SIZES

    name = next(name for name, one in SIZES.items() if size in (name, one.persons))
    place = Path(store) if store else Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.mkdir(exist_ok=True)
    place.chmod(0o755)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys")}
    from sizao.wiring.database import boot, server

    try:
        boot(place / "store", kind="demo")
        return _measure(place, name, days, seed, Path(keep) if keep else place / "city")
    finally:
        from django.db import connections

        connections.close_all()
        server().stop()
        if not store:
            shutil.rmtree(place, ignore_errors=True)


def _measure(place: Path, size: str, days: int, seed: int, city: Path) -> dict[str, Any]:
    from sizao.plan import run as plan
    from sizao.plan.mirror.choice import chosen
    from sizao.plan.models import Cell, Row
    from sizao.rehearsal.city import ZONE

    asked = {"size": size, "days": days, "seed": seed, "first": FIRST.isoformat()}
    brought = place / "brought.json"
    figures: dict[str, Any] = json.loads(brought.read_text(encoding="utf-8")) if brought.is_file() else {}
    if not figures:
        figures = {"asked": asked, **_bring(place, asked, city)}
        brought.write_text(json.dumps(figures), encoding="utf-8")
    if figures.pop("asked") != asked:
        raise RuntimeError(f"another city is in {place}")
    end = datetime.combine(FIRST, datetime.min.time(), ZoneInfo(ZONE)) + timedelta(days=days)
    started = time.perf_counter()
    with chosen("duckdb", ()) as mirror:
        assert mirror is not None
        mirror.refresh()
    figures["mirror_seconds"] = time.perf_counter() - started
    took: dict[str, float] = {}
    with _each(took, figures):
        started, worked = time.perf_counter(), time.process_time()
        report = plan.evaluate_all(end, standing=False, engine="duckdb")
        figures |= {"plan_seconds": time.perf_counter() - started, "plan_processor_seconds": time.process_time() - worked}
    editions: dict[str, float] = {}
    for name, seconds in took.items():
        editions[name.split()[0]] = editions.get(name.split()[0], 0.0) + seconds
    dearest = {name: round(s, 3) for name, s in sorted(took.items(), key=lambda one: -one[1])[:10]}
    return {**figures, "parts": len(took), "editions": {name: round(s, 1) for name, s in editions.items()}, "dearest": dearest, "cells": Cell.objects.at(report).count(), "listed": Row.objects.at(report).count()}


def _bring(place: Path, asked: dict[str, Any], city: Path) -> dict[str, Any]:
    """Makes the city and brings it into the registers, with every edition in force."""
    from sizao.wiring.migrate import migrate

    migrate("demo")
    from sizao.kernel import content, keys
    from sizao.kernel.scope import Scope
    from sizao.rehearsal import truth
    from sizao.rehearsal.bringing import register
    from sizao.rehearsal.city import make
    from sizao.rehearsal.compare import enact
    from sizao.rehearsal.rehearse import staff

    if not (place / "keys").exists():
        keys.KeyRing.new(place / "keys")
    started = time.perf_counter()
    if not (city / "city.json").is_file() or asked.items() - json.loads((city / "city.json").read_text(encoding="utf-8")).items():
        make(city, size=asked["size"], days=asked["days"], seed=asked["seed"], first=FIRST)
    made = time.perf_counter() - started
    started, before = time.perf_counter(), os.times()
    told = register(city)
    brought, after = time.perf_counter() - started, os.times()
    staff(told)
    if faults := content.load(Scope.system("bench")).faults:
        raise RuntimeError(str(faults[0]))
    for edition in truth.EDITIONS:
        enact(edition, told)
    worked = sum(getattr(after, of) - getattr(before, of) for of in ("user", "system", "children_user", "children_system"))
    return {"make_seconds": made, "bring_seconds": brought, "bring_processor_seconds": worked, "rows": sum(told.rows.values()), "rows_a_second": told.speed}


@contextmanager
def _each(took: dict[str, float], figures: dict[str, Any]) -> Iterator[None]:
    """Seconds of each part of a measure, under its edition and name; and of all of them together, before anything is written to PostgreSQL."""
    from sizao.plan.mirror.whole import Whole

    count = Whole.count

    def timed(self: Whole) -> None:
        started, worked = time.perf_counter(), time.process_time()
        count(self)
        figures["evaluating_seconds"] = time.perf_counter() - started
        figures["evaluating_processor_seconds"] = time.process_time() - worked
        took.update({f"{p.f.enactment.item.item_id} {p.f.measure.id}": p.seconds for p in self.parts})

    Whole.count = timed  # type: ignore[method-assign]
    try:
        yield
    finally:
        Whole.count = count  # type: ignore[method-assign]
