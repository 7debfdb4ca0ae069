"""Who sends by itself, and whether it still does."""

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.interop.feeds import read
from sizao.kernel import clock


def feeds(request: HttpRequest) -> HttpResponse:
    """Every sender: heartbeat, age, volume, certificate, alarms; those with an alarm first."""
    scope = request.scope.open()
    words = Words(request.LANGUAGE_CODE, scope.post.area.zone if scope.post else "Asia/Shanghai")
    found = read.all_feeds(scope)
    return page(request, "desk/feeds.html", {"w": words, "feeds": found, "now": clock.now(), "alarms": sum(len(f.alarms) for f in found)})
