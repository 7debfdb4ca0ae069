"""One-time sign-in links: made by the command line, opened once in a browser, never a password."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction

from sizao.doors.models import SignInLink
from sizao.kernel import audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope

#: Longest life of a link. A longer one would be a password on paper.
LONGEST_MINUTES = 24 * 60


def make_link(user: Any, minutes: int = 30, base: str = "") -> str:
    """A new link for `user`, good once within `minutes` (at most a day). `base` is the address of the server, e.g. "http://127.0.0.1:8000".

    The token is only in the answer; the store keeps its digest.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    SignInLink.objects.create(
        user=user, token_sha256=_digest(token), created_at=now, expires_at=now + timedelta(minutes=max(1, min(minutes, LONGEST_MINUTES)))
    )
    return f"{base.rstrip('/')}/sign-in/{token}"


def told(scope: Scope, user: Any) -> None:
    """Puts on record that somebody was given a link by an administrator."""
    audit.write(scope, "users.link_made", [], user=user.pk)


def is_good(token: str) -> bool:
    """Whether the link could still be used. Looking does not use it up: a chat program that previews links must not burn it."""
    return SignInLink.objects.filter(token_sha256=_digest(token), used_at=None, expires_at__gt=clock.now()).exists()


def use(token: str) -> Any:
    """The user of the link, which is used up from now on. Of two who press at once one comes in. Refused: sign-in-link-spent."""
    with transaction.atomic():
        now = clock.now()
        spent = SignInLink.objects.filter(token_sha256=_digest(token), used_at=None, expires_at__gt=now, user__is_active=True).update(
            used_at=now
        )
        if not spent:
            raise Refused("sign-in-link-spent")
        return SignInLink.objects.select_related("user").get(token_sha256=_digest(token)).user


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
