"""Where somebody is, as far as rows tell: who is in two places at once, and who is under an order of which nobody has said where he is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from sizao.kernel import audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.rows import among
from sizao.kernel.scope import Scope, at_most_one, visible

from . import orders as read
from . import rules
from .ending import told_of
from .models import Absence, Order, Stay
from .read import stays

#: A stay that nobody has ended for so long is a record that was forgotten: it is asked about no more.
FORGOTTEN = timedelta(days=90)


def doubled(scope: Scope, at: datetime | None = None, most: int = 100) -> list[list[Stay]]:
    """Who is in two places at once: for each person his open stays of one disease, the oldest first; whose last one began latest comes first.

    Two records that were merged, or two lists that both tell of him. A stay that this scope does not see is none of them; nor are two of one kind in one area, as
    when an order follows what a list had told.
    """
    at = at or clock.now()
    held = _recent(scope, at)
    twin = Stay.objects.filter(visible(), scope.area_filter("area"), person=OuterRef("person_id"), disease=OuterRef("disease"), ended_at=None, started_at__lte=at, started_at__gt=at - FORGOTTEN)
    rows = held.filter(Exists(twin.exclude(pk=OuterRef("pk")))).select_related("order").order_by("person_id", "disease", "started_at", "id")[: 20 * most]
    found = [list(some) for _, some in groupby(rows, key=lambda s: (s.person_id, s.disease))]
    return sorted((some for some in found if len({(s.kind, s.area_id) for s in some}) > 1), key=lambda some: some[-1].started_at, reverse=True)[:most]


@transaction.atomic
def keep(scope: Scope, stay: UUID) -> UUID:
    """He is in this place and in no other: his other open stays of this disease end as those of somebody who was moved, for nobody was let go. The person.

    One that began before this one ends as this begins; one that began later ends now. Refused: stay-over, not-allowed, not-found-or-out-of-area (also where another of his
    stays lies beyond what this post may write).
    """
    scope.check("stay.write")
    mine: Stay = at_most_one(Stay.objects.filter(visible(), scope.area_filter("area", "stay.write"), pk=stay)[:1])
    rows = list(Stay.objects.select_for_update(of=("self",)).filter(visible(), scope.area_filter("area"), person=mine.person_id, disease=mine.disease, ended_at=None).order_by("id"))
    kept = next((s for s in rows if s.pk == mine.pk), None)
    if kept is None:
        raise Refused("stay-over")
    others = [s for s in rows if s.pk != kept.pk]
    if Stay.objects.filter(visible(), scope.area_filter("area", "stay.write"), pk__in=[s.pk for s in others]).count() != len(others):
        raise Refused("not-found-or-out-of-area")
    now = clock.now()
    for other in others:
        other.ended_at = max(kept.started_at, other.started_at) if other.started_at <= kept.started_at else now
        other.stands_from = other.ended_at
        other.save(update_fields=["ended_at", "stands_from"])
    audit.write(scope, "isolation.moved", [kept.person_id])
    return kept.person_id


def unplaced(scope: Scope, at: datetime | None = None, people: Iterable[UUID] | None = None) -> list[Order]:
    """Orders in force of which nobody has said where the person is: no stay under them, none of his open, and he is not known to be gone. The longest in force first.

    `people`: only theirs. Three statements.
    """
    at = at or clock.now()
    found: QuerySet[Order] = read.orders(scope).filter(starts_at__lte=at, ends_at__gt=at, lifted_at=None, issue__refused_at=None)
    if people is not None:
        found = among(found, "person_id", people)
    begun = Stay.objects.filter(visible(), order=OuterRef("pk"))
    held = Stay.objects.filter(visible(), person=OuterRef("person_id"), ended_at=None, started_at__lte=at, started_at__gt=at - FORGOTTEN)
    gone = Absence.objects.filter(visible(), order=OuterRef("pk"))
    rows = list(found.filter(~Exists(begun), ~Exists(held), ~Exists(gone)).order_by("starts_at", "id"))
    told = told_of(rows, at)
    return [o for o in rows if rules.standing(told[o.pk], at) == "in_force"]


def ordered_home(scope: Scope, at: datetime | None = None, people: Iterable[UUID] | None = None) -> dict[UUID, datetime]:
    """person → since when an order has bound him that tells nobody where he is. He is taken to be at home: wherever he is to go, nobody has said that he was taken there."""
    since: dict[UUID, datetime] = {}
    for order in unplaced(scope, at, people):
        since.setdefault(order.person_id, order.starts_at)
    return dict(since)


def _recent(scope: Scope, at: datetime) -> QuerySet[Stay]:
    return stays(scope).filter(ended_at=None, started_at__lte=at, started_at__gt=at - FORGOTTEN)
