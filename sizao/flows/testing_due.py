"""Who is to be tested, from what the plan lists already: by list and by the unit that owes them, with what became of it; and the order in which a scarce session serves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.plan import read as plan
from sizao.plan.views import MeasureFigures
from sizao.registers.laboratory import read as laboratory
from sizao.registers.laboratory.rules import Served, Waiting, service_order
from sizao.registers.ledgers import read as ledgers
from sizao.registers.ledgers.models import ReportingUnit

#: The act that a must-test list asks for.
SAMPLED = "lab.sampled"
#: So many of each state are looked at for one list; the counts are those of all.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody of a list. `state`: overdue, open, sampled, resulted. `unit`: who owes it, where a roll says so."""

    row: Any
    state: str
    unit: ReportingUnit | None
    sampled_at: datetime | None
    resulted_at: datetime | None


@dataclass(slots=True)
class OfUnit:
    """How a unit stands on one list, of the rows looked at."""

    unit: ReportingUnit | None
    overdue: int = 0
    open: int = 0
    sampled: int = 0
    resulted: int = 0


def lists(scope: Scope, area: Area) -> list[MeasureFigures]:
    """The must-test lists in force in an area, with their numbers: every measure that asks for a sample of somebody. Refused plan-no-run."""
    return [m for m in plan.overview(scope, area).measures if m.act == SAMPLED and m.table not in ("reporting_unit", "project")]


def of_list(scope: Scope, measure: str, area: Area, run: Any = None) -> list[Due]:
    """The rows of one list that matter now: overdue first, open, and who was sampled. A bounded number of statements. Without the right to read persons: with `listed.names` what this very post owes (evaluated now), else nothing."""
    if not scope.can("person.read", area):
        return _own(scope, measure) if scope.can("listed.names") else []
    run = run or plan.latest_run()
    found = [(r, state) for state in ("missing", "open", "late", "met") for r in plan.missing(scope, measure, area, state=state, limit=SHOWN, run=run).rows]
    units = _units(scope, [r for r, _ in found])
    last = laboratory.last_samples(scope, {r.person for r, state in found if r.person and state in ("late", "met")})
    done = []
    for r, state in found:
        sample = last.get(r.person) if state in ("late", "met") else None
        told = "overdue" if state == "missing" else "open" if state == "open" else "resulted" if sample is not None and sample.resulted_at else "sampled"
        done.append(Due(r, told, units.get(r.subject), sample.sampled_at if sample else r.done_at, sample.resulted_at if sample else None))
    return done


def _own(scope: Scope, measure: str) -> list[Due]:
    """What the post itself has to do on this list: who is overdue, and who is due."""
    rows = [r for r in plan.today(scope, limit=2 * SHOWN).rows if r.measure == measure]
    units = _units(scope, rows)
    return [Due(r, "overdue" if r.overdue else "open", units.get(r.subject), None, None) for r in rows]


def _units(scope: Scope, rows: Sequence[Any]) -> dict[UUID, ReportingUnit]:
    """Which unit named somebody: by the line of its roll."""
    rolls = {r.subject for r in rows if r.table == "roll"}
    return {e.pk: e.unit for e in ledgers.entries(scope, "roll").filter(pk__in=rolls)} if rolls else {}


def by_unit(rows: Sequence[Due]) -> list[OfUnit]:
    """Units that owe, those with the most overdue first."""
    found: dict[UUID | None, OfUnit] = {}
    for d in rows:
        one = found.setdefault(d.unit.pk if d.unit else None, OfUnit(d.unit))
        setattr(one, d.state, getattr(one, d.state) + 1)
    return sorted(found.values(), key=lambda u: (-u.overdue, -u.open, u.unit.name if u.unit else "￿"))


def session(scope: Scope, area: Area, day: date, capacity: int | None, unit: UUID | None = None) -> list[Served]:
    """Who is served at a session of that day, in order: those who must first, then those who wish, inside a tier whoever came first. A wish of somebody who must is a must.

    Those who must come from the lists in force, those who wish from the ledger `test_wish` of that day (of one unit, where it is named).
    """
    since, until = clock.start_of_day(day, area.zone), clock.start_of_day(day + timedelta(days=1), area.zone)
    run = plan.latest_run()
    must: dict[UUID, datetime] = {}
    for m in lists(scope, area) if run is not None and scope.can("person.read", area) else ():
        for state in ("missing", "open") if m.missing + m.open else ():
            for r in plan.missing(scope, m.id, area, state=state, limit=SHOWN, run=run).rows:
                if r.person and r.due:
                    must[r.person] = min(r.due, must.get(r.person, r.due))
    wishes = ledgers.entries(scope, "test_wish", "tube.read").filter(happened_at__gte=since, happened_at__lt=until)
    wishes = wishes.filter(unit=unit) if unit else wishes
    came = [(w.person_id, w.happened_at) for w in wishes.order_by("happened_at", "pk")[:2000]]
    tested = {p for p, s in laboratory.last_samples(scope, {p for p, _ in came}).items() if s.sampled_at >= since}
    first: dict[UUID, datetime] = {}
    for person, at in came:
        if person not in tested:
            first.setdefault(person, at)
    waiting = [Waiting(p, due, due) for p, due in must.items()] + [Waiting(p, None, at) for p, at in first.items() if p not in must]
    return service_order(waiting, capacity)
