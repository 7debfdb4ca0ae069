"""Desk, own page, pass and API about one person: they agree, and they tell the person what he has a right to."""

import json
import re
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rights.test_histories import Undo, press

from sizao.doors.kit import signin, tokens
from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.passes import issuing, status
from sizao.registers.cases import actions as cases
from sizao.registers.isolation import ordering
from sizao.registers.isolation import orders as read
from sizao.registers.isolation.models import Appeal, Order

pytestmark = pytest.mark.django_db
NUMBER = "11010519491231002X"


def client(scope, language="en"):
    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sizao-language"] = language
    browser.post(signin.make_link(scope.user))
    return browser


def anyone(language="en"):
    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sizao-language"] = language
    return browser


def all_doors(rights, person, code):
    """What each door says of a person now: True where an order is in force."""
    made = issuing.make(rights.desk, person)
    token = tokens.make(rights.desk.user, rights.desk.post)
    api = anyone().post("/api/v1/pass-status", {"national_id": NUMBER}, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {token}").json()
    by_pass = anyone().post("/api/v1/pass-status", {"pass": made.text}, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {token}").json()
    own = anyone().get(f"/my/{code}").content.decode()
    desk = client(rights.desk).get(f"/person/{person}").content.decode()
    return {
        "function": status.one(rights.desk, person).code == "order", "pass": made.said.order, "api": api["order"], "api by pass": by_pass["order"],
        "own page": "An isolation order is in force" in own, "desk": re.search(r"<b class=\"alarm\">in force", desk) is not None,
    }  # fmt: skip


def test_every_door_says_the_same_of_a_person(rights):
    person = rights.people[1]
    code = issuing.open_holder(rights.desk, person)
    assert set(all_doors(rights, person, code).values()) == {False}
    [made] = rights.issue(1, ends_at=clock.now() + timedelta(hours=2))
    assert set(all_doors(rights, person, code).values()) == {True}
    with clock.frozen(Order.objects.get(pk=made.record).ends_at):  # nothing has run since
        assert set(all_doors(rights, person, code).values()) == {False}


def test_the_person_sees_why_until_when_and_who_looked_and_objects_and_is_cleared(rights):
    person = rights.people[1]
    [made] = rights.issue(1)
    desk = client(rights.cdc)
    page = desk.post(f"/order/{made.record}/code").content.decode()
    code = re.search(r"<code>([A-Z2-9-]{19})</code>", page)[1]
    own = anyone("zh-hans").get(f"/my/{code}").content.decode()
    number = Order.objects.get(pk=made.record).number
    assert "第三十九条" in own and number in own and "经流调判定" in own and "<svg" in own
    assert "cdc" in own.split("谁查阅过你的记录")[1]  # the post that opened the record a moment ago
    assert str(person) not in own and str(made.record) not in own  # no identifier that says when it was made
    assert anyone().post(f"/my/{code}/appeal", {"order": "2020-000000", "grounds": "x"}).status_code == 422
    assert anyone().post(f"/my/{code}/appeal", {"order": number, "grounds": "不在场"}).status_code == 302
    appeal = Appeal.objects.get()
    assert appeal.answer_by - appeal.filed_at == timedelta(hours=24)
    assert client(rights.county.user("cdc")).post(f"/appeal/{appeal.pk}", {"decision": "granted", "reason": "x"}).status_code == 403  # the issuer's own unit
    assert client(rights.health).post(f"/appeal/{appeal.pk}", {"decision": "granted", "reason": "有记录"}).status_code == 302
    assert set(all_doors(rights, person, code).values()) == {False}
    assert "有记录" in anyone().get(f"/my/{code}").content.decode()


def test_a_wrong_code_reads_like_an_address_that_is_not(rights):
    wrong, absent = (anyone().get(a) for a in ("/my/AAAA-AAAA-AAAA-AAAA", "/nothing-here"))
    assert wrong.status_code == absent.status_code == 404
    assert anyone().post("/my/AAAA-AAAA-AAAA-AAAA/appeal").status_code == 404


def test_the_desk_issues_on_what_is_on_record_and_a_commander_waits(rights):
    page = client(rights.cdc).get(f"/person/{rights.people[2]}/order").content.decode()
    told = dict(re.findall(r'name="(rule|key)" value="([^"]+)"', page)) | {"kind": "home", "basis": "law-39", "evidence": re.findall(r'name="evidence" value="([^"]+)"', page)}
    answer = client(rights.cdc).post(f"/person/{rights.people[2]}/order", told)
    assert answer.status_code == 302 and "in force" in client(rights.cdc).get(answer["Location"]).content.decode()
    assert client(rights.cdc).post(f"/person/{rights.people[2]}/order", told)["Location"].endswith("order/None") is False  # a double click is one order
    assert Order.objects.count() == 1
    assert client(rights.cdc).post(f"/person/{rights.people[3]}/order", told | {"evidence": []}).status_code == 422
    page = client(rights.county.user("commander")).get(f"/person/{rights.people[3]}/order").content.decode()
    told = dict(re.findall(r'name="(rule|key)" value="([^"]+)"', page)) | {"kind": "home", "basis": "law-39", "evidence": re.findall(r'name="evidence" value="([^"]+)"', page)}
    client(rights.county.user("commander")).post(f"/person/{rights.people[3]}/order", told)
    watch = client(rights.health)
    assert "the role is none of the rule" in watch.get("/orders").content.decode()
    [issue] = read.issues(rights.health).filter(waits=True)
    watch.post(f"/orders/issue/{issue.pk}", {"done": "agree"})
    assert status.one(rights.desk, rights.people[3]).code == "order"


def test_a_gate_asks_by_number_and_the_sick_come_in(rights):
    token = tokens.make(rights.desk.user, rights.desk.post)
    ask = lambda told: anyone().post("/api/v1/pass-status", json.dumps(told), content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {token}")  # noqa: E731
    assert ask({"national_id": "110105194912310038"}).json()["gate"] == "ask_document"
    assert ask({"purpose": "emergency", "pass": "forged"}).json() == {"gate": "let_in_look_inside"}
    assert ask({"pass": "SZ1:ABC"}).json()["reason"] == "truncated"
    assert [ask(t).status_code for t in ([], {"other": 1}, {"purpose": "party"}, {})] == [400] * 4


def test_a_gateway_without_a_right_to_read_persons_asks_by_number_in_its_own_area(rights):
    rights.issue(1)
    for area, order in (("990001101", True), ("990001102", None)):
        gate = rights.county.user("gateway", area)
        answer = anyone().post("/api/v1/pass-status", {"national_id": NUMBER}, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {tokens.make(gate.user, gate.post)}").json()
        assert answer["order"] is order and set(answer) == {"gate", "reason", "order", "until"}


def test_papers_come_in_both_forms(rights):
    [made] = rights.issue(4)
    for form, head in (("pdf", b"%PDF"), ("docx", b"PK")):
        answer = client(rights.cdc).get(f"/order/{made.record}/order.{form}")
        assert answer.content.startswith(head) and "filename=" in answer["Content-Disposition"]
    assert client(rights.cdc).get(f"/order/{made.record}/release.pdf").status_code == 409
    assert client(rights.cdc).get(f"/order/{made.record}/other.pdf").status_code == 404


def objected(rights, orders, step):
    """Objects to the last order, or answers what was objected to; what is refused changes nothing."""
    if step == "object":
        ordering.file_appeal(issuing.holder_scope(), orders[-1], "当日不在场")
    elif (appeal := Appeal.objects.filter(order__in=orders, decided_at=None).first()) is not None:
        ordering.answer_appeal(rights.health, appeal.pk, "granted" if step == "grant" else "refused", "有记录")


MORE = st.lists(
    st.tuples(st.sampled_from(["take_in", "move", "let_go", "as_case", "object", "grant", "refuse", "wait"]), st.sampled_from([0, 1, 5, 23, 30, 100, 340]), st.sampled_from(["home", "centre"])), min_size=2, max_size=5,
)  # fmt: skip


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(steps=[("object", 1, "home"), ("grant", 1, "home"), ("as_case", 1, "centre")])
@example(steps=[("wait", 340, "home"), ("wait", 30, "home")])
@given(steps=MORE)
def test_whatever_is_pressed_at_whatever_hour_every_door_says_the_same(rights, steps):
    with pytest.raises(Undo), transaction.atomic():
        lived(rights, steps)


def lived(rights, steps):
    person, at = rights.people[1], clock.now()
    code = issuing.open_holder(rights.desk, person)
    made = [rights.issue(1)[0].record]
    told = {"area_id": rights.grid.pk, "disease": "covid-19", "classification": "confirmed", "confirmed_at": at - timedelta(hours=1)}
    [rights.own_case] = cases.add_cases(rights.system, [cases.New(person, "test", "N-1", at, told)])
    for step, hours, kind in steps:
        at += timedelta(hours=hours, seconds=1)
        with clock.frozen(at):
            with suppress(Refused), transaction.atomic():
                objected(rights, made, step) if step in ("object", "grant", "refuse") else press(rights, made, step, kind, None)
            said = all_doors(rights, person, code)
            assert len(set(said.values())) == 1, (step, said)
    raise Undo
