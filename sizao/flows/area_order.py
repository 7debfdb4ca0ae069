"""An order for an area, from the draft to the day it ends: weighed against what its grade allows, proposed by one, agreed to by another where content says so, looked at again, ended.

Who proposes is shown whom it touches before; what was shown stands with the proposal. An order that restricts and does not say its basis, scope, end and way
to appeal, or goes further than the grade of its area allows, is refused here. What others send as their orders is kept as they sent it, and weighed (`orders_weighed`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions, bounds, deciding
from sizao.registers.command import read as command
from sizao.registers.command.bounds import Bound, OrderType, Weighed
from sizao.registers.command.models import OrderProposal

WRITE, DECIDE = "command.write", "grade.sign"
NAMES = {"basis": {"zh": "依据", "en": "basis"}, "reach": {"zh": "范围", "en": "scope"}, "appeal_route": {"zh": "申诉途径", "en": "how to appeal"}, "title": {"zh": "标题", "en": "title"}}


@dataclass(frozen=True, slots=True)
class Draft:
    """An order as it is written. `starts`, `review`, `ends`: local days of the area; it ends, and is looked at again, with the end of its day. `shown`: whom it touches, as the page said."""

    area: Area
    kind: str
    title: str
    strictness: int
    basis: str
    reach: str
    appeal_route: str
    starts: date
    review: date
    ends: date
    shown: str = ""


def types(now: datetime) -> dict[str, OrderType]:
    """Kind → who decides it; without what is signed on the page of grades."""
    return {kind: bounds.order_type(kind, now.date()) for kind in code_list("order-type") if kind not in ("response_level", "grade")}


def weighed(scope: Scope, d: Draft, now: datetime) -> list[Bound]:
    """The bounds that a draft would pass."""
    kind, (starts, _, ends) = bounds.order_type(d.kind, now.date()), _moments(d, now)
    order = Weighed(d.kind, kind.restricts, d.strictness, command.grade_of(d.area, now), d.area.level, starts, ends, starts, d.basis.strip(), d.reach.strip(), d.appeal_route.strip())
    return bounds.beyond(order, max(now, starts))


def _moments(d: Draft, now: datetime) -> tuple[datetime, datetime, datetime]:
    zone, day = d.area.zone, timedelta(days=1)
    return max(clock.start_of_day(d.starts, zone), now), clock.start_of_day(d.review + day, zone), clock.start_of_day(d.ends + day, zone)


@transaction.atomic
def propose(scope: Scope, d: Draft) -> tuple[UUID, bool]:
    """The proposal, or where nobody else has to agree the order itself, and whether it is one.

    Refused: not-allowed, bad-value, area-order-incomplete, area-order-dates-wrong, area-order-beyond.
    """
    scope.check(WRITE, d.area)
    now = clock.now()
    known = types(now)
    if d.kind not in known:
        raise Refused("bad-value", field={"zh": "类别", "en": "kind"}, value=d.kind, expected=", ".join(known))
    if not 1 <= d.strictness <= 3:
        raise Refused("bad-value", field={"zh": "严格程度", "en": "strictness"}, value=str(d.strictness), expected="1, 2, 3")
    missing = [words for name, words in NAMES.items() if not getattr(d, name).strip()]
    if missing:
        raise Refused("area-order-incomplete", missing={"zh": "、".join(m["zh"] for m in missing), "en": ", ".join(m["en"] for m in missing)})
    if not (clock.local_day(now, d.area.zone) <= d.starts < d.review <= d.ends):
        raise Refused("area-order-dates-wrong")
    passed = weighed(scope, d, now)
    if passed:
        raise Refused("area-order-beyond", area=_named(d.area), bounds={"zh": "；".join(b.title["zh"] for b in passed), "en": "; ".join(b.title["en"] for b in passed)})
    starts, review, ends = _moments(d, now)
    told = {
        "area_id": d.area.pk, "kind": d.kind, "title": d.title.strip()[:200], "strictness": d.strictness, "basis": d.basis.strip()[:1000], "reach": d.reach.strip()[:2000],
        "appeal_route": d.appeal_route.strip()[:1000], "starts_at": starts, "ends_at": ends, "review_by": review, "shown": d.shown[:4000],
    }  # fmt: skip
    made = deciding.propose_order(scope, told)
    if known[d.kind].second == "no":
        return _issue(scope, _locked(scope, made)), True
    return made, False


@transaction.atomic
def agree(scope: Scope, proposal: UUID) -> UUID:
    """Another person agrees: the order is in force from its start. Refused: not-allowed, area-order-same-person, area-order-from-above, area-order-decided, area-order-beyond (its grade has changed meanwhile)."""
    row = _locked(scope, proposal)
    scope.check(DECIDE, row.area)
    now = clock.now()
    if scope.user is not None and row.proposed_as_id == scope.user.pk:
        raise Refused("area-order-same-person")
    known = bounds.order_type(row.kind, now.date())
    if known.second == "above" and not _from_above(scope, row.area):
        raise Refused("area-order-from-above", area=_named(row.area), source=known.source)
    order = Weighed(row.kind, known.restricts, row.strictness, command.grade_of(row.area, now), row.area.level, row.starts_at, row.ends_at, row.starts_at, row.basis, row.reach, row.appeal_route)
    passed = [b for b in bounds.beyond(order, max(now, row.starts_at)) if b.test != "review"]
    if passed:
        raise Refused("area-order-beyond", area=_named(row.area), bounds={"zh": "；".join(b.title["zh"] for b in passed), "en": "; ".join(b.title["en"] for b in passed)})
    return _issue(scope, row)


@transaction.atomic
def decline(scope: Scope, proposal: UUID, reason: str) -> None:
    """Another person does not agree, and says why; or who proposed it withdraws it."""
    row = _locked(scope, proposal)
    own = scope.user is not None and row.proposed_as_id == scope.user.pk
    scope.check(WRITE if own else DECIDE, row.area)
    if not own and not reason.strip():
        raise Refused("area-order-without-reason")
    deciding.decide_proposal(scope, row, "withdrawn" if own else "declined", reason.strip()[:1000])


@transaction.atomic
def look_again(scope: Scope, order: UUID, review: date) -> None:
    """Somebody has looked: it stays, and is looked at again by the end of a day that is not behind its end."""
    row = command.access_order_by_id(scope, order)
    scope.check(WRITE, row.area)
    now = clock.now()
    by = clock.start_of_day(review + timedelta(days=1), row.area.zone)
    if by <= now or (row.ends_at is not None and by > row.ends_at):
        raise Refused("area-order-dates-wrong")
    _save(scope, Command(told={"reviewed_at": now, "review_by": by}, record=row.pk))


@transaction.atomic
def end(scope: Scope, order: UUID, reason: str) -> None:
    """The order is over from now on. One person may: ending is no restriction."""
    row = command.access_order_by_id(scope, order)
    scope.check(WRITE, row.area)
    if not reason.strip():
        raise Refused("area-order-without-reason")
    if row.ended_at is not None:
        raise Refused("area-order-decided")
    _save(scope, Command(told={"ended_at": clock.now()}, record=row.pk))


def _issue(scope: Scope, row: OrderProposal) -> UUID:
    now, key = clock.now(), f"proposal:{row.pk}"
    told = {
        "area": row.area_id, "kind": row.kind, "title": row.title, "restrictive": bounds.order_type(row.kind, now.date()).restricts, "strictness": row.strictness, "touches_public": True,
        "basis": row.basis, "reach": row.reach, "appeal_route": row.appeal_route, "issued_at": now, "starts_at": max(row.starts_at, now), "ends_at": row.ends_at, "review_by": row.review_by,
    }  # fmt: skip
    signed = {key: {"issued_by_id": row.proposed_by_id, "seconded_by_id": scope.post_id if row.proposed_as_id != (scope.user.pk if scope.user else None) else None}}
    made = _save(scope, Command(told=told, source_id=key), signed)
    deciding.decide_proposal(scope, row, "agreed", made=made)
    return made


def _save(scope: Scope, c: Command, signed: dict[str, dict[str, int | None]] | None = None) -> UUID:
    [done] = actions.save_orders(scope, [c], sender=f"post:{scope.post_id}", signed=signed)
    if done.kind == "rejected" or done.record is None:
        p = done.problems[0]
        raise Refused(p.code, field=p.field, value=p.value, expected="—")
    return done.record


def _locked(scope: Scope, proposal: UUID) -> OrderProposal:
    """The proposal, which nobody else decides meanwhile. Refused area-order-decided."""
    row = command.access_proposal_by_id(scope, proposal)
    held = OrderProposal.objects.select_for_update(of=("self",)).select_related("area").get(pk=row.pk)
    if held.decided_at is not None:
        raise Refused("area-order-decided")
    return held


def _from_above(scope: Scope, area: Area) -> bool:
    """Whether the post stands above the area; at the top of the store nobody does."""
    return area.parent_id is None or (scope.post is not None and scope.post.area.pk != area.pk and area.path.startswith(scope.post.area.path))


def _named(area: Area) -> dict[str, str]:
    return {"zh": area.name_zh, "en": area.name_en or area.name_zh}
