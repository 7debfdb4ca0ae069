"""What goes to other installations: signed when it is written, in the transaction of what it tells, and sent until it is answered.

The other side dead, slow or refusing for now: tried again after half a minute, then twice as long each time, an hour at most, for `peer-message-days`. Then, or
where it is refused for good, it stands among what was not delivered with its code, a signal tells the area, and it is sent no more until somebody sends it again.
"""

import http.client
import json
import logging
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import audit, clock, keys
from sizao.kernel.codes import threshold
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import seal, unseal
from sizao.registers.movement.models import Handover
from sizao.registers.population import read as population
from sizao.registers.surveillance.actions import NewSignal, raise_signals

from . import known, signing
from .models import Incoming, Outgoing, Peer

log = logging.getLogger("sizao.peers")
PATH = "/api/v1/peer"
PLACE = "peers_outgoing|body|"
FIRST, LAST = timedelta(seconds=30), timedelta(hours=1)
SECONDS = 10
#: Answers after which the same message may be taken later: it came before another, or that side is not well.
LATER = frozenset({"peer-too-early", "database-away", "keys-missing", "something-broke", "peer-clock", "peer-away", "peer-receipt-wrong", "peer-signature-wrong", "peer-body-damaged"})
GAVE_UP = "peer-gave-up"
#: What is written beside the code of a message that somebody sent again.
AGAIN = "again:"


def handed_over(scope: Scope, handover: UUID) -> Outgoing:
    """Tells the installation that answers for the area outside of somebody handed over to it: as little as it needs to find him. Refused: peer-unknown."""
    row = Handover.objects.select_related("area", "from_area").get(pk=handover)
    peer = known.of_area(row.area.code)
    if peer is None:
        raise Refused("peer-unknown", peer=row.area.code)
    said: dict[str, Any] = {
        "area": row.area.code, "from": _area(row.from_area), "disease": row.disease, "kind": row.kind, "purpose": row.purpose, "sent_at": row.sent_at.isoformat(),
        "answer_by": row.answer_by.isoformat() if row.answer_by else None, "source": row.source,
    }  # fmt: skip
    if row.person_id is not None:
        person = population.access_person_by_id(scope, row.person_id)
        told = {"name": person.name, "sex": person.sex, "birth_year": person.birth_year or (person.birth_date.year if person.birth_date else None)}
        said["person"] = told | {k: v for k, v in population.sealed_of(scope, person).items() if k in ("national_id", "phone") and v}
    return _write(peer, "handover", row.pk, said)


def recalled(handover: UUID) -> None:
    """Tells that a hand-over was recalled, where it went to another installation."""
    sent = Outgoing.objects.filter(about=handover, kind="handover").select_related("peer").first()
    if sent is not None:
        row = Handover.objects.get(pk=handover)
        _write(sent.peer, "recall", row.pk, {"reason": row.reason, "at": row.recalled_at.isoformat() if row.recalled_at else None})


def answered(handover: UUID) -> None:
    """Tells the answer, where the hand-over came from another installation."""
    came = Incoming.objects.filter(about=handover, kind="handover").select_related("peer").first()
    if came is not None:
        row = Handover.objects.get(pk=handover)
        _write(came.peer, "answer", came.theirs, {"answer": row.answer, "reason": row.reason, "by": row.answered_by, "at": row.answered_at.isoformat() if row.answered_at else None})


@transaction.atomic
def send_again(scope: Scope, message: UUID, handover: UUID) -> None:
    """What was not delivered is written anew, signed now, and sent from its beginning. Refused: peer-message-not-failed, peer-unknown, handover-recalled (there is nothing to hand over any more)."""
    old = Outgoing.objects.select_for_update().exclude(refused="").exclude(said__startswith=AGAIN).filter(pk=message).first()
    if old is None:
        raise Refused("peer-message-not-failed")
    if old.kind == "handover":
        if Handover.objects.get(pk=handover).recalled_at is not None:
            raise Refused("handover-recalled")
        handed_over(scope, handover)
    elif old.kind == "recall":
        recalled(handover)
    else:
        answered(handover)
    old.said, old.body = f"{AGAIN}{old.said}", b""
    old.save(update_fields=["said", "body"])
    audit.write(scope, "peers.sent_again", [handover])


def _write(peer: Peer, kind: str, about: UUID, said: dict[str, Any]) -> Outgoing:
    now, message = clock.now(), uuid7()
    body = signing.sign({"id": str(message), "from": str(known.here()), "to": str(peer.installation), "at": now.isoformat(), "kind": kind, "about": str(about), "said": said})
    box = seal(body, f"{PLACE}{message}", keys.ring().newest("seal"))
    return Outgoing.objects.create(id=message, peer=peer, kind=kind, about=about, body=box, digest=signing.digest(body), made_at=now, next_at=now)


def _area(area: Area | None) -> dict[str, str] | None:
    return {"code": area.code, "name": area.name_zh} if area is not None else None


def send_due(most: int = 100, *, now_all: bool = False) -> int:
    """Sends what is due, in the order in which it was written; how many were answered for. Done by the clock. `now_all`: what waits for its next try too."""
    now, done = clock.now(), 0
    waiting = Outgoing.objects.filter(received_at=None, refused="", peer__revoked_at=None)
    due = (waiting if now_all else waiting.filter(next_at__lte=now)).select_related("peer").order_by("made_at", "id")
    dead: set[int] = set()
    for message in due[:most]:
        if message.peer_id in dead:  # nobody answers there: the rest of its messages wait their turn
            continue
        good, alive = _send(message)
        done += good
        if not alive:
            dead.add(message.peer_id)
    return done


def _send(message: Outgoing) -> tuple[bool, bool]:
    """(answered for, somebody was there). No transaction is open while the other side is waited for."""
    body = unseal(message.body, f"{PLACE}{message.pk}", keys.ring())
    asked = urllib.request.Request(message.peer.address + PATH, body, {"Content-Type": signing.TYPE}, method="POST")  # noqa: S310 - its scheme was looked at when it was registered
    alive, code, receipt = True, "", b""
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            receipt = answer.read(signing.LONGEST)
            _check(message, receipt)
    except urllib.error.HTTPError as refused:
        code, receipt = _code(refused), b""
    except Refused as wrong:
        code, receipt = wrong.code, b""
    except (OSError, ValueError, http.client.HTTPException):
        alive, code, receipt = False, "peer-away", b""
    return _note(message, code, receipt), alive


def _check(message: Outgoing, receipt: bytes) -> None:
    """The receipt is signed by that installation and is about this very message. Refused otherwise."""
    said = signing.opened(receipt, bytes(message.peer.public_key))
    if (said.get("of"), said.get("digest"), said.get("to")) != (str(message.pk), message.digest, str(known.here())):
        raise Refused("peer-receipt-wrong")


def _code(refused: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(refused.read(20_000))["code"])[:60]
    except (ValueError, KeyError, TypeError, OSError):
        return "something-broke"


@transaction.atomic
def _note(message: Outgoing, code: str, receipt: bytes) -> bool:
    """Writes down what came of it. A restart in between sends it again, and gets the same receipt."""
    row = Outgoing.objects.select_for_update().get(pk=message.pk)
    if row.received_at is not None:
        return True
    now = clock.now()
    row.tries, row.said = row.tries + 1, code
    if receipt:
        row.receipt, row.received_at, row.body = receipt, now, b""  # it names a person, and has done what it was for
        audit.write(Scope.system("peers"), "peers.received", [row.about], sender=message.peer.name)
    elif code in LATER and now < row.made_at + timedelta(days=int(threshold("peer-message-days", now.date()))):
        row.next_at = now + min(LAST, FIRST * 2 ** min(row.tries - 1, 10))
    else:
        row.refused = GAVE_UP if code in LATER else code
        if (row.kind, code) != ("recall", "handover-answered"):  # it was answered first, and the answer counts
            log.warning("message not delivered: %s", code)
            _tell(row)
    row.save(update_fields=["tries", "body", "said", "receipt", "received_at", "next_at", "refused"])
    return bool(receipt)


def _tell(row: Outgoing) -> None:
    """What was not delivered is a signal in the area of this side, once: nobody over there knows of it."""
    came = Incoming.objects.filter(theirs=row.about, peer=row.peer, kind="handover").values_list("about", flat=True).first() if row.kind == "answer" else None
    about = Handover.objects.filter(pk=came or row.about).first()
    area = about and (about.area_id if row.kind == "answer" else about.from_area_id)
    if about is not None and area is not None:
        new = NewSignal(f"{row.pk}/undelivered", area, "handover", clock.now(), about.disease or None, what=row.peer.name)
        raise_signals(Scope.system("message not delivered"), [new], sender="peers")
