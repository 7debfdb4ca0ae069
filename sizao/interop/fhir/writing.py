"""A case with its samples and results as a bundle, for whoever may read the case, for the purpose of the scope; the read is on record.

Without `names` it holds ids, codes, dates and areas. With them, and only where the post may see names there, also name, telephone, address, national id.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sizao.interop.exchange.codes import Codes, address
from sizao.interop.exchange.inbox import PERSON
from sizao.interop.models import SenderKey
from sizao.kernel import audit, clock
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.cases import read as cases
from sizao.registers.cases.models import Case
from sizao.registers.isolation import read as isolation
from sizao.registers.laboratory import read as laboratory
from sizao.registers.laboratory.models import Specimen
from sizao.registers.population import read as population
from sizao.registers.population.models import Person

from . import parts
from .reading import CLASS

#: Class of a case → Condition.verificationStatus.
VERIFICATION = {"confirmed": "confirmed", "asymptomatic": "confirmed", "clinical": "provisional", "suspected": "provisional", "ruled_out": "refuted"}
VERIFIED_BY, CLINICAL, OBSERVED, ACT = (f"http://terminology.hl7.org/CodeSystem/{n}" for n in ("condition-ver-status", "condition-clinical", "observation-category", "v3-ActCode"))
IDENTIFIERS = "http://terminology.hl7.org/CodeSystem/v2-0203"


def case_bundle(scope: Scope, case: UUID, *, names: bool = False) -> dict[str, Any]:
    """The bundle (type collection, R4B). Refused: not-allowed, not-found-or-out-of-area; with `names` where the post may not see them there: not-allowed."""
    row = cases.access_case_by_id(scope, case)
    person = population.access_person_by_id(scope, row.person_id)
    if names:
        scope.check("person.names", person.area)
    audit.write(scope, "fhir.case_told", [person.pk], names=names)
    codes = Codes()
    samples = list(laboratory.specimens(scope).filter(person=person.pk, disease=row.disease).order_by("sampled_at", "id"))
    stays = list(isolation.stays(scope).filter(person=person.pk, disease=row.disease, kind="hospital").order_by("started_at"))
    found = [_patient(scope, person, row, codes, names), _condition(row, codes), _location(row.area), _organisation(scope, row)]
    found += [_encounter(person.pk, s) for s in stays]
    for s in samples:
        found.append(_specimen(s, codes))
        if s.result is not None:
            found += [_observation(s, codes), _report(s, codes)]
    found += parts.of_person(person.pk, without={s.started_at for s in stays})
    return {
        "resourceType": "Bundle", "type": "collection", "timestamp": _instant(clock.now()), "identifier": {"system": "urn:sizao:case", "value": str(row.pk)},
        "entry": [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} if _is_uuid(r["id"]) else {"fullUrl": f"{r['resourceType']}/{r['id']}", "resource": r} for r in found],
    }  # fmt: skip


def _is_uuid(text: str) -> bool:
    return len(text) == 36


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _moment(at: datetime) -> str:
    return at.isoformat()


def _without(**told: Any) -> dict[str, Any]:
    """What is told; FHIR knows no empty values."""
    return {k.rstrip("_"): (v.isoformat() if isinstance(v, date) and not isinstance(v, datetime) else v) for k, v in told.items() if v not in (None, "", [], {})}


def _concept(codes: Codes, table: str, ours: str | None) -> dict[str, Any]:
    if ours is None or (told := codes.back(table, ours)) is None:
        return {}
    return {"coding": [{"system": address(told[0]), "code": told[1]}]}


def _patient(scope: Scope, person: Person, row: Case, codes: Codes, names: bool) -> dict[str, Any]:
    identifiers: list[dict[str, Any]] = [{"system": "urn:sizao:person", "value": str(person.pk)}]
    told: dict[str, Any] = {}
    if names:
        sealed = population.sealed_of(scope, person)
        number = SenderKey.objects.filter(kind=PERSON, person=person.pk).order_by("id").values_list("key", flat=True).first()
        if number and not number.startswith("id:"):
            space, _, value = number.rpartition(":")
            identifiers.insert(0, _without(system=space, value=value))
        if sealed.get("national_id"):
            identifiers.append({"type": {"coding": [{"system": IDENTIFIERS, "code": "NI"}]}, "value": sealed["national_id"]})
        told = _without(name=[{"text": person.name}] if person.name else None, telecom=[{"system": "phone", "value": sealed["phone"]}] if sealed.get("phone") else None)
        born: date | str | None = person.birth_date
    else:
        born = str(person.birth_date.year) if person.birth_date else None
    area = {"extension": [{"url": "urn:sizao:area", "valueString": person.area.code}]} | (_without(text=sealed.get("address")) if names else {})
    return (
        {"resourceType": "Patient", "id": str(person.pk), "identifier": identifiers, "address": [area]}
        | told
        | _without(gender=person.sex, birthDate=born or (str(person.birth_year) if person.birth_year else None))
        | (_without(deceasedDateTime=_moment(row.outcome_at)) if row.outcome == "died" and row.outcome_at else {"deceasedBoolean": True} if row.outcome == "died" else {})
    )


def _condition(row: Case, codes: Codes) -> dict[str, Any]:
    status = VERIFICATION.get(row.classification or "", "unconfirmed")
    closed = {"recovered": "resolved", "died": "inactive"}.get(row.outcome or "", "active")
    return {
        "resourceType": "Condition", "id": str(row.pk), "identifier": [{"system": f"urn:sizao:sender:{row.sender or 'own'}", "value": row.source_id or str(row.pk)}],
        "subject": {"reference": f"urn:uuid:{row.person_id}"}, "verificationStatus": {"coding": [{"system": VERIFIED_BY, "code": status}]}, "code": _concept(codes, "conditions", row.disease) or {"text": row.disease},
    } | ({"clinicalStatus": {"coding": [{"system": CLINICAL, "code": closed}]}}) | _without(
        category=[{"coding": [{"system": CLASS, "code": row.classification}]}] if row.classification else None, onsetDateTime=row.onset_on, recordedDate=_moment(row.reported_at) if row.reported_at else None
    )  # fmt: skip


def _location(area: Area) -> dict[str, Any]:
    return {"resourceType": "Location", "id": f"area-{area.pk}", "identifier": [{"system": "urn:sizao:area", "value": area.code}], "name": area.name_zh, "status": "active"} | _without(alias=[area.name_en] if area.name_en else None)


def _organisation(scope: Scope, row: Case) -> dict[str, Any]:
    """Who tells: the post of the scope, else the area's own office."""
    post = scope.post
    return {"resourceType": "Organization", "id": f"post-{post.pk}" if post else f"office-{row.area_id}", "name": post.title_zh if post else row.area.name_zh}


def _encounter(person: UUID, stay: Any) -> dict[str, Any]:
    period = {"start": _moment(stay.started_at)} | ({"end": _moment(stay.ended_at)} if getattr(stay, "ended_at", None) else {})
    return {
        "resourceType": "Encounter", "id": str(stay.pk), "status": "finished" if "end" in period else "in-progress", "class": {"system": ACT, "code": "IMP"},
        "subject": {"reference": f"urn:uuid:{person}"}, "period": period,
    }  # fmt: skip


def _specimen(s: Specimen, codes: Codes) -> dict[str, Any]:
    return {
        "resourceType": "Specimen", "id": str(s.pk), "identifier": [{"system": f"urn:sizao:sender:{s.sender or 'own'}", "value": s.source_id or str(s.pk)}],
        "subject": {"reference": f"urn:uuid:{s.person_id}"}, "collection": {"collectedDateTime": _moment(s.sampled_at)},
    } | _without(type=_concept(codes, "specimens", s.kind), receivedTime=_moment(s.received_at) if s.received_at else None)  # fmt: skip


def _observation(s: Specimen, codes: Codes) -> dict[str, Any]:
    test = codes.test_of(s.disease)
    code = {"coding": [{"system": address(test[0]), "code": test[1]}]} if test else {"text": s.disease}
    return {
        "resourceType": "Observation", "id": f"result-{s.pk}"[:64], "status": "final", "category": [{"coding": [{"system": OBSERVED, "code": "laboratory"}]}], "code": code,
        "subject": {"reference": f"urn:uuid:{s.person_id}"}, "specimen": {"reference": f"urn:uuid:{s.pk}"}, "effectiveDateTime": _moment(s.sampled_at), "valueCodeableConcept": _concept(codes, "results", s.result),
    } | _without(issued=_instant(s.resulted_at) if s.resulted_at else None)  # fmt: skip


def _report(s: Specimen, codes: Codes) -> dict[str, Any]:
    own = _observation(s, codes)
    return {
        "resourceType": "DiagnosticReport", "id": f"report-{s.pk}"[:64], "status": "final", "code": own["code"], "subject": own["subject"], "specimen": [own["specimen"]],
        "result": [{"reference": f"Observation/{own['id']}"}],
    } | ({"issued": own["issued"]} if "issued" in own else {})  # fmt: skip
