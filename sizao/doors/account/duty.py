"""A duty in other hands, from–to."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.account import second
from sizao.doors.kit import moments
from sizao.kernel import handing
from sizao.kernel.errors import Refused
from sizao.kernel.organisation import user_named
from sizao.kernel.scope import Scope


def hand(request: HttpRequest) -> HttpResponse:
    """Hands the post that one works for to another user, from–to, in the time of the post's area."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    zone = scope.post.area.zone
    since, until = moments.asked(request, "since", zone), moments.asked(request, "until", zone)
    if since is None or until is None:
        raise Refused("period-reversed")
    handing.hand(scope, user_named(request.POST.get("user", "").strip()), since=since, until=until)
    return HttpResponseRedirect("/account#handed")


def back(request: HttpRequest, holding: int) -> HttpResponse:
    """Takes it back, or gives it back."""
    second.check_whole(request)
    handing.take_back(Scope(request.user, None, "sign-in"), holding)
    return HttpResponseRedirect("/account#handed")
