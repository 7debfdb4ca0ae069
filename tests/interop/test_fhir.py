"""FHIR bundles: in with a reconciliation, out by permission, and what goes out comes in as the same."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizao.interop.exchange.problems import Fault
from sizao.interop.fhir import bundle, inbox, reading, writing
from sizao.interop.hl7 import er7, oru
from sizao.kernel.errors import Refused
from sizao.registers.cases.models import Case
from sizao.registers.laboratory.models import Specimen
from sizao.registers.population.models import Person

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LOINC, SCT = "http://loinc.org", "http://snomed.info/sct"


def concept(system, code):
    return {"coding": [{"system": system, "code": code}]}


def made(number="P1", *, result="260373001", status="final", taken="2026-11-20T08:00:00+08:00", issued="2026-11-21T08:00:00+08:00", kind="collection", name=None, **more):
    """A bundle of one patient with a case, a sample and its result."""
    patient = {
        "resourceType": "Patient", "id": "a", "identifier": [{"system": "urn:h", "value": number}, {"type": concept("http://terminology.hl7.org/CodeSystem/v2-0203", "NI"), "value": "110105194912310021"}],
        "name": [name or {"family": "张", "given": ["三"]}], "gender": "female", "birthDate": "1949-12-31", "telecom": [{"system": "phone", "value": "13800000001"}], "address": [{"city": "2号镇", "text": "1号"}],
    }  # fmt: skip
    subject = {"subject": {"reference": "Patient/a"}}
    condition = {
        "resourceType": "Condition", "id": "c", "identifier": [{"value": f"C-{number}"}], "code": concept("http://hl7.org/fhir/sid/icd-10", "U07.1"), "onsetDateTime": "2026-11-18", "recordedDate": "2026-11-20T09:00:00+08:00",
        "verificationStatus": concept("x", "confirmed"),
    } | subject  # fmt: skip
    specimen = {"resourceType": "Specimen", "id": "s", "identifier": [{"value": f"S-{number}"}], "type": concept(SCT, "258529004"), "collection": {"collectedDateTime": taken}, "receivedTime": taken} | subject
    observation = {
        "resourceType": "Observation", "id": "o", "status": status, "code": concept(LOINC, "94500-6"), "specimen": {"reference": "Specimen/s"}, "issued": issued, "valueCodeableConcept": concept(SCT, result),
    } | subject  # fmt: skip
    entries = [{"resource": r | more.get(r["resourceType"], {})} for r in (patient, condition, specimen, observation) if more.get(r["resourceType"]) != {"left": 1}]
    return {"resourceType": "Bundle", "type": kind, "id": f"b-{number}", "entry": entries}


def read(*told):
    data = told[0] if isinstance(told[0], bytes) else "\n".join(json.dumps(t) for t in told).encode()
    reader = reading.Reading("Asia/Shanghai", NOW)
    return [i for n, b in enumerate(bundle.bundles(data)) for i in reader.items(b, n + 1)]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (made(kind="history"), "fhir-type-other"), (made(result="1"), "hl7-result-unknown"), (made(taken="2027-01-01T00:00:00Z"), "hl7-time-ahead"), (made(issued="2026-11-19T00:00:00Z"), "hl7-result-before-sample"),
        (made(Patient={"birthDate": "x"}), "fhir-invalid"), (made(Patient={"identifier": [], "id": None}), "fhir-value-missing"), (made(Observation={"status": None}), "fhir-invalid"), ({"resourceType": "Patient"}, "fhir-no-bundle"),
        ({"resourceType": "Bundle", "type": "batch"}, "fhir-empty"), ({"resourceType": "Bundle", "type": "batch", "entry": []}, "fhir-value-missing"), ({"resourceType": "Bundle", "type": "batch", "entry": [7]}, "fhir-invalid"),
        (made(Observation={"code": concept(LOINC, "1-8")}, Condition={"code": concept(SCT, "1")}), "fhir-nothing-known"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_bundle_has_a_name_and_a_place(told, code):
    [item] = read(told)
    assert code in {f.code for f in item.faults}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "fhir-empty"), (json.dumps(made()).replace("1\\u53f7", "\xe9").encode("latin-1"), "fhir-encoding"), (b"<Bundle", "fhir-unreadable"), (b"<a/>", "fhir-invalid"),
        (b'<!DOCTYPE b [<!ENTITY e SYSTEM "file:///etc/passwd">]><Bundle xmlns="http://hl7.org/fhir"><id value="&e;"/></Bundle>', "fhir-doctype"),
    ],
)  # fmt: skip
def test_what_is_no_bundle_at_all_is_refused_whole(data, code):
    with pytest.raises(Fault, match=code):
        read(data)


@pytest.mark.parametrize("data", [b"{" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"a": NaN}', b"[1"])
def test_a_bomb_of_brackets_is_answered(data):
    [item] = read(data)
    assert item.faults[0].code in ("fhir-unreadable", "fhir-no-bundle")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8), st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_stands_in_a_resource_it_is_read_or_refused_by_name(odd, data):
    told = made()
    resource = data.draw(st.sampled_from(told["entry"]))["resource"]
    resource[data.draw(st.sampled_from(sorted(resource)))] = odd
    items = read(told)
    assert items and all(i.faults or i.results or i.case for i in items)


def test_others_bundles_are_answered(shared):
    found = {}
    for path in [*sorted((shared / "data/fhir").glob("*.[jx]*")), *sorted((shared / "data/hl7-fhir-pairs").glob("*.json"))]:
        try:
            found[path.name.removesuffix(".expected-fhir.json")] = [f.code for f in read(path.read_bytes())[0].faults]
        except Fault as wrong:
            found[path.name] = [wrong.code]
    unknown = {name: ["fhir-nothing-known"] for name in ("IZ_1_1.1_Admin_Child_Max_Message", "LAB-ORU-1", "LAB-ORU-2", "MDHHS-OML-O21-1", "ORU-R01-01", "VXU")}
    assert found == {"ObservationBundle.json": ["fhir-type-other"], "covid-vaccines-bundle.json": ["fhir-value-missing"], "eICR_COVID19_bundle.xml": [], "stu3_bundle.json": ["fhir-encoding"]} | unknown
    [item] = read((shared / "data/fhir/eICR_COVID19_bundle.xml").read_bytes())
    assert (item.person.name, item.person.number, item.person.sex, item.case.disease, "onset_on" in item.case.days) == ("Mon Mothma", "mrn-00884455", "female", "covid-19", True)


def test_a_message_and_the_bundle_that_another_converter_made_of_it_name_the_same_person(shared):
    compared = 0
    for path in sorted((shared / "data/hl7-fhir-pairs").glob("*.hl7")):
        [message] = er7.messages(path.read_bytes())
        ours = oru._Told(oru.Reading("Asia/Shanghai", NOW, production=False), message, reading.Item(1, "", "", "", ""))._person()
        [item] = read(path.with_name(f"{path.stem}.expected-fhir.json").read_bytes())
        theirs = item.person
        assert (ours.name, ours.number, ours.sex, ours.birth.day) == (theirs.name, theirs.number, theirs.sex, theirs.birth.day), path.name
        compared += 1
    assert compared == 6


@pytest.mark.django_db
def test_what_comes_in_goes_out_as_the_same_and_comes_in_again_as_the_same(county):
    hospital, desk = county.user("cdc"), county.user("desk")
    answered = inbox.receive(hospital, json.dumps(made()).encode(), sender="hospital:a")
    assert [answered.taken.count(k) for k in ("accepted", "updated", "duplicate", "rejected")] == [1, 0, 0, 0]
    again = inbox.receive(hospital, json.dumps(made()).encode(), sender="hospital:a")
    assert [again.taken.count(k) for k in ("accepted", "duplicate")] == [0, 1]
    [case] = Case.objects.all()
    told = writing.case_bundle(desk, case.pk, names=True)
    assert {e["resource"]["resourceType"] for e in told["entry"]} == {"Patient", "Condition", "Observation", "DiagnosticReport", "Specimen", "Location", "Organization"}
    [first], [second] = read(made()), read(told)
    assert second.faults == []
    for part in ("results", "case"):
        assert getattr(first, part) == getattr(second, part)
    a, b = first.person, second.person
    assert (a.name, a.number, a.space, a.sex, a.birth, a.national_id, a.phone, a.address) == (b.name, b.number, b.space, b.sex, b.birth, b.national_id, b.phone, b.address)
    assert b.area_code == Person.objects.get().area.code == "990001102"
    inbox.receive(hospital, json.dumps(told).encode(), sender="hospital:b")
    assert (Person.objects.count(), Specimen.objects.count()) == (1, 2)  # known by the national id; another sender's numbers are his own
    plain = json.dumps(writing.case_bundle(desk, case.pk), ensure_ascii=False)
    assert not any(secret in plain for secret in ("张三", "13800000001", "110105194912310021", "1949-12-31", "1号\""))
    with pytest.raises(Refused, match="not-allowed"):
        writing.case_bundle(county.user("sender"), case.pk, names=True)
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        writing.case_bundle(county.user("cdc", "990001101"), case.pk)


@pytest.mark.django_db
def test_a_patient_with_a_fault_leaves_the_others_of_the_batch(county):
    several = inbox.receive(county.user("cdc"), "\n".join(json.dumps(made(f"P{n}", result="1" if n == 1 else "260415000", Patient={"identifier": [{"value": f"P{n}"}]})) for n in range(3)).encode(), sender="hospital:a")
    assert [i.outcome for i in several.taken.items] == ["accepted", "rejected", "accepted"]
    told = several.as_bundle()["entry"]
    assert [e["response"]["status"][:3] for e in told] == ["201", "422", "201"]
    assert told[1]["response"]["outcome"]["issue"][0]["details"]["coding"] == [{"code": "hl7-result-unknown"}]
    assert (Case.objects.count(), Specimen.objects.count()) == (2, 2)


def beside(number="P1"):
    """The bundle of `made` with a visit to a clinic, the laboratory's report, the clinic and its ward."""
    told, subject = made(number), {"subject": {"reference": "Patient/a"}}
    system = [{"system": "urn:h"}]
    clinic = {"resourceType": "Organization", "id": "org", "identifier": [system[0] | {"value": "H-1"}], "name": "县医院", "type": [concept("http://terminology.hl7.org/CodeSystem/organization-type", "prov")]}
    ward = {"resourceType": "Location", "id": "loc", "identifier": [system[0] | {"value": "W-7"}], "name": "发热门诊", "status": "active", "managingOrganization": {"reference": "Organization/org"}}
    visit = {
        "resourceType": "Encounter", "id": "e", "identifier": [system[0] | {"value": f"E-{number}"}], "status": "finished", "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "period": {"start": "2026-11-19T09:00:00+08:00", "end": "2026-11-19T10:00:00+08:00"}, "serviceProvider": {"reference": "Organization/org"},
    } | subject  # fmt: skip
    report = {
        "resourceType": "DiagnosticReport", "id": "r", "identifier": [system[0] | {"value": f"R-{number}"}], "status": "final", "code": concept(LOINC, "94500-6"), "issued": "2026-11-21T08:00:00+08:00",
        "performer": [{"reference": "Organization/org"}], "conclusion": "张三阳性，家住1号", "conclusionCode": [concept(SCT, "260373001")],
    } | subject  # fmt: skip
    return told | {"entry": [*told["entry"], *({"resource": r} for r in (clinic, ward, visit, report))]}


@pytest.mark.django_db
def test_visits_reports_and_whom_they_name_are_kept_once_go_out_with_the_case_and_come_in_as_the_same(county):
    from sizao.interop.models import ToldResource

    hospital, desk = county.user("cdc"), county.user("desk")
    first = inbox.receive(hospital, json.dumps(beside()).encode(), sender="hospital:a")
    again = inbox.receive(hospital, json.dumps(beside() | {"id": "another"}).encode(), sender="hospital:a")
    assert [first.taken.count(k) for k in ("accepted", "updated", "duplicate", "rejected")] == [1, 0, 0, 0]
    assert len(again.taken.items) == sum(again.taken.count(k) for k in ("accepted", "updated", "duplicate", "rejected"))
    kept = [(r.kind, r.key, r.person_id is None) for r in ToldResource.objects.order_by("kind")]
    assert kept == [("DiagnosticReport", "urn:h|R-P1", False), ("Encounter", "urn:h|E-P1", False), ("Location", "urn:h|W-7", True), ("Organization", "urn:h|H-1", True)]
    assert "张三" not in json.dumps(list(ToldResource.objects.values_list("body", flat=True)), ensure_ascii=False)
    told = writing.case_bundle(desk, Case.objects.get().pk)
    [item] = read(told)
    assert item.faults == []
    assert "张三" not in json.dumps(told, ensure_ascii=False)
    [source], theirs = read(beside()), {(p.kind, p.key): p.body for p in item.parts}
    for part in source.parts:
        if part.kind != "Location":  # nothing of the person names it
            assert theirs[part.kind, part.key] == part.body, part.kind
    assert theirs["Encounter", "urn:h|E-P1"]["serviceProvider"] == ["urn:h|H-1"]


@pytest.mark.django_db
def test_two_bundles_that_use_one_id_keep_two_visits(county):
    from sizao.interop.models import ToldResource

    for number in ("P1", "P2"):
        told = beside(number)
        for entry in told["entry"]:
            if entry["resource"]["resourceType"] in ("Encounter", "DiagnosticReport"):
                del entry["resource"]["identifier"]
            if entry["resource"]["resourceType"] == "Patient":
                entry["resource"]["identifier"] = [{"system": "urn:h", "value": number}]
        inbox.receive(county.user("cdc"), json.dumps(told).encode(), sender="hospital:a")
    assert ToldResource.objects.filter(kind="Encounter").values("person").distinct().count() == 2
