"""What people and machines tell of symptoms, signals and report cards. A batch in, one transaction, one outcome a command."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sizao.kernel import clock, steps
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope
from sizao.kernel.steps import Step, Story

from . import rules
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
CARD = Story("received_at", (Step("card.received", "received_at"), Step("card.reviewed", "reviewed_at", "outcome", told=True)), order=("received_at", "reviewed_at"))


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


def save_lines(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Symptom lines, new or brought up to date; an outcome closes one. Each step is an act about the line."""

    def check(row: Any) -> Iterable[Problem]:
        yield from steps.in_order(row, "found_at", "closed_at")
        yield from steps.in_order(row, "referred_at", "arrived_at")
        yield from rules.temperature_possible(row)

    return steps.save(scope, SymptomLine, LINE, commands, sender=sender, batch=batch, check=check)


def save_signals(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Signals raised, judged, answered. A judgement without a time is of now."""
    return steps.save(scope, Signal, SIGNAL, commands, sender=sender, batch=batch)


def save_cards(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Report cards received and reviewed."""

    def check(row: Any) -> Iterable[Problem]:
        yield from steps.not_ahead(row, ("diagnosed_at",), clock.now())

    return steps.save(scope, CaseCard, CARD, commands, sender=sender, batch=batch, check=check)


def raise_signals(scope: Scope, new: Sequence[NewSignal], *, sender: str) -> list[Outcome]:
    """Signals of a machine; one that was raised before (same sender and key) changes nothing that a person has judged."""
    commands = []
    for s in new:
        told = {"area": s.area_id, "kind": s.kind, "raised_at": s.raised_at, "disease": s.disease, "observed": s.observed, "expected": s.expected, "what": s.what}
        told |= {"raised_by": "machine"} | ({"window_from": s.window[0], "window_to": s.window[1]} if s.window else {})
        commands.append(Command(told=told, source_id=s.key))
    held = set(Signal.objects.filter(sender=sender, source_id__in=[s.key for s in new]).values_list("source_id", flat=True))
    fresh = [c for c in commands if c.source_id not in held]
    made = dict(zip([c.source_id for c in fresh], save_signals(scope, fresh, sender=sender), strict=True))
    return [made.get(c.source_id, Outcome("identical")) for c in commands]
