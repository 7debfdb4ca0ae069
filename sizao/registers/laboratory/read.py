"""The only way into the laboratory's register."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from sizao.kernel.scope import Scope, visible

from .models import Laboratory, Result, Specimen, Tube


def specimens(scope: Scope) -> QuerySet[Specimen]:
    """The samples that this scope may see."""
    return Specimen.objects.filter(visible(), scope.area_filter("area")).select_related("area")


def tubes(scope: Scope) -> QuerySet[Tube]:
    """The pooled tubes that this scope may see."""
    return Tube.objects.filter(visible(), scope.area_filter("area")).select_related("area")


def laboratories(scope: Scope) -> QuerySet[Laboratory]:
    """The laboratories that this scope may see."""
    return Laboratory.objects.filter(visible(), scope.area_filter("area", "plan.read")).select_related("area")


def results_of(scope: Scope, specimen: UUID) -> list[Result]:
    """Every result that was told of a sample, the first one first; the last one stands."""
    return list(Result.objects.filter(visible(), scope.area_filter("area"), specimen=specimen).order_by("recorded_at", "id"))


def methods_of(specimens: Iterable[UUID]) -> dict[UUID, str]:
    """By which method the result that stands of each sample was got; a sample without a told method is absent. The caller has read the samples."""
    told = Result.objects.filter(visible(), specimen__in=list(specimens), method__isnull=False).order_by("recorded_at", "id")
    return dict(told.values_list("specimen", "method"))
