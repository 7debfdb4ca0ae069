"""Isolation takes somebody away: who stays behind alone is listed by itself, visited daily, and a day without a visit is an alarm."""

from datetime import timedelta

import pytest

from sizao.flows import left_alone
from sizao.kernel import clock
from sizao.kernel.models import Act
from sizao.registers.isolation.models import Stay
from sizao.registers.population.models import Household, Person

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def family(county):
    """A mother, her child of six and the grandmother of 81 in one household; noon."""
    area = county.areas["990001101201-1"]
    noon = clock.start_of_day(clock.local_day(clock.now(), area.zone), area.zone) + timedelta(hours=12)
    known = {"sender": "t", "known_from": noon, "stands_from": noon}
    house = Household.objects.create(area=area, members=3, **known)
    county.mother, county.child, county.grandmother = (
        Person.objects.create(area=area, household=house, name=name, age_years=age, age_on=noon.date(), **known) for name, age in (("王母", 34), ("王小小", 6), ("王奶奶", 81))
    )
    county.team, county.noon, county.area, county.house = county.user("community", "990001101201"), noon, area, house
    return county


def taken(family, person, at, kind="centre"):
    return Stay.objects.create(person=person, area=family.area, disease="covid-19", kind=kind, started_at=at, sender="t", known_from=at, stands_from=at)


def told(family, at):
    return [(a.person.pk, a.why, a.certain, a.visits.state, a.visits.missed) for a in left_alone.alone(family.team, at)]


def test_who_stays_behind_is_listed_while_the_stay_lasts(family):
    with clock.frozen(family.noon):
        assert left_alone.alone(family.team) == []
        stay = taken(family, family.mother, family.noon)
        assert [(a.person.pk, a.why) for a in left_alone.alone(family.team)] == [(family.child.pk, "child_alone"), (family.grandmother.pk, "lone_elder")]
        assert left_alone.put_on_list(family.team, [family.mother.pk]) == 2
        assert left_alone.put_on_list(family.team) == 0 and all(a.listed for a in left_alone.alone(family.team))
        Stay.objects.filter(pk=stay.pk).update(ended_at=family.noon)
        assert left_alone.alone(family.team) == []


def test_a_day_without_a_visit_is_an_alarm_and_a_visit_ends_it(family):
    taken(family, family.mother, family.noon - 3 * DAY)
    with clock.frozen(family.noon - DAY):
        one = left_alone.record_visit(family.team, family.child.pk, how="visit", need="food", key="k1")
        again = left_alone.record_visit(family.team, family.child.pk, how="visit", need="food", key="k1")
        assert (one.kind, again.kind) == ("new", "identical")
    with clock.frozen(family.noon):
        assert told(family, family.noon) == [(family.grandmother.pk, "lone_elder", True, "missed", 2), (family.child.pk, "child_alone", True, "due", 1)]
        left_alone.record_visit(family.team, family.grandmother.pk, how="call")
        assert told(family, clock.now())[-1] == (family.grandmother.pk, "lone_elder", True, "met", 2)
    assert Act.objects.filter(kind="help_given", person=family.child.pk).count() == 1


def test_an_adult_at_home_looks_after_them_and_one_of_unknown_age_is_asked(family):
    known = {"sender": "t", "known_from": family.noon, "stands_from": family.noon}
    taken(family, family.mother, family.noon)
    aunt = Person.objects.create(area=family.area, household=family.house, name="王姑", **known)
    assert {certain for _, _, certain, _, _ in told(family, family.noon)} == {False}
    Person.objects.filter(pk=aunt.pk).update(birth_year=1980)
    assert told(family, family.noon) == []
    taken(family, aunt, family.noon, "home")  # isolated at home she is still there
    assert told(family, family.noon) == []


def test_nobody_beyond_the_own_area_is_listed(family):
    taken(family, family.mother, family.noon)
    assert left_alone.alone(family.user("community", "990001102201"), family.noon) == []
