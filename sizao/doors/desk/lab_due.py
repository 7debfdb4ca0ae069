"""Who must be tested: the plan's lists by group and by the unit that owes them; and in which order a session with little room serves."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit import places
from sizao.doors.kit.pages import page
from sizao.doors.kit.people import handle, names, names_of_duties
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.flows import testing_due, tubes_sent
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.kernel.unchanged import Unchanged, rights
from sizao.plan import read as plan
from sizao.plan.models import Run

STATES = ("overdue", "open", "sampled", "resulted")
#: People of a list on the page at first; with each "show more" so many more. Names are read of those who are shown.
SHOWN = 100
#: Lists as they stand; the number of a run tells what it wrote.
_of_lists: Unchanged[list[testing_due.Due]] = Unchanged(32, worth=0.03, told=frozenset({"plan_run", "plan_row", "plan_cell"}))


def due(request: HttpRequest) -> HttpResponse:
    """The lists with their numbers; of the chosen one the units and the people. A post that may not read of persons sees the numbers, and by name those whom it owes itself."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope)
    words = Words(request.LANGUAGE_CODE, area.zone)  # type: ignore[attr-defined]
    run = plan.latest_run()
    lists = testing_due.lists(scope, area) if run else []
    asked = request.GET.get("list", "")
    chosen = next((m for m in lists if m.id == asked), None) if asked else next((m for m in lists if m.missing or m.open), lists[0] if lists else None)
    if asked and chosen is None:
        raise Refused("page-not-found")
    rows = _rows(scope, chosen.id, area, run) if chosen else []
    units = testing_due.by_unit(rows)
    unit = request.GET.get("unit", "")
    if unit:
        rows = [d for d in rows if (str(d.unit.pk) if d.unit else "none") == unit]
    first = rows[: whole(request.GET.get("show", ""), 10_000) or SHOWN]
    people = names_of_duties(scope, [d.row for d in first], "laboratory.due")
    shown = {
        "w": words, "area": area, "lists": lists, "chosen": chosen, "units": units, "unit": unit, "rows": first, "all": len(rows), "next": len(first) + SHOWN if len(rows) > len(first) else 0, "names": people, "handle": handle, "now": clock.now(),
        "states": STATES, "may_read": scope.can("person.read", area), "own_only": not scope.can("person.read", area) and scope.can("listed.names"),
    }  # fmt: skip
    return page(request, "desk/lab_due.html", shown)


def _rows(scope: Scope, measure: str, area: Area, run: Run | None) -> list[testing_due.Due]:
    key = (measure, area.pk, run and run.pk, rights(scope, area), scope.post_id)
    return _of_lists.get(key, lambda: testing_due.of_list(scope, measure, area, run))


def session(request: HttpRequest) -> HttpResponse:
    """The order of service today. `capacity` persons, else what the laboratories have room for; none told is no limit."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope, "person.read")
    words = Words(request.LANGUAGE_CODE, area.zone)  # type: ignore[attr-defined]
    day = clock.local_day(clock.now(), area.zone)
    text, unit = request.GET.get("capacity", "").strip(), request.GET.get("unit", "")
    capacity = whole(text, 999_999)
    if text and capacity is None:
        raise Refused("bad-value", field={"zh": "可采人数", "en": "persons that can be sampled"}, value=text, expected="0–999999")
    rooms = [r for r in tubes_sent.rooms(day, tubes_sent.choices()) if r.left is not None]
    room = sum((r.left or 0) * (r.pool or 1) for r in rooms) if rooms else None
    try:
        order = testing_due.session(scope, area, day, capacity if text else room, UUID(unit) if unit else None)
    except ValueError:
        raise Refused("page-not-found") from None
    shown = {
        "w": words, "area": area, "order": order[:400], "capacity": text or ("" if room is None else room), "typed": text, "room": room, "must": sum(s.tier == "must" for s in order), "all": len(order),
        "served": sum(s.served for s in order), "names": names(scope, [s.person for s in order[:400]], "laboratory.session"), "handle": handle,
    }  # fmt: skip
    return page(request, "desk/lab_session.html", shown)
