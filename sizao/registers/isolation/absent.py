"""Somebody leaves early: found absent or told to be gone, reached within a clock, helped. The order goes on until its end, and no later for it."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction

from sizao.kernel import acts, audit, clock
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope, at_most_one, visible

from . import rules, staying
from .ending import told_of
from .models import Absence, Stay


@transaction.atomic
def record_absence(scope: Scope, order: UUID, *, found_by: str, at: datetime | None = None) -> UUID:
    """The person of an order was not there. The stay ends (`stay.left`), and who answers for the area has `thresholds/absence-hours.yaml` to reach him.

    One that is open already is answered as it is. Refused: stay-order-not-in-force (whoever is free is not absent), bad-value, done-in-the-future, not-found-or-out-of-area.
    """
    row = staying.order_to_write(scope, order)
    now = clock.now()
    at = staying.past(at, now)
    if found_by not in code_list("absence-found"):
        raise Refused("bad-value", field="found_by", value=found_by, expected=", ".join(code_list("absence-found")))
    held = Absence.objects.filter(visible(), order=row, closed_at=None).first()
    if held is not None:
        return held.pk
    staying.binds(row, now)
    stay = Stay.objects.filter(visible(), order=row, ended_at=None).first()
    if stay is not None:
        staying.let_go(scope, stay.pk, at=at, left=True)
    made = Absence(
        order=row, stay=stay, person_id=row.person_id, area=row.area, disease=row.disease, found_at=at, found_by=found_by, sender=f"post:{scope.post_id}", source_id=str(uuid4()), known_from=at, stands_from=at,
        reach_by=at + timedelta(hours=int(threshold("absence-hours", at.date()))),
    )  # fmt: skip
    made.save(force_insert=True)
    acts.record(scope, [NewAct("isolation.absent", row.pk, at, row.person_id, row.area_id, row.disease, outcome=found_by, record=made.pk)])
    audit.write(scope, "isolation.absent", [row.person_id])
    return made.pk


@transaction.atomic
def settle(scope: Scope, absence: UUID, *, outcome: str, need: str = "none", at: datetime | None = None) -> Absence:
    """The person was reached, what he needed is noted, and how it ended. `back` and `elsewhere` begin the next stay under the same order, if it still binds.

    Refused: absence-settled, bad-value, contradicts-itself (before it was found), done-in-the-future, not-found-or-out-of-area.
    """
    scope.check("stay.write")
    found = Absence.objects.select_for_update(of=("self",)).select_related("area", "order__issue", "stay").filter(visible(), scope.area_filter("area", "stay.write"), pk=absence)
    row: Absence = at_most_one(found[:1])
    if row.closed_at is not None:
        raise Refused("absence-settled")
    for name, value, codes in (("outcome", outcome, code_list("absence-outcome")), ("need_found", need, code_list("need-found"))):
        if value not in codes:
            raise Refused("bad-value", field=name, value=value, expected=", ".join(codes))
    now = clock.now()
    at = staying.past(at, now)
    if at < row.found_at:
        raise Refused("contradicts-itself")
    row.outcome, row.need_found, row.closed_at, row.stands_from = outcome, need, at, at
    row.save(update_fields=["outcome", "need_found", "closed_at", "stands_from"])
    acts.record(scope, [NewAct("isolation.reached", row.order_id, at, row.person_id, row.area_id, row.disease, outcome=outcome, record=row.pk)])
    audit.write(scope, "isolation.reached", [row.person_id])
    if outcome in ("back", "elsewhere") and rules.standing(told_of([row.order], now)[row.order_id], now) == "in_force":
        staying.take_in(scope, row.order_id, kind=(row.stay.kind if row.stay is not None else None) or row.order.kind, at=at)
    return row


def open_absences(scope: Scope, most: int = 200) -> list[Absence]:
    """Absences that nobody has settled, under orders that still bind; the first to be reached first. What a clock alone has ended is no alarm any more."""
    now = clock.now()
    rows = list(Absence.objects.filter(visible(), scope.area_filter("area"), closed_at=None).select_related("area", "order__issue", "order__area").order_by("reach_by")[: 5 * most])
    told = told_of([r.order for r in rows], now)
    return [r for r in rows if rules.standing(told[r.order_id], now) == "in_force"][:most]


def absences_under(order: UUID) -> list[Absence]:
    """The absences under an order that the caller has opened, the oldest first."""
    return list(Absence.objects.filter(visible(), order=order).order_by("found_at"))
