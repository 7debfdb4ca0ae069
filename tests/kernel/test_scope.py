"""Rights belong to posts, below an area, for a time; out of the area answers like what does not exist."""

from datetime import timedelta

import pytest

from sizao.kernel import clock, organisation
from sizao.kernel.errors import Refused
from sizao.kernel.models import Holding, User
from sizao.kernel.scope import Scope
from sizao.registers.population import read
from sizao.registers.population.actions import PersonData, add_persons


@pytest.fixture
def people(system, county):
    now = clock.now()
    codes = ["990001101201-1", "990001101202-1", "990001102201-1"]
    ids = add_persons(system, [PersonData(area_id=county.areas[c].pk, name=f"王{i}", phone="13800138000") for i, c in enumerate(codes)], known=[now] * 3, sender="t")
    return dict(zip(codes, ids, strict=True))


@pytest.mark.parametrize(("at", "sees"), [("990001", 3), ("990001101", 2), ("990001101201", 1), ("990001102", 1), ("990001102202", 0)])
def test_a_post_sees_its_own_area_and_what_is_below(county, people, at, sees):
    assert read.persons(county.user("cdc", at)).count() == sees


def test_out_of_area_answers_exactly_as_not_existing(county, people):
    scope = county.user("cdc", "990001101")
    answers = []
    for key in (people["990001102201-1"], "00000000-0000-7000-8000-000000000000"):
        with pytest.raises(Refused) as refused:
            read.access_person_by_id(scope, key)
        answers.append((refused.value.code, str(refused.value)))
    assert answers[0] == answers[1]


def test_who_may_not_see_names_sees_how_long_they_are(county, people):
    scope = county.user("commander")
    person = read.access_person_by_id(scope, people["990001101201-1"])
    assert read.shown_name(scope, person) == "王＊"
    assert read.shown_name(county.user("cdc"), person) == "王0"
    assert read.sealed_of(scope, person) == {}
    assert read.sealed_of(county.user("cdc"), person)["phone"] == "13800138000"


def test_a_post_that_ended_gives_no_right(county):
    scope = county.user("cdc")
    Holding.objects.filter(user=scope.user).update(valid_to=clock.now() - timedelta(seconds=1))
    with pytest.raises(Refused) as refused:
        Scope.open(scope.user)
    assert refused.value.code == "no-post"


def test_nobody_opens_somebody_else_s_post(county):
    mine, other = county.user("cdc"), county.user("commander")
    with pytest.raises(Refused):
        Scope.open(mine.user, other.post)


def test_a_grant_for_one_purpose_does_not_serve_another(county, system):
    user = organisation.add_user(system, "researcher")
    organisation.grant_post(system, user, "cdc", county.areas["990001102"], purposes=("research",), title_zh="研究")
    assert Scope.open(user, purpose="research").can("person.read")
    assert not Scope.open(user, purpose="response").can("person.read")


def test_a_user_is_found_by_name_or_refused_in_words(db):
    with pytest.raises(Refused) as refused:
        organisation.user_named("nobody")
    assert refused.value.code == "user-unknown"
    assert not User.objects.filter(username="nobody").exists()
