"""F8. Zhengzhou, June 2022: 1,317 bank depositors were coded red on the word of two officials. A list of people is brought to each door, and makes no restriction.

The verbs and the database are asked in test_restrictions.py; here are the doors: pages, programs, tables, the laboratory's and the investigator's short ways.
"""

import re

import pytest
from django.test import Client
from rights.test_doors import client

from sizao.doors.kit import tokens
from sizao.kernel import clock
from sizao.kernel.ids import uuid7
from sizao.passes import issuing, status
from sizao.registers.cases import actions as cases
from sizao.registers.isolation.models import Issue, Order

pytestmark = pytest.mark.django_db


def ordered(browser, person, **told):
    """What the page of one order offers, sent as it is: its first rule with all the evidence on record."""
    page = browser.get(f"/person/{person}/order").content.decode()
    offered = dict(re.findall(r'name="(rule|key)" value="([^"]+)"', page)) | {"kind": "home", "basis": "law-39", "evidence": re.findall(r'name="evidence" value="([^"]+)"', page)}
    return browser.post(f"/person/{person}/order", offered | told)


def bound(rights):
    return [p for p in rights.people if status.one(rights.desk, p).code == "order"]


def test_a_list_of_people_is_taken_by_no_door(rights):
    """As a table, as a batch of a program, through bulk work, by the page of each: 422, 403 or 404, and nobody is bound."""
    browser = client(rights.cdc)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens.make(rights.desk.user, rights.desk.post)}"}
    for register in ("isolation-orders", "order-evidence", "order-issues"):
        assert browser.get(f"/registers/{register}/import").status_code in (403, 404)
        assert browser.post(f"/registers/{register}/import", {"table": "人员\n" + "\n".join(map(str, rights.people)), "write": "1"}).status_code in (403, 404)
        rows = {"rows": [{"values": {"person": str(p), "kind": "home", "rule": "contact-observation"}} for p in rights.people]}
        assert Client(HTTP_HOST="localhost").post(f"/api/v1/{register}", rows, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k", **bearer).status_code in (403, 404)
    for person in rights.people[1:]:
        assert ordered(browser, person, evidence=[]).status_code == 422
        assert ordered(browser, person, evidence=[str(uuid7())]).status_code == 422
        assert ordered(browser, person, rule="because covid-19").status_code == 422
    assert Order.objects.count() == 0 and bound(rights) == []


def test_a_list_brought_in_as_contacts_of_nobody_gives_no_ground(rights):
    """The way round: the depositors are put on a list of contacts first. It names no case, so the page of each offers no rule that it would carry."""
    told = {"area_id": rights.grid.pk, "disease": "covid-19", "classification": "close", "named_at": clock.now(), "last_exposure_on": rights.known.date()}
    from sizao.registers.population import actions as population

    depositors = population.add_persons(rights.system, [population.PersonData(rights.grid.pk, f"储户{n}") for n in range(5)], known=[rights.known] * 5, sender="bank")
    cases.add_contacts(rights.cdc, [cases.New(p, "bank", f"Y-{n}", clock.now(), told) for n, p in enumerate(depositors)])
    browser = client(rights.cdc)
    for person in depositors:
        assert 'name="evidence"' not in browser.get(f"/person/{person}/order").content.decode()
        assert ordered(browser, person).status_code == 422
    assert Order.objects.count() == 0


def test_true_evidence_in_bulk_waits_for_a_second_unit_and_binds_nobody_until_then(rights):
    """Twenty-four orders, pressed one after another on true evidence: from the twenty-first on they wait. Who pressed cannot agree, nor his own unit."""
    browser = client(rights.cdc)
    answers = [ordered(browser, p) for p in rights.people[1:25]]
    assert {a.status_code for a in answers} == {302}
    waiting = list(Issue.objects.filter(waits=True))
    held = Order.objects.filter(issue__in=waiting).count()
    assert held >= 4 and len(bound(rights)) == 24 - held
    late = rights.people[24]
    own = Client(HTTP_HOST="localhost").get(f"/my/{issuing.open_holder(rights.desk, late)}").content.decode()
    assert status.one(rights.desk, late).code != "order" and own
    for issue in waiting:
        for who in (rights.cdc, rights.county.user("cdc")):
            assert client(who).post(f"/orders/issue/{issue.pk}", {"done": "agree"}).status_code in (403, 409, 422)
    assert len(bound(rights)) == 24 - held
    assert "more than twenty within an hour" in client(rights.health).get("/orders").content.decode()
    assert client(rights.health).post(f"/orders/issue/{waiting[0].pk}", {"done": "refuse"}).status_code == 302
    assert len(bound(rights)) == 24 - held and late not in bound(rights)


def test_what_went_through_is_found_afterwards_and_taken_back_by_another_unit_on_its_page(rights):
    """Twelve people named by the issuer himself a minute before: each order is lawful in form. The watch says so to another unit, and one press holds them all."""
    told = {"area_id": rights.grid.pk, "disease": "covid-19", "case_id": rights.case, "classification": "close", "named_at": clock.now(), "last_exposure_on": rights.known.date()}
    cases.add_contacts(rights.cdc, [cases.New(rights.people[n], f"post:{rights.cdc.post_id}", f"X-{n}", clock.now(), told) for n in range(1, 13)])
    browser = client(rights.cdc)
    for person in rights.people[1:13]:
        page = browser.get(f"/person/{person}/order").content.decode()
        mine = re.findall(r'name="evidence" value="([^"]+)"', page)[-1:]
        assert ordered(browser, person, evidence=mine).status_code == 302
    assert len(bound(rights)) == 12
    watch = client(rights.health)
    page = watch.get("/orders").content.decode()
    assert "all from one case or one record" in page and not any(f"甲{n}" in page for n in range(1, 13))
    for issue in sorted(set(re.findall(r'action="/orders/issue/([0-9a-f-]{36})"', page))):
        assert watch.post(f"/orders/issue/{issue}", {"done": "hold"}).status_code == 302
    left = len(bound(rights))
    assert left < 12  # those that the page lists by their issue are held from this moment on
    for issue in Issue.objects.filter(waits=False):
        watch.post(f"/orders/issue/{issue.pk}", {"done": "hold"})
    assert bound(rights) == []
