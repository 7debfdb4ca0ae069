"""Streams counted: the panel areas × periods of a stream, from any register through the machine of registers. Two statements a stream, whatever the number of areas and days.

Counts of areas are made of no person's row that anybody sees: they are asked in the machine's own name, and whoever shows them asks for the right to the area first.
Silence is not zero: where nothing tells that there was nothing, the count is missing (NaN).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Count, DateField, F, FloatField, Func, Q, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from numpy.typing import NDArray

from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.kernel.registry import Register, find
from sizao.kernel.scope import Scope

from .streams import Cluster, Stream

#: Periods before one over which the usual number of tellers is taken.
USUAL = 14


@dataclass(frozen=True, slots=True)
class Place:
    """An area as the watch needs it: `way` are the ids of its ancestors and itself, the topmost first."""

    id: int
    code: str
    level: str
    zone: str
    way: tuple[int, ...]
    ended: bool


@dataclass(frozen=True, slots=True)
class Tree:
    """The areas below a path ("": all), in the order of their ids."""

    below: str
    places: dict[int, Place]

    def at(self, levels: Iterable[str]) -> list[Place]:
        """The areas of these levels that are in force."""
        wanted = set(levels)
        return [p for p in self.places.values() if p.level in wanted and not p.ended]


def tree(below: str = "") -> Tree:
    """All areas, or those below a path (the area itself included). One statement."""
    rows = Area.objects.filter(path__startswith=below).order_by("pk").values_list("pk", "code", "level", "zone", "path", "valid_to")
    return Tree(below, {pk: Place(pk, code, level, zone, tuple(int(n) for n in path.split(".") if n), ended is not None) for pk, code, level, zone, path, ended in rows})


@dataclass(slots=True)
class Panel:
    """The counts of one stream.

    Attributes:
        places: Its rows.
        periods: The first day of each period, one after another without a gap: days, or Mondays.
        counts: (places, periods); NaN where the count is missing.
        heard: (places, periods): units that were heard (rows, of a register without units); where none is zero by law, 1.
        rows: Rows of the register behind the counts, of all places.
        newest: The last day of which anything was told.
        whole: So many of the periods are over everywhere; what comes after is not complete yet.
    """

    stream: Stream
    places: list[Place]
    periods: list[date]
    counts: NDArray[np.float64]
    heard: NDArray[np.float64]
    rows: int
    newest: date | None
    whole: int

    def usual(self) -> NDArray[np.float64]:
        """(places, periods): the median of tellers in the `USUAL` periods before in which anybody was heard; NaN where nobody ever was."""
        return _usual(self.heard)


def periods_of(stream: Stream, first: date, last: date) -> list[date]:
    """Every period that touches these days (both included), as its first day.

    >>> from types import SimpleNamespace
    >>> [str(d) for d in periods_of(SimpleNamespace(every="week"), date(2026, 11, 4), date(2026, 11, 10))]
    ['2026-11-02', '2026-11-09']
    """
    step = 7 if stream.every == "week" else 1
    begin = first - timedelta(days=first.weekday()) if step == 7 else first
    return [begin + timedelta(days=n) for n in range(0, (last - begin).days + 1, step)]


def panel(stream: Stream, areas: Tree, now: datetime, back: int, *, only: int | None = None) -> Panel:
    """The counts of the last `back` periods, the one that `now` lies in included; days are those of each area's own time zone. `only`: of this place. Two statements."""
    places = areas.at(stream.levels) if only is None else [areas.places[only]]
    days = [clock.local_day(now, zone) for zone in sorted({p.zone for p in places})] or [now.date()]
    today, step = max(days), 7 if stream.every == "week" else 1
    periods = periods_of(stream, today - timedelta(days=step * (back - 1)), today)[-back:]
    whole = sum(p + timedelta(days=step) <= min(days) for p in periods)
    register = find(stream.register)
    lines = _by_day(register, _where(register, stream.where), stream.at, stream, periods, now, stream.total, below=areas.below)
    index = {p.id: i for i, p in enumerate(places)}
    counts = _rolled(lines, areas, index, periods)
    told = [day for _, day, _ in lines]
    if stream.heard == "always":
        heard = np.ones_like(counts)
        first = _first_day(register, stream)
        heard[:, [p + timedelta(days=step) <= first if first else True for p in periods]] = 0
    else:
        if stream.heard == "reports":
            receipts = find("due-reports")
            sound = _by_day(receipts, Q(ledger=stream.heard_ledger), "period", stream, periods, now, tellers=True, below=areas.below)
        else:
            sound = _by_day(register, Q(), stream.at, stream, periods, now, tellers=True, below=areas.below)
        heard = _rolled(sound, areas, index, periods)
        told += [day for _, day, _ in sound]
    found = Panel(stream, places, periods, counts, heard, int(sum(n for _, _, n in lines)), max(told, default=None), whole)
    enough = heard >= 1
    if stream.heard_share:
        share = np.where(np.isnan(usual := _usual(heard)), 0, usual) * stream.heard_share
        enough[:, :whole] &= heard[:, :whole] >= share[:, :whole]
    found.counts = np.where(enough, counts, np.nan)
    return found


@dataclass(slots=True)
class Units:
    """The units of a stream: `units` as (id, area), `counts` and `heard` as `Panel` has them of places, for the same periods."""

    units: list[tuple[UUID, int]]
    periods: list[date]
    counts: NDArray[np.float64]
    heard: NDArray[np.float64]
    whole: int


def of_units(panel: Panel, areas: Tree, now: datetime) -> Units:
    """Every unit that told anything within the panel's periods. One statement, two where reports tell silence."""
    stream, register, span = panel.stream, find(panel.stream.register), panel.periods
    lines = _by_day(register, _where(register, stream.where), stream.at, stream, span, now, stream.total, below=areas.below, units=True)
    sound = lines
    if stream.heard == "reports":
        sound = _by_day(find("due-reports"), Q(ledger=stream.heard_ledger), "period", stream, span, now, below=areas.below, units=True)
    elif stream.where or stream.total:
        sound = _by_day(register, Q(), stream.at, stream, span, now, below=areas.below, units=True)
    known = sorted({(u, a) for (u, a), _, _ in (*lines, *sound)}, key=str)
    row, column = {one: i for i, one in enumerate(known)}, {p: j for j, p in enumerate(span)}

    def laid(told: Sequence[tuple[Any, date, float]]) -> NDArray[np.float64]:
        out = np.zeros((len(known), len(span)))
        some = [(row[one], column[day], n) for one, day, n in told if day in column]
        if some:
            i, j, n = (np.array(x) for x in zip(*some, strict=True))
            np.add.at(out, (i, j), n)
        return out

    heard = laid(sound)
    return Units(known, span, np.where(heard >= 1, laid(lines), np.nan), heard, panel.whole)


def _usual(heard: NDArray[np.float64]) -> NDArray[np.float64]:
    there = np.where(heard > 0, heard, np.nan)
    before = np.concatenate([np.full((len(heard), USUAL), np.nan), there[:, :-1]], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(before, USUAL, axis=1)
    out = np.full(heard.shape, np.nan)
    some = ~np.isnan(windows).all(axis=2)
    if some.any():
        out[some] = np.nanmedian(windows[some], axis=1)
    return out


def _rolled(lines: Sequence[tuple[int, date, float]], areas: Tree, index: dict[int, int], periods: list[date]) -> NDArray[np.float64]:
    """(places, periods): what each place and all below it tell. An area that was split or merged counts for those above it."""
    shape = (len(index), len(periods))
    if not lines or not index:
        return np.zeros(shape)
    at = {p: i for i, p in enumerate(periods)}
    column = np.array([at.get(day, -1) for _, day, _ in lines], np.int64)
    ids, which = np.unique(np.array([area for area, _, _ in lines], np.int64), return_inverse=True)
    number = np.array([n for _, _, n in lines], np.float64)
    ups = [[index[up] for up in place.way if up in index] if (place := areas.places.get(int(pk))) else [] for pk in ids]
    many = np.array([len(u) for u in ups], np.int64)
    first = np.cumsum(many) - many
    rows = np.array([row for up in ups for row in up], np.int64)
    # each line once for every place above it, without a loop over lines
    there = np.flatnonzero((column >= 0) & (many[which] > 0))
    times = many[which[there]]
    line = np.repeat(there, times)
    step = np.arange(len(line)) - np.repeat(np.cumsum(times) - times, times)
    cells = rows[first[which[line]] + step] * shape[1] + column[line]
    return np.bincount(cells, number[line], shape[0] * shape[1]).reshape(shape)


def _where(register: Register, where: Sequence[tuple[str, tuple[Any, ...]]]) -> Q:
    asked = Q()
    for name, values in where:
        column = register.column(name)
        if register.type(name) == "codes":
            asked &= reduce(or_, (Q(**{f"{column}__contains": [v]}) for v in values))
        else:
            asked &= Q(**{f"{column}__in": list(values)})
    return asked


def _day(register: Register, name: str) -> tuple[str, Any]:
    """(the column of time, the local day as an expression): of an instant, the day in the time zone of the row's area."""
    column = register.column(name)
    if register.type(name) != "instant":
        return column, F(column)
    return column, Func(F(column), F(f"{register.declaration.area}__zone"), template="(%(expressions)s)::date", arg_joiner=" AT TIME ZONE ", output_field=DateField())


def _by_day(register: Register, asked: Q, name: str, stream: Stream, periods: list[date], now: datetime, total: str = "", *, tellers: bool = False, below: str = "", units: bool = False) -> list[tuple[Any, date, float]]:
    """(area, or with `units` (unit, its area), first day of the period, number) of the rows that were there at `now`; with `tellers` the units that they are of, where rows have one. One statement."""
    column, day = _day(register, name)
    first, last = periods[0], periods[-1] + timedelta(days=6 if stream.every == "week" else 0)
    if register.type(name) == "instant":
        reach = {f"{column}__gte": clock.start_of_day(first - timedelta(days=1), "UTC"), f"{column}__lte": now}
    else:
        reach = {f"{column}__gte": first, f"{column}__lte": last}
    if stream.every == "week":
        day = Func(day, template="date_trunc('week', %(expressions)s)::date", output_field=DateField())
    amount: Any = Count("unit", distinct=True) if tellers and "unit" in register.declaration.fields else Count("pk")
    if total:
        way = register.column(total).split("__")
        amount = Sum(Cast(KeyTextTransform(way[-1], "__".join(way[:-1])), FloatField()) if register.inside(total) else Cast(F("__".join(way)), FloatField()))
    # a watch of the past counts what was known then
    rows = register.rows(Scope.system("streams counted")).filter(asked, known_from__lte=now, **reach).order_by()
    rows = rows.filter(**{f"{register.declaration.area}__path__startswith": below}) if below else rows
    if units:
        unit = register.column("unit")
        of = (f"{unit}_id", f"{unit}__area_id")
        told = rows.filter(**{f"{unit}__isnull": False}).annotate(day_=day).values_list(*of, "day_").annotate(n_=amount).values_list(*of, "day_", "n_")
        return [((u, area), d, float(n or 0)) for u, area, d, n in told]
    found = rows.annotate(day_=day).values_list(f"{register.declaration.area}_id", "day_").annotate(n_=amount).values_list(f"{register.declaration.area}_id", "day_", "n_")
    return [(area, d, float(n or 0)) for area, d, n in found]


def _first_day(register: Register, stream: Stream) -> date | None:
    """The day of the first row that the register has at all; before it none is not zero but unknown."""
    column, day = _day(register, stream.at)
    row = register.rows(Scope.system("streams counted")).exclude(**{column: None}).order_by(column).annotate(day_=day).values_list("day_", flat=True)[:1]
    return next(iter(row), None)


@dataclass(slots=True)
class Crowd:
    """The persons of one unit in a cluster stream: the local days on which they were found, and where the unit is."""

    unit: Any
    area_id: int
    days: list[date] = field(default_factory=list)


def crowds(stream: Stream, cluster: Cluster, now: datetime, back: int) -> list[Crowd]:
    """Per unit the days of persons found in the last `back` days, one a person (his first). One statement."""
    register = find(stream.register)
    column, day = _day(register, stream.at)
    by = register.column(cluster.by)
    asked = _where(register, stream.where) & Q(**{f"{by}__isnull": False, f"{column}__gt": now - timedelta(days=back), f"{column}__lte": now})
    if cluster.kinds:
        asked &= Q(**{f"{by}__kind__in": list(cluster.kinds)})
    person = register.declaration.person or "pk"
    rows = register.rows(Scope.system("streams counted")).filter(asked).order_by().annotate(day_=day).values_list(f"{by}_id", f"{by}__area_id", person, "day_")
    found: dict[Any, Crowd] = {}
    first: dict[tuple[Any, Any], date] = {}
    for unit, area, who, on in rows:
        found.setdefault(unit, Crowd(unit, area))
        first[unit, who] = min(on, first.get((unit, who), on))
    for (unit, _), on in first.items():
        found[unit].days.append(on)
    for crowd in found.values():
        crowd.days.sort()
    return list(found.values())
