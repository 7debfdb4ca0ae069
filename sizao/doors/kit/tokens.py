"""A program's way in: a token for one user at one post for one purpose, until a day. The store keeps its digest only."""

import base64
import hashlib
import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from sizao.doors.models import ApiToken
from sizao.kernel import audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope

LONGEST_DAYS = 366
#: Where a door asks hundreds of times a second: there what a token opened is believed for a moment, so that a token that was taken back works a moment longer.
FREQUENT, BELIEVED = frozenset({"/api/v1/scans"}), 2.0
#: Below this address a token may also come as the password of HTTP Basic: ODK Collect knows nothing else. The name before it is not looked at.
BASIC = "/api/v1/openrosa/"
_lately: dict[str, tuple[float, Any, Scope]] = {}


def make(user: Any, post: Any, *, days: int = 90, purpose: str = "response", sender: str = "", name: str = "", permissions: Sequence[str] = (), area: Any = None) -> str:
    """A new token, told this once; `sender` is as whom the program is heard among the feeds. It may do no more than `permissions` below `area`, where they are told.

    Refused: no-post when the user does not hold that post; token-unfit when the post may not do that there.
    """
    scope, only = Scope.open(user, post, purpose), sorted(set(permissions))
    if any(not scope.can(p, area) for p in only) or (area is not None and not scope.narrowed((), area.path).grants):
        raise Refused("token-unfit")
    token = f"sizao_{secrets.token_urlsafe(32)}"
    now = clock.now()
    ends = now + timedelta(days=max(1, min(days, LONGEST_DAYS)))
    ApiToken.objects.create(user=user, post=post, purpose=purpose, sender=sender, name=name, permissions=only, area=area, token_sha256=_digest(token), made_at=now, expires_at=ends)
    audit.write(scope, "token.made", [], permissions=only, until=ends)
    return token


def of(user: Any) -> list[ApiToken]:
    """The user's tokens, those that open something first, the newest first."""
    now = clock.now()
    rows = ApiToken.objects.filter(user=user).select_related("post__area", "area").order_by("-pk")[:200]
    return sorted(rows, key=lambda t: t.revoked_at is not None or t.expires_at <= now)


def revoke(scope: Scope, number: int, *, of: Any) -> None:
    """Takes a token back. Refused not-found-or-out-of-area when that user has no such token that still stands."""
    if not ApiToken.objects.filter(pk=number, user=of, revoked_at=None).update(revoked_at=clock.now()):
        raise Refused("not-found-or-out-of-area")
    audit.write(scope, "token.revoked", [], token=number)


def come_in(request: HttpRequest) -> Scope | None:
    """The scope of the token that the request carries; None when it carries none. Refused not-signed-in when it is no good."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic" and request.path.startswith(BASIC):
        token = _password(token)
    elif kind.lower() != "bearer":
        return None
    digest, frequent = _digest(token.strip()), request.path in FREQUENT
    if frequent and (known := _lately.get(digest)) is not None and known[0] > time.monotonic():
        return _opened(request, known[1], known[2])
    held = ApiToken.objects.select_related("user", "post__area", "area").filter(token_sha256=digest, revoked_at=None, expires_at__gt=clock.now()).first()
    if held is None or not held.user.is_active:
        raise Refused("not-signed-in")
    scope = Scope.open(held.user, held.post, held.purpose)
    if held.permissions or held.area is not None:
        scope = scope.narrowed(held.permissions, held.area.path if held.area is not None else "")
    if frequent:
        if len(_lately) > 10_000:
            _lately.clear()
        _lately[digest] = time.monotonic() + BELIEVED, held, scope
    return _opened(request, held, scope)


def _password(told: str) -> str:
    """What stands after the name; "" where nothing can be read."""
    try:
        return base64.b64decode(told.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _opened(request: HttpRequest, held: Any, scope: Scope) -> Scope:
    request.user = held.user
    request.sender = held.sender  # type: ignore[attr-defined]
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # a browser never sends this header by itself
    return scope


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
