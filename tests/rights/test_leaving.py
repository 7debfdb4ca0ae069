"""Leaving early, objections past their clock, becoming a case, results: what ends an order by itself ends it for every door and every verb."""

from datetime import timedelta

import pytest

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.passes import status
from sizao.registers.isolation import absent, deciding, lagging, ordering, orders, staying
from sizao.registers.isolation.models import Absence, Appeal, Order, Stay

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def negative(rights, n, taken, result="negative"):
    from sizao.registers.laboratory.models import Specimen

    Specimen.objects.create(person_id=rights.people[n], area=rights.grid, disease="covid-19", sampled_at=taken, resulted_at=taken + 8 * HOUR, result=result, known_from=taken, stands_from=taken)


def becomes_case(rights, n, at):
    from sizao.registers.cases import actions as cases

    told = {"area_id": rights.grid.pk, "disease": "covid-19", "classification": "confirmed", "confirmed_at": at}
    [case] = cases.add_cases(rights.system, [cases.New(rights.people[n], "test", f"N-{n}", at, told)])
    return case


def test_who_is_found_absent_is_an_alarm_with_a_clock_until_somebody_reached_him(rights):
    [made] = rights.issue(1)
    staying.take_in(rights.cdc, made.record)
    with clock.frozen(clock.now() + DAY):
        gone = absent.record_absence(rights.cdc, made.record, found_by="visit")
        assert absent.record_absence(rights.cdc, made.record, found_by="call") == gone  # told twice it is one
        [alarm] = absent.open_absences(rights.cdc)
        assert alarm.reach_by - alarm.found_at == 2 * HOUR
        with clock.frozen(clock.now() + HOUR):
            absent.settle(rights.cdc, gone, outcome="back", need="medicine")
            assert absent.open_absences(rights.cdc) == []
            with pytest.raises(Refused, match="absence-settled"):
                absent.settle(rights.cdc, gone, outcome="back")
    left, back = orders.stays_under(rights.cdc, made.record)
    assert left.left_at == left.ended_at and back.started_at - left.ended_at == HOUR and back.ended_at is None
    end = Order.objects.get(pk=made.record)
    assert end.ends_at == orders.access_order_by_id(rights.desk, made.record).ends_at and end.lifted_at is None  # no day is added for it
    assert {"isolation.absent", "isolation.reached", "stay.left"} <= set(Act.objects.filter(person=rights.people[1]).values_list("kind", flat=True))


def test_an_absence_has_no_place_for_a_penalty():
    assert set(Absence.REGISTER.fields) == {"order", "stay", "person", "area", "disease", "found_at", "found_by", "reach_by", "need_found", "outcome", "closed_at"}


def test_who_is_free_is_not_absent(rights):
    [made] = rights.issue(1, ends_at=clock.now() + HOUR)
    with clock.frozen(clock.now() + 2 * HOUR), pytest.raises(Refused, match="stay-order-not-in-force"):
        absent.record_absence(rights.cdc, made.record, found_by="visit")
    [other] = rights.issue(2, ends_at=clock.now() + HOUR)
    absent.record_absence(rights.cdc, other.record, found_by="visit")
    with clock.frozen(clock.now() + 2 * HOUR):
        assert absent.open_absences(rights.cdc) == []  # the order is over, and the alarm with it


def test_what_results_release_is_neither_taken_in_nor_moved_and_its_lag_is_counted(rights):
    [made] = rights.issue(1)
    start = Order.objects.get(pk=made.record).starts_at
    stay = staying.take_in(rights.cdc, made.record)
    negative(rights, 1, start + 5.1 * DAY)
    negative(rights, 1, start + 6.2 * DAY)
    over = start + 6.2 * DAY + 8 * HOUR
    with clock.frozen(over + 3 * HOUR):
        for act in (lambda: staying.move(rights.cdc, stay, kind="centre"), lambda: staying.take_in(rights.cdc, made.record), lambda: absent.record_absence(rights.cdc, made.record, found_by="call")):
            with pytest.raises(Refused, match="stay-order-not-in-force"):
                act()
        [(held, since, why)] = lagging.still_held(rights.cdc)
        assert (held.pk, since, why) == (stay, over, "result")
        staying.let_go(rights.cdc, stay)
    with clock.frozen(over + 4 * HOUR):
        assert lagging.release_lag(rights.cdc).median == 3.0
        [(area, lag)] = lagging.release_lag_by_area(rights.desk, [rights.county.areas["990001101"], rights.county.areas["990001102"]])
        assert (area.code, lag.let_go, lag.median) == ("990001101", 1, 3.0)


def test_who_becomes_a_case_is_under_observation_no_more_and_a_person_is_asked_for_the_next_order(rights):
    from sizao.flows import isolation_ordered

    [made] = rights.issue(1)
    staying.take_in(rights.cdc, made.record)
    at = clock.now() + DAY
    case = becomes_case(rights, 1, at)
    before, after = status.one(rights.cdc, rights.people[1], at - HOUR), status.one(rights.cdc, rights.people[1], at)
    assert (before.code, after.code, after.orders[0].why, after.orders[0].over_at) == ("order", "none", "became_case", at)
    with clock.frozen(at + HOUR):
        [asked] = isolation_ordered.to_propose(rights.cdc)
        assert (asked.person, asked.order.pk, asked.since) == (rights.people[1], made.record, at)
        [choice] = [c for c in isolation_ordered.choices(rights.cdc, rights.people[1], rights.grid) if c.rule.id == "case-isolation"]
        assert [f.kind for f in choice.facts] == ["confirmed_case"]  # its own basis
        [new] = rights.issue(1, key="case-1", rule="case-isolation", kind="hospital", evidence=[("confirmed_case", case)], instead_of=made.record)
        assert isolation_ordered.to_propose(rights.cdc) == []
        staying.take_in(rights.cdc, new.record)  # one place at a time: the observation's stay ends as this begins
    first, second = Stay.objects.filter(person=rights.people[1]).order_by("started_at")
    assert (first.ended_at, second.ended_at, second.kind) == (second.started_at, None, "hospital")


def test_a_last_exposure_that_was_earlier_ends_the_observation_earlier_and_a_later_one_prolongs_nothing(rights):
    from sizao.registers.cases import actions as cases

    [made] = rights.issue(1)
    told = Order.objects.get(pk=made.record)
    day = rights.known.date()
    cases.correct_contacts(rights.system, {rights.contacts[1]: {"last_exposure_on": day - 4 * DAY}})
    [s] = status.one(rights.cdc, rights.people[1]).orders
    assert s.over_at == told.ends_at - 4 * DAY
    assert status.one(rights.cdc, rights.people[1], s.over_at).orders[0].why == "term"
    cases.correct_contacts(rights.system, {rights.contacts[1]: {"last_exposure_on": day + DAY}})
    assert status.one(rights.cdc, rights.people[1]).orders[0].over_at == told.ends_at


def test_an_objection_that_nobody_answers_in_time_ends_an_observation_by_itself(rights):
    [made] = rights.issue(1)
    appeal = ordering.file_appeal(rights.desk, made.record, "不在场")
    for at, code in ((appeal.answer_by - HOUR, "order"), (appeal.answer_by, "none")):
        assert status.one(rights.cdc, rights.people[1], at).code == code
    [s] = status.one(rights.cdc, rights.people[1], appeal.answer_by).orders
    assert (s.code, s.why, s.over_at) == ("lifted", "unanswered", appeal.answer_by)
    with clock.frozen(appeal.answer_by + HOUR):
        ordering.answer_appeal(rights.health, appeal.pk, "upheld", "维持")  # a late answer brings nothing back
        assert status.one(rights.cdc, rights.people[1]).code == "none"


def test_where_the_rule_lets_it_rise_the_level_above_is_named(rights):
    case = becomes_case(rights, 1, clock.now())
    town = rights.county.user("cdc", "990001101")
    [made] = rights.issue(1, scope=town, key="c1", rule="case-isolation", kind="centre", evidence=[("confirmed_case", case)])
    near, above = rights.county.user("health", "990001101"), rights.health
    appeal = orders.appeals(rights.system).get(pk=ordering.file_appeal(rights.desk, made.record, "x").pk)
    now = deciding.deciders([appeal])[appeal.pk]
    assert not now.late and [p.pk for p in now.posts] == [near.post.pk]
    late = deciding.deciders([appeal], appeal.answer_by)[appeal.pk]
    assert late.late and not late.lapsed and near.post not in late.posts and above.post in late.posts
    assert status.one(rights.cdc, rights.people[1], appeal.answer_by + HOUR).code == "order" and Appeal.objects.get().decided_at is None


def test_a_result_that_is_missing_at_the_end_holds_nobody_and_is_listed(rights):
    made = rights.issue(1, 2)
    end = Order.objects.get(pk=made[0].record).ends_at
    negative(rights, 2, end - DAY)
    assert [o.person_id for o, _ in orders.without_exit_test(rights.cdc, end - 3 * DAY)] == []
    assert [(o.person_id, says) for o, says in orders.without_exit_test(rights.cdc, end - HOUR)] == [(rights.people[1], "ends")]
    assert status.one(rights.cdc, rights.people[1], end).code == "none"
