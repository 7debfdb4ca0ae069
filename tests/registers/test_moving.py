"""A household that moves: what stood before stays where it was, who lives there goes along; a correction is no move."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from sizao.kernel.outcome import Command
from sizao.registers.population import actions as population
from sizao.registers.population.actions import HouseholdData, PersonData
from sizao.registers.population.models import Household, Person

pytestmark = pytest.mark.django_db
SINCE, MOVED = datetime(2020, 6, 1, tzinfo=UTC), datetime(2020, 6, 12, 9, tzinfo=UTC)


def before(table, key):
    """(area, from when) of the versions that stood before."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT area_id, stands_from FROM {table}_history WHERE id = %s", [key])
        return cursor.fetchall()


def test_a_move_stands_from_its_day_for_the_household_and_who_lives_there_and_a_correction_from_where_it_stood(county, system):
    here, there = county.areas["990001101201-1"].pk, county.areas["990001102202-2"].pk
    [door] = population.add_households(system, [HouseholdData("h", here, 2)], known=SINCE, sender="t").values()
    people = [PersonData(here, "甲", household_id=door), PersonData(there, "乙", household_id=door)]  # the second stays with others
    one, other = population.add_persons(system, people, known=[SINCE] * 2, sender="t")
    [told] = population.save_households(system, [Command(told={"area": there, "moved_at": MOVED}, record=door)], sender="t")
    assert told.kind == "updated"
    for model, key in ((Household, door), (Person, one)):
        row = model.objects.get(pk=key)
        assert (row.area_id, row.stands_from) == (there, MOVED)
        assert before(model._meta.db_table, key) == [(here, SINCE)]
    assert Person.objects.get(pk=other).stands_from == SINCE
    population.save_households(system, [Command(told={"area": here}, record=door)], sender="t")
    assert Household.objects.get(pk=door).stands_from == MOVED
    [early] = population.save_households(
        system, [Command(told={"area": there, "moved_at": datetime(2999, 1, 1, tzinfo=UTC)}, record=door)], sender="t"
    )
    assert [p.code for p in early.problems] == ["check-in-the-future"]
