"""No raw code where a person reads, and no link that leads to a refusal."""

import re

import pytest
from django.test import Client

from sizao.doors.kit import signin
from sizao.kernel import clock
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions as command
from sizao.registers.ledgers import actions as ledgers

pytestmark = pytest.mark.django_db


def come_in(scope, language):
    browser = Client(HTTP_HOST="localhost")
    browser.cookies["sizao-language"] = language
    browser.post(signin.make_link(scope.user))
    return browser


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "未落实：备用隔离间"), ("en", "not kept: isolation room ready")])
def test_a_finding_of_an_inspection_without_words_says_which_practice(county, language, said):
    system, now, area = Scope.system("test"), clock.now(), county.areas["990001101"]
    [unit] = ledgers.save_units(system, [Command(told={"name": "集贸市场", "kind": "market", "area": area.pk}, source_id="U-1")], sender="test")
    seen = {"area": area.pk, "unit": unit.record, "practice": "isolation_room", "seen_at": now, "announced": False, "outcome": "not_kept"}
    [told] = command.save_inspections(county.user("inspector"), [Command(told=seen, source_id="I-1")], sender="test")
    assert told.kind == "new"
    page = come_in(county.user("commander"), language).get("/tickets?area=990001").content.decode()
    titles = re.findall(r'<a class="go" href="/tickets/[^"]+">([^<]*)</a>', page)
    assert titles == [said]


def test_the_mark_leads_to_a_page_that_one_may_open(county):
    for role in ("accounts", "auditor", "commander", "gateway"):
        browser = come_in(county.user(role), "en")
        first = browser.get("/account")
        mark = re.search(r'<a class="brand" href="([^"]+)"', first.content.decode())[1]
        assert browser.get(mark).status_code in (200, 302), (role, mark)


def test_registers_offer_cards_to_who_may_read_them(county):
    assert "/cards" in come_in(county.user("cdc"), "en").get("/registers").content.decode()
    assert '"/cards"' not in come_in(county.user("reporter"), "en").get("/registers").content.decode()
