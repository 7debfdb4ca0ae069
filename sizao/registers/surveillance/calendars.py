"""Days that are not like others of their weekday: holidays, and weekends that are worked, from `content/calendars/`; a jurisdiction's own file of the same name wins."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from sizao.epi.warning.regression import MOST_KINDS
from sizao.kernel.content import ContentFault, folders
from sizao.kernel.fields import fault
from sizao.kernel.marked import Marked, plain

SPAN = re.compile(r"(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?")
#: No span of days off is longer; a longer one is a slip of the pen.
LONGEST = 70


@dataclass(frozen=True, slots=True)
class Calendar:
    """One calendar.

    Attributes:
        first, last: The years it knows, both included; before and after it knows nothing, and no day is said to be one.
        kinds: Kind (1 … 20) → (zh, en); each has an effect of its own in a regression.
        days: Day → kind.
        names: Day → (zh, en).
    """

    id: str
    zh: str
    en: str
    source: str
    first: int
    last: int
    kinds: Mapping[int, tuple[str, str]]
    days: Mapping[date, int]
    names: Mapping[date, tuple[str, str]]

    def of(self, periods: Sequence[date], step: int) -> NDArray[np.int64]:
        """The kind of each period of `step` days, by its first day; 0: none. A week has the highest kind of its days."""
        return np.array([max(self.days.get(p + timedelta(days=n), 0) for n in range(step)) for p in periods], np.int64)

    def knows(self, day: date) -> bool:
        return self.first <= day.year <= self.last


def calendars() -> dict[str, Calendar]:
    """Every calendar without a fault, by id."""
    files = {p.stem: p for place in folders() for p in sorted((place / "calendars").glob("*.yaml"))}
    return {name: one for name, p in sorted(files.items()) if (one := _read(str(p), p.stat().st_mtime_ns)) is not None}


def calendar(name: str) -> Calendar | None:
    return calendars().get(name) if name else None


@lru_cache(maxsize=32)
def _read(path: str, _changed: int) -> Calendar | None:
    place = Path(path)
    text = place.read_text(encoding="utf-8")
    return None if list(faults(place, text)) else made(place.stem, plain(text))


def made(name: str, body: Mapping[str, Any]) -> Calendar:
    """The calendar that a faultless file says; where two lines name a day, the later counts."""
    days: dict[date, int] = {}
    names: dict[date, tuple[str, str]] = {}
    for line in body["days"]:
        for text in line["dates"]:
            for day in _span(text):
                days[day], names[day] = line["kind"], (line["zh"], line["en"])
    kinds = {int(k): (v["zh"], v["en"]) for k, v in body["kinds"].items()}
    return Calendar(name, body["title"]["zh"], body["title"]["en"], body["source"], body["years"]["from"], body["years"]["until"], kinds, days, names)


def _span(text: str) -> list[date]:
    """
    >>> [str(d) for d in _span("2022-12-31/2023-01-01")]
    ['2022-12-31', '2023-01-01']
    """
    found = SPAN.fullmatch(text)
    if found is None:
        return []
    try:
        first = date.fromisoformat(found[1])
        last = date.fromisoformat(found[2]) if found[2] else first
    except ValueError:
        return []
    return [first + timedelta(days=n) for n in range((last - first).days + 1)] if (last - first).days < LONGEST else []


def faults(path: Path, text: str) -> Iterator[ContentFault]:
    """Everything that is wrong with a file of a calendar."""
    try:
        marked = Marked(text)
    except yaml.YAMLError:
        return  # the content store says so itself
    body: Any = marked.data if isinstance(marked.data, dict) else {}

    def wrong(part: str, expected: str, *way: Any) -> ContentFault:
        return fault(path.name, marked.line(*(way or (part,))), "calendar-part-wrong", calendar=path.stem, part=part, expected=expected)

    for key in set(map(str, body)) - {"title", "source", "years", "kinds", "days"}:
        yield wrong(key, "title, source, years, kinds, days")
    title, years, kinds = body.get("title"), body.get("years"), body.get("kinds")
    if not isinstance(title, dict) or not title.get("zh") or not title.get("en"):
        yield wrong("title", "{zh, en}")
    if not isinstance(body.get("source"), str) or not body["source"]:
        yield wrong("source", "…")
    whole = isinstance(years, dict) and set(years) == {"from", "until"} and all(type(y) is int for y in years.values()) and years["from"] <= years["until"]
    if not whole:
        yield wrong("years", "{from: 2020, until: 2026}")
    good = isinstance(kinds, dict) and kinds and all(type(k) is int and 1 <= k <= MOST_KINDS and isinstance(v, dict) and v.get("zh") and v.get("en") for k, v in kinds.items())
    if not good:
        yield wrong("kinds", "{1: {zh, en}, …}")
    if not isinstance(body.get("days"), list):
        yield wrong("days", "[{kind: 1, zh, en, dates: [2026-01-01/2026-01-03]}]")
        return
    for i, line in enumerate(body["days"]):
        if not isinstance(line, dict) or set(line) != {"kind", "zh", "en", "dates"} or (good and line["kind"] not in kinds) or not isinstance(line["dates"], list):
            yield wrong("days", "{kind: 1, zh, en, dates: [2026-01-01/2026-01-03]}", "days", i)
            continue
        for text_ in line["dates"]:
            found = _span(text_) if isinstance(text_, str) else []
            # New Year's days off may begin in the old year
            if not found or (whole and not years["from"] - 1 <= found[0].year <= found[-1].year <= years["until"]):
                yield wrong("days", '"2026-01-01", "2026-02-15/2026-02-23"', "days", i)
