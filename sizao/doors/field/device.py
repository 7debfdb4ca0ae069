"""What a phone keeps without a network is sealed in the browser (`doors/device/vault.js`); the key for it is given to who is signed in, and to nobody else."""

import base64
import hashlib
import hmac
from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.field import copies, phone
from sizao.kernel import keys
from sizao.kernel.errors import Refused

KIND = "device"
#: So long a phone without a word from the server keeps the key.
HOURS = 72
PROGRAM = Path(__file__).resolve().parent.parent / "device" / "vault.js"


def program(request: HttpRequest) -> HttpResponse:
    """The program, under an address that stays: a device that has it goes on without us."""
    return phone.squeezed(request, HttpResponse(PROGRAM.read_bytes(), content_type="text/javascript; charset=utf-8"))


def key(request: HttpRequest) -> JsonResponse:
    """The user's own key, the same each time, so that what a phone sealed before it was signed out opens again. Made from a key of the ring; stored nowhere here."""
    if request.GET.get("copy") and copies.to_be_wiped(copies.read_id(request)):
        raise Refused("phone-wiped")
    ring = keys.ring()
    held = ring.all(KIND)
    root = held[0] if held else ring.rotate((KIND,)).newest(KIND)
    own = hmac.new(root.secret, b"device|" + str(request.user.pk).encode(), hashlib.sha256).digest()
    return JsonResponse({"kid": hashlib.sha256(b"device key id" + own).hexdigest()[:16], "key": base64.b64encode(own).decode(), "hours": HOURS})
