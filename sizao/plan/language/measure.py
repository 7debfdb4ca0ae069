"""A measure, checked: while this holds, for each subject that should, when due, it is done, by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import nodes
from .parameters import Param
from .schedule import Before, Days, Every, When, Within
from .source import Node

FAR = datetime(9999, 12, 31)  # noqa: DTZ001 - civil time of the zone judged
BEGINNING = datetime(1, 1, 1)  # noqa: DTZ001
KINDS = ("list", "sweep", "report", "standing", "post", "capacity", "event", "ticket", "watch", "gate", "stock", "message")
URGENCIES = ("alarm", "prompt", "routine")


@dataclass(frozen=True)
class Done:
    """The evidence: an act, found by its key, in the window, whose `where` is true. `match` "period": the act names the day it is for."""

    act: str
    key: str  # subject | person
    match: str = "time"  # time | period
    where: Any | None = None


@dataclass(frozen=True)
class Close:
    """An act that ends the duty, and what it is called."""

    act: str
    key: str
    reason: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True)
class Owner:
    """Who answers: the nearest post of the role, upwards from the subject's area, its parent, or its ancestor of a level."""

    role: str
    place: str = "area"  # area | parent | a level of the tree


@dataclass(frozen=True)
class Measure:
    """One measure of an edition. `params` are the edition's; `start` and `end` come from its enactment (naive, local; an occasion belongs to the rule in force when it opens)."""

    id: str
    title: Mapping[str, str] = field(hash=False)
    source: tuple[Mapping[str, str], ...] = field(hash=False)
    kind: str
    facts: str
    should: Any | None
    when: When
    done: Done
    close: tuple[Close, ...]
    by: Owner
    urgency: str
    minutes: float
    restricts: bool
    params: Mapping[str, Param] = field(hash=False)
    node: Node | None = field(default=None, compare=False, repr=False)

    @property
    def parts_of_time(self) -> list[Any]:
        """The points and spans of its timetable."""
        w = self.when
        match w:
            case Within():
                found = [w.of, w.span]
            case Before():
                found = [w.point, w.start]
            case Every():
                found = [w.start, w.until, w.times]
            case Days():
                found = [w.of]
        return [part for part in found if part is not None]

    @property
    def columns(self) -> list[str]:
        """Columns of the facts table that it reads, sorted."""
        return sorted({name for part in (*self.parts_of_time, self.should) if part is not None for name in nodes.columns(part)})
