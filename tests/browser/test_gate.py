"""The gateway's screen with the network cut: nothing is lost, nothing is stored twice, and what is done next is said at once."""

import pytest

from sizao.registers.movement.rules import gate_answer

from .conftest import PHONE

pytestmark = pytest.mark.browser
READY = "html[data-ready='1']"


def a_gateway(page, service):
    """Puts a gateway into the register of units; its id."""
    page.goto(service.base + "/registers")
    answer = page.evaluate(
        """async area => (await fetch('/api/v1/reporting-units', { method: 'POST', body: JSON.stringify({ rows: [{ source_id: 'G1', values: { name: '一号关口', kind: 'gateway', area } }] }),
           headers: { ...JSON.parse(document.body.getAttribute('hx-headers:inherited')), 'Content-Type': 'application/json', 'Idempotency-Key': 'gate-1' } })).json()""",
        service.codes["前进村"],
    )
    return answer["outcomes"][0]["id"]


def test_three_pass_without_a_network_and_are_there_once_when_it_is_back(visitor, service):
    page = visitor("duty", PHONE, "en")
    gateway = a_gateway(page, service)
    page.goto(f"{service.base}/gate?unit={gateway}")
    page.click("button[value=sign-on]")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # now the worker has seen the page itself
    page.wait_for_selector(READY, state="attached")
    page.context.set_offline(True)
    page.reload()  # nobody answers
    page.wait_for_selector(READY, state="attached")
    answers = []
    for temperature in ("36.5", "38.2"):
        page.fill("#temperature", temperature)
        page.click("#go")
        page.wait_for_selector(f"#queue[data-left='{len(answers) + 1}']")
        answers.append(page.get_attribute("#answer", "data-answer"))
    page.click("#emergency")
    page.wait_for_selector("#queue[data-left='3']")
    answers.append(page.get_attribute("#answer", "data-answer"))
    assert answers == ["let_in", "to_clinic", "let_in_look_inside"]
    kept = page.evaluate("import('/gate/queue.mjs').then(q => q.waiting())")
    page.context.set_offline(False)
    page.wait_for_selector("#queue[data-left='0']", timeout=20_000)
    for record in kept:  # the answer was lost on the way, as far as the device knows: it sends all of it again
        page.evaluate("r => import('/gate/queue.mjs').then(q => q.keep(r))", record)
    page.reload()
    page.wait_for_selector(f"{READY} #queue[data-left='0']", timeout=20_000)
    page.reload()
    assert page.inner_text("#counted") == "3"
    assert page.evaluate("import('/gate/queue.mjs').then(q => q.refused())") == []


def test_the_device_answers_as_the_program_does(visitor, service):
    page = visitor("duty", PHONE, "en")
    page.goto(f"{service.base}/gate?unit={a_gateway(page, service)}")
    asked = [(p, t, ill, order, met) for p in ("emergency", "passing") for t in (None, 37.2, 37.3) for ill in (False, True) for order in (False, True) for met in (False, True)]
    found = page.evaluate(
        "asked => import('/gate/gate.mjs').then(g => asked.map(([p, temperature, ill, order, exposed]) => g.gateAnswer(p, { temperature, ill, order, exposed })))", asked
    )
    assert found == [gate_answer(p, temperature=t, fever=37.3, ill=ill, order=order, exposed=met) for p, t, ill, order, met in asked]


RAW = """async () => {
  const wish = r => new Promise((good, bad) => { r.onsuccess = () => good(r.result); r.onerror = () => bad(r.error); });
  const rows = async (base, store) => { const db = await wish(indexedDB.open(base)); try { return await wish(db.transaction(store).objectStore(store).getAll()); } finally { db.close(); } };
  const waiting = await rows('sizao-gate', 'waiting'), keys = await rows('sizao-device', 'keys');
  const told = await Promise.all(waiting.map(async r => JSON.stringify({ ...r, box: new TextDecoder('latin1').decode(r.box) })));
  let bare = 'no';
  try { await crypto.subtle.exportKey('raw', keys[0].key); bare = 'yes'; } catch { }
  return { waiting: told, fields: waiting.map(r => Object.keys(r).sort().join()), keys: keys.length, bare, pages: (await caches.keys()).filter(n => n.startsWith('gate')) };
}"""
KEYS = "async () => { const d = await new Promise(g => { const r = indexedDB.open('sizao-device'); r.onsuccess = () => g(r.result); }); const n = await new Promise(g => { const r = d.transaction('keys').objectStore('keys').count(); r.onsuccess = () => g(r.result); }); d.close(); return n; }"


def test_what_waits_on_a_phone_is_sealed_outlives_the_sign_in_and_opens_to_nobody_else(visitor, service):
    page = visitor("duty", PHONE, "en")
    gateway = a_gateway(page, service)
    here = f"{service.base}/gate?unit={gateway}"
    page.goto(here)
    if page.locator("button[value=sign-on]").count():
        page.click("button[value=sign-on]")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.wait_for_selector(READY, state="attached")
    page.route("**/api/v1/passages", lambda route: route.abort())
    page.fill("#shown", "E12345678")
    page.evaluate("document.getElementById('plate').value = 'KA5B678'")  # folded away
    page.click("#go")
    page.wait_for_selector("#queue[data-left='1']")
    raw = page.evaluate(RAW)
    assert raw["fields"] == ["box,id,iv,kid"] and not any(word in raw["waiting"][0] for word in ("E12345678", "KA5B678", "passing"))
    assert (raw["keys"], raw["bare"]) == (1, "no")  # no program reads the key out

    def sign_out_and_in(user):
        page.evaluate("async csrf => { const f = new URLSearchParams({ csrfmiddlewaretoken: csrf }); await fetch('/sign-out', { method: 'POST', body: f, credentials: 'same-origin' }); }", page.get_attribute("#gate", "data-csrf"))
        page.goto(service.base + "/sign-in")
        page.wait_for_selector("html[data-wiped='1']", state="attached")
        assert page.evaluate(KEYS) == 0
        page.goto(service.link(user))
        page.click("button.main")
        page.wait_for_load_state()
        page.goto(here)
        page.wait_for_selector(READY, state="attached")

    sign_out_and_in("worker")
    assert (page.get_attribute("#queue", "data-left"), page.get_attribute("#queue", "data-others")) == ("0", "1")  # there, and not to be read
    sign_out_and_in("duty")
    assert page.get_attribute("#queue", "data-left") == "1"
    page.unroute("**/api/v1/passages")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector("#queue[data-left='0'][data-others='0']", timeout=20_000)
    assert page.evaluate(RAW)["waiting"] == []


def a_user(service, name, *grants):
    service.sizao("users", "add", name, "--name", name)
    for role, area in grants:
        service.sizao("users", "grant", name, role, "--area", area)


def passages(page, unit):
    """How many lines the ledger of passages has of this gateway."""
    rows = page.evaluate("() => fetch('/api/v1/passage?limit=200').then(a => a.json())")["rows"]
    return sum(r["values"]["unit"] == unit for r in rows)


def listened(page, taken):
    """Puts down what this tab sends and the server takes in: (key, plate)."""
    page.on("response", lambda r: taken.extend((r.request.headers["x-key-of"], one["plate"]) for one in r.request.post_data_json["records"]) if r.url.endswith("/passages") and r.ok else None)


def passes(page, plate):
    page.evaluate("p => { document.getElementById('plate').value = p; document.getElementById('plate').dispatchEvent(new Event('input', { bubbles: true })); }", plate)  # folded away
    page.click("#go")


def test_a_gateway_s_tab_left_open_over_a_change_of_shift_records_nothing_under_the_wrong_name(visitor, service):
    """Early's tab stays open: what he recorded without a network waits for him; what Late presses on it is shown to her again and is hers; what Early had half typed is there when he is back."""
    village = service.codes["前进村"]
    for name in ("early-gate", "late-gate"):
        a_user(service, name, ("gateway", village))
    desk = visitor("duty", PHONE, "en")
    gateway = a_gateway(desk, service)
    here, before = f"{service.base}/gate?unit={gateway}", passages(desk, gateway)
    stale = visitor("early-gate", PHONE, "en")
    stale.add_init_script("window.setInterval = () => 0")
    stale.goto(here)
    stale.wait_for_selector(READY, state="attached")
    stale.evaluate("vault.changed = null")  # the browser has put the tab to sleep: no clock wakes it, and it hears nothing of the others
    stale.context.route("**/api/v1/passages", lambda r: r.abort())
    passes(stale, "EARLY1")
    stale.wait_for_selector("#queue[data-left='1']")
    early, taken = stale.evaluate("vault.kid()"), []
    listened(stale, taken)
    stale.fill("#shown", "HALF-TYPED")
    stale.wait_for_function("() => vault.field.count('drafts').then(n => n > 0)")
    late = stale.context.new_page()
    late.goto(service.link("late-gate"))
    late.click("button.main")
    late.goto(here)
    late.wait_for_selector(f"{READY} #queue[data-left='0'][data-others='1']", timeout=30_000)
    assert late.input_value("#shown") == "" and late.evaluate("vault.kid()") != early
    stale.context.unroute("**/api/v1/passages")
    with stale.expect_navigation():
        passes(stale, "LATE-1")  # the screen is Early's, the phone is Late's
    stale.wait_for_selector(f"{READY} #answer:not([hidden])", timeout=30_000)
    assert "Somebody else is signed in" in stale.inner_text("#answer") and stale.evaluate("document.getElementById('plate').value") == "LATE-1"
    assert passages(desk, gateway) == before and taken == []
    with stale.expect_response(lambda r: r.url.endswith("/passages"), timeout=30_000):
        stale.click("#go")
    stale.wait_for_selector("#queue[data-left='0'][data-others='1']", timeout=30_000)
    assert taken == [(late.evaluate("vault.kid()"), "LATE-1")]
    back = stale.context.new_page()
    back.goto(service.link("early-gate"))
    back.click("button.main")
    back.goto(here)
    back.wait_for_selector(f"{READY} #queue[data-left='0'][data-others='0']", timeout=30_000)
    assert back.input_value("#shown") == "HALF-TYPED"
    assert passages(desk, gateway) == before + 2
