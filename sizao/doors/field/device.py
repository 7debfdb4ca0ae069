"""What a phone keeps without a network is sealed in the browser (`doors/device/vault.js`); the key for it is given to who is signed in, and to nobody else."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token

from sizao.doors.field import copies, phone
from sizao.doors.kit import devices
from sizao.kernel.errors import Refused

#: So long a phone without a word from the server keeps the key.
HOURS = 72
PROGRAM = Path(__file__).resolve().parent.parent / "device" / "vault.js"


def program(request: HttpRequest) -> HttpResponse:
    """The program, under an address that stays: a device that has it goes on without us."""
    return phone.squeezed(request, HttpResponse(PROGRAM.read_bytes(), content_type="text/javascript; charset=utf-8"))


def key(request: HttpRequest) -> JsonResponse:
    """The user's own key and its id, those of earlier turns of the ring for what was sealed with them, and the form token of this sign-in. Refused: phone-wiped."""
    if request.GET.get("copy") and copies.to_be_wiped(copies.read_id(request)):
        raise Refused("phone-wiped")
    newest, *earlier = ({"kid": devices.name_of(own), "key": devices.told(own)} for own in devices.own(request.user))
    return JsonResponse({**newest, "earlier": earlier, "hours": HOURS, "csrf": get_token(request)})
