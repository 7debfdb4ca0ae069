"""Messages between two installations in one process: whatever is wrong with one is answered with a code and changes nothing. Two real servers: tests/drills/test_two_installations.py."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cwt import COSE
from django.test import Client

from sizao.doors.kit import signin
from sizao.interop.peers import inbox, known, outbox, read, signing
from sizao.interop.peers.models import Incoming, Outgoing
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.registers.movement import actions as movement
from sizao.registers.movement.models import Handover
from sizao.registers.population import actions as population
from sizao.registers.population.models import Person
from sizao.registers.surveillance.models import Signal

pytestmark = pytest.mark.django_db
THEIRS = UUID("01900000-0000-7000-8000-000000000001")


class Other:
    """The other side: a key of its own, and messages signed with it."""

    def __init__(self, key=None):
        self.key = key or Ed25519PrivateKey.generate()
        self.public = signing.public_bytes(self.key)

    def message(self, kind="handover", said=None, **head):
        now = clock.now()
        whole = {"id": str(uuid4()), "from": str(THEIRS), "to": str(known.here()), "at": now.isoformat(), "kind": kind, "about": str(uuid4()), "said": said or self.handover()} | head
        key = signing._key(self.public, signing.key_id(self.public), self.key.private_bytes_raw())
        return COSE.new().encode_and_sign(json.dumps(whole).encode(), key, protected={"alg": "EdDSA", "kid": bytes.fromhex(signing.key_id(self.public))})

    def handover(self, **more):
        sent = clock.now() - timedelta(hours=1)
        told = {"area": "990001101", "from": {"code": "980001", "name": "邻县"}, "disease": "covid-19", "kind": "area", "purpose": "observation", "sent_at": sent.isoformat(), "source": "邻县疾控"}
        return told | {"person": {"name": "钱七", "sex": "male", "birth_year": 1980, "national_id": "11010519491231002X"}} | more


@pytest.fixture
def other(county):
    side = Other()
    operator = county.user("operator")
    told = {"installation": THEIRS, "address": "http://127.0.0.1:9", "key": side.public.hex(), "until": clock.now() + timedelta(days=300), "codes": [("980001", "邻县")]}
    known.register(operator, "邻县系统", **told)
    side.operator, side.told = operator, told
    return side


def test_a_message_that_comes_again_gets_the_same_receipt_and_changes_nothing(other):
    body = other.message()
    receipts = {inbox.take(body) for _ in range(3)}
    said = signing.opened(receipts.pop(), signing.public_bytes(signing.own_key()[1]))
    assert not receipts and said["digest"] == signing.digest(body)
    row = Handover.objects.get()
    assert (row.area.code, row.from_area.code, row.source, row.kind, row.person.name) == ("990001101", "980001", "邻县系统", "area", "钱七")
    assert Person.objects.filter(name="钱七").count() == 1


def damaged(other):
    good = other.message()
    forged = Other()
    wrong_key = COSE.new().encode_and_sign(b"{}", signing._key(forged.public, signing.key_id(forged.public), forged.key.private_bytes_raw()), protected={"alg": "EdDSA", "kid": bytes.fromhex(signing.key_id(other.public))})
    now = clock.now()
    return {
        "cut short": (good[:-9], "peer-body-damaged"), "no message": (b"{}", "peer-body-damaged"), "empty": (b"", "peer-body-damaged"), "too long": (good + bytes(signing.LONGEST), "peer-body-damaged"),
        "altered": (good[:-1] + bytes([good[-1] ^ 1]), "peer-signature-wrong"), "signed by another": (wrong_key, "peer-signature-wrong"), "unknown key": (forged.message(), "peer-key-unknown"),
        "for another": (other.message(to=str(uuid4())), "peer-not-for-us"), "from another": (other.message(**{"from": str(uuid4())}), "peer-body-damaged"),
        "a clock ahead": (other.message(at=(now + timedelta(hours=24)).isoformat()), "peer-clock"), "of last year": (other.message(at=(now - timedelta(days=31)).isoformat()), "peer-too-old"),
        "no offset": (other.message(at="2026-01-01T00:00:00"), "peer-body-damaged"), "another kind": (other.message(kind="delete"), "peer-body-damaged"),
        "an area not ours": (other.message(said=other.handover(area="123")), "peer-area-unknown"), "an area not theirs": (other.message(said=other.handover(**{"from": {"code": "990001"}})), "peer-area-unknown"),
        "a code not known": (other.message(said=other.handover(disease="gossip")), "peer-body-damaged"), "a recall of nothing": (other.message("recall", {"reason": "x", "at": now.isoformat()}), "peer-too-early"),
        "an answer to nothing": (other.message("answer", {"answer": "accepted", "at": now.isoformat()}), "peer-too-early"),
    }  # fmt: skip


def test_whatever_is_wrong_is_refused_with_its_code_and_changes_nothing(other):
    found = {}
    for name, (body, code) in damaged(other).items():
        with pytest.raises(Refused) as refused:
            inbox.take(body)
        found[name] = (refused.value.code, code)
    assert {n: pair for n, pair in found.items() if pair[0] != pair[1]} == {}
    assert not Handover.objects.exists() and not Incoming.objects.exists() and not Person.objects.filter(name="钱七").exists()


def test_an_id_that_was_used_with_other_content_is_refused(other):
    one = str(uuid4())
    inbox.take(other.message(id=one))
    with pytest.raises(Refused, match="peer-message-changed"):
        inbox.take(other.message(id=one, said=other.handover(purpose="testing")))
    assert Handover.objects.count() == 1


def test_a_revoked_and_an_ended_key_open_nothing_and_a_new_one_takes_their_place(other):
    with clock.frozen(clock.now() + timedelta(days=301)), pytest.raises(Refused, match="peer-key-expired"):
        inbox.take(other.message())
    known.revoke(other.operator, "邻县系统")
    with pytest.raises(Refused, match="peer-key-revoked"):
        inbox.take(other.message())
    fresh = Other()
    known.register(other.operator, "邻县系统", **other.told | {"key": fresh.public.hex()})
    with pytest.raises(Refused, match="peer-key-unknown"):
        inbox.take(other.message())
    fresh_body = fresh.message()
    assert inbox.take(fresh_body) == inbox.take(fresh_body)


def test_a_recall_is_taken_while_nobody_has_answered_and_refused_afterwards(other):
    first, second = str(uuid4()), str(uuid4())
    for about in (first, second):
        inbox.take(other.message(about=about))
    recall = {"reason": "弄错了", "at": clock.now().isoformat()}
    inbox.take(other.message("recall", recall, about=first))
    assert Handover.objects.get(source_id=first).recalled_at is not None
    Handover.objects.filter(source_id=second).update(answer="accepted", answered_at=clock.now())
    with pytest.raises(Refused, match="handover-answered"):
        inbox.take(other.message("recall", recall, about=second))


def test_who_registers_is_an_administrator_the_address_is_safe_and_our_own_areas_stay_ours(other, county):
    for change, code in (({"address": "http://example.org"}, "bad-value"), ({"address": "file:///etc"}, "bad-value"), ({"key": "00"}, "bad-value"), ({"codes": [("990001", "x")]}, "peer-area-ours"), ({"until": clock.now()}, "peer-key-expired")):
        with pytest.raises(Refused, match=code):
            known.register(other.operator, "又一个", **other.told | {"installation": uuid4()} | change)
    with pytest.raises(Refused, match="not-allowed"):
        known.register(county.user("cdc"), "又一个", **other.told)


@pytest.fixture
def sent(other, county, system):
    """A hand-over to the other side, which never answers: nothing listens there. `.desk` answers for the area that sent it."""
    here = county.areas["990001101"]
    [person] = population.add_persons(system, [population.PersonData(here.pk, "甲")], known=[clock.now()], sender="t")
    new = movement.NewHandover("H1", Area.objects.get(code="980001").pk, "covid-19", clock.now(), person=person, from_area_id=here.pk, kind="area", purpose="observation")
    other.desk = county.user("cdc", "990001101")
    [other.handover] = movement.send(system, [new], sender="t").values()
    outbox.handed_over(other.desk, other.handover)
    return other


def test_a_side_that_never_answers_is_tried_ever_more_seldom_then_stands_on_a_list_with_what_to_do(sent, county):
    made, at, waits = clock.now(), clock.now(), []
    while not Outgoing.objects.exclude(refused="").exists():
        with clock.frozen(at):
            assert outbox.send_due() == 0
        row = Outgoing.objects.get()
        waits.append(row.next_at - at)
        at = row.next_at if not row.refused else at
    assert waits[:4] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)] and max(waits[:-1]) == timedelta(hours=1)
    assert timedelta(days=7) <= at - made <= timedelta(days=7, hours=1) and len(waits) < 200  # bounded
    [lost] = read.failed(sent.desk)
    assert (lost.handover, lost.why.code, lost.message.said) == (sent.handover, "peer-gave-up", "peer-away") and "Send again" in lost.why.cure("en") and "邻县系统" in lost.why.text("zh")
    assert read.failed(county.user("cdc", "990001102")) == []  # another area's
    assert Signal.objects.get(kind="handover").area.code == "990001101"
    assert outbox.send_due(now_all=True) == 0 and Outgoing.objects.get().tries == row.tries  # sent no more by itself
    outbox.send_again(sent.desk, lost.message.pk, sent.handover)
    assert read.failed(sent.desk) == [] and Outgoing.objects.filter(refused="", received_at=None).count() == 1
    with pytest.raises(Refused, match="peer-message-not-failed"):
        outbox.send_again(sent.desk, lost.message.pk, sent.handover)


def test_what_waits_for_an_installation_that_is_revoked_is_listed_and_not_forgotten(sent):
    known.revoke(sent.operator, "邻县系统")
    assert [f.why.code for f in read.failed(sent.desk)] == ["peer-key-revoked"]


def test_a_code_that_only_the_other_side_knows_is_told_as_it_came(sent):
    Outgoing.objects.update(refused="database-says-no", tries=3)
    [lost] = read.failed(sent.desk)
    assert "database-says-no" in lost.why.text("en")


def test_the_page_of_hand_overs_lists_what_was_not_delivered_with_its_cure_and_sends_it_again(sent):
    Outgoing.objects.update(refused="peer-area-unknown", tries=3)
    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sizao-language"] = "en"
    browser.post(signin.make_link(sent.desk.user))
    shown = browser.get("/handovers").content.decode()
    assert "Not delivered" in shown and "Compare the registered codes of areas on both sides." in shown and "邻县系统" in shown
    answer = browser.post(f"/handovers/{sent.handover}/decide", {"do": "send-again", "message": str(Outgoing.objects.get().pk)})
    assert answer.status_code == 302 and "Not delivered" not in browser.get("/handovers").content.decode()
    assert Outgoing.objects.filter(refused="", received_at=None).count() == 1
