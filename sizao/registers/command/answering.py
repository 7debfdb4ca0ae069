"""A ticket is answered by who must do it, with what shows that it is done, and closed or sent back by who raised it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from sizao.kernel import audit, clock, keys, sealed
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope, visible

from .models import ProofContent, Ticket, TicketProof
from .pictures import kind_of, without_notes
from .saving import save_tickets

#: A proof of more bytes is refused; the page makes pictures smaller before they are sent.
MOST_BYTES = 8 << 20
MOST_PROOFS = 6
#: Raised by the unit itself, to be solved by others: nothing to put right here.
OWN_KINDS = ("blocker", "plant_stopped", "issue", "exit_need", "farm_access")
#: Somebody asked something and waits for words.
QUESTIONS = ("question", "complaint", "suggestion", "consultation", "data_request", "rumour_topic", "psych", "urgent_care")


def _place(proof: UUID) -> str:
    return f"command_proofcontent|sealed|{proof}"


def answered(row: Ticket) -> bool:
    """Whether its last word is the answer: one that was sent back waits again."""
    return row.answered_at is not None and (row.reopened_at is None or row.answered_at > row.reopened_at)


def waiting(scope: Scope, units: Iterable[UUID], area: Area | None) -> QuerySet[Ticket]:
    """Tickets that these units must answer, and those of an area that name no unit; not closed, the first due first. Those that the post raised itself are another's to answer."""
    whose = Q(unit__in=list(units)) | (Q(unit=None, area=area) if area is not None else Q(pk=None))
    found = Ticket.objects.filter(visible(), scope.area_filter("area", "ticket.write"), whose, verified_at=None).exclude(kind__in=OWN_KINDS)
    if scope.post_id is not None:
        found = found.exclude(raised_by=scope.post_id)
    return found.select_related("area", "unit", "raised_by").defer("area__geometry").order_by(F("due_at").asc(nulls_last=True), "raised_at", "id")


def to_close(scope: Scope) -> QuerySet[Ticket]:
    """Tickets that this very post raised and that say they are done: to be looked at, and closed or sent back."""
    found = Ticket.objects.filter(visible(), scope.area_filter("area", "ticket.write"), raised_by=scope.post_id, verified_at=None, answered_at__isnull=False)
    return found.filter(Q(reopened_at=None) | Q(answered_at__gt=F("reopened_at"))).select_related("area", "unit").defer("area__geometry").order_by("answered_at", "id")


def blockers(scope: Scope, units: Iterable[UUID]) -> QuerySet[Ticket]:
    """What keeps these units from working again, the oldest open one first."""
    found = Ticket.objects.filter(visible(), scope.area_filter("area", "plan.read"), unit__in=list(units), kind="blocker")
    return found.select_related("area", "unit").defer("area__geometry").order_by(F("verified_at").asc(nulls_first=True), "raised_at", "id")


def access_ticket_by_id(scope: Scope, ticket: UUID, permission: str = "ticket.write") -> Ticket:
    """One ticket that may be worked on. Refused not-found-or-out-of-area, whichever it is."""
    row = Ticket.objects.filter(visible(), scope.area_filter("area", permission), pk=ticket).select_related("area", "unit").first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    return row


def proofs_of(scope: Scope, tickets: Iterable[UUID]) -> dict[UUID, list[TicketProof]]:
    """ticket → what was handed in with it, the first first. One statement."""
    found: dict[UUID, list[TicketProof]] = {}
    for row in TicketProof.objects.filter(visible(), scope.area_filter("area", "ticket.write"), ticket__in=list(tickets)).order_by("told_at", "id"):
        found.setdefault(row.ticket_id, []).append(row)
    return found


def content_of(scope: Scope, proof: UUID) -> tuple[TicketProof, bytes]:
    """A proof and its bytes; the look is on record. Refused not-found-or-out-of-area."""
    row = TicketProof.objects.filter(visible(), scope.area_filter("area", "ticket.write"), pk=proof).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    audit.write(scope, "command.proof_seen", [row.pk])
    return row, sealed.unseal(ProofContent.objects.get(proof=row).sealed, _place(row.pk), keys.ring())


def faults(files: Sequence[bytes | None]) -> list[Problem]:
    """What is wrong with files handed in as proof, before anything is written. None stands for one that was too large to be read."""
    if len(files) > MOST_PROOFS:
        return [Problem("proof-too-many", "proof", str(len(files)))]
    return [Problem("proof-too-large", "proof") if data is None else Problem("proof-of-unknown-kind", "proof") for data in files if data is None or not kind_of(data)]


@transaction.atomic
def answer(scope: Scope, ticket: UUID, words: str, files: Sequence[bytes], *, seen: int) -> Outcome:
    """Done, or answered, with what shows it. Sending the same again is identical.

    Rejected: value-missing (no word), proof-too-many, proof-too-large, proof-of-unknown-kind, changed-meanwhile (somebody else answered first). Refused not-found-or-out-of-area.
    """
    row = access_ticket_by_id(scope, ticket)
    now = clock.now()
    told = [without_notes(data) for data in files]
    digests = [hashlib.sha256(data).hexdigest() for data in told]
    held = set(TicketProof.objects.filter(ticket=row, source_id__in=digests).values_list("source_id", flat=True))
    problems = faults(list(files)) or ([] if words.strip() else [Problem("value-missing", "answer")])
    if problems:
        return Outcome("rejected", row.pk, problems=tuple(problems))
    if answered(row) and row.answer == words.strip() and held == set(digests):
        return Outcome("identical", row.pk)
    said = {"answer": words.strip(), "answered_at": now} | ({} if row.acknowledged_at else {"acknowledged_at": now})
    [done] = save_tickets(scope, [Command(told=said, record=row.pk, seen=seen)], sender=f"post:{scope.post_id}")
    if done.kind == "rejected":
        return done
    fresh = {digest: data for digest, data in zip(digests, told, strict=True) if digest not in held}
    for digest, data in fresh.items():
        proof = TicketProof.objects.create(ticket=row, area_id=row.area_id, kind=kind_of(data), size=len(data), told_at=now, sender=f"ticket:{row.pk}", source_id=digest, known_from=now, stands_from=now)
        ProofContent.objects.create(proof=proof, sealed=sealed.seal(data, _place(proof.pk), keys.ring().newest("seal")))
    if fresh:
        audit.write(scope, "command.proofs_told", [row.pk], digest_of=sorted(fresh))
    return replace(done, kind="updated")


@transaction.atomic
def settle(scope: Scope, ticket: UUID, *, closed: bool, at: datetime | None = None) -> Outcome:
    """Who raised it has looked: it is closed, or sent back to be done again. Rejected: not-the-one-who-raised-it, value-missing (nobody answered yet)."""
    row = access_ticket_by_id(scope, ticket)
    if row.verified_at is not None and closed:
        return Outcome("identical", row.pk)
    if not closed and row.raised_by_id is not None and row.raised_by_id != scope.post_id:
        return Outcome("rejected", row.pk, problems=(Problem("not-the-one-who-raised-it", "reopened_at"),))
    if not answered(row):
        return Outcome("rejected", row.pk, problems=(Problem("value-missing", "answered_at"),))
    told = {"verified_at" if closed else "reopened_at": at or clock.now()}
    [done] = save_tickets(scope, [Command(told=told, record=row.pk)], sender=f"post:{scope.post_id}")
    return done


@transaction.atomic
def over(scope: Scope, ticket: UUID) -> Outcome:
    """What kept a unit is over, says the unit that raised it: closed, answered by itself where nobody answered. Rejected: not-the-one-who-raised-it."""
    row = access_ticket_by_id(scope, ticket)
    if row.verified_at is not None:
        return Outcome("identical", row.pk)
    now = clock.now()
    told = {"verified_at": now} | ({} if answered(row) else {"answered_at": now})
    [done] = save_tickets(scope, [Command(told=told, record=row.pk)], sender=f"post:{scope.post_id}")
    return done
