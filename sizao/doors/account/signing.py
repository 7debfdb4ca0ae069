"""The way in, the way out, and the post one works for."""

from typing import Any
from urllib.parse import quote

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit import second, sessions, signin, tries
from sizao.doors.kit.back import back
from sizao.doors.kit.middleware import GLASS_KEY, LANGUAGE_COOKIE, LANGUAGES, POST_KEY
from sizao.doors.kit.pages import is_demo, page
from sizao.doors.kit.templates import url
from sizao.doors.models import OpenSession
from sizao.kernel import audit
from sizao.kernel.access import permissions_of
from sizao.kernel.codes import roles
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope


def sign_in_help(request: HttpRequest) -> HttpResponse:
    """How to come in, for somebody without a link."""
    if request.user.is_authenticated:
        return HttpResponseRedirect("/")
    return page(request, "account/sign_in.html", {"token": ""})


def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, so that a program that previews links does not use the link up; POST uses it."""
    if request.method == "POST":
        tries.check(request)
        try:
            user = signin.use(token)
        except Refused:
            tries.wrong(request)
            raise
        sessions.begin(request, user, "link")
        second.half_open(request)
        return come_in(request, user)
    good = signin.is_good(token)
    refused = Refused("sign-in-link-spent")
    return page(request, "account/sign_in.html", {"token": token, "good": good, "refused": refused}, status=200 if good else refused.status)


def come_in(request: HttpRequest, user: Any) -> HttpResponse:
    """To the first page of who has just come in, in his language."""
    held = Scope.posts_of(user)
    response = HttpResponseRedirect(_factor_first(request, first_page(user), held[0] if len(held) == 1 else None))
    if request.COOKIES.get(LANGUAGE_COOKIE) not in LANGUAGES:
        response.delete_cookie(LANGUAGE_COOKIE)
    return response


def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session on this device."""
    audit.write(Scope(request.user, None, "sign-in"), "session.closed", [])
    OpenSession.objects.filter(key=request.session.session_key).delete()
    logout(request)
    return HttpResponseRedirect("/sign-in")


def choose_post(request: HttpRequest) -> HttpResponse:
    """Which of the posts held now the user works for."""
    held = Scope.posts_of(request.user)
    if request.method == "POST":
        chosen = next((p for p in held if str(p.pk) == request.POST.get("post")), None)
        if chosen is None:
            raise Refused("no-post")
        request.session[POST_KEY] = chosen.pk
        request.session.pop(GLASS_KEY, None)  # it was broken for another post
        wanted = back(request)
        return HttpResponseRedirect(_factor_first(request, wanted if wanted != "/" else first_page_of(chosen), chosen))
    return page(
        request,
        "account/post.html",
        {"posts": held, "chosen": request.session.get(POST_KEY), "next": request.GET.get("next", "/"), "post": None},
    )


def _factor_first(request: HttpRequest, onward: str, post: Any) -> str:
    """The page itself, or by way of the second factor that user or post still needs: a page that also opens without a network asks for none."""
    asked = second.waits(request) or (post is not None and not second.is_whole(request) and second.wanted(Scope.open(request.user, post), is_demo()))
    return f"/account/second?next={quote(onward)}" if asked else onward


def first_page(user: Any) -> str:
    """Where somebody who came in begins: his post's page, or the choice between his posts."""
    held = Scope.posts_of(user)
    return first_page_of(held[0]) if len(held) == 1 else "/post"


def first_page_of(post: Any) -> str:
    """The page of his own door that `content/roles.yaml` names for his role; where it names none the overview, else the first that he may open."""
    if begins := roles().get(post.role, {}).get("begins"):
        return url(begins)
    may = permissions_of(post.role)
    return url("overview") if "plan.read" in may else url("users") if "users.write" in may else url("audit") if "audit.read" in may else url("account")
