"""For anyone: the question desk. What is asked goes in with a receipt; answers that were let out stand here. Also a request in hardship, and an offer."""

from __future__ import annotations

import secrets
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.doors.public.declare import OPEN_SECONDS, _area, _destinations, _go
from sizao.kernel import clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.passes import limits
from sizao.situation.publication import questions

NOBODY: dict[str, Any] = {"user": None, "scope": None, "post": None}
SALT = "question of the public"
ASKED = ("question", "complaint", "rumour_topic")


def answers(request: HttpRequest) -> HttpResponse:
    """What was answered and let out, by topic."""
    topics = code_list("ticket-topic")
    topic = request.GET.get("topic", "")
    rows = questions.out(topic if topic in topics else "")
    return page(request, "public/questions.html", NOBODY | {"w": Words(request.LANGUAGE_CODE), "rows": rows, "topics": topics, "topic": topic, "section": "questions"})  # type: ignore[attr-defined]


def ask(request: HttpRequest) -> HttpResponse:
    """A question, a complaint, or something heard: as a topic, with nobody as its author."""
    return _form(request, "question", ASKED)


def hardship(request: HttpRequest) -> HttpResponse:
    """Somebody who is short of food, medicine or help, without an account; who has a code of his own asks on his own page, where the duty follows at once."""
    return _form(request, "hardship", ("hardship",))


def offer(request: HttpRequest) -> HttpResponse:
    """Something is offered: goods, money, time. It is taken up by the desk; the ledger shows what came and where it went."""
    return _form(request, "offer", ("offer",))


def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """Where it stands: taken, by when it is answered, the answer."""
    limits.check_code(_address(request), code)
    try:
        row = questions.by_receipt(code)
    except Refused:
        limits.was_wrong(_address(request), code)
        raise
    words = Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]
    told = row.answered_at is not None and (row.kind in questions.PRIVATE or row.published_at is not None)
    return page(request, "public/receipt.html", NOBODY | {"w": words, "row": row, "told": told, "code": code, "new": request.GET.get("said") == "1", "section": "questions"})


def find(request: HttpRequest) -> HttpResponse:
    """From a typed code to its page."""
    code = "".join(c for c in request.POST.get("code", "").upper() if c.isalnum())
    if len(code) != questions.LENGTH:
        raise Refused("question-receipt-unknown")
    return _go(url("question-receipt", code=questions.shown(code)))


def _form(request: HttpRequest, route: str, kinds: tuple[str, ...]) -> HttpResponse:
    typed = {k: request.POST.get(k, "") for k in ("kind", "topic", "place", "text", "need", "contact")} if request.method == "POST" else {}
    problem = None
    if request.method == "POST":
        try:
            nonce = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=OPEN_SECONDS)
        except signing.BadSignature:
            raise Refused("form-stale") from None
        kind = typed["kind"] if typed["kind"] in kinds else kinds[0] if len(kinds) == 1 else ""
        area = _area(typed["place"])
        try:
            if area is None:
                raise Refused("question-empty")
            limits.check_asked(_address(request))
            topic = typed["topic"] or "other" if kind not in questions.PRIVATE else "supplies"
            code = questions.ask(kind, topic, area, typed["text"], need=typed["need"], contact=typed["contact"], token=nonce)
            return _go(url("question-receipt", {"said": "1"}, code=code))
        except Refused as refused:
            if refused.code not in ("question-empty", "bad-value"):
                raise
            problem = refused
    now = clock.now()
    shown = NOBODY | {
        "w": Words(request.LANGUAGE_CODE), "route": route, "kinds": kinds, "typed": typed, "problem": problem, "topics": code_list("ticket-topic"), "needs": code_list("care-need"),  # type: ignore[attr-defined]
        "places": _destinations(), "token": signing.dumps(secrets.token_hex(16), salt=SALT), "hours": int(threshold("question-answer-hours", now.date())), "section": "questions",
    }  # fmt: skip
    return page(request, "public/ask.html", shown, status=422 if problem else 200)


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
