"""The only way into the registers of command."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Length

from sizao.kernel.models import Area
from sizao.kernel.scope import Scope, visible

from .models import AreaGrade, Duty, Order, PublicText, TextReceipt, Ticket


def grades(scope: Scope) -> QuerySet[AreaGrade]:
    """What is said of the areas that this scope may see."""
    return AreaGrade.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def orders(scope: Scope) -> QuerySet[Order]:
    """The orders of the areas that this scope may see."""
    return Order.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def tickets(scope: Scope) -> QuerySet[Ticket]:
    """The tickets of the areas that this scope may see."""
    return Ticket.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def duties(scope: Scope) -> QuerySet[Duty]:
    """Who answers for what in the areas that this scope may see."""
    return Duty.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def treatment_plan(area: Area, at: datetime) -> PublicText | None:
    """The treatment plan in force at an area: of the nearest area above that has one, the latest published. It names nobody, and is public."""
    found = PublicText.objects.filter(visible(), kind="treatment_plan", in_force=True, published_at__lte=at).select_related("area").defer("area__geometry")
    rows = [t for t in found.annotate(near=Length("area__path")).order_by("-near", "-published_at")[:500] if area.path.startswith(t.area.path)]
    return rows[0] if rows else None


def adopted_at(text: UUID, unit: UUID) -> datetime | None:
    """When a unit began to work by a text; None where it has not said so."""
    found = TextReceipt.objects.filter(visible(), text=text, unit=unit).order_by("reached_at").values_list("reached_at", flat=True).first()
    return found


def tickets_of(sender: str, numbers: Iterable[str]) -> dict[str, UUID]:
    """number → the ticket that a sender raised under it; for the story that raised it."""
    return dict(Ticket.objects.filter(sender=sender, source_id__in=list(numbers)).values_list("source_id", "pk"))
