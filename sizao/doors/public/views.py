"""Pages for anyone: the way in, the way out, the language, and whether the server breathes."""

from django.contrib.auth import login, logout
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from sizao.doors.kit import signin, static
from sizao.doors.kit.middleware import LANGUAGE_COOKIE, LANGUAGES, POST_KEY
from sizao.doors.kit.pages import page
from sizao.kernel import audit
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope


def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, 503 when not. Says nothing else, to nobody."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        return HttpResponse("database away\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def static_file(request: HttpRequest, digest: str, file: str) -> HttpResponse:
    """A style sheet, a script: the same for everybody, under an address that names its content."""
    found = static.serve(request)
    if found is None:
        raise Refused("page-not-found")
    return found


def icon(request: HttpRequest) -> HttpResponse:
    """The mark in a browser's tab, where browsers ask for it by themselves: beside a PDF, a file of JSON, the pages that go on without us."""
    found = HttpResponse((static.ROOT / "sizao/mark.svg").read_bytes(), content_type="image/svg+xml")
    found["Cache-Control"] = "public, max-age=604800"
    return found


def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """Every other address, said as such."""
    raise Refused("page-not-found")


def language(request: HttpRequest) -> HttpResponse:
    """Keeps the chosen language on this device for a year and goes back to the page."""
    chosen = request.POST.get("language", "")
    response = HttpResponseRedirect(_back(request))
    if chosen in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=365 * 86400, samesite="Lax", httponly=True, secure=request.is_secure())
    return response


def sign_in_help(request: HttpRequest) -> HttpResponse:
    """How to come in, for somebody without a link."""
    if request.user.is_authenticated:
        return HttpResponseRedirect("/")
    return page(request, "public/sign_in.html", {"token": ""})


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
    return page(request, "public/sign_in.html", {"token": token, "good": good, "refused": refused}, status=200 if good else refused.status)


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
        back = _back(request)
        return HttpResponseRedirect(back if back != "/" else _first_page_of(chosen))
    return page(
        request,
        "public/post.html",
        {"posts": held, "chosen": request.session.get(POST_KEY), "next": request.GET.get("next", "/"), "post": None},
    )


def _first_page(user: object) -> str:
    held = Scope.posts_of(user)  # type: ignore[arg-type]
    return _first_page_of(held[0]) if len(held) == 1 else "/post"


def _first_page_of(post: object) -> str:
    """A grid worker at a door begins with his list, everybody else with the overview."""
    return "/today" if getattr(post, "role", "") in ("grid_worker", "community") else "/"


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "/")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"
