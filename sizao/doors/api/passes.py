"""What binds a person, asked by a program or by a gate whose visitor has no pass on him: by the pass, or by the number of his document."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.api.told import body
from sizao.kernel import audit
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.passes import issuing, rules, status
from sizao.registers.population import read as population

EXPECTED = '{"pass": "SZ1:…"} or {"national_id": "…"}, and "purpose": "pass" or "emergency"'


def pass_status(request: HttpRequest) -> HttpResponse:
    """`{"pass": …}`: whether it is good, and if not why. `{"national_id": …}`: whether an order is in force, until when; an unknown number is told as such.

    `gate` says what to do next. With `"purpose": "emergency"` it is always to let in.
    """
    scope = request.scope.open()  # type: ignore[attr-defined]
    try:
        told = body(request)
    except ValueError:
        raise Refused("body-unreadable", expected=EXPECTED) from None
    if not isinstance(told, dict) or not set(told) <= {"pass", "national_id", "purpose"} or not all(isinstance(v, str) and len(v) < 2000 for v in told.values()):
        raise Refused("body-unreadable", expected=EXPECTED)
    purpose: Any = told.get("purpose", "pass")
    if purpose not in ("pass", "emergency"):
        raise Refused("body-unreadable", expected=EXPECTED)
    if purpose == "emergency":  # before anything else is looked at
        return JsonResponse({"gate": rules.at_gate("emergency", None)})
    if "pass" in told:
        verdict = issuing.verify(told["pass"])
        said = verdict.said if verdict.reason == "valid" else None
        return JsonResponse({"gate": rules.at_gate("pass", verdict), "reason": verdict.reason, "order": said.order if said else None, "until": _json(said.until) if said else None})
    if "national_id" not in told:
        raise Refused("body-unreadable", expected=EXPECTED)
    found = dict(population.by_identifier(scope, [told["national_id"]], "pass.check")).get(told["national_id"])
    if found is None:
        return JsonResponse({"gate": "ask_document", "reason": "unknown_number", "order": None, "until": None})
    audit.write(scope, "passes.asked", [found])
    now = status.one(Scope.system("gateway"), found)  # what binds him, not what this post may read of him
    return JsonResponse({"gate": "order_in_force" if now.code == "order" else "let_in", "reason": "by_number", "order": now.code == "order", "until": _json(now.until)})


def _json(at: Any) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
