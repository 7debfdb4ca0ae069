"""The weights and thresholds of a comparison, read from dated content and checked: what each way of standing to one another says, in bits."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

#: field → its levels, in the order in which they are asked; the first that holds is it. `rows.py` says in SQL when each does.
LEVELS = {
    "name": ("same", "order", "sound", "fewer", "near", "part", "other"),
    "birth": ("same", "swapped", "digit", "year", "other"),
    "document": ("same", "other"),
    "phone": ("same", "other"),
    "sex": ("same", "other"),
    "place": ("home", "area", "other"),
}


@dataclass(frozen=True, slots=True)
class Level:
    """How often pairs of one person (`m`) and pairs of two (`u`) stand so to one another, as probabilities; what it is called."""

    m: float
    u: float
    zh: str
    en: str

    @property
    def bits(self) -> float:
        return math.log2(self.m / self.u)


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything that decides a score. `prior`: the chance of a pair before anything is compared; thresholds in bits, `doubtful` <= `probable`."""

    prior: float
    doubtful: float
    probable: float
    largest_block: int
    fields: Mapping[str, Mapping[str, Level]]
    names: Mapping[str, tuple[str, str]]

    def said(self, field: str, level: str, language: str) -> str:
        """A reason in the reader's words; the code where the level is no longer known."""
        found = self.fields.get(field, {}).get(level)
        return level if found is None else found.zh if language.startswith("zh") else found.en


def weights(content: Mapping[str, Any], on: date) -> Weights:
    """What was in force that day of a linkage item. ValueError, all faults in one, where it is not whole: a planner may change it."""
    lines = sorted(content["values"], key=lambda line: line["from"])
    line = next((v for v in reversed(lines) if v["from"] <= on), lines[0])
    faults, fields = [], {}
    for field, levels in LEVELS.items():
        told = (line.get("fields") or {}).get(field, {}).get("levels", {})
        if set(told) != set(levels):
            faults.append(f"{field}: levels {', '.join(levels)}")
            continue
        fields[field] = {n: Level(told[n]["same"] / 1000, told[n]["others"] / 1_000_000, told[n]["zh"], told[n]["en"]) for n in levels}
        faults += [f"{field}.{n}: 0 < same <= 1000, 0 < others <= 1000000" for n, v in fields[field].items() if not (0 < v.m <= 1 and 0 < v.u <= 1)]
    if not line["doubtful"] <= line["probable"]:
        faults.append("doubtful <= probable")
    if faults:
        raise ValueError("; ".join(faults))
    names = {f: (line["fields"][f]["zh"], line["fields"][f]["en"]) for f in LEVELS}
    return Weights(1 / line["pairs_to_one"], float(line["doubtful"]), float(line["probable"]), int(line["largest_block"]), fields, names)
