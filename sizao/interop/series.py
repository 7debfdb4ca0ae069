"""Counts over time from a file: long (`series,date,count`) or wide (a date and a column a series), whatever table it is; in order, every period of it, a missing one as missing."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from sizao.kernel.errors import Refused

from .dates import When, find_order, read_when
from .opening import open_table
from .tables import Table

#: Headers of each column, casefolded; a file with others names its own (`columns`).
HEADERS = {
    "date": ("date", "day", "week", "日期", "报告日期", "发病日期", "周", "date_report", "date_onset"),
    "count": ("count", "cases", "n", "value", "observed", "病例数", "例数", "数量", "报告数"),
    "series": ("series", "place", "area", "name", "id", "地点", "场所", "地区", "区划", "系列", "病种", "disease", "province", "city"),
}
_WEEK = re.compile(r"(\d{4})[- ]?W(\d{1,2})", re.IGNORECASE)
#: Bytes from which on it is worth loading the database engine to read a file.
LONG_FILE = 2_000_000
#: Nothing lies in the hours of a day here: a date is a date wherever it is read.
_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Series:
    """Counts of every series over the same periods.

    Attributes:
        names: Of the series, in the file's order.
        dates: First day of each period, without a gap.
        counts: (series, periods); NaN where the file says nothing.
        step: Days from one period to the next: 1 or 7.
    """

    names: list[str]
    dates: list[date]
    counts: NDArray[np.float64]
    step: int


def read_series(path: Path | str, *, today: date, columns: dict[str, str] | None = None, order: str | None = None) -> Series:
    """Reads a file of counts. `columns`: which header is the date, the count, the series, where they are called otherwise; `order`: "dmy" or "mdy" where dates do not tell.

    Dates may stand in any order; ISO weeks (2020-W05) are read as their Mondays. Refused: as `opening.open_table`; series-no-dates, series-no-counts, series-date-unreadable, series-count-unreadable,
    series-date-twice, series-date-ahead, series-steps-mixed.
    """
    known = {text for texts in HEADERS.values() for text in texts} | {c.casefold() for c in (columns or {}).values()}
    table = open_table(path, knows=lambda text: text.strip().casefold() in known)
    at = {what: column_named(table.header, (columns or {}).get(what), HEADERS[what]) for what in HEADERS}
    if at["date"] is None:
        raise Refused("series-no-dates", file=table.name, headers="、".join(table.header[:8]))
    day, n, of = at["date"], at["count"], at["series"]
    if n is not None and of is not None and table.path.stat().st_size > LONG_FILE and (quick := _at_once(table, day, n, of, today)):
        return quick
    wide = [] if n is not None else [i for i in range(len(table.header)) if i not in (day, of)]
    if n is None and not wide:
        raise Refused("series-no-counts", file=table.name, headers="、".join(table.header[:8]))

    def cells() -> Iterator[tuple[int, list[str]]]:
        for block in table.blocks():
            yield from zip(block.lines, block.rows, strict=True)

    order = order or find_order((row[day] for _, row in cells()), None)
    read = date_reader(table.name, order)
    told: dict[str, dict[date, float]] = {table.header[i]: {} for i in wide}
    for line, row in cells():
        if not row[day].strip():
            continue
        when = read(line, row[day])
        if when > today:
            raise Refused("series-date-ahead", file=table.name, line=line, value=when.isoformat())
        for name, text in [(table.header[i], row[i]) for i in wide] or [(row[of].strip() if of is not None else table.path.stem, row[n or 0])]:
            mine = told.setdefault(name, {})
            if when in mine:
                raise Refused("series-date-twice", file=table.name, line=line, value=when.isoformat(), series=name)
            mine[when] = _number(table.name, line, text)
    if not any(told.values()):
        raise Refused("file-empty", file=table.name)
    return _whole(table.name, told)


def _at_once(table: Table, day: int, n: int, of: int, today: date) -> Series | None:
    """A large, clean file in one go: comma separated UTF-8, ISO dates, plain numbers, one line for each series and date. None for any other, which is then read line by line, and whatever is
    wrong with it told with its line."""
    import duckdb

    kinds = {f"c{i}": "VARCHAR" for i in range(len(table.header))} | {f"c{day}": "DATE", f"c{n}": "DOUBLE"}
    if table.header_line != 1 or table.encoding not in ("utf-8", "utf-8-sig"):
        return None
    try:
        with duckdb.connect() as db:
            db.execute(
                "CREATE TEMP TABLE told AS SELECT trim(" + f"c{of}) AS name, c{day} AS day, c{n} AS n FROM read_csv(?, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
                "dateformat = '%Y-%m-%d', nullstr = ['', 'NA'], columns = ?)",
                [str(table.path), kinds],
            )
            db.execute("CREATE TEMP TABLE named AS SELECT name, row_number() OVER (ORDER BY place) - 1 AS k FROM (SELECT name, min(rowid) AS place FROM told GROUP BY name)")
            names = [name for (name,) in db.execute("SELECT name FROM named ORDER BY k").fetchall()]
            found = db.execute("SELECT k, (day - DATE '1970-01-01')::BIGINT AS day, n FROM told LEFT JOIN named USING (name)").fetchnumpy()
    except duckdb.Error:
        return None
    k, when, value = (found[c] for c in ("k", "day", "n"))
    if not names or any(np.ma.getmaskarray(c).any() for c in (k, when)) or None in names or "" in names:
        return None
    began = date(1970, 1, 1)
    days = np.unique(when)
    step = _step([int(gap) for gap in np.diff(days)])
    if step is None or began + timedelta(days=int(days[-1])) > today:
        return None
    periods, at = int(days[-1] - days[0]) // step + 1, (np.asarray(when) - days[0]) // step
    cell = np.asarray(k) * periods + at
    if np.bincount(cell, minlength=len(names) * periods).max() > 1:
        return None
    counts = np.full(len(names) * periods, np.nan)
    counts[cell] = np.ma.filled(value, np.nan)
    first = began + timedelta(days=int(days[0]))
    whole = counts.reshape(len(names), periods)
    if step == 1 and any(_is_weekly(row) for row in ~np.isnan(whole)):
        return None
    return Series(names, [first + timedelta(days=step * i) for i in range(periods)], whole, step)


def _is_weekly(told: NDArray[np.bool_]) -> bool:
    """Whether a series among daily ones is told by the week."""
    at = np.flatnonzero(told)
    return at.size >= 8 and _step([int(gap) for gap in np.unique(np.diff(at))]) == 7


def column_named(header: list[str], named: str | None, usual: Iterable[str]) -> int | None:
    """Which column is meant: the one so named, else the first with a usual header; None for none."""
    plain = [h.strip().casefold() for h in header]
    return next((plain.index(u) for u in ([named.casefold()] if named else usual) if u in plain), None)


def date_reader(file: str, order: str | None) -> Callable[[int, str], date]:
    """Reads (line, text) as a day, ISO weeks as their Mondays. Refused series-date-unreadable."""

    @lru_cache(maxsize=100_000)
    def meant(text: str) -> date | None:
        if match := _WEEK.fullmatch(text.strip()):
            try:
                return date.fromisocalendar(int(match[1]), int(match[2]), 1)
            except ValueError:
                return None
        value = read_when(text.strip(), order=order, zone=_ZONE).value
        return value.day if isinstance(value, When) else None

    def read(line: int, text: str) -> date:
        found = meant(text)
        if found is None:
            raise Refused("series-date-unreadable", file=file, line=line, value=text)
        return found

    return read


def _number(file: str, line: int, text: str) -> float:
    plain = text.strip().replace(",", "")
    if plain.upper() in ("", "NA", "NAN", "NULL", "-"):
        return float("nan")
    try:
        return float(plain)
    except ValueError:
        raise Refused("series-count-unreadable", file=file, line=line, value=text) from None


def _whole(file: str, told: dict[str, dict[date, float]]) -> Series:
    """Every period from the first to the last one of any series."""
    days = sorted({d for mine in told.values() for d in mine})
    step = _step([(b - a).days for a, b in itertools.pairwise(days)])
    if step is None:
        raise Refused("series-steps-mixed", file=file, series="; ".join(list(told)[:3]))
    for name, mine in told.items():
        own = sorted(mine)
        if step == 1 and len(own) >= 8 and _step([(b - a).days for a, b in itertools.pairwise(own)]) == 7:
            raise Refused("series-steps-mixed", file=file, series=name)
    periods = [days[0] + timedelta(days=step * i) for i in range((days[-1] - days[0]).days // step + 1)]
    counts = np.full((len(told), len(periods)), np.nan)
    for row, mine in zip(counts, told.values(), strict=True):
        for when, value in mine.items():
            row[(when - days[0]).days // step] = value
    return Series(list(told), periods, counts, step)


def _step(gaps: list[int]) -> int | None:
    """Days between periods: 7 where every gap is whole weeks, 1 where days follow one another somewhere; None for what is neither."""
    if not gaps:
        return 1
    if all(gap % 7 == 0 for gap in gaps):
        return 7
    return 1 if min(gaps) == 1 else None
