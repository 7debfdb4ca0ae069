"""Needs on the phone of who goes to the doors: what is asked, by when; taken and met with one tap."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import needs_told
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.registers.care import needing
from sizao.registers.population import read as population


def needs(request: HttpRequest) -> HttpResponse:
    """What is not met yet, the nearest end of a clock first."""
    scope, now = request.scope.open(), clock.now()  # type: ignore[attr-defined]
    rows = needing.open_needs(scope)
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone)  # type: ignore[attr-defined]
    shown = {
        "w": words, "now": now, "rows": rows, "names": population.names_of(scope, {n.person_id for n in rows}, "care.needs") if rows else {}, "late": sum(n.meet_by < now for n in rows),
        "outcomes": [(k, words.code("care-need-outcome", k)) for k in code_list("care-need-outcome")], "said": request.GET.get("said") == "1", "sees": scope.can("person.names"),
    }  # fmt: skip
    return page(request, "field/needs.html", shown)


def step(request: HttpRequest, need: UUID) -> HttpResponse:
    """Taken, or what became of it."""
    scope, do = request.scope.open(), request.POST.get("do", "")  # type: ignore[attr-defined]
    if do == "take":
        needs_told.take(scope, need)
    else:
        needs_told.settle(scope, _known(scope, need), do)
    return HttpResponseRedirect(url("needs", {"said": "1"}))


def ask(request: HttpRequest, person: UUID) -> HttpResponse:
    """A need that somebody tells at the door or by telephone."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = population.access_person_by_id(scope, person)
    needs_told.ask(scope, row.pk, row.area, request.POST.get("kind", ""), request.POST.get("what", ""), key=request.POST.get("key", "")[:64])
    return HttpResponseRedirect(url("needs", {"said": "1"}))


def _known(scope: object, need: UUID) -> UUID:
    """Whatever is out of the area answers before what was typed is looked at."""
    if not needing.needs(scope).filter(pk=need).exists():  # type: ignore[arg-type]
        raise Refused("not-found-or-out-of-area")
    return need
