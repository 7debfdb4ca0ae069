"""HL7 v2 over MLLP: every message is acknowledged before the next, what is not stored is not acknowledged, and no sender fills the memory."""

import asyncio

import pytest
from django.test import Client
from interop.test_hl7 import oru_r01 as made
from typer.testing import CliRunner

from sizao.doors.kit import tokens
from sizao.interop.hl7 import mllp


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
