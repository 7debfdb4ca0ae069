"""Order → stay → moved → gone or let go; becoming a case; the release lag. On time by itself: nothing here is done by a job."""

from datetime import timedelta

import pytest

from sizao.flows import isolation_ordered
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.passes import status
from sizao.registers.isolation import lagging, orders, staying
from sizao.registers.isolation.models import Order, Stay

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_what_is_known_of_a_person_says_what_may_be_ordered(rights):
    [choice] = isolation_ordered.choices(rights.cdc, rights.people[1], rights.grid)
    assert (choice.rule.id, [f.kind for f in choice.facts]) == ("contact-observation", ["close_contact"])
    assert [c.rule.id for c in isolation_ordered.choices(rights.cdc, rights.people[0], rights.grid)] == ["case-isolation"]


def test_taken_in_moved_in_the_middle_and_let_go(rights):
    [made] = rights.issue(1)
    first = staying.take_in(rights.cdc, made.record)
    assert staying.take_in(rights.cdc, made.record) == first  # twice is once
    with clock.frozen(clock.now() + HOUR):
        second = staying.move(rights.cdc, first, kind="centre")
    with clock.frozen(clock.now() + 2 * HOUR), pytest.raises(Refused, match="restriction-kind"):
        staying.move(rights.cdc, second, kind="hospital")
    a, b = orders.stays_under(rights.cdc, made.record)
    assert (a.kind, b.kind, a.ended_at) == ("home", "centre", b.started_at)
    with clock.frozen(clock.now() + 3 * HOUR):
        staying.let_go(rights.cdc, second)
        with pytest.raises(Refused, match="stay-over"):
            staying.let_go(rights.cdc, second)
    kinds = list(Act.objects.filter(person=rights.people[1]).order_by("happened_at", "id").values_list("kind", flat=True))
    assert kinds.count("stay.released") == 1 and kinds.count("stay.admitted") == 2  # a move lets nobody go


def test_who_leaves_early_is_on_record_and_the_order_goes_on_until_its_end(rights):
    [made] = rights.issue(2)
    stay = staying.take_in(rights.cdc, made.record)
    with clock.frozen(clock.now() + HOUR):
        staying.let_go(rights.cdc, stay, left=True)
        assert Stay.objects.get(pk=stay).left_at and status.one(rights.cdc, rights.people[2]).code == "order"


def test_an_order_that_is_over_or_waits_holds_nobody(rights):
    [waits] = rights.issue(3, scope=rights.county.user("commander"))
    with pytest.raises(Refused, match="stay-order-not-in-force"):
        staying.take_in(rights.cdc, waits.record)
    [over] = rights.issue(4, ends_at=clock.now() + HOUR)
    with clock.frozen(clock.now() + 2 * HOUR), pytest.raises(Refused, match="stay-order-not-in-force"):
        staying.take_in(rights.cdc, over.record)


def test_a_contact_who_becomes_a_case_has_one_order_again(rights):
    from sizao.registers.cases import actions as cases

    [before] = rights.issue(5)
    told = {"area_id": rights.grid.pk, "disease": "covid-19", "classification": "confirmed", "confirmed_at": clock.now()}
    [case] = cases.add_cases(rights.system, [cases.New(rights.people[5], "test", "B-5", clock.now(), told)])
    rights.issue(5, key="case-5", rule="case-isolation", kind="hospital", evidence=[("confirmed_case", case)], instead_of=before.record)
    now = status.one(rights.cdc, rights.people[5])
    assert [(s.code, s.order.lift_reason) for s in now.orders] == [("lifted", "became_case"), ("in_force", None)] and now.kinds == ("hospital",)


def test_free_on_time_by_itself_and_how_late_the_door_opened(rights):
    """Guiyang, Huarong: people stayed locked in after their term. The order ends whatever anybody does; how late the door opened is the indicator."""
    now = clock.now()
    made = rights.issue(6, 7, 8, ends_at=now + HOUR)
    stays = [staying.take_in(rights.cdc, m.record) for m in made]
    with clock.frozen(now + 5 * HOUR):
        assert {status.one(rights.cdc, rights.people[n]).code for n in (6, 7, 8)} == {"none"}
        staying.let_go(rights.cdc, stays[0], at=now + 2 * HOUR)
        staying.let_go(rights.cdc, stays[1], at=now + 4 * HOUR)
        lag = lagging.release_lag(rights.cdc)
    assert (lag.let_go, lag.held, lag.median, lag.longest_held) == (2, 1, 2.0, 4.0)


def test_one_function_answers_and_it_is_the_clock_that_ends(rights):
    [made] = rights.issue(9)
    end = Order.objects.get(pk=made.record).ends_at
    assert [status.one(rights.cdc, rights.people[9], at).code for at in (end - timedelta(microseconds=1), end)] == ["order", "none"]
