"""A fever in the list → the check on the phone → the number falls: on the phone, in the list and on the command's page."""

import re
import time

import pytest

from .conftest import PHONE, serving, small_outbreak

pytestmark = pytest.mark.browser
CHECKS = "contact-daily-check"


@pytest.fixture(scope="module")
def service():
    """A store of its own: these stories count what is still to be done."""
    with serving(small_outbreak) as running:
        yield running


def number(page, base: str, wanted: int, area: str = "") -> int:
    """What is still to be done of the daily checks, as the command's page says it; waits for the run after a change."""
    for _ in range(40):
        page.goto(f"{base}/measure/{CHECKS}?area={area}")
        tabs = page.locator(".tabs a").all_inner_texts()
        found = sum(int(re.sub(r"\D", "", t)) for t in tabs if t.strip().startswith(("应做未做", "进行中", "Missing", "Running")))
        if found == wanted:
            return found
        time.sleep(0.5)
    return found


def test_a_fever_in_the_list_is_checked_on_the_phone_and_the_number_falls(service, visitor):
    desk = visitor("duty")
    assert number(desk, service.base, 3) == 3

    # A second line list comes in: tried first, then imported. One row is new, one is known.
    desk.goto(service.base + "/import")
    desk.set_input_files("#files", str(service.place / "more.csv"))
    desk.click("#import-form button.main")
    desk.wait_for_selector("#ledger")
    assert desk.locator("#ledger .figures .n").all_inner_texts()[:5] == ["2", "1", "0", "1", "0"]
    desk.click("#ledger button.main")
    desk.wait_for_selector("#ledger a.btn")
    assert desk.locator("#ledger .figures .n").all_inner_texts()[:5] == ["2", "1", "0", "1", "0"]
    assert number(desk, service.base, 4) == 4

    # The community's team sees its own village only: three of the four.
    phone = visitor("worker", PHONE)
    assert phone.url.startswith(service.base + "/field")
    phone.goto(service.base + "/today")
    cards = phone.locator("article.task.quick")  # the daily checks; other duties of the same people are recorded elsewhere
    assert cards.count() == 3
    assert "赵敏" not in phone.inner_text("main")

    # One has a fever. Pressing "no complaint" beside 38.2 is asked again, and nothing typed is lost.
    sick = cards.filter(has_text="李丽")
    sick.locator("summary").click()
    sick.locator("input[name=temperature]").fill("38.2")
    sick.locator("details button[value=ok]").click()
    phone.wait_for_selector("#notes [role=alert]")
    assert sick.locator("input[name=temperature]").input_value() == "38.2"
    sick.locator("button[value=symptoms]").click()
    phone.wait_for_selector(".task.done.bad")
    assert cards.count() == 2

    # One is well: a single tap. One is not at home: it stays, with the reason.
    cards.filter(has_text="王强").locator("button[value=ok]").first.click()
    phone.wait_for_selector("text=已记录：王强")
    absent = cards.filter(has_text="孙雨")
    absent.locator("summary").click()
    absent.locator("button[value=not_found]").click()
    phone.wait_for_selector("text=已尝试：未见到人")
    assert cards.count() == 1

    # Within a second in the list behind the number; in the number itself at the next run.
    assert number(desk, service.base, 2) == 2
    chief = visitor("chief", language="en")
    assert number(chief, service.base, 2) == 2
    rows = chief.inner_text("main")
    assert "李丽" not in rows and "孙雨" not in rows, "a commander sees no full names"


def test_a_tap_pressed_twice_is_one_check(service, visitor):
    phone = visitor("worker", PHONE)
    phone.goto(service.base + "/today")
    before = phone.locator("article.task").count()
    phone.locator("article.task button[value=ok]").first.dblclick()
    phone.wait_for_selector(".task.done")
    phone.reload()
    assert phone.locator("article.task").count() == before - 1


def test_the_phone_fits_360_pixels_and_its_targets_a_thumb(service, visitor):
    phone = visitor("worker", {"width": 360, "height": 740})
    phone.goto(service.base + "/today")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    small = phone.evaluate(
        "[...document.querySelectorAll('main button, main summary, .foot a, .foot button')].filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.textContent)"
    )
    assert small == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("size", [{"width": 390, "height": 844}, {"width": 1440, "height": 900}], ids=["phone", "wide"])
def test_no_page_is_wider_than_its_screen(service, visitor, size, language):
    page = visitor("duty", size, language)
    for address in ("/", f"/measure/{CHECKS}?state=met", "/import", "/find?q=z", "/today", "/post", "/nowhere"):
        page.goto(service.base + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], address


def test_the_desk_is_worked_from_the_keyboard(service, visitor):
    """/ finds, j walks the rows, Enter opens, u goes up; the focus is always to be seen."""
    desk = visitor("duty", language="en")
    desk.goto(service.base + "/")
    desk.keyboard.press("j")
    first = desk.evaluate("document.activeElement.className + ' ' + getComputedStyle(document.activeElement).outlineStyle")
    assert first == "go solid"
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/measure/**")
    desk.keyboard.press("u")
    desk.wait_for_url(re.compile(r"/\?|/$"))
    desk.keyboard.press("/")
    desk.keyboard.type("李丽")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/person/**")
    assert desk.inner_text("h1") == "李丽"


def test_htmx_sends_the_token_it_inherits(service, visitor):
    """Inheritance is explicit in htmx 4: without its word the token would be missing, and every form of a desk would be refused."""
    desk = visitor("duty")
    desk.goto(service.base + "/import")
    assert "X-CSRFToken" in desk.evaluate("document.body.getAttribute('hx-headers:inherited')")
    desk.evaluate("document.querySelector('#import-form input[name=csrfmiddlewaretoken]').remove()")
    desk.set_input_files("#files", str(service.place / "contacts.csv"))
    with desk.expect_response("**/import") as answer:
        desk.click("#import-form button.main")
    assert answer.value.status == 200
    assert answer.value.request.headers["x-csrftoken"]


def test_the_language_switch_changes_the_whole_page(service, visitor):
    desk = visitor("duty")
    desk.goto(service.base + "/")
    desk.click("button[lang=en]")
    desk.wait_for_selector("html[lang=en]")
    assert "Overview" in desk.inner_text("header.bar")
    desk.click("button[lang=zh-Hans]")
    desk.wait_for_selector("html[lang=zh-Hans]")


def test_without_scripts_the_phone_still_records(service, chromium):
    """An old or broken browser: forms by page."""
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(service.link("worker"))
    page.click("button.main")
    page.goto(service.base + "/today")
    before = page.locator("article.task.quick").count()
    if before:
        page.locator("article.task button[value=ok]").first.click()
        assert "said=recorded" in page.url
        assert page.locator("article.task.quick").count() == before - 1
    context.close()
