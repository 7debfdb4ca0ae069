"""Failed sign-ins are counted, by user and by network address; beyond a bound the next one waits. What counts is data (`thresholds/sign-in-tries*.yaml`)."""

import hashlib
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest

from sizao.doors.models import WrongTry
from sizao.kernel import clock
from sizao.kernel.codes import threshold
from sizao.kernel.errors import Refused

WINDOW, KEPT = timedelta(minutes=15), timedelta(days=1)
BY_USER, BY_NETWORK = "sign-in-tries", "sign-in-tries-network"


def check(request: HttpRequest, user: int | None = None) -> None:
    """Before anything is compared. Refused factor-tries, whether or not it would have been right."""
    now = clock.now()
    for whose, bound in _marks(request, user):
        if WrongTry.objects.filter(whose=whose, at__gt=now - WINDOW).count() >= int(threshold(bound, now.date())):
            raise Refused("factor-tries")


def wrong(request: HttpRequest, user: int | None = None) -> None:
    """One more that failed. Written apart from the refusal that follows, which would undo it."""
    now = clock.now()
    with transaction.atomic():
        WrongTry.objects.filter(at__lt=now - KEPT).delete()
        WrongTry.objects.bulk_create([WrongTry(whose=whose, at=now) for whose, _ in _marks(request, user)])


def right(user: int) -> None:
    """He is in: his own count begins anew. The network's stays."""
    WrongTry.objects.filter(whose=_mark(f"user {user}")).delete()


def _marks(request: HttpRequest, user: int | None) -> list[tuple[bytes, str]]:
    found = [(_mark(f"network {request.META.get('REMOTE_ADDR', '')}"), BY_NETWORK)]
    return [*found, (_mark(f"user {user}"), BY_USER)] if user is not None else found


def _mark(text: str) -> bytes:
    """A digest keyed with the key that signs cookies: the table tells nobody which address it was."""
    from django.conf import settings

    return hashlib.blake2b(text.encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=16).digest()
