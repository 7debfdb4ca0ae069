"""A county in which a plan is in force and something is owed: a small outbreak, its people, its posts."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client


@pytest.fixture
def morning():
    """Ten in the morning: something is open then, whatever the hour at which the tests are run; in the evening lists of what is open are empty, and cost less."""
    from sizao.kernel import clock

    with clock.frozen(clock.start_of_day(clock.local_day(clock.now(), "Asia/Shanghai"), "Asia/Shanghai") + timedelta(hours=10)):
        yield


@pytest.fixture
def outbreak(county):
    """One case and two contacts in one grid, one contact in another village; the shipped plan on trial; a run. `.client(scope, language)` signs in."""
    from sizao.doors.kit import signin
    from sizao.kernel import clock, content
    from sizao.kernel.scope import Scope
    from sizao.plan import run
    from sizao.plan.acts import acts_of
    from sizao.registers.cases import actions as cases
    from sizao.registers.population import actions as population

    grid, other = county.areas["990001101201-1"], county.areas["990001102201-1"]
    system, desk = Scope.system("test"), county.user("desk")
    now = clock.now()
    known = now - timedelta(days=3)
    people = population.add_persons(
        system,
        [
            population.PersonData(area_id=grid.pk, name="张小明", sex="male", phone="13900000001", address="1号"),
            population.PersonData(area_id=grid.pk, name="李丽", sex="female", phone="13900000002"),
            population.PersonData(area_id=grid.pk, name="王强", sex="male"),
            population.PersonData(area_id=other.pk, name="赵敏", sex="female"),
        ],
        known=[known] * 4,
        sender="test",
    )
    told = {"area_id": grid.pk, "disease": "covid-19", "classification": "confirmed", "reported_at": known, "confirmed_at": known}
    [case] = cases.add_cases(system, [cases.New(people[0], "test", "B-1", known, told)])
    exposed = {
        "disease": "covid-19",
        "case_id": case,
        "classification": "close",
        "named_at": known,
        "last_exposure_on": known.date(),
        "observation_from": known.date(),
    }
    contacts = cases.add_contacts(
        system,
        [
            cases.New(person, "test", f"J-{n}", known, exposed | {"area_id": area.pk})
            for n, (person, area) in enumerate(((people[1], grid), (people[2], grid), (people[3], other)))
        ],
    )
    assert content.load(desk).faults == []
    item = content.newest("plan", "contact-tracing-basic")
    content.propose(desk, item, county.root, "covid-19", datetime(2000, 1, 1, tzinfo=UTC), trial=True)
    content.keep(acts_of(item.text), county.root, datetime(2019, 1, 1, tzinfo=UTC), "test")
    team = county.user("community", "990001101201")
    made = run.evaluate_all()

    def client(scope, language="zh-hans") -> Client:
        browser = Client(HTTP_HOST="localhost")
        browser.cookies["sizao-language"] = language
        browser.post(signin.make_link(scope.user))
        return browser

    return SimpleNamespace(
        county=county, people=people, case=case, contacts=contacts, desk=desk, team=team, run=made, client=client, grid=grid, other=other
    )
