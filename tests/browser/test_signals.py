"""A signal is opened from the keyboard, judged, followed up with a ticket; a threshold is changed, and its consequence is seen first. The way a person goes, wide and on the phone."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from .conftest import PHONE

pytestmark = pytest.mark.browser
POST = """async ([name, rows]) => {
  const answer = await fetch('/api/v1/' + name, { method: 'POST', body: JSON.stringify({ rows }), credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID(), 'X-CSRFToken': JSON.parse(document.body.getAttribute('hx-headers:inherited'))['X-CSRFToken'] } });
  return [answer.status, await answer.json()];
}"""


def put(page, name: str, rows: list[dict]) -> list[str]:
    """The ids of rows written through the API as the user who is signed in."""
    status, body = page.evaluate(POST, [name, [{"source_id": f"signals-{name}-{n}", "values": values} for n, values in enumerate(rows)]])
    assert status == 200 and body["counts"]["rejected"] == 0, body
    return [outcome["id"] for outcome in body["outcomes"]]


def test_a_signal_is_judged_and_followed_up_and_a_threshold_changed_with_its_consequence_seen(service, visitor):
    desk = visitor("duty")
    [clinic] = put(desk, "reporting-units", [{"name": "城关镇发热门诊", "kind": "fever_clinic", "area": service.codes["前进村"]}])
    now = datetime.now(UTC)
    numbers = [(day, 24 if day == 1 else 2 + day % 3) for day in range(20, 0, -1)]
    visits = [{"unit": clinic, "fever_handling": "treated", "happened_at": (now - timedelta(days=day, minutes=k)).isoformat()} for day, many in numbers for k in range(many)]
    put(desk, "fever-visit", visits)
    service.sizao("signals", "run")
    again = service.sizao("signals", "run", "--json")
    assert '"new": 0' in again  # run again it raises nothing twice

    # The board, from the keyboard: the first row, Enter.
    chief = visitor("chief", language="en")
    chief.goto(f"{service.base}/signals?stream=fever-visits")
    assert "Fever patients seen" in chief.inner_text("main tbody") and "left" in chief.inner_text("main tbody")
    chief.keyboard.press("j")
    chief.keyboard.press("Enter")
    chief.wait_for_url(re.compile("/signals/[0-9a-f-]{36}"))
    page = chief.url
    assert chief.locator("#p-curve svg.chart path.x-alarm").get_attribute("d") and chief.locator("#p-curve svg.chart path.x-limit").get_attribute("d")
    assert "EARS C2" in chief.inner_text("main") and "the newest day that anybody told of" in chief.inner_text("main")
    chief.locator("#p-curve summary").click()
    assert chief.locator("#t-curve tbody tr").count() == 42
    chief.focus("#p-curve svg.chart")
    chief.keyboard.press("End")
    assert "not over yet" in chief.inner_text("#p-curve .chart-keys") and chief.inner_text("#at-curve").strip()
    for form in ("CSV", "SVG", "PNG"):
        with chief.expect_download() as sent:
            chief.click(f"#p-curve header a:text-is('{form}')")
        assert sent.value.suggested_filename.endswith(form.lower())

    # Judged without a mouse, with a reason.
    chief.focus("input[name=judgement][value=real]")
    chief.keyboard.press("Space")
    chief.focus("#why")
    chief.keyboard.type("三家诊所同日上升")
    chief.keyboard.press("Control+Enter")
    chief.wait_for_selector(".note.good")
    assert "The judgement is on record" in chief.inner_text(".note.good")

    # What was done, and a ticket for whoever has to act.
    chief.select_option("#action", "investigated")
    chief.fill("#done", "已派两人到诊所核实")
    chief.fill("#ticket", "核实就诊记录并采样")
    chief.fill("#due_at", (datetime.now() + timedelta(days=1)).strftime("%Y-%m-%dT12:00"))
    chief.locator("form[action$='/follow'] button.main").click()
    chief.wait_for_selector(".note.good")
    assert "核实就诊记录并采样" in chief.inner_text("aside") and "investigated" in chief.inner_text("aside")
    assert "to be judged" not in chief.inner_text(".head") and chief.locator("ol.line > li").count() >= 3

    # A threshold that would have missed it: said before it can be saved.
    chief.goto(page)
    chief.locator(".crumbs a").last.click()
    chief.wait_for_selector("#t-least")
    chief.fill("#t-least", "60")
    chief.locator("form[method=get] button.main").click()
    chief.wait_for_selector("#consequence")
    said = chief.inner_text("#consequence")
    assert "Judged real, and missed with the change" in said and "falls away" in said
    assert chief.locator("#consequence .figures .n").all_inner_texts()[2] == "1"
    chief.fill("#reason", "流感季本底高")
    chief.locator("#consequence button.main").click()
    chief.wait_for_selector(".note.good")
    assert "流感季本底高" in chief.inner_text("main")
    chief.get_by_role("button", name="Withdraw").click()
    chief.wait_for_selector(".note.good")

    # The same on the phone, in Chinese: nothing lies beside the screen.
    phone = visitor("duty", PHONE)
    for address in (f"{service.base}/signals?view=all", page, f"{service.base}/streams/fever-visits?least=60&starts_on={now:%Y-%m-%d}&until={now:%Y-%m-%d}"):
        phone.goto(address)
        assert "发热就诊" in phone.inner_text("main")
        assert phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
