"""What people write into the ledgers: units that report, their reports, visits to households."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sizao.kernel import acts, audit
from sizao.kernel.acts import NewAct
from sizao.kernel.ids import uuid7
from sizao.kernel.scope import Scope

from .models import DueReport, HouseholdVisit, ReportingUnit


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit that owes reports from `since` on."""

    key: str
    area_id: int
    name: str
    since: datetime
    kind: str = ""


@dataclass(frozen=True, slots=True)
class NewReport:
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
    held = set(ReportingUnit.objects.filter(sender=sender, source_id__in={u.key for u in new}).values_list("source_id", flat=True))
    rows = [
        ReportingUnit(
            id=uuid7(), area_id=u.area_id, name=u.name, kind=u.kind, in_use=True, sender=sender, source_id=u.key, known_from=u.since, stands_from=u.since, batch_id=batch
        )
        for u in new
        if u.key not in held
    ]
    ReportingUnit.objects.bulk_create(rows, batch_size=1000)
    if rows:
        audit.write(scope, "ledgers.units_added", [r.pk for r in rows], digest_of=[(r.source_id, r.name) for r in rows])
    return {r.source_id: r.pk for r in rows}


def file_reports(scope: Scope, new: Sequence[NewReport], *, sender: str, batch: int | None = None) -> list[UUID]:
    """Reports, each with the act `report.filed` for its day; a second one for the same day is a correction: the row changes, and a further act tells it."""
    units = {u.pk: u for u in ReportingUnit.objects.filter(pk__in={r.unit for r in new})}
    held = {(r.unit_id, r.period): r for r in DueReport.objects.select_for_update(of=("self",)).filter(unit__in=units)}
    rows, told = [], []
    for r in new:
        row = held.get((r.unit, r.period))
        if row is not None and row.number == Decimal(r.number):
            continue
        if row is None:
            row = DueReport(id=uuid7(), unit_id=r.unit, period=r.period, sender=sender, known_from=r.filed_at, stands_from=r.filed_at, batch_id=batch)
        row.number, row.filed_at = Decimal(r.number), r.filed_at
        row.save()
        held[r.unit, r.period] = row
        rows.append(row)
        told.append(NewAct("report.filed", r.unit, r.filed_at, area_id=units[r.unit].area_id, period=r.period, number=r.number, record=row.pk))
    acts.record(scope, told, batch=batch)
    if rows:
        audit.write(scope, "ledgers.reports_filed", [r.pk for r in rows], digest_of=[(r.unit_id, r.period, r.number) for r in rows])
    return [r.pk for r in rows]


def add_visits(scope: Scope, new: Sequence[NewVisit], *, sender: str, batch: int | None = None) -> dict[str, UUID]:
    """Visits to households, each with the act `household.visited`; key → id of those that are new."""
    held = set(HouseholdVisit.objects.filter(sender=sender, source_id__in={v.key for v in new}).values_list("source_id", flat=True))
    rows = [
        HouseholdVisit(
            id=uuid7(),
            household_id=v.household,
            area_id=v.area_id,
            happened_at=v.happened_at,
            outcome=v.outcome,
            persons_seen=v.persons_seen,
            sender=sender,
            source_id=v.key,
            known_from=v.happened_at,
            stands_from=v.happened_at,
            batch_id=batch,
        )
        for v in {v.key: v for v in new}.values()
        if v.key not in held
    ]
    HouseholdVisit.objects.bulk_create(rows, batch_size=1000)
    told = [NewAct("household.visited", r.household_id, r.happened_at, area_id=r.area_id, outcome=r.outcome, number=r.persons_seen, record=r.pk) for r in rows]
    acts.record(scope, told, batch=batch)
    if rows:
        audit.write(scope, "ledgers.households_visited", [r.household_id for r in rows], digest_of=[(r.source_id, r.outcome) for r in rows])
    return {r.source_id: r.pk for r in rows}
