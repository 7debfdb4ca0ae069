"""A unit gives notice that it works again: from when, how many are back, how much comes out, and what keeps it, each obstacle a ticket that somebody must solve.

A notice, not an application: nobody's leave is asked, and what is missing is somebody's to bring.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope
from sizao.registers.command import actions as command
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers import read as units
from sizao.registers.ledgers.catalogue import ledger

LEDGER = "resumption"
#: What may keep a unit, by the topic of its ticket: people, inputs, goods, money, permits; and the code of the ledger's main obstacle.
OBSTACLES = {"staff_return": "staff", "inputs": "materials", "goods_out": "transport", "money": "money", "permit": "permit", "supplies": "protection"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice. `key` is made by the form: sent twice it is one. `obstacles`: (topic of `OBSTACLES`, in words)."""

    key: str
    unit: UUID
    opens_on: date | None
    staff_back: Any
    output_share: Any
    obstacles: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What became of it: the ledger's line, the state of the place, and a ticket an obstacle, each with its outcome."""

    line: Outcome
    place: Outcome | None
    tickets: tuple[Outcome, ...]

    @property
    def problems(self) -> list[Problem]:
        """What was refused, if anything."""
        return [p for o in (self.line, self.place, *self.tickets) if o is not None and o.kind == "rejected" for p in o.problems]


class _Back(Exception):
    """Nothing of a notice is written when one part of it is refused."""


def tell(scope: Scope, notice: Notice) -> Told:
    """Writes all of it or nothing. Refused: not-found-or-out-of-area (no such unit here, or not of a kind that gives notice)."""
    one = ledger(LEDGER)
    unit = units.units(scope, "ledger.write").filter(pk=notice.unit).first()
    if unit is None or (one.kinds and unit.kind not in one.kinds):
        raise Refused("not-found-or-out-of-area")
    told: Told | None = None
    try:
        with transaction.atomic():
            told = _write(scope, notice, unit)
            if told.problems:
                raise _Back
    except _Back:
        pass
    assert told is not None
    return told


def _write(scope: Scope, notice: Notice, unit: Any) -> Told:
    sender, now = f"post:{scope.post_id}", clock.now()
    first = next((OBSTACLES[topic] for topic, words in notice.obstacles if words.strip() and topic in OBSTACLES), "none")
    told = {"unit": unit.pk, "staff_back": notice.staff_back, "output_share": notice.output_share, "resumption_obstacle": first}
    [line] = ledgers.save(scope, LEDGER, [Command(told=told, source_id=notice.key)], sender=sender)
    place = None
    if notice.opens_on is not None:
        state = {"unit": unit.pk, "place_state": "open", "starts_on": notice.opens_on.isoformat(), "happened_at": now}
        [place] = ledgers.save(scope, "place_state", [Command(told=state, source_id=notice.key)], sender=sender)
    commands = [
        Command(told={"kind": "blocker", "topic": topic, "area": unit.area_id, "unit": unit.pk, "what": words.strip()[:1000], "raised_at": now}, source_id=f"{notice.key}/{topic}")
        for topic, words in notice.obstacles
        if words.strip()
    ]
    made = _new_only(scope, commands)
    done = command.save_tickets(scope, made, sender=sender) if made else []
    return Told(line, place, tuple(done))


def _new_only(scope: Scope, commands: list[Command]) -> list[Command]:
    """Tickets that this very form has not raised yet: sent twice, each is raised once, whatever was done about it since."""
    from sizao.registers.command import read

    held = read.tickets_of(f"post:{scope.post_id}", [c.source_id for c in commands]) if commands else {}
    return [c for c in commands if c.source_id not in held]
