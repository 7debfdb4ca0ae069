"""The notice that a unit works again: from when, who is back, what comes out; and what keeps it: people, inputs, goods. Each obstacle becomes a ticket with an owner and a clock."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.desk import home_unit
from sizao.doors.field.file import words_of
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows import resumption_told as flow
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.outcome import Problem
from sizao.kernel.scope import Scope
from sizao.kernel.typed import Reader
from sizao.registers.command import answering
from sizao.registers.command import read as command
from sizao.registers.ledgers import proposing
from sizao.registers.ledgers.catalogue import ledger
from sizao.registers.ledgers.registers import of

FIGURES = ("staff_back", "output_share")
#: A self-check that is older says nothing of the unit now.
CHECKED = timedelta(days=7)


def resume(request: HttpRequest, unit: UUID) -> HttpResponse:
    """GET: the notice with what was told last. POST: it is given; a notice that cannot be taken comes back as typed. Refused: not-found-or-out-of-area."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    one = ledger(flow.LEDGER)
    found = home_unit.one_of(scope, unit, one.kinds)
    now = clock.now()
    words = Words(request.LANGUAGE_CODE, found.area.zone)  # type: ignore[attr-defined]
    before = proposing.lines_before(one, [found.pk], now).get(found.pk, {}).get("")
    typed = {n: "" if before is None else f"{before[0].get(n, '')}" for n in FIGURES}
    problems: list[Problem] = []
    if request.method == "POST":
        typed = {n: request.POST.get(n, "").strip()[:400] for n in (*FIGURES, "opens_on", *flow.OBSTACLES)}
        told, problems = Reader(of(one), words.zone).read_all({n: typed[n] for n in FIGURES if typed[n]})
        problems += [Problem("value-missing", n) for n in FIGURES if told.get(n) is None and not any(p.field == n for p in problems)]
        opens = _day(typed["opens_on"], problems)
        if not problems:
            key = request.POST.get("key", "")[:64] or str(uuid7())
            done = flow.tell(scope, flow.Notice(key=key, unit=found.pk, opens_on=opens, **{n: told[n] for n in FIGURES}, obstacles=[(t, typed[t]) for t in flow.OBSTACLES]))
            problems = done.problems
            if not problems:
                return HttpResponseRedirect(url("desk", {"said": "notice"}) + "#resumption")
    grades = command.standing(scope, "risk", now)
    grade = next((grades[pk].value for pk in reversed([int(p) for p in found.area.path.split(".") if p]) if pk in grades), None)
    checks: list[Any] = proposing.last_lines([found.pk], "self_check", "practice", now - CHECKED).get(found.pk, []) if scope.can("ledger.read") else []
    shown = {
        "w": words, "unit": found, "ledger": one, "typed": typed, "before": before, "obstacles": [(t, words.code("ticket-topic", t)) for t in flow.OBSTACLES], "key": request.POST.get("key") or str(uuid7()),
        "why": {p.field: Refused(p.code, **words_of(p, one)).text(words.language[:2]) for p in problems}, "blockers": list(answering.blockers(scope, [found.pk])[:60]), "now": now, "grade": grade,
        "checks": checks,
    }  # fmt: skip
    return page(request, "desk/resume.html", shown, status=422 if problems else 200)


def _day(text: str, problems: list[Problem]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        problems.append(Problem("bad-value", "opens_on", text[:40]))
        return None


def solved(request: HttpRequest, blocker: UUID) -> HttpResponse:
    """The unit says that an obstacle is gone: as who raised it, it closes it. Refused: not-found-or-out-of-area."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    row = answering.access_ticket_by_id(scope, blocker)
    if row.kind != "blocker" or row.unit_id is None:
        raise Refused("not-found-or-out-of-area")
    home_unit.one_of(scope, row.unit_id)
    done = answering.over(scope, row.pk)
    if done.kind == "rejected":
        raise Refused(done.problems[0].code, field=done.problems[0].field, value=done.problems[0].value)
    return HttpResponseRedirect(url("desk", {"said": "settled"}) + "#resumption")
