"""What people write into the ledgers: units that report, reports, lines. A batch in, one transaction out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from sizao.kernel import audit, clock, registry, saving
from sizao.kernel.adding import add_new
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command, Outcome
from sizao.kernel.scope import Scope, visible

from . import receipts
from .bringing import NewLine, bring
from .entries import save, take_back
from .models import ReportingUnit
from .receipts import Filing, file

__all__ = ["Filing", "NewLine", "NewReport", "NewUnit", "NewVisit", "add_lines", "add_units", "add_visits", "bring", "file", "file_reports", "name_post", "save", "save_units", "take_back"]


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit that owes reports from `since` on."""

    key: str
    area_id: int
    name: str
    since: datetime
    kind: str = ""
    parent: UUID | None = None
    post_id: int | None = None
    in_use: bool = True


@dataclass(frozen=True, slots=True)
class NewReport:
    """A daily report whose number somebody else counted (a line list, an old system)."""

    unit: UUID
    period: date
    number: Decimal | int
    filed_at: datetime


@dataclass(frozen=True, slots=True)
class NewVisit:
    """One visit. `key` is made by who records it."""

    key: str
    household: UUID
    area_id: int
    happened_at: datetime
    outcome: str
    persons_seen: int | None = None


def add_units(scope: Scope, new: Sequence[NewUnit], *, sender: str, batch: int | None = None) -> dict[str, UUID]:
    """Units that report from now on; key → id of those that are new."""
    return add_new(
        scope, ReportingUnit, {u.key: u for u in new}, sender=sender, batch=batch, event="ledgers.units_added", since=lambda u: u.since,
        columns=lambda u: {"area_id": u.area_id, "name": u.name, "kind": u.kind, "in_use": u.in_use, "parent_id": u.parent, "post_id": u.post_id},
        digest_of=lambda u: (u.key, u.name),
    )  # fmt: skip


def save_units(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """What forms, imports and the API tell of units that report. A new one is in use unless it says otherwise."""
    register = registry.of_model(ReportingUnit)
    assert register is not None
    told = [c if c.record or c.told.get("in_use") is not None else Command(told={**c.told, "in_use": True}, source_id=c.source_id, seen=c.seen) for c in commands]
    return saving.save(scope, register, told, sender=sender, batch=batch)


@transaction.atomic
def name_post(scope: Scope, units: Sequence[UUID], post: int | None) -> int:
    """Which post files for these units and their parts from now on; None: any reporter of their area. Answers how many rows changed. Refused: not-allowed, not-found-or-out-of-area."""
    mine = ReportingUnit.objects.filter(visible(), scope.area_filter("area", "users.write"))
    if mine.filter(pk__in=list(units)).count() != len(set(units)):
        raise Refused("not-found-or-out-of-area")
    rows = ReportingUnit.objects.filter(Q(pk__in=list(units)) | Q(parent__in=list(units))).exclude(post_id=post) if post is not None else ReportingUnit.objects.filter(Q(pk__in=list(units)) | Q(parent__in=list(units)), post__isnull=False)
    changed = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
    ReportingUnit.objects.filter(pk__in=changed).update(post_id=post, stands_from=clock.now())
    audit.write(scope, "ledgers.post_named", changed, post=post)
    return len(changed)


def file_reports(scope: Scope, new: Sequence[NewReport], *, sender: str, batch: int | None = None) -> list[UUID]:
    """Daily reports told with their numbers; a second one for the same day corrects the first."""
    return receipts.file(scope, "daily_report", [Filing(r.unit, r.period, r.number, r.filed_at) for r in new], sender=sender, batch=batch)


def add_lines(scope: Scope, ledger: str, new: Sequence[NewLine], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Lines of a ledger; one outcome a line, in order. The same key again is the same line."""
    commands = []
    for line in new:
        commands.append(Command(told=line.told, source_id=line.key))
    return save(scope, ledger, commands, sender=sender, batch=batch)


@transaction.atomic
def add_visits(scope: Scope, new: Sequence[NewVisit], *, sender: str, batch: int | None = None) -> dict[str, UUID]:
    """Visits to households, each with the act `household.visited`; key → id of those that are new."""
    lines = [
        NewLine(v.key, {"household": v.household}, {"visit_outcome": v.outcome, "persons_seen": v.persons_seen}, v.happened_at) for v in {v.key: v for v in new}.values()
    ]
    outcomes = bring(scope, "household_visit", lines, sender=sender, batch=batch)
    return {line.key: o.record for line, o in zip(lines, outcomes, strict=True) if o.kind == "new" and o.record}
