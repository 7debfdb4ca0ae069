"""The only way into the laboratory's register."""

from django.db.models import QuerySet

from sizao.kernel.scope import Scope, visible

from .models import Specimen


def specimens(scope: Scope) -> QuerySet[Specimen]:
    """The samples that this scope may see."""
    return Specimen.objects.filter(visible(), scope.area_filter("area")).select_related("area")
