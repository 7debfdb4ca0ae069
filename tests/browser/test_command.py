"""The command's stories in the browser: a hole at a village chased down to it and closed from above; an inspection that finds "done" untrue; an order weighed, agreed to by another, and a calendar of rhythms."""

import os
import re
from pathlib import Path

import pytest

from .conftest import PHONE, WIDE, serving, small_outbreak

pytestmark = [pytest.mark.browser, pytest.mark.doors]
SHOTS = os.environ.get("SIZAO_SHOTS")


@pytest.fixture(scope="module")
def service():
    """A store of this module's own: what is entered here is in nobody else's counts."""
    with serving(small_outbreak) as running:
        yield running


def shot(page, name: str) -> None:
    """A picture for whoever asked for them by `SIZAO_SHOTS`; and in any case: no page is wider than its screen."""
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], name
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.fixture(scope="module")
def people(service):
    """A secretary of the township, an inspector of the county, a reporter of the village, a chief of the top beside whoever opened the store."""
    place = service.codes
    for name, role, area in (("town", "secretary", place["城关镇"]), ("looker", "inspector", place["青禾县"]), ("clerk", "reporter", place["前进村"])):
        service.sizao("users", "add", name, "--name", name)
        service.sizao("users", "grant", name, role, "--area", area)
    return service


def test_a_hole_at_a_village_is_chased_down_to_it_and_closed_from_above(people, visitor):
    chief = visitor("chief", WIDE, "en")
    chief.wait_for_selector("#areas")
    shot(chief, "overview-en")
    # From the number to its rows in one click, and the rows are the number.
    first = chief.locator(".figures a[data-count]:not([data-count='0'])").first  # what is open at noon is missing at night
    number = int(first.get_attribute("data-count"))
    first.click()
    chief.wait_for_selector("#rows")
    assert chief.locator("#rows tr:not(.noprint)").count() == number > 0
    # The chase goes down by the county and the township.
    chief.goto(f"{people.base}/tickets/new?area={people.codes['青禾县']}")
    chief.fill("#what", "前进村密接今日须逐人见到，晚八时前报")
    chief.check(f"input[name=to][value='{people.codes['城关镇']}']")
    shot(chief, "directive-en")
    chief.click("#do-give")
    chief.wait_for_selector("ol.story")
    ticket = chief.url
    assert "not acknowledged" in chief.inner_text("main") or "to be acknowledged" in chief.inner_text("main")
    assert chief.locator("#do-answer").count() == 0, "who gave it does not answer it"

    town = visitor("town", WIDE)
    town.goto(ticket)
    town.click("#do-break")
    town.check(f"input[name=to][value='{people.codes['前进村']}']")
    town.click("#do-give")
    town.wait_for_selector("#parts")
    part = town.locator("#parts a.go").first.get_attribute("href")
    town.fill("#said", "完成")
    town.click("#do-answer")
    assert "还没有办结答复" in town.inner_text("main"), "the whole is not done before its parts are"

    village = visitor("worker", PHONE)
    village.goto(people.base + part)
    shot(village, "ticket-phone-zh")
    village.click("#do-acknowledge")
    village.wait_for_load_state()
    village.fill("#said", "三人都见到了，体温正常")
    village.click("#do-answer")
    village.wait_for_load_state()
    assert village.locator("#do-verify").count() == 0
    town.goto(people.base + part)
    town.click("#do-verify")
    town.wait_for_load_state()
    town.goto(ticket)
    town.fill("#said", "前进村已逐人见到")
    town.click("#do-answer")
    town.wait_for_load_state()
    chief.goto(ticket)
    assert "前进村已逐人见到" in chief.inner_text("main")
    chief.click("#do-verify")
    chief.wait_for_selector("text=seen to be done")
    shot(chief, "ticket-en")
    chief.goto(people.base + "/tickets?kind=directive&show=closed")
    assert chief.locator("#rows tr").count() == 2


def test_an_inspection_finds_that_done_is_untrue(people, visitor):
    desk = visitor("duty", WIDE)
    for name in ("甲药店", "乙药店"):
        desk.goto(people.base + "/registers/reporting-units/new")
        desk.fill("[name=name]", name)
        desk.select_option("[name=kind]", "pharmacy")
        desk.fill("[name=area]", people.codes["前进村"])
        if desk.locator("select[name=in_use]").count():
            desk.select_option("select[name=in_use]", "yes")
        with desk.expect_navigation():
            desk.click("main button.main")
    looker = visitor("looker", PHONE, "en")
    looker.goto(f"{people.base}/rounds/draw?area={people.codes['青禾县']}&kind=pharmacy")
    looker.fill("#title", "Masks in pharmacies")
    looker.select_option("#practice", "masks")
    looker.fill("#seed", "2026-11-23")
    shot(looker, "round-draw-phone-en")
    looker.click("#do-draw")
    looker.wait_for_selector("#proof")
    assert "as the seed gives them" in looker.inner_text("#proof")
    round_ = looker.url
    looker.goto(f"{people.base}/rounds?area={people.codes['青禾县']}&show=waiting")
    card = looker.locator("[data-drawn]").first
    card.locator("button[value=not_kept]").click()
    looker.wait_for_load_state()
    assert "Nothing was said" in looker.inner_text("main"), "not kept says what was found"
    looker.goto(f"{people.base}/rounds?area={people.codes['青禾县']}&show=waiting")
    looker.locator("[data-drawn] textarea").first.fill("店员未戴口罩")
    shot(looker, "round-list-phone-en")
    looker.locator("[data-drawn] button[value=not_kept]").first.click()
    looker.wait_for_load_state()
    looker.set_viewport_size(WIDE)
    looker.goto(round_)
    assert "not kept" in looker.inner_text("#rows")
    shot(looker, "round-en")
    finding = looker.locator("#rows a").first.get_attribute("href")
    clerk = visitor("clerk", PHONE)
    clerk.goto(people.base + finding)
    clerk.fill("#said", "已整改")
    clerk.click("#do-answer")
    clerk.wait_for_load_state()
    assert clerk.locator("#do-verify").count() == 0, "who puts it right does not close it"
    looker.goto(people.base + finding)
    looker.fill("#back", "仍有一人未戴")
    looker.click("#do-return")
    looker.wait_for_load_state()
    assert "sent back" in looker.inner_text("main")


def test_an_order_is_weighed_agreed_to_by_another_and_the_review_and_rhythms_tell(people, visitor):
    place = people.codes
    town = visitor("town", WIDE)
    town.goto(f"{people.base}/area-orders/new?area={place['前进村']}&kind=closure")
    town.wait_for_selector("#affected")
    for field, words in (("#title", "封闭前进村"), ("#reach", "全村，急诊与生活物资除外"), ("#basis", "传染病防治法第四十二条"), ("#appeal_route", "县指挥部电话")):
        town.fill(field, words)
    town.click("button.main[data-once]")
    town.wait_for_selector("[role=alert]")
    assert "严于本地区等级" in town.inner_text("[role=alert]")
    assert town.input_value("#reach") == "全村，急诊与生活物资除外", "what was typed stays"
    shot(town, "order-refused-zh")
    town.goto(f"{people.base}/area-orders/new?area={place['前进村']}&kind=gathering")
    for field, words in (("#title", "停办集市"), ("#reach", "前进村集市，三日"), ("#basis", "传染病防治法第四十二条"), ("#appeal_route", "县指挥部电话")):
        town.fill(field, words)
    town.click("button.main[data-once]")
    town.wait_for_selector("#decide")
    assert town.locator("#do-agree").count() == 0
    chief = visitor("chief", WIDE, "en")
    chief.goto(town.url)
    chief.wait_for_selector("#affected")
    shot(chief, "order-proposal-en")
    chief.click("#do-agree")
    chief.wait_for_selector("#do-end")
    shot(chief, "order-en")
    chief.goto(people.base + "/area-orders")
    assert "停办集市" in chief.inner_text("#rows")
    shot(chief, "orders-en")

    chief.goto(people.base + "/review")
    chief.fill("#said-surveillance", "密接已全部见到")
    shot(chief, "review-en")
    chief.click("#do-keep")
    chief.wait_for_selector("a:has-text('PDF')")
    with chief.expect_download() as taken:
        chief.click("a:has-text('Word')")
    assert taken.value.path().stat().st_size > 5000
    chief.goto(people.base + "/calendar")
    assert chief.locator("#rhythms tbody tr").count() == 16
    chief.click("#do-address")
    chief.wait_for_selector("#address")
    shot(chief, "calendar-en")
    answer = chief.request.get(chief.inner_text("#address"))
    assert answer.status == 200 and len(re.findall("BEGIN:VEVENT", answer.text())) > 60
    for size, kind in ((WIDE, "wide"), (PHONE, "phone")):
        for language in ("zh-hans", "en"):
            page = visitor("duty", size, language)
            for name in ("", "area-orders", "tickets", "rounds", "review", "calendar", "tickets/new", "area-orders/new"):
                page.goto(f"{people.base}/{name}")
                shot(page, f"{kind}-{language}-{name.replace('/', '-') or 'overview'}")
