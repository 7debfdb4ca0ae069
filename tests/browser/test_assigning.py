"""The head of investigations ticks cases of the line list and gives them away; the investigator finds them on his desk, hands them on with the shift, and the next one has them."""

import os

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.doors]


def test_cases_of_the_line_list_are_given_taken_and_handed_on(visitor, service):
    for name, role in (("head", "investigation_lead"), ("anna", "cdc"), ("bo", "cdc")):
        service.sizao("users", "add", name, "--name", name)
        service.sizao("users", "grant", name, role, "--area", "all")
    head = visitor("head", language="en")
    head.goto(service.base + "/registers/cases?view=nobodys")
    assert head.locator("input[name=row]").count() == 1
    head.check("input[name=row]")
    head.click("button:has-text('Give to an investigator')")
    head.select_option("#to", "anna")
    seen(head, "assign")
    head.click("button[value=give]")
    head.wait_for_selector("#given[data-given='1']")
    head.goto(service.base + "/registers/cases?view=nobodys")
    assert head.locator("input[name=row]").count() == 0
    anna = visitor("anna", language="en")
    anna.goto(service.base + "/desk")
    assert "张小明" in anna.inner_text("#q-mine")
    seen(anna, "desk")
    anna.goto(service.base + "/registers/cases?view=mine")
    anna.click("[data-all=row]")
    anna.click("button:has-text('Give to an investigator')")
    anna.select_option("#to", "bo")
    anna.click("button[value=give]")
    anna.wait_for_selector("#given[data-given='1']")
    bo = visitor("bo", {"width": 390, "height": 844}, "zh-hans")
    bo.goto(service.base + "/registers/cases?view=mine")
    bo.locator("#rows a.go").first.click()
    bo.wait_for_selector("#whose b:has-text('bo')")
    bo.click("#whose a")
    bo.wait_for_selector("#to")
    assert bo.evaluate("document.documentElement.scrollWidth") <= 390
    seen(bo, "assign-narrow")


def seen(page, name):
    """The screen as a picture, where somebody asks for pictures."""
    if folder := os.environ.get("SIZAO_SCREENS"):
        page.screenshot(path=f"{folder}/{name}.png")
