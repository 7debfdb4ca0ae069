"""The only way into the register of hand-overs."""

from django.db.models import QuerySet

from sizao.kernel.scope import Scope, visible

from .models import Handover


def handovers(scope: Scope) -> QuerySet[Handover]:
    """The hand-overs that this scope may see: those that its areas must answer."""
    return Handover.objects.filter(visible(), scope.area_filter("area")).select_related("area")
