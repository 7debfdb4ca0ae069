"""Who must file what by when, and what came of it. Every number is counted from the rows behind it; nothing above a unit is ever typed.

A ledger is due where two people have put it in force (`content.propose`, `content.second`); loading it asks nobody for anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from sizao.kernel import clock
from sizao.kernel.models import Area, Enactment
from sizao.kernel.scope import Scope, visible

from .catalogue import ledgers
from .items import Ledger
from .missing import NOTHING, missing
from .models import DueReport, ReportingUnit
from .read import units
from .rhythm import Occasion, occasions, state_of

STATES = ("received", "zero", "silent", "open")
#: Columns of the receiver's table. `late` and `corrected` are among received and zero, counted beside them.
COUNTS = ("due", *STATES, "late", "corrected")


@dataclass(frozen=True, slots=True)
class Asked:
    """A ledger in force below an area from `since` until `until` (not included)."""

    ledger: Ledger
    path: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Owed:
    """One report that a unit owes, and what became of it. `number` and `filed_at` are None where nothing was filed by the moment asked about.

    `missing`: codes, or ids of units or persons, that it should have a line of and has not (`missing.py`): a report that came, and is not whole yet.
    `held`: there is something to hold it against; where not, whether it is whole cannot be told.
    """

    unit: ReportingUnit
    ledger: Ledger
    occasion: Occasion
    state: str
    late: bool = False
    number: Decimal | None = None
    filed_at: datetime | None = None
    corrections: int = 0
    report: UUID | None = None
    missing: tuple[str, ...] = ()
    held: bool = True

    @property
    def key(self) -> str:
        """Names it in a form: ledger, period, cut-off."""
        return f"{self.ledger.id}/{self.occasion.period}/{self.occasion.slot}"


def asked(at: datetime) -> list[Asked]:
    """The ledgers in force at a moment, and those that were in force within the 40 days before it."""
    known = ledgers()
    rows = Enactment.objects.filter(item__kind="ledger", decided_at__isnull=False, starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at - timedelta(days=40)))
    found = [(e.item.item_id, e.area.path, e.starts_at, e.ends_at) for e in rows.select_related("item", "area").defer("item__body", "item__text").order_by("pk")]
    return [Asked(known[name], path, since, until) for name, path, since, until in found if name in known and known[name].owed_by_units]


def owed(scope: Scope, area: Area, first: date, last: date, *, now: datetime | None = None, ledger: str = "", of: Iterable[UUID] | None = None, permission: str = "plan.read") -> list[Owed]:
    """Every report whose cut-off falls on the local days `first` to `last`, of the units below an area, as it stands at `now`.

    A unit owes what fell due after it was known and while it is in use. `of`: these units only. Refused not-found-or-out-of-area.
    """
    scope.check(permission, area)
    now = now or clock.now()
    wanted = [a for a in asked(now) if not ledger or a.ledger.id == ledger]
    if not wanted:
        return []
    rows = units(scope, permission).filter(area__path__startswith=area.path).exclude(in_use=False)
    if of is not None:
        rows = rows.filter(pk__in=list(of))
    kinds = set().union(*(a.ledger.kinds for a in wanted))
    if all(a.ledger.kinds for a in wanted):
        rows = rows.filter(kind__in=kinds)
    times: dict[tuple[str, str], list[Occasion]] = {}
    due: list[tuple[ReportingUnit, Ledger, Occasion]] = []
    for unit in rows.order_by("name", "id"):
        seen: set[tuple[str, date, int]] = set()
        for a in wanted:
            if not unit.area.path.startswith(a.path) or (a.ledger.kinds and unit.kind not in a.ledger.kinds):
                continue
            key = (a.ledger.ref, unit.area.zone)
            if key not in times:
                times[key] = list(occasions(a.ledger.rhythm, unit.area.zone, first, last))
            for o in times[key]:
                mark = (a.ledger.id, o.period, o.slot)
                if mark not in seen and o.due >= max(unit.known_from, a.since) and (a.until is None or o.due < a.until):
                    seen.add(mark)
                    due.append((unit, a.ledger, o))
    told = _receipts(due, now)
    lacking = missing(((unit.pk, one, o.period, o.slot) for unit, one, o in due), now)
    found = []
    for unit, one, o in due:
        receipt = told.get((unit.pk, one.id, o.period, o.slot))
        state, late = state_of(o.due, now, receipt.filed_at if receipt else None, float(receipt.number) if receipt else None)
        lack = lacking.get((unit.pk, one.id, o.period, o.slot), NOTHING)
        if receipt is None:
            found.append(Owed(unit, one, o, state, missing=lack.lines, held=lack.known))
        else:
            found.append(Owed(unit, one, o, state, late, receipt.number, receipt.filed_at, receipt.corrections, receipt.pk, lack.lines, lack.known))
    return found


def _receipts(due: Iterable[tuple[ReportingUnit, Ledger, Occasion]], now: datetime) -> dict[tuple[UUID, str, date, int], DueReport]:
    rows = list(due)
    if not rows:
        return {}
    found = DueReport.objects.filter(visible(), filed_at__lte=now, ledger__in={x[1].id for x in rows}, period__in={x[2].period for x in rows}, unit__in={x[0].pk for x in rows})
    return {(r.unit_id, r.ledger, r.period, r.slot): r for r in found}


def counts(rows: Iterable[Owed]) -> dict[str, int]:
    """The numbers of the receiver's table: due = received + zero + silent + open, always."""
    found = dict.fromkeys(COUNTS, 0)
    for r in rows:
        found["due"] += 1
        found[r.state] += 1
        found["late"] += r.late
        found["corrected"] += r.corrections > 0
    return found


def totals(scope: Scope, ledger: Ledger, area: Area, children: Iterable[Area], first: date, last: date) -> tuple[list[Any], list[tuple[Area | None, int, list[Decimal | None]]]]:
    """The roll-up of a ledger's numbers over the lines of these periods: (fields, [(area, lines, sums)]), the whole last with area None.

    Nothing here was typed by a level above: each sum is of lines, and a field that no line tells is None, not 0.
    """
    scope.check("ledger.read", area)
    fields = [f for f in ledger.fields if f.type == "int"]
    below = list(children)
    heads = {str(c.pk): c for c in below}
    sums = "".join(f', sum(v."{f.id}")' for f in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT split_part(substr(a.path, %s), '.', 1), count(*){sums} FROM ledger_{ledger.id} v JOIN kernel_area a ON a.id = v.area_id LEFT JOIN kernel_batch b ON b.id = v.batch_id "
            "WHERE a.path LIKE %s AND v.period BETWEEN %s AND %s AND (v.batch_id IS NULL OR (b.closed_at IS NOT NULL AND b.undone_at IS NULL)) GROUP BY ROLLUP (1)",
            [len(area.path) + 1, area.path + "%", first, last],
        )
        rows = cursor.fetchall()
    found: list[tuple[Area | None, int, list[Decimal | None]]] = [(heads.get(r[0], area) if r[0] is not None else None, r[1], list(r[2:])) for r in rows if r[1]]
    order = {c.pk: i for i, c in enumerate(below)}
    return fields, sorted(found, key=lambda r: (r[0] is None, order.get(r[0].pk, len(order)) if r[0] else 0))


def cost(one: Ledger, units_of: dict[str, int] | None = None) -> tuple[float, float]:
    """(worker-minutes a day of one who files, of all units of its kinds in `units_of`). For a ledger of events: minutes of one line, and 0."""
    if not one.is_due:
        return one.minutes, 0.0
    a_day = one.minutes * one.rhythm.a_day
    there = sum(n for kind, n in (units_of or {}).items() if not one.kinds or kind in one.kinds) if one.owed_by_units else 0
    return a_day, a_day * there
