"""The only way into the registers of movement."""

from django.db.models import QuerySet

from sizao.kernel.scope import Scope, visible

from .models import Handover, Journey


def handovers(scope: Scope) -> QuerySet[Handover]:
    """The hand-overs that this scope may see: those that its areas must answer."""
    return Handover.objects.filter(visible(), scope.area_filter("area")).select_related("area")


def journeys(scope: Scope) -> QuerySet[Journey]:
    """The journeys of the areas that this scope may see."""
    return Journey.objects.filter(visible(), scope.area_filter("area", "person.read")).select_related("area")
