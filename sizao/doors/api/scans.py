"""Scans from the doors of places: `POST /api/v1/scans`, one or up to a thousand, each stored once however often it is sent. There is no way to read them.

    {"sent_at": "2026-01-31T18:00:05+08:00",
     "scans": [{"id": "D7-000123", "place": "M-17", "at": "2026-01-31T17:58:40+08:00", "left_at": null, "person": "0190…"}]}

`place` is the reporting unit's number with its sender, or its id; who it was is `person` (an id), `national_id` or `phone`. `sent_at` is what the device's
own clock says as it sends. Answer: {"stored", "known", "rejected": [{"index", "code", …}]}; 200 also when some were rejected.
"""

import time
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.api.told import body, moment
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Problem
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import read as ledgers
from sizao.registers.movement import gathering, visiting
from sizao.registers.movement.visiting import Visit
from sizao.registers.population import read as population
from sizao.registers.population.sealing import NATIONAL_ID, PHONE

MOST = 1000
LONGEST = 200
SHAPE = '{"sent_at": "…", "scans": [{"id": "…", "place": "…", "at": "…", "person": "…"}]}'
#: For so many seconds a process remembers where a place lies.
REMEMBERED = 30.0
_places: dict[tuple[str, str], tuple[float, UUID, str]] = {}


def scans(request: HttpRequest) -> HttpResponse:
    """Takes scans in. Refused: body-unreadable, too-many-rows."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    sender = getattr(request, "sender", "") or (scope.user.username if scope.user else "")
    sent_at, told = read_body(request, "scans", MOST, SHAPE)
    rejected: dict[int, Problem] = {}
    visits: list[Visit] = []
    at: list[int] = []
    persons = _known(told)
    for i, one in enumerate(told):
        read = _visit(scope, sender, one, persons)
        if isinstance(read, Problem):
            rejected[i] = read
        else:
            at.append(i)
            visits.append(read)
    done = gathering.take(scope, visits, sender=sender, sent_at=sent_at)
    rejected |= {at[i]: problem for i, problem in done.rejected.items()}
    problems = [{"index": i, **Refused(p.code, field=p.field, value=p.value, expected="").as_problem("en"), "field": p.field} for i, p in sorted(rejected.items())]
    return JsonResponse({"stored": done.stored, "known": done.known, "rejected": problems}, json_dumps_params={"ensure_ascii": False})


def read_body(request: HttpRequest, name: str, most: int, shape: str) -> tuple[datetime | None, list[dict[str, Any]]]:
    """What the device's clock says, and the batch under that name. Refused: body-unreadable, too-many-rows."""
    try:
        told = body(request)
        found = told[name]
        sent = moment(told["sent_at"]) if told.get("sent_at") else None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise Refused("body-unreadable", expected=shape) from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Refused("body-unreadable", expected=shape)
    if len(found) > most:
        raise Refused("too-many-rows", limit=most)
    return sent, found


def text(told: Any) -> str:
    """A short text; "" for anything else."""
    return told.strip() if isinstance(told, str) and len(told) <= LONGEST and "\0" not in told else ""


def _known(told: list[dict[str, Any]]) -> dict[str, UUID]:
    """Who has these identity numbers and telephones, for the whole batch at once."""
    said = {s for one in told if not one.get("person") for s in (text(one.get("national_id")), text(one.get("phone"))) if s}
    return population.by_identifier_anywhere(said) if said else {}


def _visit(scope: Scope, sender: str, one: dict[str, Any], persons: dict[str, UUID]) -> Visit | Problem:
    number, place = text(one.get("id")), text(one.get("place"))
    if not number:
        return Problem("value-missing", "id")
    unit = _place(scope, sender, place)
    if unit is None:
        return Problem("visit-place-unknown", "place", place)
    try:
        at, left = moment(one.get("at")), moment(one["left_at"]) if one.get("left_at") else None
    except (TypeError, ValueError, OverflowError):
        return Problem("bad-value", "at", str(one.get("at"))[:40])
    said = text(one.get("national_id")) or text(one.get("phone"))
    try:
        person = UUID(one["person"]) if one.get("person") else persons.get(said)
    except (ValueError, TypeError, AttributeError):
        return Problem("bad-value", "person")
    if person is not None:
        return Visit(number, unit, at, person.bytes, left)
    index = NATIONAL_ID.index(said) if text(one.get("national_id")) else PHONE.index(said)
    if not said or index is None:
        return Problem("visit-nobody", "person")
    return Visit(number, unit, at, visiting.unknown(said, index), left, said)


def _place(scope: Scope, sender: str, told: str) -> UUID | None:
    """The place, where this post may tell of it."""
    held = _places.get((sender, told))
    if held is None or held[0] < time.monotonic():
        if len(_places) > 100_000:
            _places.clear()
        unit = ledgers.place_by_number(sender, told) if told else None
        if unit is None:
            return None
        held = _places[sender, told] = time.monotonic() + REMEMBERED, unit.pk, unit.area.path
    return held[1] if scope.can("scan.write", held[2]) else None
