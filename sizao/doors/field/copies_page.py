"""Phones that hold a list, for who looks after users: seen when, waiting how much, wiped on request; and from which phone a list that turned up elsewhere comes."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.field import copies
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import list_sighted
from sizao.kernel import clock

SHOWN = 200
#: A pasted list longer than this is looked through in parts.
LONGEST = 500_000


def shown(request: HttpRequest) -> HttpResponse:
    """The list."""
    return _page(request, None)


def look(request: HttpRequest) -> HttpResponse:
    """Which copies' invented rows stand in what was pasted."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    return _page(request, copies.found_in(scope, request.POST.get("text", "")[:LONGEST]))


def wipe(request: HttpRequest, copy: UUID) -> HttpResponse:
    """The button. Refused as `copies.ask_to_wipe` says."""
    copies.ask_to_wipe(request.scope.open(), copy)  # type: ignore[attr-defined]
    return HttpResponseRedirect(url("field-copies", {"said": "wipe"}))


def _page(request: HttpRequest, found: list[copies.PhoneCopy] | None) -> HttpResponse:
    scope = request.scope.open()  # type: ignore[attr-defined]
    rows = list(copies.copies(scope)[: SHOWN + 1])
    alarms = [r for r in rows if r.heard_at]
    context = {
        "w": Words(request.LANGUAGE_CODE, scope.post.area.zone), "now": clock.now(), "rows": rows[:SHOWN], "more": len(rows) > SHOWN, "found": found, "said": request.GET.get("said", ""),  # type: ignore[attr-defined]
        "alarms": alarms, "tickets": list_sighted.findings({r.pk: (r.heard_at, r.post.area.zone) for r in alarms}) if alarms and scope.can("plan.read") else {},
    }  # fmt: skip
    return page(request, "field/copies.html", context)
