"""My account: what I come in with, where I am signed in, what I may do, and for how long."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.account import factors, second
from sizao.doors.kit import sessions
from sizao.doors.kit.middleware import LANGUAGE_COOKIE, LANGUAGES
from sizao.doors.kit.pages import is_demo, page
from sizao.doors.kit.second import is_whole
from sizao.doors.models import ApiToken
from sizao.kernel import clock, handing, organisation
from sizao.kernel.access import permissions_of
from sizao.kernel.errors import Refused
from sizao.kernel.models import User


def mine(request: HttpRequest) -> HttpResponse:
    """One page about the user himself. It opens without a post; with one, the bar stands above it."""
    second.check_whole(request)
    try:
        scope = request.scope.open()  # type: ignore[attr-defined]
    except Refused:
        scope = None
    now = clock.now()
    held = organisation.posts_with_grants(request.user, now)
    context = {
        "factors": factors.of(request.user), "codes_left": factors.codes_left(request.user), "needed": second.is_needed(request.user), "whole": is_whole(request), "by_name": factors.by_name(request),
        "sessions": sessions.of(request.user), "this": request.session.session_key, "held": held, "handed": handing.handed(request.user, now), "now": now, "demo_store": is_demo(),
        "rights_of": lambda role: sorted(permissions_of(role)), "languages": LANGUAGES, "can_hand": scope is not None and any(h.post.pk == scope.post_id and h.handed_by_id is None for h in (one.holding for one in held)),
        "tokens": ApiToken.objects.filter(user=request.user, revoked_at=None, expires_at__gt=now).count(), "glass_may": scope is not None and scope.can("glass.break"),
    }  # fmt: skip
    return page(request, "account/mine.html", context)


def language(request: HttpRequest) -> HttpResponse:
    """The language in which pages come to this user, on every device."""
    wanted = request.POST.get("language", "")
    if wanted in LANGUAGES:
        User.objects.filter(pk=request.user.pk).update(language=wanted)
    response = HttpResponseRedirect("/account")
    response.delete_cookie(LANGUAGE_COOKIE)
    return response


def end_session(request: HttpRequest, number: int) -> HttpResponse:
    """Ends one of the user's sessions, perhaps this one."""
    second.check_whole(request)
    sessions.end(request.user, only=number)
    return HttpResponseRedirect("/account")


def end_others(request: HttpRequest) -> HttpResponse:
    """Ends all of the user's sessions but this one."""
    second.check_whole(request)
    sessions.end(request.user, but=request.session.session_key)
    return HttpResponseRedirect("/account")
