"""What the analysts' commands share: the options that name a file's columns, reading it, and answering with a table."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from . import context

File = Annotated[Path, typer.Argument(metavar="FILE", help="病例数文件：series,date,count，或每列一个系列 · counts: series,date,count, or a column a series")]
Last = Annotated[int | None, typer.Option("--last", min=1, help="只判定最近几期 · only the last so many periods; all")]
DateColumn = Annotated[str | None, typer.Option("--date", metavar="HEADER", help="日期列 · header of the dates")]
CountColumn = Annotated[str | None, typer.Option("--count", metavar="HEADER", help="病例数列 · header of the counts")]
SeriesColumn = Annotated[str | None, typer.Option("--series", metavar="HEADER", help="系列列 · header of the series")]
Order = Annotated[Literal["dmy", "mdy"] | None, typer.Option("--order", help="日月次序 · order of day and month")]
MissingIsZero = Annotated[bool, typer.Option("--missing-is-zero", help="缺失的日期按零例 · a day without a line had no case")]
Seed = Annotated[int, typer.Option("--seed", help="随机数种子；相同则结果相同 · of the random numbers; the same, the same answer")]


def today() -> date:
    """The last day that a file may speak of: today in the farthest east, where it may have been written."""
    from sizao.kernel import clock

    return clock.now().date() + timedelta(days=1)


def read(file: Path, columns: dict[str, str | None], order: str | None) -> Any:
    """Counts of a file, as `interop.series` reads them."""
    from sizao.interop.series import read_series

    return read_series(file, today=today(), columns={k: v for k, v in columns.items() if v}, order=order)


def kinds(file: Path, told: Any) -> Any:
    """The kind of holiday of each period of `told`, 0 for none, from lines `date` or `date,kind`; a week has the highest kind of its days. Refused epi-holidays; a first line without a date is a heading."""
    import numpy as np

    from sizao.kernel.errors import Refused

    found = np.zeros(len(told.dates), np.int64)
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise Refused("epi-holidays", file=file.name, line=0, value=type(wrong).__name__) from None
    for number, line in enumerate(lines, 1):
        day, _, kind = (part.strip() for part in line.partition(","))
        try:
            at = (date.fromisoformat(day) - told.dates[0]).days // told.step
            which = int(kind or 1)
            if not 1 <= which <= 20:
                raise ValueError
        except ValueError:
            if not line.strip() or (number == 1 and not day[:1].isdigit()):
                continue
            raise Refused("epi-holidays", file=file.name, line=number, value=line) from None
        if 0 <= at < len(found):
            found[at] = max(found[at], which)
    return found


def daily(told: Any, missing_is_zero: bool, *, whole: bool = False) -> Any:
    """(series, periods) of counts, none missing, negative or, with `whole`, fractional. Refused series-day-missing, count-negative, count-fractional."""
    import numpy as np

    from sizao.kernel.errors import Refused

    counts = np.nan_to_num(told.counts) if missing_is_zero else told.counts
    for code, wrong in (("series-day-missing", np.isnan(counts)), ("count-negative", counts < 0), ("count-fractional", (counts != np.floor(counts)) & whole)):
        if wrong.any():
            s, i = (int(n) for n in np.argwhere(wrong)[0])
            raise Refused(code, series=told.names[s], date=told.dates[i], value=counts[s, i])
    return counts


def tell(rows: Iterable[dict[str, Any]], names: list[str], json: bool) -> None:
    """Rows as `{"rows": […]}` or as CSV; what cannot be said is null, or empty. A hundred thousand rows are ordinary."""
    plain = _plain()
    same = plain[str]
    if json:
        context.print_json({"rows": [{k: plain.get(type(v), same)(v) for k, v in row.items()} for row in rows]})
        return
    plain[list] = lambda value: ";".join(map(str, value))
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(names)
    table.writerows([plain.get(type(v), same)(v) for v in map(row.get, names)] for row in rows)


def _plain() -> dict[type, Callable[[Any], Any]]:
    """How a value of each type is told; all others as they are."""
    import numpy as np

    def number(value: Any) -> float | None:
        return None if value != value else round(float(value), 10)  # NaN alone differs from itself

    return {str: lambda value: value, float: number, np.float64: number, np.bool_: bool, np.int64: int, date: date.isoformat}
