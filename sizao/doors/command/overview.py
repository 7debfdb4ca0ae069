"""The command's first page: where the holes are, below any area, in any measure."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.kit import places, runs
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.treemap import tiles
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.plan import read
from sizao.registers.laboratory import board

TILES_WIDTH, TILES_HEIGHT = 720, 400


#: From how many measures on those with nothing to do stand behind a link.
MANY = 30


def _quiet(measures: Any, chosen: str) -> set[str]:
    """Measures of which nothing is missing, missed, running or untold here."""
    return {m.id for m in measures if not (m.missing or m.missed or m.open or m.cannot_tell or m.id == chosen)}


def overview(request: HttpRequest) -> HttpResponse:
    """Measures by what is missing, parts of the area by coverage, each number a link to its rows."""
    scope = request.scope.open()
    area = places.asked(request, scope)
    words = Words(request.LANGUAGE_CODE, area.zone)
    shown = {
        "w": words,
        "area": area,
        "up": places.way_up(scope, area),
        "now": clock.now(),
        "run": None,
        "chosen_id": "",
        "with_map": False,
        "laboratory": board.alarms(scope, area, clock.now()) if scope.can("tube.read", area) else None,
    }
    run = read.latest_run()
    if run is None:
        return page(request, "command/overview.html", shown)
    chosen = request.GET.get("measure", "")
    found = read.overview(scope, area, chosen or None, run)
    lines = runs.worst_first(found.areas)
    with_map = places.have_shapes(area)

    def rows_of(line: Any, state: str) -> str:
        if chosen:
            return url("measure", {"area": line.code, "state": state}, measure=chosen)
        return url("overview", {"area": line.code})

    together: dict[str, int] = {}
    for line in (*lines, found.own):
        for name, number in line.counts().items():
            together[name] = together.get(name, 0) + number
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
            "worst": next((m for m in found.measures if m.missing), None),
            "with_map": with_map,
            "tiles": [] if with_map else tiles([(line, max(line.owed, 1) ** 0.6) for line in lines], TILES_WIDTH, TILES_HEIGHT),
            "tiles_height": TILES_HEIGHT,
            "rows_of": rows_of,
        },
    )


def shapes(request: HttpRequest) -> HttpResponse:
    """The shapes of the parts of an area, for the map. Their colours are in the page."""
    scope = request.scope.open()
    found = places.shapes(places.asked(request, scope))
    words = Words(request.LANGUAGE_CODE)
    features = [{"type": "Feature", "properties": {"code": a.code, "name": words.name(a)}, "geometry": a.geometry} for a in found]
    response = JsonResponse({"type": "FeatureCollection", "features": features}, content_type="application/geo+json")
    response.headers["Cache-Control"] = "private, max-age=600"
    return response
