"""The only way into the registers of command."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Length

from sizao.kernel.models import Area
from sizao.kernel.scope import Scope, visible

from .models import AreaGrade, AreaReview, Duty, Order, PublicText, TextReceipt, Ticket


def grades(scope: Scope) -> QuerySet[AreaGrade]:
    """What is said of the areas that this scope may see."""
    return AreaGrade.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def standing(scope: Scope, scale: str, at: datetime, permission: str = "plan.read") -> dict[int, AreaGrade]:
    """area → its line on a scale with one value at a time that is in force at a moment. One statement."""
    rows = AreaGrade.objects.filter(visible(), scope.area_filter("area", permission), scale=scale, starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at)).select_related("area").defer("area__geometry")
    return {row.area_id: row for row in rows.order_by("starts_at", "pk")}


def last_reviews(scope: Scope, scale: str, at: datetime) -> dict[int, AreaReview]:
    """area → the last time that somebody looked at what is decided on a scale. One statement."""
    rows = AreaReview.objects.filter(visible(), scope.area_filter("area", "plan.read"), scale=scale, reviewed_at__lte=at)
    return {row.area_id: row for row in rows.order_by("reviewed_at", "pk")}


def course(scope: Scope, scale: str, path: str, since: datetime, until: datetime) -> list[AreaGrade]:
    """Every line of a scale below an area that was in force at some time between, the earliest first. One statement."""
    rows = AreaGrade.objects.filter(visible(), scope.area_filter("area", "plan.read"), scale=scale, area__path__startswith=path, starts_at__lte=until)
    return list(rows.filter(Q(ends_at=None) | Q(ends_at__gt=since)).select_related("area").defer("area__geometry").order_by("starts_at", "pk"))


def decisions(scope: Scope, area: Area, scale: str, most: int = 50) -> list[AreaGrade | AreaReview]:
    """What was decided of one area on a scale and how it was looked at again, the latest first. Two statements."""
    lines = list(AreaGrade.objects.filter(visible(), scope.area_filter("area", "plan.read"), area=area, scale=scale).order_by("-starts_at", "-pk")[:most])
    looks = list(AreaReview.objects.filter(visible(), scope.area_filter("area", "plan.read"), area=area, scale=scale).order_by("-reviewed_at", "-pk")[:most])
    return sorted([*lines, *looks], key=lambda r: r.starts_at if isinstance(r, AreaGrade) else r.reviewed_at, reverse=True)[:most]


def published_grades(at: datetime) -> list[AreaGrade]:
    """For anyone: the risk grades in force that people decided, by area. No number is among them. One statement."""
    rows = AreaGrade.objects.filter(visible(), scale="risk", starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at))
    return list(rows.select_related("area").defer("area__geometry").order_by("area__code", "starts_at"))


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
