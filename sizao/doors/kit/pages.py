"""Making an answer from a template: whole pages, and the parts that a page swaps in."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import get_language

from sizao.doors.kit import bar
from sizao.doors.kit.templates import said_in
from sizao.doors.kit.words import Words


def page(request: HttpRequest, template: str, context: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    """`template` with the reader's words, the scope's post and the store's mark."""
    return HttpResponse(render(request, template, context), status=status)


def see(address: str) -> HttpResponse:
    """Done: the browser goes on to another page by GET (303), and going back sends nothing twice."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def render(request: HttpRequest, template: str, context: dict[str, Any] | None = None) -> str:
    """The text of a page or of a part of one."""
    language = getattr(request, "LANGUAGE_CODE", "zh-hans")
    scope, post = getattr(request, "scope", None), _post(request)
    section = request.resolver_match.view_name if request.resolver_match else ""
    whole = {
        "_": said_in(get_language()),
        "w": Words(language),
        "lang": "en" if language == "en" else "zh",
        "html_lang": "en" if language == "en" else "zh-Hans",
        "user": getattr(request, "user", None),
        "scope": scope,
        "post": post,
        "csrf": get_token(request),
        "here": request.get_full_path(),
        "section": section,
        "headings": lambda: bar.shown(scope, section) if post is not None else [],
        "demo": is_demo(),
        **(context or {}),
    }
    return render_to_string(template, whole, request=None)


def _post(request: HttpRequest) -> Any:
    """The post of the scope, if one is open; a page about a refusal must not open one."""
    scope = getattr(request, "scope", None)
    return scope.opened.post if scope is not None and scope.opened is not None else None


_demo: bool | None = None


def is_demo() -> bool:
    """Whether this store holds an invented city; then every page and every paper says so. A store never changes its kind, so once is enough."""
    global _demo
    if _demo is None:
        from django.apps import apps
        from django.db import Error

        try:
            found = apps.get_model("kernel", "StoreInfo").objects.values_list("kind", flat=True).first()
        except Error:
            return False
        if found is None:
            return False
        _demo = found == "demo"
    return _demo
