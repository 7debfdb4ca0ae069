"""Follow-ups are told: a sender's list of what was found at each contact, or why nobody was found. Unlike a check on a phone it tells of the past.

A row that names no listed contact is kept with the import and reported; it is never joined by its date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from sizao.kernel import acts
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import code_list
from sizao.kernel.models import Act
from sizao.kernel.scope import Scope
from sizao.registers.cases import numbers as case_numbers
from sizao.registers.isolation import actions as isolation

from .outcome import Outcome, Problem

#: What was found, and why nobody was; a check taken back is told by nobody.
CHECKED = frozenset(code_list("check-outcome")) - {"void"}
NOT_CHECKED = frozenset(code_list("attempt-reason")) - {"void"}
#: A follow-up that was planned and not tried: no evidence of anything.
NOT_MADE = "not_made"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCheck:
    """One follow-up. `contact` is the sender's own number of the contact, or "". `outcome`: a code of `check-outcome`, of `attempt-reason`, or `NOT_MADE`."""

    sender: str
    source_id: str
    contact: str = ""
    happened_at: datetime | None = None
    outcome: str | None = None


@transaction.atomic
def tell(scope: Scope, told: Sequence[ToldCheck], *, batch: int | None = None) -> list[Outcome]:
    """One outcome a follow-up. New without a record: kept, but no check (`follow-up-unlinked`, `follow-up-without-date`, `follow-up-not-made`)."""
    scope.check("check.write")
    outcomes: dict[int, Outcome] = {}
    for sender in dict.fromkeys(t.sender for t in told):
        mine = [i for i, t in enumerate(told) if t.sender == sender]
        held = case_numbers.contacts_by_number(sender, {told[i].contact for i in mine if told[i].contact})
        seen: dict[int, isolation.NewCheck] = {}
        tried: dict[int, NewAct] = {}
        for i in mine:
            t, contact = told[i], held.get(told[i].contact)
            if contact is None:
                outcomes[i] = Outcome("new", problems=(Problem("follow-up-unlinked", "related_contact", t.contact),))
            elif t.outcome == NOT_MADE or t.outcome is None:
                outcomes[i] = Outcome("new", None, contact.person_id, (Problem("follow-up-not-made", "check"),))
            elif t.happened_at is None:
                outcomes[i] = Outcome("new", None, contact.person_id, (Problem("follow-up-without-date", "checked_at"),))
            elif t.outcome in CHECKED:
                seen[i] = isolation.NewCheck(t.source_id, contact.person_id, contact.pk, contact.area_id, contact.disease, t.happened_at, t.outcome)
            elif t.outcome in NOT_CHECKED:
                mark = uuid5(contact.pk, f"{sender} {t.source_id}")
                tried[i] = NewAct("attempt", contact.pk, t.happened_at, contact.person_id, contact.area_id, contact.disease, t.happened_at, outcome=t.outcome, record=mark)
            else:
                outcomes[i] = Outcome("rejected", problems=(Problem("check-outcome-unknown", "check", t.outcome),))
        made = isolation.add_checks(scope, list(seen.values()), sender=sender, batch=batch, reported=True)
        for i, check in seen.items():
            outcomes[i] = Outcome("new" if check.key in made else "identical", made.get(check.key), check.person)
        marks = {a.record for a in tried.values()}
        standing: dict[UUID | None, UUID] = dict(Act.objects.filter(kind="attempt", subject__in={a.subject for a in tried.values()}, record__in=marks).values_list("record", "id"))
        fresh = {a.record: a for a in tried.values() if a.record not in standing}
        acts.record(scope, fresh.values(), batch=batch)
        for i, attempt in tried.items():
            outcomes[i] = Outcome("new" if attempt.record in fresh else "identical", attempt.record, attempt.person)
    return [outcomes[i] for i in range(len(told))]
