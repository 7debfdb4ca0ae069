"""The only way into the registers of care."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from sizao.kernel.days import local_day_number
from sizao.kernel.rows import among, fetched
from sizao.kernel.scope import Scope, at_most_one, visible

from .models import Admission, Course, Hospital, Need, Referral


def hospitals(scope: Scope) -> QuerySet[Hospital]:
    """The institutions of the areas that this scope may see."""
    return Hospital.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area", "unit")


def courses(scope: Scope) -> QuerySet[Course]:
    """The courses of illness of the areas that this scope may see."""
    return Course.objects.filter(visible(), scope.area_filter("area", "case.read")).select_related("area")


def referrals(scope: Scope) -> QuerySet[Referral]:
    """The referrals to hospitals of the areas that this scope may see."""
    return Referral.objects.filter(visible(), scope.area_filter("area")).select_related("area", "from_area", "unit", "next_unit").defer("area__geometry", "from_area__geometry")


def admissions(scope: Scope) -> QuerySet[Admission]:
    """Who has, or had, a bed in a hospital of the areas that this scope may see."""
    return Admission.objects.filter(visible(), scope.area_filter("area")).select_related("area", "unit").defer("area__geometry")


def hospital_at(scope: Scope, unit: UUID) -> Hospital:
    """One institution. Refused not-found-or-out-of-area."""
    found: Hospital = at_most_one(hospitals(scope).filter(unit=unit)[:1])
    return found


def courses_of(scope: Scope, cases: Iterable[UUID]) -> list[tuple[UUID, str | None, int | None]]:
    """(case, severity, day on which treatment began or None) of these cases, days as whole numbers (`kernel.days`). For figures: who asks shows nobody. One statement."""
    rows = among(Course.objects.filter(visible(), scope.area_filter("area", "plan.read")), "about_case_id", cases)
    return fetched(rows.order_by("known_from", "id").values_list("about_case_id", "severity", local_day_number("treated_at")))


def days_of(scope: Scope, people: Iterable[UUID], disease: str) -> list[tuple[UUID, int, int | None]]:
    """(person, day of admission, day of leaving or None) of every bed that these persons had for a disease. For figures, as `courses_of`. One statement."""
    rows = among(Admission.objects.filter(visible(), scope.area_filter("area", "plan.read"), disease=disease), "person_id", people)
    return fetched(rows.order_by().values_list("person_id", local_day_number("admitted_at"), local_day_number("left_at")))


def admitted(units: Iterable[UUID], since: datetime, until: datetime) -> dict[UUID, tuple[int, datetime]]:
    """unit → (how many it admitted after `since`, up to and with `until`; when the last one of all). A unit that never recorded an admission is absent. Counts, no person. One statement."""
    rows = Admission.objects.filter(visible(), unit__in=list(units), admitted_at__lte=until).values("unit_id")
    counted = rows.annotate(n=Count("pk", filter=Q(admitted_at__gt=since)), last=Max("admitted_at")).order_by("unit_id")
    return {row["unit_id"]: (row["n"], row["last"]) for row in counted}


def referrals_of(person: UUID) -> QuerySet[Referral]:
    """The referrals of a person whom the caller has opened, the newest first, to whichever hospital."""
    return Referral.objects.filter(visible(), person=person).select_related("area", "unit", "next_unit").defer("area__geometry").order_by("-asked_at")


def open_needs(scope: Scope, path: str, at: datetime) -> dict[str, tuple[int, int]]:
    """Kind of need → (how many are open below an area, how many of them past their time). Counts, no person. One statement."""
    found = Need.objects.filter(visible(), scope.area_filter("area", "plan.read"), area__path__startswith=path, asked_at__lte=at).filter(Q(met_at=None) | Q(met_at__gt=at))
    rows = found.values("kind").annotate(n=Count("pk"), late=Count("pk", filter=Q(meet_by__lt=at))).order_by("kind")
    return {row["kind"]: (row["n"], row["late"]) for row in rows}
