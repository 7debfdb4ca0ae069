"""The response level of an area: what is in force here and below, whom another would touch, the signature."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.command.grades import history, local_day
from sizao.doors.kit import places
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import area_regraded
from sizao.flows.area_regraded import LEVEL, Decision
from sizao.kernel import clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.registers.command import laying
from sizao.registers.command import read as command


def levels(request: HttpRequest) -> HttpResponse:
    """The level here (its own, or that of the nearest area above), those of parts, and the form to decide."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    area = places.asked(request, scope, area_regraded.RIGHT if request.method == "POST" else "plan.read")
    if request.method == "POST":
        return _decide(request, area)
    words = Words(request.LANGUAGE_CODE, area.zone)  # type: ignore[attr-defined]
    now = clock.now()
    today, longest = clock.local_day(now, area.zone), int(threshold(LEVEL.longest, now.date()))
    standing = {row.area_id: row for row in command.public_levels(now)}
    above = [int(pk) for pk in reversed(area.path.split(".")) if pk and int(pk) != area.pk]
    own = standing.get(area.pk)
    wanted = request.GET.get("value", "")
    value = wanted if wanted in code_list(LEVEL.codes) else own.value if own else next(iter(code_list(LEVEL.codes)))
    shown = {
        "w": words, "area": area, "up": places.way_up(scope, area), "now": now, "own": own, "inherited": next((standing[pk] for pk in above if pk in standing), None),
        "below": [row for row in standing.values() if row.area_id != area.pk and row.area.path.startswith(area.path)], "value": value, "levels": code_list(LEVEL.codes),
        "may_sign": scope.can(area_regraded.RIGHT, area), "decided_here": area.level in laying.response_levels(now.date()), "decided_at": laying.response_levels(now.date()),
        "first": today + timedelta(days=1), "review": today + timedelta(days=min(7, longest)), "ends": today + timedelta(days=min(30, longest)), "last": today + timedelta(days=longest), "longest": longest,
        "history": history(words, command.decisions(scope, area, LEVEL.id), LEVEL.codes), "ask": url("grade-affected", {"area": area.code, "value": value, "scale": LEVEL.id}),
    }  # fmt: skip
    return page(request, "command/levels.html", shown)


def _decide(request: HttpRequest, area: Area) -> HttpResponse:
    """Signs a level, looks at the one in force and keeps it, or ends it."""
    scope = request.scope.open()  # type: ignore[attr-defined]
    sent = request.POST
    done, seen = sent.get("do", ""), sent.get("seen", "")
    basis, reason = sent.get("basis", "").strip()[:500], sent.get("reason", "").strip()
    said = " · ".join(part for part in (basis, reason) if part)
    if done == "sign":
        if not basis:
            raise Refused("level-without-basis")
        area_regraded.sign(scope, Decision(area, sent.get("value", ""), None, "", "", said if reason else "", local_day(sent.get("review", "")), local_day(sent.get("ends", "")), seen, LEVEL))
    elif done == "keep":
        area_regraded.keep(scope, area, seen, said, scale=LEVEL)
    elif done == "end":
        area_regraded.end(scope, area, seen, said, LEVEL)
    else:
        raise Refused("bad-value", field="do", value=done, expected="sign, keep, end")
    response = HttpResponseRedirect(url("levels", {"area": area.code, "done": done}))
    response.status_code = 303
    return response
