"""Putting an edition in force: one person proposes, another agrees, and the edition before it ends at the moment at which the new one begins.

The same verbs serve the pages and the command line. Every function takes the scope first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from sizao.kernel import audit, clock, content
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, ContentItem, Enactment
from sizao.kernel.scope import Scope

from . import evaluation
from .acts import acts_of


def standing(item_id: str, area: Area, disease: str, at: datetime | None = None) -> Enactment | None:
    """What of this plan is decided for exactly this area and disease, and in force at that moment (default: now)."""
    at = at or clock.now()
    return _decided(item_id, area, disease).filter(starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at)).order_by("-pk").first()


def elsewhere(item_id: str, area: Area, disease: str, at: datetime | None = None) -> list[Enactment]:
    """Where else the same plan is in force for that disease or for all, above or below the area.

    Of one above, the new one takes its area over; below, the one that is there goes on and takes its own area out of the new one. A trial takes nothing.
    """
    at = at or clock.now()
    above = [int(pk) for pk in area.path.split(".") if pk]
    found = Enactment.objects.filter(item__kind="plan", item__item_id=item_id, decided_at__isnull=False, starts_at__lte=at)
    found = found.filter(Q(ends_at=None) | Q(ends_at__gt=at)).filter(Q(area__in=above) | Q(area__path__startswith=area.path))
    if disease:
        found = found.filter(disease__in=["", disease])
    return list(found.exclude(area=area).select_related("area", "item").order_by("pk"))


def below(item: ContentItem, area: Area, disease: str, starts_at: datetime) -> list[Enactment]:
    """What is decided for areas below and would go on there under its own text, were this one to begin at `starts_at`."""
    made = Enactment(item=item, area=area, disease=disease, starts_at=starts_at)
    found = Enactment.objects.filter(
        item__kind="plan", item__item_id=item.item_id, decided_at__isnull=False, area__path__startswith=area.path
    )
    return [e for e in found.select_related("area", "item").order_by("pk") if evaluation.displaces(e, made)]


def governing(item_id: str, area: Area, disease: str, at: datetime | None = None) -> Enactment | None:
    """What of this plan the people of an area are under at that moment (default: now): what is in force for it, else for the nearest area above."""
    return standing(item_id, area, disease, at) or nearest_above(elsewhere(item_id, area, disease, at), area, disease)


def nearest_above(others: Iterable[Enactment], area: Area, disease: str) -> Enactment | None:
    """Of what is in force elsewhere, that of the nearest area above: the people of an area without one of its own are under it."""
    over = [e for e in others if area.path.startswith(e.area.path) and e.disease in ("", disease)]
    return max(over, key=lambda e: (len(e.area.path.split(".")), e.disease == disease, e.pk), default=None)


def waiting(item: ContentItem, area: Area, disease: str) -> Enactment | None:
    """The proposal of this text for this area and disease that nobody has seconded yet."""
    return (
        Enactment.objects.filter(item=item, area=area, disease=disease, decided_at=None)
        .select_related("item", "area", "proposed_by")
        .first()
    )


def proposal(number: int) -> Enactment | None:
    """A proposal that waits, by its number; the caller checks the right to its area."""
    return Enactment.objects.filter(pk=number, decided_at=None, item__kind="plan").select_related("item", "area", "proposed_by").first()


@transaction.atomic
def propose(scope: Scope, item: ContentItem, area: Area, disease: str, starts_at: datetime) -> Enactment:
    """The first of two people. Refused plan-in-force-already (this very text is), plan-proposed-already (it waits for the second)."""
    scope.check("content.enact", area)
    acts_of(item.text)  # an edition that this version cannot read is not proposed
    now = standing(item.item_id, area, disease)
    if now is not None and now.item_id == item.pk and not now.trial:
        raise Refused("plan-in-force-already", item=item.ref)
    if found := waiting(item, area, disease):
        raise Refused("plan-proposed-already", item=item.ref, by=found.proposed_by.name)
    return content.propose(scope, item, area, disease, starts_at)


@transaction.atomic
def second(scope: Scope, enactment: int) -> Enactment:
    """The second person: it is in force, what stood before it ends when it begins, and its act kinds are kept from then on.

    Refused two-people-needed (the same person), plan-decided-already (somebody else was quicker).
    """
    found = (
        Enactment.objects.select_for_update(of=("self",))
        .select_related("item", "area", "proposed_by")
        .filter(pk=enactment, item__kind="plan")
        .first()
    )
    if found is None:
        raise Refused("not-found-or-out-of-area")
    scope.check("content.enact", found.area)
    if found.decided_at is not None:
        raise Refused("plan-decided-already", item=found.item.ref)
    made = content.second(scope, found)
    _make_room(scope, made)
    today = clock.start_of_day(clock.local_day(clock.now(), made.area.zone), made.area.zone)
    content.keep(acts_of(made.item.text), made.area, max(made.starts_at, today), f"enacted {made.item.ref}")
    return made


@transaction.atomic
def withdraw(scope: Scope, enactment: int) -> Enactment:
    """Takes back a proposal that nobody has seconded: the proposer does, or anybody else with the right. Refused plan-decided-already."""
    found = Enactment.objects.select_for_update(of=("self",)).select_related("item", "area").filter(pk=enactment, item__kind="plan").first()
    if found is None:
        raise Refused("not-found-or-out-of-area")
    scope.check("content.enact", found.area)
    if found.decided_at is not None:
        raise Refused("plan-decided-already", item=found.item.ref)
    audit.write(scope, "content.withdrawn", [], item=found.item.ref, enactment=found.pk)
    Enactment.objects.filter(pk=found.pk).delete()
    return found


def _make_room(scope: Scope, made: Enactment) -> None:
    """One text of a plan at a time for an area and disease: earlier ones end where this begins, and this ends where a later one was decided to begin."""
    others = _decided(made.item.item_id, made.area, made.disease).exclude(pk=made.pk).select_for_update(of=("self",))
    for other in others.filter(starts_at__lte=made.starts_at).filter(Q(ends_at=None) | Q(ends_at__gt=made.starts_at)):
        other.ends_at = made.starts_at
        other.save(update_fields=["ends_at"])
        audit.write(scope, "content.ended", [], item=other.item.ref, enactment=other.pk, at=made.starts_at)
    later = others.filter(starts_at__gt=made.starts_at).order_by("starts_at").first()
    if later is not None and (made.ends_at is None or made.ends_at > later.starts_at):
        made.ends_at = later.starts_at
        made.save(update_fields=["ends_at"])


def _decided(item_id: str, area: Area, disease: str) -> QuerySet[Enactment]:
    return Enactment.objects.filter(
        item__kind="plan", item__item_id=item_id, area=area, disease=disease, decided_at__isnull=False
    ).select_related("item", "area")
