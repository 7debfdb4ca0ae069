"""Orders, tickets, inspections, posts, stock, shifts, journeys, hospitals: each step an act, what can be counted is never typed, states change when they change."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from sizao.kernel import areas, clock
from sizao.kernel.models import Act, Area
from sizao.kernel.outcome import Command
from sizao.registers.care import actions as care
from sizao.registers.care.models import Course
from sizao.registers.cases.models import Case
from sizao.registers.command import actions as command
from sizao.registers.command.models import AreaGrade, AreaUnit, FormRequest, Ticket
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers.actions import NewUnit
from sizao.registers.movement import actions as movement
from sizao.registers.movement.models import Journey, OutsideArea
from sizao.registers.population.models import Person
from sizao.registers.resources import actions as resources
from sizao.registers.resources.models import Shift, Stock

pytestmark = pytest.mark.django_db


def at(day, hour=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8)


@pytest.fixture
def place(county, system):
    county.grid = county.areas["990001101201-1"]
    [county.unit] = ledgers.add_units(system, [NewUnit("m1", county.grid.pk, "青禾市场", at(1), "market")], sender="t").values()
    return county


def one(outcomes):
    """The row of one command that was accepted."""
    assert [o.kind for o in outcomes] in (["new"], ["updated"]), outcomes
    return outcomes[0].record


def kinds(subject):
    return sorted(Act.objects.filter(subject=subject).values_list("kind", flat=True))


def test_every_area_is_a_subject_and_stays_one_when_it_is_merged_or_ended(place):
    assert AreaUnit.objects.count() == Area.objects.count()
    before = AreaUnit.objects.get(area=place.grid)
    assert (before.level, before.closed_at) == ("grid", None)
    areas.succeed([place.grid.code], [], "merged", at(20).date())
    assert AreaUnit.objects.get(area=place.grid).closed_at is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM command_areaunit_history WHERE id = %s", [before.pk])
        assert cursor.fetchone()[0] == 1


def test_an_order_that_switches_measures_stands_for_its_area_until_it_ends(place, system):
    told = {"title": "全域排查", "area": place.root.pk, "kind": "sweep", "issued_at": at(10, 9), "starts_at": at(10, 12), "ends_at": at(13)}
    order = one(command.save_orders(system, [Command(told=told)], sender="t"))
    assert [(g.value, g.ends_at) for g in AreaGrade.objects.filter(scale="order")] == [("sweep", at(13))]
    command.save_orders(system, [Command(told={"ended_at": at(12)}, record=order)], sender="t")
    assert AreaGrade.objects.get(scale="order").ends_at == at(12)
    assert kinds(order) == ["order.ended", "order.issued"]
    assert [o.kind for o in command.save_orders(system, [Command(told={**told, "ends_at": at(9)})], sender="t")] == ["rejected"]


def test_a_ticket_is_closed_by_the_one_who_raised_it(place, system):
    raiser, other = place.user("inspector"), place.user("secretary")
    told = {"kind": "issue", "area": place.root.pk, "raised_at": at(10, 9)}
    ticket = one(command.save_tickets(raiser, [Command(told=told)], sender="t"))
    early = command.save_tickets(raiser, [Command(told={"verified_at": at(10, 10)}, record=ticket)], sender="t")
    assert early[0].problems[0].code == "value-missing"  # nobody has answered yet
    command.save_tickets(other, [Command(told={"answered_at": at(10, 12)}, record=ticket)], sender="t")
    wrong = command.save_tickets(other, [Command(told={"verified_at": at(10, 13)}, record=ticket)], sender="t")
    assert wrong[0].problems[0].code == "not-the-one-who-raised-it"
    one(command.save_tickets(raiser, [Command(told={"verified_at": at(10, 14)}, record=ticket)], sender="t"))
    assert kinds(ticket) == ["ticket.answered", "ticket.raised", "ticket.verified"]


def test_a_finding_is_raised_by_who_looked_and_told_when_it_is_found_again(place, system):
    look = {"area": place.grid.pk, "unit": place.unit, "practice": "masks", "outcome": "not_kept"}
    command.save_inspections(system, [Command(told={**look, "seen_at": at(5, 9)})], sender="t")
    first = Ticket.objects.get(kind="finding")
    assert (first.repeated, first.due_at) == (False, at(8, 9))
    Ticket.objects.filter(pk=first.pk).update(answered_at=at(6), verified_at=at(7))
    command.save_inspections(system, [Command(told={**look, "seen_at": at(15, 9)})], sender="t")
    assert list(Ticket.objects.filter(kind="finding").order_by("raised_at").values_list("repeated", flat=True)) == [False, True]
    assert kinds(place.unit) == ["inspection.seen", "inspection.seen", "practice.seen", "practice.seen"]
    assert set(Act.objects.filter(kind="practice.seen").values_list("outcome", "number")) == {("masks", 0)}


def test_fields_that_are_known_already_are_counted_never_typed(place, system):
    told = {"title": "人员摸底表", "area": place.root.pk, "asks": "sex age_years shoe_size", "known_at": at(10)}
    form = one(command.save_forms(system, [Command(told=told)], sender="t"))
    assert FormRequest.objects.get(pk=form).fields_already_held == 2
    typed = command.save_forms(system, [Command(told={"fields_already_held": 0}, record=form)], sender="t")
    assert typed[0].problems[0].code == "no-such-field"


def test_stock_stands_from_when_it_was_told_and_the_old_number_is_history(place, system):
    told = {"item": "mask_n95", "unit": place.unit, "area": place.grid.pk, "on_hand": Decimal(100), "told_at": at(10, 8)}
    stock = one(resources.save_stocks(system, [Command(told=told)], sender="t"))
    resources.save_stocks(system, [Command(told={"on_hand": Decimal(40), "told_at": at(12, 8)}, record=stock)], sender="t")
    assert Stock.objects.get(pk=stock).stands_from == at(12, 8)
    with connection.cursor() as cursor:
        cursor.execute("SELECT on_hand, stands_from FROM resources_stock_history WHERE id = %s", [stock])
        assert cursor.fetchall() == [(Decimal("100.000"), at(10, 8))]


def test_hours_of_a_shift_are_counted_from_coming_in_and_going_off(place, system):
    person = Person.objects.create(name="某某", area=place.grid, known_from=at(1), stands_from=at(1))
    post = one(command.save_posts(system, [Command(told={"title": "东卡口", "kind": "gateway_point", "area": place.grid.pk, "told_at": at(1)})], sender="t"))
    told = {"guard_post": post, "person": person.pk, "area": place.grid.pk, "starts_at": at(10, 8), "checked_in_at": at(10, 8), "ended_at": at(10, 20)}
    shift = one(resources.save_shifts(system, [Command(told=told)], sender="t"))
    assert Shift.objects.get(pk=shift).hours == 12
    assert kinds(post) == ["shift.checked_in"]
    assert [(a.person, a.number) for a in Act.objects.filter(kind="shift.worked")] == [(person.pk, 12)]
    assert resources.save_shifts(system, [Command(told={**told, "ended_at": at(9)})], sender="t")[0].kind == "rejected"


def test_a_journey_finds_the_area_that_is_watched_under_its_origin(place, system):
    person = Person.objects.create(name="某某", area=place.grid, known_from=at(1), stands_from=at(1))
    outside = one(movement.save_outside(system, [Command(told={"name": "外省某市", "code": "990900", "area": place.root.pk, "grade": "high", "told_at": at(1)})], sender="t"))
    told = {"person": person.pk, "area": place.grid.pk, "kind": "arrival", "origin": "990900", "known_at": at(10), "arrived_on": at(10, 9).date()}
    journey = one(movement.save_journeys(system, [Command(told=told)], sender="t"))
    assert Journey.objects.get(pk=journey).came_from_id == outside
    movement.save_journeys(system, [Command(told={"located_at": at(10, 15)}, record=journey)], sender="t")
    assert kinds(journey) == ["journey.known", "journey.located"]
    ahead = movement.save_journeys(system, [Command(told={"declared_at": clock.now() + timedelta(days=1)}, record=journey)], sender="t")
    assert ahead[0].problems[0].code == "check-in-the-future"


def test_what_stands_of_an_area_outside_stands_from_when_it_was_so_and_not_from_when_it_was_typed(place, system):
    told = {"name": "外省某市", "code": "990900", "area": place.root.pk, "grade": "low", "graded_at": at(1), "told_at": at(1)}
    outside = one(movement.save_outside(system, [Command(told=told)], sender="t"))
    stood = []
    for more in ({"grade": "medium", "told_at": at(3)}, {"grade": "high", "graded_at": at(5), "told_at": at(6)}, {"listed_at": at(7), "told_at": at(8)}, {"delisted_at": at(12)}, {"name": "外省某某市"}):
        movement.save_outside(system, [Command(told=more, record=outside)], sender="t")
        stood.append(OutsideArea.objects.get(pk=outside).stands_from)
    assert stood == [at(3), at(5), at(7), at(12), at(12)]


def test_since_when_a_case_is_severe_is_counted_and_over_when_it_is(place, system):
    person = Person.objects.create(name="某某", area=place.grid, known_from=at(1), stands_from=at(1))
    case = Case.objects.create(person=person, area=place.grid, disease="covid-19", known_from=at(1), stands_from=at(1))
    told = {"person": person.pk, "about_case": case.pk, "area": place.grid.pk, "disease": "covid-19", "severity": "mild", "seen_at": at(10), "treated_at": at(10, 3)}
    course = one(care.save_courses(system, [Command(told=told)], sender="t"))
    care.save_courses(system, [Command(told={"severity": "severe", "seen_at": at(12)}, record=course)], sender="t")
    care.save_courses(system, [Command(told={"severity": "critical", "seen_at": at(13)}, record=course)], sender="t")
    assert Course.objects.get(pk=course).severe_at == at(12)
    assert kinds(case.pk) == ["case.treated", "case.worsened"]
    care.save_courses(system, [Command(told={"severity": "moderate", "seen_at": at(15)}, record=course)], sender="t")
    assert Course.objects.get(pk=course).severe_at is None
