"""How many live where: always anew in a small register; in a large one a count holds for some minutes, for the same rights and the same area."""

import pytest

from sizao.kernel import clock
from sizao.registers.population import actions as population
from sizao.registers.population import read
from sizao.registers.population.actions import PersonData

pytestmark = pytest.mark.django_db


TOP, VILLAGE, GRID = "990001", "990001101201", "990001101201-1"


def add(county, system, *names):
    population.add_persons(system, [PersonData(county.areas[GRID].pk, name) for name in names], known=[clock.now()] * len(names), sender="counts")


def total(scope, area):
    return sum(read.counts_by_area(scope, area).values())


@pytest.fixture
def large(monkeypatch):
    """Two persons make a large register; the clock by which a count holds is ours."""
    now = [0.0]
    monkeypatch.setattr(read, "MANY", 2)
    monkeypatch.setattr(read, "_counted", {})
    monkeypatch.setattr(read.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def desk(county, system):
    """Sees the whole county; four persons live in one village of it."""
    add(county, system, "甲一", "甲二", "甲三", "甲四")
    return county.user("cdc", TOP)


def test_a_small_register_is_counted_anew(county, system, desk):
    assert total(desk, county.areas[TOP]) == 4
    add(county, system, "乙")
    assert total(desk, county.areas[TOP]) == 5


def test_a_large_one_holds_for_its_time(county, system, desk, large, django_assert_num_queries):
    assert total(desk, county.areas[TOP]) == 4
    add(county, system, "乙")
    large[0] = read.HOLDS
    with django_assert_num_queries(0):
        assert total(desk, county.areas[TOP]) == 4
    large[0] = read.HOLDS + 1
    assert total(desk, county.areas[TOP]) == 5


def test_another_area_and_another_right_are_counted_by_themselves(county, system, desk, large):
    assert total(desk, county.areas[TOP]) == total(desk, county.areas[VILLAGE]) == 4
    elsewhere = county.user("cdc", "990001102201")
    assert total(elsewhere, county.areas[TOP]) == 0


def test_no_more_counts_are_held_than_said(county, desk, large, monkeypatch):
    monkeypatch.setattr(read, "KEPT", 1)
    for code in (TOP, VILLAGE):
        total(desk, county.areas[code])
    assert len(read._counted) == 1


def test_who_changes_what_he_was_given_changes_nothing_for_the_next(county, desk, large):
    read.counts_by_area(desk, county.areas[TOP]).clear()
    assert total(desk, county.areas[TOP]) == 4
