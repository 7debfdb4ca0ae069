"""Somebody passed a gateway: a line of the ledger of passages, its answer worked out again here, and who is bound by an order handed over to the area that answers for it.

Devices make the ids and send in batches, often long afterwards and more than once: one answer a record. A moment stands as our clock would have told it; what the
device's clock said is kept beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.db import connection, transaction

from sizao.kernel import clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.outcome import Command, Problem
from sizao.kernel.saving import plain
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers import read as lines
from sizao.registers.movement import actions as movement
from sizao.registers.movement.clocks import AHEAD, off_by
from sizao.registers.movement.rules import GateAnswer, gate_answer, passage_result
from sizao.registers.population import read as persons

LEDGER, SENDER, RIGHT = "passage", "gate", "gate.write"
#: What lay longer on a device is written from paper.
OLDEST = timedelta(days=7)
#: By these two records of one id are told apart; the rest is worked out here.
TOLD = ("gate_purpose", "temperature", "vehicle_plate", "vehicle_load", "disinfected", "device_time")

Kind = Literal["new", "identical", "old", "invalid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One passage as a device tells it. `id` is made there; `at` is its clock's word; `given` is what it answered on the spot.

    `person`, `order` (the disease and the area of an order in force), `exposed` and `shown` are what the server knows of what was shown.
    """

    id: str
    unit: UUID
    at: datetime
    purpose: str
    temperature: Decimal | None = None
    ill: bool = False
    plate: str = ""
    load: str | None = None
    disinfected: bool | None = None
    given: str | None = None
    person: UUID | None = None
    order: tuple[str, int] | None = None
    exposed: bool = False
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one record. `answer`: as worked out here; `at`: the moment that stands."""

    id: str
    kind: Kind
    answer: GateAnswer | None = None
    at: datetime | None = None
    problem: Problem | None = None


@transaction.atomic
def record(scope: Scope, passed: Sequence[Passed], *, sent_at: datetime | None) -> list[Answer]:
    """One answer a record, in order: new · identical · old (this id stands with other content) · invalid with its problem.

    Invalid: not-found-or-out-of-area, passage-id-missing, bad-value, clock-too-far (its clock is off by more than a day), done-in-the-future, passage-too-old.
    Refused: not-allowed.
    """
    scope.check(RIGHT)
    now = clock.now()
    skew = off_by(sent_at, now)
    units = {u.pk: u for u in lines.units(scope, RIGHT).filter(pk__in={p.unit for p in passed}, kind="gateway")}
    with connection.cursor() as cursor:  # the same batch sent twice at once is taken one after the other
        for unit in sorted(units):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('gate'), hashtext(%s))", [str(unit)])
    fever = threshold("fever", now.date())
    held: dict[str, Any] = dict(lines.told_before(LEDGER, SENDER, [p.id for p in passed if p.id]))
    answers: list[Answer] = []
    commands: list[tuple[int, Command]] = []
    seen: dict[str, Passed] = {}
    for i, p in enumerate(passed):
        problem = _wrong(p, units, skew, now)
        if problem is not None:
            answers.append(Answer(p.id, "invalid", problem=problem))
            continue
        assert skew is not None
        said = gate_answer(p.purpose, temperature=p.temperature, fever=fever, ill=p.ill, order=p.order is not None, exposed=p.exposed)
        at, before = p.at + skew, held.get(p.id)
        if before is not None:
            same = before.unit_id == p.unit and _told(p) == {n: before.values.get(n) for n in TOLD if before.values.get(n) not in (None, "")}
            answers.append(Answer(p.id, "identical" if same else "old", said, before.happened_at, None if same else Problem("passage-known-otherwise")))
        elif p.id in seen:
            same = _told(seen[p.id]) == _told(p) and seen[p.id].unit == p.unit
            answers.append(Answer(p.id, "identical" if same else "old", said, at, None if same else Problem("passage-known-otherwise")))
        else:
            seen[p.id] = p
            given = said if p.purpose == "emergency" or p.given not in code_list("gate-answer") else p.given
            told = {"unit": p.unit, "person": p.person, "happened_at": min(at, now), "gate_answer": given, **_typed(p)}
            told["passage_result"] = passage_result(said, p.purpose, p.load, exposed=p.exposed, shown=p.shown)
            commands.append((i, Command(told=told, source_id=p.id)))
            answers.append(Answer(p.id, "new", said, at))
    known = scope.reaching("passages of travellers who live elsewhere")
    for (i, _), outcome in zip(commands, ledgers.save(known, LEDGER, [c for _, c in commands], sender=SENDER), strict=True):
        if outcome.kind == "rejected":
            answers[i] = Answer(passed[i].id, "invalid", problem=outcome.problems[0])
    _hand_over([p for p, a in zip(passed, answers, strict=True) if a.kind == "new" and a.answer == "hand_over"], units, now)
    return answers


def _wrong(p: Passed, units: dict[UUID, Any], skew: timedelta | None, now: datetime) -> Problem | None:
    if not p.id:
        return Problem("passage-id-missing", "id")
    if p.unit not in units:
        return Problem("not-found-or-out-of-area", "unit")
    if skew is None:
        return Problem("clock-too-far", "sent_at", p.at.isoformat())
    if p.at + skew > now + AHEAD:
        return Problem("done-in-the-future", "at", p.at.isoformat())
    if p.at + skew < now - OLDEST:
        return Problem("passage-too-old", "at", p.at.isoformat())
    for name, value in (("gate-purpose", p.purpose), ("vehicle-load", p.load)):
        if value is not None and value not in code_list(name):
            return Problem("bad-value", name, value[:40])
    if p.temperature is not None and not 30 <= p.temperature <= 45:
        return Problem("bad-value", "temperature", str(p.temperature))
    return Problem("bad-value", "plate", p.plate[:12]) if len(p.plate) > 12 or "\0" in p.plate else None


def _typed(p: Passed) -> dict[str, Any]:
    """What was told, as a command tells it."""
    return {
        "gate_purpose": p.purpose, "temperature": p.temperature, "vehicle_plate": p.plate or None, "vehicle_load": p.load, "disinfected": p.disinfected, "device_time": p.at,
    }  # fmt: skip


def _told(p: Passed) -> dict[str, Any]:
    """The same, as the ledger keeps it."""
    return {n: plain(v) for n, v in _typed(p).items() if v is not None}


def _hand_over(passed: Sequence[Passed], units: dict[UUID, Any], now: datetime) -> None:
    """Who is bound by an order goes to the area that answers for it. The machine sends: that area lies where this post may not look."""
    homes = persons.areas_of(p.person for p in passed if p.person is not None)
    new = [
        movement.NewHandover(key=f"{SENDER}:{p.id}", area_id=p.order[1] if p.order else homes[p.person].pk, disease=p.order[0] if p.order else "", sent_at=now, person=p.person, from_area_id=units[p.unit].area_id, kind="area")
        for p in passed
        if p.person in homes and p.order
    ]  # fmt: skip
    if new:
        movement.send(Scope.system("handed over at a gateway"), new, sender=SENDER)
