"""What an import says of itself: every row accounted for, every repair counted, every problem with its row, column, value and cure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sizao.kernel.errors import Refused

from .fields import FIELDS
from .mapping import Mapping
from .reading import Note, Row
from .taken import MOST_LISTED, Taken


@dataclass(slots=True)
class FileReport:
    """What became of one file. `rows` = accepted + updated + duplicate + rejected, always."""

    file: str
    kind: str
    dialect: str
    encoding: str
    columns: dict[str, str]
    unmapped: list[str]
    id: UUID | None = None
    rows: int = 0
    accepted: int = 0
    updated: int = 0
    duplicate: int = 0
    rejected: int = 0
    links: int = 0
    dangling: int = 0
    last_day: date | None = None
    resumed: bool = False
    problems: list[dict[str, Any]] = field(default_factory=list)
    problem_counts: Counter[str] = field(default_factory=Counter)
    personal: frozenset[str] = frozenset()
    said: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, file: str, encoding: str, mapping: Mapping) -> "FileReport":
        personal = {mapping.header[i] for f, at in mapping.fields.items() for i in at if FIELDS[f].personal}
        return cls(file, mapping.kind, mapping.dialect, encoding, mapping.columns, mapping.unmapped, personal=frozenset(personal), said=mapping.said)

    def say(self, rows: Iterable[Row]) -> None:
        """Adds the notes of rows."""
        for row in rows:
            for note in row.notes:
                self.note(row.line, note)

    def take(self, taken: Taken, *, rows: bool = True) -> None:
        """Adds what is to be said of a chunk; with `rows` False its rows are counted already."""
        self.rows += taken.rows if rows else 0
        self.links += taken.links
        self.dangling += taken.dangling
        self.problem_counts.update(taken.counts)
        for line, note in taken.notes if len(self.problems) < MOST_LISTED else ():
            self._list(line, note)

    def note(self, line: int, note: Note) -> None:
        """Adds one problem."""
        self.problem_counts[note.code] += 1
        self._list(line, note)

    def _list(self, line: int, note: Note) -> None:
        """Names one problem. A value of a column that names persons is masked: reports are passed on, the ledger is not."""
        if len(self.problems) >= MOST_LISTED:
            return
        value = mask(note.value) if note.column in self.personal else note.value
        said = Refused(note.code, **{"row": line, "column": note.column or "—", "value": value} | note.values)
        self.problems.append({"row": line, "column": note.column, "value": value, "code": note.code, "zh": said.text("zh"), "en": said.text("en")})

    def as_json(self) -> dict[str, Any]:
        names = ("file", "rows", "accepted", "updated", "duplicate", "rejected", "columns", "unmapped", "problems", "kind", "dialect", "encoding", "resumed", "said")
        return {n: getattr(self, n) for n in names} | {"problem_counts": dict(self.problem_counts), "last_day": self.last_day.isoformat() if self.last_day else None, "id": str(self.id) if self.id else None}


@dataclass(slots=True)
class Report:
    """What became of all files of one import.

    Attributes:
        persons, cases, contacts, checks, samples: Distinct records that the rows stand for, whatever the outcome; so the same files sent again tell the same.
        links: References to other cases that name a listed case (of cases: who infected them; of contacts: the related case).
        dangling: References that name none.
        links_to_itself: Of the links, those that name the case itself; they are counted, reported, and not kept as a chain.
    """

    files: list[FileReport] = field(default_factory=list)
    persons: int = 0
    cases: int = 0
    contacts: int = 0
    checks: int = 0
    samples: int = 0
    links: int = 0
    dangling: int = 0
    links_to_itself: int = 0
    dry_run: bool = False

    @property
    def totals(self) -> dict[str, int]:
        return {n: sum(getattr(f, n) for f in self.files) for n in ("rows", "accepted", "updated", "duplicate", "rejected")}

    def as_json(self) -> dict[str, Any]:
        """The form that the command line and the interface give out."""
        counts = {n: getattr(self, n) for n in ("persons", "cases", "contacts", "checks", "samples", "links", "dangling", "links_to_itself", "dry_run")}
        return {"files": [f.as_json() for f in self.files], "totals": self.totals, **counts}


def last_day(report: Report) -> date | None:
    """The latest day that the files plausibly record. Planned ends of observation, slips of the year and the future do not count. None: no dates."""
    return max((f.last_day for f in report.files if f.last_day), default=None)


def mask(text: str) -> str:
    """A personal value as a report may show it.

    >>> mask("张三丰"), mask("13800138000")
    ('张**', '1******')
    """
    return text[:1] + "*" * min(len(text) - 1, 6)
