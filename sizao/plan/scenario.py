"""One scenario: what is given, and what is expected of it. See `sizao.plan.scenarios` for how it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .language import Vocabulary
from .language.measure import BEGINNING, FAR, Measure
from .obligations import Obligation
from .register import Register

COUNTS: dict[str, Callable[[Obligation], bool]] = {
    "owed": lambda o: o.state in ("met", "late", "overdue"),
    "missing": lambda o: o.state == "overdue" and o.doable,
    "missed": lambda o: o.state == "overdue" and not o.doable,
    "told_late": lambda o: o.told_late,
    "looked": lambda o: o.seen is not None,
    "untrue": lambda o: o.seen is False,
    "risen": lambda o: o.raised > 0,
} | {
    state: (lambda o, state=state: o.state == state)
    for state in ("met", "late", "overdue", "open", "ahead", "waiting", "closed", "cannot_tell", "unlisted", "short", "no_list")
}
TOP, VILLAGE = 1, 2
AREAS = {TOP: (None, "county"), VILLAGE: (TOP, "village")}
CODES = {"330302": TOP, "330302001001": VILLAGE}


@dataclass(frozen=True)
class Scenario:
    """One example. `expect`: subject → occasion → state, perhaps with the missing fact; `coverage`: count → number."""

    name: dict[str, str]
    measure: str
    as_of: datetime
    facts: dict[str, list[dict[str, Any]]]
    acts: list[dict[str, Any]]
    kept: dict[str, datetime]
    expect: dict[str, dict[str, str]]
    coverage: dict[str, int]
    subjects: dict[str, int] = field(default_factory=dict)
    area: list[dict[str, Any]] = field(default_factory=list)
    line: int = 1
    file: str = ""

    def register(self, m: Measure, vocabulary: Vocabulary) -> Register:
        """What it gives, as a register of one county with one village, where a post of the measure's role answers."""
        posts = [{"id": 1, "role": m.by.role, "area": TOP, "vf": BEGINNING, "vt": FAR}]
        kept = [{"kind": kind, "area": TOP, "since": self.kept.get(kind, BEGINNING)} for kind in vocabulary.acts]
        return Register({t: self.facts.get(t, []) for t in vocabulary.tables}, self.acts, AREAS, posts, kept, self.area, CODES)
