"""Every kind of screen as a person meets it: it answers, fits, names its fields, can be hit with a thumb, and speaks one language. All registers in the full run."""

import re

import pytest

from .conftest import PHONE, WIDE

pytestmark = pytest.mark.browser

FIXED = ("/", "/duty", "/exposures", "/list?state=missing", "/measure/contact-daily-check", "/registers", "/chains", "/reports", "/feeds", "/signals", "/streams", "/streams/fever-visits", "/import", "/import/files", "/plan", "/plan/diff", "/plan/contact-tracing-basic", "/grades", "/grades/area", "/grades/rules", "/area-orders", "/area-orders/new", "/tickets", "/tickets/new", "/rounds", "/rounds/draw", "/review", "/calendar", "/today", "/file")
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
FOLDS = ("/feeds", "/signals", "/streams", "/import", "/chains")


def screens(page, base, registers, sizes):
    """Each screen as it is at each width: loaded once, then laid out anew."""
    addresses = [*FIXED, *(f"/registers/{r}{part}" for r in registers for part in ("", "/new", "/export", "/import"))]
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


def check(page, base, registers, language, sizes=(WIDE, PHONE)):
    for address, status, found in screens(page, base, registers, sizes):
        assert status == 200, address
        assert found["wide"] <= 0, address
        assert found["scrolls"] <= 0 or not address.startswith(FOLDS), address
        assert found["unnamed"] == [] and found["small"] == [], (address, found)
        if language == "en":
            assert [w for w in found["words"] if re.search("[\u4e00-\u9fff]", ALSO.sub("", w))] == [], address


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_kind_of_screen_fits_names_its_fields_and_speaks_one_language(visitor, service, language):
    check(visitor("duty", PHONE, language), service.base, SOME[:1] if language == "en" else SOME[1:], language)


@pytest.mark.full
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_registers_screens_too(visitor, service, language):
    page = visitor("duty", PHONE, language)
    page.goto(service.base + "/registers")
    every = {a.get_attribute("href").split("/")[2].split("?")[0] for a in page.locator("main a[href^='/registers/']").all()}
    assert len(every) > 60
    check(page, service.base, sorted(every), language)
