"""Money given: from whom, for what it was used. What waits is what came less what was used; nobody types it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, DecimalField, QuerySet, Sum, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Trim

from sizao.kernel.scope import Scope, visible

from .models import Entry, ReportingUnit

GIVEN, USED, RIGHT = "money_given", "money_used", "text.write"


@dataclass(frozen=True, slots=True)
class Came:
    """Money of one currency from one giver; "" is everybody who is not named."""

    currency: str
    giver: str
    gifts: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Used:
    """Money of one currency for one use (code list `funding-use`), perhaps passed on to one unit."""

    currency: str
    use: str
    to: str
    amount: Decimal


def came(scope: Scope, path: str, as_of: datetime) -> list[Came]:
    """What had been given below an area by a moment. One statement."""
    rows = _lines(scope, GIVEN, path, as_of).annotate(by=Coalesce(Trim(KT("values__giver_named")), Value(""), output_field=TextField()))
    found = rows.values("currency", "by").annotate(gifts=Count("pk"), sum=_sum(GIVEN)).order_by("currency", "by")
    return [Came(r["currency"], r["by"], r["gifts"], r["sum"]) for r in found]


def used(scope: Scope, path: str, as_of: datetime) -> list[Used]:
    """What had been used or passed on by a moment. Two statements."""
    rows = _lines(scope, USED, path, as_of).annotate(use=KT("values__funding_use"), to=Coalesce(KT("values__given_to"), Value(""), output_field=TextField()))
    found = list(rows.values("currency", "use", "to").annotate(sum=_sum(USED)).order_by("currency", "use", "to"))
    names = dict(ReportingUnit.objects.filter(pk__in={UUID(r["to"]) for r in found if r["to"]}).values_list("pk", "name"))
    return [Used(r["currency"], r["use"], names.get(UUID(r["to"]), "") if r["to"] else "", r["sum"]) for r in found]


def _lines(scope: Scope, ledger: str, path: str, as_of: datetime) -> QuerySet[Any]:
    rows = Entry.objects.filter(visible(), scope.area_filter("area", RIGHT), ledger=ledger, area__path__startswith=path, happened_at__lte=as_of)
    return rows.order_by().annotate(currency=KT("values__currency"))


def _sum(field: str) -> Any:
    return Sum(Cast(KT(f"values__{field}"), DecimalField(max_digits=20, decimal_places=2)))
