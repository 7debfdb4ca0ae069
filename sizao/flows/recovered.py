"""Who recovered is followed each week and tested each month for a year; who is severe and has no bed for the severe. Worked out when read, recorded with one tap."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.codes import threshold
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.outcome import Command
from sizao.kernel.rows import among
from sizao.kernel.scope import Scope
from sizao.registers.care import admitting, rules
from sizao.registers.care import read as wards
from sizao.registers.cases import read as cases
from sizao.registers.laboratory import lists as samples
from sizao.registers.laboratory import read as laboratory
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers import read as entries

from .outcome import Outcome

if TYPE_CHECKING:
    from sizao.registers.care.models import Course
    from sizao.registers.cases.models import Case

#: As the measures `recovered-year-follow-up` and `recovered-monthly-test` of the editions have it: a year, each week, each month.
DAYS, WEEK, MONTH = 365, 7, 30


@dataclass(frozen=True, slots=True)
class Followed:
    """A case that recovered less than a year ago.

    Attributes:
        weekly_on, monthly_on: When he is next to be seen, and sampled; None when the year is over by then.
        weekly_late, monthly_late: That day has come.
    """

    case: "Case"
    since: date
    until: date
    weekly_on: date | None
    monthly_on: date | None
    weekly_late: bool
    monthly_late: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A severe patient without a bed for the severe. `by`: until when he should have one."""

    course: "Course"
    by: datetime


def followed(scope: Scope, at: datetime | None = None, most: int = 300) -> list[Followed]:
    """Whom a doctor follows: late ones first, then by day. A bounded number of statements; the caller records the read."""
    at = at or clock.now()
    rows = list(cases.cases(scope).filter(outcome="recovered", outcome_at__lte=at, outcome_at__gt=at - timedelta(days=DAYS)).order_by("outcome_at", "id")[:most])
    people = {c.person_id for c in rows}
    seen, sampled = _last(scope, people, at), _sampled(scope, people, at)
    out = []
    for c in rows:
        assert c.outcome_at is not None
        zone = c.area.zone
        today, since = clock.local_day(at, zone), clock.local_day(c.outcome_at, zone)
        until = since + timedelta(days=DAYS)
        week, month = (rules.due_again(clock.local_day(t, zone) if t else None, since, every, until) for t, every in ((seen.get(c.person_id), WEEK), (sampled.get(c.person_id), MONTH)))
        out.append(Followed(c, since, until, week, month, week is not None and week <= today, month is not None and month <= today))
    return sorted(out, key=lambda f: (not (f.weekly_late or f.monthly_late), min(d for d in (f.weekly_on, f.monthly_on, f.until) if d is not None)))


@transaction.atomic
def record_week(scope: Scope, case: UUID, state: str, *, key: str = "") -> Outcome:
    """He was seen or called, and is well (`ok`) or has symptoms: a line of the ledger that the plan's weekly duty asks for. Sent twice it is one. Refused: bad-value."""
    row = _recovered(scope, case)
    told = {"person": row.person_id, "health_state": state, "happened_at": clock.now()}
    [outcome] = ledgers.save(scope, "daily_health", [Command(told=told, source_id=f"week:{key or uuid7()}")], sender=f"post:{scope.post_id}")
    if outcome.kind == "rejected":
        raise Refused(outcome.problems[0].code, field=outcome.problems[0].field, value=outcome.problems[0].value)
    return outcome


@transaction.atomic
def record_sample(scope: Scope, case: UUID, *, key: str = "") -> UUID:
    """His monthly sample was taken; the result comes from the laboratory. Sent twice it is one. Refused: not-allowed."""
    row = _recovered(scope, case)
    scope.check("specimen.write", row.area)
    number = f"month:{key or uuid7()}"
    listed = samples.Listed(key=number, person=row.person_id, area_id=row.area_id, disease=row.disease, sampled_at=clock.now())
    return samples.bring_samples(scope, [listed], sender=f"post:{scope.post_id}")[number][1]


def severe_without_place(scope: Scope, at: datetime | None = None, most: int = 200) -> list[Waiting]:
    """Severe and critical patients who have no bed for the severe: the longest first. Whoever lies in such a bed is placed, whatever was typed."""
    at = at or clock.now()
    rows = list(wards.courses(scope).filter(severe_at__lte=at, placed_at=None).select_related("unit").order_by("severe_at")[:most])
    placed = set(among(wards.admissions(scope).filter(left_at=None, bed_class__in=admitting.FOR_SEVERE), "person_id", {c.person_id for c in rows}).values_list("person_id", flat=True))
    hours = timedelta(hours=int(threshold("severe-hours", at.date())))
    return [Waiting(c, c.severe_at + hours) for c in rows if c.person_id not in placed and c.severe_at is not None]


def _recovered(scope: Scope, case: UUID) -> "Case":
    row = cases.access_case_by_id(scope, case)
    if row.outcome != "recovered":
        raise Refused("not-found-or-out-of-area")
    return row


def _last(scope: Scope, people: Iterable[UUID], at: datetime) -> dict[UUID, datetime]:
    found: dict[UUID, datetime] = {}
    if scope.can("ledger.read"):
        for person, moment in among(entries.entries(scope, "daily_health"), "person_id", people).filter(happened_at__lte=at).order_by("happened_at").values_list("person_id", "happened_at"):
            found[person] = moment
    return found


def _sampled(scope: Scope, people: Iterable[UUID], at: datetime) -> dict[UUID, datetime]:
    return dict(among(laboratory.specimens(scope), "person_id", people).filter(sampled_at__lte=at).order_by("sampled_at").values_list("person_id", "sampled_at"))
