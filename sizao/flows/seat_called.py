"""A test call (抽查电话): one press says whether the seat answered. Pressed twice within a minute it is one call."""

from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope, at_most_one
from sizao.registers.command import actions
from sizao.registers.command import read as command

RIGHT = "inspection.write"


@transaction.atomic
def called(scope: Scope, post: UUID, outcome: str) -> UUID:
    """Answered or not, now. Refused: not-allowed, not-found-or-out-of-area, bad-value."""
    seat = at_most_one(command.guard_posts(scope).filter(pk=post)[:1])
    scope.check(RIGHT, seat.area)
    if outcome not in code_list("call-outcome"):
        raise Refused("bad-value", field={"zh": "结果", "en": "result"}, value=outcome[:40], expected=", ".join(code_list("call-outcome")))
    now = clock.now()
    told = {"area": seat.area_id, "guard_post": seat.pk, "called_at": now.replace(second=0, microsecond=0), "outcome": outcome}
    [done] = actions.save_calls(scope, [Command(told=told, source_id=f"{seat.pk}/{now:%Y%m%dT%H%M}/{outcome}")], sender=f"post:{scope.post_id}")
    if done.kind == "rejected" or done.record is None:
        raise Refused(done.problems[0].code, field=done.problems[0].field, value=done.problems[0].value, expected="—")
    return done.record
