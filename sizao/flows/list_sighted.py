"""A row that only one phone's list holds has turned up somewhere: that list is out. It becomes a finding, to be answered by who commands above the team that held it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock, seeing
from sizao.kernel.codes import threshold
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions as command
from sizao.registers.command import read

SENDER = "canary"


def owner(area: Area) -> Area:
    """Where it is answered: the nearest area above the one that held the list at which somebody commands; where nobody does, the area itself."""
    for one in seeing.who_can(area, ["command.write", "ticket.write"]):
        if one.held and one.area.pk != area.pk:
            return one.area
    return area


@transaction.atomic
def raise_finding(copy: UUID, area: Area, words: str) -> UUID:
    """One finding a copy and day, however often its row is met. `words` name neither the row nor a person. Due after `thresholds/list-sighted-hours.yaml`."""
    now = clock.now()
    day, number = clock.local_day(now, area.zone), _number(copy, now, area.zone)
    if held := read.tickets_of(SENDER, [number]):
        return held[number]
    due = now + timedelta(hours=int(threshold("list-sighted-hours", day)))
    told = {"kind": "finding", "topic": "privacy", "area": owner(area).pk, "what": words, "raised_at": now, "due_at": due}
    [done] = command.save_tickets(Scope.system("canary"), [Command(told=told, source_id=number)], sender=SENDER)
    assert done.record is not None, done.problems
    return done.record


def findings(heard: Mapping[UUID, tuple[datetime, str]]) -> dict[UUID, UUID]:
    """copy → its last finding, from when and in which zone its row was met."""
    numbers = {_number(copy, at, zone): copy for copy, (at, zone) in heard.items()}
    return {numbers[n]: ticket for n, ticket in read.tickets_of(SENDER, numbers).items()}


def _number(copy: UUID, at: datetime, zone: str) -> str:
    return f"{copy}/{clock.local_day(at, zone):%Y-%m-%d}"
