"""A county with restriction rules in force, a case, people whom an investigation named, and posts of two units."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest


@pytest.fixture
def rights(county):
    """`.contacts[n]` and `.people[n]` go together (people[0] is the case); `.order(n, **told)` is a lawful command for the n-th contact; `.issue(...)` issues."""
    from sizao.kernel import clock, content
    from sizao.kernel.scope import Scope
    from sizao.registers.cases import actions as cases
    from sizao.registers.isolation import ordering
    from sizao.registers.population import actions as population

    grid, other = county.areas["990001101201-1"], county.areas["990001102201-1"]
    system, desk, health = Scope.system("test"), county.user("desk"), county.user("health")
    cdc, second = county.user("cdc"), county.user("cdc", "990001102")
    now = clock.now()
    known = now - timedelta(days=2)
    people = population.add_persons(
        system, [population.PersonData(area_id=grid.pk, name=f"甲{n}", sex="male", national_id="11010519491231002X" if n == 1 else None) for n in range(30)], known=[known] * 30, sender="test"
    )
    told = {"area_id": grid.pk, "disease": "covid-19", "classification": "confirmed", "reported_at": known, "confirmed_at": known}
    [case] = cases.add_cases(system, [cases.New(people[0], "test", "B-1", known, told)])
    named = {"area_id": grid.pk, "disease": "covid-19", "case_id": case, "classification": "close", "named_at": known, "last_exposure_on": known.date()}
    contacts = cases.add_contacts(system, [cases.New(p, "test", f"J-{n}", known, named) for n, p in enumerate(people[1:], 1)])
    loaded = content.load(desk, kinds=["restriction"])
    assert loaded.faults == []
    for name in ("contact-observation", "suspect-observation", "case-isolation"):
        content.second(county.user("desk"), content.propose(desk, content.newest("restriction", name), county.root, "covid-19", datetime(2000, 1, 1, tzinfo=UTC)))
    found = SimpleNamespace(
        county=county, grid=grid, other=other, system=system, desk=desk, health=health, cdc=cdc, second=second, people=people, case=case, contacts=[case, *contacts], known=known
    )

    def order(n: int, **told):
        return ordering.NewOrder(**({
            "key": f"order-{n}", "person": people[n], "area_id": grid.pk, "disease": "covid-19", "rule": "contact-observation", "kind": "home",
            "evidence": [("close_contact", found.contacts[n])],
        } | told))  # fmt: skip

    def issue(*numbers: int, scope=None, **told):
        return ordering.issue_orders(scope or cdc, [order(n, **told) for n in numbers])

    found.order, found.issue = order, issue
    return found
