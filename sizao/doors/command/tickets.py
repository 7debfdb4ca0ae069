"""The board of tickets, and each ticket with its parts: given, acknowledged, broken down, answered, seen to be done. A directive is written here."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from sizao.doors.kit import places
from sizao.doors.kit.pages import page, see
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import directive
from sizao.flows.directive import Target
from sizao.kernel import areas, clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.registers.command import read as command
from sizao.registers.ledgers import read as ledgers

PAGE = 100
SHOWN = ("open", "overdue", "unacknowledged", "risen", "verify", "mine", "closed")
UNITS = 200


def board(request: HttpRequest) -> HttpResponse:
    """Tickets below an area, those due first, by kind and by where they stand."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    now = clock.now()
    kind, show = request.GET.get("kind", ""), request.GET.get("show", "open")
    if show not in SHOWN or (kind and kind not in code_list("ticket-kind")):
        raise Refused("page-not-found")
    rows = command.tickets(scope).filter(area__path__startswith=area.path).select_related("area", "unit", "raised_by", "part_of").defer("area__geometry")
    if kind:
        rows = rows.filter(kind=kind)
    open_ = rows.filter(verified_at=None)
    narrowed: dict[str, Any] = {
        "open": lambda: open_, "overdue": lambda: open_.filter(due_at__lt=now), "unacknowledged": lambda: open_.filter(acknowledged_at=None),
        "risen": lambda: open_.filter(due_at__lt=now, answered_at=None), "verify": lambda: open_.filter(answered_at__isnull=False, raised_by=scope.post_id),
        "mine": lambda: open_.filter(raised_by=scope.post_id), "closed": lambda: rows.filter(verified_at__isnull=False),
    }  # fmt: skip
    found = narrowed[show]()
    found = found.order_by("-verified_at", "pk") if show == "closed" else found.order_by(F("due_at").asc(nulls_last=True), "raised_at", "pk")
    if after := request.GET.get("after", ""):
        found = found.filter(_after(after))
    shown_rows = list(found[: PAGE + 1])
    here = area.path.count(".")
    if show == "risen":
        shown_rows = [t for t in shown_rows if directive.levels_up(t.due_at, now) >= t.area.path.count(".") - here]
    last = shown_rows[PAGE - 1] if len(shown_rows) > PAGE else None
    counts = command.open_tickets(scope, area.path, now)
    shown = {
        "w": Words(request.LANGUAGE_CODE, area.zone), "area": area, "up": places.way_up(scope, area), "now": now, "kind": kind, "show": show, "rows": shown_rows[:PAGE],  # type: ignore[attr-defined]
        "counts": counts, "kinds": [k for k in code_list("ticket-kind") if k in counts or k in (kind, "directive", "issue", "finding", "excess")], "levels_up": lambda t: directive.levels_up(t.due_at, now) if t.answered_at is None else 0,
        "tabs": {"open": _("Open"), "overdue": _("Overdue"), "unacknowledged": _("Not acknowledged"), "risen": _("Risen to here"), "verify": _("For you to see"), "mine": _("Raised by you"), "closed": _("Closed")},
        "may_give": scope.can(directive.RIGHT, area), "next": url("tickets", {"area": area.code, "kind": kind, "show": show, "after": f"{last.due_at.isoformat() if last.due_at else ''}|{last.pk}"}) if last and show != "closed" else "",
    }  # fmt: skip
    return page(request, "command/tickets.html", shown)


def _after(text: str) -> Q:
    """What comes after a row in the order of the board. Refused bad-value."""
    due, _bar, pk = text.partition("|")
    try:
        number, at = UUID(pk), datetime.fromisoformat(due) if due else None
    except ValueError:
        raise Refused("bad-value", field={"zh": "续页位置", "en": "page"}, value=text[:60], expected="—") from None
    if at is None:
        return Q(due_at=None, pk__gt=number)
    return Q(due_at__gt=at) | Q(due_at=None) | Q(due_at=at, pk__gt=number)


def ticket(request: HttpRequest, ticket: UUID) -> HttpResponse:
    """One ticket with its whole tree: the directive it comes from and its parts. A step is sent here."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = command.access_ticket_by_id(scope, ticket)
    if request.method == "POST":
        directive.step(scope, row.pk, request.POST.get("do", ""), request.POST.get("said", ""))
        return see(url("ticket", ticket=row.pk))
    now = clock.now()
    parts = list(command.tickets(scope).filter(part_of=row.pk).select_related("area", "unit").defer("area__geometry").order_by("due_at", "pk")[:500])
    may = scope.can(directive.RIGHT, row.area)
    raiser = row.raised_by_id is not None and row.raised_by_id == scope.post_id
    shown = {
        "w": Words(request.LANGUAGE_CODE, row.area.zone), "area": row.area, "up": places.way_up(scope, row.area), "now": now, "t": row, "parts": parts,  # type: ignore[attr-defined]
        "levels": directive.levels_up(row.due_at, now) if row.answered_at is None and row.verified_at is None else 0, "ack_by": directive.acknowledged_by(row.raised_at),
        "may_do": may and not raiser and row.answered_at is None and row.verified_at is None, "may_see": may and row.verified_at is None and row.answered_at is not None and (raiser or row.raised_by_id is None),
        "may_break": may and not raiser and row.answered_at is None and row.verified_at is None and row.kind == "directive", "story": _story(row),
    }  # fmt: skip
    return page(request, "command/ticket.html", shown)


def _story(t: Any) -> list[tuple[datetime, str]]:
    """What has become of it, in the order of time."""
    steps = [(t.raised_at, _("raised")), (t.acknowledged_at, _("acknowledged")), (t.assigned_at, _("broken down")), (t.reopened_at, _("sent back")), (t.answered_at, _("answered")), (t.verified_at, _("seen to be done"))]
    return sorted((at, words) for at, words in steps if at is not None)


def give(request: HttpRequest) -> HttpResponse:
    """A directive to areas and units below, or the parts of one that came from above (`?part_of=`)."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope, directive.RIGHT)
    told = request.POST if request.method == "POST" else request.GET
    whole = command.access_ticket_by_id(scope, _uuid(told.get("part_of", ""))) if told.get("part_of") else None
    if whole is not None:
        area = whole.area
    now = clock.now()
    refused = None
    if request.method == "POST":
        try:
            targets, due = _targets(scope, request), _moment(told.get("due", ""), area)
            if whole is not None:
                directive.break_down(scope, whole.pk, told.get("what", ""), targets, due)
                return see(url("ticket", ticket=whole.pk))
            made = directive.give(scope, told.get("what", ""), targets, due, topic=told.get("topic", "") if told.get("topic", "") in code_list("ticket-topic") else "")
            return see(url("ticket", ticket=made[0]) if len(made) == 1 else url("tickets", {"area": area.code, "kind": "directive", "show": "mine"}))
        except Refused as problem:
            refused = problem
    latest = whole.due_at if whole is not None else None
    default = min(latest, now + timedelta(days=2)) if latest else now + timedelta(days=3)
    shown = {
        "w": Words(request.LANGUAGE_CODE, area.zone), "area": area, "up": places.way_up(scope, area), "now": now, "whole": whole, "refused": refused, "below": places.children(area),  # type: ignore[attr-defined]
        "units": list(ledgers.units(scope).filter(area=area).exclude(in_use=False).order_by("name")[:UNITS]), "what": told.get("what", "") or (whole.what if whole else ""),
        "due": told.get("due", "") or default.astimezone(ZoneInfo(area.zone)).strftime("%Y-%m-%dT%H:%M"), "topics": code_list("ticket-topic"), "topic": told.get("topic", ""),
        "picked": {*request.POST.getlist("to"), *request.POST.getlist("unit")} if request.method == "POST" else set(request.GET.getlist("unit")),
    }  # fmt: skip
    return page(request, "command/directive.html", shown, status=refused.status if refused else 200)


def _targets(scope: Any, request: HttpRequest) -> list[Target]:
    found = []
    for code in request.POST.getlist("to")[:500]:
        area: Area | None = areas.resolve(code)
        if area is None:
            raise Refused("not-found-or-out-of-area")
        found.append(Target(area))
    units = [_uuid(u) for u in request.POST.getlist("unit")[:500]]
    rows = {u.pk: u for u in ledgers.units(scope).filter(pk__in=units)} if units else {}
    for pk in units:
        if pk not in rows:
            raise Refused("not-found-or-out-of-area")
        found.append(Target(rows[pk].area, pk))
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("not-found-or-out-of-area") from None


def _moment(text: str, area: Area) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(area.zone))
    except ValueError:
        raise Refused("bad-value", field={"zh": "时限", "en": "due"}, value=text[:40], expected="2020-06-30T18:00") from None
