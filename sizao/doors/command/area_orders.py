"""Orders for areas: what stands and where it goes too far, an order written with whom it touches, agreed to by another, looked at again, ended."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from sizao.doors.command import plan_words
from sizao.doors.kit import places
from sizao.doors.kit.middleware import is_partial
from sizao.doors.kit.pages import page, see
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.flows import area_order as story
from sizao.flows import orders_weighed
from sizao.flows.area_order import Draft
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.plan import switched
from sizao.registers.command import bounds
from sizao.registers.command import read as command
from sizao.registers.population import read as population
from sizao.situation import grades as situation

PAGE = 100
#: How long what a writer was shown may stand beside an order that he then proposes.
SEEN = timedelta(hours=12)
SHOWN = ("force", "proposed", "beyond", "review", "ended")


def board(request: HttpRequest) -> HttpResponse:
    """The orders below an area: in force, proposed, beyond what the grade allows, to be looked at again, over."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    now = clock.now()
    show = request.GET.get("show", "force")
    if show not in SHOWN:
        raise Refused("page-not-found")
    beyond = {order.pk: passed for order, passed in orders_weighed.found(scope, area.path, now)}
    standing = command.in_force(scope, area.path, now).order_by("-starts_at", "pk")
    proposals: list[Any] = []
    if show == "proposed":
        rows: list[Any] = []
        proposals = list(command.proposals(scope).filter(area__path__startswith=area.path, decided_at=None).order_by("proposed_at", "pk")[:PAGE])
    elif show == "beyond":
        rows = list(standing.filter(pk__in=list(beyond))[:PAGE])
    elif show == "review":
        rows = list(standing.filter(review_by__lte=now)[:PAGE])
    elif show == "ended":
        kept = command.orders(scope).filter(area__path__startswith=area.path, starts_at__lte=now).exclude(pk__in=standing.values("pk"))
        rows = list(kept.order_by("-starts_at", "pk")[:PAGE])
    else:
        rows = list(standing[:PAGE])
    shown = _common(request, scope, area, now) | {
        "show": show, "rows": rows, "proposals": proposals, "beyond": beyond, "most": PAGE,
        "tabs": {"force": _("In force now"), "proposed": _("Proposed"), "beyond": _("Beyond the grade"), "review": _("To be looked at again"), "ended": _("Ended")},
        "may_write": scope.can(story.WRITE, area), "bounds": bounds.bounds(),
    }  # fmt: skip
    return page(request, "command/area_orders.html", shown)


def new(request: HttpRequest) -> HttpResponse:
    """The form, with whom the order would touch beside it; sent, it is weighed and proposed. What was typed stays when it is refused."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope, story.WRITE)
    now = clock.now()
    known = story.types(now)
    told = request.POST if request.method == "POST" else request.GET
    kind = told.get("kind", "") if told.get("kind", "") in known else next(iter(known))
    today = clock.local_day(now, area.zone)
    filled = {
        "kind": kind, "title": told.get("title", ""), "strictness": told.get("strictness", "") or str(known[kind].strictness), "basis": told.get("basis", ""), "reach": told.get("reach", ""),
        "appeal_route": told.get("appeal_route", ""), "starts": told.get("starts", "") or today.isoformat(), "review": told.get("review", "") or (today + timedelta(days=7)).isoformat(),
        "ends": told.get("ends", "") or (today + timedelta(days=14)).isoformat(),
    }  # fmt: skip
    refused = None
    if request.method == "POST":
        try:
            made, issued = story.propose(scope, _draft(area, filled, _seen(told.get("shown", ""), area, kind)))
            return see(url("area-order", area_order=made) if issued else url("area-order-proposal", proposal=made))
        except Refused as problem:
            refused = problem
    shown = _common(request, scope, area, now) | {
        "filled": filled, "types": known, "refused": refused, "grade": command.grade_of(area, now), "first": today, "ask": url("area-order-affected", {"area": area.code, "kind": kind}),
        "below": places.children(area), "held": [b for b in bounds.bounds() if not b.kinds or kind in b.kinds],
    }  # fmt: skip
    return page(request, "command/area_order_new.html", shown, status=refused.status if refused else 200)


def _draft(area: Area, told: dict[str, str], shown: str) -> Draft:
    strictness = whole(told["strictness"], 99)
    if strictness is None:
        raise Refused("bad-value", field={"zh": "严格程度", "en": "strictness"}, value=told["strictness"][:20], expected="1, 2, 3")
    return Draft(
        area, told["kind"], told["title"], strictness, told["basis"], told["reach"], told["appeal_route"], _day(told["starts"]), _day(told["review"]), _day(told["ends"]), shown
    )


def _seen(signed: str, area: Area, kind: str) -> str:
    """What the form had beside it when it was sent, as we signed it then; "" where it is of another area or kind, or too old: the proposal says that nothing was looked at."""
    try:
        told = signing.loads(signed, salt=SALT, max_age=SEEN)
    except signing.BadSignature:
        return ""
    return str(told["said"]) if (told["area"], told["kind"]) == (area.code, kind) else ""


def _said(words: Words, found: Any, people: int, now: datetime) -> str:
    """The figures of the part in one line: when, how many live there, and what the order would switch."""
    labels = plan_words.changes()
    parts = [words.moment(now), _("%(n)s persons on record") % {"n": words.number(people)}]
    parts += [f"{label} {words.number(found.total(c))}" for c, label in labels.items()] if found else [_("it switches no measure")]
    if found and found.cut:
        parts.append(_("%(n)s measures not worked out") % {"n": len(found.cut)})
    return " · ".join(parts)


SALT = "area-order-shown"


def affected(request: HttpRequest) -> HttpResponse:
    """Whom an order of a kind would oblige and release, and what lies in its area; a part of the form, and a page of its own."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    now = clock.now()
    kind = request.GET.get("kind", "")
    found = switched.switched(scope, area, "order", kind) if kind in code_list("order-kind") else None
    common, people = _common(request, scope, area, now), sum(population.counts_by_area(scope, area).values())
    shown = common | {
        "kind": kind, "found": found, "labels": plan_words.changes(), "people": people,
        "changed": [m for m in found.measures if m.cut or m.obliged or m.released or m.changed] if found else [],
        "signed": signing.dumps({"area": area.code, "kind": kind, "said": _said(common["w"], found, people, now)}, salt=SALT), "beside": situation.beside(scope, area, found, now) if found else None,
    }  # fmt: skip
    return page(request, "command/area_order_affected.html" if is_partial(request) else "command/area_order_affected_page.html", shown)


def proposal(request: HttpRequest, proposal: UUID) -> HttpResponse:
    """A proposal as it was written, with what its writer was shown and what it would touch now; another person decides."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = command.access_proposal_by_id(scope, proposal)
    now = clock.now()
    if request.method == "POST":
        if request.POST.get("do") == "agree":
            return see(url("area-order", area_order=story.agree(scope, row.pk)))
        story.decline(scope, row.pk, request.POST.get("reason", ""))
        return see(url("area-order-proposal", proposal=row.pk))
    kind = bounds.order_type(row.kind, now.date())
    own = scope.user is not None and row.proposed_as_id == scope.user.pk
    shown = _common(request, scope, row.area, now) | {
        "p": row, "type": kind, "own": own, "may_decide": not own and scope.can(story.DECIDE, row.area), "may_withdraw": own,
        "ask": url("area-order-affected", {"area": row.area.code, "kind": row.kind}), "grade": command.grade_of(row.area, now),
    }  # fmt: skip
    return page(request, "command/area_order_proposal.html", shown)


def order(request: HttpRequest, area_order: UUID) -> HttpResponse:
    """One order: what it says, who signed, how it holds against the grade, its tickets; looked at again, or ended."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = command.access_order_by_id(scope, area_order)
    now = clock.now()
    if request.method == "POST":
        if request.POST.get("do") == "look":
            story.look_again(scope, row.pk, _day(request.POST.get("review", "")))
        else:
            story.end(scope, row.pk, request.POST.get("reason", ""))
        return see(url("area-order", area_order=row.pk))
    grade = command.grade_of(row.area, now)
    over = row.ended_at is not None or (row.ends_at is not None and row.ends_at <= now)
    today = clock.local_day(now, row.area.zone)
    shown = _common(request, scope, row.area, now) | {
        "o": row, "grade": grade, "over": over, "passed": [] if over else bounds.beyond(bounds.weighed(row, grade), now), "may_write": scope.can(story.WRITE, row.area),
        "tickets": list(command.tickets(scope).filter(about_order=row.pk).order_by("-raised_at")[:50]), "next_look": today + timedelta(days=7), "first": today,
    }  # fmt: skip
    return page(request, "command/area_order.html", shown)


def _common(request: HttpRequest, scope: Any, area: Area, now: datetime) -> dict[str, Any]:
    return {"w": Words(request.LANGUAGE_CODE, area.zone), "area": area, "up": places.way_up(scope, area), "now": now, "may_read": scope.can("person.read", area)}  # type: ignore[attr-defined]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("bad-value", field={"zh": "日期", "en": "day"}, value=text[:40], expected="2020-06-30") from None
