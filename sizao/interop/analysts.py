"""Two more kinds of file that analysts bring: lines with two dates (a line list), and places with where they lie and how many live there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sizao.kernel.errors import Refused

from .dates import find_order
from .opening import open_table
from .series import column_named, date_reader
from .tables import Table

#: Headers of the places' columns, casefolded; a file with others names its own.
PLACES = {
    "place": ("place", "series", "area", "id", "code", "name", "地点", "场所", "地区", "区划"),
    "lon": ("lon", "lng", "longitude", "long", "经度"),
    "lat": ("lat", "latitude", "纬度"),
    "x": ("x", "easting"),
    "y": ("y", "northing"),
    "population": ("population", "pop", "people", "人口", "常住人口"),
    "expected": ("expected", "baseline", "期望", "基线"),
}
#: Headers of an empirical serial interval, and the longest lag that is not taken for a slip, days.
SERIAL = {"lag": ("lag", "day", "days", "k", "天", "间隔"), "probability": ("probability", "mass", "p", "w", "概率")}
LONGEST_LAG = 3650


@dataclass(frozen=True, slots=True)
class Pairs:
    """Lines with a first and a second date; arrays have one entry a line.

    Attributes:
        groups: Names of the groups, in the file's order; one, "all", where none was asked for.
        group: Which one each line is of.
        first, second: Days as proleptic ordinals (`date.toordinal`); `second` is -1 where it is not told.
        often: How many cases a line stands for.
        without: Lines left out because they have no first date.
        reversed_at: Lines whose second date is before the first: a slip, or a case that was found before it fell ill. They are among the others; who computes delays leaves them out and says so.
    """

    groups: list[str]
    group: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    often: NDArray[np.int64]
    without: int
    reversed_at: list[int]


@dataclass(frozen=True, slots=True)
class Places:
    """Where places lie. `at`: (places, 2), longitude and latitude in degrees where `degrees`, else on a plane. `population`, `expected`: None where the file has no such column."""

    names: list[str]
    at: NDArray[np.float64]
    degrees: bool
    population: NDArray[np.float64] | None
    expected: NDArray[np.float64] | None


def read_pairs(path: Path | str, *, first: str, second: str, today: date, by: str | None = None, count: str | None = None, order: str | None = None) -> Pairs:
    """Reads a line list, or counts of pairs of dates. `first`, `second`, `by`, `count` are headers.

    A line without a first date is left out and counted. Refused: as `opening.open_table`; epi-column-missing, series-date-unreadable, series-date-ahead, pair-count-bad, file-empty.
    """
    table = _table(path, {first, second, by, count})
    at = {what: _needed(table, header) for what, header in (("first", first), ("second", second), ("by", by), ("count", count)) if header}
    order = order or find_order((row[i] for _, row in _cells(table) for i in (at["first"], at["second"])), None)
    read, groups, without = date_reader(table.name, order), {}, 0
    lines: list[tuple[int, int, int, int]] = []
    reversed_at: list[int] = []
    for line, row in _cells(table):
        if not row[at["first"]].strip():
            without += 1
            continue
        days = [read(line, row[i]) if row[i].strip() else None for i in (at["first"], at["second"])]
        for day in days:
            if day is not None and day > today:
                raise Refused("series-date-ahead", file=table.name, line=line, value=day.isoformat())
        if days[0] is not None and days[1] is not None and days[1] < days[0]:
            reversed_at.append(line)
        often = 1
        if "count" in at:
            text = row[at["count"]].strip()
            if not text.isdecimal():
                raise Refused("pair-count-bad", file=table.name, line=line, value=text)
            often = int(text)
        name = (row[at["by"]].strip() or "—") if "by" in at else "all"
        lines.append((groups.setdefault(name, len(groups)), days[0].toordinal() if days[0] else -1, days[1].toordinal() if days[1] else -1, often))
    if not lines:
        raise Refused("file-empty", file=table.name)
    columns = np.array(lines, np.int64).T
    return Pairs(list(groups), columns[0], columns[1], columns[2], columns[3], without, reversed_at)


def read_places(path: Path | str, columns: dict[str, str] | None = None) -> Places:
    """Reads places. `columns`: which header is the place, lon, lat, x, y, population, expected where they are called otherwise.

    Refused: as `opening.open_table`; epi-column-missing, scan-place-twice, scan-place-without-position, scan-place-without-population.
    """
    named = columns or {}
    table = _table(path, set(named.values()) | {name for names in PLACES.values() for name in names})
    at = {what: i for what in PLACES if (i := column_named(table.header, named.get(what), PLACES[what])) is not None}
    for what, header in named.items():
        if what not in at:
            raise Refused("epi-column-missing", file=table.name, column=header, headers=table.header[:8])
    degrees = "lon" in at and "lat" in at
    for what in ("place", *(("lon", "lat") if degrees else ("x", "y"))):
        if what not in at:
            raise Refused("epi-column-missing", file=table.name, column={"x": "lon/lat, x/y", "y": "lon/lat, x/y"}.get(what, what), headers=table.header[:8])
    names: dict[str, int] = {}
    where: list[list[float]] = []
    sizes: dict[str, list[float]] = {what: [] for what in ("population", "expected") if what in at}
    for line, row in _cells(table):
        name = row[at["place"]].strip()
        if not name:
            continue
        if name in names:
            raise Refused("scan-place-twice", file=table.name, line=line, place=name)
        names[name] = line
        both = [_number(row[at[what]]) for what in (("lon", "lat") if degrees else ("x", "y"))]
        if any(np.isnan(v) for v in both) or (degrees and (abs(both[0]) > 180 or abs(both[1]) > 90)):
            raise Refused("scan-place-without-position", file=table.name, line=line, place=name)
        where.append(both)
        for what, values in sizes.items():
            values.append(_number(row[at[what]]))
            if not values[-1] >= 0:
                raise Refused("scan-place-without-population", file=table.name, line=line, place=name, column=table.header[at[what]], value=row[at[what]].strip() or "—")
    if not names:
        raise Refused("file-empty", file=table.name)
    return Places(list(names), np.array(where), degrees, *(np.array(sizes[what]) if what in sizes else None for what in ("population", "expected")))


def read_serial(path: Path | str) -> NDArray[np.float64]:
    """Probabilities of lags 0, 1, … days, as lines of `lag,probability` in any order; a lag that is not told has none. Refused: as `opening.open_table`; epi-column-missing, serial-line-bad."""
    table = _table(path, {*SERIAL["lag"], *SERIAL["probability"]})
    lag, mass = (column_named(table.header, None, SERIAL[what]) for what in SERIAL)
    if lag is None or mass is None:
        raise Refused("epi-column-missing", file=table.name, column="lag" if lag is None else "probability", headers=table.header[:8])
    told: dict[int, float] = {}
    for line, row in _cells(table):
        value = _number(row[mass])
        if not row[lag].strip().isdecimal() or np.isnan(value) or int(row[lag]) in told or int(row[lag]) > LONGEST_LAG:
            raise Refused("serial-line-bad", file=table.name, line=line, value=f"{row[lag]}, {row[mass]}")
        told[int(row[lag])] = value
    if not told:
        raise Refused("file-empty", file=table.name)
    out = np.zeros(max(told) + 1)
    out[list(told)] = list(told.values())
    return out


def _table(path: Path | str, headers: set[str | None]) -> Table:
    known = {h.strip().casefold() for h in headers if h}
    return open_table(path, knows=lambda text: text.strip().casefold() in known)


def _needed(table: Table, header: str) -> int:
    found = column_named(table.header, header, ())
    if found is None:
        raise Refused("epi-column-missing", file=table.name, column=header, headers=table.header[:8])
    return found


def _cells(table: Table) -> Iterator[tuple[int, list[str]]]:
    for block in table.blocks():
        yield from zip(block.lines, block.rows, strict=True)


def _number(text: str) -> float:
    """NaN for what is no finite number."""
    try:
        value = float(text.strip().replace(",", ""))
    except ValueError:
        return float("nan")
    return value if np.isfinite(value) else float("nan")
