"""Dates as people write them. What cannot be told apart is left empty and said so; nothing is guessed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

#: Spreadsheet serial numbers that are days of 1954–2064; the 1900 system counts from 1899-12-30.
SERIAL = re.compile(r"[2-5]\d{4}(\.\d+)?")
SERIAL_ZERO = date(1899, 12, 30)
#: The 1904 system of old Macintosh sheets counts from 1904-01-01.
SINCE_1904 = date(1904, 1, 1) - SERIAL_ZERO
#: No date is longer; the patterns never see more.
LONGEST_DATE = 48

_CLOCK = r"(?:[T\s]*(上午|下午|AM|PM)?\s*(\d{1,2})[:时：](\d{1,2})(?:[:分：](\d{1,2})(?:[.,](\d+))?)?秒?\s*(上午|下午|AM|PM|a\.?\s?m\.?|p\.?\s?m\.?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?" + _CLOCK, re.IGNORECASE)
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4})" + _CLOCK, re.IGNORECASE)
#: A year of two digits, where its place is told by the rest of the column.
_SHORT = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{2})" + _CLOCK, re.IGNORECASE)
_NAMED = re.compile(r"(?:(\d{1,2})[\s./-]*(?:de )?([a-z]{3,10}\.?)[\s,./-]*(?:de )?(\d{4}|\d{2})|([a-z]{3,10}\.?)\s*(\d{1,2}),?\s+(\d{4}))", re.IGNORECASE)
MONTHS = {name: n for n, names in enumerate(("jan ene", "feb", "mar", "apr abr", "may", "jun", "jul", "aug ago", "sep set", "oct", "nov", "dec dic"), 1) for name in names.split()}
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_COMPACT = re.compile(r"(19|20)(\d{2})(\d{2})(\d{2})")
_NO_YEAR = re.compile(r"\d{1,2}\s*(?:月\s*\d{1,2}\s*[日号]?|[-/.]\s*\d{1,2})")
_AFTER_NOON = ("下午", "p")


class When(NamedTuple):
    """A day, and the instant if a time of day was told."""

    day: date
    at: datetime | None = None


class Read(NamedTuple):
    """What a cell means: a value and no code, a value and the name of its repair, or no value and the name of its problem."""

    value: object = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a file can plausibly speak of; both included. Outside lies a slip of the pen or the future."""

    first: date
    last: date


def read_when(text: str, *, order: str | None, zone: ZoneInfo) -> Read:
    """A `When` from text. `order` is "dmy" or "mdy" where the year stands last, None when it cannot be told.

    >>> zone = ZoneInfo("Asia/Shanghai")
    >>> read_when("2022.3.1", order=None, zone=zone).value.day
    datetime.date(2022, 3, 1)
    >>> read_when("2020-01-19T16:00:00.000Z", order=None, zone=zone)
    Read(value=When(day=datetime.date(2020, 1, 20), at=None), code='date-utc-midnight')
    >>> read_when("3/4/2020", order=None, zone=zone)
    Read(value=None, code='date-order-unsure')
    """
    if len(text) > LONGEST_DATE:
        return Read(None, "date-unreadable")
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
        return _built(year, month, day, match.groups()[3:], zone)
    if match := _YEAR_LAST.fullmatch(text):
        one, two, year = int(match[1]), int(match[3]), int(match[4])
        if one > 12 or two > 12 or one == two:
            day, month = (one, two) if one > 12 or one == two else (two, one)
        elif order is None:
            return Read(None, "date-order-unsure")
        else:
            day, month = (one, two) if order == "dmy" else (two, one)
        return _built(year, month, day, match.groups()[4:], zone)
    if match := _NAMED.fullmatch(text):
        return _named(match, zone)
    if match := _SHORT.fullmatch(text):
        return _short(match, order, zone)
    if match := _COMPACT.fullmatch(text):
        return _built(int(match[1] + match[2]), int(match[3]), int(match[4]), (None,) * 7, zone)
    if SERIAL.fullmatch(text):
        number = float(text)
        day = SERIAL_ZERO + timedelta(days=int(number))
        seconds = round((number % 1) * 86_400)
        at = datetime.combine(day, time(), zone) + timedelta(seconds=seconds) if seconds else None
        return Read(When(day, at.astimezone(UTC) if at else None), "date-serial")
    return Read(None, "date-no-year" if _NO_YEAR.fullmatch(text) else "date-unreadable")


def _named(match: re.Match[str], zone: ZoneInfo) -> Read:
    """A date whose month is a word, English or Spanish."""
    day, word, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
    month = MONTHS.get(word.casefold().rstrip(".")[:3])
    if month is None:
        return Read(None, "date-unreadable")
    whole = int(year) + (0 if len(year) == 4 else 1900 if int(year) >= 69 else 2000)
    found = _built(whole, month, int(day), (None,) * 7, zone)
    return Read(found.value, found.code if found.value is None or len(year) == 4 else "date-short-year")


def turned(text: str, year: int) -> date | None:
    """The day that a spreadsheet turned round: "10/02/20" read as year, month, day became 2010-02-20. None for other texts.

    >>> turned("2010-02-20", 2020)
    datetime.date(2020, 2, 10)
    """
    if not _ISO.fullmatch(text) or int(text[8:]) != year % 100 or text[:2] != str(year)[:2]:
        return None
    try:
        return date(year, int(text[5:7]), int(text[2:4]))
    except ValueError:
        return None


def _short(match: re.Match[str], order: str | None, zone: ZoneInfo) -> Read:
    """A date with two digits of the year, where the column or its dialect says that the year is last. The century is POSIX's: 69–99 are 19xx."""
    one, two, year = int(match[1]), int(match[3]), int(match[4])
    if order is None:
        return Read(None, "date-order-unsure")
    day, month = (one, two) if order == "dmy" else (two, one)
    found = _built(year + (1900 if year >= 69 else 2000), month, day, match.groups()[4:], zone)
    return found if found.value is None else Read(found.value, "date-short-year")


def _built(year: int, month: int, day: int, clock: tuple[str | None, ...], zone: ZoneInfo) -> Read:
    before, hour, minute, second, fraction, after, offset = clock
    try:
        on = date(year, month, day)
        if hour is None:
            return Read(When(on))
        hours, half = int(hour), (before or after or "").lower()
        if half:
            hours = hours % 12 + (12 if half.startswith(_AFTER_NOON) else 0)
        told = datetime(year, month, day, hours, int(minute or 0), int(second or 0), int(((fraction or "") + "000000")[:6]), tzinfo=_offset(offset) or zone)
    except ValueError:
        return Read(None, "date-unreadable")
    if offset:
        local = told.astimezone(zone)
        if local.time() == time():
            return Read(When(local.date()), "date-utc-midnight" if local.date() != on else None)
        return Read(When(local.date(), told.astimezone(UTC)))
    if told.time() == time():  # midnight without a zone is how programs write "a day"
        return Read(When(on))
    return Read(When(on, told.astimezone(UTC)))


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in "Zz":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def find_order(texts: Iterable[str], told: str | None) -> str | None:
    """Whether day or month comes first where the year is last: as the column itself proves, else as the dialect says; None if it contradicts itself.

    >>> find_order(["13/02/2020", "01/02/2020"], None)
    'dmy'
    """
    seen = set()
    for text in texts:
        if match := _YEAR_LAST.fullmatch(text.strip()[:LONGEST_DATE]) or _SHORT.fullmatch(text.strip()[:LONGEST_DATE]):
            one, two = int(match[1]), int(match[3])
            if one > 12 >= two:
                seen.add("dmy")
            elif two > 12 >= one:
                seen.add("mdy")
    if len(seen) == 1:
        return seen.pop()
    return None if seen else told


def find_turned(texts: Iterable[str], order: str | None) -> int | None:
    """The year of a column in which a spreadsheet turned a part of the dates round, if the column itself proves it: its other dates are written day
    first with one year, its ISO dates all end in the last two digits of that year, and at least three of each are there.

    >>> find_turned(["13/02/2020", "14/02/2020", "29/01/2020", "2010-02-20", "2011-02-20", "2012-02-20"], "dmy")
    2020
    """
    years, iso = set(), []
    for text in texts:
        if match := _YEAR_LAST.fullmatch(text.strip()[:LONGEST_DATE]):
            years.add(int(match[4]))
        elif _ISO.fullmatch(text.strip()):
            iso.append(text.strip())
    if order != "dmy" or not years or len(iso) < 3 or max(years) - min(years) > 1:
        return None
    found = [y for y in years if all(turned(text, y) for text in iso)]
    return found[0] if len(found) == 1 and any(not text.startswith(str(found[0])) for text in iso) else None


def plausible_period(years: dict[int, int], today: date) -> Period:
    """The period that most dates of a file lie in: the years grown from the commonest one, over gaps of at most one empty year.

    When fewer than three fifths of the dates lie in it, the file has no main period and only the future is implausible.

    >>> plausible_period({2020: 40, 2019: 2, 1999: 1}, date(2021, 1, 1))
    Period(first=datetime.date(2019, 1, 1), last=datetime.date(2020, 12, 31))
    """
    past = {y: n for y, n in years.items() if y <= today.year}
    if not past:
        return Period(date.min, today)
    first = last = max(past, key=lambda y: (past[y], y))
    while first - 1 in past or first - 2 in past:
        first -= 1 if first - 1 in past else 2
    while last + 1 in past or last + 2 in past:
        last += 1 if last + 1 in past else 2
    inside = sum(n for y, n in past.items() if first <= y <= last)
    if inside * 5 < sum(past.values()) * 3:
        return Period(date.min, today)
    return Period(date(first, 1, 1), min(date(last, 12, 31), today))
