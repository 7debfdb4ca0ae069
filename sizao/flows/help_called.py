"""Who could not do what was owed calls help: a need of the person, or a ticket of the area. The reason why it could not be done stays with the occasion, and is no word about the person."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions as command
from sizao.registers.command import read as command_read

RIGHT, SENDER = "check.write", "field"


def need_of(called: str) -> str:
    """The kind of need that a code of `help-called` is; "" where it is a ticket. Refused: bad-value."""
    known = code_list("help-called")
    if called not in known:
        raise Refused("bad-value", field="help", value=called[:40], expected=", ".join(known))
    return str(known[called].get("need") or "")


@transaction.atomic
def raise_ticket(scope: Scope, area: Area, called: str, *, key: str) -> UUID:
    """A ticket of the area that answers, without a name: who wrote it down sees people at their door and may raise no other kind. The same key again is the same ticket.

    Refused: not-allowed, not-found-or-out-of-area, bad-value.
    """
    scope.check(RIGHT, area)
    if need_of(called):
        raise Refused("bad-value", field="help", value=called, expected="ticket")
    kind, now = code_list("help-called")[called], clock.now()
    told = {
        "kind": kind["ticket"], "topic": kind["topic"], "area": area.pk, "what": kind["zh"], "raised_at": now, "due_at": now + timedelta(hours=int(kind["hours"])),
    }  # fmt: skip
    number = f"{scope.post_id}:{key}"
    if (held := command_read.tickets_of(SENDER, [number])):
        return held[number]
    [done] = command.save_tickets(scope.reaching("help called at a door"), [Command(told=told, source_id=number)], sender=SENDER)
    if done.kind == "rejected" or done.record is None:
        problem = done.problems[0]
        raise Refused(problem.code, field=problem.field, value=problem.value)
    return done.record
