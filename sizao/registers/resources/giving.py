"""Goods given: from whom, to whom. What waits is what came less what was passed on; nobody types it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum, TextField, Value
from django.db.models.functions import Coalesce, Trim

from sizao.kernel.scope import Scope, visible

from .models import Consignment

RIGHT = "text.write"


@dataclass(frozen=True, slots=True)
class Came:
    """Goods of one item from one giver; "" is everybody who is not named. `unmeasured`: so many of the gifts have no amount on record."""

    item: str
    giver: str
    gifts: int
    unmeasured: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PassedOn:
    """Goods of one item that went to one unit; without a unit, to an area."""

    item: str
    unit: UUID | None
    unit_name: str
    area: int
    amount: Decimal


def came(scope: Scope, path: str, as_of: datetime) -> list[Came]:
    """What had been received below an area at a moment, by item and giver. What was passed on had been received, whether or not anybody wrote that down. One statement."""
    rows = _here(scope, path, as_of).annotate(by=Coalesce(Trim("giver_named"), Value(""), output_field=TextField())).values("item", "by")
    found = rows.annotate(gifts=Count("pk"), unmeasured=Count("pk", filter=Q(amount=None)), sum=Sum("amount"))
    return [Came(r["item"] or "", r["by"], r["gifts"], r["unmeasured"], r["sum"] or Decimal(0)) for r in found.order_by("item", "by")]


def passed_on(scope: Scope, path: str, as_of: datetime) -> list[PassedOn]:
    """What had been sent on or accepted at a moment, by item and where it went. One statement."""
    rows = _here(scope, path, as_of).filter(_passed(as_of)).values("item", "unit_id", "unit__name", "area_id").annotate(sum=Sum("amount"))
    return [PassedOn(r["item"] or "", r["unit_id"], r["unit__name"] or "", r["area_id"], r["sum"] or Decimal(0)) for r in rows.order_by("item", "unit__name", "area_id", "unit_id")]


def unpublished(scope: Scope, path: str, as_of: datetime) -> list[UUID]:
    """Gifts received by that moment of which nobody has read yet. One statement."""
    return list(_here(scope, path, as_of).filter(published_at=None).order_by("pk").values_list("pk", flat=True))


def _here(scope: Scope, path: str, as_of: datetime) -> QuerySet[Any]:
    rows = Consignment.objects.filter(visible(), scope.area_filter("area", RIGHT), donated=True, area__path__startswith=path)
    return rows.filter(Q(received_at__lte=as_of) | _passed(as_of)).order_by()


def _passed(as_of: datetime) -> Q:
    return Q(sent_at__lte=as_of) | Q(accepted_at__lte=as_of)
