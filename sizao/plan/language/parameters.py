"""Dated parameters: every figure that the source text left blank has lines with a date, perhaps for whom and where, and a source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from . import nodes
from .durations import Duration

LIST, CLOCKS = "list", "clocks"  # day numbers; times of a day


@dataclass(frozen=True)
class Line:
    """One value. `since` None: from the beginning. Each of the others None (or empty): for all that no narrower line names.

    Attributes:
        measure: Only for this measure, or measure.part.
        codes: Only for rows whose columns have these codes: ((column, code), …).
        area: Only for what lies in this area (its code) or below.
        read: "due" is read anew for each occasion; "start" lets those inside keep the value they began with.
    """

    value: Any
    since: datetime | None
    disease: str | None
    source: str
    measure: str | None = None
    codes: tuple[tuple[str, str], ...] = ()
    area: str | None = None
    read: str = "due"

    @property
    def weight(self) -> tuple[int, bool, bool, bool]:
        """How narrow it is: the line that names more goes first; of equals the measure, then disease, then codes; an area last."""
        named = (self.measure is not None) + (self.disease is not None) + len(self.codes) + (self.area is not None)
        return named, self.measure is not None, self.disease is not None, bool(self.codes)

    @property
    def general(self) -> bool:
        """It is for all measures, diseases, codes and areas."""
        return self.measure is None and self.disease is None and not self.codes and self.area is None

    @property
    def always(self) -> bool:
        """It holds for everybody at any time."""
        return self.since is None and self.disease is None and not self.codes and self.area is None

    def far(self, row: Mapping[str, Any], steps: Callable[[str], int | None]) -> int | None:
        """How far above the row's area its own lies (0 where it names none); None when it is not for this row, at any time."""
        fits = self.disease in (None, row.get("disease")) and all(row.get(column) == code for column, code in self.codes)
        return None if not fits else 0 if self.area is None else steps(self.area)


@dataclass(frozen=True)
class Param:
    """A parameter: its lines, oldest first."""

    name: str
    type: str
    lines: tuple[Line, ...]

    @property
    def order(self) -> tuple[int, ...]:
        """Numbers of the lines in the order in which they are asked: the narrowest first, of equals the later."""
        return tuple(sorted(range(len(self.lines)), key=lambda i: (self.lines[i].weight, self.lines[i].since or datetime.min, -i), reverse=True))  # noqa: DTZ901

    def choose(self, instant: datetime, row: Mapping[str, Any], steps: Callable[[str], int | None]) -> Line | None:
        """The line in force at an instant for a row; None when there is none. `steps`: how far above the row's area an area is, None when not above."""
        found: list[tuple[int, int]] = []
        for place, i in enumerate(self.order):
            line = self.lines[i]
            far = line.far(row, steps)
            if far is None or (line.since is not None and line.since > instant):
                continue
            if not found or self.lines[self.order[found[0][1]]].weight == line.weight:
                found.append((far, place))
        return self.lines[self.order[min(found)[1]]] if found else None

    def begun(self, instant: datetime, by: datetime, row: Mapping[str, Any], steps: Callable[[str], int | None]) -> datetime:
        """That instant; or, where there is no value for the row yet, the first one later, up to `by`, at which there is."""
        since = [line.since or instant for line in self.lines if (line.since is None or line.since <= by) and line.far(row, steps) is not None]
        return max(instant, min(since, default=instant))

    def at(self, instant: datetime, disease: str | None = None) -> Any:
        """The value for a disease where nothing narrower is said."""
        line = self.choose(instant, {"disease": disease}, lambda _: None)
        return None if line is None else line.value

    def rivals(self, i: int) -> list[int]:
        """Lines that beat line `i` where their area is nearer to the row."""
        mine = self.lines[i]
        return [k for k in self.order if k != i and self.lines[k].area not in (None, mine.area) and self.lines[k].weight == mine.weight]

    def of(self, measure: str, columns: Iterable[str] = ()) -> Param:
        """Its lines for one measure (and its parts) about a table with these columns: those of others drop out."""
        known = set(columns)
        ours = (line for line in self.lines if line.measure is None or line.measure == measure or measure.startswith(f"{line.measure}."))
        fit = tuple(line for line in ours if all(column in known for column, _ in line.codes))
        own = [line for line in fit if line.measure is not None and not (line.codes or line.disease or line.area)]
        # a line for everybody is never taken where a line of the measure's own has stood since before it
        return replace(self, lines=tuple(line for line in fit if line in own or not (line.general and any(older(o, line) for o in own))))

    @property
    def values(self) -> list[Any]:
        return [line.value for line in self.lines]

    @property
    def whole_days(self) -> bool:
        """Added to a date, every value of it gives a date."""
        return all(isinstance(v, Duration) and v.whole_days for v in self.values)

    @property
    def from_start(self) -> bool:
        """Those inside keep the value they began with."""
        return any(line.read == "start" for line in self.lines)

    @property
    def columns(self) -> list[str]:
        """Columns of the subject whose codes choose a line."""
        return sorted({column for line in self.lines for column, _ in line.codes})

    @property
    def areas(self) -> list[str]:
        """Codes of the areas that choose a line."""
        return sorted({line.area for line in self.lines if line.area is not None})

    @property
    def gaps(self) -> bool:
        """At some instant, for somebody, it may have no value."""
        return not any(line.always for line in self.lines)

    @property
    def longest(self) -> Duration:
        """The longest of its durations, for bounds."""
        found: Duration = max(self.values, key=Duration.longest)
        return found

    @property
    def shortest(self) -> Duration:
        found: Duration = min(self.values, key=Duration.longest)
        return found


def older(a: Line, b: Line) -> bool:
    """`a` stands since before `b`, or as long."""
    return a.since is None or (b.since is not None and a.since <= b.since)


def narrowed(params: Mapping[str, Param], measure: str, columns: Iterable[str] = ()) -> dict[str, Param]:
    """The parameters as one measure reads them."""
    return {name: param.of(measure, columns) for name, param in params.items()}


def columns_of(params: Mapping[str, Param], names: Iterable[str]) -> list[str]:
    """Columns whose codes choose among the lines of these parameters."""
    return sorted({column for name in names for column in params[name].columns})


TYPES = {nodes.INT, nodes.NUMBER, nodes.TEXT, nodes.DATE, nodes.DURATION, LIST, CLOCKS}
