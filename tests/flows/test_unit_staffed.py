"""Somebody files for a unit: his desk opens on it and its parts, and on no other unit of the place."""

from types import SimpleNamespace

import pytest

from sizao.flows import unit_staffed
from sizao.kernel import clock, organisation
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.registers.ledgers import actions, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(county):
    system, here = Scope.system("test"), county.areas["990001101"]
    made = actions.add_units(system, [actions.NewUnit(n, here.pk, n, clock.now(), k) for n, k in (("一小", "school"), ("二小", "school"), ("药店", "pharmacy"))], sender="t")
    made |= actions.add_units(system, [actions.NewUnit("一小1班", here.pk, "一小1班", clock.now(), "class", made["一小"])], sender="t")
    return SimpleNamespace(units=made, desk=county.user("desk"), here=here, county=county, user=lambda name: organisation.add_user(system, name))


def named(scope):
    return {u.name for u in read.units(scope, "ledger.write").filter(post=scope.post_id)}


def test_each_of_two_schools_of_a_town_has_a_post_of_its_own(town):
    one, two = town.user("nurse-1"), town.user("nurse-2")
    posts = [unit_staffed.staff(town.desk, who, "school_health", [town.units[school]]) for who, school in ((one, "一小"), (two, "二小"))]
    assert posts[0].pk != posts[1].pk and posts[0].title_zh.startswith("一小")
    assert named(Scope.open(one)) == {"一小", "一小1班"} and named(Scope.open(two)) == {"二小"}


def test_a_second_person_of_the_same_unit_shares_the_post(town):
    posts = {unit_staffed.staff(town.desk, town.user(f"nurse-{n}"), "school_health", [town.units["一小"]]).pk for n in (1, 2)}
    assert len(posts) == 1


def test_a_unit_is_named_by_its_id_or_by_a_name_that_only_one_has(town):
    assert unit_staffed.unit_named(town.desk, "药店") == unit_staffed.unit_named(town.desk, str(town.units["药店"])) == town.units["药店"]
    for told in ("无此单位", "01900000-0000-7000-8000-000000000000"):
        with pytest.raises(Refused, match="not-found-or-out-of-area"):
            unit_staffed.unit_named(town.desk, told)


@pytest.mark.parametrize(("role", "code"), [("cdc", "role-needs-two"), ("baker", "role-unknown")])
def test_a_role_that_two_people_give_is_not_given_here(town, role, code):
    with pytest.raises(Refused, match=code):
        unit_staffed.staff(town.desk, town.user("x"), role, [town.units["药店"]])


def test_nobody_names_a_post_to_a_unit_outside_his_areas(town):
    elsewhere = town.county.user("desk", "990001102")
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        unit_staffed.staff(elsewhere, town.user("x"), "pharmacist", [town.units["药店"]])
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        actions.name_post(elsewhere, [town.units["药店"]], None)


def test_a_post_that_is_taken_away_leaves_the_unit_to_the_reporters_of_its_area(town):
    who = town.user("nurse")
    unit_staffed.staff(town.desk, who, "school_health", [town.units["一小"]])
    assert actions.name_post(town.desk, [town.units["一小"]], None) == 2
    assert named(Scope.open(who)) == set()
