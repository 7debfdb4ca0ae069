"""Making a city, from the ground to the files."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

from . import care, conduct, desks, everyday, goods, ground, lines, moves, outbreak, records, residents, response, things, travel, wards
from .town import Town

ZONE = "Asia/Shanghai"


#: What is told while a city is made: how far it has come.
STAGES: tuple[tuple[str, str, tuple[Callable[[Town], None], ...]], ...] = (
    ("地理与人口", "ground and people", (ground.lay, residents.settle, moves.redraw)),
    ("疫情", "the outbreak", (outbreak.spread, conduct.prepare, moves.move, things.prepare)),
    ("病例、密接、出行", "cases, contacts, journeys", (care.enrol, travel.plan_trips, response.respond, everyday.go_on, care.care, travel.move)),
    ("救治、岗位、物资", "wards, desks, goods", (wards.treat, desks.open_desks, goods.store)),
    ("台账与检查", "ledgers and inspections", (lines.file, desks.look)),
)


def make(folder: Path, *, size: str = "20k", days: int = 30, seed: int = 7, first: date, progress: Callable[[str, str], None] = lambda zh, en: None) -> Path:
    """Writes a city's files below the folder and answers it. The same four arguments make the same city again. `progress` hears each stage as it begins."""
    town = Town(size, days, seed, first)
    for n, (zh, en, steps) in enumerate(STAGES, 1):
        progress(f"生成城市 {n}/{len(STAGES) + 1}：{zh}……", f"Inventing a city {n}/{len(STAGES) + 1}: {en}…")
        for step in steps:
            step(town)
    progress(f"生成城市 {len(STAGES) + 1}/{len(STAGES) + 1}：写入文件……", f"Inventing a city {len(STAGES) + 1}/{len(STAGES) + 1}: writing files…")
    records.write(town, folder)
    (folder / "city.json").write_text(json.dumps({"size": size, "days": days, "seed": seed, "first": first.isoformat(), "zone": ZONE}), encoding="utf-8")
    town.db.close()
    return folder
