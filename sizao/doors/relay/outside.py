"""In the process of the public: a request that is a person's own is sealed, laid down, and its answer awaited for a moment.

An answer that does not come in time is waited for by a page that loads itself again: what was sent stays laid down until it is answered.
"""

import base64
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.kernel import clock
from sizao.kernel.errors import Refused

from . import sealing
from .names import RELAYED

#: Seconds that a page waits for its answer, and between two looks.
PATIENCE, PAUSE = 3.0, 0.02
#: The most that one request may bring: a form, never a file.
LARGEST = 256 << 10
#: After so long without a word from inside nobody is waited for.
SILENT = timedelta(seconds=30)
COOKIE = "sizao-waiting"
HEADERS = ("Content-Type", "Content-Disposition", "Cache-Control", "Location", "Retry-After", "Service-Worker-Allowed")


class RelayMiddleware:
    """Passes relayed routes inside; everything else is answered here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, arguments: Any, named: dict[str, Any]) -> HttpResponse | None:
        route = getattr(view, "route", None)
        return pass_inside(request) if route is not None and route.name in RELAYED else None


def pass_inside(request: HttpRequest) -> HttpResponse:
    """The answer from inside; or, where it does not come in time, a page that waits for it. Refused relay-too-large, relay-full, relay-away."""
    if len(request.body) > LARGEST:
        raise Refused("relay-too-large", most=LARGEST >> 10)
    with connection.cursor() as cursor:
        cursor.execute("SELECT public, seen_at FROM doors_relaykey ORDER BY made_at DESC LIMIT 1")
        row = cursor.fetchone()
    if row is None:
        raise Refused("relay-away")
    home = clock.now() - row[1] < SILENT
    if not home and request.method != "POST":
        raise Refused("relay-away")  # a reading nobody would answer is not kept
    get_token(request)  # a page that is answered from inside may hold a form, which comes back to us
    letter = {
        "method": request.method, "path": request.get_full_path(), "type": request.META.get("CONTENT_TYPE", ""), "from": request.META.get("REMOTE_ADDR", ""),
        "language": request.LANGUAGE_CODE, "csrf": request.META.get("CSRF_COOKIE", ""), "accept": request.headers.get("Accept", ""), "host": request.META.get("HTTP_HOST", ""),  # type: ignore[attr-defined]
    }  # fmt: skip
    sealed, key = sealing.write(letter, request.body, bytes(row[0]))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT relay_ask(%s)", [sealed])
            ask: UUID = cursor.fetchone()[0]
    except DatabaseError as fault:
        if getattr(fault.__cause__, "sqlstate", "") == "53400":  # configuration_limit_exceeded: as many wait as may
            raise Refused("relay-full") from None
        raise
    found = _await(ask, PATIENCE if home else 0)
    if found is not None:
        return _response(key, found)
    if request.method != "POST":
        raise Refused("relay-away")
    response = HttpResponseRedirect(url("relay-wait", ask=ask))
    response.status_code = 303
    response.set_cookie(COOKIE, base64.urlsafe_b64encode(key).decode(), max_age=3600, path=url("relay-wait", ask=ask), httponly=True, samesite="Lax", secure=request.is_secure())
    return response


def wait(request: HttpRequest, ask: UUID) -> HttpResponse:
    """The page of somebody whose answer is on its way; the answer itself once it is there. It opens only on the device that asked."""
    try:
        key = base64.urlsafe_b64decode(request.COOKIES.get(COOKIE, ""))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Refused("page-not-found")
    try:
        found = _await(ask, 0.5)
    except DatabaseError:  # a process of the other roles has no such function
        raise Refused("page-not-found") from None
    if found is None:
        return page(request, "public/waiting.html", {"user": None, "scope": None, "post": None})
    return _response(key, found)


def _await(ask: UUID, patience: float) -> bytes | None:
    until = time.monotonic() + patience
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT relay_answer(%s)", [ask])
            found = cursor.fetchone()[0]
        if found is not None:
            return bytes(found)
        if time.monotonic() >= until:
            return None
        time.sleep(PAUSE)


def _response(key: bytes, sealed: bytes) -> HttpResponse:
    head, body = sealing.opened(key, sealed)
    response = HttpResponse(body, status=head["status"])
    for name, value in head["headers"].items():
        if name in HEADERS:
            response.headers[name] = value
    return response
