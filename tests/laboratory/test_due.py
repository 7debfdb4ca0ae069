"""Who must be tested comes from the plan's lists; a session with little room serves those who must first."""

from datetime import timedelta

import pytest
from doors.conftest import morning, outbreak  # noqa: F401

from sizao.doors.desk import lab_due
from sizao.flows import testing_due
from sizao.kernel import clock
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.plan import run
from sizao.registers.laboratory import actions
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.population import actions as population

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def test_the_lists_say_who_is_overdue_sampled_and_resulted_and_the_session_serves_them_first(outbreak):  # noqa: F811
    system, area, now = Scope.system("test"), outbreak.county.root, clock.now()
    [measure] = [m for m in testing_due.lists(outbreak.desk, area) if m.table == "contact"]
    assert measure.missing + measure.open == 3
    [sample] = actions.add_specimens(system, [actions.NewSpecimen("s", outbreak.people[1], outbreak.grid.pk, "covid-19", now - timedelta(hours=1))], sender="t").values()
    run.evaluate_all(now)
    rows = {d.row.person: d for d in testing_due.of_list(outbreak.desk, measure.id, area)}
    assert sorted(d.state in ("overdue", "open") for d in rows.values()) == [False, True, True]
    assert rows[outbreak.people[1]].state == "sampled"
    actions.tell_results(system, {sample: ("negative", now)})
    assert {d.state for d in testing_due.of_list(outbreak.desk, measure.id, area) if d.row.person == outbreak.people[1]} == {"resulted"}
    [unit] = ledgers.add_units(system, [ledgers.NewUnit("site", outbreak.grid.pk, "采样点", now - timedelta(days=3), "test_site")], sender="m").values()
    wishers = population.add_persons(system, [population.PersonData(area_id=outbreak.grid.pk, name=f"愿{n}") for n in range(2)], known=[now - timedelta(days=3)] * 2, sender="w")
    told = [(wishers[1], 90), (wishers[0], 60), (outbreak.people[2], 80)]
    assert [o.problems for o in ledgers.save(system, "test_wish", [Command(told={"person": p, "unit": unit, "wished_for": "travel", "happened_at": now - timedelta(minutes=m)}, source_id=str(n)) for n, (p, m) in enumerate(told)], sender="t")] == [()] * 3
    order = testing_due.session(outbreak.desk, area, clock.local_day(now, area.zone), 3)
    assert {s.person for s in order[:2]} == {outbreak.people[2], outbreak.people[3]} and {s.tier for s in order[:2]} == {"must"}
    assert [(s.person, s.tier, s.served) for s in order[2:]] == [(wishers[1], "wish", True), (wishers[0], "wish", False)]
    client = outbreak.client(outbreak.desk, "en")
    page = client.get("/lab/due").content.decode()
    assert "Must be tested" in page and "李丽" in page
    page = client.get("/lab/session?capacity=3").content.decode()
    assert "3 of 4 can be served" in page and "no room" in page and "愿0" in page
    assert client.get("/lab/session?capacity=x").status_code == 422
    numbers = outbreak.client(outbreak.county.user("reporter"), "en").get("/lab/due").content.decode()
    assert "Must be tested" in numbers and "李丽" not in numbers


def test_a_long_list_shows_its_first_people_says_how_many_there_are_and_reads_the_names_of_those_shown(outbreak, monkeypatch):  # noqa: F811
    monkeypatch.setattr(lab_due, "SHOWN", 2)
    read = []
    monkeypatch.setattr(lab_due, "names_of_duties", lambda scope, rows, why, real=lab_due.names_of_duties: read.append(len(rows)) or real(scope, rows, why))
    client = outbreak.client(outbreak.desk, "en")
    page = client.get("/lab/due").content.decode()
    assert ">2 / 3<" in page and "show=4" in page and "Show more" in page
    page = client.get("/lab/due?show=4").content.decode()
    assert ">3<" in page and "Show more" not in page
    assert read == [2, 3]
