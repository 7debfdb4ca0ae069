"""The page of the situation as people use it: by the keyboard, on a phone, without a script, taken along as a picture."""

from pathlib import Path

import pytest

from browser.conftest import PHONE

pytestmark = pytest.mark.browser


def test_the_arrow_keys_say_each_bar_and_enter_opens_its_list(visitor):
    page = visitor("duty", language="en")
    page.click(".bar summary:has-text('Command')")
    page.click(".places >> text=Situation")
    page.wait_for_selector("#p-curve svg.chart")
    page.focus("#p-curve svg.chart")
    page.keyboard.press("End")
    said = page.inner_text("#at-curve")
    page.keyboard.press("Home")
    first = page.inner_text("#at-curve")
    assert first != said and "1" in first
    page.keyboard.press("Enter")
    page.wait_for_selector("text=B001")
    assert "/registers/cases?" in page.url


def test_the_choice_stands_in_the_address(visitor):
    page = visitor("duty", language="en")
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + "/situation")
    page.select_option("#s-by", "report")
    page.wait_for_url("**by=report**")
    page.select_option("#s-step", "mmwr")
    page.wait_for_url("**step=mmwr**")
    assert "by=report" in page.url and page.input_value("#s-by") == "report"


def test_a_picture_and_a_drawing_come_down(visitor):
    page = visitor("duty")
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + "/situation?by=report")
    for form, begin in (("PNG", b"\x89PNG"), ("SVG", b"<?xml"), ("CSV", b"\xef\xbb\xbf")):
        with page.expect_download() as come:
            page.click(f"#p-curve header a:text-is('{form}')")
        assert Path(come.value.path()).read_bytes().startswith(begin)


def test_a_phone_shows_it_without_moving_sideways(visitor):
    page = visitor("duty", size=PHONE)
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + "/situation")
    page.wait_for_selector("#p-curve svg.chart")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    newest = page.evaluate("(() => { const b = document.querySelector('#p-curve .chartbox').getBoundingClientRect(), s = document.querySelector('#p-curve svg.chart').getBoundingClientRect(); return s.right <= b.right + 1; })()")
    assert newest  # its newest end is in sight


def test_without_a_script_the_drawing_and_its_table_are_there(visitor, service):
    page = visitor("duty", language="en")
    cookies = page.context.cookies()
    bare = page.context.browser.new_context(java_script_enabled=False)
    try:
        bare.add_cookies(cookies)
        plain = bare.new_page()
        plain.goto(service.base + "/situation?by=report")
        assert plain.locator("#p-curve svg.chart path").count() >= 1
        plain.click("#p-curve summary")
        assert plain.locator("#t-curve tbody tr").first.is_visible()
    finally:
        bare.close()
