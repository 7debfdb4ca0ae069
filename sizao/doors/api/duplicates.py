"""Pairs of records that may be one person, for a program that shows them to a person: ids, score and reasons, never names; and what that person decided."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.api.told import body
from sizao.kernel import audit
from sizao.kernel.errors import Refused
from sizao.registers.population import looking, merging, pairs

MOST = 200
EXPECTED = '{"verdict": "same" | "different" | "unknown", "mark": "…", "reason": "…", "keep": "id of a person"}'


def waiting(request: HttpRequest) -> HttpResponse:
    """The pairs that wait, likeliest first, `?state=` others; 200 a page, `next` leads on. `mark` is sent back with the decision."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    w, state = looking.weights(), request.GET.get("state", "open")
    if state not in ("open", "same", "different", "unknown"):
        raise Refused("bad-value", field="state", value=state[:40], expected="open, same, different, unknown")
    rows = list(_after(pairs.pairs(scope, state), request.GET.get("after", ""))[: MOST + 1])
    onward = f"/api/v1/duplicates?state={state}&after={rows[MOST - 1].bits}:{rows[MOST - 1].pk}" if len(rows) > MOST else None
    rows = rows[:MOST]
    if rows:
        audit.write(scope, "population.pairs", list({pk for r in rows for pk in (r.one_id, r.other_id)}))
    counts = pairs.waiting(scope, w.probable)
    return _json({
        "waiting": counts.open, "probable": counts.probable, "doubtful_bits": w.doubtful, "probable_bits": w.probable,
        "pairs": [{"id": r.pk, "one": r.one_id, "other": r.other_id, "bits": r.bits, "reasons": r.levels, "mark": r.mark, "state": r.state} for r in rows],
        "next": onward,
    })  # fmt: skip


def _after(found: QuerySet[Any], told: str) -> QuerySet[Any]:
    """What stands behind a pair in the order of the list: fewer bits, or as many and a later number. Refused bad-value."""
    if not told:
        return found
    bits, _, pair = told.partition(":")
    try:
        at, number = float(bits), UUID(pair)
    except ValueError:
        raise Refused("bad-value", field="after", value=told[:60], expected="next") from None
    if at != at or abs(at) > 1e9:
        raise Refused("bad-value", field="after", value=told[:60], expected="next")
    return found.filter(Q(bits__lt=at) | Q(bits=at, id__gt=number))


def decide(request: HttpRequest, pair: UUID) -> HttpResponse:
    """What somebody decided about one pair. Refused as `pairs.decide` refuses; body-unreadable."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    pairs.access_pair_by_id(scope, pair)
    told = _body(request)
    try:
        keep = UUID(told["keep"]) if told.get("keep") else None
    except ValueError:
        raise Refused("body-unreadable", expected=EXPECTED) from None
    made = pairs.decide(scope, pair, told.get("verdict", ""), reason=told.get("reason", ""), mark=told.get("mark", ""), keep=keep)
    return _json({"pair": pair, "state": told["verdict"], "merge": made.pk if made else None, "kept": made.kept_id if made else None, "merged": made.merged_id if made else None})


def undo(request: HttpRequest, merge: UUID) -> HttpResponse:
    """A merge is taken back: `{"reason": "…"}`. Refused as `merging.undo` refuses."""
    done = merging.undo(request.scope.open(), merge, reason=_body(request).get("reason", ""))  # type: ignore[attr-defined]
    return _json({"merge": done.pk, "kept": done.kept_id, "merged": done.merged_id, "undone": True})


def _body(request: HttpRequest) -> dict[str, str]:
    try:
        told = body(request)
    except ValueError:
        raise Refused("body-unreadable", expected=EXPECTED) from None
    if not isinstance(told, dict) or not all(isinstance(v, str) and len(v) < 2000 and "\0" not in v for v in told.values()):
        raise Refused("body-unreadable", expected=EXPECTED)
    return told


def _json(told: dict[str, Any]) -> HttpResponse:
    return JsonResponse(told, json_dumps_params={"ensure_ascii": False})
