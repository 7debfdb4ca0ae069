"""A case is reported by a form or a program: its report card is written with it, and not typed twice. A line list tells of the past and is no card."""

from collections.abc import Sequence

from django.db import transaction

from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.cases import read
from sizao.registers.surveillance import actions as surveillance

from .outcome import Outcome


@transaction.atomic
def save_cases(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """The register's verb. Outside an import each new case has its card, received when the case was reported; a day of confirmation that is told
    later goes onto a card that has none."""
    outcomes = cases.save_cases(scope, commands, sender=sender, batch=batch)
    if batch is not None:
        return outcomes
    new = {o.record for o in outcomes if o.kind == "new" and o.record}
    dated = {o.record for o, c in zip(outcomes, commands, strict=True) if o.kind == "updated" and o.record and c.told.get("confirmed_at")}
    rows = read.cases_by_id(scope, new | dated, "case.write") if new or dated else {}
    told = [surveillance.NewCard(c.pk, c.person_id, c.area_id, c.disease, c.reported_at or c.known_from, c.confirmed_at) for c in rows.values() if c.pk in new]
    surveillance.add_cards(scope, told)
    surveillance.date_cards(scope, {c.pk: c.confirmed_at for c in rows.values() if c.pk in dated and c.confirmed_at}, sender=sender)
    return outcomes
