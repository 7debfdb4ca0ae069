"""What people do to hand-overs: send them, answer them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sizao.kernel import acts, audit
from sizao.kernel.acts import NewAct
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.scope import Scope

from .models import Handover


@dataclass(frozen=True, slots=True)
class NewHandover:
    """A hand-over to an area. `key` is made by who sends it."""

    key: str
    area_id: int
    disease: str
    sent_at: datetime
    person: UUID | None = None
    from_area_id: int | None = None
    kind: str = "lead"


def send(scope: Scope, new: Sequence[NewHandover], *, sender: str, batch: int | None = None) -> dict[str, UUID]:
    """Hand-overs sent, each with the act `handover.sent`; key → id of those that are new."""
    held = set(Handover.objects.filter(sender=sender, source_id__in={h.key for h in new}).values_list("source_id", flat=True))
    rows = [
        Handover(
            id=uuid7(),
            person_id=h.person,
            area_id=h.area_id,
            from_area_id=h.from_area_id,
            disease=h.disease,
            kind=h.kind,
            sent_at=h.sent_at,
            sender=sender,
            source_id=h.key,
            known_from=h.sent_at,
            stands_from=h.sent_at,
            batch_id=batch,
        )
        for h in {h.key: h for h in new}.values()
        if h.key not in held
    ]
    Handover.objects.bulk_create(rows, batch_size=1000)
    acts.record(scope, [NewAct("handover.sent", r.pk, r.sent_at, r.person_id, r.area_id, r.disease, record=r.pk) for r in rows], batch=batch)
    if rows:
        audit.write(scope, "movement.handed_over", [r.pk for r in rows], digest_of=[(r.source_id, r.area_id) for r in rows])
    return {r.source_id: r.pk for r in rows}


def to_be_answered(scope: Scope, handover: UUID) -> Handover:
    """The hand-over, for a post that answers for its receiving area. Refused not-found-or-out-of-area."""
    row = Handover.objects.select_related("area", "from_area").filter(scope.area_filter("area"), pk=handover).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    scope.check("contact.write", row.area)
    return row


def answer(scope: Scope, handover: UUID, said: str, at: datetime) -> bool:
    """The receiving area's answer, with the act `handover.answered`; False when it was given before. Refused bad-value when another was given."""
    row = Handover.objects.select_for_update(of=("self",)).filter(pk=handover).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    if row.answer is not None:
        if row.answer != said:
            raise Refused("bad-value", field={"zh": "答复", "en": "answer"}, value=said, expected=row.answer)
        return False
    row.answer, row.answered_at, row.stands_from = said, at, at
    row.save(update_fields=["answer", "answered_at", "stands_from"])
    acts.record(scope, [NewAct("handover.answered", row.pk, at, row.person_id, row.area_id, row.disease, outcome=said, record=row.pk)])
    audit.write(scope, "movement.answered", [row.pk], digest_of=[said])
    return True
