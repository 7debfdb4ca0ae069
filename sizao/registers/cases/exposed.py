"""Reading exposed places, searches and the reasons of who was named; a part of `read`, the only way in."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from sizao.kernel import audit
from sizao.kernel.scope import Scope, at_most_one, visible

from .models import Case, Contact, ExposedPlace, Exposure, ExposureSearch

#: Classes of a case that is none; from their stays nobody is looked for.
NO_CASE = ("ruled_out",)


def places(scope: Scope) -> QuerySet[ExposedPlace]:
    """The exposed places that this scope may see."""
    return ExposedPlace.objects.filter(visible(), scope.area_filter("area", "case.read")).select_related("area", "place", "case__area")


def trajectory(scope: Scope, case: UUID) -> list[ExposedPlace]:
    """The stays of a case that were not withdrawn, wherever they are, in the order of time. The caller has opened the case: who may read it may read where it was."""
    del scope
    return list(ExposedPlace.objects.filter(visible(), case=case, withdrawn_at=None).select_related("area", "place").order_by("opens_at", "id"))


def usable(found: QuerySet[ExposedPlace]) -> QuerySet[ExposedPlace]:
    """Those from which somebody may be looked for: confirmed, at a place of the register, not withdrawn, of a case that stands or of none."""
    return found.filter(place__isnull=False, confirmed_at__isnull=False, withdrawn_at=None).exclude(case__classification__in=NO_CASE)


#: The columns of `stays_of_cases`, in their order.
STAYS = ("place", "kind", "area", "zone", "disease", "person", "start", "end")


def stays_of_cases(until: datetime, since: datetime, *, path: str = "", disease: str = "") -> list[tuple[Any, ...]]:
    """Where cases were, as `STAYS`: their confirmed stays at places of the register; and, of persons whom a search had named as visitors of such a place, their time there once they are cases themselves.
    `kind`, `area` and `zone` are those of the place. Only what ends after `since` and was on record at `until`. For the watch and for figures of places: nobody else's visit is read, and no person is shown. Two statements."""
    stays = usable(ExposedPlace.objects.filter(visible(), case__isnull=False, closes_at__gt=since, opens_at__lte=until, confirmed_at__lte=until, place__area__path__startswith=path)).order_by()
    became = Exposure.objects.filter(visible(), together_until__gt=since, together_from__lte=until, recorded_at__lte=until, exposed_place__place__area__path__startswith=path).order_by()
    named = became.filter(exposed_place__withdrawn_at=None).filter(
        Exists(Case.objects.filter(visible(), person=OuterRef("person"), disease=OuterRef("exposed_place__disease"), known_from__lte=until).exclude(classification__in=NO_CASE))
    )
    if disease:
        stays, named = stays.filter(disease=disease), named.filter(exposed_place__disease=disease)
    of = ("place_id", "place__kind", "place__area_id", "place__area__zone")
    rows = list(stays.values_list(*of, "disease", "case__person_id", "opens_at", "closes_at"))
    return rows + list(named.values_list(*(f"exposed_place__{c}" for c in (*of, "disease")), "person_id", "together_from", "together_until"))


def searches(scope: Scope) -> QuerySet[ExposureSearch]:
    """The searches that this scope may see."""
    return ExposureSearch.objects.filter(visible(), scope.area_filter("area", "case.read")).select_related("area", "asked_by", "seconded_by")


def access_search_by_id(scope: Scope, search: UUID) -> ExposureSearch:
    """One search. Refused not-found-or-out-of-area."""
    found: ExposureSearch = at_most_one(searches(scope).filter(pk=search)[:1])
    return found


def named_by(scope: Scope, search: UUID, limit: int = 1000) -> list[Exposure]:
    """Whom a search named, as far as this scope sees, the read on record."""
    found = list(Exposure.objects.filter(scope.area_filter("area", "case.read"), search=search).select_related("area").order_by("person_id", "together_from")[:limit])
    if found:
        audit.write(scope, "exposures.read", sorted({e.person_id for e in found}))
    return found


def reasons_of(scope: Scope, person: UUID) -> list[Exposure]:
    """Why this person was named; the caller has asked for the right to look, and audits."""
    found = Exposure.objects.filter(scope.area_filter("area", "case.read"), person=person).select_related("exposed_place__place", "search")
    return list(found.order_by("together_from"))


def exposures_of(scope: Scope, contacts: Iterable[UUID]) -> list[Exposure]:
    """The windows of exposure of these contacts, in the order of time. One statement."""
    return list(Exposure.objects.filter(scope.area_filter("area", "case.read"), contact__in=list(contacts)).order_by("together_from"))


def known_cases(people: Iterable[UUID], disease: str) -> set[UUID]:
    """Who of these persons is a case of that disease already."""
    return set(Case.objects.filter(visible(), person__in=set(people), disease=disease).exclude(classification__in=NO_CASE).values_list("person_id", flat=True))


def standing_contacts(people: Iterable[UUID], disease: str) -> dict[UUID, Contact]:
    """The persons' contacts that are neither released nor cases, by person."""
    return {c.person_id: c for c in Contact.objects.filter(visible(), person__in=set(people), disease=disease, released_at=None, became_case_at=None).order_by("known_from")}


def public_counts(zone: str) -> list[tuple[date, int, int, int]]:
    """For anyone, by month, newest first: searches asked, of them those that named, persons named. No place, no area, no disease."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('month', asked_at AT TIME ZONE %s)::date AS month, count(*), count(named_at), coalesce(sum(named), 0) "
            "FROM cases_exposuresearch GROUP BY 1 ORDER BY 1 DESC LIMIT 24",
            [zone],
        )
        return [(row[0].date() if isinstance(row[0], datetime) else row[0], row[1], row[2], int(row[3])) for row in cursor.fetchall()]
