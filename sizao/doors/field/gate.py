"""The gateway's screen on a phone: on to a shift, scan, what to do next, hand over the shift. It goes on without a network; its program lies in `doors/gate/`."""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.kit import devices
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import read as ledgers
from sizao.registers.movement import gates

PLACE = Path(__file__).resolve().parent.parent / "gate"
TYPES = {"gate.mjs": "text/javascript", "queue.mjs": "text/javascript", "worker.js": "text/javascript"}
#: Gateways that are offered; more are searched for in the register of units.
MOST = 200


def gate(request: HttpRequest) -> HttpResponse:
    """The screen of one gateway; the only one where there is only one."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    units = list(ledgers.units(scope, gates.RIGHT).filter(kind="gateway").exclude(in_use=False).order_by("name", "pk")[:MOST])
    asked = request.GET.get("unit", "")
    unit = next((u for u in units if str(u.pk) == asked), units[0] if len(units) == 1 else None)
    words = Words(request.LANGUAGE_CODE, (unit or scope.post).area.zone)  # type: ignore[attr-defined]
    on = gates.standing(scope, unit.pk) if unit else None
    shown = {
        "w": words, "units": units, "unit": unit, "on": on, "left": gates.waiting(scope, unit.pk) if unit and on is None else None, "mine": on is not None and on.post_id == scope.post_id,
        "counts": _counts(scope, on) if on else [], "purposes": code_list("gate-purpose"), "loads": code_list("vehicle-load"), "said": request.GET.get("said", ""), "key_of": devices.name_of(devices.own(request.user)[0]), "settings": json.dumps(_settings(words)),
    }  # fmt: skip
    return page(request, "field/gate.html", shown)


def shift(request: HttpRequest) -> HttpResponse:
    """Signs on (and takes over what was left open), or hands over. Refused as `registers/movement/gates.py` says; form-stale (the page was opened for another post)."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    if request.POST.get("post", "") not in ("", str(scope.post_id)):
        raise Refused("form-stale")
    unit = next((u for u in ledgers.units(scope, gates.RIGHT).filter(pk=_uuid(request, "unit"), kind="gateway")), None)
    if unit is None:
        raise Refused("not-found-or-out-of-area")
    if request.POST.get("do") == "hand-over":
        gates.hand_over(scope, _uuid(request, "shift"), request.POST.get("matters", ""))
    else:
        gates.sign_on(scope, unit.pk, unit.area_id, unit.area.path, seen=_uuid(request, "seen") if request.POST.get("seen") else None)
    return HttpResponseRedirect(url("gate", {"unit": str(unit.pk), "said": request.POST.get("do", "")}))


def file(request: HttpRequest, name: str) -> HttpResponse:
    """The screen's program, under addresses that stay: a device that has them goes on without us."""
    if name not in TYPES:
        raise Refused("page-not-found")
    response = HttpResponse((PLACE / name).read_bytes(), content_type=f"{TYPES[name]}; charset=utf-8")
    if name == "worker.js":
        response.headers["Service-Worker-Allowed"] = "/gate"
    return response


def _counts(scope: Scope, on: Any) -> list[tuple[str, int]]:
    """What this shift has done, by answer."""
    begun, until = gates.window(on, clock.now())
    rows = ledgers.entries(scope, "passage").filter(unit=on.unit_id, happened_at__range=(begun, until)).values_list("values__gate_answer", flat=True)
    found = Counter(r or "let_in" for r in rows)
    return [(code, found[code]) for code in code_list("gate-answer")]


def _settings(words: Words) -> dict[str, Any]:
    """What the program needs to answer by itself, and to say it."""
    return {
        "fever": float(threshold("fever", clock.now().date())), "answers": {code: words.both(pair) for code, pair in code_list("gate-answer").items()},
        "words": {
            "waiting": _("waiting to be sent"), "none_waiting": _("All sent"), "no_network": _("No network: kept on this device, sent by itself later."), "sign_in": _("Sign in again: nothing is lost, it waits on this device."),
            "moved": _("Somebody else is signed in on this phone now. Nothing was recorded: look at it again, and press once more."), "sealed": _("sealed by somebody else, who signs in to send them"), "not_kept": _("Not recorded: this phone has been without the server for a day, or nobody is signed in. Write it on paper, and sign in."), "refused": _("Not taken"), "drop": _("Remove"), "skew": _("The clock of this device is off; times were put right by (minutes)"), "confirm": _("Document compared: confirm"), "confirmed": _("Confirmed"), "not_found": _("No declaration found"),
            "pass_good": _("Pass: no order"), "pass_order": _("Pass: an order is in force"), "pass_bad": _("The pass decides nothing: ask for the document"), "changed": _("The server answers otherwise"), "known": _("Declared; compared before"),
        },
    }  # fmt: skip


def _uuid(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Refused("not-found-or-out-of-area") from None
