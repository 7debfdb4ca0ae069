"""Travellers' declarations at a gateway: `POST /api/v1/declarations`.

    {"find": "SZD:ABCDE-FGHJK"}               a receipt (typed or scanned), the number of a document or a telephone
    {"confirm": "0190…", "version": 2}        the document was compared with what version 2 says

Answer to the first: {"found": null} or {"found": {id, version, confirmed, confirmations, area, said, lines}}; to the second {"kind", "journey"}.
Refused: not-allowed, receipt-unknown, declaration-changed, body-unreadable.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.api import told
from sizao.doors.kit.words import Words
from sizao.doors.public.declare import lines
from sizao.flows import declaration_confirmed
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.registers.movement import declaring
from sizao.registers.movement import form as forms

SHAPE = '{"find": "…"} or {"confirm": "…", "version": 1}'


def declarations(request: HttpRequest) -> HttpResponse:
    """Finds one, or confirms one."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    try:
        said = told.body(request)
        asked, confirm, version = said.get("find"), said.get("confirm"), said.get("version")
    except (ValueError, AttributeError):
        raise Refused("body-unreadable", expected=SHAPE) from None
    if isinstance(asked, str):
        found = declaring.found(scope, asked.strip()[:100])
        words = Words(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
        return _json({"found": as_json(found) | {"lines": lines(words, forms.form(), found.said)} if found is not None else None})
    try:
        made = declaration_confirmed.confirm(scope, UUID(confirm), int(version))
    except (ValueError, TypeError, AttributeError):
        raise Refused("body-unreadable", expected=SHAPE) from None
    return _json({"kind": made.kind, "journey": str(made.record)})


def as_json(told: declaring.Told) -> dict[str, Any]:
    """A declaration as a gateway's program reads it."""
    return {
        "id": str(told.id), "version": told.version, "confirmed": told.confirmed, "confirmations": told.confirmations, "area": told.area.code, "declared_at": told.made_at.isoformat(),
        "expires_at": told.expires_at.isoformat(), "said": dict(told.said),
    }  # fmt: skip


def _json(body: dict[str, Any]) -> HttpResponse:
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})
