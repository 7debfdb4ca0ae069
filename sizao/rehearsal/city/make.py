"""Making a city, from the ground to the files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from . import care, conduct, desks, everyday, goods, ground, lines, moves, outbreak, records, residents, response, things, travel, wards
from .town import Town

ZONE = "Asia/Shanghai"


def make(folder: Path, *, size: str = "20k", days: int = 30, seed: int = 7, first: date) -> Path:
    """Writes a city's files below the folder and answers it. The same four arguments make the same city again."""
    town = Town(size, days, seed, first)
    ground.lay(town)
    residents.settle(town)
    moves.redraw(town)
    outbreak.spread(town)
    conduct.prepare(town)
    moves.move(town)
    things.prepare(town)
    care.enrol(town)
    travel.plan_trips(town)
    response.respond(town)
    everyday.go_on(town)
    care.care(town)
    travel.move(town)
    wards.treat(town)
    desks.open_desks(town)
    goods.store(town)
    lines.file(town)
    desks.look(town)
    records.write(town, folder)
    (folder / "city.json").write_text(json.dumps({"size": size, "days": days, "seed": seed, "first": first.isoformat(), "zone": ZONE}), encoding="utf-8")
    town.db.close()
    return folder
