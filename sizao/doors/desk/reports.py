"""The receiver's table: of the reports that are due, how many came, how many said zero, how many are silent, by area; each number opens its rows."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from sizao.doors.kit import places
from sizao.doors.kit.lacking import lacking
from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.registers.ledgers import due, summing
from sizao.registers.ledgers.catalogue import ledgers

#: Rows of one list; more are counted.
SHOWN = 500


def reports(request: HttpRequest) -> HttpResponse:
    """One day below one area, all ledgers or one; for one, the sums of its numbers too."""
    scope = request.scope.open()
    area, day, name = _asked(request, scope)
    words = Words(request.LANGUAGE_CODE, area.zone)
    rows = summing.summed(scope, area, day, day, ledger=name)
    children = places.children(area)
    by_ledger: dict[str, list[Any]] = {}
    for r in rows:
        by_ledger.setdefault(r.ledger, []).append(r)
    one = ledgers().get(name)
    areas = summing.by_area(area, children, rows)
    summed = due.totals(scope, one, area, children, min(r.first for r in rows), max(r.last for r in rows)) if one and rows and one.lines != "none" and scope.can("ledger.read", area) else None
    context = {
        "w": words, "area": area, "up": places.way_up(scope, area), "day": day, "ledger": one, "whole": summing.together(rows), "areas": areas,
        "by_ledger": [(ledgers()[k], summing.together(v)) for k, v in by_ledger.items()], "before": day - timedelta(days=1), "after": day + timedelta(days=1),
        "today": clock.local_day(clock.now(), area.zone), "totals": _with_silence(summed, areas) if summed else None, "counts": due.COUNTS, "now": clock.now(),
    }  # fmt: skip
    return page(request, "desk/reports.html", context)


def _with_silence(summed: Any, areas: list[Any]) -> tuple[list[Any], list[Any]]:
    """The sums with the silent reports beside them, (area, lines, sums, silent), so that nobody takes a part for the whole; an area that is all silent stands there too."""
    fields, sums = summed
    told = {a.pk: (lines, s) for a, lines, s in sums if a is not None}
    order = [a for a, _ in areas]
    order += [a for a, _, _ in sums if a is not None and a not in order]
    silent = {a.pk: c["silent"] for a, c in areas}
    nothing = (0, [None] * len(fields))
    shown = [(a, *told.get(a.pk, nothing), silent.get(a.pk, 0)) for a in order]
    together = next(((lines, s) for a, lines, s in sums if a is None), nothing)
    return fields, [*shown, (None, *together, sum(silent.values()))]


def rows(request: HttpRequest) -> HttpResponse:
    """The rows behind one number."""
    scope = request.scope.open()
    area, day, name = _asked(request, scope)
    state = request.GET.get("state", "silent")
    if state not in due.COUNTS:
        raise Refused("bad-value", field={"zh": "状态", "en": "state"}, value=state, expected=", ".join(due.COUNTS))
    below = [c.path for c in places.children(area)] if request.GET.get("own") else []  # the area's own units, not those of areas below
    units, count = summing.units_of(scope, area, day, day, state, ledger=name, without=below, limit=SHOWN)
    found = due.owed(scope, area, day, day, ledger=name, of=units)
    wanted = [r for r in found if state == "due" or r.state == state or (state == "late" and r.late) or (state == "corrected" and r.corrections)]
    words = Words(request.LANGUAGE_CODE, area.zone)
    context = {
        "w": words, "area": area, "up": places.way_up(scope, area), "day": day, "state": state, "rows": wanted[:SHOWN], "count": count,
        "ledger": ledgers().get(name), "limit": SHOWN, "now": clock.now(), "lacking": lacking(scope, words, wanted[:SHOWN]),
    }  # fmt: skip
    return page(request, "desk/report_rows.html", context)


def _asked(request: HttpRequest, scope: Any) -> tuple[Any, date, str]:
    area = places.asked(request, scope)
    text = request.GET.get("day", "")
    try:
        day = date.fromisoformat(text) if text else clock.local_day(clock.now(), area.zone)
    except ValueError:
        raise Refused("bad-value", field={"zh": "日期", "en": "day"}, value=text, expected="2020-06-16") from None
    name = request.GET.get("ledger", "")
    return area, day, name if name in ledgers() else ""
