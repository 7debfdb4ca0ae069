"""Publishing: prepare a table of a type or the story of a case, another person lets it out, anybody who publishes recalls it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit import lists, places
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.doors.public.bulletins import grid
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.plan.read import latest_run
from sizao.situation import lines
from sizao.situation.publication import store, stories, types

SHOWN = 60


def board(request: HttpRequest) -> HttpResponse:
    """Drafts first, then what is out and what was recalled; below, what can be prepared for an area."""
    return _board(request)


def prepare(request: HttpRequest) -> HttpResponse:
    """A draft; what is refused is said on the page with what was typed."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope, store.RIGHT)
    told = request.POST
    try:
        if told.get("type") == store.STORY:
            story = stories.Story(told.get("title", "").strip()[:200], told.get("text", "").strip()[:6000], told.get("sex", ""), told.get("age", ""))
            if not story.title or not story.text:
                raise Refused("question-empty")
            row = store.prepare_story(scope, area, story, replaces=told.get("replaces", ""))
        else:
            row = store.prepare(scope, told.get("type", ""), area, told.get("disease", ""), replaces=told.get("replaces", ""))
    except Refused as refused:
        if refused.code not in ("story-names-somebody", "donations-do-not-add-up", "publication-too-fine", "publication-no-run", "question-empty", "bad-value"):
            raise
        return _board(request, refused, told)
    return HttpResponseRedirect(url("publish-draft", code=row.code))


def draft(request: HttpRequest, code: str) -> HttpResponse:
    """One publication as the public will read it, with what may be done with it now."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = store.of_staff(scope).filter(code=code).first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    words = Words(request.LANGUAGE_CODE, row.area.zone)  # type: ignore[attr-defined]
    table = grid(row, words) if "cells" in row.body else None
    return page(request, "command/publish_draft.html", {"w": words, "row": row, "table": table, "mine": scope.user is not None and scope.user.pk == row.prepared_by_id, "story": store.STORY})


def sign(request: HttpRequest, code: str) -> HttpResponse:
    store.sign(request.scope.open(), code)  # type: ignore[attr-defined]
    return HttpResponseRedirect(url("publish-draft", code=code))


def recall(request: HttpRequest, code: str) -> HttpResponse:
    store.recall(request.scope.open(), code, request.POST.get("notice", ""))  # type: ignore[attr-defined]
    return HttpResponseRedirect(url("publish-draft", code=code))


def drop(request: HttpRequest, code: str) -> HttpResponse:
    store.drop(request.scope.open(), code)  # type: ignore[attr-defined]
    return HttpResponseRedirect(url("publish"))


def _board(request: HttpRequest, refused: Refused | None = None, typed: Any = None) -> HttpResponse:
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope, store.RIGHT)
    words = Words(request.LANGUAGE_CODE, lists.zone_of(scope))  # type: ignore[attr-defined]
    rows = list(store.of_staff(scope)[:SHOWN])
    context = {
        "w": words, "area": area, "rows": sorted(rows, key=lambda r: r.signed_at is not None), "types": types.types(), "diseases": lines.diseases(scope, area, clock.now()), "run": latest_run(),
        "ages": stories.groups(), "sexes": code_list("sex"), "problem": refused, "typed": typed or {}, "replaces": (typed or request.GET).get("replaces", ""), "way": places.way_up(scope, area, store.RIGHT),
        "below": places.children(area), "me": scope.user.pk if scope.user else None, "story": store.STORY,
    }  # fmt: skip
    return page(request, "command/publish.html", context, status=refused.status if refused else 200)
