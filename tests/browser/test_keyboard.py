"""Every task of desk and command with the keyboard alone: on each page that holds a form Tab reaches every field and button in reading order, with the focus to be seen and no trap; Escape closes what opens.

The pages come from the table of routes: those that name nothing as they are, the others by the first link that leads to one.
"""

import re

import pytest

from sizao.doors import policy

from .conftest import WIDE
from .test_axe import FILES

pytestmark = [pytest.mark.browser, pytest.mark.doors]

ROOMS = ("command.", "desk.", "account.")
#: Puts the keyboard before the content, and answers what Tab should reach there up to the last field or button of a form: as it is drawn, a group of radio buttons once.
EXPECT = """() => {
  const main = document.querySelector('main'), radio = new Set();
  main.querySelectorAll('details').forEach(d => { d.open = true; });  // what is folded in is reached too, by way of its summary
  const there = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: false }) && e.getClientRects().length && !e.disabled && !e.closest('[inert], [popover]') && e.tabIndex >= 0;
  const all = [...main.querySelectorAll('a[href], button, input, select, textarea, summary, iframe, [tabindex], [contenteditable=true]')].filter(e => {
    if (!there(e) || (e.tagName === 'SUMMARY' && e.parentElement.querySelector(':scope > summary') !== e)) return false;
    if (e.type !== 'radio') return true;
    const group = (e.form ? [...document.forms].indexOf(e.form) : -1) + '/' + e.name;
    const some = [...document.querySelectorAll('input[type=radio]')].filter(o => o.name === e.name && o.form === e.form);
    if (some.some(o => o.checked) ? !e.checked : radio.has(group)) return false;
    radio.add(group);
    return true;
  });
  const last = all.reduce((n, e, i) => e.form || e.closest('form') ? i : n, -1);
  window.keyboard = { all: all.slice(0, last + 1), met: [], dim: [] };
  keyboard.all.forEach((e, i) => { e.dataset.nth = i; });
  document.addEventListener('focusin', e => {
    keyboard.met.push(e.target.dataset.nth === undefined ? -1 : Number(e.target.dataset.nth));
    const shown = [e.target, e.target.nextElementSibling, e.target.closest('label')].some(o => o && (s => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1) || s.boxShadow !== 'none')(getComputedStyle(o)));
    const shape = e.target.namespaceURI.endsWith('svg') && [...e.target.querySelectorAll('rect, path')].some(o => parseFloat(getComputedStyle(o).strokeWidth) >= 3);  // an area of a map has a thick edge
    if (!shown && !shape) keyboard.dim.push(e.target.outerHTML.slice(0, 120));
  });
  main.tabIndex = -1; main.focus({ preventScroll: true }); keyboard.met = []; keyboard.dim = [];
  const inner = { date: 4, time: 4, 'datetime-local': 7, month: 3 };
  return [keyboard.all.length, keyboard.all.reduce((n, e) => n + (inner[e.type] || 1), 0)];
}"""
MET = """() => {
  const missed = keyboard.all.filter((e, i) => !keyboard.met.includes(i)).map(e => e.outerHTML.slice(0, 120));
  const way = keyboard.met.filter(n => n >= 0), order = way.filter((n, i) => i && n < way[i - 1]).map(n => keyboard.all[n].outerHTML.slice(0, 120));
  return { missed, order, dim: keyboard.dim };
}"""
#: Elements in the order in which they are read: one that lies wholly above the one before it, and not beside it in another column, is out of order.
#: A box that opens at today's line is wound back to its first: what stands above it comes before it, not back.
JUMPS = """() => document.querySelectorAll(".scroll").forEach(e => e.scrollTo(0, 0)) || keyboard.all.filter((e, i) => {
  if (!i) return false;
  const a = keyboard.all[i - 1].getBoundingClientRect(), b = e.getBoundingClientRect();
  return b.bottom < a.top - 2 && b.left < a.right - 2 && b.right > a.left + 2;
}).map(e => e.outerHTML.slice(0, 120))"""


def addresses():
    """(pages as they are, patterns of those that name something)."""
    plain, kinds = [], {}
    for r in policy.ROUTES:
        if "GET" not in r.methods or not r.view.startswith(ROOMS) or FILES.search(r.address) or r.name == "nothing":
            continue
        if "<" not in r.address:
            plain.append(f"/{r.address}")
        elif not r.register:
            kinds[r.name] = re.compile("^/" + re.sub(r"<\w+:\w+>", r"[^/?#.]+", r.address) + r"(?:[?#].*)?$")
    return [*plain, "/registers/contacts/new", "/registers/contacts", "/registers/contacts/export"], kinds


def test_tab_reaches_every_field_and_button_in_reading_order_and_is_seen(visitor, service):
    page = visitor("duty", WIDE, "en")
    (todo, wanted), seen, faults = addresses(), 0, []
    while todo:
        address = todo.pop(0)
        answer = page.goto(service.base + address, wait_until="domcontentloaded")
        if answer.status != 200 or "html" not in (answer.headers.get("content-type") or ""):
            continue
        for link in page.eval_on_selector_all("a[href^='/']", "all => all.map(a => a.getAttribute('href'))"):
            for name, pattern in list(wanted.items()):
                if pattern.match(link):
                    todo.append(link)
                    del wanted[name]
        if not page.locator("main form").count():
            continue
        here, keys = page.evaluate(EXPECT)
        if not here:
            continue
        seen += 1
        faults += [f"{address}: jumps back to {one}" for one in page.evaluate(JUMPS)]
        for _ in range(keys):
            page.keyboard.press("Tab")
        found = page.evaluate(MET)
        faults += [f"{address}: Tab does not reach {one}" for one in found["missed"]] + [f"{address}: out of order {one}" for one in found["order"]] + [f"{address}: focus not seen on {one}" for one in found["dim"]]
    assert faults == [], "\n".join(faults)
    assert seen > 25, seen


def test_escape_closes_what_opens_and_gives_the_keyboard_back(visitor, service):
    page = visitor("duty", WIDE, "en")
    page.goto(service.base + "/desk")
    back = "document.activeElement.tagName + (document.activeElement.dataset.do || document.activeElement.className)"

    heading = page.locator(".bar nav summary").first
    heading.focus()
    page.keyboard.press("Enter")
    assert page.locator(".bar nav details[open]").count() == 1
    page.keyboard.press("Tab")  # into it
    page.keyboard.press("Escape")
    assert page.locator(".bar nav details[open]").count() == 0 and page.evaluate("document.activeElement.tagName") == "SUMMARY"

    page.locator("button[data-do=keys]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#keys[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#keys:not([open])", state="attached")
    assert page.evaluate(back) == "BUTTONkeys"

    page.locator("button.term").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".means:popover-open")
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('.means:popover-open')")
    assert page.evaluate(back).startswith("BUTTON") and "term" in page.evaluate(back)

    page.goto(service.base + "/cards/new")
    page.focus("#v-p-area")
    page.keyboard.press("Control+a")
    page.keyboard.type("前进村")
    page.wait_for_selector(".picker .found button")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert page.locator(".picker .found button").count() == 0 and page.evaluate("document.activeElement.id") == "v-p-area"

    page.goto(service.base + "/registers/contacts")
    fold = page.locator("main details > summary").first
    fold.focus()
    page.keyboard.press("Enter")
    assert page.locator("main details[open]").count() == 1
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.locator("main details[open]").count() == 0 and page.evaluate("document.activeElement.tagName") == "SUMMARY"
