"""A grade from the rule to the map: a set put in force by two, the proposal opened, whom it touches seen, signed, and the slider moved with the keyboard."""

import re

import pytest

from .conftest import PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def ruled(service, visitor):
    """The national text in force, proposed on the page by one and agreed to by another."""
    service.sizao("content", "load")
    service.sizao("users", "add", "rules-second", "--name", "rules-second")
    service.sizao("users", "grant", "rules-second", "operator", "--area", "all")
    desk = visitor("duty")
    desk.goto(service.base + "/grades/rules")
    panel = desk.locator("#risk-national-2020-02-17")
    assert "累计病例不大于50" in panel.inner_text()
    panel.get_by_role("button", name="提议在").click()
    desk.wait_for_load_state()
    assert "须由另一人同意" in desk.locator("#risk-national-2020-02-17").inner_text()
    second = visitor("rules-second", PHONE)
    second.goto(service.base + "/grades/rules")
    second.click("text=同意：施行") if second.locator("text=同意：施行").count() else second.locator("#risk-national-2020-02-17 button.main").click()
    second.wait_for_load_state()
    assert "适用于" in second.locator("#risk-national-2020-02-17 header").inner_text()
    return visitor


def test_a_proposal_is_opened_weighed_signed_and_seen_on_the_slider(service, ruled):
    chief = ruled("chief")
    chief.goto(service.base + "/grades")
    row = chief.locator("[data-proposal]").first
    assert "未定级" in row.inner_text() and "中风险" in row.inner_text()
    row.locator("a.go").click()
    chief.wait_for_selector("#affected")
    assert chief.locator("#reasons tr[data-holds=False]").count() >= 1 and "1 人" in chief.inner_text("#reasons")
    assert "前进村" in chief.inner_text("#smallest")
    assert re.fullmatch(r"\d+", chief.inner_text("[data-total=obliged]")) and "隔离场所" in chief.inner_text("#beside")

    # Otherwise than the rules say, without a word why: refused, and nothing is signed.
    address = chief.url
    chief.select_option("#value", "high")
    chief.click("#do-sign")
    assert "没有写明理由" in chief.inner_text("main")
    chief.goto(address)
    chief.wait_for_selector("#affected")
    chief.focus("#do-sign")
    chief.keyboard.press("Enter")
    chief.wait_for_selector("ol.story li")
    assert "定为：中风险" in chief.inner_text("ol.story") and "前复核" in chief.inner_text("ol.story")

    # The map's table by day: today medium, yesterday nothing. The slider goes by the keyboard.
    county = re.search(r"area=([^&]+)", address)[1]
    chief.goto(f"{service.base}/grades?area={county}")
    assert chief.locator("[data-proposal]").count() == 0
    cell = chief.locator("#by-day [data-cell=force]").first
    assert cell.inner_text() == "中风险"
    today = chief.inner_text("#day-said")
    chief.focus("#day")
    chief.keyboard.press("ArrowLeft")
    assert chief.inner_text("#day-said") < today and cell.inner_text() == "未定级"
    chief.keyboard.press("End")
    assert chief.inner_text("#day-said") == today and cell.inner_text() == "中风险"
    with chief.expect_download() as taken:
        chief.click("text=CSV")
    assert "by_rules" in taken.value.path().read_text(encoding="utf-8-sig")

    # Anyone reads the grade and its rule, and no figure.
    public = ruled("worker", PHONE, "en")
    public.goto(service.base + "/public/rules")
    assert "medium" in public.inner_text("#grades")
    assert public.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for page in ("/grades", f"/grades/area?area={county}", "/grades/rules"):
        chief.set_viewport_size(PHONE)
        chief.goto(service.base + page)
        chief.wait_for_load_state("networkidle")
        assert chief.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page
