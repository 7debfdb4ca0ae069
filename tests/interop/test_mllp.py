"""HL7 v2 over MLLP: every message is acknowledged before the next, what is not stored is not acknowledged, and no sender fills the memory."""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from interop.test_hl7 import oru_r01 as made
from typer.testing import CliRunner

from sizao.doors.kit import tokens
from sizao.interop.hl7 import mllp
from sizao.registers.laboratory.models import Specimen


def frame(body):
    return b"\x0b" + body + b"\x1c\r"


def talk(answer, *sent, expect=1, **limits):
    """What comes back for what is sent, bytes as they are; the connection's end is b""."""

    async def run():
        server = await mllp.serve("127.0.0.1", 0, answer, **limits)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        found = []
        for one in sent:
            writer.write(one)
        await writer.drain()
        for _ in range(expect):
            found.append(await asyncio.wait_for(mllp.message(reader), 5))
        writer.close()
        server.close()
        return found

    return asyncio.run(run())


async def echo(body):
    return b"ACK " + body


def test_each_message_is_acknowledged_in_order_however_the_bytes_arrive():
    whole = frame(b"one\rtwo") + frame(b"three") + b"\r"
    assert talk(echo, *[whole[i : i + 1] for i in range(len(whole))], expect=2) == [b"ACK one\rtwo", b"ACK three"]


def test_what_cannot_be_stored_is_not_acknowledged_and_the_connection_ends():
    async def away(_body):
        return None

    assert talk(away, frame(b"one"), frame(b"two")) == [None]


@pytest.mark.parametrize("sent", [b"MSH|^~\\&|no frame", b"\x0bnever ended" * 2000, frame(b"x" * 9000)])
def test_what_is_no_frame_has_no_end_or_is_too_long_ends_the_connection_and_stores_nothing(sent):
    seen = []

    async def store(body):
        seen.append(body)
        return b"ACK"

    assert talk(store, sent, longest=8000, whole=0.2) == [None] and seen == []


def test_more_connections_than_agreed_are_turned_away_and_room_is_made_by_who_leaves():
    async def run():
        server = await mllp.serve("127.0.0.1", 0, echo, most=1)
        place = server.sockets[0].getsockname()[:2]
        first = await asyncio.open_connection(*place)
        first[1].write(frame(b"1"))
        assert await mllp.message(first[0]) == b"ACK 1"
        second = await asyncio.open_connection(*place)
        assert await asyncio.wait_for(second[0].read(), 5) == b""
        first[1].close()
        await first[1].wait_closed()
        for _ in range(50):  # the server notices when it next reads
            third = await asyncio.open_connection(*place)
            third[1].write(frame(b"3"))
            if await asyncio.wait_for(mllp.message(third[0]), 5) == b"ACK 3":
                break
        else:
            raise AssertionError("no room is made")
        server.close()

    asyncio.run(run())


@pytest.mark.django_db
def test_a_message_reaches_the_laboratory_register_and_its_acknowledgement_the_sender(county, monkeypatch):
    from sizao.doors.cli import mllp as door

    scope = county.user("sender")
    caller = Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {tokens.make(scope.user, scope.post, sender='lab:county')}"})
    answer = caller.post("/api/v1/hl7", data=made().encode(), content_type="application/hl7-v2")
    assert answer.status_code == 200 and b"MSA|AA" in answer.content
    monkeypatch.setattr(door.urllib.request, "urlopen", lambda asked, timeout: Fake(caller.post("/api/v1/hl7", data=asked.data, content_type="application/hl7-v2").content))
    said = door.pass_on("http://127.0.0.1:1", "t", made().encode())
    assert said is not None and b"MSA|AA" in said  # the same once more: a duplicate, answered alike
    [framed] = talk(lambda _body: asyncio.sleep(0, said), frame(made().encode()))
    assert b"MSA|AA" in framed


class Fake:
    def __init__(self, content):
        self.content = content

    def read(self):
        return self.content

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.mark.parametrize("words", [["--listen", "0.0.0.0:2575"], ["--to", "http://example.org"], ["--listen", "127.0.0.1:2575", "--clients", "ca.pem"]])
def test_beyond_this_machine_nothing_is_heard_or_sent_without_tls(tmp_path, words):
    from sizao.doors.cli import main

    (tmp_path / "token").write_text("t")
    done = CliRunner().invoke(main.app, ["mllp", "--token", str(tmp_path / "token"), *([] if "--to" in words else ["--to", "http://127.0.0.1:1"]), *words])
    assert done.exit_code != 0 and (done.exception is not None)


# ---- the command itself, by real sockets and TLS


def certificates(folder):
    """A certificate authority of our own, a server's and a laboratory's certificate by it, and one of a stranger; each as PEM with its key."""
    now = datetime.now(UTC)

    def made(name, issuer=None, authority=False):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        by, by_key = issuer or (subject, key)
        built = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(by).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1)).add_extension(x509.BasicConstraints(authority, None), True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), False)
            .sign(by_key, hashes.SHA256())
        )  # fmt: skip
        secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / f"{name}.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM) + secret)
        (folder / f"{name}.crt").write_bytes(built.public_bytes(serialization.Encoding.PEM))
        return subject, key

    ours, theirs = made("authority", authority=True), made("elsewhere", authority=True)
    for name, issuer in (("server", ours), ("laboratory", ours), ("stranger", theirs)):
        made(name, issuer)


def connected(folder, port, client=None):
    context = ssl.create_default_context(cafile=str(folder / "authority.crt"))
    if client:
        context.load_cert_chain(folder / f"{client}.pem")
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10), server_hostname="127.0.0.1")


def heard(connect):
    """Whether a message sent over this connection is answered by anything that is an acknowledgement."""
    try:
        with connect() as wire:
            wire.sendall(frame(made().encode()))
            return wire.recv(1) == b"\x0b"
    except OSError:  # TLS's own refusals are of this kind too
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def asked(environ, start):
    """The API, asked in this thread, whose transaction the test sees into."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    answer = Client(HTTP_HOST="localhost", headers={"Authorization": environ["HTTP_AUTHORIZATION"]}).post(environ["PATH_INFO"], data=body, content_type=environ["CONTENT_TYPE"])
    start(f"{answer.status_code} {answer.reason_phrase}", [("Content-Type", answer["Content-Type"])])
    return [answer.content]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def listener(tmp_path, county):
    """`sizao mllp` as a program of its own, with TLS and clients' certificates, before the API of this test's transaction: `.api` serves one request when it is told to."""
    scope = county.user("sender")
    (tmp_path / "token").write_text(tokens.make(scope.user, scope.post, sender="lab:county"))
    certificates(tmp_path)
    api = make_server("127.0.0.1", 0, asked, handler_class=Quiet)
    api.timeout = 20
    port = free_port()
    words = ["--to", f"http://localhost:{api.server_port}", "--token", tmp_path / "token", "--listen", f"127.0.0.1:{port}", "--certificate", tmp_path / "server.pem", "--clients", tmp_path / "authority.crt"]
    program = subprocess.Popen([sys.executable, "-m", "sizao", "mllp", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for _ in range(150):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            break
        time.sleep(0.2)
    yield SimpleNamespace(folder=tmp_path, port=port, api=api)
    api.server_close()
    program.terminate()
    program.wait(10)


@pytest.mark.django_db
def test_over_tls_a_laboratory_with_its_certificate_is_acknowledged_when_its_result_is_stored_and_not_before(listener):
    with connected(listener.folder, listener.port, "laboratory") as wire:
        assert wire.version() in ("TLSv1.2", "TLSv1.3")
        wire.sendall(frame(made().encode()))
        wire.settimeout(1)
        with pytest.raises(TimeoutError):  # the message is on its way, and nothing has been stored
            wire.recv(1)
        assert Specimen.objects.count() == 0
        listener.api.handle_request()
        assert Specimen.objects.count() == 1
        wire.settimeout(20)
        said = b""
        while not said.endswith(b"\x1c\r"):
            said += wire.recv(4096)
        assert b"MSA|AA" in said and Specimen.objects.count() == 1


@pytest.mark.django_db
def test_over_tls_who_has_no_certificate_or_one_of_somebody_else_is_not_heard(listener):
    for client in (None, "stranger"):
        assert not heard(lambda client=client: connected(listener.folder, listener.port, client))
    listener.api.timeout = 0.5
    listener.api.handle_request()  # nobody asks
    assert Specimen.objects.count() == 0
    assert not heard(lambda: socket.create_connection(("127.0.0.1", listener.port), timeout=5))  # nor without TLS


@pytest.mark.django_db
def test_over_tls_nothing_is_acknowledged_while_nobody_stores(listener):
    listener.api.server_close()
    with connected(listener.folder, listener.port, "laboratory") as wire:
        wire.sendall(frame(made().encode()))
        assert wire.recv(1) == b""  # the connection ends; the sender keeps the message
    assert Specimen.objects.count() == 0
