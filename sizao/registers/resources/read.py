"""The only way into the registers of resources."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Count, DecimalField, F, Min, QuerySet, Sum
from django.db.models.functions import Cast

from sizao.kernel.scope import Scope, visible

from .models import Consignment, Need, Project, Stock


def stocks(scope: Scope) -> QuerySet[Stock]:
    """Stock in the areas that this scope may see."""
    return Stock.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def needs(scope: Scope) -> QuerySet[Need]:
    """Needs of the areas that this scope may see."""
    return Need.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def consignments(scope: Scope) -> QuerySet[Consignment]:
    """Goods on their way to the areas that this scope may see."""
    return Consignment.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def projects(scope: Scope) -> QuerySet[Project]:
    """Projects of the areas that this scope may see."""
    return Project.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def cover(scope: Scope, path: str) -> list[tuple[str, Decimal, Decimal, Decimal, int, datetime]]:
    """(item, on hand, use a day, the fewest days at one place, how many places, the oldest word) of what is used below an area. One statement."""
    days = Cast(F("on_hand"), DecimalField(max_digits=18, decimal_places=3)) / F("use_per_day")
    rows = stocks(scope).filter(area__path__startswith=path, reserve=False, use_per_day__gt=0, on_hand__isnull=False).order_by().values("item")
    found = rows.annotate(have=Sum("on_hand"), use=Sum("use_per_day"), fewest=Min(days), places=Count("pk"), oldest=Min("told_at"))
    return [(r["item"], r["have"], r["use"], r["fewest"], r["places"], r["oldest"]) for r in found]
