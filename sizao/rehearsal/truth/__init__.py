"""What should be reported, by the city's own record: the report of the plan is held against it, and must be the same.

This room knows neither the plan nor what any register lets a plan ask (`facts.py`), nor its rules: it reads the city's files, and says each
measure once more in plain Python. What two have written apart, and both say, is likely to be so.

    should = derive(folder, "contact-tracing-basic")
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from .basic import Basic
from .book import Book
from .judging import Should

#: Edition → who says its measures once more.
EDITIONS = {"contact-tracing-basic": Basic}

__all__ = ["EDITIONS", "Should", "derive"]


def derive(folder: Path, edition: str, as_of: datetime | None = None) -> list[Should]:
    """Everything that should be reported at `as_of` (civil time; left out: the end of the city's last day) under an edition in force since its first day."""
    return EDITIONS[edition](Book(folder, as_of)).all()
