"""The second factor: showing it after a link, setting up a code app, recovery codes, one factor less."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from sizao.doors.account import factors, signing
from sizao.doors.kit import second as session
from sizao.doors.kit.back import back
from sizao.doors.kit.pages import is_demo, page
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope


def second(request: HttpRequest) -> HttpResponse:
    """Asks for the factor that the user has; who has none sets one up. A wrong code is said on the same page."""
    held = factors.of(request.user)
    said = None
    if request.method == "POST":
        try:
            factors.check_code(request, request.POST.get("code", ""))
            return HttpResponseRedirect(_onward(request))
        except Refused as refused:
            if refused.code not in ("factor-wrong", "factor-tries"):
                raise
            said = refused
    onward = request.GET.get("next") or request.POST.get("next") or "/"
    context = {
        "factors": held, "apps": any(f.kind == "totp" for f in held), "passkeys": any(f.kind == "passkey" for f in held), "by_name": factors.by_name(request),
        "next": onward if url_has_allowed_host_and_scheme(onward, allowed_hosts=None) else "/", "said": said, "whole": session.is_whole(request),
    }  # fmt: skip
    return page(request, "account/second.html", context, status=said.status if said else 200)


def app(request: HttpRequest) -> HttpResponse:
    """Sets up a code app: a square to be scanned, and its first code to prove it. The first factor of a user brings his recovery codes."""
    check_whole(request)
    said = None
    if request.method == "POST":
        try:
            factors.confirm_totp(request, request.POST.get("code", ""), request.POST.get("name", "") or _("Code app"))
            return set_up(request)
        except Refused as refused:
            if refused.code not in ("factor-wrong", "factor-tries"):
                raise
            said = refused
    return page(request, "account/app.html", {"new": factors.begin_totp(request, "Sizao"), "said": said}, status=said.status if said else 200)


def set_up(request: HttpRequest) -> HttpResponse:
    """A factor was set up: the session is whole, and who had no recovery codes is shown his, this once."""
    session.passed(request)
    if factors.codes_left(request.user):
        return HttpResponseRedirect("/account")
    return page(request, "account/codes.html", {"codes": factors.new_codes(request.user), "next": signing.first_page(request.user)})


def codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes; the old ones are void."""
    check_whole(request)
    if not factors.of(request.user):
        raise Refused("factor-unfit")
    return page(request, "account/codes.html", {"codes": factors.new_codes(request.user), "next": "/account"})


def drop(request: HttpRequest, factor: int) -> HttpResponse:
    """One factor less."""
    check_whole(request)
    factors.drop(request.user, factor, needed=is_needed(request.user))
    return HttpResponseRedirect("/account")


def is_needed(user: Any) -> bool:
    """Whether one of the user's posts opens only with a second factor."""
    return any(session.wanted(Scope.open(user, post), is_demo()) for post in Scope.posts_of(user))


def check_whole(request: HttpRequest) -> None:
    """Who has a factor shows it before he adds or drops one or makes a way in for a program: a link that somebody else found does none of it. Refused second-factor-needed."""
    request.scope.whole()  # type: ignore[attr-defined]


def _onward(request: HttpRequest) -> str:
    wanted = back(request)
    return wanted if wanted != "/" else signing.first_page(request.user)
