"""The registers in a real browser: the keyboard alone, two people at one record, a phone."""

import re

import pytest

from .conftest import PHONE, day

pytestmark = pytest.mark.browser


def test_a_contact_is_written_with_the_keyboard_alone(visitor, service):
    page = visitor("duty", language="en")
    page.goto(f"{service.base}/registers/contacts/new")
    page.keyboard.type("张小明")  # the first field has the focus
    page.wait_for_selector("#v-person-found [data-picked]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "张小明" in page.input_value("#v-person")
    page.focus("#v-area")
    page.keyboard.type("前进村")
    page.wait_for_selector("#v-area-found [data-picked]")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".why-not")  # the disease is missing; nothing typed is lost
    assert "张小明" in page.input_value("#v-person")
    assert page.evaluate("document.activeElement.id") == "v-disease"
    page.select_option("#v-disease", "covid-19")
    page.focus("#v-status")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".note.good")
    assert re.search(r"/registers/contacts/[0-9a-f-]{36}", page.url)


def test_two_people_at_one_record_see_both_values(visitor, service):
    one, two = visitor("duty"), visitor("duty")
    one.goto(f"{service.base}/registers/contacts")
    address = one.locator("a.go").first.get_attribute("href") + "/edit"
    one.goto(service.base + address)
    two.goto(service.base + address)
    one.fill("#v-status", "居家")
    one.click("button.main")
    one.wait_for_selector(".note.good")
    two.fill("#v-status", "集中")
    two.click("form.sheet button.main")
    two.wait_for_selector("[data-take]")
    assert two.input_value("#v-status") == "集中"
    two.click("[data-take]")
    assert two.input_value("#v-status") == "居家"
    two.fill("#v-status", "集中")
    two.click("form.sheet button.main")
    two.wait_for_selector(".note.good")
    assert "集中" in two.inner_text("main")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_registers_fit_a_phone(visitor, service, language):
    page = visitor("duty", PHONE, language)
    for address in ("/registers", "/registers/contacts", "/registers/contacts/new", "/registers/contacts/export", "/registers/contacts/import"):
        page.goto(service.base + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
    page.goto(f"{service.base}/registers/contacts")
    page.locator("a.go").first.click()
    page.wait_for_selector("ol.line")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_report_card_is_entered_with_the_keyboard_alone_and_its_strokes_are_counted(visitor, service):
    """Tab from the first field to each that is told, in the paper's order, until it is saved: no mouse, no focus set by a program. The strokes are those in the how-to."""
    page = visitor("duty", language="en")
    page.goto(f"{service.base}/cards/new")
    page.wait_for_selector("#v-p-name")
    told = {"p.name": "周燕", "p.national_id": "11010519491231002X", "p.phone": "13900000009", "p.area": "前进村", "p.address": "2号", "c.onset_on": day_typed(1)}
    tabs = typed = 0
    page.focus("#v-p-name")
    for name, value in told.items():
        while page.evaluate("document.activeElement.name") != name:
            page.keyboard.press("Tab")
            tabs += 1
            assert tabs < 120, name
        page.keyboard.type(value)
        typed += len(value) * (3 if not value.isascii() else 1)  # a Chinese character takes about three keys
        if name == "p.area":
            page.wait_for_selector("#v-p-area-found [data-picked]")
            page.keyboard.press("Enter")
            typed += 1
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/case/[0-9a-f-]{36}"))
    assert (len(told), tabs, typed) == (6, 18, 59)


def day_typed(before):
    """A day as keys go into Chromium's own field for dates, in English: month, day, year."""
    year, month, one = day(before).split("-")
    return f"{month}{one}{year}"
