"""A daily check is recorded: what was found, or why nobody could look. The evidence itself closes the duty; there is no "done" to press."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from django.db import connection, transaction

from sizao.kernel import acts, clock
from sizao.kernel.acts import NewAct
from sizao.kernel.models import Act
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.cases import read as cases
from sizao.registers.isolation import actions as isolation
from sizao.registers.surveillance import actions as surveillance

from .outcome import Outcome, Problem

CHECKED, NOT_CHECKED = ("ok", "symptoms"), ("not_found", "refused", "could_not")
AHEAD = timedelta(minutes=5)  # a phone's clock may run a little fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One visit or call. `key` is made once by who records it. `outcome` is a code of `check-outcome`, or of `attempt-reason` when nobody could look."""

    key: str
    contact: UUID
    happened_at: datetime
    outcome: str
    temperature: Decimal | None = None
    symptoms: tuple[str, ...] = ()


@transaction.atomic
def record_checks(scope: Scope, checks: Sequence[Check]) -> list[Outcome]:
    """One outcome a check, in order: new, identical (the key was sent before), or rejected with the reason."""
    scope.check("check.write")
    with connection.cursor() as cursor:  # a post's checks one after the other: a double tap finds what the first one wrote
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('check'), %s)", [scope.post_id or 0])
    known = cases.contacts_by_id(scope, {c.contact for c in checks}, "check.write")
    now = clock.now()
    sender = f"post:{scope.post_id}"
    outcomes: dict[int, Outcome] = {}
    good: dict[int, isolation.NewCheck] = {}
    tried: dict[int, NewAct] = {}
    for i, c in enumerate(checks):
        contact = known.get(c.contact)
        if contact is None:
            outcomes[i] = Outcome("rejected", problems=(Problem("not-found-or-out-of-area", "contact"),))
        elif c.happened_at > now + AHEAD:
            outcomes[i] = Outcome("rejected", problems=(Problem("check-in-the-future", "happened_at", c.happened_at.isoformat()),))
        elif c.temperature is not None and not 30 <= c.temperature <= 45:
            outcomes[i] = Outcome("rejected", problems=(Problem("temperature-impossible", "temperature", str(c.temperature)),))
        elif c.outcome in CHECKED:
            at = min(c.happened_at, now)
            good[i] = isolation.NewCheck(c.key, contact.person_id, contact.pk, contact.area_id, contact.disease, at, c.outcome, c.temperature, c.symptoms)
        elif c.outcome in NOT_CHECKED:
            mark = uuid5(contact.pk, f"{sender} {c.key}")
            tried[i] = NewAct("attempt", contact.pk, min(c.happened_at, now), contact.person_id, contact.area_id, contact.disease, outcome=c.outcome, record=mark)
        else:
            outcomes[i] = Outcome("rejected", problems=(Problem("check-outcome-unknown", "outcome", c.outcome),))
    made = isolation.add_checks(scope, list(good.values()), sender=sender)
    _follow_symptoms(scope, [c for c in good.values() if c.outcome == "symptoms" and c.key in made], sender)
    for i, check in good.items():
        outcomes[i] = Outcome("new" if check.key in made else "identical", made.get(check.key), check.person)
    held = dict(Act.objects.filter(kind="attempt", subject__in={a.subject for a in tried.values()}, record__in={a.record for a in tried.values()}).values_list("record", "id"))
    fresh = {a.record: a for a in tried.values() if a.record not in held}
    written = dict(zip(fresh, acts.record(scope, fresh.values()), strict=True))
    for i, attempt in tried.items():
        assert attempt.record
        outcomes[i] = Outcome("new", written[attempt.record], attempt.person) if attempt.record in written else Outcome("identical", held[attempt.record], attempt.person)
    return [outcomes[i] for i in range(len(checks))]


def _follow_symptoms(scope: Scope, checks: Sequence[isolation.NewCheck], sender: str) -> None:
    """Whoever has symptoms on a check has a line in the symptom ledger from then on, once as long as it is open: nobody writes it a second time."""
    held = surveillance.open_lines(c.person for c in checks) if checks else set()
    found = {c.person: c for c in reversed(checks) if c.person not in held}
    commands = [
        Command(source_id=f"check:{c.key}", told={
            "person": c.person, "area": c.area_id, "disease": c.disease, "channel": "monitoring", "found_at": c.happened_at, "symptoms": list(c.symptoms),
        } | ({"temperature": c.temperature} if c.temperature is not None else {}))
        for c in found.values()
    ]  # fmt: skip
    surveillance.save_lines(scope, commands, sender=sender)


@transaction.atomic
def take_back(scope: Scope, check: UUID) -> Outcome:
    """Takes back a check that this post recorded by mistake: an act of the same kind with the outcome `void` replaces it, and nothing is erased. A symptom
    line that began with it is closed as recorded by mistake."""
    scope.check("check.write")
    undone = isolation.void_check(scope, check)
    if undone:
        surveillance.withdraw_line(scope, f"check:{isolation.key_of_check(check)}", sender=f"post:{scope.post_id}")
    return Outcome("updated" if undone else "identical", check)
