"""What comes from other installations: looked at, taken once, and answered with a signed receipt.

The same message again gets the same receipt. Whatever is wrong with one is answered with a code and changes nothing.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sizao.flows import handover_answered
from sizao.kernel import audit, clock
from sizao.kernel.codes import code_list, diseases
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.movement import actions as movement
from sizao.registers.movement.actions import NewHandover
from sizao.registers.movement.models import Handover
from sizao.registers.population import actions as population
from sizao.registers.population import read as persons
from sizao.registers.population.actions import PersonData

from . import known, signing
from .models import Incoming, Outgoing, Peer

#: How far ahead of ours another clock may be, and how old a message may be that was long on its way.
AHEAD, OLDEST = timedelta(minutes=10), timedelta(days=30)
TEXT = 400


@transaction.atomic
def take(body: bytes) -> bytes:
    """Takes a message and answers with the receipt.

    Refused: peer-body-damaged, peer-key-unknown, peer-key-revoked, peer-key-expired, peer-signature-wrong, peer-not-for-us, peer-clock, peer-too-old,
    peer-message-changed (its id was used with other content), peer-area-unknown, peer-too-early (it is about a hand-over that has not come yet), and as the verbs say.
    """
    if len(body) > signing.LONGEST:
        raise Refused("peer-body-damaged")
    now = clock.now()
    peer = known.of_key(signing.signer(body), now)
    said = signing.opened(body, bytes(peer.public_key))
    message, about, at = _head(peer, said)
    with connection.cursor() as cursor:  # a message that comes twice at once is taken once
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('peer'), hashtext(%s))", [str(peer.installation)])
    before = Incoming.objects.filter(peer=peer, message=message).first()
    if before is not None:
        if before.digest != signing.digest(body):
            raise Refused("peer-message-changed")
        return bytes(before.receipt)
    if at > now + AHEAD:
        raise Refused("peer-clock", value=at.isoformat())
    if at < now - OLDEST:
        raise Refused("peer-too-old", value=at.isoformat())
    verbs = {"handover": _handover, "recall": _recall, "answer": _answer}
    verb = verbs.get(str(said.get("kind")))
    told = said.get("said")
    if verb is None or not isinstance(told, dict):
        raise Refused("peer-body-damaged")
    try:
        ours = verb(peer, about, told)
    except (TypeError, ValueError, KeyError, AttributeError):
        raise Refused("peer-body-damaged") from None
    receipt = signing.sign({"of": str(message), "digest": signing.digest(body), "from": str(known.here()), "to": str(peer.installation), "at": now.isoformat()})
    Incoming.objects.create(peer=peer, message=message, kind=str(said["kind"]), theirs=about, about=ours, digest=signing.digest(body), receipt=receipt, at=now)
    audit.write(Scope.system("peers"), "peers.taken", [ours], sender=peer.name)
    return receipt


def _head(peer: Peer, said: dict[str, Any]) -> tuple[UUID, UUID, datetime]:
    try:
        message, about, at = UUID(said["id"]), UUID(said["about"]), datetime.fromisoformat(said["at"])
        if at.tzinfo is None or UUID(said["from"]) != peer.installation:
            raise ValueError
        to = UUID(said["to"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Refused("peer-body-damaged") from None
    if to != known.here():
        raise Refused("peer-not-for-us")
    return message, about, at


def _handover(peer: Peer, theirs: UUID, said: dict[str, Any]) -> UUID:
    area = Area.objects.filter(code=str(said["area"]), outside=False, valid_to=None).first()
    if area is None:
        raise Refused("peer-area-unknown", area=str(said["area"])[:40])
    origin = said.get("from") or {}
    if origin.get("code") not in peer.areas:
        raise Refused("peer-area-unknown", area=str(origin.get("code"))[:40])
    disease, kind, purpose = str(said["disease"]), str(said["kind"]), str(said["purpose"])
    if disease not in diseases() or kind not in code_list("handover-kind") or kind == "recalled" or purpose not in code_list("handover-purpose"):
        raise ValueError("a code that is not known")
    scope, sent_at = Scope.system("hand-over of another installation"), datetime.fromisoformat(said["sent_at"])
    if sent_at.tzinfo is None or sent_at > clock.now() + AHEAD:
        raise ValueError("when it was sent")
    person = _person(scope, peer, said.get("person"), area, sent_at)
    from_area = Area.objects.filter(code=origin["code"], outside=True, valid_to=None).values_list("pk", flat=True).first()
    new = NewHandover(str(theirs), area.pk, disease, sent_at, person=person, from_area_id=from_area, kind=kind, purpose=purpose, source=peer.name)
    made = movement.send(scope, [new], sender=f"peer:{peer.installation}")
    return made.get(str(theirs)) or _ours(peer, theirs).pk


def _person(scope: Scope, peer: Peer, said: Any, area: Area, known_at: datetime) -> UUID | None:
    """Whom it is about: the one with that identity number here, else somebody new to this register."""
    if said is None:
        return None
    number, year = str(said.get("national_id") or "")[:40], said.get("birth_year")
    held = persons.by_document_anywhere([number]).get(number) if number else None
    if held is not None:
        return held
    sex = said.get("sex")
    data = PersonData(
        area.pk, str(said["name"])[:100], sex=sex if sex in code_list("sex") else None, birth_year=int(year) if year is not None else None, national_id=number, phone=str(said.get("phone") or "")[:30]
    )
    return population.add_persons(scope, [data], known=[known_at], sender=f"peer:{peer.installation}")[0]


def _recall(peer: Peer, theirs: UUID, said: dict[str, Any]) -> UUID:
    row = _ours(peer, theirs)
    movement.recalled(Scope.system("recall of another installation"), row, str(said["reason"])[:TEXT] or peer.name, _moment(said["at"]))
    return row.pk  # type: ignore[no-any-return]


def _answer(peer: Peer, handover: UUID, said: dict[str, Any]) -> UUID:
    """The other side's answer to what we sent it: accepted, custody goes to that area, and what was owed here is closed."""
    if not Outgoing.objects.filter(peer=peer, about=handover, kind="handover").exists():
        raise Refused("peer-too-early")
    by = f"{str(said.get('by') or '')[:TEXT]}（{peer.name}）"
    row = Handover.objects.get(pk=handover)
    at = max(_moment(said["at"]), row.sent_at)
    handover_answered.answer(Scope.system("answer of another installation"), handover, str(said["answer"]), at, reason=str(said.get("reason") or "")[:TEXT], by=by, over_recall=True)
    return handover


def _ours(peer: Peer, theirs: UUID) -> Handover:
    row = Handover.objects.select_for_update(of=("self",)).filter(sender=f"peer:{peer.installation}", source_id=str(theirs)).first()
    if row is None:
        raise Refused("peer-too-early")
    return row


def _moment(told: Any) -> datetime:
    at = datetime.fromisoformat(told)
    if at.tzinfo is None:
        raise ValueError("a moment says its offset")
    return min(at, clock.now())
