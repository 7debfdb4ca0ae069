"""Passages at a gateway, from phones and programs: `POST /api/v1/passages`, up to 500, each stored once however often it is sent.

    {"sent_at": "2026-01-31T18:00:05+08:00",
     "records": [{"id": "0190…", "unit": "0190…", "at": "2026-01-31T17:58:40+08:00", "purpose": "passing", "shown": "SZ1:…", "temperature": 36.5,
                  "ill": false, "plate": "京A12345", "load": "goods", "disinfected": true, "answer": "let_in", "post": 12}]}

`id` is made on the device; `post` is the one for which the screen was opened (none: the session's or the token's); `sent_at` is its clock as it sends; `shown` is a pass, a declaration's receipt, or a document's number, and is not kept. Answer:
{"answers": [{"id", "kind": new|identical|old|invalid, "answer", "at", "code", "text"}], "off_by": seconds by which the device's clock was put right}.
"""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.api import scans
from sizao.doors.api.told import moment
from sizao.doors.kit.posts import MadeFor
from sizao.flows import gate_passed
from sizao.flows.gate_passed import Answer, Passed
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Problem
from sizao.kernel.scope import Scope
from sizao.passes import issuing, status
from sizao.registers.movement import clocks, declaring, gathering, visiting
from sizao.registers.population import read as population
from sizao.registers.population.sealing import NATIONAL_ID

MOST = 500
SHAPE = '{"sent_at": "…", "records": [{"id": "…", "unit": "…", "at": "…", "purpose": "passing"}]}'


def passages(request: HttpRequest) -> HttpResponse:
    """Takes passages in; an answer a record. Refused: not-allowed, body-unreadable, too-many-rows."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    sent_at, told = scans.read_body(request, "records", MOST, SHAPE)
    skew = clocks.off_by(sent_at, clock.now())
    made_for = MadeFor(request)
    answers: list[Answer | None] = [None] * len(told)
    by_post: dict[int | None, tuple[Scope, list[tuple[int, Passed]]]] = {}
    for i, one in enumerate(told):
        own = made_for.at(one.get("post"), _moment(one, skew))
        read = _passed(own, one) if isinstance(own, Scope) else own
        if isinstance(read, Problem):
            answers[i] = Answer(scans.text(one.get("id")), "invalid", problem=read)
        elif isinstance(own, Scope):
            by_post.setdefault(own.post_id, (own, []))[1].append((i, read))
    if not by_post:
        scope.check(gate_passed.RIGHT)
    for own, some in by_post.values():
        passed = [p for _, p in some]
        done = gate_passed.record(own, passed, sent_at=sent_at)
        _visits(own, passed, done, {n: scans.text(told[i].get("shown")) for n, (i, _) in enumerate(some)})
        for (i, _), answer in zip(some, done, strict=True):
            answers[i] = answer
    language = request.LANGUAGE_CODE[:2]  # type: ignore[attr-defined]
    return JsonResponse({"answers": [_json(a, language) for a in answers if a is not None], "off_by": None if skew is None else round(skew.total_seconds())}, json_dumps_params={"ensure_ascii": False})


def _moment(one: dict[str, Any], skew: timedelta | None) -> datetime | None:
    try:
        return moment(one.get("at")) + (skew or timedelta())
    except (TypeError, ValueError, OverflowError):
        return None


def _passed(scope: Scope, one: dict[str, Any]) -> Passed | Problem:
    try:
        unit = UUID(str(one.get("unit")))
        at = moment(one.get("at"))
        degrees = one.get("temperature")
        temperature = None if degrees in (None, "") else Decimal(str(degrees)).quantize(Decimal("0.1"))
    except (TypeError, ValueError, OverflowError, InvalidOperation):
        return Problem("bad-value", "unit, at, temperature")
    disinfected, load = one.get("disinfected"), one.get("load") or None
    if not (disinfected is None or isinstance(disinfected, bool)) or not isinstance(one.get("ill", False), bool) or not (load is None or isinstance(load, str)):
        return Problem("bad-value", "load, disinfected, ill")
    plain: dict[str, Any] = {
        "id": scans.text(one.get("id"))[:64], "unit": unit, "at": at, "purpose": scans.text(one.get("purpose")), "temperature": temperature, "ill": one.get("ill", False),
        "plate": scans.text(one.get("plate")).upper(), "load": load, "disinfected": disinfected, "given": scans.text(one.get("answer")) or None,
    }  # fmt: skip
    return Passed(**plain, **_known(scope, one.get("shown")))


def _known(scope: Scope, shown: Any) -> dict[str, Any]:
    """What the server knows of what was shown. A pass that has expired since says who it was all the same: it was good when it was shown."""
    text = shown.strip() if isinstance(shown, str) and len(shown) <= 1000 else ""
    if not text:
        return {}
    person, exposed = None, False
    if text.startswith("SZ1:"):
        verdict = issuing.verify(text)
        person = issuing.person_of_pass(verdict.said.token) if verdict.said is not None and verdict.reason != "forged" else None
    elif (told := declaring.found(scope, text)) is not None:
        person, exposed = declaring.person_of(told), bool(told.said.get("met_a_case"))
    if person is None:
        person = population.by_document_anywhere([text]).get(text) if len(text) <= 40 else None
    order = None
    if person is not None and (standing := status.one(Scope.system("gateway"), person).in_force):
        order = standing[0].order.disease, standing[0].order.area_id
    return {"person": person, "order": order, "exposed": exposed, "shown": True}


def _visits(scope: Scope, passed: list[Passed], done: list[Answer], said: dict[int, str]) -> None:
    """Who passed was at the gateway: found, like any visit, only from a place and a window in which somebody infectious was there."""
    visits = []
    for i, (p, a) in enumerate(zip(passed, done, strict=True)):
        if a.kind != "new" or a.at is None:
            continue
        if p.person is not None:
            visits.append(visiting.Visit(p.id, p.unit, a.at, p.person.bytes))
        elif said[i] and (index := NATIONAL_ID.index(said[i])) is not None and not said[i].startswith(("SZ1:", declaring.PREFIX)):
            visits.append(visiting.Visit(p.id, p.unit, a.at, visiting.unknown(said[i], index), said=said[i][:40]))
    if visits:
        gathering.take(scope, visits, sender=gate_passed.SENDER)


def _json(a: Answer, language: str) -> dict[str, Any]:
    problem = a.problem
    text = "" if problem is None else str(Refused(problem.code, field=problem.field, value=problem.value, expected="").text(language))
    return {"id": a.id, "kind": a.kind, "answer": a.answer, "at": a.at.isoformat() if a.at else None, "code": problem.code if problem else "", "text": text}
