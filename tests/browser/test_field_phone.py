"""The installed list on a phone: what it weighs, how soon it can be used on a bad line, what is kept through a back button, a reload and an ended session."""

import gzip
import json
import time

import pytest

from .conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.doors]
FRESH = "html[data-fresh='1']"
KILO = 1024


def at_the_list(visitor, service, user="worker", language="en"):
    page = visitor(user, PHONE, language)
    page.goto(service.base + "/field")
    page.wait_for_selector(FRESH, state="attached", timeout=60_000)
    return page


def test_the_first_screen_weighs_less_than_sixty_kilobytes_and_comes_over_a_thin_line(visitor, service):
    page = visitor("worker", PHONE, "en")
    weights = {}

    def weigh(response):
        if response.request.service_worker is None and response.status == 200:
            weights[response.url.removeprefix(service.base).split("?")[0]] = len(gzip.compress(response.body(), 6))

    page.on("response", weigh)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {"offline": False, "latency": 800, "downloadThroughput": 8000, "uploadThroughput": 8000})
    begun = time.monotonic()
    page.goto(service.base + "/field", wait_until="commit", timeout=90_000)
    page.wait_for_selector("article.task", timeout=90_000)
    first = time.monotonic() - begun
    page.wait_for_selector(FRESH, state="attached", timeout=90_000)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    again = time.monotonic()
    page.reload(wait_until="commit")
    page.wait_for_selector("article.task", timeout=90_000)
    print(f"64 kbit/s, 800 ms: usable after {first:.1f} s the first time, {time.monotonic() - again:.1f} s afterwards; {sum(weights.values()) / KILO:.1f} KB: {weights}")
    assert sum(weights.values()) <= 60 * KILO
    assert first < 30


def test_double_taps_are_one_record_and_the_row_can_be_taken_back(visitor, service):
    page = at_the_list(visitor, service)
    button = page.locator("button.main", has_text="Seen, no complaint").first
    button.evaluate("b => { b.click(); b.click(); b.click(); }")
    page.wait_for_selector(".task.done")
    page.wait_for_selector("html[data-waiting='0']", state="attached", timeout=30_000)
    page.goto(service.base + "/field#queue")
    page.wait_for_selector("[data-answer]")
    assert page.locator("[data-answer='new']").count() == 1
    page.goto(service.base + "/field#")
    page.click("button.link:has-text('Take back')")
    page.wait_for_function("() => document.documentElement.dataset.waiting === '0' && !document.querySelector('.task.done')", timeout=30_000)


def test_what_was_typed_outlives_the_back_button_a_reload_and_the_end_of_the_session(visitor, service):
    page = at_the_list(visitor, service)
    page.locator("a.btn", has_text="Other…").first.click()
    page.fill("#temperature", "38.4")
    page.locator("label:has(input[value=fever])").click()
    page.wait_for_function("() => sizaoField.shelf.count('drafts').then(n => n > 0)")
    page.go_back()
    page.wait_for_selector("article.task")
    page.go_forward()
    page.wait_for_selector("#temperature")
    page.wait_for_function("() => document.getElementById('temperature').value === '38.4'")
    page.context.clear_cookies(name="sessionid")  # the session is over
    page.click("#ill")
    page.wait_for_selector("#signin:not([hidden])", timeout=30_000)
    page.goto(service.link("worker"))
    page.click("button.main")
    page.goto(service.base + "/field")
    page.wait_for_selector(f"{FRESH}[data-waiting='0'][data-lost='0']", state="attached", timeout=60_000)
    page.goto(service.base + "/field#queue")
    page.wait_for_selector("[data-answer='new']")


def test_a_conflict_is_shown_with_both_versions_and_a_person_decides(visitor, service):
    """Two phones hand over the same line; the one without a network finds the other's."""
    one, other = at_the_list(visitor, service), at_the_list(visitor, service)
    area = json.loads(one.evaluate("sizaoField.shelf.get('kept', 'list').then(k => JSON.stringify(k.pack.who)) "))["code"]
    one.evaluate("a => sizaoField.record({ kind: 'line', ledger: 'shift_note', about: { area: a }, values: { shift_step: 'handed', note: 'first' } }, 'note', 'x')", area)
    one.wait_for_selector("html[data-waiting='0']", state="attached", timeout=30_000)
    record = one.evaluate("sizaoField.shelf.all('done').then(rows => rows.filter(r => r.label === 'note')[0].record)")
    seen = other.evaluate("r => fetch('/api/v1/shift-note/' + r).then(a => a.json()).then(a => a.change_no || a.version)", record)
    line = "([r, s, note]) => sizaoField.record({ kind: 'line', ledger: 'shift_note', record: r, seen: s, values: { note } }, 'note', 'y')"
    other.context.set_offline(True)
    other.evaluate(line, [record, seen, "of the valley"])
    one.evaluate(line, [record, seen, "of the hill"])
    one.wait_for_selector("html[data-waiting='0'][data-lost='0']", state="attached", timeout=30_000)
    other.context.set_offline(False)
    other.evaluate("sizaoField.flush()")
    other.wait_for_selector("html[data-waiting='0'][data-lost='1']", state="attached", timeout=30_000)
    other.goto(service.base + "/field#queue")
    shown = other.locator("[data-code='changed-meanwhile']")
    shown.wait_for()
    assert "of the hill" in shown.inner_text() and "of the valley" in shown.inner_text()
    shown.locator("[data-do=yours]").click()
    other.wait_for_selector("html[data-waiting='0'][data-lost='0']", state="attached", timeout=30_000)
    assert other.evaluate("r => fetch('/api/v1/shift-note/' + r).then(a => a.text())", record).count("of the valley") == 1


KEYS_OF_ROWS = """async () => {
  const wish = r => new Promise((good, bad) => { r.onsuccess = () => good(r.result); r.onerror = () => bad(r.error); });
  const db = await wish(indexedDB.open('sizao-field')), kids = new Set();
  for (const store of ['waiting', 'refused', 'done', 'kept', 'drafts']) (await wish(db.transaction(store).objectStore(store).getAll())).forEach(r => kids.add(r.kid));
  db.close();
  return [...kids];
}"""


@pytest.mark.parametrize("reopened", [True, False])
def test_five_records_of_a_phone_that_was_away_while_the_key_was_turned_are_sent_once(visitor, service, reopened):
    """The key of phones is turned twice while one of them has no network. Its five rows and what was half typed open all the same, and lie under the newest key afterwards."""
    page = at_the_list(visitor, service)
    copy, before = page.evaluate("[vault.copy(), vault.kid()]")
    page.context.set_offline(True)
    row = "([a, n]) => sizaoField.record({ kind: 'line', ledger: 'shift_note', about: { area: a }, values: { shift_step: 'handed', note: n } }, n, n)"
    noted = [f"turned {n} {reopened}" for n in range(5)]
    for note in noted:
        page.evaluate(row, [service.codes["前进村"], note])
    page.locator("a.btn", has_text="Other…").first.click()
    page.fill("#temperature", "36.9")
    page.wait_for_function("() => sizaoField.shelf.count('drafts').then(n => n > 0)")
    for _ in range(2):
        service.sizao("keys", "rotate", "--phones")
    if reopened:
        page.context.route("**/field/acts*", lambda r: r.abort())  # the page is opened before anything is sent
        page.context.set_offline(False)
        page.reload()
        page.wait_for_selector(FRESH, state="attached", timeout=60_000)
        assert page.evaluate("vault.kid()") != before
        assert page.evaluate("sizaoField.shelf.count('waiting')") >= 5 and page.evaluate("sizaoField.queue().then(q => q.length)") >= 5
        page.context.unroute("**/field/acts*")
        page.evaluate("sizaoField.flush()")
    else:
        page.context.set_offline(False)  # the page that stood open sends by itself, with the key that it has
    page.wait_for_selector("html[data-waiting='0'][data-others='0'][data-lost='0']", state="attached", timeout=60_000)
    if not reopened:
        page.reload()
        page.wait_for_selector(FRESH, state="attached", timeout=60_000)
    page.wait_for_function("() => document.getElementById('temperature') && document.getElementById('temperature').value === '36.9'", timeout=30_000)
    told = page.evaluate("fetch('/api/v1/shift-note?limit=200').then(a => a.text())")
    assert [told.count(f'"{note}"') for note in noted] == [1] * 5
    assert page.evaluate(KEYS_OF_ROWS) == [page.evaluate("vault.kid()")] != [before] and page.evaluate("vault.copy()") == copy


@pytest.mark.parametrize(("second", "then"), [("sends", "sizaoField.flush()"), ("reads", "sizaoField.refresh().then(sizaoField.flush)")])
def test_the_next_shift_on_the_same_phone_has_a_list_of_its_own_and_sends_nothing_of_the_first(visitor, service, second, then):
    """A tab of the first stays open, and is stale: it sends, or reads a new list first, as the clock has it. What it recorded without a network waits, sealed, until he is back."""
    service.sizao("users", "add", second, "--name", second)
    service.sizao("users", "grant", second, "community", "--area", service.codes["城关镇"])  # he could record the same person's check
    first = at_the_list(visitor, service)
    first.wait_for_selector("html[data-people]", state="attached")
    first.evaluate("vault.changed = null")  # a tab that the browser has put to sleep hears nothing of the others
    copy = first.evaluate("vault.copy()")
    first.context.set_offline(True)
    first.locator("a.btn", has_text="Other…").first.click()
    first.locator("label:has(input[name=why][value=refused])").click()
    first.click("#not-seen")
    first.wait_for_selector(".tried")
    many = 2  # the visit, and that his task was opened
    first.wait_for_function("n => sizaoField.shelf.count('waiting').then(m => m === n && !sizaoField.busy())", arg=many)
    first.context.route("**/field/acts*", lambda r: r.abort())  # the tab sends by itself as soon as there is a network: it is to come too late
    first.context.set_offline(False)
    next_ = first.context.new_page()
    next_.goto(service.link(second))
    next_.click("button.main")
    next_.goto(service.base + "/field")
    next_.wait_for_selector(f"{FRESH}[data-others='{many}'][data-waiting='0']", state="attached", timeout=60_000)
    assert next_.evaluate("vault.copy()") != copy and "城关镇" in next_.inner_text("#main-part") + next_.inner_text("#who")
    first.context.unroute("**/field/acts*")
    taken = []
    first.on("response", lambda r: taken.append(r.request.post_data_json["acts"]) if "/field/acts" in r.url and r.ok else None)
    assert first.evaluate("vault.kid()") != next_.evaluate("vault.kid()")  # the stale tab: its key is the first one's, the session is not
    first.evaluate(then)
    first.wait_for_selector(f"html[data-others='{many}'][data-waiting='0']", state="attached", timeout=30_000)
    assert first.evaluate("vault.kid()") == next_.evaluate("vault.kid()") and not any(taken)
    back = first.context.new_page()
    back.goto(service.link("worker"))
    back.click("button.main")
    back.goto(service.base + "/field")
    back.wait_for_selector(f"{FRESH}[data-waiting='0'][data-others='0'][data-lost='0']", state="attached", timeout=60_000)
    back.goto(service.base + "/field#queue")
    back.wait_for_selector("[data-answer='new']")


SMALL = """() => [...document.querySelectorAll("button, summary, nav a, .btn, select, textarea, .pick span, input:not([type=checkbox]):not([type=radio]):not([type=hidden])")]
  .filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => (e.textContent || e.name || e.id).trim().slice(0, 40))"""


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_thing_to_press_is_as_high_as_a_thumb(visitor, service, language):
    """44 px, on each part of the page, in a task, and with everything folded out."""
    page = at_the_list(visitor, service, language=language)
    parts = ["", *{a for a in page.evaluate("[...document.querySelectorAll('nav a')].map(a => a.hash)") if a}]
    assert len(parts) >= 4
    for part in (*parts, "task"):
        if part == "task":
            page.evaluate("location.hash = ''")
            page.wait_for_selector("article.task:has(button.main)")
            page.evaluate("location.hash = document.querySelector('article.task:has(button.main) a.btn').hash")
            page.wait_for_selector("#temperature")
        else:
            page.evaluate("h => { location.hash = h }", part)
            page.wait_for_timeout(300)
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert page.evaluate(SMALL) == [], part


def test_two_who_share_a_phone_keep_what_each_has_typed_of_the_same_thing(visitor, service):
    service.sizao("users", "add", "twin", "--name", "twin")
    service.sizao("users", "grant", "twin", "community", "--area", service.codes["前进村"])
    page = at_the_list(visitor, service)
    page.locator("a.btn", has_text="Other…").first.click()
    page.fill("#temperature", "37.7")
    page.wait_for_function("() => sizaoField.shelf.mine('drafts').then(n => n === 1)")
    task = page.evaluate("location.hash")

    def next_one(name, typed):
        page.goto(service.link(name))
        page.click("button.main")
        page.goto(f"{service.base}/field{task}")
        page.wait_for_selector(FRESH, state="attached", timeout=60_000)
        page.wait_for_function("t => document.getElementById('temperature') && document.getElementById('temperature').value === t", arg=typed, timeout=30_000)

    next_one("twin", "")
    page.fill("#temperature", "36.1")
    page.wait_for_function("() => sizaoField.shelf.mine('drafts').then(n => n === 1)")
    next_one("worker", "37.7")
    next_one("twin", "36.1")


def test_who_signs_in_without_a_list_is_told_what_the_server_says(visitor, service):
    service.sizao("users", "add", "listless", "--name", "listless")
    service.sizao("users", "grant", "listless", "auditor", "--area", "all")
    page = at_the_list(visitor, service, "listless")
    said = page.evaluate("fetch('/field/pack.json?copy=' + vault.copy(), { headers: { Accept: 'application/json' } }).then(async a => [a.status, (await a.json()).title])")
    assert said[0] == 403 and said[1] in page.inner_text("#main-part")
    assert page.locator("#signin").is_hidden() and page.locator("article.task").count() == 0
    page.click("details.more summary")
    page.click("#out button")  # the way out needs no list
    page.wait_for_url(f"{service.base}/sign-in**")


def test_a_phone_told_to_wipe_itself_drops_everything(visitor, service):
    page = at_the_list(visitor, service)
    copy = page.evaluate("vault.copy()")
    desk = visitor("duty", {"width": 1440, "height": 900}, "en")
    desk.goto(service.base + "/field/copies")
    desk.on("dialog", lambda d: d.accept())
    desk.locator("tr", has_text=copy[-8:]).get_by_role("button", name="Wipe this phone").click()
    desk.wait_for_selector(".note[role=status]")
    page.evaluate("sizaoField.refresh()")
    page.wait_for_selector("html[data-wiped='2']", state="attached", timeout=30_000)
    assert page.evaluate("indexedDB.databases().then(d => d.map(x => x.name).includes('sizao-field'))") is False
    assert page.evaluate("caches.keys()") == [] and page.locator("article.task").count() == 0
    desk.reload()
    assert "wiped" in desk.locator("tr", has_text=copy[-8:]).inner_text()
