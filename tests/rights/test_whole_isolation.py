"""The whole story of one isolation, told once through the verbs that people have: ordered, kept at home, looked at each day, taken to a hospital in the middle, a case, free by itself."""

from datetime import timedelta

import pytest
from test_leaving import becomes_case

from sizao.flows import in_hospital, isolation_ordered, left_alone
from sizao.flows.check_recorded import Check, record_checks
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.outcome import Command
from sizao.papers import orders as papers
from sizao.papers import pdf, word
from sizao.passes import issuing, status
from sizao.registers.care.models import Hospital
from sizao.registers.isolation import absent, lagging, orders, staying
from sizao.registers.isolation.models import Absence, DailyCheck, Order, Stay
from sizao.registers.laboratory import actions as laboratory
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.population.models import Household, Person

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_from_the_order_to_the_open_door_with_nobody_pressing_release(rights):
    start, mother = clock.now(), rights.people[1]
    team = rights.county.user("community", "990001101201")
    house = Household.objects.create(area=rights.grid, members=2, sender="t", known_from=start, stands_from=start)
    child = Person.objects.create(area=rights.grid, household=house, name="甲小", age_years=6, age_on=start.date(), sender="t", known_from=start, stands_from=start)
    Person.objects.filter(pk=mother).update(household=house, age_years=34, age_on=start.date())

    # day 0: ordered and at home with her child, who is not alone
    [home] = rights.issue(1)
    staying.take_in(rights.cdc, home.record)
    paper = _papers(rights, mother, ("order", "door"))
    assert left_alone.alone(team) == []

    # days 1 and 2: looked at; on the second she is out, found, and back
    for day in (1, 2):
        with clock.frozen(start + day * DAY):
            assert [o.kind for o in record_checks(team, [Check(key=str(uuid7()), contact=rights.contacts[1], happened_at=clock.now(), outcome="ok")])] == ["new"]
    with clock.frozen(start + 2 * DAY + HOUR):
        gone = absent.record_absence(rights.cdc, home.record, found_by="visit")
        assert Absence.objects.get(pk=gone).reach_by > clock.now() and status.one(rights.cdc, mother).code == "order"  # leaving early ends no order, and is no fault
    with clock.frozen(start + 2 * DAY + 2 * HOUR):
        absent.settle(rights.cdc, gone, outcome="back", need="food")
        assert absent.open_absences(rights.cdc) == [] and Stay.objects.filter(person=mother, ended_at=None).count() == 1

    # day 3: ill, a case; the observation is over by itself, a person is asked for the next order, and the bed takes her there
    ill = start + 3 * DAY
    case = becomes_case(rights, 1, ill)
    with clock.frozen(ill + HOUR):
        assert status.one(rights.cdc, mother).code == "none" and [a.person for a in isolation_ordered.to_propose(rights.cdc)] == [mother]
        [made] = ledgers.add_units(rights.system, [ledgers.NewUnit("h", rights.grid.pk, "定点医院", start, "clinic")], sender="t").values()
        Hospital.objects.create(unit_id=made, area=rights.grid, designated=True, treating=True, told_at=start, sender="t", known_from=start, stands_from=start)
        ledgers.save(rights.system, "beds", [Command(told={"unit": made, "bed_class": "isolation", "open_staffed": 1, "beds_occupied": 0})], sender="t")
        [ward] = rights.issue(1, key="case", rule="case-isolation", kind="hospital", evidence=[("confirmed_case", case)], instead_of=home.record)
        bed = in_hospital.admit(rights.cdc, mother, made, disease="covid-19", bed_class="isolation")
        left, first, second = Stay.objects.filter(person=mother).order_by("started_at")
        assert (left.kind, first.kind, second.kind, second.ended_at) == ("home", "home", "hospital", None) and left.left_at and first.ended_at <= second.started_at and second.order_id == ward.record

        # her child is left alone by it, and is on the list at once
        [alone] = left_alone.alone(team)
        assert (alone.person.pk, alone.why, alone.certain) == (child.pk, "child_alone", True) and left_alone.put_on_list(team) == 1
    with clock.frozen(ill + 2 * DAY + HOUR):
        [missed] = left_alone.alone(team)
        assert missed.visits.state == "missed" and missed.visits.missed >= 1  # a day without a visit is an alarm
        left_alone.record_visit(team, child.pk, how="visit", key="v")
        assert left_alone.alone(team)[0].visits.state != "due"

    # two negatives a day apart: free at the instant of the second, whatever anybody does
    taken = ill + 6 * DAY
    for n, at in enumerate((taken, taken + DAY + HOUR)):
        [s] = laboratory.add_specimens(rights.system, [laboratory.NewSpecimen(f"neg-{n}", mother, rights.grid.pk, "covid-19", at)], sender="lab").values()
        laboratory.tell_results(rights.system, {s: ("negative", at + 6 * HOUR)})
    free = taken + DAY + 7 * HOUR
    assert [status.one(rights.cdc, mother, t).code for t in (free - timedelta(minutes=1), free)] == ["order", "none"]
    with clock.frozen(free + 3 * HOUR):
        assert not issuing.make(rights.desk, mother).said.order and Order.objects.get(pk=ward.record).lifted_at is None  # nothing has run
        assert "release" in _papers(rights, mother, ("release",), ward.record) and paper
        assert lagging.release_lag(rights.cdc).held == 1  # the door is still shut: counted, and named to who holds
        with pytest.raises(Refused, match="discharge-criterion"):
            in_hospital.discharge(rights.cdc, bed.pk)
        in_hospital.discharge(rights.cdc, bed.pk, frozenset(c.name for c in in_hospital.judged(bed) if c.asked))
        lag = lagging.release_lag(rights.cdc)
        assert (lag.held, lag.let_go, lag.median) == (0, 1, 3.0)
        assert not Stay.objects.filter(person=mother, ended_at=None).exists() and left_alone.alone(team) == []
        assert DailyCheck.objects.filter(person=mother).count() == 2


def _papers(rights, person, kinds, order=None):
    """The papers of the person's orders now, in both languages and both forms; each is made, none has an unfilled field."""
    standing = next(s for s in status.one(rights.cdc, person).orders if order in (None, s.order.pk))
    evidence = orders.evidence_of(rights.cdc, standing.order.pk)
    for kind in kinds:
        for language in ("zh", "en"):
            sheet = papers.of_order(kind, language, standing, evidence, name="甲1", last="002X", address="http://localhost/my/A" if kind == "order" else "")
            assert pdf.pdf(sheet).startswith(b"%PDF-") and word.word(sheet)[:2] == b"PK"
    return kinds
