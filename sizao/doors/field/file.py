"""A unit's reports today: what is due by which clock, one tap for zero, a form for each line. The same page serves phone and desk."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.kit.filled import filled
from sizao.doors.kit.lacking import lacking
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.flows.report_filed import Report, file_reports, lines_behind
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.kernel.typed import Reader
from sizao.registers.ledgers import actions, due
from sizao.registers.ledgers import read as ledgers
from sizao.registers.ledgers.catalogue import ledger
from sizao.registers.ledgers.due import Owed
from sizao.registers.ledgers.items import Ledger
from sizao.registers.ledgers.registers import of

#: Units on one page; whoever files for more has the import.
SHOWN = 60


@dataclass(slots=True)
class UnitCard:
    """One unit and what it owes."""

    unit: Any
    owed: list[tuple[Owed, int]] = field(default_factory=list)


def mine(scope: Scope) -> list[Any]:
    """The units that this post files for: those named to it; where there are none, those of its area that no post is named to."""
    rows = ledgers.units(scope, "ledger.write").exclude(in_use=False).order_by("name", "id")
    named = list(rows.filter(post=scope.post_id)[: SHOWN + 1]) if scope.post_id else []
    return named or list(rows.filter(post=None)[: SHOWN + 1])


def reports_of(scope: Scope, words: Words, units: list[Any], now: datetime) -> list[UnitCard]:
    """What these units owe now: the silent reports of yesterday, and all of today's, each with how many lines stand behind it."""
    cards = {u.pk: UnitCard(u) for u in units[:SHOWN]}
    day = clock.local_day(now, words.zone)
    rows = due.owed(scope, scope.post.area, day - timedelta(days=1), day, of=cards, permission="ledger.write") if scope.post and cards else []
    for r in sorted(rows, key=lambda r: (r.state != "silent", r.occasion.due)):
        yesterday = clock.local_day(r.occasion.due - timedelta(microseconds=1), words.zone) < day
        if not yesterday or r.state == "silent":
            cards[r.unit.pk].owed.append((r, 0 if r.ledger.lines in ("one", "each") else lines_behind(r.ledger, r.unit.pk, r.occasion)))
    return [c for c in cards.values() if c.owed]


def today(request: HttpRequest) -> HttpResponse:
    """The list: silent ones of yesterday first, then what is due today."""
    scope = request.scope.open()
    post = scope.post
    words = Words(request.LANGUAGE_CODE, post.area.zone if post else "Asia/Shanghai")
    found = mine(scope)
    shown = reports_of(scope, words, found, clock.now())
    left = sum(o.state in ("silent", "open") for c in shown for o, _ in c.owed)
    silent = sum(o.state == "silent" for c in shown for o, _ in c.owed)
    context = {"w": words, "cards": shown, "lacking": lacking(scope, words, (o for c in shown for o, _ in c.owed)), "left": left, "silent": silent, "more": len(found) > SHOWN, "now": clock.now(), "said": request.GET.get("said", ""), "zeroable": zeroable}
    return page(request, "field/file.html", context)


def zeroable(one: Ledger) -> bool:
    """Whether nothing happened can be said by one tap. A figure that is only confirmed (a laboratory's capacity) is not 0 because nothing changed."""
    return one.lines in ("many", "none") or (one.lines == "one" and not one.rhythm.confirm and one.required == frozenset(one.counts_of_persons))


def report(request: HttpRequest) -> HttpResponse:
    """The tap. Refused as the flow says."""
    scope = request.scope.open()
    name, _, rest = request.POST.get("report", "").partition("/")
    period, _, slot = rest.partition("/")
    try:
        asked = Report(unit=UUID(request.POST.get("unit", "")), ledger=name, period=date.fromisoformat(period), slot=int(slot or 0), zero=request.POST.get("zero") == "1")
    except ValueError:
        raise Refused("not-found-or-out-of-area") from None
    [outcome] = file_reports(scope, [asked])
    if outcome.kind == "rejected":
        problem = outcome.problems[0]
        one = ledger(name)
        said = {"count": problem.value, "period": problem.value, "since": "", "unit": problem.value, "ledger": {"zh": one.zh, "en": one.en}, "field": problem.field}
        raise Refused(problem.code, **said)
    return HttpResponseRedirect(url("file-today", {"said": "zero" if asked.zero else "filed"}))


def line(request: HttpRequest, ledger_id: str, unit: UUID) -> HttpResponse:
    """One line of a ledger for a unit: the form, and what came of it. What was typed stays when something is wrong."""
    scope = request.scope.open()
    one = ledger(ledger_id)
    found = next((u for u in ledgers.units(scope, "ledger.write").filter(pk=unit)), None)
    if found is None or one.about != "unit" or one.lines == "none" or (one.kinds and found.kind not in one.kinds):
        raise Refused("not-found-or-out-of-area")
    words = Words(request.LANGUAGE_CODE, found.area.zone)
    register, problems = of(one), []
    typed = {f.id: (request.POST.getlist(f.id) if f.type == "codes" else request.POST.get(f.id, "")) for f in one.fields}
    period, slot = request.GET.get("period", ""), request.GET.get("slot", "")
    if request.method == "POST":
        told: dict[str, Any] = {k: v for k, v in typed.items() if v not in ("", [])}
        if period:
            told["period"] = period
        if slot and len(one.rhythm.at) > 1:
            told["slot"] = slot
        values, problems = Reader(register, found.area.zone).read_all(told)
        if not problems:
            key = request.POST.get("key", "")[:64]
            [outcome] = actions.save(scope, one.id, [Command(told={**values, "unit": found.pk}, source_id=key)], sender=f"post:{scope.post_id}")
            problems = list(outcome.problems) if outcome.kind == "rejected" else []
        if not problems:
            return HttpResponseRedirect(url("file-today", {"said": "line"}))
    try:
        day = date.fromisoformat(period)
    except ValueError:
        day = clock.local_day(clock.now(), words.zone)
    clinics = [(str(u.pk), u.name) for u in ledgers.units(scope).filter(kind__in=("clinic", "fever_clinic")).exclude(in_use=False).order_by("name")[:200]]
    context = {
        "clinics": clinics, "known": filled(scope, words, one, {"unit": found.pk}, day),
        "w": words, "ledger": one, "unit": found, "typed": typed, "problems": {p.field: Refused(p.code, **words_of(p, one)).text(words.language[:2]) for p in problems},
        "key": request.POST.get("key") or str(uuid7()), "codes": {f.id: code_list(f.codes) for f in one.fields if f.codes}, "period": period, "slot": slot,
    }  # fmt: skip
    return page(request, "field/file_line.html", context, status=422 if problems else 200)


def words_of(problem: Any, one: Ledger) -> dict[str, Any]:
    """What a refusal of a ledger's line says of its field."""
    f = one.by_id.get(problem.field)
    name: Any = {"zh": f.zh, "en": f.en} if f else problem.field
    bounds = f"{'' if f is None or f.least is None else f'≥ {f.least:g} '}{'' if f is None or f.most is None else f'≤ {f.most:g}'}" or "…"
    return {"field": name, "value": problem.value, "expected": bounds, "ledger": {"zh": one.zh, "en": one.en}, "unit": problem.value, "register": {"zh": one.zh, "en": one.en}}
