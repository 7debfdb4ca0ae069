"""The only way into the ledgers."""

from django.db.models import QuerySet

from sizao.kernel.scope import Scope, visible

from .models import DueReport, HouseholdVisit, ReportingUnit


def units(scope: Scope) -> QuerySet[ReportingUnit]:
    """The reporting units that this scope may see."""
    return ReportingUnit.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def reports(scope: Scope) -> QuerySet[DueReport]:
    """The reports of those units."""
    return DueReport.objects.filter(visible(), scope.area_filter("unit__area", "plan.read")).select_related("unit")


def visits(scope: Scope) -> QuerySet[HouseholdVisit]:
    """The visits that this scope may see."""
    return HouseholdVisit.objects.filter(visible(), scope.area_filter("area")).select_related("area")
