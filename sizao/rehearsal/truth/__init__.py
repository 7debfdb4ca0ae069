"""What should be reported, by the city's own record: the report of the plan is held against it, and must be the same.

This room knows neither the plan nor what any register lets a plan ask (`facts.py`), nor its rules: it reads the city's files, and says each
measure once more in plain Python. What two have written apart, and both say, is likely to be so.

    should = derive(folder, "contact-tracing-basic").should
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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

__all__ = ["EDITIONS", "LATER", "Lots", "Should", "Truth", "derive"]


@dataclass(frozen=True, slots=True)
class Truth:
    """`should`: everything that should be reported. `measures`: of which measures that is said; of the others of the edition nothing is."""

    should: list[Should]
    measures: frozenset[str]


def derive(folder: Path, edition: str, as_of: datetime | None = None, *, lots: Lots | None = None) -> Truth:
    """What should be reported at `as_of` (civil time; left out: the end of the city's last day) under an edition in force since its first day.

    `lots`: the lots that were drawn for second looks, as (measure, subject, period, when the occasion opens) → a number below one. They hang on a key of
    the store, which no city knows; without them nothing is said of who was to be looked at, only of what was seen.
    """
    who = (EDITIONS | LATER)[edition](Book(folder, as_of))
    who.lots = lots
    return Truth(who.all(), frozenset(who.said))
