"""A unit files a report: the number behind it is counted here, from the unit's own lines or from the acts that the report is of. Zero is one tap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection, transaction

from sizao.kernel import clock
from sizao.kernel.outcome import Outcome, Problem
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import actions, due, receipts
from sizao.registers.ledgers import read as ledgers
from sizao.registers.ledgers.actions import Filing, NewLine
from sizao.registers.ledgers.catalogue import ledger
from sizao.registers.ledgers.items import Ledger
from sizao.registers.ledgers.rhythm import Occasion, due_at, occasions
from sizao.registers.surveillance import read as surveillance


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One press of the button. `zero`: the unit says that nothing happened; else it says that its lines are complete."""

    unit: UUID
    ledger: str
    period: date
    slot: int = 0
    zero: bool = False


@transaction.atomic
def file_reports(scope: Scope, reports: Sequence[Report]) -> list[Outcome]:
    """One outcome a report, in order: new, updated (a correction), identical, or rejected with the reason.

    Rejected: not-found-or-out-of-area, entry-unit-of-another-kind, report-in-the-future, report-before-unit, report-not-zero, value-missing (a ledger
    of one line whose values are not all counts cannot be zero by a tap).
    """
    scope.check("ledger.write")
    with connection.cursor() as cursor:  # a double tap finds what the first one wrote
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('report'), %s)", [scope.post_id or 0])
    known = {u.pk: u for u in ledgers.units(scope, "ledger.write").filter(pk__in={r.unit for r in reports})}
    found: list[Outcome] = []
    now = clock.now()
    for r in reports:
        unit, one = known.get(r.unit), ledger(r.ledger)
        problem = None
        if unit is None:
            problem = Problem("not-found-or-out-of-area", "unit")
        elif one.kinds and unit.kind not in one.kinds:
            problem = Problem("entry-unit-of-another-kind", "unit", unit.kind)
        else:
            occasion = next((o for o in occasions(one.rhythm, unit.area.zone, *_days(one, r, unit.area.zone)) if (o.period, o.slot) == (r.period, r.slot)), None)
            if occasion is None or occasion.opens > now:
                problem = Problem("report-in-the-future", "period", r.period.isoformat())
            elif occasion.due < unit.known_from:
                problem = Problem("report-before-unit", "period", r.period.isoformat())
        found.append(Outcome("rejected", r.unit, problems=(problem,)) if problem or unit is None else _file(scope, one, r, occasion))
    return found


def lines_behind(one: Ledger, unit: UUID, occasion: Occasion) -> int:
    """How many lines, or acts of another register, stand behind a report that is due."""
    if one.lines == "none":
        counted = {"symptom.found": surveillance.found_by}[one.counts or ""]
        return counted([unit], occasion.opens, occasion.due).get(unit, 0)
    key = (unit, occasion.period, occasion.slot)
    return receipts.lines_of(one, [key])[key]


def _days(one: Ledger, r: Report, zone: str) -> tuple[date, date]:
    """The local day on which this report's cut-off falls."""
    if not 0 <= r.slot < len(one.rhythm.at):
        return r.period, r.period
    day = clock.local_day(due_at(one.rhythm, r.period, r.slot, zone), zone)
    return min(day, r.period), day


def _file(scope: Scope, one: Ledger, r: Report, occasion: Occasion | None) -> Outcome:
    assert occasion is not None
    now = clock.now()
    if one.lines in ("one", "each"):
        counts = one.counts_of_persons
        if not r.zero or one.lines == "each" or one.rhythm.confirm or one.required - set(counts):
            return Outcome("rejected", r.unit, problems=(Problem("value-missing", one.each or next(iter(one.required), "")),))
        line = NewLine("", {"unit": r.unit}, dict.fromkeys(counts, 0) | ({"slot": r.slot} if len(one.rhythm.at) > 1 else {}), now, r.period)
        return actions.add_lines(scope, one.id, [line], sender=f"post:{scope.post_id}")[0]
    number = lines_behind(one, r.unit, occasion)
    if r.zero and number:
        return Outcome("rejected", r.unit, problems=(Problem("report-not-zero", "number", str(number)),))
    before = due.DueReport.objects.filter(unit=r.unit, ledger=one.id, period=r.period, slot=r.slot).exists()
    made = actions.file(scope, one.id, [Filing(r.unit, r.period, number, now, r.slot)], sender=f"post:{scope.post_id}")
    return Outcome("identical", r.unit) if not made else Outcome("updated" if before else "new", made[0])
