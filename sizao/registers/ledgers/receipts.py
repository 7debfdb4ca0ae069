"""The receipt of every report that was due, filed by a press of a button or by its line. The number is counted, zero included."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count

from sizao.kernel import acts, audit, clock
from sizao.kernel.acts import NewAct
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7s
from sizao.kernel.models import Act
from sizao.kernel.rows import among, blank, copy_rows, update_rows
from sizao.kernel.scope import Scope

from .catalogue import ledger
from .items import Ledger
from .models import DueReport, Entry, ReportingUnit
from .rhythm import due_at, period_of

Key = tuple[UUID, date, int]
#: What stands behind a report: the values of a line, and when.
Line = tuple[Mapping[str, Any], datetime]


@dataclass(frozen=True, slots=True)
class Filing:
    """A unit's report for one period. `number` is counted by who calls (lines, or acts of another register); 0 says: nothing happened."""

    unit: UUID
    period: date
    number: Decimal | int
    filed_at: datetime
    slot: int = 0


def slot_now(one: Ledger, at: datetime, zone: str) -> int:
    """Which cut-off of its day a moment belongs to: the next one to come, the last one when all are over."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return next((i for i in range(len(one.rhythm.at)) if at <= due_at(one.rhythm, day, i, zone)), len(one.rhythm.at) - 1)


def lines_of(one: Ledger, keys: Iterable[Key]) -> dict[Key, int]:
    """How many lines stand behind each report of a ledger with many lines."""
    wanted = list(keys)
    found = dict.fromkeys(wanted, 0)
    rows = among(Entry.objects.filter(ledger=one.id, period__in={k[1] for k in wanted}, batch__undone_at=None), "unit_id", {k[0] for k in wanted})
    for unit, period, slot, n in rows.values_list("unit_id", "period", "slot").annotate(n=Count("id")):
        if (unit, period, slot) in found:
            found[unit, period, slot] = n
    return found


@transaction.atomic
def file(scope: Scope, name: str, new: Sequence[Filing], *, sender: str = "", batch: int | None = None) -> list[UUID]:
    """Files reports: a receipt each, and the act that says so. One that says the same again changes nothing; another number is a correction.

    Answers the ids of what was new or changed. Refused: report-in-the-future, report-not-zero (lines stand behind a zero).
    """
    one = ledger(name)
    units = {u.pk: u for u in among(ReportingUnit.objects.select_related("area").defer("area__geometry"), "id", {f.unit for f in new})}
    now = clock.now()
    latest = {zone: period_of(one.rhythm, clock.local_day(now, zone)) for zone in {u.area.zone for u in units.values()}}
    for f in new:
        if f.period > latest[units[f.unit].area.zone]:
            raise Refused("report-in-the-future", period=f.period)
    rows, changed = _put(one, [(f.unit, f.period, f.slot, Decimal(f.number), f.filed_at) for f in new], sender, batch)
    if one.filing_act:
        before = _acts_before(one.filing_act, [r.pk for r, again in changed if again])
        told = [
            NewAct(
                one.filing_act, r.unit_id, f, area_id=units[r.unit_id].area_id, period=r.period, number=r.number, outcome=one.id,
                record=r.pk, replaces=before.get(r.pk) if again else None,
            )
            for (r, again), f in zip(changed, rows, strict=True)
        ]  # fmt: skip
        acts.record(scope, told, batch=batch)
    if changed:
        audit.write(scope, "ledgers.reports_filed", [r.pk for r, _ in changed], digest_of=[(r.unit_id, r.ledger, r.period, str(r.number)) for r, _ in changed])
    return [r.pk for r, _ in changed]


def of_lines(scope: Scope, one: Ledger, lines: Sequence[Any], batch: int | None) -> None:
    """The receipts of reports that are lines themselves: written with the line, corrected with it, gone with the last one."""
    keys = {(e.unit_id, e.period, e.slot or 0): e for e in lines if e.unit_id and e.period}
    if not keys:
        return
    standing: dict[Key, list[Line]] = {k: [] for k in keys}
    there = among(Entry.objects.filter(ledger=one.id, period__in={k[1] for k in keys}), "unit_id", {k[0] for k in keys}).order_by("recorded_at", "id")
    for unit, period, slot, values, happened_at in there.values_list("unit_id", "period", "slot", "values", "happened_at"):
        if (lines_there := standing.get((unit, period, slot))) is not None:
            lines_there.append((values, happened_at))
    gone = [k for k, rows in standing.items() if not rows]
    for unit, period, slot in gone:
        DueReport.objects.filter(unit=unit, ledger=one.id, period=period, slot=slot).delete()
    _put(one, [(*k, _number(one, [values for values, _ in rows]), max(at for _, at in rows)) for k, rows in standing.items() if rows], "", batch)


def _number(one: Ledger, rows: Sequence[Mapping[str, Any]]) -> Decimal:
    """The number of a report that is lines: 0 when every count in them is 0, else the sum of the ledger's number, else how many lines there are."""
    counts = one.counts_of_persons
    if counts and all(not values.get(c) for values in rows for c in counts):
        return Decimal(0)
    if one.number and one.by_id[one.number].type in ("int", "decimal"):
        total = sum(Decimal(str(values.get(one.number) or 0)) for values in rows)
        return total or Decimal(1)  # told, and not all nothing: no zero report
    return Decimal(len(rows))


def _put(one: Ledger, told: Sequence[tuple[UUID, date, int, Decimal, datetime]], sender: str, batch: int | None) -> tuple[list[datetime], list[tuple[DueReport, bool]]]:
    """Receipts new or corrected, with the time each was told at; what says the same again is left out."""
    there = DueReport.objects.select_for_update(of=("self",)).filter(ledger=one.id, period__in={t[1] for t in told})
    held = {(r.unit_id, r.period, r.slot): r for r in among(there, "unit_id", {t[0] for t in told})}
    make, ids = blank(DueReport), iter(uuid7s(len(told)))
    fresh: list[DueReport] = []
    begun: set[UUID] = set()
    again: list[DueReport] = []
    changed: list[tuple[DueReport, bool]] = []
    at: list[datetime] = []
    for unit, period, slot, number, filed_at in told:
        row = held.get((unit, period, slot))
        if row is not None and row.number == number:
            continue
        if row is None:
            row = make()
            row.__dict__.update(id=next(ids), unit_id=unit, ledger=one.id, period=period, slot=slot, number=number, filed_at=filed_at, sender=sender, known_from=filed_at, stands_from=filed_at, batch_id=batch)
            fresh.append(row)
            begun.add(row.pk)
        else:
            row.number, row.corrections, row.stands_from = number, row.corrections + 1, max(filed_at, row.filed_at)
            if row.pk not in begun:
                again.append(row)
        held[unit, period, slot] = row
        changed.append((row, row.pk not in begun or row.corrections > 0))
        at.append(filed_at)
    if fresh:
        copy_rows(DueReport, fresh)
    update_rows(DueReport, ("number", "corrections", "stands_from"), again)
    return at, changed


def _acts_before(kind: str, reports: Sequence[UUID]) -> dict[UUID, UUID]:
    return dict(Act.objects.filter(kind=kind, record__in=reports).order_by("recorded_at", "id").values_list("record", "id")) if reports else {}
