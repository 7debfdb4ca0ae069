"""Emergency care is never refused: whatever a hospital's beds, a person's orders, passes, absences and earlier refusals are. F10 and the release lag, played again."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sizao.flows import in_hospital
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Command
from sizao.passes import issuing, rules, status
from sizao.registers.care import admitting, beds
from sizao.registers.care.models import Admission, Hospital
from sizao.registers.isolation import absent, lagging, ordering, staying
from sizao.registers.isolation.models import Order
from sizao.registers.ledgers import actions as ledgers

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
STATE = st.fixed_dictionaries({
    "open": st.integers(0, 3) | st.none(), "lying": st.integers(0, 5), "ordered": st.booleans(), "gone": st.booleans(), "refused_before": st.booleans(),
    "bed_class": st.sampled_from(["general", "severe", "critical", "maternity", "dialysis"]), "by_referral": st.booleans(),
})  # fmt: skip


class Undo(Exception):
    pass


@pytest.fixture
def hospital(rights):
    since = clock.now() - timedelta(days=3)
    area = rights.county.areas["990001101"]
    [unit] = ledgers.add_units(rights.system, [ledgers.NewUnit("h", area.pk, "镇医院", since, "clinic")], sender="t").values()
    Hospital.objects.create(unit_id=unit, area=area, told_at=since, sender="t", known_from=since, stands_from=since)
    rights.unit = unit
    return rights


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(state=STATE)
def test_whoever_needs_a_doctor_now_has_a_bed_whatever_else_is_so(hospital, state):
    with pytest.raises(Undo), transaction.atomic():
        taken_in(hospital, state)


def taken_in(rights, state):
    person, told = rights.people[1], {"disease": "covid-19", "bed_class": state["bed_class"]}
    if state["open"] is not None:
        ledgers.save(rights.system, "beds", [Command(told={"unit": rights.unit, "bed_class": state["bed_class"], "open_staffed": state["open"], "beds_occupied": state["lying"]})], sender="t")
    if state["ordered"]:
        [order] = rights.issue(1)
        staying.take_in(rights.cdc, order.record)
        if state["gone"]:
            absent.record_absence(rights.cdc, order.record, found_by="told")
    if state["refused_before"]:
        asked = admitting.refer(rights.cdc, person, rights.grid, rights.unit, **told)
        admitting.reply(rights.cdc, asked.pk, answer="refused", reason="no_bed")
    referral = None
    if state["by_referral"]:
        asked = admitting.refer(rights.cdc, person, rights.grid, rights.unit, emergency=True, **told)
        assert asked.answer == "accepted"
        with pytest.raises(Refused):
            admitting.reply(rights.cdc, asked.pk, answer="refused", reason="no_bed")
        referral = asked.pk
    made = in_hospital.admit(rights.cdc, person, rights.unit, emergency=True, referral=referral, **told)
    assert Admission.objects.get(pk=made.pk).left_at is None
    assert rules.at_gate("emergency", issuing.verify(issuing.make(rights.desk, person).text)) == "let_in_look_inside"
    raise Undo


def test_f10_a_woman_in_labour_under_observation_with_her_test_out_of_date_and_no_bed_free(hospital):
    """Xi'an, 1 January 2022: two hours on a stool before a hospital's door, her test four hours too old."""
    rights = hospital
    [order] = rights.issue(1)
    staying.take_in(rights.cdc, order.record)
    stale = issuing.make(rights.desk, rights.people[1])
    ledgers.save(rights.system, "beds", [Command(told={"unit": rights.unit, "bed_class": "maternity", "open_staffed": 4, "beds_occupied": 4})], sender="t")
    with clock.frozen(clock.now() + 28 * HOUR):
        assert issuing.verify(stale.text).reason == "expired"
        assert rules.at_gate("emergency", issuing.verify(stale.text)) == "let_in_look_inside"
        in_hospital.admit(rights.cdc, rights.people[1], rights.unit, disease="covid-19", bed_class="maternity", emergency=True)
        [ward] = beds.beds_of([rights.unit])
        assert (ward.open, ward.occupied, ward.over) == (4, 5, 1)  # one over, and everybody sees it


def test_let_go_late_is_counted_for_who_holds_and_by_area(rights):
    """Guiyang, Huarong 2022: people stayed locked in for days after their term. Four orders end at noon; one door opens in time, two late, one not yet."""
    end = clock.now() + HOUR
    made = rights.issue(1, 2, 3, 4, ends_at=end)
    stays = [staying.take_in(rights.cdc, m.record) for m in made]
    with clock.frozen(end + 50 * HOUR):
        for stay, hours in zip(stays, (0, 2, 48), strict=False):
            staying.let_go(rights.cdc, stay, at=end + hours * HOUR)
        lag = lagging.release_lag(rights.cdc)
        assert (lag.let_go, lag.median, lag.tenth, lag.held, lag.longest_held) == (3, 2.0, 38.8, 1, 50.0)
        whole, rows = lagging.public_lag([rights.county.root])
        assert whole == lag and [(a.code, one.held) for a, one in rows] == [("990001", 1)]
        assert {status.one(rights.cdc, rights.people[n]).code for n in (1, 2, 3, 4)} == {"none"}  # none of them was bound for an hour of it


def test_an_objection_nobody_answered_is_cleared_at_every_door_at_its_instant(rights):
    """Pass, own page, desk and API at once; a verifier without a network within the five minutes for which its list is good."""
    from test_doors import all_doors

    person = rights.people[1]
    code = issuing.open_holder(rights.desk, person)
    [made] = rights.issue(1)
    appeal = ordering.file_appeal(issuing.holder_scope(), made.record, "不在场")
    with clock.frozen(appeal.answer_by - timedelta(minutes=4)):
        bound, held = issuing.make(rights.desk, person), issuing.for_verifiers()
        assert set(all_doors(rights, person, code).values()) == {True} and bound.said.expires_at == appeal.answer_by  # the pass itself does not outlive it
        assert held["until"] - held["at"] == 300
    with clock.frozen(appeal.answer_by):
        assert set(all_doors(rights, person, code).values()) == {False}
        assert issuing.verify(bound.text).reason == "expired" and Order.objects.get(pk=made.record).lifted_at is None  # nothing has run
