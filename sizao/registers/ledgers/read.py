"""The only way into the ledgers."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from sizao.kernel.scope import Scope, at_most_one, visible

from .catalogue import ledger
from .models import DueReport, ReportingUnit
from .registers import of


def units(scope: Scope, permission: str = "plan.read") -> QuerySet[ReportingUnit]:
    """The reporting units that this scope may see (or write for, with another permission)."""
    return ReportingUnit.objects.filter(visible(), scope.area_filter("area", permission)).select_related("area")


def place_by_number(sender: str, told: str) -> ReportingUnit | None:
    """A unit by its id, or by its number: the sender's own, else the only one of that number. For an intake that then asks whether its post may tell of it there."""
    found = ReportingUnit.objects.filter(visible()).select_related("area").defer("area__geometry")
    try:
        return found.filter(pk=UUID(told)).first()
    except ValueError:
        some = list(found.filter(source_id=told)[:20])
        own = [u for u in some if u.sender == sender]
        return own[0] if own else some[0] if len(some) == 1 else None


def reports(scope: Scope) -> QuerySet[DueReport]:
    """The receipts of those units' reports."""
    return DueReport.objects.filter(visible(), scope.area_filter("unit__area", "plan.read")).select_related("unit")


def entries(scope: Scope, name: str) -> QuerySet[Any]:
    """The lines of a ledger that this scope may see. Refused ledger-unknown."""
    return of(ledger(name)).rows(scope).select_related("area", "unit")


def access_entry_by_id(scope: Scope, name: str, entry: UUID) -> Any:
    """One line. Refused not-found-or-out-of-area, whichever it is."""
    return at_most_one(entries(scope, name).filter(pk=entry)[:1])


def filed_ledgers() -> list[str]:
    """The ledgers of which this store holds a report."""
    return sorted(DueReport.objects.order_by().values_list("ledger", flat=True).distinct())
