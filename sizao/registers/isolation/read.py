"""The only way into the register of isolation."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from sizao.kernel.days import local_day_number
from sizao.kernel.rows import among, fetched
from sizao.kernel.scope import Scope, visible

from .models import DailyCheck, Stay


def stays(scope: Scope) -> QuerySet[Stay]:
    """The stays that this scope may see."""
    return Stay.objects.filter(visible(), scope.area_filter("area")).select_related("area")


def open_by_kind(scope: Scope, path: str) -> dict[str, int]:
    """Kind of stay → how many are kept so below an area now. Counts, no person: whoever reads the plan may. One statement."""
    found = Stay.objects.filter(visible(), scope.area_filter("area", "plan.read"), area__path__startswith=path, ended_at=None)
    return {row["kind"]: row["n"] for row in found.values("kind").annotate(n=Count("pk")).order_by("kind")}


def checks(scope: Scope) -> QuerySet[DailyCheck]:
    """The daily checks that this scope may see."""
    return DailyCheck.objects.filter(visible(), scope.area_filter("area"))


def stays_of(scope: Scope, person: UUID) -> list[Stay]:
    return list(stays(scope).filter(person=person).order_by("started_at"))


def checks_of(scope: Scope, person: UUID) -> list[DailyCheck]:
    return list(checks(scope).filter(person=person).order_by("happened_at"))


def days_of(scope: Scope, people: Iterable[UUID], disease: str) -> list[tuple[UUID, int, int | None]]:
    """(person, first day, last day or None) of every stay of these persons for a disease, in any order, days as whole numbers (`kernel.days`). For figures: who asks shows nobody,
    so the right to read the plan is enough. One statement."""
    rows = among(Stay.objects.filter(visible(), scope.area_filter("area", "plan.read"), disease=disease), "person_id", people)
    return fetched(rows.order_by().values_list("person_id", local_day_number("started_at"), local_day_number("ended_at")))


def timeline(scope: Scope, person: UUID, stays: list[Stay] | None = None) -> list[dict[str, Any]]:
    """This register's part of a person's timeline, oldest first: stays and checks. `stays`: what `stays_of` answered, where it was asked already."""
    stays = stays_of(scope, person) if stays is None else stays
    found: list[dict[str, Any]] = [{"at": s.started_at, "what": "stay.admitted", "table": "stay", "record": s.pk, "code": s.kind} for s in stays]
    found += [{"at": s.ended_at, "what": "stay.released", "table": "stay", "record": s.pk, "code": s.kind} for s in stays if s.ended_at]
    found += [
        {"at": c.happened_at, "what": "isolation.daily_check", "table": "check", "record": c.pk, "code": c.outcome, "temperature": c.temperature, "symptoms": c.symptoms}
        for c in checks_of(scope, person)
    ]
    return sorted(found, key=lambda f: f["at"])
