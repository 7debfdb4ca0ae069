"""What laboratories and couriers send by program: `POST /api/v1/lab`, tubes that change hands, runs of instruments, results of tubes; each answered by itself.

    {"steps": [{"step": "handed", "tubes": {"T-0001": 10}, "counted": 1, "at": "2026-01-31T17:00:00+08:00", "laboratory": "0190…", "box": "B-7", "anyway": ""}],
     "runs": [{"laboratory": "0190…", "run": "R-17", "instrument": "ABI-2", "method": "pcr", "started_at": "…", "ended_at": "…", "tubes": [{"tube": "T-0001", "well": "A1", "call": "negative", "ct": null}]}],
     "batch_sign": "negative", "results": [{"tube": "T-0001", "result": "negative", "at": "…"}]}

Steps are taken first, then runs, then results. Answer: {"steps", "runs", "results"}, lists in the order told, of {"tube", "outcome", "code", "title", …}.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.api.told import body, moment, plain
from sizao.flows import tubes_sent
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.registers.laboratory import custody, tubes

MOST = 2000
SHAPE = '{"steps": […], "runs": […], "results": [{"tube": "…", "result": "negative", "at": "…"}]}'


def lab(request: HttpRequest) -> HttpResponse:
    """Takes it in. Refused: body-unreadable, too-many-rows, bad-value, and what a whole step or run is refused for."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    try:
        told = body(request)
        steps, runs, results = [[_step(s) for s in told.get("steps", ())], [_run(r) for r in told.get("runs", ())], [_result(t, told.get("batch_sign")) for t in told.get("results", ())]]
    except Refused:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
        raise Refused("body-unreadable", expected=SHAPE) from None
    if sum(len(s.tubes) for s, _ in steps) + sum(len(r.lines) for r in runs) + len(results) > MOST:
        raise Refused("too-many-rows", limit=MOST)
    answer = {
        "steps": [one for s, anyway in steps for one in _said(tubes_sent.send(scope, s, anyway=anyway))],
        "runs": [one for r in runs for one in _said(custody.record_run(scope, r))],
        "results": [a for t, o in zip(results, tubes.report_tubes(scope, results), strict=True) for a in _said({t.code: o})] if results else [],
    }
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False})


def _said(done: Any) -> list[dict[str, Any]]:
    out = []
    for code, o in done.items():
        problem = {}
        if o.kind == "rejected":
            p = o.problems[0]
            count, _, left = p.value.partition(" > ")
            problem = Refused(p.code, tube=code, counted=p.value, count=count, left=left).as_problem("en")
        out.append({"tube": code, "outcome": o.kind} | problem)
    return out


def _code(told: Any) -> str:
    if not isinstance(told, str) or not 0 < len(told.strip()) <= 60 or "\0" in told:
        raise ValueError("a tube's number")
    return told.strip()


def _coded(codes: str, told: Any) -> str:
    if told not in code_list(codes):
        raise Refused("bad-value", field=codes, value=str(told)[:40], expected=", ".join(code_list(codes)))
    return str(told)


def _step(one: dict[str, Any]) -> tuple[custody.HandOver, str]:
    held = {_code(c): None if n is None else int(n) for c, n in one["tubes"].items()}
    if one["step"] not in ("handed", "received"):
        raise Refused("bad-value", field="step", value=str(one["step"])[:40], expected="handed, received")
    lab = UUID(one["laboratory"]) if one.get("laboratory") else None
    return custody.HandOver(step=one["step"], tubes=held, counted=int(one["counted"]), at=moment(one["at"]), laboratory=lab, box=plain(one.get("box"))[:60]), plain(one.get("anyway"))


def _run(one: dict[str, Any]) -> custody.NewRun:
    lines = [
        custody.Line(_code(t["tube"]), plain(t.get("well")), _coded("test-result", t["call"]) if t.get("call") else None, Decimal(str(t["ct"])) if t.get("ct") is not None else None)
        for t in one.get("tubes", ())
    ]
    return custody.NewRun(
        laboratory=UUID(one["laboratory"]), number=_code(one["run"]), started_at=moment(one["started_at"]), ended_at=moment(one["ended_at"]) if one.get("ended_at") else None,
        instrument=plain(one.get("instrument")), method=_coded("test-method", one.get("method") or "pcr"), lines=lines,
    )  # fmt: skip


def _result(one: dict[str, Any], sign: Any) -> tubes.TubeTold:
    return tubes.TubeTold(_code(one["tube"]), _coded("test-result", one["result"]), moment(one["at"]), _coded("test-result", sign) if sign else None)
