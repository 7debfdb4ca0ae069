"""What may be published at all: whole numbers over named dimensions. A person has no form in which he could stand in a table.

A cell counts persons within a box: below an area, of a stretch of days, of codes of further dimensions. A dimension that a cell does not name is all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sizao.kernel.errors import Refused

#: Dimensions of their own kind: an area is its path ("1.4."), a stretch is (first day or None for the beginning, last day), both in, as day numbers.
AREA, DAYS = "area", "days"
#: What cells may be told apart by; whatever else names a column names somebody (a name, a telephone, an id).
DIMENSIONS = frozenset({AREA, DAYS, "new", "class", "outcome", "age"})
_CODE = re.compile(r"(?!.*\d{4})[a-z0-9_<>+.\-]{1,24}\Z")
_PATH = re.compile(r"(\d+\.)*(\d+\.?)?\*?\Z")
Box = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One number. `value` None: hidden. `official`: an exact total that is told whatever it is."""

    box: tuple[tuple[str, Any], ...]
    value: int | None
    official: bool = False

    @property
    def dims(self) -> dict[str, Any]:
        return dict(self.box)

    def hidden(self) -> Cell:
        return replace(self, value=None)


def cell(box: Box, value: int | None, official: bool = False) -> Cell:
    """A cell, if it is one. Refused publication-not-a-count: whatever is no count over codes, also a person's row that somebody laid out as a table."""
    for name, at in box.items():
        fits = name in DIMENSIONS and (
            isinstance(at, str) and _PATH.match(at) is not None
            if name == AREA
            else isinstance(at, tuple) and len(at) == 2 and all(x is None or type(x) is int for x in at) and type(at[1]) is int and (at[0] is None or at[0] <= at[1])
            if name == DAYS
            else isinstance(at, str) and _CODE.match(at) is not None
        )
        if not fits:
            raise Refused("publication-not-a-count", what=name)
    if value is not None and (type(value) is not int or value < 0):
        raise Refused("publication-not-a-count", what="value")
    return Cell(tuple(sorted(box.items())), value, official)


def to_json(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    return [{"box": {k: list(v) if isinstance(v, tuple) else v for k, v in c.box}, "value": c.value, **({"official": True} if c.official else {})} for c in cells]


def from_json(rows: Iterable[Mapping[str, Any]]) -> list[Cell]:
    return [cell({k: tuple(v) if isinstance(v, list) else v for k, v in r["box"].items()}, r["value"], bool(r.get("official"))) for r in rows]
