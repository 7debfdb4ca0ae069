"""The only way into what was told to other installations and came from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from sizao.kernel import clock
from sizao.kernel.errors import Refused, texts
from sizao.kernel.scope import Scope
from sizao.registers.movement.read import access_handover_by_id, ids_seen
from sizao.registers.population import read as population

from . import known
from .models import Incoming, Outgoing, Peer
from .outbox import AGAIN

#: Messages that are listed as not delivered.
MOST = 200
#: A recall that came after the answer is no fault: the answer counts.
ANSWERED_FIRST = Q(kind="recall", refused="handover-answered")

#: So long before it ends a key is named.
BEFORE = timedelta(days=30)


def reachable() -> dict[str, str]:
    """Area's code → the installation that answers for it."""
    return {code: p.name for p in Peer.objects.filter(revoked_at=None, key_ends_at__gt=clock.now()) for code in p.areas}


def messages_about(handover: UUID) -> list[Outgoing]:
    """What was sent about a hand-over, and what became of it; of one that came from elsewhere, our answers."""
    theirs = Incoming.objects.filter(about=handover, kind="handover").values_list("theirs", flat=True)
    return list(Outgoing.objects.filter(Q(about=handover) | Q(about__in=theirs, kind="answer")).select_related("peer").order_by("made_at"))


@dataclass(frozen=True, slots=True)
class Failed:
    """A message that was not delivered, the hand-over here that it is about, and why it was not."""

    message: Outgoing
    handover: UUID
    why: Refused


def failed(scope: Scope) -> list[Failed]:
    """What another installation would not take, or what could not be brought to it, about hand-overs that this scope may see; the oldest first. One statement, two where there is something."""
    lost = list(Outgoing.objects.exclude(refused="").exclude(said__startswith=AGAIN).exclude(ANSWERED_FIRST).select_related("peer").order_by("made_at")[:MOST])
    if not lost:
        return []
    answers = {(peer, theirs): ours for peer, theirs, ours in Incoming.objects.filter(kind="handover", theirs__in=[m.about for m in lost if m.kind == "answer"]).values_list("peer_id", "theirs", "about")}
    found = [(m, answers.get((m.peer_id, m.about)) if m.kind == "answer" else m.about) for m in lost]
    seen = ids_seen(scope, [about for _, about in found if about is not None])
    return [Failed(m, about, why(m)) for m, about in found if about in seen and about is not None]


def why(message: Outgoing) -> Refused:
    """Why a message was not delivered, in words with what to do."""
    code = message.refused if message.refused in texts() else "peer-refused"
    return Refused(code, **dict.fromkeys(texts()[code].fields, message.peer.name) | {"reason": message.refused})


def going(handovers: Iterable[UUID]) -> dict[UUID, Outgoing]:
    """The last message about each of these."""
    return {m.about: m for m in Outgoing.objects.filter(about__in=list(handovers)).order_by("made_at")}


def named(scope: Scope, handover: UUID) -> str:
    """The name of somebody handed over who lives where this scope does not look: who must answer for him may know whom it is about. On record."""
    row = access_handover_by_id(scope, handover)
    if row.person_id is None or not scope.can("person.names", row.area):
        return ""
    return population.names_of(Scope.system("named in a hand-over"), {row.person_id}, "movement.handover").get(row.person_id, "")


def ending(now: datetime | None = None) -> list[dict[str, Any]]:
    """Keys that end within a month or have ended: this installation's own, and its peers', each with who answers for it. No person."""
    now = now or clock.now()
    found = [{"what": p.name, "ends_at": p.key_ends_at, "owner": p.owner} for p in Peer.objects.filter(revoked_at=None, key_ends_at__lte=now + BEFORE).select_related("owner")]
    if Peer.objects.exists():
        ends = datetime.fromisoformat(known.card()["until"])
        found += [{"what": "", "ends_at": ends, "owner": None}] if ends <= now + BEFORE else []
    return sorted(found, key=lambda one: one["ends_at"])
