"""A program's way in: a token for one user at one post for one purpose, until a day. The store keeps its digest only."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from sizao.doors.models import ApiToken
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope

LONGEST_DAYS = 366


def make(user: Any, post: Any, *, days: int = 90, purpose: str = "response", sender: str = "") -> str:
    """A new token, told this once; `sender` is as whom the program is heard among the feeds. Refused no-post when the user does not hold that post."""
    Scope.open(user, post, purpose)
    token = f"sizao_{secrets.token_urlsafe(32)}"
    now = clock.now()
    ends = now + timedelta(days=max(1, min(days, LONGEST_DAYS)))
    ApiToken.objects.create(user=user, post=post, purpose=purpose, sender=sender, token_sha256=_digest(token), made_at=now, expires_at=ends)
    return token


def come_in(request: HttpRequest) -> Scope | None:
    """The scope of the token that the request carries; None when it carries none. Refused not-signed-in when it is no good."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    held = ApiToken.objects.select_related("user", "post__area").filter(token_sha256=_digest(token.strip()), revoked_at=None, expires_at__gt=clock.now()).first()
    if held is None or not held.user.is_active:
        raise Refused("not-signed-in")
    request.user = held.user
    request.sender = held.sender  # type: ignore[attr-defined]
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # a browser never sends this header by itself
    return Scope.open(held.user, held.post, held.purpose)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
