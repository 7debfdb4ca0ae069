"""A gateway has compared a traveller's declaration with a document: it becomes the person's journey, once for each person and trip.

The person is the one whose identity number it is; where the register has none, the traveller is new to it. A telephone alone makes nobody the same person.
A second gateway that confirms the same words changes nothing; a correction that is confirmed brings the same journey up to date.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.movement import actions as movement
from sizao.registers.movement import declaring
from sizao.registers.movement import read as journeys
from sizao.registers.population import actions as population
from sizao.registers.population import read as persons
from sizao.registers.population.actions import PersonData

from .outcome import Outcome

SENDER = "declaration"
#: Two arrivals of one person within so many days are told of one trip.
SAME_TRIP_DAYS = 3


@transaction.atomic
def confirm(scope: Scope, declaration: UUID, version: int, at: datetime | None = None) -> Outcome:
    """The document was compared at `at` (default now). new or updated: the journey as it is now; identical: it was confirmed so before.

    Refused: not-allowed, receipt-unknown, declaration-changed, contradicts-itself.
    """
    row, said = declaring.to_confirm(scope, declaration, version)
    if row.journey_id is not None and row.confirmed_version == row.version:
        declaring.confirmed(scope, row, row.journey_id)
        return Outcome("identical", row.journey_id)
    with connection.cursor() as cursor:  # two gateways at once make one person and one journey
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('declaration'), hashtext(%s))", [bytes(row.document).hex()])
    machine = Scope.system("declaration confirmed")  # the traveller goes to another area than the gateway's own
    person = _person(machine, said, row.area, row.made_at)
    [outcome] = movement.save_journeys(machine, [_command(row, said, person, at or clock.now())], sender=SENDER)
    if outcome.record is None or outcome.kind == "rejected":
        problem = outcome.problems[0]
        raise Refused(problem.code, field=problem.field, value=problem.value, expected="")
    declaring.confirmed(scope, row, outcome.record)
    return Outcome(outcome.kind, outcome.record, person)


def _person(scope: Scope, said: Any, area: Area, known: datetime) -> UUID:
    number = said["document_number"]
    held = persons.by_document_anywhere([number]).get(number)
    if held is not None:
        return held
    data = PersonData(area.pk, said["traveller_name"], national_id=number, phone=said["contact_phone"], address=said.get("stays_where", ""))
    [made] = population.add_persons(scope, [data], known=[known], sender=SENDER)
    return made


def _command(row: Any, said: Any, person: UUID, at: datetime) -> Command:
    """The journey's row: the one that this declaration is, else the same person's of these days, else a new one."""
    held = row.journey_id or journeys.journey_of_trip(person, row.arrives_on, SAME_TRIP_DAYS)
    left = said.get("left_origin_on")
    told: dict[str, Any] = {
        "origin": journeys.origin_of(said["came_from_area"]), "arrived_on": row.arrives_on, "left_on": date.fromisoformat(left) if left else None, "employed": said.get("has_employer"),
        "declared_at": row.made_at, "scanned_at": at, "located_at": at,
    }  # fmt: skip
    if held is not None:
        standing = journeys.steps_of(held)
        return Command(told={k: v for k, v in told.items() if not (k in ("declared_at", "scanned_at", "located_at") and standing[k])}, record=held)
    return Command(told={**told, "person": person, "area": row.area_id, "kind": "arrival", "known_at": row.made_at}, source_id=str(row.pk))
