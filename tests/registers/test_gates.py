"""A gateway: what is done next, each passage once however often it comes, clocks put right, shifts handed over with what is open."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizao.flows import gate_passed
from sizao.flows.gate_passed import Passed
from sizao.kernel import clock
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers.models import Entry
from sizao.registers.movement import gates
from sizao.registers.movement.models import Handover
from sizao.registers.movement.rules import gate_answer


@pytest.fixture
def gate(county, system):
    """A gateway of the first township, its post, and a maker of passages."""
    area = county.areas["990001101"]
    [unit] = ledgers.add_units(system, [ledgers.NewUnit("G1", area.pk, "一号关口", clock.now() - timedelta(days=9), "gateway")], sender="t").values()

    class Gate:
        pk, post, other = unit, county.user("gateway", "990001101"), county.user("gateway", "990001102")

        def passed(self, **more):
            return Passed(**({"id": str(uuid4()), "unit": unit, "at": clock.now() - timedelta(minutes=1), "purpose": "passing"} | more))

        def send(self, *passed, sent_at=None, post=None):
            return gate_passed.record(post or self.post, passed, sent_at=sent_at or clock.now())

        def on(self, post=None, seen=None):
            return gates.sign_on(post or self.post, unit, area.pk, area.path, seen=seen)

    return Gate()


@given(st.one_of(st.none(), st.decimals(30, 45, places=1)), st.booleans(), st.booleans(), st.booleans())
def test_who_needs_a_doctor_now_is_let_in_whatever_else_is_told_and_nobody_is_turned_back(temperature, ill, order, exposed):
    told = {"temperature": temperature, "ill": ill, "order": order, "exposed": exposed}
    assert gate_answer("emergency", **told) == "let_in_look_inside"
    assert {gate_answer(p, **told) for p in code_list("gate-purpose")} <= {"let_in", "let_in_look_inside", "to_clinic", "hand_over"} == set(code_list("gate-answer"))


@pytest.mark.django_db
def test_the_same_batch_sent_thrice_is_stored_once_and_each_record_is_answered(gate):
    batch = [gate.passed(temperature=Decimal("36.6"), plate="京A1"), gate.passed(), gate.passed(purpose="emergency", temperature=Decimal("39.9"), given="hand_over")]
    kinds = [[a.kind for a in gate.send(*batch)] for _ in range(3)]
    assert kinds == [["new"] * 3, ["identical"] * 3, ["identical"] * 3]
    rows = {e.source_id: e.values for e in Entry.objects.filter(ledger="passage")}
    assert len(rows) == 3 and rows[batch[0].id]["temperature"] == 36.6
    assert rows[batch[2].id]["gate_answer"] == "let_in_look_inside"  # whatever the device said


@pytest.mark.django_db
def test_each_record_of_a_batch_is_answered_for_itself(gate, county, system):
    """One id with other content, one without id, one of a gateway elsewhere, one that is too hot to be true, one twice within the batch: the good one is stored."""
    [far] = ledgers.add_units(system, [ledgers.NewUnit("G2", county.areas["990001102"].pk, "二号", clock.now(), "gateway")], sender="t").values()
    good = gate.passed(plate="A")
    gate.send(good)
    answers = gate.send(
        gate.passed(id=good.id, at=good.at, plate="B"), gate.passed(id=""), gate.passed(unit=far), gate.passed(temperature=Decimal("60")), gate.passed(purpose="smuggling"),
        gate.passed(at=clock.now() - timedelta(days=8)), gate.passed(at=clock.now() + timedelta(hours=1)), *[gate.passed()] * 2,
    )  # fmt: skip
    assert [(a.kind, a.problem.code if a.problem else "") for a in answers] == [
        ("old", "passage-known-otherwise"), ("invalid", "passage-id-missing"), ("invalid", "not-found-or-out-of-area"), ("invalid", "bad-value"), ("invalid", "bad-value"),
        ("invalid", "passage-too-old"), ("invalid", "done-in-the-future"), ("new", ""), ("identical", ""),
    ]  # fmt: skip
    assert Entry.objects.get(source_id=good.id).values["vehicle_plate"] == "A" and Entry.objects.filter(ledger="passage").count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-23, 23])
def test_a_clock_that_is_off_by_less_than_a_day_is_put_right_and_what_it_said_is_kept(gate, hours):
    now = clock.now().replace(microsecond=0)
    off = timedelta(hours=hours)
    with clock.frozen(now):
        [answer] = gate.send(one := gate.passed(at=now + off - timedelta(minutes=5)), sent_at=now + off)
    entry = Entry.objects.get(source_id=one.id)
    assert answer.kind == "new" and answer.at == entry.happened_at == now - timedelta(minutes=5)
    assert datetime.fromisoformat(entry.values["device_time"]) == one.at


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-25, 25])
def test_a_clock_that_is_off_by_more_tells_nothing_and_nothing_is_stored(gate, hours):
    off = clock.now() + timedelta(hours=hours)
    assert [(a.kind, a.problem.code) for a in gate.send(gate.passed(at=off), sent_at=off)] == [("invalid", "clock-too-far")]
    assert not Entry.objects.filter(ledger="passage").exists()


@pytest.mark.django_db
def test_who_is_bound_by_an_order_is_handed_over_once_to_the_area_that_answers_for_it(gate, county, system):
    from sizao.registers.population import actions as population

    home = county.areas["990001102202-2"]
    [person] = population.add_persons(system, [population.PersonData(home.pk, "甲")], known=[clock.now()], sender="t")
    bound = gate.passed(person=person, order=("covid-19", home.pk), shown=True)
    assert [gate.send(bound)[0].kind for _ in range(2)] == ["new", "identical"]
    sent = Handover.objects.get()
    assert (sent.area, sent.from_area.code, sent.person_id, sent.disease) == (home, "990001101", person, "covid-19")
    gate.send(gate.passed(person=person, order=("covid-19", home.pk), purpose="emergency"))
    assert Handover.objects.count() == 1


@pytest.mark.django_db
def test_a_shift_is_handed_over_with_what_is_open_and_the_next_has_seen_it(gate, county):
    next_post = county.user("gateway", "990001101")
    first = gate.on()
    assert gate.on().pk == first.pk  # twice is once
    with pytest.raises(Refused, match="gate-shift-on"):
        gate.on(next_post)
    gates.hand_over(gate.post, first.pk, "等候检测 1 人")
    with pytest.raises(Refused, match="gate-shift-over"):
        gates.hand_over(gate.post, first.pk, "")
    with pytest.raises(Refused, match="gate-matters-unseen"):
        gate.on(next_post)
    second = gate.on(next_post, seen=first.pk)
    first.refresh_from_db()
    assert second.before_id == first.pk and first.taken_at == second.begun_at
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        gates.hand_over(gate.other, second.pk, "")
