"""What people and machines tell of symptoms, signals and report cards. A batch in, one transaction, one outcome a command."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sizao.kernel import clock, saving, steps
from sizao.kernel.acts import NewAct
from sizao.kernel.adding import add_new
from sizao.kernel.codes import disease_line
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.reach import nothing
from sizao.kernel.scope import Scope, visible
from sizao.kernel.steps import Step, Story

from . import alarms, rules
from .models import CaseCard, Signal, SymptomLine

LINE = Story(
    "found_at",
    (
        Step("symptom.found", "found_at", "channel"),
        Step("symptom.referred", "referred_at"),
        Step("symptom.arrived", "arrived_at"),
        Step("symptom.judged", "cause_at", "cause", told=True),
        Step("symptom.closed", "closed_at", "outcome", told=True),
    ),
    state=("outcome",),
    since="closed_at",
)
SIGNAL = Story(
    "raised_at",
    (Step("signal.raised", "raised_at", "kind"), Step("signal.judged", "judged_at", "judgement", told=True), Step("signal.acted", "acted_at", "action", told=True)),
    order=("raised_at", "judged_at"),
)
CARD = Story(
    "received_at",
    (
        Step("card.received", "received_at"),
        Step("card.reviewed", "reviewed_at", "outcome", told=True),
        Step("card.corrected", "corrected_at"),
        Step("card.final", "final_at"),
    ),
    order=("received_at", "reviewed_at", "final_at"),
)


#: Why a final card that had no time of diagnosis is corrected by the case's confirmation.
LATER = "病例确诊后补入诊断时间 · time of diagnosis told later"
#: Columns that a card written with its case leaves empty.
CARD_EMPTY = {
    "kind": "initial",
    **dict.fromkeys(("guardian", "work_unit", "doctor", "unit_phone", "remark", "returned_for", "corrected_because"), ""),
}
#: Whose the cards are that were written with their case.
OF_CASES = "case"


@dataclass(frozen=True, slots=True)
class NewSignal:
    """A signal of a machine. `key` names what it is about and when, so that raising it again is raising it once."""

    key: str
    area_id: int
    kind: str
    raised_at: datetime
    disease: str | None = None
    observed: Decimal | float | int | None = None
    expected: Decimal | float | int | None = None
    window: tuple[date, date] | None = None
    what: str = ""
    stream: str = ""
    unit: UUID | None = None
    threshold: Decimal | float | None = None
    owner: int | None = None
    judge_by: datetime | None = None


def save_lines(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Symptom lines, new or brought up to date; an outcome closes one. Each step is an act about the line."""

    def check(row: Any) -> Iterable[Problem]:
        yield from steps.in_order(row, "found_at", "closed_at")
        yield from steps.in_order(row, "referred_at", "arrived_at")
        yield from rules.temperature_possible(row)

    return steps.save(scope, SymptomLine, LINE, commands, sender=sender, batch=batch, check=check)


def save_signals(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Signals raised, judged, answered. A judgement without a time is of now. Rejected signal-without-reason: what a machine raised is judged with one. Who judges what no stream raised, and until when, says `content/alarms/`."""
    return _save_signals(scope, commands, {}, sender=sender, batch=batch)


def _save_signals(scope: Scope, commands: Sequence[Command], raised: Mapping[str, NewSignal], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """`raised`: by key what the machine knows of a new signal and no form tells."""

    def check(row: Any) -> Iterable[Problem]:
        if (row.stream or row.raised_by == "machine") and row.judgement and not row.why:
            yield Problem("signal-without-reason", "why")

    def finish(works: Sequence[saving.Work]) -> None:
        for w in works:
            if w.new and (s := raised.get(w.row.source_id)) is not None:
                _put(w, {"stream": s.stream, "owner_id": s.owner, "judge_by": s.judge_by})
        _give(works)

    return steps.save(scope, Signal, SIGNAL, commands, sender=sender, batch=batch, check=check, finish=finish)


def _give(works: Sequence[saving.Work]) -> None:
    """Owner and clock of new signals that no stream raised, by what `content/alarms/` says of their kind. What was judged already needs none. The clock of a machine's signal begins when it is raised, as what it found may have begun long before. Three statements where there is one."""
    known = alarms.alarms()
    new = [w.row for w in works if w.new and not w.row.stream and w.row.judge_by is None and w.row.judgement is None and w.row.kind in known]
    new = [row for row in new if known[row.kind].since <= row.raised_at.date()]
    if not new:
        return
    ways, posts = alarms.ways(row.area_id for row in new), alarms.posts_of({known[row.kind].role for row in new}, clock.now())
    for w in works:
        if w.row in new:
            one = known[w.row.kind]
            _put(w, {"owner_id": alarms.nearest(one.role, one.level, ways[w.row.area_id], posts), "judge_by": (clock.now() if w.row.raised_by == "machine" else w.row.raised_at) + timedelta(hours=one.hours)})


def save_cards(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Report cards received, reviewed, corrected, made final.

    Contents that change on a card that was accepted or returned make it a correction, which is to be reviewed again. Rejected beside what steps reject:
    card-of-case-known, card-returned-without-reason, card-not-accepted (final before it was), card-is-final (changed without a reason).
    """
    register = steps.register(CaseCard)
    told = {c.record for c in commands if c.record}
    held: dict[Any, CaseCard] = {r.pk: r for r in CaseCard.objects.filter(pk__in=told)} if told else {}
    numbers = {c.source_id for c in commands if c.source_id and not c.record}
    held |= {r.source_id: r for r in CaseCard.objects.filter(sender=sender, source_id__in=numbers)} if numbers else {}

    def other(row: CaseCard, c: Command) -> set[str]:
        return {n for n, v in c.told.items() if not nothing(v) and n in register.declaration.fields and not saving.same(v, register.value(row, n))} | set(c.cleared)

    def check(row: Any) -> Iterable[Problem]:
        yield from steps.not_ahead(row, ("diagnosed_at",), clock.now())
        if row.about_case_id and row._state.adding and CaseCard.objects.filter(about_case=row.about_case_id).exists():
            yield Problem("card-of-case-known", "about_case")
        if row.outcome == "returned" and not row.returned_for:
            yield Problem("card-returned-without-reason", "returned_for")

    def finish(works: Sequence[saving.Work]) -> None:
        for w in works:
            row = w.row
            was = {n: w.before.get(n, register.value(row, n)) for n in ("final_at", "outcome")}
            again, _ = rules.amended(was["final_at"], was["outcome"], w.changed, row.corrected_because)
            if not w.new and again:
                fresh = {"kind": "correction", "corrected_at": clock.now()}
                fresh |= {"outcome": None, "reviewed_at": None, "final_at": None} if "outcome" not in w.changed else {"final_at": None} if "final_at" not in w.changed else {}
                fresh |= {"former_disease": w.before["disease"]} if "disease" in w.changed else {}
                _put(w, fresh)
            if w.new or w.changed & {"disease", "diagnosed_at", "received_at"}:
                _put(w, _clocks(row.disease, row.diagnosed_at, row.received_at))

    refused: dict[int, Outcome] = {}
    for i, c in enumerate(commands):
        if (row := held.get(c.record or c.source_id)) is None:
            if c.told.get("final_at"):
                refused[i] = Outcome("rejected", problems=(Problem("card-not-accepted", "final_at"),))
            continue
        _, code = rules.amended(row.final_at, row.outcome, frozenset(other(row, c)), str(c.told.get("corrected_because") or ""))
        if code:
            refused[i] = Outcome("rejected", row.pk, problems=(Problem(code, "corrected_because"),))
        elif c.told.get("final_at") and (c.told.get("outcome") or row.outcome) != "accepted":
            refused[i] = Outcome("rejected", row.pk, problems=(Problem("card-not-accepted", "final_at"),))
    kept = [c for i, c in enumerate(commands) if i not in refused]
    done = iter(steps.save(scope, CaseCard, CARD, kept, sender=sender, batch=batch, check=check, finish=finish))
    return [refused[i] if i in refused else next(done) for i in range(len(commands))]


def _put(work: saving.Work, told: Mapping[str, Any]) -> None:
    """Columns that follow from others."""
    for name, value in told.items():
        if (was := getattr(work.row, name)) != value:
            work.before.setdefault(name, was)
            setattr(work.row, name, value)
            work.changed.add(name)


def _clocks(disease: str, diagnosed_at: datetime | None, received_at: datetime) -> dict[str, datetime | None]:
    """When the two clocks of a card run out, by the class of the disease on the day at which each begins."""
    hours = {at: int(line["report_within"]) if at and (line := disease_line(disease, "notifiable", at.date())) else None for at in (diagnosed_at, received_at)}
    return {"report_by": rules.due(diagnosed_at, hours[diagnosed_at]), "review_by": rules.due(received_at, hours[received_at])}


def cards_of_cases(cases: Iterable[UUID]) -> dict[UUID, UUID]:
    """case → its report card, for the stories that have just written them."""
    return {case: pk for case, pk in CaseCard.objects.filter(about_case__in=list(cases)).values_list("about_case", "pk") if case is not None}


def diseases_of_cards(cards: Iterable[UUID]) -> dict[UUID, tuple[UUID | None, str]]:
    """card → (its case, the disease that it names)."""
    return {pk: (case, disease) for pk, case, disease in CaseCard.objects.filter(pk__in=list(cards)).values_list("pk", "about_case", "disease")}


@dataclass(frozen=True, slots=True)
class NewCard:
    """The report card of a case, as the case's own story writes it. `from_unit`: who reported."""

    case: UUID
    person: UUID
    area_id: int
    disease: str
    received_at: datetime
    diagnosed_at: datetime | None = None
    from_unit: UUID | None = None


def add_cards(scope: Scope, new: Sequence[NewCard], *, batch: int | None = None) -> dict[str, UUID]:
    """Cards of cases, each with the act `card.received`; a case has one, and the second time none is new."""
    return add_new(
        scope, CaseCard, {f"case:{c.case}": c for c in new}, sender=OF_CASES, batch=batch, event="surveillance.card_received", since=lambda c: c.received_at, about=lambda c: c.person,
        columns=lambda c: {
            "area_id": c.area_id, "disease": c.disease, "person_id": c.person, "about_case_id": c.case, "from_unit_id": c.from_unit, "diagnosed_at": c.diagnosed_at,
            "received_at": c.received_at, **_clocks(c.disease, c.diagnosed_at, c.received_at), **CARD_EMPTY,
        },
        act=lambda key, c: NewAct("card.received", key, c.received_at, c.person, c.area_id, c.disease, record=key),
        digest_of=lambda c: (c.case, c.received_at),
    ) if new else {}  # fmt: skip


def date_cards(scope: Scope, told: Mapping[UUID, datetime], *, sender: str) -> None:
    """A day of diagnosis that was told after the card: case → when. A card that has one keeps it."""
    cards = CaseCard.objects.filter(about_case__in=list(told), diagnosed_at=None) if told else ()
    because = {c.pk: {"corrected_because": LATER} if c.final_at else {} for c in cards}
    save_cards(scope, [Command(told={"diagnosed_at": told[c.about_case_id], **because[c.pk]}, record=c.pk) for c in cards if c.about_case_id], sender=sender)


def lines_by_id(lines: Iterable[UUID]) -> list[SymptomLine]:
    """Symptom lines that the caller has just written."""
    return list(SymptomLine.objects.filter(pk__in=list(lines)).order_by("found_at"))


def open_lines(people: Iterable[UUID]) -> set[UUID]:
    """Those of these persons who have an open symptom line."""
    return set(SymptomLine.objects.filter(visible(), person__in=list(people), closed_at=None).values_list("person", flat=True))


def withdraw_line(scope: Scope, key: str, *, sender: str) -> bool:
    """Closes a line as recorded by mistake, unless it is closed; whether there was one."""
    row = SymptomLine.objects.filter(sender=sender, source_id=key, closed_at=None).first()
    return row is not None and save_lines(scope, [Command(told={"outcome": "mistaken"}, record=row.pk)], sender=sender)[0].kind == "updated"


def raise_signals(scope: Scope, new: Sequence[NewSignal], *, sender: str) -> list[Outcome]:
    """Signals of a machine; one that was raised before (same sender and key) changes nothing that a person has judged."""
    commands = []
    for s in new:
        told = {"area": s.area_id, "kind": s.kind, "raised_at": s.raised_at, "disease": s.disease, "observed": s.observed, "expected": s.expected, "what": s.what}
        told |= {"unit": s.unit, "threshold": s.threshold}
        told |= {"raised_by": "machine"} | ({"window_from": s.window[0], "window_to": s.window[1]} if s.window else {})
        commands.append(Command(told=told, source_id=s.key))
    held = set(Signal.objects.filter(sender=sender, source_id__in=[s.key for s in new]).values_list("source_id", flat=True))
    fresh = [c for c in commands if c.source_id not in held]
    made = dict(zip([c.source_id for c in fresh], _save_signals(scope, fresh, {s.key: s for s in new}, sender=sender), strict=True))
    return [made.get(c.source_id, Outcome("identical")) for c in commands]


def lengthen_signals(scope: Scope, until: Mapping[UUID, date], *, sender: str) -> int:
    """What was raised and goes on: signal → the newest day of its window. Of one that was judged nothing changes. How many did."""
    open_ = set(Signal.objects.filter(pk__in=list(until), judged_at=None).values_list("pk", flat=True))
    told = [Command(told={"window_to": day}, record=pk) for pk, day in until.items() if pk in open_]
    return sum(o.kind == "updated" for o in save_signals(scope, told, sender=sender))
