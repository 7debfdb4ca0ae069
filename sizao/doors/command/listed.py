"""Who is behind a number of all measures together; and the duty screen: what is to be told at once, and what has risen to this level."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from sizao.doors.command.measure import PAGE, lines
from sizao.doors.kit import places, runs
from sizao.doors.kit.middleware import is_partial
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.kernel.unchanged import Unchanged, rights
from sizao.plan import read
from sizao.plan.models import Run
from sizao.plan.views import Overview
from sizao.registers.laboratory import board


def listed(request: HttpRequest) -> HttpResponse:
    """`?state=`: a state, or what stands beside the states. With htmx the next rows."""
    scope = request.scope.open()
    area, states = places.asked(request, scope), runs.state_words() | runs.beside_words()
    state = request.GET.get("state", "missing")
    if state not in states:
        raise Refused("page-not-found")
    run, number = runs.chosen(request)
    kind, urgency, apart = request.GET.get("kind") or None, request.GET.get("urgency") or None, request.GET.get("apart") == "1"
    kept = {"area": area.code, "state": state, "kind": kind or "", "urgency": urgency or "", "apart": "1" if apart else "", "run": number}
    shown = _common(request, scope, area, run) | {"state": state, "states": states, "rows": [], "next": "", "run_no": number, "kept": kept}
    if scope.can("person.read", area):
        found = read.missing(scope, None, area, state=state, after=request.GET.get("after") or None, limit=PAGE, run=run, kind=kind, urgency=urgency, apart=apart)
        shown["rows"] = lines(scope, found.rows, f"plan.{state}", shown["w"])
        shown["next"] = url("listed", {**kept, "after": found.next}) if found.next else ""
        if is_partial(request) and request.GET.get("after"):
            return page(request, "command/rows.html", shown)
    seen = read.overview(scope, area, None, run)
    counted = [m for m in seen.measures if m.count(state) and kind in (None, m.kind) and urgency in (None, m.urgency)]
    count = seen.own.count(state) if apart else sum(m.count(state) for m in counted)
    return page(request, "command/listed.html", shown | {"count": count, "measures": [] if apart else counted, "title": _title(kind, urgency) or states[state]})


def _title(kind: str | None, urgency: str | None) -> str:
    """What a list is called that is narrowed by more than its state."""
    return _("Silent: reports due that are not in") if kind == "report" else _("Alarms") if urgency == "alarm" else ""


def duty(request: HttpRequest) -> HttpResponse:
    """Alarms at once, wherever below; then what has been overdue for so long that it appears at this level."""
    scope = request.scope.open()
    area, run = places.asked(request, scope), read.latest_run()
    told = _told.get((area.pk, run and run.pk, rights(scope, area)), lambda: _tell(scope, area, run))
    shown = _common(request, scope, area, run) | {"state": "missing", "next": "", "laboratory": told.laboratory}
    shown |= {"alarms": lines(scope, told.alarms, "plan.alarm", shown["w"]), "risen": lines(scope, told.risen, "plan.risen", shown["w"])}
    alarms = [m for m in told.seen.measures if m.urgency == "alarm" and m.raised]
    return page(request, "command/duty.html", shown | {"alarm_measures": alarms, "alarm_count": sum(m.raised for m in alarms), "risen_count": told.seen.total.risen})


@dataclass(frozen=True, slots=True)
class Told:
    """What a duty screen tells, before names: the measures, the laboratories' alarms (None: not this post's), the first rows of what is to be told at once, and of what has risen."""

    seen: Overview
    laboratory: board.Alarms | None
    alarms: list[Any]
    risen: list[Any]


#: Duty screens; the number of a run tells what it wrote.
_told: Unchanged[Told] = Unchanged(32, told=frozenset({"plan_run", "plan_row", "plan_cell"}))


def _tell(scope: Scope, area: Area, run: Run | None) -> Told:
    def first(**asked: Any) -> list[Any]:
        return list(read.missing(scope, None, area, limit=PAGE, run=run, **asked).rows) if scope.can("person.read", area) else []

    laboratory = board.alarms(scope, area, clock.now()) if scope.can("tube.read", area) else None
    return Told(read.overview(scope, area, None, run), laboratory, first(state="raised", urgency="alarm"), first(state="risen"))


def _common(request: HttpRequest, scope: Any, area: Any, run: Any) -> dict[str, Any]:
    return {
        "w": Words(request.LANGUAGE_CODE, area.zone),
        "area": area,
        "up": places.way_up(scope, area),
        "now": clock.now(),
        "as_of": run.as_of if run else clock.now(),
        "run": runs.head(run) if run else None,
        "may_read": scope.can("person.read", area),
        "with_measure": True,
    }
