"""What a cell means: codes, ages, numbers. A reader gives a value, or says by code why there is none; the text itself is never lost."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .dates import SINCE_1904, Period, Read, When, read_when, turned

OLDEST = 120
_SPACES = re.compile(r"\s+")
_NUMBER = r"(\d{1,3}(?:[.,]\d+)?)"
_YEARS = re.compile(_NUMBER + r"\s*(?:岁|周岁|y|yrs?|years?(?: old)?|años?|ans?)?", re.IGNORECASE)
_YEARS_MONTHS = re.compile(r"(\d{1,3})\s*岁\s*(?:零)?(\d{1,2})\s*(?:个)?月(?:龄)?")
_MONTHS = re.compile(_NUMBER + r"\s*(?:月龄|个月|月|mo|months?|meses|mes)", re.IGNORECASE)
_WEEKS = re.compile(_NUMBER + r"\s*(?:周龄|周|weeks?|semanas?)", re.IGNORECASE)
_DAYS = re.compile(_NUMBER + r"\s*(?:日龄|天|日|days?|d[ií]as?)", re.IGNORECASE)
_GROUP = re.compile(r"(?:\d{1,3}s|\d{1,3}\s*[-–~至到]\s*\d{1,3}\s*(?:岁|años|years)?|\d{1,3}\s*(?:\+|岁?以上)\s*(?:años|years)?|[<>≥≤]\s*\d{1,3})", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{2}")
_WRAPPED = re.compile(r'="([^"]*)"')
_FORMULA = ("=", "+", "@", "-", "＝", "＋", "＠", "\t")


class Age(NamedTuple):
    """An age: in years if it was told in years or less, and as written if it was told otherwise."""

    years: Decimal | None
    text: str


def plain(text: str) -> str:
    """A word as it is compared: width, case, accents of spacing and blanks aside.

    >>> plain("  ＳＩＮ  DATOS ")
    'sin datos'
    """
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()


def read_age(text: str) -> Read:
    """An age as people write it. A decade or a group stays a text: no year of birth is made of it.

    >>> read_age("5月龄").value, read_age("50s").value
    (Age(years=Decimal('0.417'), text='5月龄'), Age(years=None, text='50s'))
    """
    word = unicodedata.normalize("NFKC", text).strip()
    if len(word) > 24:
        return Read(None, "age-unreadable")
    years: Decimal | None = None
    if match := _YEARS.fullmatch(word):
        years = Decimal(match[1].replace(",", "."))
        text = "" if word.isdigit() else text
    elif match := _YEARS_MONTHS.fullmatch(word):
        years = int(match[1]) + Decimal(match[2]) / 12
    elif match := _MONTHS.fullmatch(word):
        years = Decimal(match[1].replace(",", ".")) / 12
    elif match := _WEEKS.fullmatch(word):
        years = Decimal(match[1].replace(",", ".")) * 7 / Decimal("365.25")
    elif match := _DAYS.fullmatch(word):
        years = Decimal(match[1].replace(",", ".")) / Decimal("365.25")
    elif _GROUP.fullmatch(word):
        return Read(Age(None, text.strip()))
    else:
        return Read(None, "age-unreadable")
    if years > OLDEST:
        return Read(None, "age-implausible")
    return Read(Age(years.quantize(Decimal("0.001")).normalize() if years % 1 else Decimal(int(years)), text.strip()))


def read_count(text: str) -> Read:
    """A whole number, not negative."""
    word = unicodedata.normalize("NFKC", text).strip().replace(",", "")
    word = word.removesuffix(".0").removesuffix("人").strip()
    return Read(int(word)) if word.isascii() and word.isdigit() and len(word) < 10 else Read(None, "number-unreadable")


def read_id(text: str) -> Read:
    """An identifier as text: zeros stay; the wrapping of a spreadsheet comes off; a number in scientific notation has lost its digits.

    >>> read_id('="00123"'), read_id("1.10105E+17").code
    (Read(value='00123', code='cell-unwrapped'), 'digits-lost')
    """
    word = text.strip()
    if word.isalnum():  # nearly all of them; scientific notation has a dot or a plus, or an E after digits
        return Read(None, "digits-lost") if not word.isdigit() and _SCIENTIFIC.fullmatch(word) else Read(word)
    if match := _WRAPPED.fullmatch(word):
        return Read(match[1].strip(), "cell-unwrapped")
    if word.startswith("'") and len(word) > 1:
        return Read(word[1:].strip(), "cell-unwrapped")
    if _SCIENTIFIC.fullmatch(word):
        return Read(None, "digits-lost")
    return Read(word.removesuffix(".0") if word[:-2].isdigit() else word)


def read_national_id(text: str) -> Read:
    """A national identity number. One of eighteen places whose check digit does not fit is kept and noted."""
    read = read_id(text)
    if read.value is None:
        return read
    word = unicodedata.normalize("NFKC", str(read.value)).upper().replace(" ", "")
    if len(word) == 18 and word[:17].isdigit():
        total = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(word[:17]))
        if word[17] != "10X98765432"[total % 11]:
            return Read(word, "id-check-digit")
    return Read(word, read.code)


def read_text(text: str) -> Read:
    """Free text. One that begins like a formula is kept and noted."""
    word = _SPACES.sub(" ", text).strip()
    return Read(word, "cell-formula" if word.startswith(_FORMULA) and len(word) > 1 and not word[1:2].isdigit() else None)


def read_year(text: str, today: date) -> Read:
    """A year of birth."""
    word = text.strip().removesuffix(".0").removesuffix("年")
    return Read(int(word)) if len(word) == 4 and word.isascii() and word.isdigit() and today.year - OLDEST <= int(word) <= today.year else Read(None, "number-unreadable")


def code_reader(words: Mapping[str, str | None]) -> Callable[[str], Read]:
    """Reads a coded cell with a map of plain words to codes (None: known to say nothing)."""

    def read(text: str) -> Read:
        word = plain(text)
        return Read(words[word]) if word in words else Read(None, "value-unknown")

    return read


def when_reader(*, order: str | None, zone: ZoneInfo, period: Period | None, today: date, year_of_turned: int | None = None) -> Callable[[str], Read]:
    """Reads a date and refuses what the file cannot plausibly speak of. `period` None: only the future is refused (birth dates have no period)."""

    def read(text: str) -> Read:
        if year_of_turned and (right := turned(text.strip(), year_of_turned)):
            return Read(When(right), "date-turned")
        found = read_when(unicodedata.normalize("NFKC", text).strip(), order=order, zone=zone)
        when = found.value
        if not isinstance(when, When):
            return found
        if period is not None and found.code == "date-serial" and not period.first <= when.day <= period.last:
            later = When(when.day + SINCE_1904, when.at + SINCE_1904 if when.at else None)
            if period.first.year > 1 and period.first <= later.day <= period.last:  # only where the file has a main period to prove it
                return Read(later, "date-serial-1904")
        if period is not None and not period.first <= when.day <= period.last:
            if when.day > today and when.day.year - today.year <= 1:
                return Read(None, "date-in-future")
            return Read(None, "date-year-doubtful" if when.day.year not in range(period.first.year, period.last.year + 1) else "date-in-future")
        return found

    return read
