"""The desk: one page that answers "what do I file, what waits for me?". Each post sees the parts that it has: a unit its reports, lists and findings, the CDC its cases and queues."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from sizao.doors.desk import home_cdc, home_unit
from sizao.doors.field.file import zeroable
from sizao.doors.kit import lists
from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.scope import Scope


def desk(request: HttpRequest) -> HttpResponse:
    """The page. A bounded number of statements, whatever the post's units and queues hold."""
    return answer(request)


def answer(request: HttpRequest, status: int = 200, **also: Any) -> HttpResponse:
    """The page, also as the answer to a form that was refused: `typed` and `why` stand at the report or ticket that they belong to."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    words, now = Words(request.LANGUAGE_CODE, lists.zone_of(scope)), clock.now()  # type: ignore[attr-defined]
    shown: dict[str, Any] = {"w": words, "now": now, "said": request.GET.get("said", ""), "typed": {}, "why": {}, "wrong": "", "zeroable": zeroable}
    shown |= home_unit.part(scope, words, now) | home_cdc.part(scope, words, now) | also
    return page(request, "desk/home.html", shown, status=status)
