"""An invented city of a size (20k, 200k, 2M): made, brought into the registers, and every executing measure evaluated at all levels on the mirror."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

FIRST = date(2020, 6, 16)


def run(size: str | int = "20k", days: int = 30, seed: int = 7, keep: str = "", store: str = "") -> dict[str, Any]:
    """Seconds of each step; `rows_a_second` of bringing in, with acts, audit and sealing; `plan_seconds` the first run, the mirror being there.

    `evaluating_seconds` of that until all is counted and nothing yet written. `parts` are parts of measures that were evaluated (of several with one
    statement one), `dearest` the ten that took longest, in seconds, and `editions` the seconds of each edition's, all lanes together.

    That is done three times. Under `once`: every executing measure once, as the newest text that has it orders it. At the top: six texts in force at once,
    so that most measures are evaluated in several forms. Under `standing`: the six texts as the product does it by the minute, on settled cells:
    `first_seconds` when nothing is settled yet, `again_seconds` one minute later, both with what is written to PostgreSQL.

    Everything comes through the verbs of the registers, at any size: a mirror that was filled past them would not be the store's. `keep=DIR` keeps the
    city's files, and takes those that are there; `store=DIR` keeps the store with the city in it and its mirror, and a city that was brought in there before
    is only evaluated again.
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
    figures["once"] = _whole(end, newest=True)
    figures |= _whole(end)
    standing: dict[str, Any] = {}
    for name, moment in (("first", end), ("again", end + timedelta(minutes=1))):
        started, worked = time.perf_counter(), time.process_time()
        report = plan.evaluate_all(moment, engine="duckdb")
        standing |= {f"{name}_seconds": time.perf_counter() - started, f"{name}_processor_seconds": time.process_time() - worked}
    return {**figures, "standing": {**standing, "cells": Cell.objects.at(report).count(), "listed": Row.objects.at(report).count()}}


def _whole(end: datetime, newest: bool = False) -> dict[str, Any]:
    """Everything evaluated anew and written, beside the standing run. `newest`: each measure in one text only."""
    from sizao.plan import run as plan
    from sizao.plan.models import Cell, Row

    took: dict[str, float] = {}
    figures: dict[str, Any] = {}
    with _each(took, figures), _newest() if newest else nullcontext():
        started, worked = time.perf_counter(), time.process_time()
        report = plan.evaluate_all(end, standing=False, engine="duckdb")
        figures |= {"plan_seconds": time.perf_counter() - started, "plan_processor_seconds": time.process_time() - worked}
    editions: dict[str, float] = {}
    for name, seconds in took.items():
        editions[name.split()[0]] = editions.get(name.split()[0], 0.0) + seconds
    dearest = {name: round(s, 3) for name, s in sorted(took.items(), key=lambda one: -one[1])[:10]}
    shares = {name: round(s, 1) for name, s in editions.items()}
    return {**figures, "parts": len(took), "editions": shares, "dearest": dearest, "cells": Cell.objects.at(report).count(), "listed": Row.objects.at(report).count()}


@contextmanager
def _newest() -> Iterator[None]:
    """Of each measure, with all its parts, only the text with the latest date is in force."""
    from sizao.plan import evaluation

    all_in_force = evaluation.in_force

    def one_each(*args: Any, **more: Any) -> Any:
        found = all_in_force(*args, **more)
        latest: dict[str, str] = {}
        for f in found:
            of, text = f.measure.id.split(".")[0], _date(f.enactment.item.item_id)
            latest[of] = max(latest.get(of, ""), text)
        return [f for f in found if latest[f.measure.id.split(".")[0]] == _date(f.enactment.item.item_id)]

    evaluation.in_force = one_each  # type: ignore[assignment]
    try:
        yield
    finally:
        evaluation.in_force = all_in_force


def _date(edition: str) -> str:
    """The date that an edition's name begins with; an edition without one is the oldest."""
    return edition if edition[:1].isdigit() else ""


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
