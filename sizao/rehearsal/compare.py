"""The plan's report held against the truth: every measure, area and day, and every row behind them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sizao.kernel import content
from sizao.kernel.models import Area, Enactment, User
from sizao.kernel.scope import Scope
from sizao.plan import evaluation, run
from sizao.plan.acts import acts_of
from sizao.plan.language.values import DRAWS, draw
from sizao.plan.models import Row, Run

from . import truth
from .city import ZONE
from .registering import DISEASE, Told
from .states import states
from .sweeping import seldom_swept

#: What is compared: states as the plan calls them. What is open, ahead, waiting or closed is nobody's hole, and left out of both.
STATES = ("met", "late", "overdue", "cannot_tell", "unlisted")
Key = tuple[str, str, datetime | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same: what the report says (None: nothing), and what the truth says."""

    measure: str
    subject: str
    due: datetime | None
    area: str
    reported: str | None
    true: str | None


@dataclass
class Compared:
    """`cells`: (measure, area, day, what) that were counted on both sides; `rows`: single findings; `differences`: those that are not the same."""

    cells: int = 0
    rows: int = 0
    differences: list[Difference] = field(default_factory=list)
    by_measure: dict[str, dict[str, int]] = field(default_factory=dict)
    apart: list[str] = field(default_factory=list)  # measures in force of which the truth is not said
    judged_at: datetime | None = None
    states: dict[str, dict[str, Any]] = field(default_factory=dict)  # edition → measure → what became of it (`states.py`)

    def as_json(self) -> dict[str, Any]:
        """`compared` counts cells; `differences` lists at most a hundred."""
        return {
            "compared": self.cells,
            "differences": len(self.differences),
            "rows": self.rows,
            "measures": self.by_measure,
            "without_truth": self.apart,
            "first": [
                {"measure": d.measure, "subject": d.subject, "due": d.due.isoformat() if d.due else None, "area": d.area, "reported": d.reported, "true": d.true}
                for d in self.differences[:100]
            ],
        }


def enact(edition: str, told: Told) -> Enactment:
    """Two people put an edition in force from the city's first day; what it asks for is kept since a month before."""
    first, other = (Scope.open(User.objects.get(username=u)) for u in ("operator-a", "operator-b"))
    item = content.newest("plan", edition)
    root = told.areas[0]
    enactment = content.second(other, content.propose(first, item, root, DISEASE, told.begin))
    content.keep(acts_of(item.text), root, told.begin - timedelta(days=30), "rehearsal")
    return enactment


def compare(folder: Path, told: Told, enactments: Iterable[Enactment], *, report: Run | None = None) -> Compared:
    """Evaluates what is in force at the end of the city's last day (or takes a run), and holds each edition against the truth."""
    report = report or run.evaluate_all(told.end, standing=False)
    with seldom_swept():
        return _compare(truth.Book(folder), told, enactments, report)


def _compare(book: truth.Book, told: Told, enactments: Iterable[Enactment], report: Run) -> Compared:
    found, names = Compared(), {key: name for name, key in told.ids.items()}
    codes = dict(Area.objects.values_list("pk", "code"))
    mine = {i: area.code for i, area in told.areas.items()}
    enactments = list(enactments)
    found.judged_at, found.states = report.as_of.astimezone(ZoneInfo(ZONE)), states(report, enactments)
    for e in enactments:
        edition = e.item.item_id
        derived = truth.derive(book, edition, lots=_lots(e, told))
        should, known = derived.should, derived.measures
        names |= _pairs(should, told)
        true = {_key(s): (s.state, mine.get(s.area) if s.area is not None else None, s.ownerless, s.seen) for s in should}
        told_rows = Row.objects.at(report).filter(enactment=e.pk, state__in=STATES).values_list("measure", "subject", "due", "state", "area_id", "post", "seen")
        reported = {(m, names.get(s) or str(s), _civil(due)): (state, codes.get(area), post is None, seen) for m, s, due, state, area, post, seen in told_rows if m in known}
        found.apart += sorted(f"{edition} {m}" for m in evaluation.edition(e.item_id).measures if m not in known)
        _hold(found, edition, reported, true)
    return found


def _hold(found: Compared, edition: str, reported: dict[Key, Any], true: dict[Key, Any]) -> None:
    found.rows += len(reported.keys() | true.keys())
    differ = {key for key, _ in reported.items() ^ true.items()}
    for key in differ:
        a, b = reported.get(key), true.get(key)
        found.differences.append(Difference(f"{edition} {key[0]}", key[1], key[2], (a or b or ("", ""))[1] or "", _said(a), _said(b)))
    counts = _cells(reported)
    found.cells += len(counts.keys() | _cells(true).keys()) if differ else len(counts)
    for (measure, _, _, what), n in counts.items():
        name = f"{edition} {measure}"
        found.by_measure.setdefault(name, {})[what] = found.by_measure.get(name, {}).get(what, 0) + n


def _cells(rows: dict[Key, Any]) -> Counter[tuple[str, str | None, date | None, str]]:
    """Counts by measure, area, day, and what it is; what nobody answers for is counted beside."""
    found: Counter[tuple[str, str | None, date | None, str]] = Counter()
    for (measure, _, due), (state, area, ownerless, seen) in rows.items():
        day = due.date() if due else None
        found[measure, area, day, state] += 1
        if ownerless:
            found[measure, area, day, "ownerless"] += 1
        if seen is not None:
            found[measure, area, day, "looked at" if seen else "untrue"] += 1
    return found


def _said(value: Any) -> str | None:
    return None if value is None else f"{value[0]}{' (ownerless)' if value[2] else ''}{'' if value[3] is None else ' (seen)' if value[3] else ' (untrue)'}"


def _lots(e: Enactment, told: Told) -> truth.Lots:
    """The lots of an enactment: the engine's own, since they hang on the store's key."""
    key = evaluation.draw_key(e.pk)
    return lambda measure, subject, period, opens: draw(key, measure, told.ids[subject], period, opens) / DRAWS


def _key(s: truth.Should) -> Key:
    return s.measure, s.subject, s.due


def _pairs(should: Iterable[truth.Should], told: Told) -> dict[UUID, str]:
    """Which row a pair is called by: its id is made of those of its sides."""
    found = {}
    for name in {s.subject for s in should if "|" in s.subject}:
        a, b = (told.ids[side] for side in name.split("|"))
        found[UUID(hashlib.md5(f"{a}|{b}".encode(), usedforsecurity=False).hexdigest())] = name
    return found


@cache
def _civil(due: datetime | None) -> datetime | None:
    return due.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None) if due else None


__all__ = ["UTC", "Compared", "Difference", "compare", "enact"]
