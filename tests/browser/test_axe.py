"""Every page as a machine that reads for the blind, the colour-blind and the unsteady meets it: axe finds nothing to say against it (WCAG 2.2 A and AA).

The addresses come from the table of routes: those without a part that names something as they are, the others by the links that lead to them.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from sizao.doors import policy

from .conftest import PHONE, WIDE
from .test_every_screen import a_school

pytestmark = [pytest.mark.browser, pytest.mark.doors]

RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
#: What is no page: a file for a program or a spreadsheet.
FILES = re.compile(r"\.(json|csv|xml|js|svg|png|pdf|ics|rss|atom|txt|webmanifest|<)|^(healthz|favicon|static/|api/)|(<str:name>|\.<slug:\w+>)$")
#: What is a part of a page: a list to choose from below a field.
PARTS = ("areas/pick",)

#: Pages that the duty desk may open, so that a right taken from it does not pass for a page without faults.
LOOKED_AT = ("/grades/levels", "/users", "/audit", "/audit/access", "/calendar", "/review", "/publish", "/public/rules")


def pages() -> list[str]:
    """The addresses that can be opened without naming anything."""
    return [f"/{r.address}" for r in policy.ROUTES if "GET" in r.methods and "<" not in r.address and not FILES.search(r.address) and r.address not in PARTS]


def kinds() -> dict[str, re.Pattern[str]]:
    """Routes that name something, by the pattern of their addresses; each is opened once, by a link that was met."""
    found = {}
    for r in policy.ROUTES:
        if "GET" in r.methods and "<" in r.address and not FILES.search(r.address) and r.name != "nothing" and not r.register:
            found[r.name] = re.compile("^/" + re.sub(r"<\w+:\w+>", r"[^/?#.]+", r.address) + r"(?:[?#].*)?$")
    return found


def judged(page) -> list[str]:
    """What axe says against the page, one line a rule, with the first place."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{v['id']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:150]} | {(v['nodes'][0].get('failureSummary') or '')[:200]}" for v in found]


@pytest.mark.parametrize(("language", "size", "scheme"), [("zh-hans", WIDE, "light"), ("en", PHONE, "dark")])
def test_axe_has_nothing_to_say_against_any_page(visitor, service, language, size, scheme):
    page = visitor("duty", size, language, bypass_csp=True)  # axe writes styles of its own to measure with
    page.emulate_media(color_scheme=scheme)
    todo, wanted, seen, faults = pages(), kinds(), set(), []
    while todo:
        address = todo.pop(0)
        answer = page.goto(service.base + address)
        if answer.status == 403 or "html" not in (answer.headers.get("content-type") or "") or page.url.split("?")[0] in seen:
            continue
        seen.add(page.url.split("?")[0])
        faults += [f"{address}: {line}" for line in judged(page)]
        for link in page.eval_on_selector_all("a[href^='/']", "all => all.map(a => a.getAttribute('href'))"):
            for name, pattern in list(wanted.items()):
                if pattern.match(link):
                    todo.append(link)
                    del wanted[name]
                    break
    assert faults == [], "\n".join(faults)
    assert len(seen) > 40
    assert {service.base + address for address in LOOKED_AT} <= seen


@pytest.mark.parametrize(("language", "size", "scheme"), [("zh-hans", PHONE, "light"), ("en", WIDE, "dark")])
def test_axe_has_nothing_to_say_against_the_desk_and_the_classes_of_a_school(visitor, service, language, size, scheme):
    addresses = a_school(visitor, service)
    page = visitor("nurse", size, language, bypass_csp=True)
    page.emulate_media(color_scheme=scheme)
    for address in addresses:
        assert page.goto(service.base + address).status == 200, address
        assert judged(page) == [], address
