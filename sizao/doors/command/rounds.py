"""Rounds of inspection by lot, and the inspector's own list on a phone: what the lot fell on, kept or not kept, and the findings of it."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit import places
from sizao.doors.kit.pages import page, see
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import inspection_drawn
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.registers.command import lots
from sizao.registers.command import read as command

PAGE = 100


def board(request: HttpRequest) -> HttpResponse:
    """Rounds below an area; `?show=waiting`: the units that nobody has looked at yet, the inspector's list."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    now = clock.now()
    waiting = request.GET.get("show") == "waiting"
    drawn = command.drawn(scope).filter(area__path__startswith=area.path)
    lines = list(drawn.filter(inspection=None).defer("area__geometry").order_by("round__due_at", "round", "place", "pk")[:PAGE]) if waiting else []
    rounds = [] if waiting else list(command.rounds(scope).filter(area__path__startswith=area.path).defer("area__geometry").order_by("-drawn_at", "pk")[:PAGE])
    shown = {
        "w": Words(request.LANGUAGE_CODE, area.zone), "area": area, "up": places.way_up(scope, area), "now": now, "waiting": waiting, "lines": lines, "rounds": rounds,  # type: ignore[attr-defined]
        "seen": command.round_counts([r.pk for r in rounds]) if rounds else {}, "may_draw": scope.can(inspection_drawn.RIGHT, area), "to_see": drawn.filter(inspection=None).count(),
    }  # fmt: skip
    return page(request, "command/rounds.html", shown)


def draw(request: HttpRequest) -> HttpResponse:
    """Draws a round, after showing of how many units in which stratum, and how many of them the lot falls on."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope, inspection_drawn.RIGHT)
    now = clock.now()
    told = request.POST if request.method == "POST" else request.GET
    kinds = tuple(k for k in told.getlist("kind") if k in code_list("unit-kind"))
    practice = told.get("practice", "") if told.get("practice", "") in code_list("practice") else next(iter(code_list("practice")))
    refused = None
    if request.method == "POST":
        try:
            return see(url("round", round=inspection_drawn.draw(scope, area, told.get("title", ""), practice, kinds, _moment(told.get("due", ""), area), told.get("seed", ""))))
        except Refused as problem:
            refused = problem
    frame = inspection_drawn.frame(scope, area, kinds, now)
    share = lots.shares(now.date())
    by = {s: sum(1 for x in frame.strata.values() if x == s) for s in share}
    shown = {
        "w": Words(request.LANGUAGE_CODE, area.zone), "area": area, "up": places.way_up(scope, area), "now": now, "kinds": kinds, "practice": practice, "refused": refused,  # type: ignore[attr-defined]
        "strata": [(s, by[s], share[s], len(lots.drawn({u: x for u, x in frame.strata.items() if x == s}, {s: share[s]}, ""))) for s in share], "frame": len(frame.strata), "all_kinds": code_list("unit-kind"), "practices": code_list("practice"),
        "title": told.get("title", ""), "seed": told.get("seed", ""), "due": told.get("due", "") or (now + timedelta(days=3)).astimezone(ZoneInfo(area.zone)).strftime("%Y-%m-%dT18:00"),
    }  # fmt: skip
    return page(request, "command/round_draw.html", shown, status=refused.status if refused else 200)


def round_page(request: HttpRequest, round: UUID) -> HttpResponse:
    """A round: where the lot fell, what was seen, beside what had been said, and whether it can be drawn again."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    row = command.access_round_by_id(scope, round)
    now = clock.now()
    lines = list(command.drawn(scope).filter(round=row.pk).defer("area__geometry").order_by("stratum", "place", "pk")[:1000])
    kinds = tuple(row.kinds.split())
    today = inspection_drawn.frame(scope, row.area, kinds, now) if scope.can(inspection_drawn.RIGHT, row.area) else None
    said = command.said_done([line.unit_id for line in lines], row.drawn_at - timedelta(days=7), row.practice)
    strata: dict[str, list[int]] = {}
    for line in lines:
        n = strata.setdefault(line.stratum, [0, 0, 0, line.drawn_of])
        n[0] += 1
        n[1] += line.inspection is not None
        n[2] += line.inspection is not None and line.inspection.outcome == "not_kept"
    shown = {
        "w": Words(request.LANGUAGE_CODE, row.area.zone), "area": row.area, "up": places.way_up(scope, row.area), "now": now, "r": row, "lines": lines, "strata": strata, "said": said,  # type: ignore[attr-defined]
        "again": inspection_drawn.draw_again(scope, row), "same_frame": today is not None and lots.digest(today.strata) == row.frame_digest, "may_see": scope.can(inspection_drawn.RIGHT, row.area),
        "findings": {t.unit_id: t for t in command.tickets(scope).filter(kind="finding", source_id__in=[f"inspection:{line.inspection_id}" for line in lines if line.inspection_id])},
    }  # fmt: skip
    return page(request, "command/round.html", shown)


def saw(request: HttpRequest, drawn: UUID) -> HttpResponse:
    """What was seen at a unit, from the list on the phone."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    inspection_drawn.saw(scope, drawn, request.POST.get("outcome", ""), request.POST.get("what", ""))
    back = request.POST.get("back", "")
    return see(url("rounds", {"area": back, "show": "waiting"}) if back else url("round", round=command.access_drawn_by_id(scope, drawn).round_id))


def _moment(text: str, area: Area) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(area.zone))
    except ValueError:
        raise Refused("bad-value", field={"zh": "时限", "en": "due"}, value=text[:40], expected="2020-06-30T18:00") from None
