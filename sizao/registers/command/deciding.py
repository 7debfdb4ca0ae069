"""What is kept of a decision on its way: proposed orders, rounds of inspection, versions of the review, addresses of the calendar. Written by stories, never by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import audit, clock
from sizao.kernel.ids import uuid7
from sizao.kernel.scope import Scope

from .lots import Lot
from .models import CalendarAddress, DrawnUnit, InspectionRound, OrderProposal, SituationReview


def _new(model: Any, scope: Scope, at: datetime, **columns: Any) -> Any:
    return model(id=uuid7(), sender=f"post:{scope.post_id}" if scope.post_id else "machine", known_from=at, stands_from=at, **columns)


def propose_order(scope: Scope, told: Mapping[str, Any]) -> UUID:
    """A proposal that waits for another person."""
    now = clock.now()
    row = _new(OrderProposal, scope, now, proposed_at=now, proposed_by_id=scope.post_id, proposed_as_id=scope.user.pk if scope.user else None, **told)
    row.save(force_insert=True)
    audit.write(scope, "command.order_proposed", [row.pk], digest_of=[row.kind, row.area_id, row.starts_at, row.ends_at])
    return UUID(str(row.pk))


def decide_proposal(scope: Scope, row: OrderProposal, decision: str, reason: str = "", made: UUID | None = None) -> None:
    """Closes a proposal that was locked by who decides."""
    row.decision, row.decided_at, row.decided_by_id, row.reason, row.made_id = decision, clock.now(), scope.post_id, reason, made
    row.save(update_fields=["decision", "decided_at", "decided_by", "reason", "made"])
    audit.write(scope, "command.order_proposal_decided", [row.pk], digest_of=[decision])


def keep_round(scope: Scope, told: Mapping[str, Any], drawn: Sequence[Lot], areas: Mapping[UUID, int]) -> UUID:
    """A round with the units on which the lot fell; `areas`: unit → where it is."""
    now = clock.now()
    round_ = _new(InspectionRound, scope, now, drawn_at=now, drawn_by_id=scope.post_id, **told)
    round_.save(force_insert=True)
    rows = [_new(DrawnUnit, scope, now, round_id=round_.pk, unit_id=lot.unit, area_id=areas[lot.unit], stratum=lot.stratum, place=lot.place, drawn_of=lot.of) for lot in drawn]
    DrawnUnit.objects.bulk_create(rows, batch_size=1000)
    audit.write(scope, "command.round_drawn", [round_.pk], digest_of=[round_.seed, round_.frame_digest, len(rows)])
    return UUID(str(round_.pk))


def keep_seen(scope: Scope, row: DrawnUnit, inspection: UUID) -> None:
    """Somebody has looked at a drawn unit."""
    row.inspection_id = inspection
    row.save(update_fields=["inspection"])
    audit.write(scope, "command.drawn_unit_seen", [row.pk], digest_of=[inspection])


def keep_review(scope: Scope, area: int, run: int, as_of: datetime, known_at: datetime, body: Mapping[str, Any]) -> SituationReview:
    """The next version of an area's review."""
    now = clock.now()
    last = SituationReview.objects.filter(area_id=area).order_by("-version").values_list("version", flat=True).first() or 0
    row: SituationReview = _new(SituationReview, scope, now, area_id=area, version=last + 1, made_at=now, made_by_id=scope.post_id, run=run, as_of=as_of, known_at=known_at, body=dict(body))
    row.save(force_insert=True)
    audit.write(scope, "command.review_made", [row.pk], digest_of=[area, row.version, run])
    return row


@transaction.atomic
def keep_address(scope: Scope, area: int, digest: str) -> None:
    """The address of a post's calendar; the one before ends."""
    now = clock.now()
    end_address(scope)
    row = _new(CalendarAddress, scope, now, area_id=area, post_id=scope.post_id, digest=digest, made_at=now)
    row.save(force_insert=True)
    audit.write(scope, "command.calendar_address_made", [row.pk], digest_of=[scope.post_id])


@transaction.atomic
def end_address(scope: Scope) -> int:
    """Ends the address of this post's calendar; how many there were."""
    ended = []
    for row in CalendarAddress.objects.select_for_update(of=("self",)).filter(post=scope.post_id, ended_at=None):
        row.ended_at = clock.now()
        row.save(update_fields=["ended_at"])
        ended.append(row.pk)
    if ended:
        audit.write(scope, "command.calendar_address_ended", ended, digest_of=[scope.post_id])
    return len(ended)
