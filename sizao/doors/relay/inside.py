"""Inside: letters from the public process are opened and answered by the ordinary views. Only routes of `names.RELAYED`; no session, no post, no cookie of anybody."""

import contextlib
import io
import logging
import threading
import time
from datetime import timedelta
from typing import Any

import psycopg
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, InterfaceError, close_old_connections, connection, connections, transaction
from django.urls import Resolver404, resolve

from sizao.doors.models import Relayed, RelayKey
from sizao.kernel import clock, keys
from sizao.kernel.errors import Refused
from sizao.kernel.logs import named, told

from . import sealing
from .names import RELAYED

log = logging.getLogger("sizao.relay")

CHANNEL = "sizao_relay"
KIND = "door"
#: Answers stay so long for who asked; a reading that nobody answered in time is dropped, what was sent is kept until it is answered.
KEPT, STALE = timedelta(minutes=10), timedelta(seconds=30)
BEAT = 10.0
THREADS = 2


def key() -> keys.Key:
    """The inside's own key; made with the first letter box."""
    held = keys.ring().all(KIND)
    return held[0] if held else keys.ring().rotate((KIND,)).newest(KIND)


def open_box() -> None:
    """Says by which key letters are sealed and that somebody is home."""
    mine, now = key(), clock.now()
    RelayKey.objects.update_or_create(key_id=mine.id, defaults={"public": sealing.public_of(mine.secret), "seen_at": now}, create_defaults={"public": sealing.public_of(mine.secret), "seen_at": now, "made_at": now})


def sweep() -> None:
    Relayed.objects.filter(answered_at__lt=clock.now() - KEPT).delete()


class Answering:
    """Opens letters with Django's own handler, middleware and all."""

    def __init__(self) -> None:
        self.handler = BaseHandler()
        self.handler.load_middleware()

    def one(self) -> bool:
        """Answers the oldest letter that nobody has in hand; False where there is none. What it wrote and its answer stand or fall together."""
        with transaction.atomic():
            row = Relayed.objects.select_for_update(skip_locked=True).filter(answered_at=None).order_by("asked_at").first()
            if row is None:
                return False
            try:
                letter, body, back = sealing.read(bytes(row.asked), key().secret)
            except Refused:
                row.answer, row.answered_at = b"", clock.now()  # sealed by a key that we no longer have: nobody can answer it
                row.save(update_fields=["answer", "answered_at"])
                return True
            if letter["method"] != "POST" and clock.now() - row.asked_at > STALE:
                row.delete()
                return True
            head, text = self.answer(letter, body)
            row.asked, row.answer, row.answered_at = b"", sealing.answer(back, head, text), clock.now()
            row.save(update_fields=["asked", "answer", "answered_at"])
        return True

    def answer(self, letter: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """What the view of the letter's address says. Other addresses answer as one that does not exist."""
        path, _, query = str(letter["path"]).partition("?")
        request = WSGIRequest(_environment(letter, path, query, body))
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # the outside has asked for its own token
        with contextlib.suppress(Resolver404):
            route = getattr(resolve(request.path_info).func, "route", None)
            if route is not None and route.name in RELAYED:
                response = self.handler.get_response(request)
                text = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
                # It is not closed: that would tell Django that a request is over, which drops the connection in the midst of our transaction.
                return {"status": response.status_code, "headers": dict(response.headers)}, text
        return {"status": 404, "headers": {"Content-Type": "text/plain; charset=utf-8"}}, b"not found\n"


def _environment(letter: dict[str, Any], path: str, query: str, body: bytes) -> dict[str, Any]:
    cookies = [f"sizao-language={letter['language']}"] + ([f"csrftoken={letter['csrf']}"] if letter["csrf"] else [])
    return {
        "REQUEST_METHOD": letter["method"], "PATH_INFO": _raw(path), "QUERY_STRING": query, "CONTENT_TYPE": letter["type"], "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": letter["from"], "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost", "HTTP_ACCEPT": letter["accept"],
        "HTTP_COOKIE": "; ".join(cookies), "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0),
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False, "SCRIPT_NAME": "",
    }  # fmt: skip


def _raw(path: str) -> str:
    """WSGI keeps a path as latin-1 letters of its bytes, percent signs resolved."""
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(path).decode("latin-1")


def start() -> None:
    """Threads that answer for as long as this process lives. Without keys nothing is answered, and the outside says so."""
    call = threading.Event()
    threading.Thread(target=_listen, args=(call,), name="relay-listen", daemon=True).start()
    for n in range(THREADS):
        threading.Thread(target=_work, args=(call, n == 0), name=f"relay-{n}", daemon=True).start()


def _listen(call: threading.Event) -> None:
    while True:
        try:
            with psycopg.connect(**{**connections["default"].get_connection_params(), "connect_timeout": 5, "autocommit": True}) as held:
                held.execute(f"LISTEN {CHANNEL}")
                call.set()
                for _ in held.notifies():
                    call.set()
        except psycopg.Error as fault:
            log.warning("relay: %s", named(fault))
            time.sleep(1)


def _work(call: threading.Event, first: bool) -> None:
    answering, beaten = Answering(), 0.0
    while True:
        more = False
        try:
            close_old_connections()
            if first and time.monotonic() - beaten > BEAT:
                open_box()
                sweep()
                beaten = time.monotonic()
            more = answering.one()
        except (psycopg.Error, DatabaseError, InterfaceError) as fault:
            log.warning("relay: %s", named(fault))
            connection.close()
            time.sleep(0.5)
        except Refused as fault:
            log.warning("relay: %s", fault.safe)
            time.sleep(5)
        except Exception as fault:
            log.error("relay: %s", told(fault))
            time.sleep(0.5)
        if not more:
            call.wait(1)
            call.clear()
