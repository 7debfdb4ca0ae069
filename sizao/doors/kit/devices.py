"""The key with which a user's phones seal what they keep, and the word of a phone by whose key a request was made."""

import base64
import hashlib
import hmac
from typing import Any

from django.http import HttpRequest

from sizao.kernel import keys
from sizao.kernel.errors import Refused

KIND = "device"
#: `X-Key-Of: <id of the key>`: what is sent was opened with that key. A tab that was left open still has the key of who was signed in before; the session is already another's.
HEADER = "X-Key-Of"


def own(user: Any) -> list[bytes]:
    """The user's own keys, the one to seal with first, each the same whenever it is asked for, so that what a phone sealed before it was signed out opens again.

    One for each key of the ring, newest first: a phone that was away while the ring was turned still holds rows under an earlier one. Stored nowhere here.
    """
    ring = keys.ring()
    roots = ring.all(KIND) or ring.rotate((KIND,)).all(KIND)
    return [hmac.new(root.secret, b"device|" + str(user.pk).encode(), hashlib.sha256).digest() for root in roots]


def name_of(key: bytes) -> str:
    """Its id, which tells nothing of the key."""
    return hashlib.sha256(b"device key id" + key).hexdigest()[:16]


def told(key: bytes) -> str:
    """As it goes to the phone."""
    return base64.b64encode(key).decode()


def check(request: HttpRequest) -> None:
    """Refused: form-stale, where what is sent was opened with somebody else's key. A request that names none is not asked."""
    named = request.headers.get(HEADER, "")
    if named and not any(hmac.compare_digest(named.encode(), name_of(key).encode()) for key in own(request.user)):
        raise Refused("form-stale")
