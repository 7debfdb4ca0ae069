"""What types of tables there are (`content/publications`), and their figures reckoned from the registers of one moment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np

from sizao.kernel.codes import content_files
from sizao.kernel.days import NEVER
from sizao.kernel.errors import Refused
from sizao.kernel.marked import plain
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.situation.lines import Lines, gather
from sizao.situation.parts import parts

from .tables import AREA, DAYS, Cell, cell

#: Figure → its words. `new` is of the day of `as_of`; the others are all so far.
FIGURES = {
    "new": {"zh": "当日新增确诊", "en": "confirmed that day"},
    "total": {"zh": "累计确诊", "en": "confirmed so far"},
    "asymptomatic": {"zh": "累计无症状感染者", "en": "without symptoms so far"},
    "recovered": {"zh": "累计治愈", "en": "recovered so far"},
    "died": {"zh": "累计死亡", "en": "died so far"},
}


@dataclass(frozen=True, slots=True)
class Type:
    """A type of table. `levels`: those areas whose figures it may tell; empty: any, through the gate. `gifts`: no counts of persons, the ledger of donations (`gifts.py`)."""

    id: str
    title: Mapping[str, str]
    note: Mapping[str, str]
    source: str
    official: bool
    by: tuple[str, ...]
    figures: tuple[str, ...]
    levels: tuple[str, ...]
    ages: tuple[int, ...]
    gifts: bool = False


@cache
def types() -> dict[str, Type]:
    """id → type, the official one first."""
    found = {}
    for name, text in content_files("publications").items():
        t = plain(text)
        found[name] = Type(name, t["title"], t["note"], t["source"], bool(t.get("official")), tuple(t["by"]), tuple(t["figures"]), tuple(t.get("levels", ())), tuple(t.get("ages", ())), bool(t.get("gifts")))
    return dict(sorted(found.items(), key=lambda f: (f[1].gifts, not f[1].official, len(f[1].by), f[0])))


@dataclass(frozen=True, slots=True)
class Made:
    """A table with its exact figures. `rows`: area path or age → its words, in order; `digest` of the whole."""

    type: Type
    cells: tuple[Cell, ...]
    areas: dict[str, dict[str, str]]
    ages: dict[str, dict[str, str]]

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps([[list(map(str, c.box)), c.value] for c in self.cells]).encode()).hexdigest()


def make(scope: Scope, type_id: str, area: Area, disease: str, as_of: datetime) -> Made:
    """The figures of a type below an area as they stood at `as_of`. Refused bad-value: no such type, or an area whose totals are not official."""
    t = types().get(type_id)
    if t is None or t.gifts:
        raise Refused("bad-value", field={"zh": "类型", "en": "type"}, value=type_id, expected=", ".join(types()))
    if t.official and area.level not in t.levels:
        raise Refused("bad-value", field={"zh": "地区", "en": "area"}, value=area.level, expected=", ".join(t.levels))
    lines = gather(scope, area, disease, as_of)
    below = parts(area)
    place = np.array([below.of.get(int(a), -1) for a in lines.areas], np.int64)
    here = area.path
    cells: list[Cell] = []
    areas = {here: _name(area)}
    if t.official:
        shown = [(n, a) for n, a in enumerate(below.areas) if a.level in t.levels]
        areas |= {a.path: _name(a) for _, a in shown}
        for path, inside in [(here, np.ones(len(lines), bool)), *((a.path, place == n) for n, a in shown)]:
            for figure in t.figures:
                cells.append(_figure(lines, figure, path, inside))
        return Made(t, tuple(cells), areas, {})
    confirmed = lines.of(("confirmed",))
    groups: list[tuple[dict[str, Any], Any]] = [({AREA: here}, confirmed)]
    ages: dict[str, dict[str, str]] = {}
    if "area" in t.by:
        areas = {a.path: _name(a) for a in below.areas} | {here + "*": {"zh": "其他或未写明", "en": "elsewhere or not told"}}
        groups = [({AREA: path}, confirmed & (place == n)) for n, path in [*enumerate(a.path for a in below.areas), (-1, here + "*")]]
    if "age" in t.by:
        ages = age_groups(t.ages)
        group = age_of(lines.ages(), t.ages)
        groups = [(box | {"age": code}, inside & (group == code)) for box, inside in groups for code in ages]
    cells = [cell({**box, DAYS: (None, lines.today)}, int(inside.sum())) for box, inside in groups]
    # The official total of the whole is known, whether it is out already or will be.
    cells.append(_figure(lines, "total", here, np.ones(len(lines), bool)))
    return Made(t, tuple(cells), areas, ages)


def _figure(lines: Lines, figure: str, path: str, inside: Any) -> Cell:
    """One official figure. Those of confirmed cases share their dimensions with breakdowns; the others are counts of other people."""
    confirmed = lines.of(("confirmed",))
    if figure == "new":
        day = np.where(lines.days["confirmation"] != NEVER, lines.days["confirmation"], np.where(lines.days["report"] != NEVER, lines.days["report"], lines.known))
        return cell({AREA: path, "new": "day"}, int((confirmed & inside & (day == lines.today)).sum()), official=True)
    if figure == "total":
        return cell({AREA: path, DAYS: (None, lines.today)}, int((confirmed & inside).sum()), official=True)
    if figure == "asymptomatic":
        return cell({AREA: path, "class": "asymptomatic"}, int((lines.of(("asymptomatic",)) & inside).sum()), official=True)
    return cell({AREA: path, "outcome": figure}, int((confirmed & inside & (lines.outcome == figure)).sum()), official=True)


def figure_of(c: Cell) -> str:
    """Which figure an official cell is."""
    dims = c.dims
    return "new" if "new" in dims else "asymptomatic" if "class" in dims else dims.get("outcome", "total")


def age_groups(starts: tuple[int, ...]) -> dict[str, dict[str, str]]:
    """code → words of age groups that begin at these years, and one for ages that nobody told.

    >>> list(age_groups((0, 18, 60)))
    ['0-17', '18-59', '60+', 'unknown']
    """
    found = {}
    for n, first in enumerate(starts):
        last = starts[n + 1] - 1 if n + 1 < len(starts) else None
        code = f"{first}-{last}" if last is not None else f"{first}+"
        found[code] = {"zh": f"{first}—{last} 岁" if last is not None else f"{first} 岁及以上", "en": code.replace("-", "–")}
    return found | {"unknown": {"zh": "年龄不详", "en": "age not told"}}


def age_of(years: Any, starts: tuple[int, ...]) -> Any:
    """The group of each age; "unknown" where it is not told."""
    codes = list(age_groups(starts))
    place = np.searchsorted(np.array(starts), np.nan_to_num(years, nan=-1.0), side="right") - 1
    return np.array([codes[p] if p >= 0 and not np.isnan(y) else "unknown" for p, y in zip(place, years, strict=True)], str)


def _name(area: Area) -> dict[str, str]:
    return {"zh": area.name_zh, "en": area.name_en or area.name_zh}
