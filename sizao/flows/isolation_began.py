"""The isolation of a case began: where, and when. It records what is so; the order that a restriction needs is another story."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.scope import Scope
from sizao.registers.cases import read
from sizao.registers.isolation import actions

from .outcome import Outcome, Problem

AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Isolated:
    """The person of a case is isolated from an instant. `kind` is a code of `stay-kind`. Two with the same instant are one."""

    case: UUID
    started_at: datetime
    kind: str


@transaction.atomic
def record_isolations(scope: Scope, began: Sequence[Isolated]) -> list[Outcome]:
    """One outcome each, in order: new, identical, or rejected with the reason."""
    scope.check("stay.write")
    held = read.cases_by_id(scope, {b.case for b in began}, "stay.write")
    now, kinds = clock.now(), code_list("stay-kind")
    outcomes: list[Outcome] = []
    for b in began:
        case = held.get(b.case)
        if case is None:
            outcomes.append(Outcome("rejected", problems=(Problem("not-found-or-out-of-area", "case"),)))
        elif b.kind not in kinds:
            outcomes.append(Outcome("rejected", problems=(Problem("stay-kind-unknown", "kind", b.kind),)))
        elif b.started_at > now + AHEAD:
            outcomes.append(Outcome("rejected", problems=(Problem("done-in-the-future", "started_at", b.started_at.isoformat()),)))
        else:
            stay = actions.NewStay(case.person_id, case.area_id, case.disease, min(b.started_at, now), b.kind)
            made = actions.add_stays(scope, [stay], sender=f"post:{scope.post_id}")
            outcomes.append(Outcome("new" if made else "identical", made[0] if made else None, case.person_id))
    return outcomes
