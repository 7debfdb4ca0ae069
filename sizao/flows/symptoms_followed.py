"""A line of the symptom ledger goes its way. Closed as a suspected or confirmed case it is the report of that case: the case and its report card are
written here, and nobody types them again."""

from collections.abc import Sequence

from django.db import transaction

from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.cases import numbers as case_numbers
from sizao.registers.surveillance import actions as surveillance

from .outcome import Outcome

#: Outcomes of a line that are cases. The plan's measures ask of every line for its outcome, and of every case for all that follows.
A_CASE = ("suspected", "confirmed")
#: A line that names no disease opens a case of none that is named.
NO_DISEASE = "unspecified"
SENDER = "symptom"


@transaction.atomic
def save_lines(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """The register's verb, and a case for each line that it closes as one, unless the person is a case of that disease already."""
    outcomes = surveillance.save_lines(scope, commands, sender=sender, batch=batch)
    closed = {o.record for o, c in zip(outcomes, commands, strict=True) if o.kind in ("new", "updated") and c.told.get("outcome") in A_CASE and o.record}
    if not closed:
        return outcomes
    lines = {(line.person_id, line.disease or NO_DISEASE): line for line in surveillance.lines_by_id(closed) if line.outcome in A_CASE}
    held = case_numbers.are_cases(lines)
    fresh = {who: line for who, line in lines.items() if who not in held}
    new = [
        cases.New(person, SENDER, str(line.pk), line.closed_at, {
            "area_id": line.area_id, "disease": disease, "classification": line.outcome, "first_care_at": line.arrived_at, "reported_at": line.closed_at,
            "confirmed_at": line.closed_at if line.outcome == "confirmed" else None,
        })
        for (person, disease), line in fresh.items()
    ]  # fmt: skip
    made = cases.add_cases(scope, new, batch=batch)
    surveillance.add_cards(
        scope,
        [surveillance.NewCard(case, n.person, line.area_id, n.told["disease"], line.closed_at, n.told["confirmed_at"], line.to_unit_id) for case, n, line in zip(made, new, fresh.values(), strict=True)],
        batch=batch,
    )  # fmt: skip
    return outcomes
