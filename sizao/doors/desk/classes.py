"""The roll of a school, class by class: absence of every class in one form, zero written in, filed by one press. A class that has not told stays silent."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from sizao.doors.desk import home_unit
from sizao.doors.desk.home_unit import CHECK, SCHOOLS
from sizao.doors.field.file import words_of
from sizao.doors.kit.pages import page
from sizao.doors.kit.templates import url
from sizao.doors.kit.whole import whole
from sizao.doors.kit.words import Words
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command, Problem
from sizao.kernel.scope import Scope
from sizao.kernel.typed import Reader
from sizao.registers.ledgers import actions, due, proposing
from sizao.registers.ledgers import read as ledgers
from sizao.registers.ledgers.catalogue import ledger
from sizao.registers.ledgers.due import Owed
from sizao.registers.ledgers.items import Ledger
from sizao.registers.ledgers.registers import of
from sizao.registers.ledgers.rhythm import Occasion, occasions

#: The ledger that keeps who is in a class, and as what.
ROLL, PUPIL = "roll", "pupil"
ABSENT, PRESENT, TAKEN = "absent_ill", "persons_present", "persons_temperature_taken"
FIELDS = (ABSENT, PRESENT, TAKEN)
#: Classes on one page; a school that has more files the others from its classes' own pages.
MOST = 120


@dataclass(slots=True)
class Class:
    """One class: how many stand on its roll (None: nobody keeps one), what is on record of the check that is looked at, what stands in its boxes."""

    unit: Any
    enrolled: int | None
    owed: Owed | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    boxes: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    ticked: bool = True


def classes(request: HttpRequest, unit: UUID) -> HttpResponse:
    """GET: the classes at the check `?period=&slot=` of today or yesterday (without it, the one that is running). POST: those ticked are filed, all or none.

    Refused: not-found-or-out-of-area (no school of this post), form-stale (what was opened is of a day before).
    """
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    school = home_unit.one_of(scope, unit, SCHOOLS)
    one, now = ledger(CHECK), clock.now()
    words = Words(request.LANGUAGE_CODE, school.area.zone)  # type: ignore[attr-defined]
    day = clock.local_day(now, words.zone)
    checks = list(occasions(one.rhythm, words.zone, day - timedelta(days=1), day))
    told = request.POST if request.method == "POST" else request.GET
    asked = (told.get("period", ""), told.get("slot", ""))
    check = next((c for c in checks if (c.period.isoformat(), str(c.slot)) == asked), None)
    if check is None and request.method == "POST":
        raise Refused("form-stale")
    check = check or next((c for c in checks if now <= c.due), checks[-1])
    rows, more = _classes(scope, school, one, check.period)
    silent = _on_record(scope, rows, one, check, day)
    problems = False
    if request.method == "POST":
        problems = not _file(scope, request, rows, one, check, words)
        if not problems:
            return HttpResponseRedirect(url("desk-classes", {"period": check.period.isoformat(), "slot": str(check.slot), "said": "filed"}, unit=school.pk))
    shown = {
        "w": words, "school": school, "rows": rows, "more": more, "ledger": one, "fields": [one.by_id[f] for f in FIELDS], "checks": checks, "check": check, "now": now, "problems": problems,
        "said": request.GET.get("said", ""), "today": day, "silent": silent, "told": sum(bool(r.told) for r in rows),
        "absent": sum(int(r.told.get(ABSENT) or 0) for r in rows), "enrolled": sum(r.enrolled or 0 for r in rows),
    }  # fmt: skip
    return page(request, "desk/classes.html", shown, status=422 if problems else 200)


def _classes(scope: Scope, school: Any, one: Ledger, day: date) -> tuple[list[Class], bool]:
    """The school's classes that this post files for, and whether there are more. Two statements."""
    found = ledgers.units(scope, "ledger.write").filter(parent=school.pk, kind__in=one.kinds).filter(Q(post=None) | Q(post=scope.post_id)).exclude(in_use=False).order_by("name", "id")
    units = list(found[: MOST + 1])
    rolls = proposing.roll_counts([u.pk for u in units], ledger(ROLL), day)
    return [Class(u, rolls[u.pk].get(PUPIL, 0) if u.pk in rolls else None) for u in units[:MOST]], len(units) > MOST


def _on_record(scope: Scope, rows: list[Class], one: Ledger, check: Occasion, day: date) -> dict[tuple[date, int], int]:
    """What was told already, and the boxes: that; else zero absent and the rest left to follow from the roll. (period, slot) → silent classes, of yesterday and today."""
    ids = [r.unit.pk for r in rows]
    told = proposing.lines_of_check(one.id, ids, check.period, check.slot)
    owed = due.owed(scope, scope.post.area, day - timedelta(days=1), day, ledger=one.id, of=ids, permission="ledger.write") if scope.post and ids else []
    states = {o.unit.pk: o for o in owed if (o.occasion.period, o.occasion.slot) == (check.period, check.slot)}
    for r in rows:
        r.owed = states.get(r.unit.pk)
        r.told, r.at = told.get(r.unit.pk, ({}, None))
        r.boxes = {f: f"{r.told.get(f, '')}" for f in FIELDS} if r.told else {ABSENT: "0", PRESENT: "", TAKEN: ""}
        r.ticked = not r.told
    return dict(Counter((o.occasion.period, o.occasion.slot) for o in owed if o.state == "silent"))


def _file(scope: Scope, request: HttpRequest, rows: list[Class], one: Ledger, check: Occasion, words: Words) -> bool:
    """Writes the ticked classes; False where one of them cannot be taken: then none is, and each says why. The same sent twice is the same report."""
    register, ticked = of(one), set(request.POST.getlist("in"))
    todo: list[tuple[Class, Command]] = []
    for r in rows:
        pk = str(r.unit.pk)
        r.ticked = pk in ticked
        r.boxes = {f: request.POST.get(f"v.{pk}.{f}", "").strip()[:20] for f in FIELDS}
        if not r.ticked:
            continue
        typed = follow(r.boxes, r.enrolled)
        told = {f: v for f, v in typed.items() if v} | {"period": check.period.isoformat(), "slot": str(check.slot)}
        values, problems = Reader(register, words.zone).read_all(told)
        problems += [Problem("value-missing", f) for f in FIELDS if values.get(f) is None and not any(p.field == f for p in problems)]
        _say(r, problems, one, words)
        todo.append((r, Command(told={**values, "unit": r.unit.pk})))
    if not todo or any(r.why for r, _command in todo):
        return False
    with transaction.atomic():
        outcomes = actions.save(scope, one.id, [c for _r, c in todo], sender=f"post:{scope.post_id}")
        for (r, _command), outcome in zip(todo, outcomes, strict=True):
            _say(r, outcome.problems if outcome.kind == "rejected" else (), one, words)
        refused = any(r.why for r, _command in todo)
        transaction.set_rollback(refused)
    return not refused


def follow(boxes: Mapping[str, str], enrolled: int | None) -> dict[str, str]:
    """The boxes with what was left empty: absent is zero; present is the roll less the absent, where a roll is kept; the temperature was taken of all present.

    >>> follow({"absent_ill": "2", "persons_present": "", "persons_temperature_taken": ""}, 30)["persons_present"]
    '28'
    """
    absent = boxes.get(ABSENT) or "0"
    present = boxes.get(PRESENT) or ""
    if not present and enrolled is not None and (away := whole(absent)) is not None:
        present = str(max(0, enrolled - away))
    return {ABSENT: absent, PRESENT: present, TAKEN: boxes.get(TAKEN) or present}


def _say(r: Class, problems: Any, one: Ledger, words: Words) -> None:
    for p in problems:
        r.why[p.field if p.field in FIELDS else ""] = Refused(p.code, **words_of(p, one)).text(words.language[:2])
