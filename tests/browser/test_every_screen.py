"""Every kind of screen as a person meets it: it answers, fits, names its fields, can be hit with a thumb, and speaks one language. All registers in the full run."""

import re

import pytest

from .conftest import PHONE, WIDE
from .test_testing import SEND

pytestmark = pytest.mark.browser

FIXED = ("/", "/duty", "/exposures", "/list?state=missing", "/measure/contact-daily-check", "/registers", "/chains", "/reports", "/feeds", "/signals", "/streams", "/streams/fever-visits", "/import", "/import/files", "/plan", "/plan/diff", "/plan/contact-tracing-basic", "/grades", "/grades/levels", "/grades/area", "/grades/rules", "/area-orders", "/area-orders/new", "/tickets", "/tickets/new", "/rounds", "/rounds/draw", "/review", "/calendar", "/today", "/file", "/desk", "/users", "/audit", "/audit/access", "/field/copies", "/publish", "/public", "/public/grades", "/public/donations", "/public/rules", "/public/isolation", "/public/exposures")
SOME = ("contacts", "duties", "journeys")
LOOK = """() => {
  const seen = e => { const b = e.getBoundingClientRect(); return b.width && b.height && !e.closest('.visually-hidden, .skip'); };
  const fields = [...document.querySelectorAll('input:not([type=hidden]), select, textarea')];
  const small = [...document.querySelectorAll('button, summary, .crumbs a, nav a, .tabs a, th a, .plainlist a')].filter(e => seen(e) && (e.getBoundingClientRect().height < 23.5 || e.getBoundingClientRect().width < 23.5));
  const words = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) { const p = walk.currentNode.parentElement; if (p && seen(p) && !p.closest('script, style, .source, code, [data-own], td, dd, .go, .nm, option, h1, li, b')) words.push(walk.currentNode.textContent.trim()); }
  return {
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    scrolls: Math.max(0, ...[...document.querySelectorAll('.scroll')].map(e => e.scrollWidth - e.clientWidth)),
    unnamed: fields.filter(e => !(e.labels && e.labels.length) && !e.getAttribute('aria-label') && !e.title).map(e => e.outerHTML.slice(0, 90)),
    small: small.map(e => e.outerHTML.slice(0, 90)), words: words.filter(Boolean),
  };
}"""
#: What stands in Chinese on an English page: the name, the other language, and what is data.
ALSO = re.compile("四早|中文|示例[省市]|青禾县|城关镇|前进村|和平村")


#: Whose tables fold on a phone: nothing of them lies out of sight.
FOLDS = ("/feeds", "/signals", "/streams", "/import", "/chains", "/desk", "/users", "/audit", "/field/copies", "/public", "/calendar", "/grades", "/rounds", "/reports", "/area-orders")


def a_school(visitor, service):
    """A school with two classes and a pharmacy in the village, a nurse and a pharmacist who file for what is there; the addresses of their desks. Asked again, it changes nothing."""
    duty, village = visitor("duty"), service.codes["前进村"]
    duty.goto(service.base + "/registers")

    def unit(key, **values):
        [(pk, problems)] = duty.evaluate(SEND, ["reporting-units", [{"source_id": f"screens-{key}", "values": {"area": village, "in_use": True} | values}], f"screens-{key}"])
        assert not problems
        return pk

    school = unit("school", name="Village School", kind="school")
    for n in (1, 2):
        unit(f"class-{n}", name=f"Village School, class {n}", kind="class", parent=school)
    unit("pharmacy", name="Village Pharmacy", kind="pharmacy")
    if "nurse" not in service.codes:
        service.sizao("users", "add", "nurse", "--name", "nurse")
        service.sizao("users", "grant", "nurse", "school_health", "--area", village)
        service.codes["nurse"] = village
    return "/desk", f"/desk/classes/{school}"


def screens(page, base, addresses, sizes):
    """Each screen as it is at each width: loaded once, then laid out anew."""
    for address in addresses:
        if (answer := page.goto(base + address)).status == 403:  # not every register is written by hand
            continue
        if address == "/import/files":  # and one of them, with its rows
            addresses += [next(a.get_attribute("href") for a in page.locator("main td a").all() if "cases" in a.inner_text()) + "?all=1"]
        if address.endswith("?all=1"):
            addresses += [page.locator("main td a.btn").first.get_attribute("href")]
        for size in sizes:
            page.set_viewport_size(size)
            yield address, answer.status, page.evaluate(LOOK)


def check(page, base, addresses, language, sizes=(WIDE, PHONE)):
    for address, status, found in screens(page, base, list(addresses), sizes):
        assert status == 200, address
        assert found["wide"] <= 0, address
        assert found["scrolls"] <= 0 or not address.startswith(FOLDS), address
        assert found["unnamed"] == [] and found["small"] == [], (address, found)
        if language == "en":
            assert [w for w in found["words"] if re.search("[\u4e00-\u9fff]", ALSO.sub("", w))] == [], address


def of_registers(registers):
    return [f"/registers/{r}{part}" for r in registers for part in ("", "/new", "/export", "/import")]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_kind_of_screen_fits_names_its_fields_and_speaks_one_language(visitor, service, language):
    check(visitor("duty", PHONE, language), service.base, [*FIXED, *of_registers(SOME[:1] if language == "en" else SOME[1:])], language)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_desk_of_units_and_the_roll_of_classes_fit_too(visitor, service, language):
    addresses = a_school(visitor, service)
    nurse = visitor("nurse", PHONE, language)
    check(nurse, service.base, addresses, language)
    assert nurse.locator("#classes tbody tr").count() == 2


@pytest.mark.full
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_registers_screens_too(visitor, service, language):
    page = visitor("duty", PHONE, language)
    page.goto(service.base + "/registers")
    every = {a.get_attribute("href").split("/")[2].split("?")[0] for a in page.locator("main a[href^='/registers/']").all()}
    assert len(every) > 60
    check(page, service.base, [*FIXED, *of_registers(sorted(every))], language)
