"""What people do to hand-overs (send, answer, see the arrival) and tell of journeys and of areas outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from sizao.kernel import acts, audit, clock, saving, steps
from sizao.kernel.acts import NewAct
from sizao.kernel.adding import add_new
from sizao.kernel.codes import threshold
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command, Outcome
from sizao.kernel.scope import Scope
from sizao.kernel.steps import Step, Story

from .models import Handover, Journey, LeadLook, OutsideArea

LEAD = "lead"

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
    purpose: str = "verification"
    source: str = ""
    expires_at: datetime | None = None


def send(scope: Scope, new: Sequence[NewHandover], *, sender: str, batch: int | None = None) -> dict[str, UUID]:
    """Hand-overs sent, each with the act `handover.sent`; key → id of those that are new. Each has a time to be answered by; a lead has an end too."""

    def spans(h: NewHandover) -> dict[str, datetime | None]:
        on = h.sent_at.date()
        ends = h.sent_at + timedelta(days=int(threshold("lead-kept-days", on))) if h.kind == LEAD else None
        return {"answer_by": h.sent_at + timedelta(hours=int(threshold("handover-answer-hours", on))), "expires_at": h.expires_at or ends}

    return add_new(
        scope, Handover, {h.key: h for h in new}, sender=sender, batch=batch, event="movement.handed_over", since=lambda h: h.sent_at,
        columns=lambda h: {"person_id": h.person, "area_id": h.area_id, "from_area_id": h.from_area_id, "disease": h.disease, "kind": h.kind, "sent_at": h.sent_at, "purpose": h.purpose, "source": h.source or sender, "answered_by": "", "reason": "", **spans(h)},
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


def answer(scope: Scope, handover: UUID, said: str, at: datetime, *, reason: str = "", by: str = "", over_recall: bool = False) -> bool:
    """The receiving area's answer, with the act `handover.answered`; False when it was given before. `by`: the post that gave it, in words.
    `over_recall`: it was answered elsewhere before our recall came there, so the answer counts and the recall does not.

    Refused bad-value when another was given; contradicts-itself when it is said to have been given before the hand-over was sent; handover-recalled,
    handover-over when there is nothing to answer any more.
    """
    row = Handover.objects.select_for_update(of=("self",)).filter(pk=handover).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    if row.answer is not None:
        if row.answer != said:
            raise Refused("bad-value", field={"zh": "答复", "en": "answer"}, value=said, expected=row.answer)
        return False
    if over_recall:
        row.recalled_at = None
    _standing(row)
    if at < row.sent_at:
        raise Refused("contradicts-itself")
    row.answer, row.answered_at, row.stands_from, row.reason, row.answered_by = said, at, at, reason.strip(), by
    row.save(update_fields=["answer", "answered_at", "stands_from", "reason", "answered_by", "recalled_at"])
    acts.record(scope, [NewAct("handover.answered", row.pk, at, row.person_id, row.area_id, row.disease, outcome=said, record=row.pk)])
    audit.write(scope, "movement.answered", [row.pk], digest_of=[said])
    return True


def _standing(row: Handover) -> None:
    if row.recalled_at is not None:
        raise Refused("handover-recalled")
    if row.forgotten_at is not None:
        raise Refused("handover-over")


def sent_by(scope: Scope, handover: UUID) -> Handover:
    """The hand-over, for a post that answers for the area that sent it. Refused not-found-or-out-of-area."""
    row = Handover.objects.select_related("area", "from_area").filter(scope.area_filter("from_area"), pk=handover).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    scope.check("contact.write", row.from_area)
    return row


@transaction.atomic
def recall(scope: Scope, handover: UUID, reason: str, at: datetime | None = None) -> bool:
    """The sender takes it back while nobody has answered; False when that was done before. Refused: not-found-or-out-of-area, handover-answered, value-missing."""
    row = Handover.objects.select_for_update(of=("self",)).get(pk=sent_by(scope, handover).pk)
    return recalled(scope, row, reason, at or clock.now())


def recalled(scope: Scope, row: Handover, reason: str, at: datetime) -> bool:
    """The same for a row in hand, locked."""
    if row.recalled_at is not None:
        return False
    if row.answer is not None:
        raise Refused("handover-answered")
    if not reason.strip():
        raise Refused("value-missing", field={"zh": "理由", "en": "reason"})
    row.recalled_at, row.reason = max(at, row.sent_at), reason.strip()
    row.stands_from = row.sent_at  # it should not have been asked: from the beginning nobody owes an answer, however late the recall is; what was known before stays in its history
    row.save(update_fields=["recalled_at", "reason", "stands_from"])
    audit.write(scope, "movement.recalled", [row.pk], digest_of=[row.reason])
    return True


@transaction.atomic
def wrong_lead(scope: Scope, handover: UUID, reason: str) -> bool:
    """A lead is wrong: the person says so, or a checker found it. It is answered so, and names nobody from now on. Refused: not-found-or-out-of-area, value-missing."""
    if not reason.strip():
        raise Refused("value-missing", field={"zh": "理由", "en": "reason"})
    row = to_be_answered(scope, handover)
    done = answer(scope, row.pk, "wrong", clock.now(), reason=reason, by=_title(scope))
    forget(scope, [row.pk])
    return done


def forget(scope: Scope, handovers: Sequence[UUID]) -> int:
    """These name nobody from now on; how many that was new for."""
    now = clock.now()
    done = 0
    for row in Handover.objects.select_for_update().filter(pk__in=handovers, forgotten_at=None):
        row.person_id, row.forgotten_at = None, now
        row.save(update_fields=["person", "forgotten_at"])
        done += 1
    if done:
        audit.write(scope, "movement.leads_forgotten", list(handovers), count=done)
    return done


def forget_old(now: datetime | None = None) -> int:
    """Leads whose end has come name nobody any more; how many. Done by the clock."""
    now = now or clock.now()
    old = list(Handover.objects.filter(kind=LEAD, expires_at__lte=now, forgotten_at=None).values_list("pk", flat=True)[:5000])
    with transaction.atomic():
        return forget(Scope.system("retention"), old)


def look(scope: Scope, row: Handover) -> int:
    """Somebody opened it; how often that was by now. On record."""
    LeadLook.objects.create(handover=row, post=scope.post, at=clock.now())
    audit.write(scope, "movement.handover_read", [row.person_id or row.pk])
    return int(row.looks.count())


def _title(scope: Scope) -> str:
    return str(scope.post.title_zh) if scope.post is not None else ""


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
