"""Where somebody is: two open stays of one person are listed until somebody says which; an order of which nobody has said where leaves nobody unvisited."""

from datetime import timedelta

import pytest
from django.test import Client

from sizao.doors.kit import signin
from sizao.flows import left_alone
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act
from sizao.registers.isolation import absent, ordering, places, staying
from sizao.registers.isolation.models import Stay
from sizao.registers.ledgers import read as entries
from sizao.registers.population import merging
from sizao.registers.population.models import Household, Person

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def browser(scope):
    client = Client(HTTP_HOST="localhost")
    client.cookies["sizao-language"] = "en"
    client.post(signin.make_link(scope.user))
    return client


@pytest.fixture
def merged(rights):
    """People 1 and 2 are one person: at home since yesterday evening, in a centre since this noon, under two orders."""
    noon = clock.now() + 2 * HOUR
    [home], [centre] = rights.issue(1), rights.issue(2, kind="centre")
    with clock.frozen(noon - HOUR):
        rights.home = staying.take_in(rights.cdc, home.record)
    with clock.frozen(noon):
        rights.centre = staying.take_in(rights.cdc, centre.record, kind="centre", area=rights.other)
    with clock.frozen(noon + HOUR):
        merging.merge(rights.desk, rights.people[1], rights.people[2], reason="同一身份证")
    rights.later = noon + 2 * HOUR
    return rights


def test_who_is_in_two_places_after_a_merge_is_listed_until_somebody_says_where(merged):
    with clock.frozen(merged.later):
        [some] = places.doubled(merged.cdc)
        assert [(s.pk, s.kind) for s in some] == [(merged.home, "home"), (merged.centre, "centre")]
        page = browser(merged.cdc).get("/isolation").content.decode()
        assert "Told to be in two places" in page and f"/isolation/place/{merged.centre}" in page
        before = Act.objects.filter(kind="stay.released").count()
        assert browser(merged.cdc).post(f"/isolation/place/{merged.centre}").status_code == 302
        assert places.doubled(merged.cdc) == []
    home, centre = Stay.objects.get(pk=merged.home), Stay.objects.get(pk=merged.centre)
    assert (home.ended_at, centre.ended_at) == (centre.started_at, None)  # as of somebody who was moved
    assert Act.objects.filter(kind="stay.released").count() == before  # nobody was let go


def test_of_two_stays_the_earlier_one_may_be_the_true_one(merged):
    with clock.frozen(merged.later):
        places.keep(merged.cdc, merged.home)
        assert places.doubled(merged.cdc) == []
        assert Stay.objects.get(pk=merged.centre).ended_at == merged.later
        with pytest.raises(Refused) as refused:
            places.keep(merged.cdc, merged.centre)
        assert refused.value.code == "stay-over"


def test_who_may_write_only_one_of_the_two_places_settles_neither(merged):
    village = merged.county.user("cdc", merged.grid.code)
    with clock.frozen(merged.later):
        assert places.doubled(village) == []
        assert browser(village).post(f"/isolation/place/{merged.centre}").status_code == 404
        places.keep(village, merged.home)  # of what it does not see it ends nothing
        assert Stay.objects.get(pk=merged.centre).ended_at is None
        assert len(places.doubled(merged.cdc)[0]) == 2


def test_one_stay_or_two_one_after_another_are_no_doubt(rights):
    [made] = rights.issue(1)
    stay = staying.take_in(rights.cdc, made.record)
    with clock.frozen(clock.now() + HOUR):
        staying.move(rights.cdc, stay, kind="centre")
        assert places.doubled(rights.cdc) == []
        assert "Told to be in two places" not in browser(rights.cdc).get("/isolation").content.decode()


@pytest.fixture
def old(rights):
    """Person 1 is 81, lives alone, and is ordered to stay at home; nobody has recorded that he is there."""
    house = Household.objects.create(area=rights.grid, members=1, sender="t", known_from=rights.known, stands_from=rights.known)
    Person.objects.filter(pk=rights.people[1]).update(household=house, age_years=81, age_on=clock.now().date())
    [made] = rights.issue(1)
    rights.made, rights.soon = made.record, clock.now() + HOUR
    return rights


def test_whom_an_order_binds_is_visited_before_anybody_has_recorded_where_he_is(old):
    with clock.frozen(old.soon):
        assert [o.pk for o in places.unplaced(old.cdc)] == [old.made]
        [one] = left_alone.alone(old.cdc)
        assert (one.person.pk, one.why, one.certain) == (old.people[1], "lone_elder", True)
        assert left_alone.put_on_list(old.cdc, [old.people[1]]) == 1
        assert [e.person_id for e in entries.entries(old.cdc, "help_list")] == [old.people[1]]


def test_the_page_asks_where_he_is_and_one_press_answers(old):
    with clock.frozen(old.soon):
        desk = browser(old.cdc)
        assert "nobody has said where the person is" in desk.get("/isolation").content.decode()
        assert desk.post(f"/order/{old.made}/stay", {"done": "taken_in", "kind": "home"}).status_code == 302
        assert places.unplaced(old.cdc) == []
        assert [a.person.pk for a in left_alone.alone(old.cdc)] == [old.people[1]]  # now by his stay
        assert "nobody has said where the person is" not in desk.get("/isolation").content.decode()


def test_an_order_that_is_over_waits_or_whose_person_is_gone_asks_nothing(old):
    with clock.frozen(old.soon):
        absent.record_absence(old.cdc, old.made, found_by="visit")
        assert places.unplaced(old.cdc) == [] == left_alone.alone(old.cdc)
    [other] = old.issue(3)
    ordering.lift(old.cdc, [other.record], "error")
    waiting = old.issue(*range(4, 26))  # more than twenty at once: another unit must agree first
    with clock.frozen(old.soon):
        assert {o.record for o in waiting} and places.unplaced(old.cdc) == []
