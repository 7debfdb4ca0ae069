"""What was given, in sums: for anyone to read. No giver, no consignment; what is not accepted yet stands as on its way."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum

from sizao.kernel.models import Area
from sizao.kernel.scope import visible

from .models import Consignment


@dataclass(frozen=True, slots=True)
class Given:
    """One kind of goods below one area of the second level. `accepted` of what came is in use; the rest is on its way or waits to be matched with a need."""

    area: Area
    item: str
    times: int
    came: Decimal
    matched: Decimal
    accepted: Decimal


def donated() -> list[Given]:
    """Every item with what came, what was matched with a need and what was accepted there. Two statements."""
    rows = (
        Consignment.objects.filter(visible(), donated=True)
        .order_by()
        .values("area_id", "item")
        .annotate(times=Count("pk"), came=Sum("amount"), matched=Sum("amount", filter=Q(matched_at__isnull=False)), accepted=Sum("amount", filter=Q(accepted_at__isnull=False)))
    )
    places = {a.pk: a for a in Area.objects.filter(pk__in={r["area_id"] for r in rows}).defer("geometry")}
    found = [Given(places[r["area_id"]], r["item"] or "", r["times"], r["came"] or Decimal(0), r["matched"] or Decimal(0), r["accepted"] or Decimal(0)) for r in rows]
    return sorted(found, key=lambda g: (g.item, g.area.code))
