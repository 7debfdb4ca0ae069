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


def own(user: Any) -> bytes:
    """The user's own key, the same each time, so that what a phone sealed before it was signed out opens again. Made from a key of the ring; stored nowhere here."""
    ring = keys.ring()
    held = ring.all(KIND)
    root = held[0] if held else ring.rotate((KIND,)).newest(KIND)
    return hmac.new(root.secret, b"device|" + str(user.pk).encode(), hashlib.sha256).digest()


def name_of(key: bytes) -> str:
    """Its id, which tells nothing of the key."""
    return hashlib.sha256(b"device key id" + key).hexdigest()[:16]


def told(key: bytes) -> str:
    """As it goes to the phone."""
    return base64.b64encode(key).decode()


def check(request: HttpRequest) -> None:
    """Refused: form-stale, where what is sent was opened with somebody else's key. A request that names none is not asked."""
    named = request.headers.get(HEADER, "")
    if named and not hmac.compare_digest(named.encode(), name_of(own(request.user)).encode()):
        raise Refused("form-stale")
