"""A signal judged and followed up by a person: the judgement with its reason; what was done, the case whose investigation goes on from it, and a ticket where somebody else has to act."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions as command
from sizao.registers.surveillance import actions as surveillance
from sizao.registers.surveillance import read

from .outcome import Outcome


@transaction.atomic
def judge(scope: Scope, signal: UUID, judgement: str, why: str, *, seen: int | None = None) -> Outcome:
    """Real, false, keep watching, or known already, with the reason. Judged once more it is another act. Refused: not-allowed, …out-of-area, bad-value, signal-without-reason, changed-meanwhile."""
    return _save(scope, signal, {"judgement": judgement, "why": why}, seen)


@transaction.atomic
def follow_up(
    scope: Scope, signal: UUID, action: str, done: str = "", *, case: UUID | None = None, ticket: str = "", due_at: datetime | None = None, seen: int | None = None
) -> Outcome:  # fmt: skip
    """What was done. `ticket`: what somebody else has to do, raised as a ticket of the signal's area with a time to be done by. Refused beside the above: value-missing (a ticket without `due_at`)."""
    row = read.access_signal_by_id(scope, signal)
    told: dict[str, Any] = {"action": action, "done": done, "about_case": case}
    if ticket and row.ticket_id is None:
        if due_at is None:
            raise Refused("value-missing", field="due_at", value="", expected="")
        new = Command(told={"kind": "directive", "area": row.area_id, "what": ticket, "raised_at": clock.now(), "due_at": due_at}, source_id=f"signal:{row.pk}")
        made = command.save_tickets(scope, [new], sender="signals")[0]
        if made.kind == "rejected":
            raise Refused(made.problems[0].code, field=made.problems[0].field, value=made.problems[0].value)
        told["ticket"] = made.record
    return _save(scope, signal, {k: v for k, v in told.items() if v not in (None, "")}, seen)


def _save(scope: Scope, signal: UUID, told: Mapping[str, Any], seen: int | None) -> Outcome:
    scope.check("signal.write", read.access_signal_by_id(scope, signal).area)
    done = surveillance.save_signals(scope, [Command(told=dict(told), record=signal, seen=seen)], sender=f"post:{scope.post_id}")[0]
    if done.kind == "rejected":
        raise Refused(done.problems[0].code, field=done.problems[0].field, value=done.problems[0].value)
    return done
