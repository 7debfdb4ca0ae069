"""Spans of time as a plan writes them: 30min, 24h, 14d, 1w, 1mo, 1y."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

SPAN = re.compile(r"(\d{1,5})(min|h|d|w|mo|y)")
WORDS = {
    "min": ("分钟", "minute"),
    "h": ("小时", "hour"),
    "d": ("天", "day"),
    "w": ("周", "week"),
    "mo": ("个月", "month"),
    "y": ("年", "year"),
}


@dataclass(frozen=True)
class Duration:
    """So many months, or so many seconds. Months clamp to the end of a shorter month (31 January + 1mo = 29 February in a leap year)."""

    months: int
    seconds: int
    text: str

    @property
    def whole_days(self) -> bool:
        """Added to a date it gives a date."""
        return self.seconds % 86400 == 0

    @property
    def days(self) -> int:
        return self.seconds // 86400

    def longest(self) -> int:
        """At most so many seconds, for bounds."""
        return self.months * 31 * 86400 + self.seconds

    def words(self, language: str) -> str:
        """
        >>> parse("24h").words("zh"), parse("1d").words("en"), parse("2w").words("en")
        ('24小时', '1 day', '2 weeks')
        """
        number, unit = SPAN.fullmatch(self.text).groups()  # type: ignore[union-attr]
        zh, en = WORDS[unit]
        return f"{number}{zh}" if language.startswith("zh") else f"{number} {en}{'' if number == '1' else 's'}"


def parse(text: str) -> Duration | None:
    """The span that is written; None when it is none.

    >>> parse("1w").days, parse("1mo").months, parse("soon")
    (7, 1, None)
    """
    found = SPAN.fullmatch(text.strip())
    if not found or int(found[1]) == 0:
        return None
    n, unit = int(found[1]), found[2]
    if unit in ("mo", "y"):
        return Duration(n * (12 if unit == "y" else 1), 0, text.strip())
    return Duration(0, n * {"min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}[unit], text.strip())


def add_months(day: date, months: int) -> date:
    """
    >>> add_months(date(2020, 1, 31), 1), add_months(date(2020, 1, 31), 2)
    (datetime.date(2020, 2, 29), datetime.date(2020, 3, 31))
    """
    total = day.month - 1 + months
    year, month = day.year + total // 12, total % 12 + 1
    return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))


def shift(point: date | datetime, span: Duration, sign: int = 1) -> date | datetime:
    """The point moved by the span. A date moved by whole days or months stays a date; by hours it becomes an instant."""
    moved = add_months(point, sign * span.months) if span.months else point
    if not span.seconds:
        return moved
    if not isinstance(moved, datetime) and not span.whole_days:
        moved = datetime.combine(moved, time())
    return moved + timedelta(seconds=sign * span.seconds)
