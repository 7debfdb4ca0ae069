"""A feed that falls silent, sends the same again and again, or whose certificate ends, is an alarm; one that is well is none."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizao.interop.feeds import expectations, watch
from sizao.interop.feeds.models import Alarm, Arrival
from sizao.interop.feeds.rules import Expected, Heard, alarms
from sizao.registers.surveillance.models import Signal

START = datetime(2020, 6, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
LAB = Expected("lab", "实验室", "lab", ("lab:*",), HOUR, HOUR, least=0.5, most=2, over=10, loop=3, certificate=timedelta(days=30))


def series(*digests, rows=100):
    return [Heard(START + i * HOUR, rows, d) for i, d in enumerate(digests)]


@pytest.mark.parametrize(
    ("heard", "after", "found"),
    [
        (series("a"), 2 * HOUR, set()),  # at the end of the grace it is not silent yet
        (series("a"), 2 * HOUR + timedelta(seconds=1), {"silence"}),
        (series("a", "b", "b"), 2 * HOUR, set()),
        (series("a", "b", "b", "b"), 3 * HOUR, {"loop"}),
        (series("a", "b", "a", "b", "a", "b"), 5 * HOUR, {"loop"}),  # an outbox that goes round
        ([*series("a", "a"), Heard(START + 2 * HOUR)], 2 * HOUR, set()),  # a sign of life is no content
        ([*series(*"abcdef"), Heard(START + 6 * HOUR, 40, "g")], 6 * HOUR, {"volume"}),
        ([*series(*"abcdef"), Heard(START + 6 * HOUR, 201, "g")], 6 * HOUR, {"volume"}),
        ([*series(*"abcdef"), Heard(START + 6 * HOUR, 200, "g")], 6 * HOUR, set()),
        ([*series(*"abc"), Heard(START + 3 * HOUR, 1, "g")], 3 * HOUR, set()),  # too few to know what is usual
    ],
)
def test_each_alarm_by_example(heard, after, found):
    assert set(alarms(LAB, heard, START + after)) == found


def test_a_certificate_s_end_is_an_alarm_beforehand():
    ends = START + timedelta(days=30)
    assert alarms(LAB, series("a"), START, ends) == {"certificate": START}
    assert alarms(LAB, series("a"), START, ends + timedelta(seconds=1)) == {}


@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from("abc")), max_size=20), st.integers(0, 5000))
@settings(max_examples=60, deadline=None)
def test_silence_depends_on_nothing_but_the_last_time(arrivals, minutes):
    """Whatever was sent: silent exactly when the last one is older than two hours."""
    heard, at = [], START
    for gap, digest in arrivals:
        at += timedelta(minutes=gap)
        heard.append(Heard(at, 10, digest))
    now = at + timedelta(minutes=minutes)
    assert ("silence" in alarms(LAB, heard, now)) == (bool(heard) and minutes > 120)


def test_what_is_expected_is_data_and_its_faults_are_told(tmp_path):
    assert {e.id for e in expectations.expectations()} >= {"laboratories", "hospitals", "neighbours"}
    assert expectations.of("lab:county").id == "laboratories"
    assert expectations.of("nobody") is None
    text = "title: {zh: 甲}\nsenders: []\nevery: daily\ngrace: 1h\nloop: 1\nvolume: {least: -1}\ncolour: red\n"
    found = list(expectations.faults(tmp_path / "x.yaml", text))
    assert [(f.code, f.line) for f in found] == [
        ("feed-key-unknown", 7), ("feed-part-wrong", 1), ("feed-part-wrong", 2), ("feed-part-wrong", 3), ("feed-part-wrong", 5), ("feed-part-wrong", 6),
    ]  # fmt: skip


@pytest.mark.django_db
def test_an_alarm_rises_once_is_a_signal_and_ends_by_itself(county):
    watch.heard("lab:a", rows=10, digest="x", at=START)
    assert watch.watch(START + HOUR) == {}
    assert watch.watch(START + 3 * HOUR) == {"lab:a": ["silence"]}
    assert watch.watch(START + 4 * HOUR) == {}  # it stands; it is not raised again
    [signal] = Signal.objects.all()
    assert (signal.kind, signal.raised_by, signal.judged_at) == ("feed", "machine", None)
    watch.heard("lab:a", rows=10, digest="y", at=START + 5 * HOUR)
    watch.watch(START + 5 * HOUR)
    assert [(a.kind, a.ended_at) for a in Alarm.objects.all()] == [("silence", START + 5 * HOUR)]
    assert Signal.objects.count() == 1


@pytest.mark.django_db
def test_a_sender_of_which_nothing_was_agreed_is_listed_and_never_an_alarm(county):
    watch.heard("somebody", rows=1, at=START)
    [feed] = [f for f in watch.feeds(START + timedelta(days=50)) if f.sender == "somebody"]
    assert (feed.expected, feed.alarms, feed.arrivals) == (None, {}, 1)
    watch.watch(START + timedelta(days=61))
    assert not Arrival.objects.exists()  # kept sixty days


@pytest.mark.django_db
def test_a_certificate_is_read_and_a_key_is_not(county, tmp_path):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    from sizao.kernel.errors import Refused

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(START).not_valid_after(START + timedelta(days=90)).sign(key, hashes.SHA256())
    (tmp_path / "lab.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    desk = county.user("desk")
    assert watch.certificate(desk, "lab:a", tmp_path / "lab.pem").ends_at == START + timedelta(days=90)
    with pytest.raises(Refused, match="feed-certificate-unreadable"):
        watch.certificate(desk, "lab:a", tmp_path / "key.pem")
    watch.heard("lab:a", at=START + timedelta(days=70))
    assert watch.watch(START + timedelta(days=70)) == {"lab:a": ["certificate"]}


def pem(ends, *, starts=START):
    """A certificate that nobody issued, good until `ends`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lab")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), starts, ends).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.django_db
def test_a_program_gives_its_own_sign_of_life_and_shows_its_certificate(county):
    """By HTTP with its token: heard, its chain's earliest end known, an alarm before that; a token of no sender is refused, and who may not is."""
    import json

    from django.test import Client

    from sizao.doors.kit import tokens
    from sizao.kernel import clock
    from sizao.registers.laboratory.models import Specimen

    def program(role="sender", sender="lab:county"):
        scope = county.user(role)
        caller = Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {tokens.make(scope.user, scope.post, sender=sender)}"})
        return lambda body="", way="heartbeat": caller.post(f"/api/v1/{way}", data=body, content_type="application/json", headers={"Idempotency-Key": hashlib.sha256(f"{way}{body}".encode()).hexdigest()})

    beat, now = program(), clock.now()
    first = beat().json()
    assert (first["sender"], first["alarms"], first["certificate_ends"]) == ("lab:county", {}, None)
    assert datetime.fromisoformat(first["silent_from"]) - datetime.fromisoformat(first["heard_at"]) == timedelta(minutes=105)
    beat("{}")
    assert Arrival.objects.count() == 1  # so soon after the other it says nothing new
    soon, late = now + timedelta(days=10), now + timedelta(days=300)
    shown = beat(json.dumps({"rows": 7, "certificate": pem(late) + pem(soon)})).json()
    assert abs(datetime.fromisoformat(shown["certificate_ends"]) - soon) < timedelta(seconds=2)
    assert set(shown["alarms"]) == {"certificate"}
    assert list(Arrival.objects.order_by("id").values_list("rows", flat=True)) == [None, 7]
    beat(json.dumps({"rows": []}), "specimens")  # nothing came
    answer = beat(json.dumps({"rows": [{"values": {}}]}), "specimens")
    assert (answer.json()["counts"]["rejected"], Arrival.objects.filter(kind="api").count(), Specimen.objects.count()) == (1, 1, 0)
    for body in ('{"rows": -1}', '{"rows": "7"}', '{"rows": true}', '{"other": 1}', "[]", "{", '{"certificate": 1}'):
        assert (beat(body).status_code, beat(body)["Content-Type"]) == (400, "application/problem+json"), body
    assert beat('{"certificate": "-----BEGIN PRIVATE KEY-----"}').json()["code"] == "feed-certificate-unreadable"
    assert program(sender="")().json()["code"] == "feed-without-sender"
    assert program("commander")().status_code == 403
    assert Client(HTTP_HOST="localhost").post("/api/v1/heartbeat").status_code == 401
