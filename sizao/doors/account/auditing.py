"""The auditor's pages: who did what, for which post and purpose; broken glass; grants of strong rights. No person is named and no record opens from here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from sizao.doors.kit.pages import page
from sizao.kernel import audit, clock, glass
from sizao.kernel.codes import code_list, label, roles
from sizao.kernel.errors import Refused
from sizao.kernel.models import GrantAsk, Post, StoreInfo, User
from sizao.kernel.registry import find

PAGE = 100


def events(request: HttpRequest) -> HttpResponse:
    """A page of events, the latest first: of a user, of a kind, before a day; and whether the chain is whole."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    who, kind, after = request.GET.get("user", "").strip()[:80], request.GET.get("kind", "").strip()[:80], _uuid(request.GET.get("after", ""))
    user = User.objects.filter(username=who).first() if who else None
    rows = audit.listed(user=user.pk if user else -1 if who else None, kind=kind, before=_day(request.GET.get("day", "")), after=after, most=PAGE + 1)
    part = rows[:PAGE]
    context: dict[str, Any] = {
        "rows": part, "next": str(part[-1]["id"]) if len(rows) > PAGE else "", "users": User.objects.in_bulk({r["user_id"] for r in part}), "posts": Post.objects.select_related("area").in_bulk({r["post_id"] for r in part}),
        "who": who, "kind": kind, "day": request.GET.get("day", ""), "now": clock.now(), "head": audit.head(), "glass_of": glass.glass_of, "purpose": _purpose, "said": said, "purposes": code_list("purpose"),
        "own": {"sign-in": _("signing in"), "operation": _("running of the store")}, "kinds": _kinds({r["kind"] for r in part} | {kind} - {""}, request.LANGUAGE_CODE),  # type: ignore[attr-defined]
    }  # fmt: skip
    audit.write(scope, "audit.read", [], count=len(part))
    return page(request, "account/audit.html", context)


def _kinds(seen: set[str], language: str) -> list[tuple[str, str]]:
    """Kinds of events to choose from, by their words: those that have words of their own, and those that are on the page."""
    return sorted(((k, said(k, language) or k) for k in {*code_list("audit-event"), *seen}), key=lambda one: one[1])


def access(request: HttpRequest) -> HttpResponse:
    """Every breaking of the glass, and every grant of a strong right with who signed it."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    asks = list(GrantAsk.objects.select_related("user", "area", "asked_by", "seconded_by").order_by("-asked_at")[:200])
    audit.write(scope, "audit.access", [], count=len(asks))
    return page(request, "account/audit_access.html", {"uses": glass.to_look_at(scope, all_=True), "asks": asks, "now": clock.now(), "auditing": True, "roles_known": roles()})


def said(kind: str, language: str) -> str:
    """An event's kind in words; of a register its label and what was done; "" where neither is known."""
    if kind in code_list("audit-event"):
        return label("audit-event", kind, language)
    room, _dot, done = kind.partition(".")
    try:
        declared = find(room).declaration
    except Refused:
        return ""
    what = label("audit-verb", done, language) if done in code_list("audit-verb") else ""
    return f"{declared.zh if language.startswith('zh') else declared.en} · {what}" if what else ""


def _purpose(told: str) -> str:
    """The purpose without the reason that follows it: reasons of the machine are its own words, in one language."""
    return told.partition(":")[0]


def _uuid(told: str) -> UUID | None:
    try:
        return UUID(told) if told else None
    except ValueError:
        return None


def _day(told: str) -> datetime | None:
    """The end of that day in the store's zone; None when no day is asked. Refused bad-value."""
    if not told:
        return None
    try:
        day = datetime.strptime(told[:10], "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the calendar
    except ValueError:
        raise Refused("bad-value", field="day", value=told, expected="2026-01-31") from None
    return clock.end_of_day(day, StoreInfo.objects.values_list("time_zone", flat=True).first() or "Asia/Shanghai")
