"""The only way into the register of areas' grades and orders."""

from django.db.models import QuerySet

from sizao.kernel.scope import Scope, visible

from .models import AreaGrade


def grades(scope: Scope) -> QuerySet[AreaGrade]:
    """What is said of the areas that this scope may see."""
    return AreaGrade.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")
