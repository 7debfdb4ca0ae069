"""Events told to other systems: the subscriptions of one's areas, a form for another, and the log of each."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit import picking
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.interop.hooks import subscribing
from sizao.kernel import clock
from sizao.kernel.codes import diseases


def hooks(request: HttpRequest) -> HttpResponse:
    """The subscriptions, with what was taken in the last day; a new one's secret is shown this once."""
    scope, secret = request.scope.open(), ""  # type: ignore[attr-defined]
    if request.method == "POST":
        area = picking.chosen(scope, request.POST.get("area", ""), "hook.write")
        _made, secret = subscribing.subscribe(
            scope, name=request.POST.get("name", ""), address=request.POST.get("address", "").strip(), wanted=request.POST.getlist("kind"), area=area, disease=request.POST.get("disease", "")
        )
    found = list(subscribing.hooks(scope))
    context = {"hooks": found, "counted": subscribing.counted(found), "kinds": subscribing.kinds(), "diseases": list(diseases()), "secret": secret, "area": scope.post.area if scope.post else None, "now": clock.now()}
    return page(request, "account/hooks.html", context)


def hook(request: HttpRequest, hook: UUID) -> HttpResponse:
    """One subscription and its log, fifty lines at a time."""
    scope, after = request.scope.open(), request.GET.get("after", "")  # type: ignore[attr-defined]
    try:
        seen = UUID(after) if after else None
    except ValueError:
        seen = None
    rows = subscribing.deliveries(scope, hook, after=seen, most=subscribing.PAGE + 1)
    part = rows[: subscribing.PAGE]
    return page(request, "account/hook.html", {"hook": subscribing.access_hook_by_id(scope, hook), "rows": part, "next": part[-1].pk if len(rows) > subscribing.PAGE else "", "kinds": subscribing.kinds(), "now": clock.now()})


def step(request: HttpRequest, hook: UUID) -> HttpResponse:
    """Ends it, lets it send again, or tries the way."""
    scope, do = request.scope.open(), request.POST.get("do", "")  # type: ignore[attr-defined]
    subscribing.access_hook_by_id(scope, hook)
    if (verb := {"close": subscribing.close, "resume": subscribing.resume, "ping": subscribing.ping}.get(do)) is not None:
        verb(scope, hook)
    return HttpResponseRedirect(url("webhook", hook=hook))
