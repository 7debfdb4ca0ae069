"""What should be reported, by the city's own record: the report of the plan is held against it, and must be the same.

This room knows neither the plan nor what any register lets a plan ask (`facts.py`), nor its rules: it reads the city's files, and says each
measure once more in plain Python. What two have written apart, and both say, is likely to be so.

    should = derive(folder, "contact-tracing-basic").should
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import editions
from .basic import Basic
from .book import Book
from .clinic import Lots
from .judging import Should
from .now import Now

#: Edition → who says its measures once more.
EDITIONS: dict[str, type[Basic | editions.Province]] = {"contact-tracing-basic": Basic, **editions.EDITIONS}
#: Editions of another time: of them the truth is said of a city that lives then.
LATER: dict[str, type[Now]] = {"today": Now}

__all__ = ["EDITIONS", "LATER", "Book", "Lots", "Should", "Truth", "derive"]


@dataclass(frozen=True, slots=True)
class Truth:
    """`should`: everything that should be reported. `measures`: of which measures that is said; of the others of the edition nothing is."""

    should: list[Should]
    measures: frozenset[str]


def derive(city: Path | Book, edition: str, *, lots: Lots | None = None) -> Truth:
    """What should be reported under an edition in force since the city's first day, at the moment up to which its record was read (its folder: the end of its last day).

    `lots`: the lots that were drawn for second looks, as (measure, subject, period, when the occasion opens) → a number below one. They hang on a key of
    the store, which no city knows; without them nothing is said of who was to be looked at, only of what was seen.
    """
    who = (EDITIONS | LATER)[edition](city if isinstance(city, Book) else Book(city))
    who.lots = lots
    return Truth(who.all(), frozenset(who.said))
