"""A first look through the whole file: how many rows, which order of day and month, which years, which numbers come twice.

It decides nothing about a row. What it finds makes the second look able to say that a year is a slip and that a date is ambiguous.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from .dates import Period, When, find_order, find_turned, plausible_period, read_when, turned
from .fields import FIELDS
from .mapping import Mapping
from .tables import Block, Table
from .values import plain, read_id

#: Distinct texts of one date column that are kept for the survey; beyond it the column holds times of day, and its days are read as they come.
MOST_DISTINCT = 200_000
_DATES = ("day", "instant", "ending")


@dataclass(slots=True)
class Survey:
    """What a file is like as a whole.

    Attributes:
        orders: Date column → "dmy", "mdy" or None where it cannot be told.
        days: Recorded day → how many cells tell it (planned days and days of birth are not counted).
        turned: Date column → its year, where a spreadsheet turned a part of its dates round.
        filled: Date column → how many of its cells are dates.
        repeated: Hashes of the keys (or of whole rows, where there is no key column) that stand in more than one row.
    """

    rows: int = 0
    orders: dict[int, str | None] = field(default_factory=dict)
    days: Counter[date] = field(default_factory=Counter)
    period: Period = field(default_factory=lambda: Period(date.min, date.max))
    repeated: set[int] = field(default_factory=set)
    filled: dict[int, int] = field(default_factory=dict)
    turned: dict[int, int] = field(default_factory=dict)

    def small(self) -> "Survey":
        """The same without what only the parcelling of the file needs."""
        return replace(self, repeated=set())

    @staticmethod
    def marks(block: Block, mapping: Mapping) -> list[int]:
        """A hash for each row: of its number where it has one, else of all its cells."""
        key = next(iter(mapping.fields.get("source_id", ())), None)
        if key is None:
            return [hash(tuple(row)) for row in block.rows]
        silent = mapping.words.get("*", {})
        return [hash(told if (told := read_id(row[key]).value) and plain(row[key]) not in silent else tuple(row)) for row in block.rows]


def look_through(table: Table, mapping: Mapping, *, zone: ZoneInfo, today: date) -> Survey:
    """Reads the file once. Refused: as `opening.open_table`, for what shows only at the end (a full sheet)."""
    found = Survey()
    columns = {i: FIELDS[f] for f, at in mapping.fields.items() for i in at if FIELDS[f].kind in _DATES}
    texts: dict[int, Counter[str]] = {i: Counter() for i in {*columns, *mapping.events}}
    seen: set[int] = set()
    for block in table.blocks():
        found.rows += len(block.rows)
        cells = list(zip(*block.rows, strict=True))
        for i, counter in texts.items():
            if len(counter) < MOST_DISTINCT:
                counter.update(cells[i])
        for mark in found.marks(block, mapping):
            if mark in seen:
                found.repeated.add(mark)
            else:
                seen.add(mark)
    for i, counter in texts.items():
        found.orders[i] = order = find_order(counter, mapping.order)
        if year := find_turned(counter, order):
            found.turned[i] = year
        counts = i not in columns or columns[i].event
        for text, times in counter.items():
            right = turned(text.strip(), year) if year else None
            when = When(right) if right else read_when(text.strip(), order=order, zone=zone).value
            if isinstance(when, When):
                found.filled[i] = found.filled.get(i, 0) + times
                if counts:
                    found.days[when.day] += times
    years: Counter[int] = Counter()
    for day, times in found.days.items():
        years[day.year] += times
    found.period = plausible_period(years, today)
    return found


def last_day_of(days: Counter[date], period: Period) -> date | None:
    """The latest day that a file plausibly records.

    A few days far beyond all others (after a gap of two months, in at most one of two hundred cells) are taken for slips.
    """
    inside = sorted((d for d in days if period.first <= d <= period.last), reverse=True)
    few, tail = max(2, sum(days.values()) // 200), 0
    for i, day in enumerate(inside):
        tail += days[day]
        if i + 1 < len(inside) and (day - inside[i + 1]).days > 60 and tail <= few and len(inside) > 5:
            return last_day_of(Counter({d: n for d, n in days.items() if d < day}), period)
        if tail > few:
            break
    return inside[0] if inside else None
