"""What phones tell: `POST /field/acts`, up to `MOST` records, each answered by itself and written once however often it is sent.

    {"sent_at": "2026-01-31T18:00:05+08:00", "copy": "0190…", "waiting": 12,
     "acts": [{"id": "0190…", "kind": "check", "at": "2026-01-31T17:58:40+08:00", "contact": "0190…", "outcome": "refused", "help": "doctor"},
              {"id": "0190…", "kind": "line", "at": "…", "ledger": "household_visit", "about": {"household": "…"}, "values": {"visit_outcome": "reached"}},
              {"id": "0190…", "kind": "line", "at": "…", "ledger": "daily_report", "record": "0190…", "seen": 812, "values": {…}},
              {"id": "0190…", "kind": "report", "at": "…", "unit": "0190…", "ledger": "…", "period": "2026-01-31", "slot": 0, "zero": true},
              {"id": "0190…", "kind": "need", "at": "…", "person": "0190…", "need": "food"},
              {"id": "0190…", "kind": "need-step", "at": "…", "need": "0190…", "do": "take"},
              {"id": "0190…", "kind": "undo", "at": "…", "check": "0190…"},
              {"id": "0190…", "kind": "opened", "at": "…", "people": ["0190…"]}]}

`id` is made on the device, `post` is the one whose list was open when it was made (none: the session's), `sent_at` is its clock as it sends. Answer: {"answers": [{"id", "kind": new|updated|identical|old|invalid, "code", "text", "cure", "record", "here"}],
"off_by", "wipe"}. *old*: this id stands with other content; the first stands. A conflict is invalid with `changed-meanwhile`, and `here` is what stands now.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from sizao.doors.api import scans
from sizao.doors.api.told import moment
from sizao.doors.field import copies, forms
from sizao.doors.kit.posts import MadeFor
from sizao.doors.kit.whole import whole
from sizao.doors.models import PhoneAct
from sizao.flows import help_called, needs_told
from sizao.flows.check_recorded import CHECKED, NOT_CHECKED, Check, record_checks, take_back
from sizao.flows.report_filed import Report, file_reports
from sizao.kernel import audit, clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope
from sizao.kernel.typed import Reader
from sizao.registers.cases import read as cases
from sizao.registers.ledgers import actions as ledger_actions
from sizao.registers.ledgers import read as ledgers
from sizao.registers.ledgers.catalogue import ledger
from sizao.registers.ledgers.registers import of
from sizao.registers.movement import clocks
from sizao.registers.population import read as population

MOST = 200
SHAPE = '{"sent_at": "…", "acts": [{"id": "…", "kind": "check", "at": "…"}]}'
#: An act may be told of so long ago; what is older is written at a desk, by somebody who knows.
OLDEST = timedelta(days=31)


@dataclass(slots=True)
class Told:
    """One act of a phone, and what became of it."""

    id: str
    kind: str
    at: datetime
    body: dict[str, Any]
    answer: str = ""
    problem: Problem | None = None
    record: UUID | None = None
    here: dict[str, Any] = field(default_factory=dict)

    def settle(self, outcome: Outcome) -> None:
        """As a flow or a register answers it."""
        if outcome.kind == "rejected":
            self.refuse(outcome.problems[0])
        else:
            self.answer, self.record = outcome.kind, outcome.record

    def refuse(self, problem: Problem) -> None:
        self.answer, self.problem = "invalid", problem


def acts(request: HttpRequest) -> HttpResponse:
    """Takes them in. Refused: body-unreadable, too-many-rows. An act that cannot be read is invalid by itself."""
    scope: Scope = request.scope.open()  # type: ignore[attr-defined]
    sent_at, some = scans.read_body(request, "acts", MOST, SHAPE)
    now = clock.now()
    off = clocks.off_by(sent_at, now)
    wipe = _contact(scope, request)
    told = [_read(one, off, now) for one in some]
    made_for = MadeFor(request)
    by_post: dict[int | None, tuple[Scope, list[Told]]] = {}
    for t in told:
        if t.answer:
            continue
        own = made_for.at(t.body.get("post"), t.at)
        if isinstance(own, Scope):
            by_post.setdefault(own.post_id, (own, []))[1].append(t)
        else:
            t.refuse(own)
    for own, some_of in by_post.values():
        take(own, some_of)
    language = request.LANGUAGE_CODE[:2]  # type: ignore[attr-defined]
    answer = {"server_at": now.isoformat(), "off_by": None if off is None else round(off.total_seconds()), "wipe": wipe, "answers": [_said(t, language) for t in told]}
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})


def _contact(scope: Scope, request: HttpRequest) -> bool:
    """This copy speaks. What it brings is taken in first; then it is told to wipe itself, where somebody said so."""
    copy, waiting = request.GET.get("copy", ""), request.GET.get("waiting", "")
    try:
        copies.seen(scope, UUID(copy), request.headers.get("User-Agent", ""), min(whole(waiting) or 0, 10**5))
    except ValueError:
        return False
    except Refused as refused:
        if refused.code != "phone-wiped":
            raise
        return True
    return False


@transaction.atomic
def take(scope: Scope, told: list[Told]) -> None:
    """Writes what is new, all in one transaction; statements are bounded by the kinds and ledgers of a batch, but for needs, which are few."""
    assert scope.user is not None
    with connection.cursor() as cursor:  # one batch of a user after the other: of two that are sent at once the second finds the first
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('field'), %s)", [scope.user.pk])
    digests = {t.id: audit.digest(t.body) for t in told}
    held = {a.key: a for a in PhoneAct.objects.filter(user=scope.user, key__in=[t.id for t in told])}
    fresh: dict[str, Told] = {}
    for t in told:
        if (before := held.get(t.id)) is not None:
            t.answer, t.record = ("identical" if bytes(before.digest) == digests[t.id] else "old"), before.record
        elif t.id in fresh:  # twice in one batch
            t.answer = "identical" if fresh[t.id].body == t.body else "old"
        else:
            fresh[t.id] = t
    for kind, verb in VERBS.items():
        if mine := [t for t in fresh.values() if t.kind == kind]:
            _apart(mine, lambda some, verb=verb: verb(scope, some))  # type: ignore[misc]
    done = [PhoneAct(user=scope.user, key=t.id, digest=digests[t.id], record=t.record, at=clock.now()) for t in fresh.values() if t.answer in ("new", "updated", "identical")]
    PhoneAct.objects.bulk_create(done)


def _apart(some: list[Told], verb: Callable[[list[Told]], None]) -> None:
    """One kind at a time: what refuses a whole kind (no right to it) refuses nothing of the others."""
    try:
        with transaction.atomic():
            verb(some)
    except Refused as refused:
        for t in some:
            t.answer, t.record = "", None
            t.refuse(Problem(refused.code, str(refused.values.get("field", "")), str(refused.values.get("value", ""))))


# -- the kinds


def _checks(scope: Scope, some: list[Told]) -> None:
    good: list[tuple[Told, Check]] = []
    fever = threshold("fever", clock.now().date())
    known = code_list("symptom")
    for t in some:
        try:
            degrees = t.body.get("temperature")
            temperature = None if degrees in (None, "") else Decimal(str(degrees)).quantize(Decimal("0.1"))
            contact = UUID(str(t.body.get("contact")))
        except (ValueError, InvalidOperation, TypeError):
            t.refuse(Problem("bad-value", "contact, temperature", str(t.body.get("temperature"))[:20]))
            continue
        outcome, symptoms = scans.text(t.body.get("outcome")), t.body.get("symptoms") or []
        if outcome not in (*CHECKED, *NOT_CHECKED) or not isinstance(symptoms, list) or any(s not in known for s in symptoms):
            t.refuse(Problem("check-outcome-unknown", "outcome", outcome))
        elif outcome == "ok" and (symptoms or (temperature is not None and temperature >= fever)):
            t.refuse(Problem("check-contradicts", "outcome", outcome))
        else:
            good.append((t, Check(key=t.id, contact=contact, happened_at=t.at, outcome=outcome, temperature=temperature, symptoms=tuple(symptoms))))
    for (t, _), outcome in zip(good, record_checks(scope, [c for _, c in good]), strict=True):
        t.settle(outcome)
        if t.answer == "new" and t.body.get("help"):
            _help(scope, t, outcome.person)


def _help(scope: Scope, t: Told, person: UUID | None) -> None:
    """What was called when it could not be done: a need of that person, or a ticket where she lives."""
    called = scans.text(t.body.get("help"))
    contact = cases.access_contact_by_id(scope, UUID(str(t.body["contact"])))
    if (need := help_called.need_of(called)) and person is not None:
        needs_told.ask(scope, person, contact.area, need, key=t.id)
    else:
        help_called.raise_ticket(scope, contact.area, called, key=t.id)


def _undo(scope: Scope, some: list[Told]) -> None:
    for t in some:
        _apart([t], lambda one: one[0].settle(take_back(scope, _wanted(one[0].body.get("check")))))


def _lines(scope: Scope, some: list[Told]) -> None:
    by_ledger: dict[str, list[Told]] = {}
    for t in some:
        by_ledger.setdefault(scans.text(t.body.get("ledger")), []).append(t)
    for name, mine in by_ledger.items():
        _apart(mine, lambda few, name=name: _lines_of(scope, name, few))  # type: ignore[misc]


def _lines_of(scope: Scope, name: str, some: list[Told]) -> None:
    scope.check("ledger.write")
    one = ledger(name)
    reader = Reader(of(one), scope.post.area.zone if scope.post else "Asia/Shanghai")
    good: list[tuple[Told, Command]] = []
    for t in some:
        values, about = t.body.get("values"), t.body.get("about") or {}
        if not isinstance(values, dict) or not isinstance(about, dict):
            t.refuse(Problem("bad-value", "values"))
            continue
        record, seen = _uuid(t.body.get("record")), t.body.get("seen")
        told = {str(k): v for k, v in values.items()} | ({} if record else {k: about.get(k) for k in one.keys if about.get(k)})
        if not record and t.body.get("period"):
            told["period"] = t.body["period"]
        if not record and t.body.get("slot") is not None and len(one.rhythm.at) > 1:
            told["slot"] = t.body["slot"]
        typed, problems = reader.read_all(told)
        if problems:
            t.refuse(problems[0])
            continue
        if not record:
            typed["happened_at"] = t.at
            if one.lines == "one" and not _nobody_before(scope, one.id, t, typed):
                continue
        good.append((t, Command(told=typed, record=record, seen=seen if isinstance(seen, int) else None, source_id="" if record else t.id)))
    for (t, c), outcome in zip(good, ledger_actions.save(scope, name, [c for _, c in good], sender=f"post:{scope.post_id}"), strict=True):
        t.settle(outcome)
        if t.problem is not None and t.problem.code == "changed-meanwhile" and c.record:
            t.here = forms.line(ledgers.access_entry_by_id(scope, name, c.record))


def _nobody_before(scope: Scope, name: str, t: Told, typed: dict[str, Any]) -> bool:
    """Whether a report of one line is still to be written. Somebody else's, written while this phone had no network, is not written over: it is shown beside this one."""
    unit, period = typed.get("unit"), typed.get("period")
    if not isinstance(unit, UUID) or not isinstance(period, date):
        return True
    row = ledgers.standing(scope, name, unit, period, int(typed.get("slot") or 0))
    if row is None:
        return True
    mine = {k: v for k, v in (t.body.get("values") or {}).items() if v not in ("", None, [])}
    if all(str(row.values.get(k)) == str(v) for k, v in mine.items()):
        t.answer, t.record = "identical", row.pk
    else:
        t.refuse(Problem("changed-meanwhile", next(k for k, v in mine.items() if str(row.values.get(k)) != str(v)), ""))
        t.here = forms.line(row)
    return False


def _reports(scope: Scope, some: list[Told]) -> None:
    good: list[tuple[Told, Report]] = []
    for t in some:
        try:
            unit, period, slot = UUID(str(t.body.get("unit"))), date.fromisoformat(str(t.body.get("period"))), int(t.body.get("slot") or 0)
            ledger(name := scans.text(t.body.get("ledger")))
        except Refused as refused:
            t.refuse(Problem(refused.code, "ledger"))
        except (ValueError, TypeError):
            t.refuse(Problem("bad-value", "unit, period, slot"))
        else:
            good.append((t, Report(unit=unit, ledger=name, period=period, slot=slot, zero=t.body.get("zero") is True)))
    for (t, _), outcome in zip(good, file_reports(scope, [r for _, r in good]), strict=True):
        t.settle(outcome)


def _needs(scope: Scope, some: list[Told]) -> None:
    for t in some:
        _apart([t], lambda one: _need(scope, one[0]))


def _need(scope: Scope, t: Told) -> None:
    person = population.access_person_by_id(scope, _wanted(t.body.get("person")))
    row = needs_told.ask(scope, person.pk, person.area, scans.text(t.body.get("need")), scans.text(t.body.get("what")), key=t.id)
    t.answer, t.record = "new", row.pk


def _steps(scope: Scope, some: list[Told]) -> None:
    for t in some:
        _apart([t], lambda one: _step(scope, one[0]))


def _step(scope: Scope, t: Told) -> None:
    need, do = _wanted(t.body.get("need")), scans.text(t.body.get("do"))
    row = needs_told.take(scope, need) if do == "take" else needs_told.settle(scope, need, do)
    t.answer, t.record = "updated", row.pk


def _opened(scope: Scope, some: list[Told]) -> None:
    """Tasks that were opened without a network: who looked at whose name and number is on record, as if he had asked us."""
    people = {p for t in some for p in map(_uuid, t.body.get("people") or []) if p}
    seen = list(population.persons(scope).filter(pk__in=people).values_list("pk", flat=True))
    population.record_read(scope, seen, "field.opened")
    for t in some:
        t.answer = "new"


#: In this order: a report that closes a day counts the lines that came with it.
VERBS: dict[str, Callable[[Scope, list[Told]], None]] = {
    "opened": _opened, "check": _checks, "undo": _undo, "line": _lines, "need": _needs, "need-step": _steps, "report": _reports,
}  # fmt: skip


# -- reading and saying


def _read(one: dict[str, Any], off: timedelta | None, now: datetime) -> Told:
    key, kind = scans.text(one.get("id"))[:64], scans.text(one.get("kind"))
    told = Told(key, kind, now, one)
    try:
        told.at = moment(one.get("at")) + (off or timedelta())
    except (TypeError, ValueError, OverflowError):
        told.refuse(Problem("bad-value", "at", str(one.get("at"))[:40]))
        return told
    if not key:
        told.refuse(Problem("value-missing", "id"))
    elif off is None:
        told.refuse(Problem("clock-too-far", "sent_at"))
    elif told.at > now + clocks.AHEAD:
        told.refuse(Problem("check-in-the-future", "at", told.at.isoformat()))
    elif told.at < now - OLDEST:
        told.refuse(Problem("act-too-old", "at", str(OLDEST.days)))
    elif kind not in VERBS:
        told.refuse(Problem("act-kind-unknown", "kind", kind[:40]))
    told.at = min(told.at, now)
    return told


def _said(t: Told, language: str) -> dict[str, Any]:
    said: dict[str, Any] = {"id": t.id, "kind": t.answer}
    if t.record is not None:
        said["record"] = str(t.record)
    if t.problem is not None:
        refused = refusal(t.problem)
        said |= {"code": refused.code, "text": refused.text(language), "cure": refused.cure(language), "field": t.problem.field}
    if t.here:
        said["here"] = t.here
    return said


def refusal(p: Problem) -> Refused:
    """A problem in the words of its error."""
    return Refused(p.code, field=p.field, value=p.value, expected="", count=p.value, period=p.value, since="", unit=p.value, ledger="", register="", days=p.value)


def _uuid(told: Any) -> UUID | None:
    try:
        return UUID(str(told)) if told else None
    except ValueError:
        return None


def _wanted(told: Any) -> UUID:
    found = _uuid(told)
    if found is None:
        raise Refused("not-found-or-out-of-area")
    return found
