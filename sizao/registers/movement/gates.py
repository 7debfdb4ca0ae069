"""Shifts at a gateway: somebody signs on, hands over with what is open, and the next one takes it over. The door's own name for it is `GateShift`."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from sizao.kernel import audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope, at_most_one, visible

from .models import GateShift

RIGHT = "gate.write"
LONGEST = 2000


def shifts(scope: Scope) -> QuerySet[GateShift]:
    """The shifts at gateways of the areas in which this scope may work at one."""
    return GateShift.objects.filter(visible(), scope.area_filter("area", RIGHT)).select_related("area", "unit", "post")


def standing(scope: Scope, unit: UUID) -> GateShift | None:
    """The shift that is on at a gateway."""
    return shifts(scope).filter(unit=unit, over_at=None).first()


def waiting(scope: Scope, unit: UUID) -> GateShift | None:
    """The last shift that was handed over and that nobody has taken yet."""
    return shifts(scope).filter(unit=unit, over_at__isnull=False, taken_at=None).order_by("-over_at").first()


@transaction.atomic
def sign_on(scope: Scope, unit: UUID, area_id: int, area_path: str, *, seen: UUID | None = None) -> GateShift:
    """This post is on from now; what the shift before left open is taken over with it. Signing on twice is one shift.

    `seen`: the shift whose open matters were shown. Refused: not-allowed, not-found-or-out-of-area; gate-shift-on (another post is on and has not handed
    over); gate-matters-unseen (matters were left open that this one was not shown).
    """
    scope.check(RIGHT, area_path)
    on, left = standing(scope, unit), waiting(scope, unit)
    if on is not None:
        if on.post_id == scope.post_id:
            return on
        raise Refused("gate-shift-on")
    if left is not None and left.open_matters and left.pk != seen:
        raise Refused("gate-matters-unseen")
    now = clock.now()
    row = GateShift(unit_id=unit, area_id=area_id, post_id=scope.post_id, begun_at=now, before=left, sender=f"post:{scope.post_id}", known_from=now, stands_from=now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # two signed on at the same moment
        raise Refused("gate-shift-on") from None
    if left is not None:
        left.taken_at = now
        left.save(update_fields=["taken_at"])
    audit.write(scope, "movement.shift_begun", [row.pk])
    return row


@transaction.atomic
def hand_over(scope: Scope, shift: UUID, matters: str) -> GateShift:
    """Ends a shift with what is open, in words, for the next one. Refused: not-found-or-out-of-area, gate-shift-over, bad-value (too long)."""
    row: GateShift = at_most_one(shifts(scope).select_for_update(of=("self",)).filter(pk=shift)[:1])
    if row.over_at is not None:
        raise Refused("gate-shift-over")
    text = matters.strip()
    if len(text) > LONGEST or "\0" in text:
        raise Refused("bad-value", field={"zh": "未了事项", "en": "open matters"}, value=text[:40], expected=f"≤ {LONGEST}")
    row.over_at, row.open_matters = max(clock.now(), row.begun_at), text
    row.save(update_fields=["over_at", "open_matters"])
    audit.write(scope, "movement.shift_handed", [row.pk])
    return row


def window(shift: GateShift, now: datetime) -> tuple[datetime, datetime]:
    """From when until when passages are the shift's."""
    return shift.begun_at, shift.over_at or now
