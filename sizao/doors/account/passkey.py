"""What the browser and this server tell each other about passkeys (W3C WebAuthn Level 2), as JSON; `static/sizao/passkey.js` is the other end."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from sizao.doors.account import factors, second, signing
from sizao.doors.kit import second as session
from sizao.doors.kit import sessions
from sizao.doors.models import Factor
from sizao.kernel.errors import Refused

#: Bytes that an authenticator's answer may have.
LONGEST = 20_000


def begin_sign_in(request: HttpRequest) -> HttpResponse:
    """A challenge for whoever has a passkey for this server; nobody is named."""
    return JsonResponse(factors.begin_use(request))


def sign_in(request: HttpRequest) -> HttpResponse:
    """A passkey that asked for a fingerprint or a PIN opens a whole session."""
    user = factors.use(request, _told(request))
    sessions.begin(request, user, "passkey")
    session.passed(request)
    return JsonResponse({"next": signing.first_page(user)})


def begin(request: HttpRequest) -> HttpResponse:
    """What is needed to make a passkey."""
    second.check_whole(request)
    if not factors.by_name(request):
        raise Refused("factor-unfit")
    return JsonResponse(factors.begin_register(request))


def register(request: HttpRequest) -> HttpResponse:
    """Takes the new passkey; the page that the browser opens next shows the recovery codes where there are none yet."""
    second.check_whole(request)
    told = _told(request)
    first = not Factor.objects.filter(user=request.user).exists()
    factors.register(request, told["answer"] if isinstance(told.get("answer"), dict) else told, str(told.get("name") or _("Passkey")))
    session.passed(request)
    return JsonResponse({"codes": factors.new_codes(request.user) if first or not factors.codes_left(request.user) else [], "next": "/account"})


def begin_use(request: HttpRequest) -> HttpResponse:
    """A challenge for the user who came in by a link."""
    return JsonResponse(factors.begin_use(request, request.user))


def use(request: HttpRequest) -> HttpResponse:
    """His passkey answered: the session is whole."""
    factors.use(request, _told(request), request.user)
    session.passed(request)
    return JsonResponse({"next": signing.first_page(request.user)})


def _told(request: HttpRequest) -> Mapping[str, Any]:
    try:
        told = json.loads(request.body) if len(request.body) <= LONGEST else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Refused("factor-unfit")
    return told
