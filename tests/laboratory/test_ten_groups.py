"""The ten groups that the June edition of 2020 wants tested, each through the doors: somebody gets into the group, stands on the list of the post that owes him, is sampled, and is gone from it."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from django.test import Client
from laboratory.conftest import at

from sizao.doors.kit import signin
from sizao.flows import testing_due
from sizao.kernel import clock, content
from sizao.kernel.content_dir import content_dir
from sizao.kernel.models import ContentItem
from sizao.kernel.scope import Scope
from sizao.plan import run
from sizao.registers.command.actions import Grading, grade_areas

pytestmark = pytest.mark.django_db
MEASURE, VILLAGE, BESIDE = "key-group-testing", "990001101201", "990001102201"
NOON = at(16, 12)


def only_this_measure() -> str:
    """The shipped edition, cut down to the measure: the same words, evaluated in a moment."""
    whole = yaml.safe_load((content_dir() / "plans/2020-06-city-normal/edition.yaml").read_text(encoding="utf-8"))
    measure = whole["measures"][MEASURE]
    used = {name: [line for line in lines if line.get("for", MEASURE).split(".")[0] == MEASURE] for name, lines in whole["params"].items() if f"${name}" in str(measure)}
    lists = {name: lines for name, lines in whole["lists"].items() if f"'{name}'" in str(measure)}
    return yaml.safe_dump({"edition": whole["edition"], "title": whole["title"], "params": used, "lists": lists, "measures": {MEASURE: measure}}, allow_unicode=True, sort_keys=False)


class Doors:
    """A village under the measure. `.put(register, **values)` writes one row by the API as the desk, `.come(role, code)` signs somebody in."""

    def __init__(self, county):
        self.county = county
        self.area = VILLAGE
        assert content.load(Scope.system("test"), kinds=["ledger"]).faults == []
        text = only_this_measure()
        item = ContentItem.objects.create(kind="plan", item_id="2020-06-city-normal", sha256=hashlib.sha256(text.encode()).hexdigest(), body={}, text=text, source="edition.yaml")
        content.propose(county.user("desk"), item, county.root, "covid-19", datetime(2020, 6, 1, tzinfo=UTC), trial=True)
        content.keep({"lab.sampled", "contact.named", "journey.known", "symptom.found", "roll"}, county.root, datetime(2019, 1, 1, tzinfo=UTC), "test")
        self.desk = self.come("desk", "990001")

    def come(self, role, code=VILLAGE):
        client = Client(HTTP_HOST="localhost")
        client.cookies["sizao-language"] = "en"
        client.post(signin.make_link(self.county.user(role, code).user))
        return client

    def put(self, register, **values):
        body = json.dumps({"rows": [{"source_id": f"{register}-1", "values": values}]}, default=str)
        answer = self.desk.post(f"/api/v1/{register}", body, content_type="application/json", headers={"Idempotency-Key": f"{register}-{values.get('name', '')}"})
        [told] = answer.json()["outcomes"]
        assert told["problems"] == [], told
        return told["id"]

    def on_roll(self, person, kind, **values):
        unit = self.put("reporting-units", name="清河单位", kind=kind, area=self.area)
        self.put("roll", person=person, unit=unit, happened_at=NOON, period="2020-06-16", starts_on="2020-06-15", **values)
        return "清河单位"


def contact(d, person):
    d.put("contacts", person=person, area=d.area, disease="covid-19", classification="close", named_at=NOON)


def entrant(d, person):
    d.put("journeys", person=person, area=d.area, kind="entry", known_at=NOON, arrived_on="2020-06-16")


def arrival(d, person):
    """From a place that is graded; the other way, named by the edition itself, is Wuhan."""
    d.put("journeys", person=person, area=d.area, kind="arrival", origin="420100", known_at=NOON, left_on="2020-06-15", arrived_on="2020-06-16")


def fever(d, person):
    unit = d.put("reporting-units", name="发热门诊", kind="fever_clinic", area=d.area)
    d.put("symptom-lines", person=person, area=d.area, channel="fever_clinic", found_at=NOON, found_unit=unit, disease="covid-19")


def pupil_from_a_graded_place(d, person):
    grade_areas(Scope.system("test"), [Grading(d.county.areas[VILLAGE].pk, "risk", "medium", NOON - timedelta(days=1), "市指挥部公告")], sender="t")  # a grade is decided, not typed
    return d.on_roll(person, "school", roll_role="pupil", home_area=d.area)


GROUPS = {
    "contacts": ("cdc", contact),
    "entrants": ("community", entrant),
    "arrivals": ("community", arrival),
    "fever": ("reporter", fever),
    "inpatients": ("reporter", lambda d, p: d.on_roll(p, "clinic", roll_role="carer")),
    "medical": ("reporter", lambda d, p: d.on_roll(p, "fever_clinic", roll_role="staff")),
    "ports": ("reporter", lambda d, p: d.on_roll(p, "gateway", roll_role="staff", job="port")),
    "custody": ("reporter", lambda d, p: d.on_roll(p, "custody", roll_role="staff")),
    "homes": ("reporter", lambda d, p: d.on_roll(p, "welfare_home", roll_role="staff")),
    "schools": ("reporter", pupil_from_a_graded_place),
}


def test_these_are_the_ten_groups_of_the_edition():
    assert set(yaml.safe_load(only_this_measure())["measures"][MEASURE]["parts"]) == set(GROUPS)


@pytest.mark.parametrize("group", GROUPS)
def test_who_gets_into_a_group_stands_on_the_list_of_who_owes_him_until_he_is_sampled(county, group):
    role, enters = GROUPS[group]
    address = f"/lab/due?list={MEASURE}.{group}"
    with clock.frozen(NOON):
        d = Doors(county)
        person = d.put("persons", name="应检人", area=d.area)
        run.evaluate_all()
        assert "应检人" not in d.desk.get(address).content.decode()
        unit = enters(d, person)
    with clock.frozen(NOON + timedelta(hours=1)):
        run.evaluate_all()
        page = d.desk.get(address).content.decode()
        assert "应检人" in page and (unit is None or unit in page)
        owes = d.come(role)
        assert "应检人" in owes.get(address).content.decode()
        assert "应检人" in owes.get("/today").content.decode()
        assert "应检人" not in d.come(role, BESIDE).get(address).content.decode()
        sealed = clock.now() - timedelta(minutes=5)
        tube = {"id": "phone-1", "code": "T-1", "size": 1, "disease": "covid-19", "sealed_at": sealed.isoformat(), "members": [{"person": person}]}
        answer = d.come("sampler").post("/api/v1/sampled-tubes", json.dumps({"tubes": [tube]}), content_type="application/json")
        assert [t["answer"] for t in answer.json()["tubes"]] == ["new"]
    with clock.frozen(NOON + timedelta(hours=2)):
        run.evaluate_all()
        assert "应检人" not in owes.get("/today").content.decode()
        [figures] = [m for m in testing_due.lists(county.user("desk"), county.root) if m.id == f"{MEASURE}.{group}"]
        assert (figures.missing, figures.open) == (0, 0) and figures.ahead + figures.met + figures.late == 1
        if role == "reporter":  # who may not read persons sees what is still to be done, and nothing else
            assert "应检人" not in owes.get(address).content.decode()
