"""Cases and who investigates them: the ticked ones of a line list given to somebody, taken, or handed on with the shift."""

from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse

from sizao.doors.desk.register_form import reason
from sizao.doors.kit import moments
from sizao.doors.kit.pages import page
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Outcome, Problem
from sizao.kernel.registry import find
from sizao.kernel.scope import Scope
from sizao.registers.cases import assigning
from sizao.registers.cases import read as cases
from sizao.registers.population import read as population

#: Cases at once.
MOST = 200


def assign(request: HttpRequest) -> HttpResponse:
    """The ticked cases (`row`, several times), whose they are, and to whom they go. POST with `to`: gives them, and says of each what became of it. Refused: too-many-rows."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    told = request.POST if request.method == "POST" else request.GET
    ids = [pk for pk in (_uuid(v) for v in dict.fromkeys(told.getlist("row"))) if pk is not None]
    if len(ids) > MOST:
        raise Refused("too-many-rows", limit=MOST)
    held = cases.cases_by_id(scope, set(ids), assigning.RIGHT)
    rows = [held[pk] for pk in ids if pk in held]
    prefetch_related_objects(rows, "area")
    zone = scope.post.area.zone if scope.post else "Asia/Shanghai"
    words, now = Words(request.LANGUAGE_CODE, zone), clock.now()  # type: ignore[attr-defined]
    task = told.get("task", assigning.INVESTIGATION)
    outcomes: dict[UUID, Outcome] = {}
    why: list[str] = []
    if request.method == "POST" and "do" in told:
        due, mistaken = _due(request, zone)
        if mistaken:
            why = mistaken
        elif not told.get("to"):
            why = [reason(find("case-assignments"), Problem("value-missing", "assignee"), request.LANGUAGE_CODE)]  # type: ignore[attr-defined]
        else:
            done = assigning.assign(scope, [c.pk for c in rows], task, told.get("to", "")[:150], due)
            outcomes = dict(zip((c.pk for c in rows), done, strict=True))
    standing: dict[UUID, list[Any]] = {}
    for a in assigning.assignments(scope).filter(case__in=[c.pk for c in rows]).order_by("task"):
        standing.setdefault(a.case_id, []).append(a)
    shown = {
        "w": words, "now": now, "rows": rows, "missing": len(ids) - len(rows), "names": population.names_of(scope, {c.person_id for c in rows}, "cases.assign"), "standing": standing,
        "tasks": code_list("case-task"), "task": task, "to": told.get("to", ""), "due": told.get("due", ""), "whom": assigning.whom(scope, rows, now) if rows else [], "hours": threshold("assignment-hours", now.date()),
        "outcomes": outcomes, "why": why, "wrong": {pk: [reason(find("case-assignments"), p, request.LANGUAGE_CODE) for p in o.problems] for pk, o in outcomes.items()}, "me": scope.user,  # type: ignore[attr-defined]
        "given": sum(o.kind != "rejected" for o in outcomes.values()),
    }  # fmt: skip
    return page(request, "desk/assign.html", shown, status=422 if why else 200)


def _due(request: HttpRequest, zone: str) -> tuple[Any, list[str]]:
    try:
        return moments.asked(request, "due", zone), []
    except Refused as refused:
        return None, [refused.text(request.LANGUAGE_CODE)]  # type: ignore[attr-defined]


def _uuid(told: str) -> UUID | None:
    try:
        return UUID(told)
    except ValueError:
        return None
