"""The only way into the registers of care."""

from django.db.models import QuerySet

from sizao.kernel.scope import Scope, visible

from .models import Course, Hospital


def hospitals(scope: Scope) -> QuerySet[Hospital]:
    """The institutions of the areas that this scope may see."""
    return Hospital.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area", "unit")


def courses(scope: Scope) -> QuerySet[Course]:
    """The courses of illness of the areas that this scope may see."""
    return Course.objects.filter(visible(), scope.area_filter("area", "case.read")).select_related("area")
