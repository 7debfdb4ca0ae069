"""Whether the one who types is still signed in, asked before a form is sent, so that nothing typed is sent into the void; and the page of words."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token

from sizao.doors.kit.pages import page
from sizao.doors.kit.terms import all_terms


def session(request: HttpRequest) -> JsonResponse:
    """Who is signed in, and the token that a form needs now: signing in again made a new one."""
    return JsonResponse({"user": str(request.user.pk), "csrf": get_token(request)})


def glossary(request: HttpRequest) -> HttpResponse:
    """Every word that a screen explains, in both languages."""
    return page(request, "desk/glossary.html", {"terms": all_terms()})
