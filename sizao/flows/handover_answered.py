"""A hand-over is answered. What is accepted moves custody: from that instant the receiving area owes, and the sender no longer does. Any other answer,
and silence, leave everybody where he was."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.cases import numbers as case_numbers
from sizao.registers.movement import actions as movement

from .outcome import Outcome

ACCEPTED = "accepted"


@transaction.atomic
def answer(scope: Scope, handover: UUID, said: str, at: datetime, *, reason: str = "", by: str = "", over_recall: bool = False) -> Outcome:
    """Records the answer; with `accepted` the person's open contacts from the sending area stand in the receiving one from `at` on.

    identical when it was answered so before. Refused not-found-or-out-of-area where this scope does not answer for the receiving area; bad-value when
    another answer was given;  `by`: the post that answers, in words, where it is not this scope's own.
    """
    if said not in code_list("handover-answer"):
        raise Refused("bad-value", field={"zh": "答复", "en": "answer"}, value=said, expected=", ".join(code_list("handover-answer")))
    row = movement.to_be_answered(scope, handover)
    if not movement.answer(scope, handover, said, at, reason=reason, by=by, over_recall=over_recall):
        return Outcome("identical", handover, row.person_id)
    if said == ACCEPTED and row.person_id is not None:
        held = case_numbers.open_contacts(row.person_id, row.disease, row.from_area.path if row.from_area else None)
        cases.correct_contacts(scope, {contact: {"area_id": row.area_id} for contact in held}, stands_from=at)
    return Outcome("updated", handover, row.person_id)
