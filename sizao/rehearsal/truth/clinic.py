"""What the city's record tells of cases, contacts, samples and stays, asked by person and by moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from .book import DAY, FAR, Book
from .judging import Judge, Should

#: (measure, subject, period, when the occasion opens) → a number below one: the lot that was drawn.
Lots = Callable[[str, str, str, datetime], float]
SUSPECTED = ("suspected", "clinical")


def midnight(day: Any) -> datetime:
    return datetime.combine(day, time())


def end_of(day: Any) -> datetime:
    return midnight(day) + DAY


class Clinic:
    """Asked by those who say what should be reported; `found` is what they said."""

    def __init__(self, book: Book):
        self.book, self.found, self.said = book, list[Should](), set[str]()
        self.judged: dict[str, list[Judge]] = defaultdict(list)
        self.checked: dict[str, dict[str, dict[str, list[tuple[datetime, bool]]]]] = {}  # measure → part → who was looked at, when, and was it so
        self.lots: Lots | None = None  # who was drawn to be looked at
        self.kind_of: dict[int, str] = {u["i"]: u["kind"] for u in book.units}
        self.cases_of: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for case in book.cases:
            self.cases_of[case["person"]].append(case)
        self.samples: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for s in book.specimens:
            if s["sampled_at"] < book.as_of:
                self.samples[s["person"]].append(s)
        self.result = {s["i"]: f[0] for s in book.specimens if (f := book.about.get(("result", f"specimen:{s['i']}")))}

    def subject_told(self, kind: str, about: str) -> list[datetime]:
        return [f.at for f in self.book.about.get((kind, about), ())]

    def admitted(self, person: int) -> list[datetime]:
        return [f.at for kind in ("admitted", "taken in") for f in self.book.under.get((kind, person), ())]

    def sampled(self, person: int) -> list[datetime]:
        return [s["sampled_at"] for s in self.samples[person]]

    def resulted(self, person: int) -> list[tuple[datetime, str]]:
        return [(r.at, str(r.outcome)) for s in self.samples[person] if (r := self.result.get(s["i"]))]

    def suspected(self, person: int, t: datetime) -> bool:
        """Was he, at that moment, somebody on the list of cases whom nobody had decided about?"""
        return any(c["reported_at"] <= t and self.book.class_of(c, t) in ("suspected", "clinical") for c in self.cases_of[person])

    def open(self, contact: dict[str, Any], t: datetime) -> bool:
        """The contact is neither let go nor a case, then."""
        return bool(t < min(contact["released_at"] or FAR, contact["became_case_at"] or FAR))

    def judge(self, measure: str, role: str) -> Judge:
        """A judge whose findings are kept."""
        found = Judge(self.book, measure, role)
        found.found = self.found
        self.judged[measure].append(found)
        self.said.add(measure)
        return found
