"""A new text of the plan: read, tried before it is decided, proposed by one, agreed by another, and counted from then on."""

import time
from pathlib import Path

import pytest

from .conftest import PHONE, day

pytestmark = pytest.mark.browser
PLAN = "contact-tracing-basic"
SHIPPED = Path(__file__).resolve().parents[2] / "sizao" / "content" / "plans" / PLAN / "edition.yaml"


@pytest.fixture
def newer(service) -> str:
    """A text of the jurisdiction's own with three weeks for two, loaded; who may agree to it."""
    own = service.place / "own" / "plans" / PLAN
    own.mkdir(parents=True, exist_ok=True)
    (own / "edition.yaml").write_text(SHIPPED.read_text().replace("value: 14d", "value: 21d"), encoding="utf-8")
    service.environment["SIZAO_CONTENT"] = str(service.place / "own")
    try:
        service.sizao("content", "load")
    finally:
        del service.environment["SIZAO_CONTENT"]
    service.sizao("users", "add", "second", "--name", "second")
    service.sizao("users", "grant", "second", "operator", "--area", "all")
    return PLAN


def test_a_new_text_is_tried_proposed_by_one_and_agreed_by_another(service, visitor, newer):
    desk = visitor("duty")
    desk.goto(service.base + "/plan")
    assert "与现行文本不同" in desk.inner_text("main")

    # What differs, in words and in persons; the numbers come in by themselves.
    desk.click("text=看新旧差异")
    desk.wait_for_selector("#whom-measures")
    assert "21天" in desk.inner_text("#words") and "14天" in desk.inner_text("#words")
    row = desk.locator("tr[data-measure=contact-daily-check]")
    assert row.locator("[data-change=released]").inner_text() == "0"
    kept = int(row.locator("[data-change=unchanged]").inner_text())
    assert kept >= 3
    row.locator("[data-change=unchanged] a").click()
    assert desk.locator("#rows tr").count() == kept

    # The scenarios are played with the keyboard alone.
    desk.goto(f"{service.base}/plan/{newer}")
    desk.focus("#play-all")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("#played")
    assert "两个引擎" in desk.inner_text("#played") or "与预期不同" in desk.inner_text("#played")

    # One tries it, then proposes it.
    desk.goto(f"{service.base}/plan/{newer}/enact?area=all")
    desk.select_option("#disease", "covid-19")
    desk.fill("#starts", desk.get_attribute("#starts", "min"))
    desk.click(".ask button")
    desk.wait_for_selector("#propose")
    assert "人·分钟" in desk.inner_text("#whom")
    desk.click("#propose")
    desk.wait_for_selector("#mine")
    address = desk.url
    assert "另一位" in desk.inner_text("#mine") and desk.locator("#agree").count() == 0

    # The same person is refused in words, also when he asks without the button.
    refused = desk.evaluate(
        """async () => {
            const form = new FormData(document.querySelector('.decide form'));
            const answer = await fetch(document.querySelector('.decide form').action.replace('withdraw', 'second'), {method: 'POST', body: form});
            return [answer.status, await answer.text()];
        }"""
    )
    assert refused[0] >= 400 and "提出人不能批准自己的提议" in refused[1]

    # Another looks at the same dry run, on a phone, and agrees.
    other = visitor("second", PHONE)
    other.goto(service.base + "/plan")
    other.click("text=查看并决定")
    assert other.url == address
    assert other.locator("#whom-measures a").count() == 0, "an administrator sees numbers, not persons"
    other.click("#agree")
    other.wait_for_selector(".note.good")
    ref = other.locator(".note.good b").inner_text().removeprefix("✓ ")

    # The next run counts under it, and the coverage page says so.
    for _ in range(120):
        desk.goto(f"{service.base}/measure/contact-daily-check")
        if ref[-12:] in desk.inner_text("#age"):
            break
        time.sleep(0.5)
    assert ref[-12:] in desk.inner_text("#age")
    desk.goto(service.base + "/plan")
    assert "即现行文本" in desk.inner_text("main")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_on_a_phone_nothing_of_the_plan_pages_is_wider_than_the_screen(service, visitor, language):
    phone = visitor("duty", PHONE, language)
    for address in ("/plan", f"/plan/{PLAN}", "/plan/diff", f"/plan/{PLAN}/enact?area=all&disease=covid-19&starts={day(-1)}"):
        phone.goto(service.base + address)
        phone.wait_for_load_state("networkidle")
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
