"""Who is served first when more is asked than can be answered.

A process works on `AT_ONCE` requests at a time; more would only make each slower. The others stand in two lines: what people and gateways
cannot do without (a pass, a scan, a sample, an entry) and the extras (maps, charts, exports), which may be asked again in a minute.
The more of the first are in work or in line, or begin in a second, the fewer extras are: Python works on one request at an instant, so that a chart that
is drawn beside scans makes every one of them wait. An extra that would stand longer than `PATIENCE`, or finds its line full, is told so at once. What is
told costs no database and no template, so that telling it to thousands takes little from the others.
"""

from __future__ import annotations

import logging
import math
import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from django.core.handlers.wsgi import get_path_info
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve

from sizao.kernel.errors import Refused

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("sizao.doors")

#: Requests worked on at one time by one process: Python works on one, the others wait for the database.
AT_ONCE = 4
#: Extras that may stand in line. A web process has more threads than both together, so that the first line always finds one.
IN_LINE = 12
THREADS = 32
#: Seconds that an extra stands in line, and that others do: then the server is not busy but ill.
PATIENCE, PATIENCE_OF_THE_FIRST = 2.0, 30.0
#: How many of the first are in work or in line, on average, while extras may have every place but the last; and when they get the least. Who stands in line
#: counts, or extras that hold three places of four would never see more than one of the first.
CALM, FULL = 0.5, 2.0
#: The same by how many of the first begin in a second: four hundred scans of 1.5 ms are half a one in work on average, and leave an extra no time.
CALM_RATE, FULL_RATE = 20.0, 40.0
#: Below which average of extras in work the next begins then. One of half a second each time makes it a tenth of one place in the mean.
LEAST = 0.02
#: Seconds after which half of an average is of what came since.
HALF_LIFE = 1.0
#: Seconds after which an extra in line asks again whether it may in.
ASKS_AGAIN = 0.1


class _Waiting:
    __slots__ = ("admitted", "event")

    def __init__(self) -> None:
        self.event, self.admitted = threading.Event(), False


class Gate:
    """Lets `at_once` in and keeps the others in two lines. Safe for threads.

    Arguments:
        clock: Seconds that only go forward.
    """

    def __init__(self, at_once: int = AT_ONCE, in_line: int = IN_LINE, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once, self._in_line, self._clock = at_once, in_line, clock
        self._lock = threading.Lock()
        self._lines: tuple[deque[_Waiting], deque[_Waiting]] = (deque(), deque())
        #: Of the first, of the extras: how many are in work, and how many were on average, the first with those in line.
        self._in_work, self._average = [0, 0], [0.0, 0.0]
        #: Of the first: how many began, each counting half after a half-life.
        self._begun = 0.0
        self._reckoned = clock()

    def enter(self, extra: bool, patience: float) -> bool:
        """Whether the request may be worked on; returns as soon as that is known, at the latest after `patience` seconds. Who may in must `leave`."""
        until = self._clock() + patience
        line = self._lines[extra]
        with self._lock:
            if not line and self._may(extra):
                self._begin(extra)
                return True
            if extra and len(line) >= self._in_line:
                return False
            mine = _Waiting()
            self._reckon()
            line.append(mine)
            ahead = line[0] is mine
        while True:
            left = until - self._clock()
            mine.event.wait(min(left, ASKS_AGAIN) if extra and ahead else left)
            with self._lock:
                if not mine.admitted and line[0] is mine and self._may(extra):
                    self._admit(extra)
                if mine.admitted:
                    return True
                mine.event.clear()
                if until <= self._clock():
                    self._reckon()
                    line.remove(mine)
                    self._wake(extra)
                    return False
                ahead = line[0] is mine

    def leave(self, extra: bool) -> None:
        """A request is done; its place goes to whose turn it is."""
        with self._lock:
            self._reckon()
            self._in_work[extra] -= 1
            for kind in (False, True):
                while self._lines[kind] and self._may(kind):
                    self._admit(kind)

    def _may(self, extra: bool) -> bool:
        """Whether one more may be worked on. The last place is never an extra's."""
        places = self._at_once - sum(self._in_work)
        if not extra or places <= 0:
            return places > 0
        if self._lines[False] and self._in_work[True]:
            return False
        self._reckon()
        most = self._at_once - 1 or 1
        rate = self._begun * math.log(2) / HALF_LIFE
        calm = min(1.0, max(0.0, min((FULL - self._average[False]) / (FULL - CALM), (FULL_RATE - rate) / (FULL_RATE - CALM_RATE))))
        allowed = LEAST + (most - LEAST) * calm
        return self._in_work[True] < math.ceil(allowed) and (calm == 1.0 or self._average[True] < allowed)

    def _admit(self, extra: bool) -> None:
        self._begin(extra)
        first = self._lines[extra].popleft()
        first.admitted = True
        first.event.set()
        self._wake(extra)

    def _wake(self, extra: bool) -> None:
        """Of the extras the first in line asks again by itself; who has become it is told so."""
        if extra and self._lines[extra]:
            self._lines[extra][0].event.set()

    def _begin(self, extra: bool) -> None:
        self._reckon()
        self._in_work[extra] += 1
        self._begun += not extra

    def _reckon(self) -> None:
        now = self._clock()
        kept = math.exp2((self._reckoned - now) / HALF_LIFE)
        self._reckoned = now
        self._begun *= kept
        for kind, many in enumerate((self._in_work[False] + len(self._lines[False]), self._in_work[True])):
            self._average[kind] = self._average[kind] * kept + many * (1 - kept)


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
    """Stands before Django: who is turned away there costs a web process 0.15 ms, and inside Django five times as much, for a thread works on it that
    fights for Python with those who are at work (docs/decisions/071). A WSGI application around another.

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
        if not self.gate.enter(extra, PATIENCE if extra else PATIENCE_OF_THE_FIRST):
            self._say()
            return self._busy(environ, start_response)
        try:
            return self.application(environ, start_response)
        finally:
            self.gate.leave(extra)

    def _busy(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        language = "en" if _ENGLISH.search(environ.get("HTTP_COOKIE", "")) else "zh-hans"
        seconds = random.randint(8, 20)  # noqa: S311  (spreads the load; no secret)
        key = (_form(environ), language, environ.get("wsgi.url_scheme", ""), seconds)
        if (found := self._answers.get(key)) is None:
            found = self._answers[key] = self._made(environ | {BUSY: key, "HTTP_COOKIE": ""})
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


#: In the environment of a request that is turned away: the form, the language, the scheme and the seconds of its answer. No header of a request comes there.
BUSY = "sizao.busy"
_ENGLISH = re.compile(r"(?:^|;)\s*sizao-language=en\s*(?:;|$)")


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
