"""Subscriptions to events, for a program: set up, listed, tried, ended; and what was told."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.api.told import body, page_size
from sizao.interop.hooks import subscribing
from sizao.interop.hooks.models import Delivery, Hook
from sizao.kernel import areas
from sizao.kernel.errors import Refused

MOST = 200
SHAPE = '{"name": "…", "address": "https://…", "kinds": ["case.reported"], "area": "code", "disease": ""}'


def webhooks(request: HttpRequest) -> HttpResponse:
    """GET: a page of subscriptions, the newest first. POST: a new one; its secret is in this answer and in no other."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    if request.method == "POST":
        told = _body(request)
        area = areas.resolve(told["area"])
        if area is None:
            raise Refused("bad-value", field="area", value=told["area"], expected="code")
        made, secret = subscribing.subscribe(scope, name=told["name"], address=told["address"], wanted=told["kinds"], area=area, disease=told["disease"])
        return JsonResponse(_hook(made) | {"secret": secret}, status=201, json_dumps_params={"ensure_ascii": False})
    size, after = _asked(request)
    found = list(subscribing.hooks(scope, after=after, most=size + 1))
    return _page("webhooks", [_hook(h) for h in found[:size]], f"/api/v1/webhooks?limit={size}&after={found[size - 1].pk}" if len(found) > size else None)


def deliveries(request: HttpRequest, hook: UUID) -> HttpResponse:
    """What one subscription was told, the latest first."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    size, after = _asked(request)
    found = subscribing.deliveries(scope, hook, after=after, most=size + 1)
    return _page("deliveries", [_delivery(d) for d in found[:size]], f"/api/v1/webhooks/{hook}/deliveries?limit={size}&after={found[size - 1].pk}" if len(found) > size else None)


def close(request: HttpRequest, hook: UUID) -> HttpResponse:
    """Ends it."""
    return JsonResponse(_hook(subscribing.close(request.scope.open(), hook)), json_dumps_params={"ensure_ascii": False})  # type: ignore[attr-defined]


def resume(request: HttpRequest, hook: UUID) -> HttpResponse:
    """A paused one sends again."""
    return JsonResponse(_hook(subscribing.resume(request.scope.open(), hook)), json_dumps_params={"ensure_ascii": False})  # type: ignore[attr-defined]


def ping(request: HttpRequest, hook: UUID) -> HttpResponse:
    """A message that only says that it comes."""
    return JsonResponse(_delivery(subscribing.ping(request.scope.open(), hook)), status=202, json_dumps_params={"ensure_ascii": False})  # type: ignore[attr-defined]


def _hook(hook: Hook) -> dict[str, Any]:
    return {
        "id": str(hook.pk), "name": hook.name, "address": hook.address, "kinds": hook.kinds, "area": hook.area.code, "disease": hook.disease, "key_id": hook.key_id,
        "made_at": hook.made_at.isoformat(), "paused_at": hook.paused_at.isoformat() if hook.paused_at else None, "closed_at": hook.closed_at.isoformat() if hook.closed_at else None,
    }  # fmt: skip


def _delivery(one: Delivery) -> dict[str, Any]:
    state = "taken" if one.taken_at else "given_up" if one.gave_up_at else "waiting"
    return {"id": str(one.pk), "type": one.kind, "data": one.body, "made_at": one.made_at.isoformat(), "tries": one.tries, "said": one.said, "state": state, "next_at": one.next_at.isoformat() if state == "waiting" else None}


def _page(name: str, rows: list[dict[str, Any]], onward: str | None) -> HttpResponse:
    return JsonResponse({name: rows, "next": onward}, json_dumps_params={"ensure_ascii": False})


def _asked(request: HttpRequest) -> tuple[int, UUID | None]:
    size, after = page_size(request, subscribing.PAGE, MOST), request.GET.get("after", "")
    try:
        return size, (UUID(after) if after else None)
    except ValueError:
        raise Refused("bad-value", field="after", value=after[:60], expected="next") from None


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        told = body(request)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not set(told) <= {"name", "address", "kinds", "area", "disease"}:
        raise Refused("body-unreadable", expected=SHAPE)
    text = {k: told.get(k, "") for k in ("name", "address", "area", "disease")}
    kinds = told.get("kinds")
    if not all(isinstance(v, str) and "\0" not in v and len(v) <= 600 and v.isprintable() for v in text.values()) or not isinstance(kinds, list) or not all(isinstance(k, str) for k in kinds):
        raise Refused("body-unreadable", expected=SHAPE)
    return text | {"kinds": kinds}
