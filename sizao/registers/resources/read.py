"""The only way into the registers of resources."""

from django.db.models import QuerySet

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
