"""A person is admitted, moved, discharged: the bed, the stay, the course of the illness and, at the end, the case's outcome are told once, together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.codes import content_files
from sizao.kernel.errors import Refused
from sizao.kernel.marked import plain
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.care import actions as care
from sizao.registers.care import admitting, rules
from sizao.registers.care import read as wards
from sizao.registers.cases import actions as case_actions
from sizao.registers.cases import read as cases
from sizao.registers.isolation import actions as stays
from sizao.registers.isolation import ordering, orders, staying
from sizao.registers.isolation import read as isolation
from sizao.registers.isolation.rules import length
from sizao.registers.laboratory import read as laboratory

if TYPE_CHECKING:
    from sizao.registers.care.models import Admission

INFECTED = ("confirmed", "clinical", "asymptomatic")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion for discharge. `holds` None: nobody has answered it. `asked`: the doctor answers; else results do."""

    name: str
    zh: str
    en: str
    holds: bool | None
    asked: bool


@transaction.atomic
def admit(scope: Scope, person: UUID, unit: UUID, *, disease: str, bed_class: str, emergency: bool = False, referral: UUID | None = None) -> "Admission":
    """A bed, and where the person is from now on: under his order, if one binds that knows hospitals, else as a stay that binds nobody. Refused as `admitting.admit`."""
    if referral is not None:
        asked = wards.referrals(scope).filter(pk=referral, person=person, disease=disease).first()
        if asked is None:
            raise Refused("not-found-or-out-of-area")
    row = admitting.admit(scope, person, unit, disease=disease, bed_class=bed_class, emergency=emergency, referral=referral)
    _stay(scope, row)
    _placed(scope, row)
    return row


@transaction.atomic
def transfer(scope: Scope, admission: UUID, *, bed_class: str, unit: UUID | None = None, emergency: bool = False) -> "Admission":
    """Another class of bed, or another hospital; a severe patient in a bed for the severe is placed. Refused as `admitting.transfer`."""
    row = admitting.transfer(scope, admission, bed_class=bed_class, unit=unit, emergency=emergency)
    _placed(scope, row)
    return row


@transaction.atomic
def see(scope: Scope, admission: UUID, severity: str) -> None:
    """How ill a patient is, as seen now, with one tap; since when he is severe is counted from it. Refused: bad-value, not-found-or-out-of-area (no case of his here)."""
    row = admitting.open_admission(scope, admission)
    case = next((c for c in cases.cases_of(Scope.system("a patient's own case"), row.person_id) if c.disease == row.disease), None)
    if case is None:
        raise Refused("not-found-or-out-of-area")
    told = {"person": row.person_id, "about_case": case.pk, "area": row.area_id, "disease": row.disease, "unit": row.unit_id, "severity": severity, "seen_at": clock.now()}
    held = wards.courses(Scope.system("a patient's own course")).filter(about_case=case.pk).first()
    command = Command(told={k: v for k, v in told.items() if k in ("unit", "severity", "seen_at")}, record=held.pk) if held is not None else Command(told=told)
    [outcome] = care.save_courses(Scope.system("seen in the ward") if held is not None and not scope.can("care.write", held.area) else scope, [command], sender=f"post:{scope.post_id}")
    if outcome.kind == "rejected":
        raise Refused(outcome.problems[0].code, field=outcome.problems[0].field, value=outcome.problems[0].value)
    _placed(scope, row)


@cache
def _texts() -> list[tuple[str, Mapping[str, Any]]]:
    return sorted(((name, plain(text)) for name, text in content_files("discharge").items()), key=lambda t: str(t[1]["from"]))


def criteria(disease: str, at: datetime) -> tuple[str, Mapping[str, Any]] | None:
    """The criteria for discharge in force for a disease: (name of the text, the text); None where there is none: then the doctor decides alone."""
    found = [t for t in _texts() if t[1]["disease"] == disease and t[1]["from"] <= at.date()]
    return found[-1] if found else None


def judged(row: "Admission", at: datetime | None = None) -> list[Criterion]:
    """Each criterion as far as it is answered by results; what a doctor must say is open."""
    at = at or clock.now()
    text = criteria(row.disease, at)
    if text is None:
        return []
    results = laboratory.specimens(Scope.system("criteria for discharge")).filter(person=row.person_id, disease=row.disease, result__isnull=False, resulted_at__lte=at).values_list("sampled_at", "result")
    told = list(results)
    return [
        Criterion(name, c["zh"], c["en"], rules.negatives_in_a_row(told, int(c["negatives"]), length(c["apart"])) if "negatives" in c else None, "negatives" not in c)
        for name, c in text[1]["criteria"].items()
    ]


@transaction.atomic
def discharge(scope: Scope, admission: UUID, said: frozenset[str] = frozenset()) -> "Admission":
    """The doctor discharges: every criterion in force holds, by results or by his word (`said`). The bed and the stay end, the case has recovered, and is followed from now on.

    Refused: discharge-criterion (which are lacking), admission-over, not-found-or-out-of-area.
    """
    row, now = admitting.open_admission(scope, admission), clock.now()
    found = judged(row, now)
    lacking = [c for c in found if not (c.name in said if c.asked else c.holds)]
    if lacking:
        raise Refused("discharge-criterion", lacking={"zh": "；".join(c.zh for c in lacking), "en": "; ".join(c.en for c in lacking)})
    text = criteria(row.disease, now)
    done = admitting.leave(scope, row.pk, how="discharged", at=now, criteria={c.name: "doctor" if c.asked else "results" for c in found}, criteria_ref=text[0] if text else "")
    stays.end_stays(scope, [(row.person_id, row.disease, now)])
    mine = [c for c in cases.cases_of(Scope.system("a patient's own case"), row.person_id) if c.disease == row.disease and c.classification in INFECTED and c.outcome != "recovered"]
    case_actions.change_cases(scope, [case_actions.Change(c.pk, now, {"outcome": "recovered", "outcome_at": now}) for c in mine[:1]])
    machine = Scope.system("discharged by criteria")
    over = [
        o.pk for o in orders.orders_of(machine, [row.person_id]).get(row.person_id, [])
        if o.disease == row.disease and "confirmed_case" in orders.rule_of(o).body["evidence"] and staying.standing(o, now) in ("in_force", "ahead", "waiting")
    ]  # fmt: skip
    ordering.lift(machine, over, "result")  # the same criteria end isolation and treatment
    return done


def _stay(scope: Scope, row: "Admission") -> None:
    """Where he is: moved under the order that binds him, if it knows hospitals; else a stay without an order."""
    person = Scope.system("admitted to a hospital")
    for order in orders.orders_of(person, [row.person_id]).get(row.person_id, []):
        if order.disease == row.disease and "hospital" in orders.rule_of(order).body["kinds"] and staying.standing(order, row.admitted_at) == "in_force":
            held = isolation.stays(person).filter(order=order, ended_at=None).first()
            if held is None:
                staying.take_in(person, order.pk, kind="hospital", area=row.area, at=row.admitted_at)
            elif held.kind != "hospital" and row.admitted_at > held.started_at:
                staying.move(person, held.pk, kind="hospital", area=row.area, at=row.admitted_at)
            return
    stays.add_stays(scope, [stays.NewStay(row.person_id, row.area_id, row.disease, row.admitted_at, "hospital")], sender=f"post:{scope.post_id}")


def _placed(scope: Scope, row: "Admission") -> None:
    """A severe patient in a bed for the severe is placed: the clock of his transfer ends."""
    if row.bed_class not in admitting.FOR_SEVERE:
        return
    machine = Scope.system("placed in a bed for the severe")
    waiting = wards.courses(machine).filter(person=row.person_id, disease=row.disease, severe_at__isnull=False, placed_at=None)
    told = [Command(told={"placed_at": max(row.admitted_at, c.severe_at or row.admitted_at)}, record=c.pk) for c in waiting]
    care.save_courses(machine, told, sender=f"post:{scope.post_id}")


