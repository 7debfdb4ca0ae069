"""Tubes are sent to a laboratory: what it said it can do a day stands against what it has, before the courier leaves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Problem
from sizao.kernel.scope import Scope
from sizao.registers.laboratory import board, custody, holds
from sizao.registers.laboratory import read as laboratory
from sizao.registers.laboratory.board import Load
from sizao.registers.laboratory.custody import HandOver
from sizao.registers.laboratory.holds import NewHold
from sizao.registers.laboratory.models import Laboratory
from sizao.registers.ledgers import read as ledgers

from .outcome import Outcome


@dataclass(frozen=True, slots=True)
class Room:
    """What a laboratory promised for a day and what it has. `promised` None: nobody has told, which is a hole and no limit. In tubes."""

    load: Load
    promised: int | None
    pool: int | None

    @property
    def taken(self) -> int:
        """What it got that day, or has still to work off: the larger."""
        return max(self.load.sent, self.load.underway)

    @property
    def left(self) -> int | None:
        return None if self.promised is None else max(0, self.promised - self.taken)


def rooms(day: date, of: Iterable[Laboratory]) -> list[Room]:
    """Each laboratory with its promise in force that day and its load. Six statements. No person stands in it, so it asks for no area."""
    some = list(of)
    system = Scope.system("capacity of laboratories")
    until = max((clock.end_of_day(day, lab.area.zone) for lab in some), default=clock.now())
    lines = ledgers.entries(system, "lab_capacity").filter(unit__in=[lab.unit_id for lab in some if lab.unit_id], happened_at__lte=until).order_by("unit", "-happened_at", "-pk").distinct("unit")
    said = {line.unit_id: line.values for line in lines}
    loads = board.load(day, some)
    found = []
    for lab in some:
        values = said.get(lab.unit_id, {})
        promised, pool = values.get("lab_samples_per_day"), values.get("lab_pool_size")
        found.append(Room(loads[lab.pk], None if promised is None else int(promised), None if pool is None else int(pool)))
    return found


def choices() -> list[Laboratory]:
    """The laboratories in use, wherever they are: where tubes may be sent."""
    return list(laboratory.laboratories(Scope.system("choice of laboratories")).exclude(in_use=False).order_by("name", "pk")[:500])


@transaction.atomic
def send(scope: Scope, told: HandOver, *, anyway: str = "") -> dict[str, Outcome]:
    """As `custody.hand_over`. Handed to a laboratory beyond what it has room for that day: rejected lab-over-capacity, all of them; with a reason (`anyway`) they go,
    and the laboratory is held for somebody to look at. Refused not-found-or-out-of-area where there is no such laboratory."""
    over = None
    if told.laboratory is not None and told.step == "handed":
        lab = next((one for one in choices() if one.pk == told.laboratory), None)
        if lab is None:
            raise Refused("not-found-or-out-of-area")
        [room] = rooms(clock.local_day(told.at, lab.area.zone), [lab])
        new = len(told.tubes) - laboratory.sent_already(told.tubes, lab.pk)
        if room.left is not None and new > room.left:
            over = (lab, room.left, new)
    if over is not None and not anyway.strip():
        return {code: Outcome("rejected", problems=(Problem("lab-over-capacity", "laboratory", f"{over[2]} > {over[1]}"),)) for code in told.tubes}
    done = custody.hand_over(scope, told)
    if over is not None and any(o.kind == "new" for o in done.values()):
        said = {"sent": over[2], "left": over[1], "because": anyway.strip()[:200], "at": told.at.isoformat()}
        holds.put(scope, [NewHold("over_capacity", over[0].area_id, None, over[0].pk, said)])
    return done

