"""Messages of other systems, each answered: HL7 v2 (a program with a token made with `--sender`)."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.interop.hl7 import inbox as hl7_inbox
from sizao.kernel.errors import Refused

ER7 = "application/hl7-v2; charset=utf-8"


def body(request: HttpRequest) -> bytes:
    """The body as it was sent. Refused: body-compressed, body-too-long."""
    packed = request.headers.get("Content-Encoding", "").strip().lower()
    if packed not in ("", "identity"):
        raise Refused("body-compressed", value=packed[:40])
    try:
        return bytes(request.body)
    except RequestDataTooBig:
        raise Refused("body-too-long", megabytes=4) from None


def hl7(request: HttpRequest) -> HttpResponse:
    """One or many messages; the acknowledgements in the same order, as HL7, or with `Accept: application/json` the reconciliation with the reasons.

    The status is 200 whatever became of the messages: what was not taken says so in its acknowledgement (AE, AR).
    """
    scope, sender = request.scope.open(), getattr(request, "sender", "")  # type: ignore[attr-defined]
    if not sender:
        raise Refused("feed-without-sender")
    answered = hl7_inbox.receive(scope, body(request), sender=sender)
    if request.headers.get("Accept", "").startswith("application/json"):
        return told(answered.as_json())
    return HttpResponse(answered.text.encode("utf-8"), content_type=ER7)


def told(answer: dict[str, Any]) -> JsonResponse:
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False})
