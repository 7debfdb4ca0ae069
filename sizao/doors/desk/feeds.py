"""Who sends by itself, whether it still does, and what became of what it sent."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.interop import read as imports
from sizao.interop.exchange import held
from sizao.interop.feeds import read
from sizao.kernel import clock


def feeds(request: HttpRequest) -> HttpResponse:
    """Every sender: heartbeat, age, volume, certificate, alarms; those with an alarm first."""
    scope = request.scope.open()
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone if scope.post else "Asia/Shanghai")
    found = read.all_feeds(scope)
    apart = read.set_apart(scope)
    found.sort(key=lambda f: f.sender not in apart)
    counted = imports.of_senders(scope, [f.sender for f in found])
    shown = {"feeds": found, "counted": counted, "apart": apart, "now": clock.now(), "alarms": sum(len(f.alarms) for f in found) + len(apart)}
    return page(request, "desk/feeds.html", {"w": words} | shown)


def release(request: HttpRequest) -> HttpResponse:
    """Lets a sender in again that was set apart; what was kept of it is stored."""
    held.release(request.scope.open(), request.POST.get("sender", ""))  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("feeds"))
