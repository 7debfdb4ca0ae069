"""Tubes closed on phones: `POST /api/v1/sampled-tubes`, up to two hundred; each is answered by itself, and sending again stores nothing twice.

    {"sent_at": "2026-01-31T18:00:05+08:00",
     "tubes": [{"id": "0f3c…", "code": "T-0001", "size": 10, "disease": "covid-19", "unit": null, "sealed_at": "2026-01-31T17:58:40+08:00", "version": 1,
                "members": [{"person": "0190…"}, {"national_id": "…", "name": "…"}], "post": 12}]}

`post` is the one for which the tube was closed (none: the session's). `sent_at` is what the device's own clock says as it sends. Answer: {"server_at", "skew_seconds", "tubes": [{"id", "answer", "code", "title", …, "missing", "extra"}]}; `answer` is
new, updated, identical, old or invalid.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.api.told import body, moment
from sizao.doors.kit.posts import MadeFor
from sizao.flows import tubes_sampled
from sizao.flows.tubes_sampled import Answer, ClosedTube, Member
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Problem
from sizao.kernel.scope import Scope

MOST, LONGEST = 200, 200
SHAPE = '{"sent_at": "…", "tubes": [{"id": "…", "code": "…", "size": 10, "disease": "…", "sealed_at": "…", "members": [{"person": "…"}]}]}'


def tubes(request: HttpRequest) -> HttpResponse:
    """Takes tubes in. Refused: body-unreadable, too-many-rows. A tube that cannot be read is invalid by itself."""
    try:
        told = body(request)
        sent, some = moment(told["sent_at"]) if told.get("sent_at") else None, told["tubes"]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise Refused("body-unreadable", expected=SHAPE) from None
    if not isinstance(some, list) or not all(isinstance(t, dict) for t in some):
        raise Refused("body-unreadable", expected=SHAPE)
    if len(some) > MOST:
        raise Refused("too-many-rows", limit=MOST)
    now = clock.now()
    made_for = MadeFor(request)
    read = [_tube(t) for t in some]
    answers: list[Answer] = [Answer("invalid", t if isinstance(t, Problem) else None) for t in read]
    by_post: dict[int | None, tuple[Scope, list[tuple[int, ClosedTube]]]] = {}
    for i, (t, told_of) in enumerate(zip(read, some, strict=True)):
        if isinstance(t, Problem):
            continue
        own = made_for.at(told_of.get("post"), t.sealed_at + (now - sent if sent else timedelta()))
        if isinstance(own, Scope):
            by_post.setdefault(own.post_id, (own, []))[1].append((i, t))
        else:
            answers[i] = Answer("invalid", own)
    for own, mine in by_post.values():
        for (i, _), answer in zip(mine, tubes_sampled.take(own, [t for _, t in mine], sent_at=sent), strict=True):
            answers[i] = answer
    off = round((now - sent).total_seconds()) if sent else 0
    said = [_said(str(t.get("id") or "")[:LONGEST], a, request.LANGUAGE_CODE[:2]) for t, a in zip(some, answers, strict=True)]  # type: ignore[attr-defined]
    return JsonResponse({"server_at": now.isoformat(), "skew_seconds": off, "tubes": said}, json_dumps_params={"ensure_ascii": False})


def _said(key: str, a: Answer, language: str) -> dict[str, Any]:
    told: dict[str, Any] = {"id": key, "answer": a.kind}
    if a.problem is not None:
        p = a.problem
        values = {"field": p.field, "value": p.value, "expected": "", "tube": p.value, "member": p.value, "days": p.value, "count": p.value, "size": "", "missing": ", ".join(a.missing) or "—", "extra": ", ".join(a.extra) or "—"}
        told |= Refused(p.code, **values).as_problem(language) | {"field": p.field, "missing": a.missing, "extra": a.extra}
    return told


def _text(told: Any) -> str:
    return told.strip() if isinstance(told, str) and len(told) <= LONGEST and "\0" not in told else ""


def _tube(one: dict[str, Any]) -> ClosedTube | Problem:
    try:
        at = moment(one.get("sealed_at"))
        members = [Member(UUID(m["person"]) if m.get("person") else None, _text(m.get("national_id")).upper(), _text(m.get("name"))[:60]) for m in one.get("members") or ()][:60]
        return ClosedTube(
            id=_text(one.get("id"))[:80], code=_text(one.get("code"))[:60], size=int(one.get("size") or 0), disease=_text(one.get("disease")), sealed_at=at, members=members,
            unit=UUID(one["unit"]) if one.get("unit") else None, version=min(max(int(one.get("version") or 1), 1), 30000),
        )  # fmt: skip
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        return Problem("bad-value", "tube", str(one.get("code"))[:40])
