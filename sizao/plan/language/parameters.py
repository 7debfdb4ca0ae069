"""Dated parameters: every figure that the source text left blank has lines with a date, perhaps a disease, and a source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import nodes
from .durations import Duration

LIST = "list"


@dataclass(frozen=True)
class Line:
    """One value. `since` None: from the beginning; `disease` None: of every disease without a line of its own."""

    value: Any
    since: datetime | None
    disease: str | None
    source: str


@dataclass(frozen=True)
class Param:
    """A parameter: its lines, oldest first."""

    name: str
    type: str
    lines: tuple[Line, ...]

    def at(self, instant: datetime, disease: str | None) -> Any:
        """The value in force at an instant: a line of the disease before a general one, then the later before the earlier. None when there is none."""
        for wanted in {disease, None} if disease is None else (disease, None):
            for line in reversed(self.lines):
                if line.disease == wanted and (line.since is None or line.since <= instant):
                    return line.value
        return None

    @property
    def values(self) -> list[Any]:
        return [line.value for line in self.lines]

    @property
    def whole_days(self) -> bool:
        """Added to a date, every value of it gives a date."""
        return all(isinstance(v, Duration) and v.whole_days for v in self.values)

    @property
    def longest(self) -> Duration:
        """The longest of its durations, for bounds."""
        found: Duration = max(self.values, key=Duration.longest)
        return found

    @property
    def shortest(self) -> Duration:
        found: Duration = min(self.values, key=Duration.longest)
        return found


TYPES = {nodes.INT, nodes.NUMBER, nodes.TEXT, nodes.DATE, nodes.DURATION, LIST}
