"""A case is investigated: somebody says when it was done and what was found. The investigation itself closes the duty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions, read

from .outcome import Outcome, Problem

AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Investigated:
    """One investigation of a case, done at an instant. Two with the same instant are one."""

    case: UUID
    happened_at: datetime
    findings: str = ""


@transaction.atomic
def record_investigations(scope: Scope, done: Sequence[Investigated]) -> list[Outcome]:
    """One outcome each, in order: new, identical, or rejected with the reason."""
    scope.check("case.write")
    held = read.cases_by_id(scope, {d.case for d in done}, "case.write")
    now = clock.now()
    outcomes: list[Outcome] = []
    for d in done:
        case = held.get(d.case)
        if case is None:
            outcomes.append(Outcome("rejected", problems=(Problem("not-found-or-out-of-area", "case"),)))
        elif d.happened_at > now + AHEAD:
            outcomes.append(Outcome("rejected", problems=(Problem("done-in-the-future", "happened_at", d.happened_at.isoformat()),)))
        else:
            made = actions.add_investigations(scope, [(case, min(d.happened_at, now), d.findings)], sender=f"post:{scope.post_id}")
            outcomes.append(Outcome("new" if made else "identical", made[0] if made else None, case.person_id))
    return outcomes
