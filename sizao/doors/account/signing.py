"""The way in, the way out, and the post one works for."""

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit import signin
from sizao.doors.kit.back import back
from sizao.doors.kit.middleware import LANGUAGE_COOKIE, LANGUAGES, POST_KEY
from sizao.doors.kit.pages import page
from sizao.kernel import audit
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
        user = signin.use(token)
        audit.write(Scope(user, None, "sign-in"), "session.opened", [])
        chosen = request.COOKIES.get(LANGUAGE_COOKIE)
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        response = HttpResponseRedirect(_first_page(user))
        if chosen not in LANGUAGES:
            response.delete_cookie(LANGUAGE_COOKIE)
        return response
    good = signin.is_good(token)
    refused = Refused("sign-in-link-spent")
    return page(request, "account/sign_in.html", {"token": token, "good": good, "refused": refused}, status=200 if good else refused.status)


def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session on this device."""
    audit.write(Scope(request.user, None, "sign-in"), "session.closed", [])
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
        wanted = back(request)
        return HttpResponseRedirect(wanted if wanted != "/" else _first_page_of(chosen))
    return page(
        request,
        "account/post.html",
        {"posts": held, "chosen": request.session.get(POST_KEY), "next": request.GET.get("next", "/"), "post": None},
    )


def _first_page(user: object) -> str:
    held = Scope.posts_of(user)  # type: ignore[arg-type]
    return _first_page_of(held[0]) if len(held) == 1 else "/post"


def _first_page_of(post: object) -> str:
    """A grid worker at a door begins with his list, everybody else with the overview."""
    return "/today" if getattr(post, "role", "") in ("grid_worker", "community") else "/"
