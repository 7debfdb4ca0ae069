"""Stays under an order: taken in, moved in the middle, gone before the end, let go. An order that binds nobody at that moment holds nobody."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from sizao.kernel import acts, audit, clock
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope, at_most_one, visible

from . import orders as read
from . import rules
from .actions import NewStay, add_stays
from .citing import rule_of
from .models import Order, Stay
from .ordering import BACK, guarded


@transaction.atomic
def take_in(scope: Scope, order: UUID, *, kind: str = "", area: Area | None = None, at: datetime | None = None) -> UUID:
    """The person of an order is where he is to be. Who is still in a stay under another order of this disease is moved: that one ends as this begins.

    Refused: stay-order-not-in-force (also by what ended it by itself: results, an unanswered objection), restriction-kind, contradicts-itself (before the
    order begins), stay-in-two-places, done-in-the-future, not-found-or-out-of-area.
    """
    row = order_to_write(scope, order)
    now = clock.now()
    at = past(at, now)
    binds(row, now)
    if at < row.starts_at - BACK:
        raise Refused("contradicts-itself")
    at = max(at, row.starts_at)
    if kind and kind not in rule_of(row).body["kinds"]:
        raise Refused("restriction-kind")
    ordered = Stay.objects.select_for_update(of=("self",)).filter(visible(), person=row.person_id, disease=row.disease, order__isnull=False, ended_at=None)
    for held in ordered:
        if held.order_id == row.pk:
            return held.pk  # type: ignore[no-any-return]
        if at < held.started_at:
            raise Refused("stay-in-two-places")
        held.ended_at = held.stands_from = at
        held.save(update_fields=["ended_at", "stands_from"])
    return _begin(scope, NewStay(row.person_id, (area or row.area).pk, row.disease, at, kind or row.kind, row.pk))


@transaction.atomic
def move(scope: Scope, stay: UUID, *, kind: str, area: Area | None = None, at: datetime | None = None) -> UUID:
    """He is moved in the middle: one stay ends and the next begins at the same instant, under the same order; nobody was let go between.

    Refused: stay-over, stay-order-not-in-force (whoever is free is not moved), restriction-kind.
    """
    row = _open(scope, stay)
    now = clock.now()
    at = past(at, now)
    if at <= row.started_at:
        raise Refused("contradicts-itself")
    if kind not in code_list("stay-kind"):
        raise Refused("restriction-kind")
    if row.order is not None:
        order = order_to_write(scope, row.order_id)
        binds(order, now)
        if kind not in rule_of(order).body["kinds"]:
            raise Refused("restriction-kind")
    row.ended_at, row.stands_from = at, at
    row.save(update_fields=["ended_at", "stands_from"])
    audit.write(scope, "isolation.moved", [row.person_id])
    return _begin(scope, NewStay(row.person_id, (area or row.area).pk, row.disease, at, kind, row.order_id))


@transaction.atomic
def let_go(scope: Scope, stay: UUID, *, at: datetime | None = None, left: bool = False) -> None:
    """He is let go, or (`left`) had gone before. That he is free when the order ends needs no word of ours: this tells when it came about."""
    row = _open(scope, stay)
    at = past(at, clock.now())
    if at < row.started_at:
        raise Refused("contradicts-itself")
    if left:
        row.left_at = at
    row.ended_at, row.stands_from = at, at
    row.save(update_fields=["ended_at", "left_at", "stands_from"])
    kind = "stay.left" if left else "stay.released"
    acts.record(scope, [NewAct(kind, row.pk, at, row.person_id, row.area_id, row.disease, outcome=row.kind, record=row.pk)])
    audit.write(scope, "isolation.left" if left else "isolation.released", [row.person_id])


def _begin(scope: Scope, new: NewStay) -> UUID:
    """The stay; what is there already from that instant on stands. The database keeps any two under orders apart."""
    with guarded():
        made = add_stays(scope, [new], sender=f"post:{scope.post_id}")
        if not made:
            raise Refused("stay-in-two-places")
    return made[0]


def order_to_write(scope: Scope, order: UUID | None) -> Order:
    """The order, for a post that may write stays there. Refused: not-allowed, not-found-or-out-of-area."""
    scope.check("stay.write")
    row: Order = at_most_one(read.orders(scope).filter(scope.area_filter("area", "stay.write"), pk=order)[:1])
    return row


def _open(scope: Scope, stay: UUID) -> Stay:
    scope.check("stay.write")
    found = Stay.objects.select_for_update(of=("self",)).select_related("area", "order").filter(visible(), scope.area_filter("area", "stay.write"), pk=stay)
    row: Stay = at_most_one(found[:1])
    if row.ended_at is not None:
        raise Refused("stay-over")
    return row


def standing(order: Order, at: datetime) -> str:
    """How an order stands at a moment, with all that ends it by itself."""
    return rules.standing(read.told(order, at), at)


def binds(order: Order, at: datetime) -> None:
    """Refused stay-order-not-in-force where the order binds nobody at that moment, whatever ended it."""
    found = standing(order, at)
    if found != "in_force":
        words = code_list("order-standing")[found]
        raise Refused("stay-order-not-in-force", standing=words)


def past(at: datetime | None, now: datetime) -> datetime:
    """The moment told, else now. Refused done-in-the-future."""
    if at is not None and at > now:
        raise Refused("done-in-the-future", value=at)
    return at or now
