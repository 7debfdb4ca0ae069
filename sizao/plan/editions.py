"""The editions of a store: what was loaded, what of it is in force, and the scenarios beside it. Every function takes the scope first."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sizao.kernel import clock, content
from sizao.kernel.errors import Refused
from sizao.kernel.models import ContentItem, Enactment
from sizao.kernel.scope import Scope

from . import evaluation
from .check import scenario_files
from .facts import vocabulary
from .language import Edition, EditionRefused, Fault
from .pair import OutOfTime, looking
from .playing import play
from .scenario import Scenario
from .scenarios import load_scenarios

#: What a press on the button may take for all scenarios of an edition together.
SECONDS = 8.0


@dataclass(kw_only=True)
class Plan:
    """One plan of the store: its texts (the newest first) and its decisions. `edition` is the newest text read; None when this version cannot."""

    id: str
    texts: list[ContentItem]
    edition: Edition | None
    in_force: list[Enactment] = field(default_factory=list)
    to_come: list[Enactment] = field(default_factory=list)
    waiting: list[Enactment] = field(default_factory=list)
    ended: list[Enactment] = field(default_factory=list)

    @property
    def newest(self) -> ContentItem:
        return self.texts[0]

    @property
    def outdated(self) -> list[Enactment]:
        """In force with another text than the newest."""
        return [e for e in self.in_force if e.item_id != self.newest.pk]


def plans(scope: Scope, at: datetime | None = None) -> list[Plan]:
    """Every plan that was loaded, with what is in force of it, decided for later, waiting for a second person, and over."""
    scope.check("plan.read")
    at = at or clock.now()
    found: dict[str, Plan] = {}
    for item in ContentItem.objects.filter(kind="plan").defer("body", "text").order_by("item_id", "-pk"):
        found.setdefault(item.item_id, Plan(id=item.item_id, texts=[], edition=None)).texts.append(item)
    for e in (
        Enactment.objects.filter(item__kind="plan")
        .defer("item__body", "item__text")
        .select_related("item", "area", "proposed_by", "seconded_by")
        .order_by("-pk")
    ):
        plan = found[e.item.item_id]
        if e.decided_at is None:
            plan.waiting.append(e)
        elif e.ends_at is not None and e.ends_at <= at:
            plan.ended.append(e)
        else:
            (plan.in_force if e.starts_at <= at else plan.to_come).append(e)
    for plan in found.values():
        plan.edition = readable(plan.newest)
    return sorted(found.values(), key=lambda p: (not p.in_force, p.id))


def readable(item: ContentItem) -> Edition | None:
    """The edition of an item, or None when this version of the language refuses it."""
    try:
        return evaluation.edition(item.pk)
    except EditionRefused:
        return None


def find(scope: Scope, name: str) -> ContentItem:
    """The text called `contact-tracing-basic` (the newest) or `contact-tracing-basic@1f2e3d4c5b6a` (that very one). Refused content-absent."""
    scope.check("plan.read")
    plan, _, digest = name.partition("@")
    if not digest:
        return content.newest("plan", plan)
    item = ContentItem.objects.filter(kind="plan", item_id=plan, sha256__startswith=digest).first() if len(digest) >= 12 else None
    if item is None:
        raise Refused("content-absent", item=name)
    return item


def opened(scope: Scope, name: str) -> tuple[ContentItem, Edition]:
    """The same, read."""
    item = find(scope, name)
    return item, evaluation.edition(item.pk)


# -- scenarios


@dataclass(kw_only=True)
class Shelf:
    """The scenarios beside an edition. `other_text`: they lie beside another text of it than the one asked about."""

    scenarios: list[Scenario]
    faults: list[Fault] = field(default_factory=list)
    other_text: bool = False

    def of(self, measure: str) -> list[Scenario]:
        return [s for s in self.scenarios if s.measure == measure]


@dataclass(kw_only=True)
class Played:
    """What a scenario gave: what came out otherwise than expected, in zh and en, and on how many engines it was played."""

    scenario: Scenario
    wrong: list[dict[str, str]]
    engines: int

    @property
    def passed(self) -> bool:
        return not self.wrong


def shelf(item: ContentItem, edition: Edition) -> Shelf:
    """The scenarios that lie beside this edition in the content folders, the jurisdiction's own folder first; the very text before another."""
    folders = [place / "plans" / item.item_id for place in reversed(content.folders())]
    folders = [f for f in folders if (f / "edition.yaml").is_file()]
    same = [f for f in folders if _sha256(f / "edition.yaml") == item.sha256]
    found = Shelf(scenarios=[], other_text=not same and bool(folders))
    for file in scenario_files((same or folders or [Path("/nowhere")])[0] / "edition.yaml"):
        try:
            found.scenarios += load_scenarios(file.read_text(encoding="utf-8"), edition, vocabulary(), f"scenarios/{file.name}")
        except EditionRefused as refused:
            found.faults += refused.faults
    return found


def _sha256(file: Path) -> str:
    stat = file.stat()
    return _digest(str(file), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _digest(file: str, _changed: int, _size: int) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def play_all(scope: Scope, edition: Edition, scenarios: Iterable[Scenario], seconds: float | None = None) -> list[Played]:
    """Plays scenarios on the reference and on PostgreSQL. They carry their own rows; nothing of the registers is read.

    `seconds` (by default SECONDS) is for all of them together. What it does not reach is not played and not called passed: `engines` is 0.
    """
    scope.check("plan.read")
    end = time.monotonic() + (SECONDS if seconds is None else seconds)
    return [_play(s, edition, end) for s in scenarios]


def _play(s: Scenario, edition: Edition, end: float) -> Played:
    m = edition.measures[s.measure]

    def execute(sql: str) -> list[tuple[Any, ...]]:
        with looking(end - time.monotonic()) as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    if time.monotonic() >= end:
        return Played(scenario=s, wrong=[{"zh": "限时已到，未演算", "en": "time was up: not played"}], engines=0)
    try:
        return Played(scenario=s, wrong=play(s, m, vocabulary(), execute), engines=2)
    except OutOfTime:
        return Played(scenario=s, wrong=[{"zh": "PostgreSQL 未在限时内答复", "en": "PostgreSQL did not answer in time"}], engines=1)


__all__ = ["Plan", "Played", "Shelf", "find", "opened", "plans", "play_all", "readable", "shelf"]
