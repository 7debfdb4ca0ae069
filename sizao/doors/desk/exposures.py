"""Searches for who was at a confirmed place in its window: counted first, agreed to, then named. There is no page that begins at a person."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.flows import exposures as flow
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.registers.cases import exposed
from sizao.registers.population import read as population

SHOWN = 50


def exposures(request: HttpRequest) -> HttpResponse:
    """GET: the places from which somebody may be looked for, and the searches so far. POST: a new search; it counts, and names nobody."""
    scope = request.scope.open()
    if request.method == "POST":
        return _go(flow.ask(scope, _places(request), at_least=_minutes(request), contact_class=request.POST.get("class", "general")).pk)
    usable = exposed.usable(exposed.places(scope)).order_by("-opens_at")
    chosen = set(request.GET.getlist("place"))
    shown = {
        "w": _words(request, scope),
        "now": clock.now(),
        "places": list(usable.filter(case=_uuid(request.GET["case"])) if request.GET.get("case") else usable)[:SHOWN],
        "chosen": chosen,
        "classes": code_list("contact-class"),
        "searches": list(exposed.searches(scope).order_by("-asked_at")[:SHOWN]),
        "needs_two": flow.needs_two,
    }
    return page(request, "desk/exposures.html", shown)


def exposure(request: HttpRequest, search: UUID) -> HttpResponse:
    """One search: what it asked, how many it would name or whom it named, and who decides next."""
    scope = request.scope.open()
    found = exposed.access_search_by_id(scope, search)
    scope.check(flow.RIGHT, found.area)
    named = exposed.named_by(scope, search)
    places = list(exposed.places(scope).filter(pk__in=found.places).order_by("opens_at"))
    shown = {
        "w": _words(request, scope, found.area.zone),
        "s": found,
        "places": places,
        "of": {p.pk: p for p in places},
        "named": named,
        "names": population.names_of(scope, {e.person_id for e in named}, "exposures.names") if named else {},
        "needs_two": flow.needs_two(found),
        "mine": scope.user is not None and found.asked_by_id == scope.user.pk,
        "over": found.named_at is not None or found.withdrawn_at is not None,
    }
    return page(request, "desk/exposure.html", shown)


def decide(request: HttpRequest, search: UUID) -> HttpResponse:
    """A step of a search: agree, name, withdraw. Refused: bad-value, and as the flow refuses."""
    scope = request.scope.open()
    steps = {"second": flow.second, "name": flow.name, "withdraw": flow.withdraw}
    exposed.access_search_by_id(scope, search)
    step = steps.get(request.POST.get("do", ""))
    if step is None:
        raise Refused("bad-value", field={"zh": "步骤", "en": "step"}, value=request.POST.get("do", ""), expected=", ".join(steps))
    step(scope, search)
    return _go(search)


def _words(request: HttpRequest, scope: Scope, zone: str = "") -> Words:
    return Words(request.LANGUAGE_CODE, zone or (scope.post.area.zone if scope.post else "Asia/Shanghai"))  # type: ignore[attr-defined]


def _places(request: HttpRequest) -> list[UUID]:
    return [_uuid(text) for text in request.POST.getlist("place")]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("search-without-place") from None


def _minutes(request: HttpRequest) -> int:
    text = request.POST.get("at_least", "").strip() or "0"
    minutes = whole(text, 1440)
    if minutes is None:
        raise Refused("bad-value", field={"zh": "至少同处（分钟）", "en": "minutes together"}, value=text, expected="0–1440")
    return minutes


def _go(search: UUID) -> HttpResponse:
    """See other, so that reloading sends nothing twice."""
    response = HttpResponseRedirect(url("exposure", search=search))
    response.status_code = 303
    return response
