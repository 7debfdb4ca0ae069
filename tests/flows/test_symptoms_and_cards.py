"""What was told once is written once: symptoms on a daily check become a line of the symptom ledger, a line closed as a case becomes the case, and a
case has its report card."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sizao.flows.check_recorded import Check, record_checks, take_back
from sizao.flows.contact_named import NamedContact, name
from sizao.kernel import clock, registry, saving
from sizao.kernel.models import Act
from sizao.kernel.outcome import Command
from sizao.registers.cases.models import Case
from sizao.registers.population.actions import PersonData
from sizao.registers.population.models import Person
from sizao.registers.surveillance.models import CaseCard, SymptomLine

AT = datetime(2026, 2, 3, 1, tzinfo=UTC)


@pytest.fixture
def contact(system, county):
    data = NamedContact(sender="t", source_id="m1", disease="covid-19", person=PersonData(area_id=county.areas["990001101201-1"].pk, name="李芳"), class_code="close", named_at=AT)
    return name(system, [data])[0].record


def seen(scope, contact, key, hours, outcome="symptoms"):
    found = {"temperature": Decimal("38.2"), "symptoms": ("fever", "cough")} if outcome == "symptoms" else {}
    [done] = record_checks(scope, [Check(key=key, contact=contact, happened_at=clock.now() - timedelta(hours=hours), outcome=outcome, **found)])
    assert done.kind == "new"
    return done.record


def lines():
    return list(SymptomLine.objects.order_by("found_at").values_list("channel", "symptoms", "temperature", "outcome"))


def close(scope, line, outcome):
    [done] = saving.write(scope, registry.find("symptom-lines"), [Command(told={"outcome": outcome}, record=line)], sender="desk")
    assert done.kind == "updated"


def test_symptoms_on_a_check_open_one_line_that_stays_one_while_it_is_open(county, contact):
    scope = county.user("community", "990001101")
    seen(scope, contact, "k0", 9, "ok")
    seen(scope, contact, "k1", 8)
    seen(scope, contact, "k2", 4)
    assert lines() == [("monitoring", ["fever", "cough"], Decimal("38.2"), None)]
    assert Act.objects.filter(kind="symptom.found").count() == 1
    close(scope, SymptomLine.objects.get().pk, "well")
    seen(scope, contact, "k3", 2)
    assert [x[3] for x in lines()] == ["well", None]


def test_a_check_taken_back_takes_its_line_back(county, contact):
    scope = county.user("community", "990001101")
    take_back(scope, seen(scope, contact, "k1", 1))
    assert [x[3] for x in lines()] == ["mistaken"]
    assert not Case.objects.exists()


@pytest.mark.parametrize("outcome", ["suspected", "confirmed"])
def test_a_line_closed_as_a_case_is_the_report_of_that_case_once(county, contact, outcome):
    scope = county.user("community", "990001101")
    seen(scope, contact, "k1", 2)
    line = SymptomLine.objects.get()
    close(scope, line.pk, outcome)
    case, card = Case.objects.get(), CaseCard.objects.get()
    assert (case.person_id, case.classification, case.disease, case.area_id) == (line.person_id, outcome, "covid-19", line.area_id)
    assert (card.about_case_id, card.person_id, card.diagnosed_at is not None) == (case.pk, line.person_id, outcome == "confirmed")
    assert set(Act.objects.filter(kind__in=("case.reported", "card.received")).values_list("kind", flat=True)) == {"case.reported", "card.received"}
    seen(scope, contact, "k2", 1)
    close(scope, SymptomLine.objects.get(outcome=None).pk, outcome)
    assert (Case.objects.count(), CaseCard.objects.count()) == (1, 1)


def test_a_line_closed_otherwise_opens_nothing(county, contact):
    scope = county.user("community", "990001101")
    seen(scope, contact, "k1", 2)
    close(scope, SymptomLine.objects.get().pk, "other_illness")
    assert not Case.objects.exists() and not CaseCard.objects.exists()


def test_a_case_reported_by_a_form_has_its_card_and_a_second_card_is_refused(county, contact):
    scope, area = county.user("cdc"), county.areas["990001101"]
    told = {"person": Person.objects.get().pk, "area": area.pk, "disease": "covid-19", "classification": "suspected", "reported_at": AT}
    [made] = saving.write(scope, registry.find("cases"), [Command(told=told, source_id="form-1")], sender="desk")
    card = CaseCard.objects.get()
    assert (card.about_case_id, card.received_at, card.diagnosed_at) == (made.record, AT, None)
    later = AT + timedelta(hours=3)
    saving.write(scope, registry.find("cases"), [Command(told={"classification": "confirmed", "confirmed_at": later}, record=made.record)], sender="desk")
    assert CaseCard.objects.get().diagnosed_at == later
    typed = Command(told={"disease": "covid-19", "area": area.pk, "about_case": made.record, "received_at": AT}, source_id="card-1")
    [again] = saving.write(scope, registry.find("case-cards"), [typed], sender="desk")
    assert (again.kind, again.problems[0].code, CaseCard.objects.count()) == ("rejected", "card-of-case-known", 1)
