"""What people and machines tell of symptoms, signals and report cards. A batch in, one transaction, one outcome a command."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sizao.kernel import clock, registry, saving
from sizao.kernel.acts import NewAct
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope

from . import rules
from .models import CaseCard, Signal, SymptomLine

#: (act, column of its time, column of its outcome)
LINE = (("symptom.found", "found_at", "channel"), ("symptom.referred", "referred_at", ""), ("symptom.arrived", "arrived_at", ""), ("symptom.closed", "closed_at", "outcome"))
SIGNAL = (("signal.raised", "raised_at", "kind"), ("signal.judged", "judged_at", "judgement"), ("signal.acted", "acted_at", "action"))
CARD = (("card.received", "received_at", ""), ("card.reviewed", "reviewed_at", "outcome"))


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
        yield from rules.whole(row, "outcome", "closed_at")
        yield from rules.not_ahead(row, ("found_at", "referred_at", "arrived_at", "closed_at"), clock.now())
        yield from rules.in_order(row, "found_at", "closed_at")
        yield from rules.in_order(row, "referred_at", "arrived_at")
        yield from rules.temperature_possible(row)

    told = [_closing(c, "outcome", "closed_at") for c in commands]
    return saving.save(scope, _register(SymptomLine), told, sender=sender, batch=batch, acts=_steps(LINE), check=check, finish=_stand("found_at"))


def save_signals(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Signals raised, judged, answered. A judgement without a time is of now."""

    def check(row: Any) -> Iterable[Problem]:
        yield from rules.whole(row, "judgement", "judged_at")
        yield from rules.whole(row, "action", "acted_at")
        yield from rules.not_ahead(row, ("raised_at", "judged_at", "acted_at"), clock.now())
        yield from rules.in_order(row, "raised_at", "judged_at")

    told = [_closing(_closing(c, "judgement", "judged_at"), "action", "acted_at") for c in commands]
    return saving.save(scope, _register(Signal), told, sender=sender, batch=batch, acts=_steps(SIGNAL), check=check, finish=_stand("raised_at"))


def save_cards(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Report cards received and reviewed."""

    def check(row: Any) -> Iterable[Problem]:
        yield from rules.whole(row, "outcome", "reviewed_at")
        yield from rules.not_ahead(row, ("received_at", "reviewed_at", "diagnosed_at"), clock.now())
        yield from rules.in_order(row, "received_at", "reviewed_at")

    told = [_closing(c, "outcome", "reviewed_at") for c in commands]
    return saving.save(scope, _register(CaseCard), told, sender=sender, batch=batch, acts=_steps(CARD), check=check, finish=_stand("received_at"))


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


def _register(model: Any) -> registry.Register:
    found = registry.of_model(model)
    assert found is not None
    return found


def _closing(c: Command, word: str, at: str) -> Command:
    """A word that closes something without its time is said now; a word that is taken away takes its time with it."""
    if c.told.get(word) and not c.told.get(at) and not c.record:
        return replace(c, told={**c.told, at: clock.now()})
    if c.told.get(word) and at not in c.told:
        return replace(c, told={**c.told, at: clock.now()})
    return replace(c, cleared=c.cleared | {at}) if word in c.cleared else c


def _stand(first: str) -> saving.Finish:
    """A new row stands in the world, and was known, from its own first time."""

    def finish(works: Sequence[saving.Work]) -> None:
        for w in works:
            if w.new and (at := getattr(w.row, first)) is not None:
                w.row.known_from = w.row.stands_from = at

    return finish


def _steps(steps: tuple[tuple[str, str, str], ...]) -> Callable[..., Iterable[NewAct]]:
    """An act for each step whose time is new, or whose word changed."""

    def acts(row: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        for kind, at, word in steps:
            happened = getattr(row, at)
            if happened is not None and (before is None or at in changed or (word and word in changed)):
                outcome = getattr(row, word) if word else None
                yield NewAct(kind, row.pk, happened, getattr(row, "person_id", None), row.area_id, row.disease, outcome=outcome, record=row.pk)

    return acts
