"""Filing a due report from the desk: what stood in its boxes, confirmed or mended, in one press. A report that is refused comes back as it was typed."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.desk import home, home_unit
from sizao.doors.field.file import words_of
from sizao.doors.kit.templates import url
from sizao.flows.report_filed import Report, file_reports
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command, Problem
from sizao.kernel.scope import Scope
from sizao.kernel.typed import Reader
from sizao.registers.ledgers import actions
from sizao.registers.ledgers.catalogue import ledger
from sizao.registers.ledgers.items import Ledger
from sizao.registers.ledgers.registers import of


def report(request: HttpRequest) -> HttpResponse:
    """One report of one of this post's units. `zero`: nothing happened; `lines`: the unit's lines are complete; else its boxes `v.<code>.<field>`.

    Refused: not-found-or-out-of-area (no unit of this post, or no report of its kind).
    """
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    post = request.POST
    name, _sep, rest = post.get("report", "").partition("/")
    period_text, _sep, slot_text = rest.partition("/")
    try:
        unit, period, slot = UUID(post.get("unit", "")), date.fromisoformat(period_text), int(slot_text or 0)
    except ValueError:
        raise Refused("not-found-or-out-of-area") from None
    one = ledger(name)
    found = home_unit.one_of(scope, unit, one.kinds)
    if one.lines == "none" and not post.get("zero") and not post.get("lines"):
        raise Refused("not-found-or-out-of-area")
    if post.get("zero") or post.get("lines"):
        [outcome] = file_reports(scope, [Report(unit=unit, ledger=name, period=period, slot=slot, zero=bool(post.get("zero")))])
        problems = {"": list(outcome.problems)} if outcome.kind == "rejected" else {}
    else:
        problems = _save(request, scope, one, found, period, slot)
    if problems:
        mark = f"{unit}/{name}/{period}/{slot}"
        why = {key: [Refused(p.code, **words_of(p, one)).text(request.LANGUAGE_CODE[:2]) for p in some] for key, some in problems.items()}  # type: ignore[attr-defined]
        return home.answer(request, 422, typed={k: v for k, v in post.items() if k.startswith("v.")}, why=why, wrong=mark)
    return HttpResponseRedirect(url("desk", {"said": "filed"}))


def _save(request: HttpRequest, scope: Scope, one: Ledger, unit: Any, period: date, slot: int) -> dict[str, list[Problem]]:
    """Writes the boxes as lines, all or none. Box → what is wrong with it; nothing when it is written. The same sent twice is the same report."""
    register = of(one)
    problems: dict[str, list[Problem]] = {}
    by_code: dict[str, dict[str, str]] = {}
    for name, value in request.POST.items():
        if name.startswith("v.") and name.count(".") >= 2:
            _v, code, field = name.split(".", 2)
            if field in one.by_id:
                by_code.setdefault(code, {})[field] = value.strip()[:4000]
    commands, codes = [], []
    for code, typed in by_code.items():
        told: dict[str, Any] = {k: v for k, v in typed.items() if v != ""}
        if not told and one.each:
            continue  # a line that was emptied is not told
        told |= {"period": period.isoformat()} | ({"slot": str(slot)} if len(one.rhythm.at) > 1 else {}) | ({one.each: code} if one.each else {})
        values, bad = Reader(register, unit.area.zone).read_all(told)
        missing = [Problem("value-missing", f) for f in one.required if values.get(f) is None and not any(p.field == f for p in bad)]
        for p in (*bad, *missing):
            problems.setdefault(f"v.{code}.{p.field}", []).append(p)
        commands.append(Command(told={**values, "unit": unit.pk}))
        codes.append(code)
    if problems or not commands:
        return problems or {"": [Problem("entry-nothing-told")]}
    with transaction.atomic():
        for code, outcome in zip(codes, actions.save(scope, one.id, commands, sender=f"post:{scope.post_id}"), strict=True):
            for p in outcome.problems if outcome.kind == "rejected" else ():
                problems.setdefault(f"v.{code}.{p.field}" if p.field in one.by_id else "", []).append(p)
        transaction.set_rollback(bool(problems))  # nothing of a report is kept whose other line was refused
    return problems
