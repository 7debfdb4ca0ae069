"""What is to be said of some rows when they have been taken, and of the other cases that they name. Small, and sent between processes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from .reading import Note, Row

#: Problems listed per file; beyond it they are only counted here, and stand one by one in the ledger.
MOST_LISTED = 10_000
#: A reference that names no case; the row is asked again when it comes again.
DANGLING = frozenset({"link-dangling", "link-several"})
#: A row's line, its number, the numbers of other cases that it names.
Reference = tuple[int, str, list[str]]


@dataclass(slots=True)
class Linked:
    """What became of the references of some rows. `notes`: by line; `unresolved`: number of a row → how many resolved, where some did not."""

    good: int = 0
    dangling: int = 0
    to_itself: int = 0
    notes: dict[int, list[Note]] = field(default_factory=dict)
    unresolved: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Taken:
    """What is to be said of some rows, beside what was written.

    Attributes:
        counts: Code → how many notes. `notes`: the first of them, each with its line.
        told: Rows that refer to other cases.
        pending: Lines that wait for the closing.
        areas: Where the rows belong.
    """

    rows: int = 0
    links: int = 0
    dangling: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[tuple[int, Note]] = field(default_factory=list)
    told: list[Reference] = field(default_factory=list)
    pending: set[int] = field(default_factory=set)
    areas: set[int] = field(default_factory=set)

    def say(self, rows: Iterable[Row]) -> None:
        for row in rows:
            for note in row.notes:
                self.counts[note.code] += 1
                if len(self.notes) < MOST_LISTED:
                    self.notes.append((row.line, note))
