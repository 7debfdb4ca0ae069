"""Every register as JSON, made from its declaration. The questions are those of the lists (`doors/kit/lists.py`); the writes are the register's verb.

Rows carry ids, codes, dates and areas. Personal values are told with `?names=1` to a token whose post may see them there; sealed ones only
row by row. Refusals are `application/problem+json`.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.api import openapi
from sizao.doors.api.told import page_size, with_names
from sizao.doors.desk.registers import access
from sizao.doors.kit import lists, once
from sizao.doors.kit.problems import worded
from sizao.doors.kit.shown import Shown
from sizao.doors.kit.words import Words
from sizao.doors.models import Answered
from sizao.interop.feeds import watch
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.registry import KEPT, Register, find
from sizao.kernel.saving import plain, write
from sizao.kernel.scope import Scope
from sizao.kernel.typed import Reader, expected, storable
from sizao.registers.population import read as population

ROWS, MOST = 100, 500
BATCH = 1000
#: Characters of a chain of certificates.
LONGEST_CHAIN = 60_000
SHAPE = '{"rows": [{"source_id": "…", "values": {…}}]}'


def document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI 3.1 document of the registers that this post may read."""
    return JsonResponse(openapi.document(request.scope.open()), json_dumps_params={"ensure_ascii": False})  # type: ignore[attr-defined]


def rows(request: HttpRequest, register: str) -> HttpResponse:
    """GET: a page of rows. POST: a batch of commands, one outcome each."""
    scope, found = request.scope.open(), find(register)  # type: ignore[attr-defined]
    if request.method == "POST":
        return _write(request, scope, found, None)
    told = {k: request.GET.getlist(k) for k in request.GET}
    wanted = lists.asked(found, scope, told)
    size, names = page_size(request, ROWS, MOST), with_names(request)
    part = lists.page(lists.rows(scope, wanted), wanted, size)
    shown = Shown.of(found, scope, Words(scope.language, lists.zone_of(scope)), part.rows, what="api_with_names" if names else "api")
    body = {"rows": [row_of(found, shown, r, names=names) for r in part.rows], "next": None}
    if part.after:
        extra = {k: v for k, v in (("limit", request.GET.get("limit", "")), ("names", "1" if names else "")) if v}
        body["next"] = f"/api/v1/{register}?" + urlencode([*wanted.with_(after=part.after), *extra.items()])
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


def heartbeat(request: HttpRequest) -> HttpResponse:
    """A sender's sign of life: `{}` is enough; `rows` (how many it sent elsewhere since), `certificate` (PEM, its own first) where it tells them.

    Refused: feed-without-sender, feed-certificate-unreadable, body-unreadable.
    """
    told = _body(request) if request.body else {}
    rows_, pem = told.get("rows"), told.get("certificate", "")
    if not (rows_ is None or (type(rows_) is int and 0 <= rows_ < 2**31)) or not isinstance(pem, str) or len(pem) > LONGEST_CHAIN or not set(told) <= {"rows", "certificate"}:
        raise Refused("body-unreadable", expected='{"rows": 120, "certificate": "-----BEGIN CERTIFICATE-----…"}')
    feed = watch.beat(request.scope.open(), getattr(request, "sender", ""), rows=rows_, pem=pem.encode("utf-8", "replace"))  # type: ignore[attr-defined]
    return JsonResponse(
        {
            "sender": feed.sender,
            "heard_at": _json(feed.last.at) if feed.last else None,
            "silent_from": _json(feed.last.at + feed.expected.every + feed.expected.grace) if feed.last and feed.expected else None,
            "certificate_ends": _json(feed.certificate_ends),
            "alarms": {kind: _json(since) for kind, since in feed.alarms.items()},
        }
    )


def row(request: HttpRequest, register: str, record: UUID) -> HttpResponse:
    """GET: one row. PATCH: what is told of it, with the version that was seen."""
    scope, found = request.scope.open(), find(register)  # type: ignore[attr-defined]
    held = access(scope, found, record, found.declaration.write if request.method == "PATCH" else "")
    if request.method == "PATCH":
        return _write(request, scope, found, record)
    names = with_names(request)
    shown = Shown.of(found, scope, Words(scope.language, lists.zone_of(scope)), [held], what="api_with_names" if names else "api")
    told = row_of(found, shown, held, names=names)
    if names and found.declaration.person == "id":
        told["values"] |= population.sealed_of(scope, held)
    return JsonResponse(told, json_dumps_params={"ensure_ascii": False})


def row_of(register: Register, shown: Shown, row: Any, *, names: bool) -> dict[str, Any]:
    """A row as the API tells it: `values` by field; a value that this reader may not see is absent, one that is not told is null."""
    values: dict[str, Any] = {}
    for name, f in register.declaration.fields.items():
        kind = register.type(name)
        value = register.value(row, name)
        if kind == "sealed" or (f.sensitivity == "personal" and kind != "person" and not (names and shown.may(row, name))):
            continue
        if kind == "area" and value is not None:
            found = shown._area(row, name, value)
            values[name] = found.code if found is not None else None
        else:
            values[name] = _json(value)
        if kind == "person" and names and value is not None and shown.may(row, name):
            values[f"{name}_name"] = shown.names.get(value)
    return {"id": str(row.pk), "version": row.change_no, **{n: _json(getattr(row, n, None)) for n in KEPT}, "values": values}


def _json(value: Any) -> Any:
    if isinstance(value, Decimal | date | UUID):
        return plain(value)
    return None if value == "" else value


def _write(request: HttpRequest, scope: Scope, register: Register, record: UUID | None) -> HttpResponse:
    """A batch once: the same key and body again is answered as the first time. Refused: idempotency-key-missing, idempotency-key-reused, body-unreadable, too-many-rows."""
    if not (key := once.key_of(request)):
        raise Refused("idempotency-key-missing")
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).digest()
    if (before := Answered.objects.filter(user=scope.user, key=key).first()) is not None:
        return _again(before, digest)
    told = _body(request)
    asked = [{**told, "id": str(record)}] if record is not None else told.get("rows")
    if not isinstance(asked, list) or not all(isinstance(one, dict) and isinstance(one.get("values", {}), dict) for one in asked):
        raise Refused("body-unreadable", expected=SHAPE)
    if len(asked) > BATCH:
        raise Refused("too-many-rows", limit=BATCH)
    try:
        with transaction.atomic():
            outcomes = _save(scope, register, asked, key)
            body: dict[str, Any] = {"outcomes": [_told(register, o) for o in outcomes], "counts": {k: sum(o.kind == k for o in outcomes) for k in KINDS}}
            status = 200
            if record is not None:
                body, status = body["outcomes"][0], _status(outcomes[0])
            if outcomes and (sender := getattr(request, "sender", "")):  # what a feed brings is a sign of its life too
                watch.heard(sender, rows=len(outcomes), digest=digest.hex(), kind="api")
            Answered.objects.create(user=scope.user, key=key, digest=digest, status=status, body=body, made_at=clock.now())
    except IntegrityError:  # the same key came twice at once: the other one wrote
        before = Answered.objects.filter(user=scope.user, key=key).first()
        if before is None:
            raise
        return _again(before, digest)
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


KINDS = ("new", "updated", "identical", "rejected")


def _again(before: Answered, digest: bytes) -> HttpResponse:
    if bytes(before.digest) != digest:
        raise Refused("idempotency-key-reused")
    return JsonResponse(before.body, status=before.status, json_dumps_params={"ensure_ascii": False}, headers={"Idempotent-Replayed": "true"})


def _status(outcome: Outcome) -> int:
    if outcome.kind != "rejected":
        return 200
    # what a row points to may be out of reach (404 by itself); the row is there, so its outcome is 409 or 422, as the document says
    found = max((Refused(p.code, field=p.field, value=p.value, expected="", register="").status for p in outcome.problems), default=422)
    return found if found in (409, 422) else 422


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused("body-unreadable", expected=SHAPE) from None
    if not isinstance(told, dict):
        raise Refused("body-unreadable", expected=SHAPE)
    return told


def _save(scope: Scope, register: Register, asked: list[dict[str, Any]], key: str) -> list[Outcome]:
    """Commands that can be read go to the verb in one batch; the others are answered where they stand."""
    reader = Reader(register, lists.zone_of(scope))
    outcomes: list[Outcome | None] = [None] * len(asked)
    commands: list[tuple[int, Command]] = []
    for i, one in enumerate(asked):
        values, problems = reader.read_all(one.get("values", {}))
        hidden = [n for n in one.get("values", {}) if n in register.declaration.fields and not register.may_see(scope, n)]
        problems += [Problem("not-allowed", n) for n in hidden]
        record = _uuid(one.get("id"))
        if one.get("id") and record is None:
            problems.append(Problem("not-found-or-out-of-area"))
        seen, cleared, number = one.get("seen"), one.get("clear", []), one.get("source_id", "")
        known = seen is None or (type(seen) is int and 0 <= seen <= openapi.NEWEST)
        if not known or not _texts(cleared) or not isinstance(number, str) or storable(number) != number or len(number) > openapi.LONGEST_NUMBER:
            problems.append(Problem("bad-value", "seen, clear, source_id"))
        if problems:
            outcomes[i] = Outcome("rejected", problems=tuple(problems))
        else:
            source = "" if record else number or f"{key}:{i}"
            commands.append((i, Command(told=values, record=record, source_id=source, seen=seen, cleared=frozenset(cleared))))
    written = write(scope, register, [c for _, c in commands], sender=sender_of(scope))
    for (i, _c), outcome in zip(commands, written, strict=True):
        outcomes[i] = outcome
    return [o for o in outcomes if o is not None]


def sender_of(scope: Scope) -> str:
    """Under whose books rows of a program stand."""
    return f"api:{scope.user.username}" if scope.user else "api"


def _texts(told: Any) -> bool:
    return isinstance(told, list) and all(isinstance(t, str) and storable(t) == t for t in told)


def _uuid(told: Any) -> UUID | None:
    try:
        return UUID(told) if isinstance(told, str) and told else None
    except ValueError:
        return None


def _told(register: Register, outcome: Outcome) -> dict[str, Any]:
    return {
        "outcome": outcome.kind,
        "id": str(outcome.record) if outcome.record else None,
        "problems": [_problem(register, p) for p in outcome.problems],
    }


def _problem(register: Register, problem: Problem) -> Mapping[str, Any]:
    return worded(register, problem, _expected(register, problem)).as_problem("en") | {"field": problem.field, "value": problem.value}


def _expected(register: Register, problem: Problem) -> str:
    return expected(register, problem.field) if problem.code == "bad-value" and problem.field in register.declaration.fields else ""
