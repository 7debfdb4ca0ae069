"""Drawing units by lot, so that anybody can draw again: the place of a unit follows from the seed and its id alone. Pure functions beside what content says."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sizao.kernel.codes import content_files
from sizao.kernel.marked import plain


@dataclass(frozen=True, slots=True)
class Lot:
    """A unit on which the lot fell: the `place`-th of the `of` units of its stratum."""

    unit: UUID
    stratum: str
    place: int
    of: int


def shares(on: date) -> dict[str, float]:
    """Stratum → share, in the order in which a unit is tried against them, as content says on a day."""
    found: dict[str, tuple[date, float]] = {}
    for x in _strata():
        held = found.get(x["stratum"])
        if held is None or (held[0] < x["from"] <= on):
            found[x["stratum"]] = (x["from"], float(x["share"]))
    return {name: share for name, (_, share) in found.items()}


def stratum_of(marks: Iterable[str], known: Mapping[str, float]) -> str:
    """The first stratum of which a unit bears the mark; the last one takes the rest.

    >>> stratum_of({"high", "silent"}, {"untrue": 1, "silent": .5, "high": .3, "other": .05}), stratum_of((), {"untrue": 1, "other": .05})
    ('silent', 'other')
    """
    borne = set(marks)
    return next((name for name in known if name in borne), list(known)[-1])


def drawn(frame: Mapping[UUID, str], share: Mapping[str, float], seed: str) -> list[Lot]:
    """Of each stratum its share, rounded up, so at least one; by the order of SHA-256 over seed and id.

    >>> one, two = UUID(int=1), UUID(int=2)
    >>> [lot.of for lot in drawn({one: "other", two: "other"}, {"other": 0.05}, "a")]
    [2]
    >>> drawn({one: "other", two: "other"}, {"other": 0.5}, "a") == drawn({two: "other", one: "other"}, {"other": 0.5}, "a")
    True
    """
    by: dict[str, list[UUID]] = {}
    for unit, stratum in frame.items():
        by.setdefault(stratum, []).append(unit)
    found = []
    for stratum in share:
        units = sorted(by.get(stratum, ()), key=lambda u: hashlib.sha256(f"{seed}:{u}".encode()).digest())
        wanted = math.ceil(round(share[stratum] * len(units), 9))
        found += [Lot(u, stratum, n, len(units)) for n, u in enumerate(units[:wanted], 1)]
    return found


def digest(frame: Mapping[UUID, str]) -> str:
    """SHA-256 over every unit of the frame with its stratum: a draw from another frame is another draw."""
    told = hashlib.sha256()
    for unit in sorted(frame):
        told.update(f"{unit}={frame[unit]}\n".encode())
    return told.hexdigest()


@cache
def _strata() -> tuple[Mapping[str, Any], ...]:
    return tuple(plain(content_files("command")["inspection-strata"])["values"])
