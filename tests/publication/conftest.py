"""The county and outbreak of the doors' tests, with two who publish."""

import pytest
from doors.conftest import outbreak  # noqa: F401

from sizao.kernel import clock
from sizao.registers.cases import actions as cases
from sizao.registers.population import actions as population


@pytest.fixture
def office(outbreak):  # noqa: F811
    """Two who publish; twenty more cases in township 1 and thirty in township 2, beside the one of the outbreak; a run that has seen them."""
    from sizao.kernel.scope import Scope
    from sizao.plan import run

    system, known = Scope.system("test"), clock.now()
    for grid, n in ((outbreak.grid, 20), (outbreak.other, 30)):
        people = population.add_persons(system, [population.PersonData(area_id=grid.pk, name=f"某{n}之{k}", sex="male") for k in range(n)], known=[known] * n, sender="test")
        told = {"area_id": grid.pk, "disease": "covid-19", "classification": "confirmed", "reported_at": known, "confirmed_at": known}
        cases.add_cases(system, [cases.New(p, "test", f"C-{n}-{k}", known, told) for k, p in enumerate(people)])
    outbreak.run = run.evaluate_all()
    outbreak.first, outbreak.second = outbreak.county.user("publisher"), outbreak.county.user("publisher")
    return outbreak
