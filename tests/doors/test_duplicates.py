"""The desk's queue of duplicates and the same by program: what is shown, what one answer does, what a second one is told."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from doors import lawful

from sizao.kernel import clock
from sizao.kernel.models import Act
from sizao.registers.isolation.models import Appeal, Evidence, Order
from sizao.registers.population import actions as population
from sizao.registers.population import looking, merging, pairs
from sizao.registers.population.models import Merge, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def twice(county, system):
    """One person told twice, by a hospital and by an airline; the first is under an order with an objection."""
    here = county.areas["990001101201-1"]
    known = clock.now() - timedelta(days=2)
    told = {"sex": "male", "birth_date": known.date().replace(year=1984), "phone": "13800138000"}
    people = population.add_persons(
        system, [population.PersonData(here.pk, n, **told) for n in ("欧阳明月", "Mingyue OUYANG")], known=[known - timedelta(days=1), known], sender="t"
    )
    order = lawful.order(here, Person.objects.get(pk=people[1]), "O-1")
    lawful.appeal(order)
    looking.look()
    return people, order


def client(county, role="cdc", code="990001", language="en"):
    scope = county.user(role, code)
    found = Client(HTTP_HOST="localhost")
    found.force_login(scope.user)
    found.cookies["sizao-language"] = language
    return found


def test_one_answer_at_the_desk_merges_and_the_person_s_page_takes_it_back(county, twice):
    (kept, merged), order = twice
    desk = client(county)
    page = desk.get("/duplicates").content.decode()
    for said in ("欧阳明月", "Mingyue OUYANG", "sounds the same", "13800138000", 'data-key="s"', "Isolation order", "probable"):
        assert said in page
    pair = pairs.pairs(county.user("cdc")).get()
    answer = desk.post(f"/duplicates/{pair.pk}", {"verdict": "same", "mark": pair.mark, "reason": "电话核实"})
    assert (answer.status_code, answer["Location"]) == (302, "/duplicates")
    assert desk.get(f"/person/{merged}")["Location"] == f"/person/{kept}"
    for held in (Order.objects.get(), Evidence.objects.get(), Appeal.objects.get()):
        assert held.person_id == kept
    assert not Act.objects.filter(person=merged).exclude(pk__in=Act.objects.exclude(replaces=None).values("replaces")).exists()
    mine = desk.get(f"/person/{kept}").content.decode()
    assert "Also told as" in mine and "电话核实" in mine and order.number in mine
    again = desk.post(f"/duplicates/{pair.pk}", {"verdict": "different", "mark": pair.mark})
    assert again.status_code == 409 and "somebody else" in again.content.decode().lower()
    undone = desk.post(f"/merges/{Merge.objects.get().pk}/undo", {"reason": "两个人"})
    assert undone["Location"] == f"/person/{merged}"
    assert {Order.objects.get().person_id, Evidence.objects.get().person_id, Appeal.objects.get().person_id} == {merged}
    assert pairs.pairs(county.user("cdc")).count() == 1


def test_an_order_changes_hands_in_no_other_way(twice):
    from django.db import DatabaseError, transaction

    (kept, _), _ = twice
    for model in (Order, Evidence, Appeal):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(person_id=kept)


def test_by_program_no_name_is_told_and_the_same_refusals_hold(county, twice):
    (kept, merged), _ = twice
    api = client(county)
    told = api.get("/api/v1/duplicates").json()
    [pair] = told["pairs"]
    assert (told["waiting"], {pair["one"], pair["other"]}, pair["reasons"]["name"]) == (1, {str(kept), str(merged)}, "sound")
    assert "欧阳" not in json.dumps(told, ensure_ascii=False)
    post = {"content_type": "application/json"}
    assert api.post(f"/api/v1/duplicates/{pair['id']}", json.dumps({"verdict": "same", "mark": "older", "reason": "r"}), **post).status_code == 409
    assert api.post(f"/api/v1/duplicates/{pair['id']}", "[]", **post).status_code == 400
    done = api.post(f"/api/v1/duplicates/{pair['id']}", json.dumps({"verdict": "same", "mark": pair["mark"], "reason": "r", "keep": str(merged)}), **post).json()
    assert (done["kept"], done["merged"]) == (str(merged), str(kept))
    assert api.post(f"/api/v1/merges/{done['merge']}/undo", json.dumps({"reason": ""}), **post).status_code == 422
    assert api.post(f"/api/v1/merges/{done['merge']}/undo", json.dumps({"reason": "u"}), **post).json()["undone"]
    assert client(county, "grid_worker").get("/api/v1/duplicates").status_code == 403


def test_a_sender_who_tells_the_merged_one_s_case_again_changes_nothing(county, system):
    from sizao.flows.case_report_received import CaseReport, receive

    here = county.areas["990001101201-1"].pk
    reports = [
        CaseReport(sender="t", source_id=n, disease="covid-19", person=population.PersonData(here, name, phone="13800138000"), class_code="confirmed", reported_at=clock.now())
        for n, name in (("1", "欧阳明月"), ("2", "Mingyue OUYANG"))
    ]
    one, other = (o.person for o in receive(system, reports))
    merging.merge(system, one, other, reason="r")
    assert [o.kind for o in receive(system, reports)] == ["identical", "identical"]
    assert Person.objects.get(pk=one).name == "欧阳明月"
