"""The only way into surveillance."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from sizao.kernel.days import local_day_number
from sizao.kernel.rows import among
from sizao.kernel.scope import Scope, visible

from .models import CaseCard, Signal, SymptomLine


def lines(scope: Scope) -> QuerySet[SymptomLine]:
    """The symptom lines that this scope may see; the caller records the read of persons."""
    return SymptomLine.objects.filter(visible(), scope.area_filter("area")).select_related("area")


def lines_of(scope: Scope, person: UUID) -> list[SymptomLine]:
    """A person's part of the symptom ledger, oldest first."""
    return list(lines(scope).filter(person=person).order_by("found_at"))


def channels_of(scope: Scope, people: Iterable[UUID]) -> list[tuple[UUID, int, str]]:
    """(person, day found, channel) of every symptom line of these persons, days as whole numbers (`kernel.days`). For figures: who asks shows nobody, so the right to read the
    plan is enough. One statement."""
    rows = among(SymptomLine.objects.filter(visible(), scope.area_filter("area", "plan.read")), "person_id", people)
    return list(rows.values_list("person_id", local_day_number("found_at"), "channel"))


def signals(scope: Scope) -> QuerySet[Signal]:
    """The signals that this scope may see."""
    return Signal.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def cards(scope: Scope) -> QuerySet[CaseCard]:
    """The report cards that this scope may see."""
    return CaseCard.objects.filter(visible(), scope.area_filter("area", "case.read")).select_related("area")


#: The views of the list of cards: what is asked of their rows, and in which order they stand.
_VIEWS: dict[str, tuple[Q, tuple[Any, ...]]] = {
    "to-review": (Q(reviewed_at=None), (F("review_by").asc(nulls_last=True), "received_at", "id")),
    "returned": (Q(outcome="returned"), ("-reviewed_at", "id")),
    "to-finish": (Q(outcome="accepted", final_at=None), ("reviewed_at", "id")),
    "final": (Q(final_at__isnull=False), ("-final_at", "id")),
    "all": (Q(), ("-received_at", "id")),
}


def cards_in(scope: Scope, view: str) -> QuerySet[CaseCard]:
    """The cards of a view of the list, in its order; the caller records the read of persons."""
    asked, order = _VIEWS[view]
    return cards(scope).select_related("from_unit").filter(asked).order_by(*order)


def card_counts(scope: Scope) -> dict[str, int]:
    """How many cards each view has. One statement."""
    return cards(scope).aggregate(**{view.replace("-", "_"): Count("id", filter=asked) if asked else Count("id") for view, (asked, _order) in _VIEWS.items()})


def found_by(units: Iterable[UUID], since: datetime, until: datetime) -> dict[UUID, int]:
    """How many lines each of these units found after `since`, up to and with `until`. Counts only; no person is read."""
    rows: Any = SymptomLine.objects.filter(visible(), found_unit__in=list(units), found_at__gt=since, found_at__lte=until)
    return dict(rows.values_list("found_unit").annotate(n=Count("id")))
