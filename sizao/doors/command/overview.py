"""The command's first page: where the holes are, below any area, in any measure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.kit import places, runs
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.treemap import tiles
from sizao.doors.kit.words import Words
from sizao.kernel import clock, glass
from sizao.kernel.codes import code_list
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.kernel.unchanged import Unchanged, rights
from sizao.plan import read
from sizao.plan.models import Run
from sizao.plan.views import Overview
from sizao.registers.command import read as command
from sizao.registers.laboratory import board
from sizao.situation import headline

TILES_WIDTH, TILES_HEIGHT = 720, 400


#: From how many measures on those with nothing to do stand behind a link.
MANY = 30


def _quiet(measures: Any, chosen: str) -> set[str]:
    """Measures of which nothing is missing, missed, running or untold here."""
    return {m.id for m in measures if not (m.missing or m.missed or m.open or m.cannot_tell or m.id == chosen)}


def overview(request: HttpRequest) -> HttpResponse:
    """Measures by what is missing, parts of the area by coverage, what stands beside, who is on duty, what waits for a decision; each number a link to its rows."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    words = Words(request.LANGUAGE_CODE, area.zone)  # type: ignore[attr-defined]
    now = clock.now()
    run, number = runs.chosen(request)
    shown: dict[str, Any] = {
        "w": words, "area": area, "up": places.way_up(scope, area), "now": now, "run": None, "run_no": number, "chosen_id": "", "with_map": False,
        "glass_open": glass.open_to(scope, now),
    }  # fmt: skip
    shown |= _aside.get((area.pk, clock.local_day(now, area.zone), rights(scope, area)), lambda: _beside(scope, area, now))
    if run is None:
        return page(request, "command/overview.html", shown)
    chosen = request.GET.get("measure", "")
    known = _seen.get((area.pk, run.pk, chosen, rights(scope, area)), lambda: _see(scope, area, chosen, run))
    found, with_map = known.found, known.with_map
    lines = runs.worst_first(found.areas)

    def rows_of(line: Any, state: str) -> str:
        return of_state(line.code, state, chosen)

    def of_state(code: str, state: str, measure: str = "", **more: str) -> str:
        query = {"area": code, "state": state, "run": number, **more}
        return url("measure", query, measure=measure) if measure else url("listed", query)

    together: dict[str, int] = {}
    for line in (*lines, found.own):
        for name, n in line.counts().items():
            together[name] = together.get(name, 0) + n
    together["done"] = together["met"] + together["late"]
    return page(
        request,
        "command/overview.html",
        shown
        | {
            "run": runs.head(run),
            "measures": found.measures,
            "quiet": _quiet(found.measures, chosen) if len(found.measures) > MANY and not request.GET.get("all") else set(),
            "chosen_id": chosen,
            "areas": lines,
            "own": found.own if found.own.all else None,
            "together": together,
            "total": found.total,
            "silent": sum(m.missing for m in found.measures if m.kind == "report"),
            "alarms": sum(m.raised for m in found.measures if m.urgency == "alarm"),
            "worst": next((m for m in found.measures if m.missing), None),
            "with_map": with_map,
            "tiles": [] if with_map else tiles([(line, max(line.owed, 1) ** 0.6) for line in lines], TILES_WIDTH, TILES_HEIGHT),
            "tiles_height": TILES_HEIGHT,
            "rows_of": rows_of,
            "of_state": of_state,
            "days": _days(now, area.zone, run, number),
            "blocks": headline.blocks(found.measures),
        }
        | {"to_verify": command.to_verify(scope, area.path).count(), "may_call": scope.can("inspection.write", area), "may_cases": scope.can("case.read", area), "of_cases": _of_cases(area)},
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run says of an area, and whether the parts of it can be drawn."""

    found: Overview
    with_map: bool


def _see(scope: Scope, area: Area, chosen: str, run: Run) -> Seen:
    return Seen(read.overview(scope, area, chosen or None, run, amounts=True), places.have_shapes(area))


#: What runs said, whose numbers tell what they wrote; and what stands beside it.
_seen: Unchanged[Seen] = Unchanged(64, told=frozenset({"plan_run", "plan_row", "plan_cell", "plan_amount"}))
_aside: Unchanged[dict[str, Any]] = Unchanged(64)


#: Up to how many days back the slider goes.
BACK = 60


def _days(now: datetime, zone: str, run: Any, number: str) -> list[tuple[str, str, bool]]:
    """The days that can be looked at, the earliest first, today last: (day, run's number or "" for now, chosen)."""
    today = clock.local_day(now, zone)
    kept = read.days_of_runs(now, BACK)
    line = [(day.isoformat(), str(pk), str(pk) == number) for day, pk in reversed(kept.items()) if day < today]
    return [*line, (today.isoformat(), "", not number)] if line else []


def _level(area: Area) -> dict[str, str | None]:
    """What the response level and the grade are here: of the nearest area that has one."""
    found = command.nearest_values(area, ("response", "risk"), clock.now())
    return {"response": found.get("response"), "grade": found.get("risk")}


def _beside(scope: Scope, area: Area, now: datetime) -> dict[str, Any]:
    """What is known beside the run, now: cases, beds, stock, tests, seats, decisions, level and grade, alarms of laboratories; the same for all who may do the same here."""
    seats, many = headline.on_duty(scope, area)
    return {
        "rates": headline.rates(scope, area, now), "beds": headline.beds_here(area, code_list("bed-class")), "cover": headline.cover(scope, area), "tests": headline.tests(scope, area, now),
        "seats": seats, "seats_many": many, "waits": headline.waits(scope, area, now), "level": _level(area),
        "laboratory": board.alarms(scope, area, now) if scope.can("tube.read", area) else None,
    }  # fmt: skip


def _of_cases(area: Area) -> Callable[..., str]:
    """The address of the confirmed cases behind a rate."""

    def address(r: headline.Rates, **more: str) -> str:
        narrowed = {k.replace("__", "."): v for k, v in more.items()}
        return url("register", {"area": area.code, "f.disease": r.disease, "f.classification": "confirmed", **narrowed}, register="cases")

    return address


def shapes(request: HttpRequest) -> HttpResponse:
    """The shapes of the parts of an area, for the map. Their colours are in the page."""
    scope = request.scope.open()
    found = places.shapes(places.asked(request, scope))
    words = Words(request.LANGUAGE_CODE)
    features = [{"type": "Feature", "properties": {"code": a.code, "name": words.name(a)}, "geometry": a.geometry} for a in found]
    response = JsonResponse({"type": "FeatureCollection", "features": features}, content_type="application/geo+json")
    response.headers["Cache-Control"] = "private, max-age=600"
    return response
