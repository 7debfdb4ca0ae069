"""The question desk of the owners: what the public asked, by the clock; the answer; another lets it out."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit import lists, places
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.situation.publication import questions

SHOWN = 100


def board(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, what waits to be let out, what is out."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope, questions.RIGHT)
    answered = list(questions.answered_ones(scope, area)[:SHOWN])
    context = {
        "w": Words(request.LANGUAGE_CODE, lists.zone_of(scope)), "area": area, "now": clock.now(), "open": list(questions.open_ones(scope, area)[:SHOWN]),  # type: ignore[attr-defined]
        "waiting": [q for q in answered if q.published_at is None and q.kind not in questions.PRIVATE], "done": [q for q in answered if q.published_at is not None or q.kind in questions.PRIVATE],
    }  # fmt: skip
    return page(request, "desk/questions.html", context)


def one(request: HttpRequest, question: UUID) -> HttpResponse:
    """A question with its answer's form."""
    return _one(request, question)


def contact(request: HttpRequest, question: UUID) -> HttpResponse:
    """How whoever asked for help can be reached: opened by a press, and put on record."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    return _one(request, question, reach=questions.contact_of(scope, questions.access_question_by_id(scope, question)))


def answer(request: HttpRequest, question: UUID) -> HttpResponse:
    told = request.POST
    try:
        questions.answer(request.scope.open(), question, told.get("matter", ""), told.get("answer", ""), told.get("source", ""))  # type: ignore[attr-defined]
    except Refused as refused:
        if refused.code not in ("question-empty", "question-no-source", "story-names-somebody"):
            raise
        return _one(request, question, refused)
    return HttpResponseRedirect(url("question-desk"))


def publish(request: HttpRequest, question: UUID) -> HttpResponse:
    questions.publish(request.scope.open(), question)  # type: ignore[attr-defined]
    return HttpResponseRedirect(url("question-desk"))


def recall(request: HttpRequest, question: UUID) -> HttpResponse:
    questions.recall(request.scope.open(), question, request.POST.get("notice", ""))  # type: ignore[attr-defined]
    return HttpResponseRedirect(url("question-desk"))


def _one(request: HttpRequest, question: UUID, refused: Refused | None = None, reach: str = "") -> HttpResponse:
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = questions.access_question_by_id(scope, question)
    words = Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]
    typed = {k: request.POST.get(k, "") if refused else getattr(row, k) for k in ("matter", "answer", "source")}
    context = {
        "w": words, "row": row, "now": clock.now(), "typed": typed, "problem": refused, "reach": reach, "private": row.kind in questions.PRIVATE, "may_publish": scope.can(questions.PUBLISH, row.area),
        "mine": scope.user is not None and scope.user.pk == row.answered_by_id,
    }  # fmt: skip
    return page(request, "desk/question.html", context, status=refused.status if refused else 200)
