"""My list today: what the post owes now, by place and clock, and one tap to record a check."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from sizao.doors.kit import runs
from sizao.doors.kit.middleware import is_partial
from sizao.doors.kit.pages import page
from sizao.doors.kit.people import handle, names, names_of_duties
from sizao.doors.kit.subjects import called
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.flows.check_recorded import Check, record_checks, take_back
from sizao.kernel import clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.scope import Scope
from sizao.kernel.unchanged import Unchanged
from sizao.plan import read
from sizao.plan.views import Today as Owed

#: Rows on one screen, and how many more somebody gets who asks; at most so many. The rest is counted, and comes when these are done.
SHOWN, MOST = 30, 500

#: What a post owes, where judging it takes long: one that answers for a whole county.
_owed: Unchanged[Owed] = Unchanged(64, worth=0.2)
#: A temperature from which "no complaint" is asked again (armpit; the fever line of the prevention plans).

CHECK, OUTCOMES = "isolation.daily_check", ("ok", "symptoms", "not_found", "refused", "could_not")


@dataclass(frozen=True, slots=True)
class Task:
    """One row of the list. `key` is made once, here: sent twice it is recorded once."""

    row: Any
    key: str
    name: str
    link: str
    recordable: bool


@dataclass(frozen=True, slots=True)
class Place:
    """The tasks of one area, in the order of their clocks."""

    area: Any
    tasks: list[Task]


def today(request: HttpRequest) -> HttpResponse:
    """The list: overdue first, then by clock; places in the order of their most urgent task."""
    scope = request.scope.open()
    now = runs.moment()
    shown = min(whole(request.GET.get("show", "")) or SHOWN, MOST)
    limit = max(shown, SHOWN)
    owed = _owed.get((scope.post, limit, runs.looks_back() and now), lambda: read.today(scope, as_of=now, limit=limit))
    said = {
        "recorded": _("Recorded."),
        "tried": _("Noted: not seen. It stays on the list."),
        "undone": _("Taken back. It is owed again."),
    }
    return page(
        request,
        "field/today.html",
        _common(request, scope, owed, owed.as_of)
        | {"groups": grouped(_tasks(scope, owed.rows, _words(request, scope))), "more": owed.more, "next": len(owed.rows) + SHOWN if owed.more and len(owed.rows) < MOST else 0, "note": said.get(request.GET.get("said", ""), "")},
    )


def record_check(request: HttpRequest) -> HttpResponse:
    """One visit. The answer takes the row's place: what was recorded, with a way back, or the row again with why nobody was seen."""
    scope = request.scope.open()
    check = _read(request)
    outcome = record_checks(scope, [check])[0]
    if outcome.kind == "rejected":
        problem = outcome.problems[0]
        raise Refused(problem.code, field=problem.field, value=problem.value)
    tried = check.outcome not in ("ok", "symptoms")
    if not is_partial(request):
        return HttpResponseRedirect(url("today", {"said": "tried" if tried else "recorded"}))
    return _again(
        request, scope, check.contact, None if tried else {"outcome": check.outcome, "record": outcome.record, "person": outcome.person}
    )


def undo_check(request: HttpRequest) -> HttpResponse:
    """Takes a check back: a correcting act, nothing is erased. The row returns."""
    scope = request.scope.open()
    contact = _uuid(request, "contact")
    take_back(scope, _uuid(request, "check"))
    if not is_partial(request):
        return HttpResponseRedirect(url("today", {"said": "undone"}))
    return _again(request, scope, contact, None)


def _again(request: HttpRequest, scope: Scope, contact: UUID, recorded: dict[str, Any] | None) -> HttpResponse:
    """The part of the list about this contact, and the numbers above it, read anew."""
    now = runs.moment()
    owed = read.today(scope, as_of=now, limit=SHOWN, subject=contact)
    shown = _common(request, scope, owed, now)
    if recorded:
        person = recorded["person"]
        name = names(scope, [person], "population.names").get(person) or handle(contact)
        return page(
            request, "field/recorded.html", shown | recorded | {"contact": contact, "name": name, "key": uuid7(), "now": clock.now()}
        )
    mine = [r for r in owed.rows if r.act == CHECK]  # the same person may owe other things too
    if not mine:
        return page(request, "field/gone.html", shown | {"key": uuid7()})
    return page(request, "field/again.html", shown | {"task": _tasks(scope, mine[:1], _words(request, scope))[0]})


def _words(request: HttpRequest, scope: Scope) -> Words:
    return Words(request.LANGUAGE_CODE, scope.post.area.zone if scope.post else "Asia/Shanghai")


def _common(request: HttpRequest, scope: Scope, owed: Any, now: datetime) -> dict[str, Any]:
    words = _words(request, scope)
    side = "zh" if words.is_zh else "en"
    return {
        "w": words,
        "now": now,
        "overdue": owed.overdue,
        "open": owed.open,
        "symptoms": [(code, pair[side]) for code, pair in code_list("symptom").items()],
        "looks_back": runs.looks_back(),
    }


def _tasks(scope: Scope, rows: Iterable[Any], words: Words) -> list[Task]:
    listed = list(rows)
    named, things = names_of_duties(scope, listed, "plan.today"), called(scope, listed, words)
    may_check = scope.can("check.write")
    return [
        Task(
            r,
            str(uuid7()),
            named.get(r.person) or (things[r.subject].name if r.subject in things else handle(r.subject)),
            url("person", person=r.person) if r.person in named and scope.can("person.read") else "",
            may_check and r.table == "contact" and r.act == CHECK,
        )
        for r in listed
    ]


def grouped(tasks: Iterable[Task]) -> list[Place]:
    """Tasks by area; an area comes where its first task comes."""
    found: dict[Any, Place] = {}
    for task in tasks:
        area = task.row.area
        found.setdefault(area.pk if area else None, Place(area, [])).tasks.append(task)
    return list(found.values())


def _read(request: HttpRequest) -> Check:
    """The form. Refused: bad-value, check-outcome-unknown, check-contradicts."""
    outcome = request.POST.get("outcome", "")
    if outcome not in OUTCOMES:
        raise Refused("check-outcome-unknown", value=outcome)
    text = request.POST.get("temperature", "").strip().replace("，", ".").replace(",", ".").removesuffix("℃").removesuffix("度").strip()
    try:
        temperature = Decimal(text).quantize(Decimal("0.1")) if text else None
    except InvalidOperation:
        raise Refused("bad-value", field={"zh": "体温", "en": "temperature"}, value=text, expected="36.5") from None
    symptoms = tuple(s for s in request.POST.getlist("symptoms") if s in code_list("symptom"))
    if outcome == "ok" and (symptoms or (temperature is not None and temperature >= threshold("fever", clock.now().date()))):
        raise Refused("check-contradicts")
    return Check(
        key=request.POST.get("key", "")[:64] or str(uuid7()),
        contact=_uuid(request, "contact"),
        happened_at=clock.now(),
        outcome=outcome,
        temperature=temperature,
        symptoms=symptoms,
    )


def _uuid(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Refused("not-found-or-out-of-area") from None
