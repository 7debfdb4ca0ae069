"""The turnstile before Django: who may in now by the gate of `kit/load.py`, and what the others are told.

An extra that would stand longer than `PATIENCE`, or finds its line full, is told so. What is told costs no database, no template and no thread's way
through Django, so that telling it to thousands takes little from the others.
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from django.core.handlers.wsgi import get_path_info
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve

from sizao.doors.kit.load import Gate
from sizao.kernel.errors import Refused

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("sizao.doors")

#: Seconds that an extra stands in line, and that others do: then the server is not busy but ill.
PATIENCE, PATIENCE_OF_THE_FIRST = 2.0, 30.0
#: In the environment of a request that is turned away: the form, the language, the scheme and the seconds of its answer. No header of a request comes there.
BUSY = "sizao.busy"
_ENGLISH = re.compile(r"(?:^|;)\s*sizao-language=en\s*(?:;|$)")


@lru_cache(maxsize=8192)
def _kind(path: str, reads: bool) -> str:
    """free (asks neither database nor much time) · first · extra."""
    try:
        route = resolve(path).func.route  # type: ignore[attr-defined]
    except (Resolver404, AttributeError):
        return "first"
    if route.name in ("static", "icon"):
        return "free"
    return "extra" if route.extra and reads else "first"


class Turnstile:
    """Stands before Django: who is turned away there costs a web process 0.45 ms of processor, and inside Django 0.53 to 0.86 (docs/decisions/071).
    A WSGI application around another.

    What is told is made by the application itself, once for each form, language and number of seconds: with every header that its pages carry.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self.application, self.gate, self.turned_away, self.told = application, Gate(), 0, 0.0
        self._answers: dict[tuple[str, str, str, int], tuple[str, list[tuple[str, str]], bytes]] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        kind = _kind(get_path_info(environ), environ["REQUEST_METHOD"] in ("GET", "HEAD"))
        if kind == "free":
            return self.application(environ, start_response)
        extra = kind == "extra"
        place = self.gate.enter(extra, PATIENCE if extra else PATIENCE_OF_THE_FIRST)
        if place is None:
            self._say()
            return self._busy(environ, start_response)
        try:
            return self.application(environ, start_response)
        finally:
            self.gate.leave(place)

    def _busy(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        language = "en" if _ENGLISH.search(environ.get("HTTP_COOKIE", "")) else "zh-hans"
        seconds = random.randint(8, 20)  # noqa: S311  (spreads the load; no secret)
        key = (_form(environ), language, environ.get("wsgi.url_scheme", ""), seconds)
        if (found := self._answers.get(key)) is None:
            found = self._answers[key] = self._made(environ | {BUSY: key, "REQUEST_METHOD": "GET", "HTTP_COOKIE": ""})
        status, headers, body = found
        start_response(status, list(headers))
        return [body]

    def _made(self, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
        """What the application answers to a request that is marked as one to be turned away."""
        told: list[tuple[str, list[tuple[str, str]]]] = []

        def keep(status: str, headers: list[tuple[str, str]], fault: object = None) -> Callable[[bytes], object]:
            told.append((status, headers))
            return lambda _: None

        answer = self.application(environ, keep)
        try:
            return *told[-1], b"".join(answer)
        finally:
            if close := getattr(answer, "close", None):
                close()

    def _say(self) -> None:
        """A line in the log, at most one in ten seconds: how many were turned away since the last one."""
        self.turned_away += 1
        now = time.monotonic()
        if now - self.told > 10:
            log.warning("busy: %s requests for extras were turned away", self.turned_away)
            self.turned_away, self.told = 0, now


def _form(environ: WSGIEnvironment) -> str:
    """problem (of the API) · part (of a page, asked for by its script) · page."""
    if environ.get("PATH_INFO", "").startswith("/api/") or environ.get("HTTP_ACCEPT", "").startswith("application/json"):
        return "problem"
    return "part" if environ.get("HTTP_HX_REQUEST") == "true" else "page"


class BusyMiddleware:
    """Answers a request that was turned away at the turnstile, behind what gives every answer its headers and before everything that asks the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if BUSY in request.META:
            form, language, _, seconds = request.META[BUSY]
            return busy(form, language, seconds)
        return self.get_response(request)


def busy(form: str, language: str, seconds: int) -> HttpResponse:
    """503: what goes on, and when to ask again. The page asks by itself, not everybody's at the same second."""
    refused = Refused("too-busy")
    if form == "problem":
        answer: HttpResponse = JsonResponse(refused.as_problem(language), status=503, content_type="application/problem+json")
    elif form == "part":
        answer = HttpResponse(_PART.format(text=refused.text(language), cure=refused.cure(language)), status=503)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#notes", "innerHTML"
    else:
        html = "en" if language == "en" else "zh-Hans"
        answer = HttpResponse(_PAGE.format(lang=html, seconds=seconds, text=refused.text(language), cure=refused.cure(language)), status=503)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # a line for each of a thousand would be the next load
    answer["Retry-After"], answer["Cache-Control"] = str(seconds), "no-store"
    return answer


_PART = '<p class="note" role="alert"><b>{text}</b> {cure}</p>'
_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\
<meta http-equiv="refresh" content="{seconds}"><title>{text}</title></head><body><main><h1>{text}</h1><p>{cure}</p><p><code>too-busy</code></p></main></body></html>"""
