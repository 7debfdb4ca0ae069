"""The only way into surveillance."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from sizao.kernel.scope import Scope, visible

from .models import CaseCard, Signal, SymptomLine


def lines(scope: Scope) -> QuerySet[SymptomLine]:
    """The symptom lines that this scope may see; the caller records the read of persons."""
    return SymptomLine.objects.filter(visible(), scope.area_filter("area")).select_related("area")


def lines_of(scope: Scope, person: UUID) -> list[SymptomLine]:
    """A person's part of the symptom ledger, oldest first."""
    return list(lines(scope).filter(person=person).order_by("found_at"))


def signals(scope: Scope) -> QuerySet[Signal]:
    """The signals that this scope may see."""
    return Signal.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def cards(scope: Scope) -> QuerySet[CaseCard]:
    """The report cards that this scope may see."""
    return CaseCard.objects.filter(visible(), scope.area_filter("area", "case.read")).select_related("area")


def found_by(units: Iterable[UUID], since: datetime, until: datetime) -> dict[UUID, int]:
    """How many lines each of these units found after `since`, up to and with `until`. Counts only; no person is read."""
    rows: Any = SymptomLine.objects.filter(visible(), found_unit__in=list(units), found_at__gt=since, found_at__lte=until)
    return dict(rows.values_list("found_unit").annotate(n=Count("id")))
