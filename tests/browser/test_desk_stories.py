"""The desk as people use it: a case typed with the keyboard alone, a fever at a village clinic to a released contact, an inspection that finds "done" untrue, a session that ends in the middle of a form."""

import base64
import os
import time
from pathlib import Path

import pytest

from .conftest import WIDE, day, serving, small_outbreak
from .test_testing import put

pytestmark = [pytest.mark.browser, pytest.mark.doors]

#: Seconds a key at an ordinary hand: five keys a second. A Chinese character is four keys: its sound and the choice.
KEY, CHARACTER = 0.2, 4
SHOTS = os.environ.get("SIZAO_SHOTS", "")


@pytest.fixture(scope="module")
def service():
    """A store of this module's own: what is entered here is in nobody else's counts."""
    with serving(small_outbreak) as running:
        yield running


def shot(page, name):
    """A picture for who looks at the screens by eye; only where a folder for them is named."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


class Hand:
    """Somebody at the keyboard; `keys` counts what the hand presses."""

    def __init__(self, page):
        self.page, self.keys = page, 0

    def press(self, key, times=1):
        for _ in range(times):
            self.page.keyboard.press(key)
            self.keys += 1
            self.page.wait_for_timeout(KEY * 1000)

    def type(self, text):
        for c in text:
            n = CHARACTER if ord(c) > 0x2E7F else 1
            self.page.keyboard.insert_text(c) if n > 1 else self.page.keyboard.press("Space" if c == " " else c)
            self.keys += n
            self.page.wait_for_timeout(n * KEY * 1000)

    def to(self, name):
        """Tab after Tab until the field has the hand."""
        for _ in range(60):
            if self.page.evaluate("document.activeElement.name") == name:
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not reach {name}")


def typed_card(page, base, name, number):
    """A new card from the desk by the keyboard alone; (seconds, keys)."""
    page.goto(base + "/desk")
    hand, began = Hand(page), time.monotonic()
    page.keyboard.press("n")
    page.wait_for_selector("form.sheet")
    assert page.evaluate("document.activeElement.name") == "p.name"
    hand.type(name)
    hand.to("p.national_id")
    hand.type(number)
    hand.to("p.phone")
    hand.type("13900001234")
    hand.to("p.area")
    page.keyboard.press("Control+a")
    hand.keys += 1
    hand.type("前进村")
    page.wait_for_selector(".picker .found button")
    hand.press("Enter")
    hand.to("p.address")
    hand.type("12号")
    hand.to("c.onset_on")
    y, m, d = day(1).split("-")
    hand.type(m + d + y)
    with page.expect_navigation(timeout=60_000):
        hand.press("Control+Enter")
    return time.monotonic() - began, hand.keys + 1


def test_a_case_is_entered_with_the_keyboard_alone_within_ninety_seconds(visitor, service):
    page = visitor("duty", WIDE, "en")
    seconds, keys = typed_card(page, service.base, "冯春兰", "110105199003072282")
    print(f"\ncase entry: {seconds:.1f} s, {keys} keys")
    assert "/case/" in page.url and "冯春兰" in page.inner_text("h1")
    assert "Female" in page.inner_text(".head") or "female" in page.inner_text(".head")  # taken from the identity number
    assert seconds <= 90, f"{seconds:.0f} s, {keys} keys"


EXCEL = (
    "序号\t姓名\t性别\t年龄\t身份证号\t联系电话\t末次接触日期\t现住址\n"
    "1\t冯大山\t男\t62.0\t3.30106E+17\t13900002001\t{on}\t前进村12号\n"
    "2\t周 梅\t女\t58\t110105196502031229\t13900002002\t\t\n"
    "\t\t\t\t\t\t\t\n"
    "3\t=cmd|'/c calc'!A1\t男\t9\t\t13900002003.0\t{on}\t\n"
    "4\t\t男\t30\t\t13900002004\t{on}\t\n"
)


def test_a_fever_at_a_village_clinic_to_a_released_contact(visitor, service):
    # The clinic's patient becomes a card at the county's desk, typed with the keyboard alone.
    desk = visitor("duty", WIDE, "en")
    typed_card(desk, service.base, "冯石头", "110105198712241232")
    case = desk.url.split("?")[0]
    desk.goto(service.base + "/desk")
    assert "冯石头" in desk.inner_text("#q-investigate") and "冯石头" in desk.inner_text("#q-cards")
    shot(desk, "desk-cdc-en")

    # The investigator's page: keys lead from panel to panel, words are explained.
    desk.goto(case)
    desk.keyboard.press("2")
    assert desk.evaluate("document.activeElement.id") == "contacts-panel"
    desk.locator("#contacts-panel button.term").focus()
    desk.keyboard.press("Enter")
    assert desk.locator("#contacts-panel .means").is_visible() and "could infect" in desk.inner_text("#contacts-panel .means")
    desk.keyboard.press("Escape")
    assert not desk.locator("#contacts-panel .means").is_visible()
    shot(desk, "case-en")

    # Contacts out of Excel: looked at first, each row with its outcome; then written; then pasted again.
    desk.click("#contacts-panel a.btn")
    desk.fill("#lines", EXCEL.replace("{on}", day(1)))
    desk.click("button[name=try]")
    desk.wait_for_selector("#became")
    told = desk.inner_text("#became")
    assert "nothing is written yet" in told and "3 new contact" in told and "1 not taken" in told
    assert "lost its digits" in told and "merged cell" in told and "周梅" in told
    shot(desk, "paste-en")
    desk.click("#became button.main")
    desk.wait_for_selector("#became:has-text('What became of them')")
    desk.fill("#lines", EXCEL.replace("{on}", day(1)))
    desk.click("#paste .acts button:not(.main)")
    desk.wait_for_selector("#became:has-text('3 known already')")

    # They are on the village's list; checked on the day, and released at the desk, many at once.
    desk.goto(case)
    assert desk.locator("#contacts-panel tbody tr").count() == 3 and "=cmd" in desk.inner_text("#contacts-panel")
    desk.click("#contacts-panel tbody tr:has-text('周梅') a.go")
    assert "contact" in desk.inner_text("main").lower()
    contacts = desk.evaluate("async () => (await (await fetch('/api/v1/contacts')).json()).rows.map(r => r.id)")
    desk.goto(service.base + "/registers/contacts?q=" + "周梅")
    desk.check("tbody input[name=row]")
    desk.click(".bulk summary")
    desk.fill("[name='release.released_at']", f"{day(0)}T00:30")
    desk.click("button[formaction$='/bulk/release']")
    desk.wait_for_load_state()
    desk.goto(case)
    assert "released" in desk.inner_text("#contacts-panel tbody tr:has-text('周梅')") and contacts
    shot(desk, "case-after-en")


def test_an_inspection_that_finds_done_untrue_is_put_right_with_a_picture_of_forty_megabytes(visitor, service):
    village = service.codes["前进村"]
    for name, role, area in (("clerk", "reporter", village), ("looker", "inspector", "all")):
        service.sizao("users", "add", name, "--name", name)
        service.sizao("users", "grant", name, role, "--area", area)
    desk = visitor("duty", WIDE, "en")
    desk.goto(service.base + "/registers")
    [market] = put(desk, "reporting-units", {"name": "前进集贸市场", "kind": "market", "area": village, "in_use": True})
    put(desk, "self-check", {"unit": market, "practice": "entry_check", "kept": True})  # they say that it is kept

    looker = visitor("looker", WIDE, "en")
    looker.goto(service.base + "/registers")
    put(looker, "inspections", {"area": village, "unit": market, "practice": "entry_check", "seen_at": f"{day(0)}T00:10:00+08:00", "outcome": "not_kept", "what": "门口无人测温 <script>alert(1)</script>"})

    clerk = visitor("clerk", WIDE, "en")
    clerk.goto(service.base + "/desk")
    assert "门口无人测温" in clerk.inner_text("#waits") and "Self-check" in clerk.inner_text("main")
    shot(clerk, "desk-unit-en")
    clerk.click("#waits a.go")
    clerk.fill("#answer", "已安排两人值守")
    picture = base64.b64decode(clerk.evaluate("() => { const c = document.createElement('canvas'); c.width = 5000; c.height = 3000; const x = c.getContext('2d'); x.fillStyle = '#469'; x.fillRect(0, 0, 5000, 3000); return c.toDataURL('image/jpeg').split(',')[1]; }"))
    heavy = service.place / "photo.jpg"
    heavy.write_bytes(picture + b"\0" * (40 << 20))
    clerk.set_input_files("#proof", str(heavy))
    clerk.wait_for_selector("#proof-said:has-text('made smaller')")

    # The session ends while the form is open: nothing typed is lost, and it is sent after signing in again.
    clerk.context.clear_cookies(name="sessionid")
    clerk.click("form[data-draft] button.main")
    clerk.wait_for_selector("#notes .note.bad")
    assert "Nothing you typed is lost" in clerk.inner_text("#notes") and clerk.input_value("#answer") == "已安排两人值守"
    shot(clerk, "session-ended-en")
    again = clerk.context.new_page()
    again.goto(service.link("clerk"))
    again.click("button.main")
    again.wait_for_load_state()
    again.close()
    with clerk.expect_navigation():
        clerk.click("form[data-draft] button.main")
    assert clerk.url.startswith(service.base + "/desk?said=answered")

    looker.goto(service.base + "/desk")
    assert "已安排两人值守" in looker.inner_text("#closing")
    shown = "async a => (await createImageBitmap(await (await fetch(a)).blob())).width"
    assert looker.evaluate(shown, looker.get_attribute("#closing a.small", "href")) == 2000  # a picture, made smaller
    looker.click("#closing button[value=close]")
    looker.wait_for_selector(".note.good")
    clerk.goto(service.base + "/desk")
    assert "Nothing was found that is open" in clerk.inner_text("#waits")


def test_a_tab_left_open_is_not_sent_under_the_name_of_who_signed_in_since(visitor, service):
    stale = visitor("duty", WIDE, "en")
    stale.goto(service.base + "/cards/new")
    stale.fill("[name='p.name']", "石大川")
    sent = []
    stale.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
    other = stale.context.new_page()
    other.goto(service.link("chief"))
    other.click("button.main")
    other.wait_for_load_state()
    stale.click("form.sheet button.main")
    stale.wait_for_selector("#notes .note.bad")
    assert "Somebody else is signed in" in stale.inner_text("#notes") and stale.input_value("[name='p.name']") == "石大川"
    assert sent == []
    other.goto(service.link("duty"))
    other.click("button.main")
    other.wait_for_load_state()
    with stale.expect_navigation():
        stale.click("form.sheet button.main")
    assert "/case/" in stale.url and "石大川" in stale.inner_text("h1")  # sent at last, once, and as himself
    assert len(sent) == 1


def test_what_was_typed_comes_back_and_goes_with_the_sign_out(visitor, service):
    page = visitor("duty", WIDE, "en")
    page.goto(service.base + "/cards/new")
    page.fill("[name='p.name']", "阿依古丽·买买提")
    page.wait_for_timeout(500)
    page.on("dialog", lambda d: d.accept())
    page.goto(service.base + "/desk")
    page.go_back()
    page.wait_for_function("document.querySelector(\"[name='p.name']\").value === '阿依古丽·买买提'")
    page.goto(service.base + "/cards/new")
    assert page.input_value("[name='p.name']") == "阿依古丽·买买提" and "is here again" in page.inner_text("#notes")
    page.click("#notes button")
    assert page.input_value("[name='p.name']") == ""
    page.fill("[name='p.name']", "又一人")
    page.wait_for_timeout(500)
    page.click("form[action$='/sign-out'] button")
    page.wait_for_load_state()
    assert page.evaluate("sessionStorage.length") == 0


def test_large_type_and_high_contrast_stay_and_nothing_hangs_over_the_edge(visitor, service):
    page = visitor("duty", WIDE, "en")
    page.goto(service.base + "/desk")
    page.click("button[data-do=keys]")
    page.check("[data-look=size]")
    page.check("[data-look=contrast]")
    page.click("#keys button[data-do=close]")
    page.goto(service.base + "/desk")
    assert page.evaluate("[document.documentElement.dataset.size, document.documentElement.dataset.contrast]") == ["large", "high"]
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    shot(page, "desk-large-contrast")
