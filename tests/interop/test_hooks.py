"""Events told to other systems: each once, signed, tried again, never to where only this server may go, and without a name."""

import base64
import hashlib
import hmac
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sizao.interop.hooks import noting, sending, subscribing, target
from sizao.interop.hooks.models import Delivery, Hook, Position
from sizao.kernel import access, acts, clock
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.models import Holding
from sizao.kernel.scope import Scope

VILLAGE, OTHER = "990001101201", "990001102201"
KIND = "case.reported"


@pytest.fixture
def receiver(monkeypatch):
    """A program that listens on this machine, in a network that the operator named; `.seen` is what came, `.answers` what it answers next."""
    seen, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((dict(self.headers), body))
            self.send_response(answers.pop(0) if answers else 204)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setitem(access.rules(), "webhooks", {"networks": ["127.0.0.0/8"]})
    server.seen, server.answers, server.address = seen, answers, f"http://127.0.0.1:{server.server_port}/told?to=us"
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def hooked(county, receiver):
    """A subscription to reports of cases in one village, and the place from which acts are counted set."""
    scope = county.user("operator")
    noting.note_new()
    Position.objects.update(low=0)  # the test is one transaction that has not ended: what it writes counts as ended
    hook, secret = subscribing.subscribe(scope, name="province", address=receiver.address, wanted=[KIND], area=county.areas[VILLAGE])
    Hook.objects.update(made_at=clock.now() - timedelta(hours=1))  # and the database's clock stands still in it
    return hook, secret, scope


def happened(county, code=VILLAGE, kind=KIND, disease="covid-19", batch=None):
    now = clock.now()
    [act] = acts.record(Scope.system("test"), [acts.NewAct(kind, uuid7(), now, person=uuid7(), area_id=county.areas[code].pk, disease=disease)], batch=batch)
    return act


def note(monkeypatch):
    """`note_new` as if the test's own transaction had ended."""
    rows = noting._rows
    monkeypatch.setattr(noting, "_rows", lambda query, values: rows(query.replace("a.change_xid < %s::text::xid8", "%s::text IS NOT NULL"), values))
    return noting.note_new()


def refused(code, call, *args, **more):
    with pytest.raises(Refused) as told:
        call(*args, **more)
    assert told.value.code == code


def test_what_happened_there_is_told_once_signed_and_without_a_name(county, hooked, receiver, monkeypatch):
    hook, secret, _ = hooked
    act = happened(county)
    happened(county, OTHER)
    happened(county, kind="case.classified")
    assert note(monkeypatch) == 1
    Position.objects.update(low=0)
    noting.note_new()
    assert Delivery.objects.count() == 1
    assert sending._send_all() == 1
    [(headers, body)] = receiver.seen
    told = json.loads(body)
    assert told["type"] == KIND and told["data"]["act"] == str(act) and told["data"]["area"] == VILLAGE
    assert set(told["data"]) == {"kind", "act", "subject", "person", "disease", "happened_at", "recorded_at", "outcome", "record", "replaces", "area"}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-key-id"] == hook.key_id
    assert sending._send_all() == 0 and len(receiver.seen) == 1


def test_the_secret_is_not_in_the_store(hooked):
    hook, secret, _ = hooked
    assert base64.b64decode(secret.removeprefix("whsec_")) not in bytes(Hook.objects.get(pk=hook.pk).secret)


def test_an_import_is_told_as_one_message(county, hooked, monkeypatch):
    from sizao.kernel.models import Batch

    batch = Batch.objects.create(sender="test")
    for _ in range(5):
        happened(county, batch=batch.pk)
    assert note(monkeypatch) == 0
    Batch.objects.filter(pk=batch.pk).update(closed_at=clock.now())
    with clock.frozen(clock.now() + timedelta(seconds=5)):
        assert note(monkeypatch) == 1
        note(monkeypatch)
    [one] = Delivery.objects.all()
    assert one.kind == "batch.closed" and one.body["acts"] == {KIND: 5}


def test_a_failing_receiver_is_tried_again_with_growing_pauses_then_paused_and_resumed(county, hooked, receiver, monkeypatch):
    hook, _, scope = hooked
    happened(county)
    note(monkeypatch)
    receiver.answers += [500] * 3
    waits, at = [], clock.now()
    for _ in range(3):
        with clock.frozen(at):
            sending._send_all()
            one = Delivery.objects.get()
            waits.append((one.next_at - at).total_seconds())
            at = one.next_at
    assert waits == [30, 60, 120] and one.tries == 3 and one.said == "500"
    receiver.answers.append(500)
    with clock.frozen(one.made_at + timedelta(days=3)):
        sending._send_all()
        hook.refresh_from_db()
        assert hook.paused_at and Delivery.objects.get().gave_up_at
        happened(county)
        assert not sending.hand_over_due()
        subscribing.resume(scope, hook.pk)
        assert sending._send_all() == 1


def test_a_redirection_is_not_followed(county, hooked, receiver, monkeypatch):
    happened(county)
    note(monkeypatch)
    receiver.answers.append(302)
    sending._send_all()
    assert Delivery.objects.get().said == "302" and len(receiver.seen) == 1


def test_a_subscription_ends_with_the_right_of_its_post(county, hooked, monkeypatch):
    hook, _, scope = hooked
    Holding.objects.filter(user=scope.user).update(valid_to=clock.now())
    happened(county)
    assert note(monkeypatch) == 0
    hook.refresh_from_db()
    assert hook.closed_at


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/", "https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://0.0.0.0/", "https://100.64.0.1/", "https://2130706433/", "https://0x7f.1/", "http://93.184.215.14/", "ftp://93.184.215.14/", "file:///etc/passwd", "https://user:word@93.184.215.14/",
        "https://93.184.215.14:22/", "https://", "nonsense", "https://93.184.215.14/\r\nX: y", "https://224.0.0.1/",
    ],
)  # fmt: skip
def test_nothing_goes_to_where_only_this_server_may_go(county, address):
    refused("hook-address-unfit", subscribing.subscribe, county.user("operator"), name="x", address=address, wanted=[KIND], area=county.root)


def test_a_name_that_leads_inside_later_is_refused_when_it_is_sent(county, hooked, receiver, monkeypatch):
    happened(county)
    note(monkeypatch)
    monkeypatch.setitem(access.rules(), "webhooks", {"networks": []})
    sending._send_all()
    assert Delivery.objects.get().said == "hook-address-unfit" and receiver.seen == []


def test_an_address_outside_is_fit():
    found = target.look("https://93.184.215.14/x?y=1")
    assert (found.number, found.port, found.path) == ("93.184.215.14", 443, "/x?y=1")


def test_who_may_subscribe_and_where(county):
    told = {"name": "x", "address": "https://93.184.215.14/", "wanted": [KIND]}
    refused("not-allowed", subscribing.subscribe, county.user("cdc"), area=county.root, **told)
    refused("not-found-or-out-of-area", subscribing.subscribe, county.user("operator", VILLAGE), area=county.root, **told)
    refused("hook-kind-unknown", subscribing.subscribe, county.user("operator"), area=county.root, **told | {"wanted": ["no.such"]})
    hook, _ = subscribing.subscribe(county.user("operator"), area=county.root, **told)
    refused("not-found-or-out-of-area", subscribing.close, county.user("operator", VILLAGE), hook.pk)


def test_the_job_is_handed_over_once(county, hooked, monkeypatch):
    happened(county)
    note(monkeypatch)
    assert sending.hand_over_due()
    assert not sending.hand_over_due()
