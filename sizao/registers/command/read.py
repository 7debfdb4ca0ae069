"""The only way into the registers of command."""

from django.db.models import QuerySet

from sizao.kernel.scope import Scope, visible

from .models import AreaGrade, Duty, Order, Ticket


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
