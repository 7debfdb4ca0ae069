"""Cases are linked: a sender says who infected whom, by his own numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases

from .outcome import Outcome, Problem


@dataclass(frozen=True, slots=True)
class StatedLink:
    """`infector` infected `infectee`, both by the sender's numbers."""

    sender: str
    infectee: str
    infector: str


@transaction.atomic
def link(scope: Scope, stated: Sequence[StatedLink], *, batch: int | None = None) -> list[Outcome]:
    """One outcome a link: new or identical; rejected with `link-dangling` (a number that names no case) or `link-circular` (a case infected by itself)."""
    scope.check("case.write")
    outcomes: list[Outcome | None] = [None] * len(stated)
    for sender in dict.fromkeys(s.sender for s in stated):
        mine = [i for i, s in enumerate(stated) if s.sender == sender]
        held = cases.cases_named(sender, {n for i in mine for n in (stated[i].infectee, stated[i].infector)})
        pairs = []
        for i in mine:
            a, b = held.get(stated[i].infector), held.get(stated[i].infectee)
            if a is None or b is None:
                outcomes[i] = Outcome("rejected", problems=(Problem("link-dangling", "infector", stated[i].infector),))
            elif a.pk == b.pk:
                outcomes[i] = Outcome("rejected", problems=(Problem("link-circular", "infector", stated[i].infector),))
            else:
                pairs.append((i, a, b))
        new = cases.add_links(scope, [(a.pk, b.pk, b.disease) for _, a, b in pairs], sender=sender, known_from=clock.now(), batch=batch)
        for i, a, b in pairs:
            outcomes[i] = Outcome("new" if (a.pk, b.pk) in new else "identical", b.pk, b.person)
    return [o for o in outcomes if o is not None]
