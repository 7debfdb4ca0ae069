"""A traveller tells once: the receipt finds it at every gateway, a document is compared before anything becomes a record, and it goes by itself."""

from datetime import timedelta

import pytest

from sizao.flows import declaration_confirmed
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.registers.movement import declaring
from sizao.registers.movement import form as forms
from sizao.registers.movement.models import Journey, TravelDeclaration
from sizao.registers.population import actions as population
from sizao.registers.population.models import Person

pytestmark = pytest.mark.django_db
DOCUMENT = "11010519491231002X"


def said(**more):
    today = clock.local_day(clock.now(), "Asia/Shanghai").isoformat()
    return {
        "traveller_name": "陈一", "document_number": DOCUMENT, "contact_phone": "13800138000", "came_from_area": "北京市丰台区", "arrives_on": today, "stays_where": "1号楼", "met_a_case": False,
    } | more  # fmt: skip


@pytest.fixture
def told(county):
    """A declaration to a grid, its receipt's code, and a gateway's post in the other township."""
    code, new = declaring.declare(forms.form(), said(), county.areas["990001101201"], token="form-1", address="192.0.2.1")
    assert new
    return code, county.user("gateway", "990001102")


def test_the_same_form_sent_again_is_one_declaration_with_the_same_receipt(told, county):
    assert declaring.declare(forms.form(), said(), county.areas["990001101201"], token="form-1", address="192.0.2.1") == (told[0], False)
    assert TravelDeclaration.objects.get().version == 1


def test_nothing_becomes_a_record_before_a_document_was_compared_and_a_second_gateway_only_confirms(told, county):
    code, gate = told
    before = Person.objects.count()
    one = declaring.found(gate, f"SZD:{code.lower()}")
    assert one.said["traveller_name"] == "陈一" and not one.confirmed and (Person.objects.count(), Journey.objects.count()) == (before, 0)
    assert declaration_confirmed.confirm(gate, one.id, one.version).kind == "new"
    second = county.user("gateway", "990001101")
    again = declaring.found(second, DOCUMENT)  # without the receipt: by the document
    assert again.id == one.id and again.confirmed
    assert declaration_confirmed.confirm(second, again.id, again.version).kind == "identical"
    journey = Journey.objects.get()
    assert (journey.area.code, journey.origin, journey.declared_at, journey.person.name) == ("990001101201", "北京市丰台区", one.made_at, "陈一")
    assert declaring.by_code(code).confirmations == 2


def test_one_journey_for_each_person_and_trip_whoever_declares_it_and_however_often(told, county, system):
    """The register knew the traveller and the journey from a list already; a second declaration of the same days is the same trip, one of next month another."""
    [person] = population.add_persons(system, [population.PersonData(county.areas["990001101201-1"].pk, "陈一", national_id=DOCUMENT)], known=[clock.now()], sender="list")
    for n, days in enumerate((0, 1, 10)):
        on = (clock.local_day(clock.now(), "Asia/Shanghai") + timedelta(days=days)).isoformat()
        code, _ = declaring.declare(forms.form(), said(arrives_on=on), county.areas["990001101201"], token=f"again-{n}", address="192.0.2.1")
        one = declaring.found(told[1], code)
        declaration_confirmed.confirm(told[1], one.id, one.version)
    assert set(Journey.objects.values_list("person", flat=True)) == {person} and Journey.objects.count() == 2


def test_a_correction_is_confirmed_anew_and_what_was_not_seen_is_not_confirmed(told):
    code, gate = told
    one = declaring.found(gate, code)
    declaration_confirmed.confirm(gate, one.id, 1)
    assert declaring.correct(code, {"came_from_area": "天津市"}, forms.form()) and not declaring.correct(code, {"came_from_area": "天津市"}, forms.form())
    with pytest.raises(Refused, match="declaration-changed"):
        declaration_confirmed.confirm(gate, one.id, 1)
    assert not declaring.found(gate, code).confirmed
    assert declaration_confirmed.confirm(gate, one.id, 2).kind == "updated"
    assert Journey.objects.get().origin == "天津市"


def test_it_is_sealed_where_it_lies_and_gone_when_its_time_is_over_or_its_holder_takes_it_back(told, county):
    row = TravelDeclaration.objects.get()
    assert b"\xe9\x99\x88" not in bytes(row.said) and DOCUMENT.encode() not in bytes(row.said)
    assert declaring.drop_old(row.expires_at - timedelta(seconds=1)) == 0 and declaring.drop_old(row.expires_at) == 1
    code, _ = declaring.declare(forms.form(), said(), county.root, token="other", address="192.0.2.1")
    declaring.withdraw(code)
    with pytest.raises(Refused, match="receipt-unknown"):
        declaring.by_code(code)


def test_tries_from_one_address_are_counted_and_limited_and_the_address_is_not_kept(told, monkeypatch):
    monkeypatch.setattr(declaring, "threshold", lambda name, on: 3)
    for _ in range(3):
        with pytest.raises(Refused, match="receipt-unknown"):
            declaring.by_code("AAAAA-AAAAA", "192.0.2.7")
    with pytest.raises(Refused, match="declaration-limit"):
        declaring.by_code("AAAAA-AAAAA", "192.0.2.7")
    assert declaring.by_code(told[0], "192.0.2.7").version == 1  # who has a receipt is not kept out
    assert not any(b"192.0.2.7" in bytes(mark) for mark in declaring.GateTry.objects.values_list("mark", flat=True))


@pytest.mark.parametrize("days", [-15, 31])
def test_a_day_of_arrival_out_of_reach_is_refused(county, days):
    on = (clock.local_day(clock.now(), "Asia/Shanghai") + timedelta(days=days)).isoformat()
    with pytest.raises(Refused, match="declaration-too-late"):
        declaring.declare(forms.form(), said(arrives_on=on), county.root, token="x", address="192.0.2.1")


def test_only_a_gateway_finds_declarations(told, county):
    with pytest.raises(Refused, match="not-allowed"):
        declaring.found(county.user("reporter"), told[0])
