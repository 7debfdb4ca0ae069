"""Who takes samples tells no result, who tells results sees no name, and the clerk of a unit sees by name only those whom that post has to bring."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from laboratory.conftest import at

from sizao.doors.kit import signin
from sizao.kernel import clock, content
from sizao.kernel.errors import Refused
from sizao.kernel.models import ContentItem
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.plan import run
from sizao.registers.laboratory import actions, tubes
from sizao.registers.laboratory.models import Recall, Specimen, Tube
from sizao.registers.laboratory.saving import save
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.population import actions as population

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evening():
    with clock.frozen(at(16, 10)):
        yield


def come(lab, role, code="990001"):
    scope = lab.county.user(role, code)
    client = Client(HTTP_HOST="localhost")
    client.cookies["sizao-language"] = "en"
    client.post(signin.make_link(scope.user))
    return scope, client


def test_a_laboratory_worker_receives_runs_and_tells_tubes_and_meets_no_name_on_the_way(lab):
    pk, inside = lab.tube("T-1")
    _, client = come(lab, "laboratory")
    page = client.get("/lab").content.decode()
    assert "T-1" in page and "张" not in page and "Record a run" in page and "Sampling on a phone" not in page
    for told in ({"step": "handed"}, {"step": "received", "laboratory": str(lab.made.pk)}):
        answer = client.post("/lab/send", {"tubes": "T-1", "counted": "1", **told})
        assert answer.status_code == 200, answer.content.decode()
    early = client.post("/lab/results", {"tubes": "T-1", "result": "positive"})
    assert early.status_code == 422 and "No ended run lists tube" in early.content.decode() and Tube.objects.get(pk=pk).result is None
    run_told = {"laboratory": str(lab.made.pk), "run": "R-1", "instrument": "ABI-1", "started_at": "2020-06-16T14:00", "ended_at": "2020-06-16T17:00", "tubes": "T-1"}
    with clock.frozen(at(16, 18)):
        assert client.post("/lab/run", run_told).status_code == 200
        assert Tube.objects.get(pk=pk).result == "positive"  # what was told too early waited for the run
        page = client.get("/lab").content.decode()
    assert "3 called · 0 found" in page and "张" not in page
    for address in ("/registers/specimens", "/registers/persons", "/registers/recalls", "/sample", "/lab/session", "/find?q=张", f"/person/{lab.people[0]}", "/isolation"):
        assert client.get(address).status_code == 403, address
    assert client.get("/registers/tubes").status_code == 200
    with pytest.raises(Refused, match="not-found-or-out-of-area"):
        tubes.found(come(lab, "sampler", "990001102")[0], Recall.objects.filter(specimen=inside[0]).get().pk)


def test_a_sampler_fills_and_hands_over_and_tells_no_result_by_any_door(lab):
    _, inside = lab.tube("T-1", n=1)
    scope, client = come(lab, "sampler", "990001101")
    assert client.get("/sample").status_code == 200 and "张0" in client.get("/sample/people.json").content.decode()
    assert client.get("/lab/session").status_code == 200
    assert client.post("/lab/send", {"tubes": "T-1", "counted": "1", "step": "handed"}).status_code == 200
    for address in ("/lab/run", "/lab/results"):
        assert client.post(address, {"tubes": "T-1"}).status_code == 403
    answer = client.post("/api/v1/lab", {"results": [{"tube": "T-1", "result": "negative", "at": at(16, 10).isoformat()}]}, content_type="application/json")
    assert answer.status_code == 403
    told = {"result": "negative", "resulted_at": at(16, 9)}
    for record, more in ((inside[0], {}), (None, {"person": lab.people[5], "area": lab.grid.pk, "disease": "covid-19", "sampled_at": at(16, 8), "sample_of": "person"})):
        [outcome] = save(scope, [Command(told=told | more, record=record, source_id="x")], sender="t")
        assert [p.code for p in outcome.problems] == ["not-allowed"]
    with pytest.raises(Refused):
        actions.correct_result(scope, inside[0], "negative", at(16, 9), "x")
    assert not Specimen.objects.exclude(result=None).exists()


LIST = """\
edition: one-list
title: {zh: 单项, en: One list}
params:
  clock:
    - {value: 24h, from: 2020-01-20, source: 检验用}
measures:
  staff-tested:
    title: {zh: 医护人员应检尽检, en: Medical staff tested}
    source: [{text: "002", quote: 等重点人群实行核酸检测“应检尽检”}]
    kind: list
    for: roll
    should: roll_role = 'staff'
    when: {within: $clock, of: starts_on}
    done: lab.sampled
    by: reporter @ area
    cost: {minutes: 10}
"""


def test_the_clerk_of_a_unit_sees_by_name_whom_that_very_post_owes_and_nobody_else(lab):
    """The must-test lists are owed by units; who must bring people has to know whom. Of other posts' people the numbers are seen, no name."""
    system, root = Scope.system("test"), lab.county.root
    assert content.load(system).faults == []
    since, villages = at(1), ("990001101201", "990001102201")
    clerks = {code: come(lab, "reporter", code) for code in villages}
    for n, code in enumerate(villages):
        area = lab.county.areas[code].pk
        [unit] = ledgers.add_units(system, [ledgers.NewUnit(code, area, f"卫生院{n}", since, "clinic")], sender="m").values()
        [person] = population.add_persons(system, [population.PersonData(area_id=area, name=f"医生{n}")], known=[since], sender="w")
        told = {"person": person, "unit": unit, "roll_role": "staff", "starts_on": at(15).date(), "period": at(15).date(), "happened_at": at(15)}
        assert ledgers.save(system, "roll", [Command(told=told, source_id=code)], sender="t")[0].problems == ()
    item = ContentItem.objects.create(kind="plan", item_id="one-list", sha256=hashlib.sha256(LIST.encode()).hexdigest(), body={}, text=LIST, source="edition.yaml")
    content.propose(lab.county.user("desk"), item, root, "covid-19", datetime(2000, 1, 1, tzinfo=UTC), trial=True)
    content.keep({"lab.sampled"}, root, datetime(2019, 1, 1, tzinfo=UTC), "test")
    with clock.frozen(at(16, 10) + timedelta(hours=9)):
        run.evaluate_all()
        for n, code in enumerate(villages):
            for address in ("/lab/due?list=staff-tested", "/today"):
                page = clerks[code][1].get(address).content.decode()
                assert f"医生{n}" in page and f"医生{1 - n}" not in page and "/person/" not in page, address
        desk = come(lab, "desk")[1].get("/lab/due?list=staff-tested").content.decode()
        assert "医生0" in desk and "医生1" in desk and "卫生院0" in desk
        silent = come(lab, "supplies")[1].get("/lab/due?list=staff-tested").content.decode()
        assert "医生" not in silent and "Your post sees the numbers" in silent
        other = come(lab, "reporter")[1].get("/lab/due?list=staff-tested").content.decode()
        assert "医生" not in other and "owes nobody on this list" in other
