"""Messages of other systems, each answered: HL7 v2 and FHIR in (a program with a token made with `--sender`), a case as a FHIR bundle out."""

import json
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.api.told import with_names
from sizao.interop.certificates import checking
from sizao.interop.fhir import inbox as fhir_inbox
from sizao.interop.fhir import writing
from sizao.interop.hl7 import inbox as hl7_inbox
from sizao.kernel.errors import Refused

FHIR = "application/fhir+json; fhirVersion=4.3"
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


def fhir(request: HttpRequest) -> HttpResponse:
    """Bundles (JSON, XML, or one a line); an OperationOutcome for each patient's part, or with `Accept: application/json` the reconciliation."""
    scope, sender = request.scope.open(), getattr(request, "sender", "")  # type: ignore[attr-defined]
    if not sender:
        raise Refused("feed-without-sender")
    answered = fhir_inbox.receive(scope, body(request), sender=sender, content_type=request.headers.get("Content-Type", ""))
    if request.headers.get("Accept", "").startswith("application/json"):
        return told(answered.as_json())
    return told(answered.as_bundle(), FHIR)


def fhir_case(request: HttpRequest, case: UUID) -> HttpResponse:
    """A case with its samples and results as a bundle. `?names=1`: with name, telephone, address and national id, where the post sees them."""
    return told(writing.case_bundle(request.scope.open(), case, names=with_names(request)), FHIR)  # type: ignore[attr-defined]


def certificates(request: HttpRequest) -> HttpResponse:
    """Certificates of others that were scanned: `{"codes": ["HC1:…"]}`, or the parts of one health card; a verdict each. Nothing is stored. Refused: body-unreadable."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    try:
        codes = json.loads(body(request))["codes"]
    except (ValueError, RecursionError, LookupError, TypeError):
        codes = None
    if not isinstance(codes, list) or not codes or not all(isinstance(c, str) for c in codes):
        raise Refused("body-unreadable", expected='{"codes": ["HC1:…"]}')
    return told({"verdicts": checking.check(scope, codes)})


def told(answer: dict[str, Any], content_type: str = "application/json") -> JsonResponse:
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False}, content_type=content_type)
