"""What somebody kept apart, or ill for long, asks for: one record, from which the duties of the plan follow.

The need is the record. Which tickets of the plan it is, and which help its settling is, stands beside its kind in the code list `care-need`; both are written from it here, so nobody
types a need twice, and settling it closes every duty that it opened. A ticket holds no name and no word of what was asked.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.care import needing
from sizao.registers.care.models import Need
from sizao.registers.command import actions as command
from sizao.registers.command import read as command_read
from sizao.registers.isolation import read as isolation
from sizao.registers.ledgers import actions as ledgers

#: Stays in which a need is one of somebody isolated at home.
HOME = ("home", "held")


@transaction.atomic
def ask(scope: Scope, person: UUID, home: Area, kind: str, what: str = "", *, by_self: bool = False, key: str = "") -> Need:
    """As `needing.ask`; and the tickets that it is. Sent twice with one key it is one need with one ticket of each kind."""
    row = needing.ask(scope, person, home, kind, what, by_self=by_self, key=key)
    told = {"topic": code_list("care-need")[row.kind].get("topic"), "area": row.area_id, "raised_at": row.asked_at, "due_at": row.meet_by}
    if row.taken_at is None:  # sent again after it was taken, nothing is told anew
        _save([Command(told=told | {"kind": ticket}, source_id=f"{row.pk}:{ticket}") for ticket in _tickets(row)])
    return row


@transaction.atomic
def take(scope: Scope, need: UUID) -> Need:
    """As `needing.take`; its tickets are assigned."""
    row = needing.take(scope, need)
    _step(row, {"acknowledged_at": row.taken_at, "assigned_at": row.taken_at})
    return row


@transaction.atomic
def settle(scope: Scope, need: UUID, outcome: str) -> Need:
    """As `needing.settle`; its tickets are answered, and, where the need was met, confirmed: whoever settles it so says that the person has it. What was brought is help given, too."""
    row = needing.settle(scope, need, outcome)
    taken = {"acknowledged_at": row.taken_at, "assigned_at": row.taken_at}
    _step(row, taken | {"answered_at": row.met_at, "answer": code_list("care-need-outcome")[outcome]["zh"]} | ({"verified_at": row.met_at} if outcome == "met" else {}))
    help_kind = code_list("care-need")[row.kind].get("help")
    if outcome == "met" and help_kind and scope.can("ledger.write", row.area):
        _helped(scope, row, help_kind, row.met_at or row.asked_at)
    return row


def _tickets(row: Need) -> list[str]:
    """The kinds of ticket that this need is: that of its kind, and that of whoever is isolated at home."""
    own = code_list("care-need")[row.kind].get("ticket")
    apart = isolation.stays(Scope.system("needs of the isolated")).filter(person=row.person_id, ended_at=None, started_at__lte=row.asked_at, kind__in=HOME).exists()
    return [*([own] if own else []), *(["home_need"] if apart else [])]


def _step(row: Need, told: dict[str, Any]) -> None:
    known = command_read.tickets_of("needs", [f"{row.pk}:{kind}" for kind in code_list("ticket-kind")])
    _save([Command(told=told, record=pk, source_id=key) for key, pk in known.items()])


def _save(commands: list[Command]) -> None:
    for done in command.save_tickets(Scope.system("tickets of needs"), commands, sender="needs") if commands else ():
        if done.kind == "rejected":
            raise Refused(done.problems[0].code, field=done.problems[0].field, value=done.problems[0].value)


def _helped(scope: Scope, row: Need, help_kind: str, at: datetime) -> None:
    told = {"person": row.person_id, "help_kind": help_kind, "need_found": "none", "happened_at": at}
    [done] = ledgers.save(scope, "help_given", [Command(told=told, source_id=f"need:{row.pk}")], sender=f"post:{scope.post_id}")
    if done.kind == "rejected":
        raise Refused(done.problems[0].code, field=done.problems[0].field, value=done.problems[0].value)
