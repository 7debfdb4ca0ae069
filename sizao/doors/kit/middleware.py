"""What happens to every request: its language, its scope, and the face of a refusal."""

import logging
import secrets
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation

from sizao.doors.kit import second, tokens
from sizao.doors.kit.pages import is_demo, page
from sizao.doors.kit.static import CONTENT_SECURITY_POLICY
from sizao.kernel import clock, glass
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope

log = logging.getLogger("sizao.doors")

#: Where programs ask: no page, no redirection, problem+json.
API = "/api/"

LANGUAGE_COOKIE = "sizao-language"
LANGUAGES = {"zh-hans": "简体中文", "en": "English"}
POST_KEY = "post"
#: In the session of who broke the glass: other sessions of his ask nothing.
GLASS_KEY = "glass"

#: Every page asks for it afresh: a list on the back button would show what is done as missing.
NO_STORE = "no-store, private"


class ScopeMiddleware:
    """Chooses the reader's language, opens the scope of the request and turns what is raised into a page that the reader understands.

    The language is what the cookie says (the switch at the top), else what the user chose, else Simplified Chinese. The browser's
    wish is not asked: a duty room shares machines.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.scope = LazyScope(request)  # type: ignore[attr-defined]
        request.LANGUAGE_CODE = "zh-hans"
        try:
            language = self.language(request)
        except (OperationalError, InterfaceError) as problem:
            return self.process_exception(request, problem)
        if request.path.startswith(API):
            try:
                request.scope.given(tokens.come_in(request))  # type: ignore[attr-defined]
            except (Refused, OperationalError, InterfaceError) as problem:
                return self.process_exception(request, problem)
        with translation.override(language):
            response = self.get_response(request)
            if response.status_code == 405 and request.path.startswith(API):
                allowed = response.headers.get("Allow", "")
                response = problem_json(request, Refused("method-not-allowed"))
                response.headers["Allow"] = allowed
        response._csp_config = CONTENT_SECURITY_POLICY["DIRECTIVES"]
        response.headers.setdefault("Cache-Control", NO_STORE)
        response.headers.setdefault("Content-Language", "en" if request.LANGUAGE_CODE == "en" else "zh-Hans")
        return response

    def language(self, request: HttpRequest) -> str:
        """The language of the answer, also left on the request as `LANGUAGE_CODE`."""
        chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
        if chosen not in LANGUAGES and SESSION_KEY in request.session:
            chosen = request.user.language if request.user.is_authenticated else ""
        request.LANGUAGE_CODE = chosen if chosen in LANGUAGES else "zh-hans"
        return request.LANGUAGE_CODE

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse:
        """The face of a refusal. A fault of ours gets a number that is in the log and on the page, and no more."""
        if isinstance(problem, Refused):
            log.info("refused %s", problem.safe)
            return refusal(request, problem)
        if isinstance(problem, Http404):
            return refusal(request, Refused("page-not-found"))
        if isinstance(problem, PermissionDenied):
            return refusal(request, Refused("not-allowed"))
        if isinstance(problem, SuspiciousOperation):
            return refusal(request, Refused("form-stale"))
        if isinstance(problem, OperationalError | InterfaceError):
            log.error("database away: %s", type(problem).__name__)
            return refusal(request, Refused("database-away"))
        incident = secrets.token_hex(4)
        log.error("incident %s: %s at %s", incident, type(problem).__name__, where(problem))
        return refusal(request, Refused("something-broke", incident=incident))


def where(problem: BaseException) -> str:
    """File and line of the last frames, innermost last. The message stays out of the log: a database's may quote a person's row."""
    return " > ".join(f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(problem.__traceback__)[-6:])


class LazyScope:
    """The scope of the request, opened at its first question: static files and the health page ask none."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._scope: Scope | None = None

    def given(self, scope: Scope | None) -> None:
        """The scope that a program's token opened, if it sent one."""
        self._scope = scope

    @property
    def opened(self) -> Scope | None:
        """The scope if some question has opened it."""
        return self._scope

    def open(self) -> Scope:
        """The scope itself. Refused: no-post (the user holds none, or must choose)."""
        if self._scope is None:
            request = self._request
            held = Scope.posts_of(request.user)
            chosen = next((p for p in held if p.pk == request.session.get(POST_KEY)), None)
            if chosen is None and len(held) > 1:
                raise ChoosePost("no-post")
            scope = Scope.open(request.user, chosen, held=held)
            if second.waits(request) or (not second.is_whole(request) and second.wanted(scope, is_demo())):
                raise FactorNeeded("second-factor-needed")
            if GLASS_KEY in request.session:
                broken = glass.open_now(request.user, clock.now())
                if broken is None:
                    del request.session[GLASS_KEY]
                else:
                    scope = glass.through(scope, broken)
            self._scope = scope
        return self._scope

    def whole(self) -> None:
        """For what needs a user and no post: he has shown the factor that he has. Refused second-factor-needed."""
        if second.waits(self._request):
            raise FactorNeeded("second-factor-needed")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.open(), name)


class ChoosePost(Refused):
    """The user holds several posts and has not said for which he works now."""


class FactorNeeded(Refused):
    """The session came in by a link alone, and more is asked for."""


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """A refusal as a page, as a fragment for a part of a page, or as JSON. What is out of area says word for word what a missing page says."""
    if request.path.startswith(API):
        if refused.code == "not-found-or-out-of-area":
            refused = Refused("page-not-found")
        response = problem_json(request, refused)
        if refused.status == 401 and request.path.startswith(tokens.BASIC):
            response.headers["WWW-Authenticate"] = 'Basic realm="Sizao", charset="UTF-8"'
        return response
    if isinstance(refused, ChoosePost) and not request.headers.get("Accept", "").startswith("application/json"):
        return _go(request, f"/post?next={request.path}")
    if isinstance(refused, FactorNeeded) and not request.headers.get("Accept", "").startswith("application/json"):
        return _go(request, f"/account/second?next={request.path if request.method == 'GET' else '/'}")
    if refused.code == "not-signed-in" and request.method == "GET" and not is_partial(request) and not request.headers.get("Accept", "").startswith("application/json"):
        return _go(request, "/sign-in")
    if refused.code == "not-found-or-out-of-area":
        refused = Refused("page-not-found")
    if request.headers.get("Accept", "").startswith("application/json"):
        return problem_json(request, refused)
    template = "kit/refused_part.html" if is_partial(request) else "kit/refused.html"
    # Without its database a page cannot even ask who is signed in.
    nobody = {"user": None, "scope": None, "post": None} if refused.code == "database-away" else {}
    response = page(request, template, {"refused": refused} | nobody, status=refused.status)
    if is_partial(request):
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#notes", "innerHTML"
    return response


def problem_json(request: HttpRequest, refused: Refused) -> HttpResponse:
    """A refusal for a program (RFC 9457)."""
    from django.http import JsonResponse

    return JsonResponse(refused.as_problem(request.LANGUAGE_CODE), status=refused.status, content_type="application/problem+json")  # type: ignore[attr-defined]


def is_partial(request: HttpRequest) -> bool:
    """Whether a part of a page asked (htmx on the desk, field.js on the phone)."""
    return request.headers.get("HX-Request") == "true"


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`CSRF_FAILURE_VIEW`: an old tab, said as such."""
    return refusal(request, Refused("form-stale"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """`handler404`."""
    return refusal(request, Refused("page-not-found"))


def _go(request: HttpRequest, address: str) -> HttpResponse:
    from django.http import HttpResponseRedirect

    if is_partial(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
