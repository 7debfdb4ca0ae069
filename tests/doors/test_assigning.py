"""Whose a case is: taken, given, handed on; who may, who may not, and what the lists and the desk make of it."""

from datetime import timedelta

import pytest

from sizao.kernel import clock, handing
from sizao.kernel.models import Act, Grant, Holding, Post, User
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.cases import assigning
from sizao.registers.cases import read as cases
from sizao.registers.cases.actions import New, add_cases, add_investigations
from sizao.registers.cases.models import CaseAssignment

pytestmark = pytest.mark.doors


@pytest.fixture
def bureau(outbreak):
    """A head of investigations, two investigators at the county, one at a place where there is no case; two cases of the outbreak."""
    here, since = outbreak.desk.post.area, clock.now() - timedelta(days=2)
    add_cases(Scope.system("test"), [New(outbreak.people[1], "test", "C-2", since, {"area_id": outbreak.grid.pk, "disease": "covid-19", "classification": "confirmed", "reported_at": since})])

    def comes(name, role, area):
        user = User.objects.create(username=name, name=name.title())
        post, _ = Post.objects.get_or_create(role=role, area=area, defaults={"title_zh": role, "title_en": role, "valid_from": since})
        Grant.objects.get_or_create(post=post, role=role, area=area, defaults={"valid_from": since})
        Holding.objects.create(post=post, user=user, valid_from=since)
        return user, Scope.open(user)

    made = {name: comes(name, role, area) for name, role, area in (("head", "investigation_lead", here), ("anna", "cdc", here), ("bo", "cdc", here), ("village", "cdc", outbreak.other))}
    made["cases"] = list(cases.cases(made["head"][1]).order_by("pk")[:2])
    return made


def kinds(outcomes):
    return [o.kind if o.kind != "rejected" else o.problems[0].code for o in outcomes]


def test_cases_are_given_in_bulk_and_handing_on_is_a_new_version_of_the_same_row(bureau):
    (_, head), (_, anna), ids = bureau["head"], bureau["anna"], [c.pk for c in bureau["cases"]]
    assert kinds(assigning.assign(head, ids, "investigation", "anna")) == ["new"] * len(ids)
    assert kinds(assigning.assign(head, ids, "investigation", "anna")) == ["identical"] * len(ids)
    assert {a.case_id for a in assigning.mine(anna, clock.now())} == set(ids)
    due = {a.due_at - a.assigned_at for a in CaseAssignment.objects.all()}
    assert due == {timedelta(hours=24)}
    assert kinds(assigning.assign(anna, ids[:1], "investigation", "bo")) == ["updated"]  # her own, handed on with the shift
    assert CaseAssignment.objects.filter(case=ids[0]).get().assignee == "bo"
    assert Act.objects.filter(kind="case.assigned", subject=ids[0]).count() == 2


def test_one_takes_what_is_nobody_s_and_nothing_that_is_another_s(bureau):
    (_, anna), (_, bo), case = bureau["anna"], bureau["bo"], bureau["cases"][0].pk
    assert kinds(assigning.assign(anna, [case], "investigation", "bo")) == ["assigned-to-another"]  # giving is the head's
    assert kinds(assigning.assign(anna, [case], "investigation", "anna")) == ["new"]
    assert kinds(assigning.assign(bo, [case], "investigation", "bo")) == ["assigned-to-another"]
    assert kinds(assigning.assign(bo, [case], "tracing", "bo")) == ["new"]  # another task of the same case


def test_who_may_not_write_the_case_is_given_none_and_it_says_no_more_of_him_than_of_nobody(bureau):
    _, head = bureau["head"]
    case = bureau["cases"][0].pk
    told = [assigning.assign(head, [case], "investigation", name)[0] for name in ("village", "nobody-of-that-name")]
    assert kinds(told) == ["assignee-unfit"] * 2
    assert not CaseAssignment.objects.exists()
    _, village = bureau["village"]
    assert kinds(assigning.assign(village, [case], "investigation", "village"))[0] in ("not-found-or-out-of-area", "not-allowed")


def test_whoever_stands_in_has_the_cases_and_whoever_left_has_none(bureau):
    (anna_user, anna), (bo_user, bo), (_, head), ids = bureau["anna"], bureau["bo"], bureau["head"], [c.pk for c in bureau["cases"]]
    now = clock.now()
    assigning.assign(head, ids, "investigation", "anna")
    assert not assigning.mine(bo, now).exists() and not assigning.nobodys(head, now - timedelta(days=4000), now).filter(pk__in=ids).exists()
    own = Post.objects.create(role="cdc", area=anna.post.area, title_zh="另一岗", valid_from=now - timedelta(days=1))
    Grant.objects.create(post=own, role="cdc", area=anna.post.area, valid_from=now - timedelta(days=1))
    Holding.objects.create(post=own, user=anna_user, valid_from=now - timedelta(days=1))
    handing.hand(Scope.open(anna_user, own), bo_user, since=now, until=now + timedelta(days=1))
    assert {a.case_id for a in assigning.mine(bo, clock.now())} == set(ids)
    assert kinds(assigning.assign(bo, ids[:1], "investigation", "bo")) == ["updated"]
    Holding.objects.filter(user=anna_user).update(valid_to=now)
    after = clock.now() + timedelta(seconds=1)
    assert {c.pk for c in assigning.nobodys(head, now - timedelta(days=4000), after).filter(pk__in=ids)} == set(ids[1:])


def test_what_is_past_its_time_is_seen_by_who_gives_and_is_gone_with_the_investigation(bureau):
    (_, head), (_, anna), case = bureau["head"], bureau["anna"], bureau["cases"][0]
    now = clock.now()
    assigning.assign(head, [case.pk], "investigation", "anna", now - timedelta(hours=1))
    assert [a.case_id for a in assigning.late(head, now)] == [case.pk] and not assigning.late(anna, now).exists()
    add_investigations(anna, [(case, now - timedelta(minutes=5), "")], sender="post:1")
    assert not assigning.late(head, now).exists() and not assigning.mine(anna, now).exists()


def test_the_line_list_asks_for_mine_and_nobody_s_each_case_once(bureau, outbreak):
    (anna_user, _), (_, head), ids = bureau["anna"], bureau["head"], [c.pk for c in bureau["cases"]]
    for task in ("investigation", "tracing"):
        assigning.assign(head, ids[:1], task, "anna")
    browser = outbreak.client(Scope.open(anna_user), "en")

    def listed(view, register="cases"):
        told = browser.get(f"/api/v1/{register}", {"view": view, "limit": 200}).json()
        assert "rows" in told, told
        return [r["id"] for r in told["rows"]]

    assert listed("mine") == [str(ids[0])]
    assert str(ids[0]) not in listed("nobodys") and str(ids[1]) in listed("nobodys")
    assert listed("assigned-late") == [] and len(listed("mine", "case-assignments")) == 2
    assert str(ids[1]) in listed("not-investigated")
    assert browser.get("/api/v1/contacts", {"view": "mine"}).status_code == 200


def test_the_api_gives_a_case_by_the_same_rules(bureau, outbreak):
    (head_user, _), case = bureau["head"], bureau["cases"][0].pk
    row = {"source_id": "A1", "values": {"case": str(case), "task": "investigation", "assignee": "anna"}}
    answer = outbreak.client(Scope.open(head_user), "en").post("/api/v1/case-assignments", {"rows": [row]}, content_type="application/json", HTTP_IDEMPOTENCY_KEY="assign-1").json()
    assert answer["outcomes"][0]["outcome"] == "new", answer


def test_a_page_gives_the_ticked_cases_and_says_what_became_of_each(bureau, outbreak):
    (head_user, _head), (anna_user, _), ids = bureau["head"], bureau["anna"], [c.pk for c in bureau["cases"]]
    browser = outbreak.client(Scope.open(head_user), "en")
    ticked = browser.post("/cases/assign", {"row": ids}).content.decode()
    assert 'value="anna"' in ticked and 'value="village"' not in ticked and not CaseAssignment.objects.exists()
    given = browser.post("/cases/assign", {"row": ids, "do": "give", "to": "anna", "task": "investigation", "due": ""}).content.decode()
    assert f'data-given="{len(ids)}"' in given
    assert "My cases" in outbreak.client(Scope.open(anna_user), "en").get("/desk").content.decode()
    assert browser.post("/cases/assign", {"row": ids, "do": "give", "to": ""}).status_code == 422
    elsewhere = outbreak.client(Scope.open(bureau["village"][0]), "en")
    strange = [elsewhere.post("/cases/assign", {"row": [row]}).content.decode() for row in (ids[0], "01890000-0000-7000-8000-000000000000")]  # out of area answers as what does not exist
    assert all("1 of the ticked rows" in told and str(ids[0]) not in told for told in strange)
    assert outbreak.client(outbreak.team, "en").post("/cases/assign", {"row": ids}).status_code in (403, 404)


def test_a_row_is_not_moved_to_another_case_by_whoever_may_only_take(bureau):
    (_, anna), (_, head), ids = bureau["anna"], bureau["head"], [c.pk for c in bureau["cases"]]
    assigning.assign(head, ids[:1], "investigation", "bo")
    row = CaseAssignment.objects.get()
    told = assigning.save_assignments(anna, [Command(told={"assignee": "anna"}, record=row.pk)], sender="post:1")
    assert kinds(told) == ["assigned-to-another"]
