"""Pages that are shown again while nothing of them differs show nobody what another may see, and miss nothing that was recorded."""

import re
from datetime import timedelta
from difflib import unified_diff

import pytest
from doors.conftest import morning, outbreak  # noqa: F401

from sizao.doors.command import grades, listed, overview, situation
from sizao.doors.desk import chains, home_cdc, lab_due
from sizao.doors.field import today
from sizao.kernel import clock, unchanged
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.situation import keeping

KEPT = {
    "/situation?by=report": situation._shown,
    "/grades/affected?value=high": grades._tried,
    "/chains": chains._counted,
    "/duty": listed._told,
    "/": overview._aside,
    "/lab/due": lab_due._of_lists,
    "/desk": home_cdc._read,
    "/today": today._owed,
}
ROLES = [("desk", "990001"), ("cdc", "990001"), ("commander", "990001"), ("commander", "990001101"), ("health", "990001"), ("cdc", "990001101"), ("community", "990001101201"), ("laboratory", "990001"), ("auditor", "990001")]
#: What a page makes anew each time: tokens, keys of what may be sent, and how long it took.
ANEW = re.compile(r'value="[^"]{16,}"|"X-CSRFToken": "[^"]+"|term-\d+|id="t-[^"]+"|\d\.\d (?:s|秒)')


@pytest.fixture
def everything_is_worth_it(monkeypatch):
    for shown in KEPT.values():
        monkeypatch.setattr(shown, "worth", 0)
    monkeypatch.setattr(keeping.Work.__init__, "__defaults__", (60.0,))  # nor is anything left to a job, where the machine is slow


def read(browser, page):
    answer = browser.get(page)
    return answer.status_code, ANEW.sub("", answer.content.decode())


@pytest.mark.usefixtures("morning", "everything_is_worth_it")
def test_each_reader_sees_what_he_would_see_alone(outbreak):  # noqa: F811
    readers = {(role, code, language): outbreak.client(outbreak.county.user(role, code), language) for role, code in ROLES for language in ("zh-hans", "en")}
    alone = {}
    for who, browser in readers.items():
        for page in KEPT:
            unchanged.forget()
            alone[who, page] = read(browser, page)
    for page, shown in KEPT.items():
        told = [text for (_, p), (status, text) in alone.items() if p == page and status == 200]
        assert len(set(told)) > 1, f"{page}: there are readers who see different things"
        unchanged.forget()
        for who, browser in [*readers.items(), *reversed(readers.items())]:
            (status, text), (expected, fresh) = read(browser, page), alone[who, page]
            assert (status, list(unified_diff(fresh.splitlines(), text.splitlines(), lineterm="", n=0))) == (expected, []), (page, who)
        assert shown._made, f"{page}: something was remembered"


@pytest.mark.usefixtures("morning", "everything_is_worth_it")
def test_a_case_that_was_just_told_is_there_at_once(outbreak):  # noqa: F811
    browser = outbreak.client(outbreak.county.user("cdc"))
    pages = ("/situation?by=report", "/desk")
    before = {page: read(browser, page) for page in pages}
    assert {page: read(browser, page) for page in pages} == before
    told = {"area_id": outbreak.other.pk, "disease": "covid-19", "classification": "confirmed", "reported_at": clock.now(), "confirmed_at": clock.now()}
    cases.add_cases(Scope.system("test"), [cases.New(outbreak.people[3], "test", "B-2", clock.now() - timedelta(minutes=1), told)])
    for page in pages:
        unseen = read(browser, page)
        assert unseen != before[page], page
        unchanged.forget()
        assert unseen == read(browser, page), page


@pytest.mark.usefixtures("morning", "everything_is_worth_it")
def test_what_was_just_done_is_off_the_list_at_once(outbreak):  # noqa: F811
    browser = outbreak.client(outbreak.team)
    status, text = read(browser, "/today")
    assert status == 200 and str(outbreak.contacts[0]) in browser.get("/today").content.decode()
    sent = {"contact": str(outbreak.contacts[0]), "outcome": "ok", "temperature": "36.5", "key": "once"}
    assert browser.post("/today/check", sent).status_code in (200, 302)
    assert read(browser, "/today")[1] != text
