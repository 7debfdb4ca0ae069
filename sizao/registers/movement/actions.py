"""What people do to hand-overs (send, answer, see the arrival) and tell of journeys and of areas outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sizao.kernel import acts, audit, clock, saving, steps
from sizao.kernel.acts import NewAct
from sizao.kernel.adding import add_new
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command, Outcome
from sizao.kernel.scope import Scope
from sizao.kernel.steps import Step, Story

from .models import Handover, Journey, OutsideArea

OUTSIDE = Story(
    "told_at",
    (Step("outside.told", "told_at", "grade"), Step("outside.listed", "listed_at")),
    state=("grade", "listed_at", "delisted_at"),
    since={"grade": ("graded_at", "told_at"), "listed_at": ("listed_at",), "delisted_at": ("delisted_at",)},
)
JOURNEY = Story(
    "known_at",
    (
        Step("journey.known", "known_at", "kind"),
        Step("journey.located", "located_at"),
        Step("journey.registered", "registered_at"),
        Step("journey.declared", "declared_at"),
        Step("employer.told", "employer_told_at"),
        Step("journey.scanned", "scanned_at"),
        Step("journey.announced", "destination_told_at"),
    ),
    state=("closed_at",),
)


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
    return add_new(
        scope, Handover, {h.key: h for h in new}, sender=sender, batch=batch, event="movement.handed_over", since=lambda h: h.sent_at,
        columns=lambda h: {"person_id": h.person, "area_id": h.area_id, "from_area_id": h.from_area_id, "disease": h.disease, "kind": h.kind, "sent_at": h.sent_at},
        act=lambda key, h: NewAct("handover.sent", key, h.sent_at, h.person, h.area_id, h.disease, record=key),
        digest_of=lambda h: (h.key, h.area_id),
    )  # fmt: skip


def to_be_answered(scope: Scope, handover: UUID) -> Handover:
    """The hand-over, for a post that answers for its receiving area. Refused not-found-or-out-of-area."""
    row = Handover.objects.select_related("area", "from_area").filter(scope.area_filter("area"), pk=handover).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    scope.check("contact.write", row.area)
    return row


def answer(scope: Scope, handover: UUID, said: str, at: datetime) -> bool:
    """The receiving area's answer, with the act `handover.answered`; False when it was given before.

    Refused bad-value when another was given; contradicts-itself when it is said to have been given before the hand-over was sent.
    """
    row = Handover.objects.select_for_update(of=("self",)).filter(pk=handover).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    if row.answer is not None:
        if row.answer != said:
            raise Refused("bad-value", field={"zh": "答复", "en": "answer"}, value=said, expected=row.answer)
        return False
    if at < row.sent_at:
        raise Refused("contradicts-itself")
    row.answer, row.answered_at, row.stands_from = said, at, at
    row.save(update_fields=["answer", "answered_at", "stands_from"])
    acts.record(scope, [NewAct("handover.answered", row.pk, at, row.person_id, row.area_id, row.disease, outcome=said, record=row.pk)])
    audit.write(scope, "movement.answered", [row.pk], digest_of=[said])
    return True


def arrived(scope: Scope, handover: UUID, at: datetime) -> bool:
    """Who was handed over has arrived, with the act `handover.arrived`; False when that was told before. Refused not-found-or-out-of-area, done-in-the-future."""
    row = to_be_answered(scope, handover)
    if at > clock.now() + steps.AHEAD:
        raise Refused("done-in-the-future", value=at.isoformat())
    if row.arrived_at is not None:
        return False
    Handover.objects.filter(pk=row.pk).update(arrived_at=at)
    acts.record(scope, [NewAct("handover.arrived", row.pk, at, row.person_id, row.area_id, row.disease, record=row.pk)])
    audit.write(scope, "movement.arrived", [row.pk], digest_of=[at])
    return True


def save_outside(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """The situation in areas outside, and which of them are listed as affected."""
    return steps.save(scope, OutsideArea, OUTSIDE, commands, sender=sender, batch=batch)


def save_journeys(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Journeys and their steps. The origin's code finds the area outside that is watched under it, nearest to the whole first."""

    def finish(works: Sequence[saving.Work]) -> None:
        codes = {w.row.origin for w in works if w.row.origin}
        watched: dict[str, UUID] = {}
        for code, pk in OutsideArea.objects.filter(code__in=codes).order_by("area__path").values_list("code", "pk"):
            watched.setdefault(code, pk)
        for w in works:
            if w.new or "origin" in w.changed:
                w.row.came_from_id = watched.get(w.row.origin)
                w.columns.add("came_from")

    return steps.save(scope, Journey, JOURNEY, commands, sender=sender, batch=batch, finish=finish)
