"""Registers whose rows go step by step: raised, answered, verified; sent, passed, received. Each step is a time in the row, and an act when it is told.

    TICKET = Story("raised_at", (Step("ticket.raised", "raised_at", "kind"), Step("ticket.answered", "answered_at", "answer", told=True), …))
    steps.save(scope, Ticket, TICKET, commands, sender=sender)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from . import clock, registry, saving
from .acts import NewAct
from .outcome import Command, Outcome, Problem
from .scope import Scope

#: A phone's clock may run a little fast.
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a row.

    Attributes:
        act: The kind of act that it is.
        at: The column of its time.
        word: The column of its outcome, a code; another word is another act.
        number: The column of its number.
        subject: The column of what the act is about; "id" is the row. Empty there: no act.
        other: The column of a second row that it names.
        told: The step is told by its word: the word without a time is said now, and goes with its time.
        only: Column → values for which the step is this act: one kind of text is a bulletin, another a plan.
    """

    act: str
    at: str
    word: str = ""
    number: str = ""
    subject: str = "id"
    other: str = ""
    told: bool = False
    only: tuple[str, tuple[str, ...]] | None = None

    def of(self, row: Any) -> UUID | None:
        """What the act is about; None where there is none."""
        return row.pk if self.subject == "id" else getattr(row, f"{self.subject}_id", None) or getattr(row, self.subject, None)


@dataclass(frozen=True, slots=True)
class Story:
    """The steps of a register, the first first.

    Attributes:
        first: The column from which a row was known and stands.
        state: Columns that say how it stands now: when one changes, the new version stands from then on, and the old one is history. A change of any
            other column is a correction, which stands from where the row stood.
        since: The column that says from when the state stands, or for each column of the state those that say it, the first told of which counts; where
            none is told, now.
        order: Columns of time of which none is before the one before it.
    """

    first: str
    steps: tuple[Step, ...]
    state: tuple[str, ...] = ()
    since: str | Mapping[str, tuple[str, ...]] = ""
    order: tuple[str, ...] = ()


def save(
    scope: Scope, model: Any, story: Story, commands: Sequence[Command], *, sender: str, batch: int | None = None,
    check: saving.Check | None = None, finish: saving.Finish | None = None, also: saving.Acts | None = None,
) -> list[Outcome]:  # fmt: skip
    """Rows of such a register, new or brought up to date; each step that is new is an act.

    Rejected beside what `saving.save` rejects: check-in-the-future, contradicts-itself (a step before the one before it), value-missing (a word without its time).
    """

    now = clock.now()
    words = [(step.word, step.at) for step in story.steps if step.told and step.word]
    times = tuple(dict.fromkeys(step.at for step in story.steps))

    def checked(row: Any) -> Iterable[Problem]:
        for word, at in words:
            yield from whole(row, word, at)
        yield from not_ahead(row, times, now)
        for first, then in zip(story.order, story.order[1:], strict=False):
            yield from in_order(row, first, then)
        yield from check(row) if check is not None else ()

    def finished(works: Sequence[saving.Work]) -> None:
        stand(story, works)
        if finish is not None:
            finish(works)

    def told(row: Any, before: dict[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        yield from acts(story.steps)(row, before, changed)
        yield from also(row, before, changed) if also is not None else ()

    meant = list(commands)
    for word, at in words:
        meant = [closing(c, word, at) for c in meant]
    return saving.save(scope, register(model), meant, sender=sender, batch=batch, acts=told, check=checked, finish=finished)


def register(model: Any) -> registry.Register:
    """The register of a model."""
    found = registry.of_model(model)
    assert found is not None
    return found


def stand(story: Story, works: Sequence[saving.Work]) -> None:
    """From when each row stands: a new one from its own first time; a changed state from when it changed."""
    now, state = clock.now(), set(story.state)
    for w in works:
        row, at = w.row, getattr(w.row, story.first)
        if w.new:
            row.known_from = row.stands_from = min(at, now) if at is not None else row.known_from
        elif w.changed & state:
            row.stands_from = since(story, row, w.changed & state, w.changed) or now
            w.columns.add("stands_from")


def since(story: Story, row: Any, states: Iterable[str], changed: Set[str]) -> datetime | None:
    """From when a changed state stands by what was told with it: of several changes the last, for before it the row was not yet so. None where nothing tells."""
    found = []
    for state in states:
        names = (story.since,) if isinstance(story.since, str) else story.since.get(state, ())
        found.append(next((at for name in names if name in changed and (at := getattr(row, name)) is not None), None))
    return None if None in found else max(at for at in found if at is not None)


def acts(steps: Sequence[Step]) -> Callable[..., Iterable[NewAct]]:
    """An act for each step whose time is new, or whose word changed."""

    def found(row: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        for step in steps:
            happened, subject = getattr(row, step.at), step.of(row)
            if happened is None or subject is None or (step.only and getattr(row, step.only[0]) not in step.only[1]):
                continue
            if before is None or step.at in changed or (step.word and step.word in changed):
                yield NewAct(
                    step.act, subject, happened, getattr(row, "person_id", None), row.area_id, getattr(row, "disease", None) or None,
                    outcome=getattr(row, step.word) or None if step.word else None, number=_number(getattr(row, step.number)) if step.number else None,
                    record=row.pk, other=getattr(row, f"{step.other}_id") if step.other else None,
                )  # fmt: skip

    return found


def closing(c: Command, word: str, at: str) -> Command:
    """A word that closes something without its time is said now; a word that is taken away takes its time with it."""
    if c.told.get(word) and not c.told.get(at) and (at not in c.told or not c.record):
        return replace(c, told={**c.told, at: clock.now()})
    return replace(c, cleared=c.cleared | {at}) if word in c.cleared else c


# -- what a row must keep: the values and the moment are arguments


def whole(row: Any, what: str, at: str) -> Iterable[Problem]:
    """A word and its time stand together or not at all."""
    if bool(getattr(row, what)) != bool(getattr(row, at)):
        yield Problem("value-missing", at if getattr(row, what) else what)


def not_ahead(row: Any, names: tuple[str, ...], now: datetime) -> Iterable[Problem]:
    """Nothing that is told has happened later than now."""
    for name in names:
        if (value := getattr(row, name)) is not None and value > now + AHEAD:
            yield Problem("check-in-the-future", name, value.isoformat())


def in_order(row: Any, first: str, then: str) -> Iterable[Problem]:
    """One time is not before another."""
    before, after = getattr(row, first), getattr(row, then)
    if before is not None and after is not None and after < before:
        yield Problem("contradicts-itself", then, after.isoformat())


def _number(value: Any) -> Decimal | float | int | None:
    return int(value) if isinstance(value, bool) else value
