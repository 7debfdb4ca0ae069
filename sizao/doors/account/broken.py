"""Broken glass: opening it, closing it, and looking into what was done through it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit import picking
from sizao.doors.kit.middleware import GLASS_KEY
from sizao.doors.kit.pages import page
from sizao.doors.kit.whole import whole
from sizao.kernel import clock, glass
from sizao.kernel.access import rules
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.models import BrokenGlass
from sizao.kernel.scope import Scope


def mine(request: HttpRequest) -> HttpResponse:
    """What it is, the form, and what this user opened so far."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    if request.method == "POST":
        area, hours = picking.chosen(scope, request.POST.get("area", "")), request.POST.get("hours", "")
        made = glass.break_(scope, area, request.POST.get("reason", ""), request.POST.get("words", ""), whole(hours, 10**4) or 0)
        request.session[GLASS_KEY] = str(made.pk)
        return HttpResponseRedirect("/glass")
    now = clock.now()
    used = list(BrokenGlass.objects.filter(user=scope.user).select_related("area", "supervisor__area", "seen_by").order_by("-opened_at")[:50])
    context = {
        "now": now, "open": next((g for g in used if g.closed_at is None and g.ends_at > now), None), "used": used, "reasons": list(code_list(glass.REASONS)), "shortest": glass.SHORTEST,
        "hours": range(1, int(threshold(glass.LONGEST, now.date())) + 1), "opens": rules()["break_glass"], "told": glass.supervisor(scope.post, now, but=scope.user.pk) if scope.post and scope.user else None,
    }  # fmt: skip
    return page(request, "account/glass.html", context)


def close(request: HttpRequest, glass: UUID) -> HttpResponse:
    """Closes it before its end."""
    from sizao.kernel.glass import close as closing

    closing(Scope(request.user, None, "sign-in"), glass)
    request.session.pop(GLASS_KEY, None)
    return HttpResponseRedirect("/account")


def look(request: HttpRequest) -> HttpResponse:
    """What the supervisor was told: who, when, why, where, how many reads."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    return page(request, "account/glass_look.html", {"uses": glass.to_look_at(scope), "now": clock.now(), "auditing": False})


def seen(request: HttpRequest, glass: UUID) -> HttpResponse:
    """The supervisor's answer."""
    from sizao.kernel.glass import look as looking

    looking(request.scope.open(), glass, justified=request.POST.get("justified") == "yes")  # type: ignore[attr-defined]
    return HttpResponseRedirect("/glass/look")
