"""The whole way of a test, once: a list of who must, a pool of ten filled on a phone, custody, a run, a positive pool, the recall and its clock, single samples, the result on the
person's own page, and the class that the definition then proposes. Everything by the pages that people use."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error as Gone

from .conftest import PHONE, WIDE

pytestmark = pytest.mark.browser
NAMES = [f"检{c}" for c in "甲乙丙丁戊己庚辛壬癸"]
SEND = """async ([register, rows, key]) => (await (await fetch('/api/v1/' + register, { method: 'POST', body: JSON.stringify({ rows }),
  headers: { ...JSON.parse(document.body.getAttribute('hx-headers:inherited')), 'Content-Type': 'application/json', 'Idempotency-Key': key } })).json()).outcomes.map(o => [o.id, o.problems])"""


def put(page, register, *values):
    told = page.evaluate(SEND, [register, [{"source_id": f"test-{n}", "values": v} for n, v in enumerate(values)], f"testing-{register}"])
    assert [problems for _, problems in told if problems] == []
    return [pk for pk, _ in told]


def open_part(page, words):
    part = page.locator("details", has_text=words).last
    if part.get_attribute("open") is None:
        part.locator("summary").first.click()
    return part


def told(page, words, **values):
    """Fills one of the forms of the laboratory's page and sends it."""
    page.goto(re.match(r"https?://[^/]+", page.url)[0] + "/lab")
    part = open_part(page, words)
    for name, value in values.items():
        field = part.locator(f"[name={name}]")
        (field.select_option if field.evaluate("e => e.tagName") == "SELECT" else field.fill)(value)
    part.get_by_role("button", name="Record").click()
    page.wait_for_selector(".note[role=status]")


def sampled(phone, code, size, names):
    """A tube is filled with these people and closed; it is at the server when this returns."""
    phone.fill("#code", code)
    phone.click(f"#sizes button[value='{size}']")
    phone.click("#begin button.main")
    for name in names:
        phone.fill("#who", name)
        phone.press("#who", "Enter")
        phone.wait_for_selector(f"#inside >> text={name}")
    phone.click("#close")
    phone.wait_for_selector(f"#tubes li[data-state=done] >> text={code}", timeout=20_000)


def through_the_laboratory(lab, laboratory, codes, run, result):
    """Received, run and told: the clock goes on by a second between each, as it does."""
    told(lab, "Hand tubes over", step="received", tubes=" ".join(codes), counted=str(len(codes)), laboratory=laboratory)
    start = lab.evaluate("() => new Promise(done => setTimeout(() => done(new Date(Math.floor(Date.now() / 1000) * 1000 + 8 * 3600e3).toISOString().slice(0, 19)), 1100))")
    lab.wait_for_function("s => Date.now() > Date.parse(s + '+08:00') + 2000", arg=start)
    end = lab.evaluate("s => new Date(Date.parse(s + 'Z') + 1000).toISOString().slice(0, 19)", start)
    told(lab, "Record a run", laboratory=laboratory, run=run, instrument="ABI-1", started_at=start, ended_at=end, tubes=" ".join(codes))
    for code, answer in zip(codes, result, strict=True):
        told(lab, "Tell results", tubes=code, result=answer)


def test_from_the_list_to_the_result_on_the_person_s_own_page(visitor, service):
    village = service.codes["前进村"]
    for name, role, area in (("swab", "sampler", village), ("bench", "laboratory", "all")):
        service.sizao("users", "add", name, "--name", name)
        service.sizao("users", "grant", name, role, "--area", area)
    desk = visitor("duty", WIDE, "en")
    desk.goto(service.base + "/registers")
    [unit] = put(desk, "reporting-units", {"name": "县疾控实验室", "kind": "laboratory", "area": village})
    [laboratory] = put(desk, "laboratories", {"name": "县疾控实验室", "unit": unit, "area": village, "in_use": True})
    people = put(desk, "persons", *({"name": name, "area": village} for name in NAMES))
    put(desk, "contacts", *({"person": p, "area": village, "disease": "covid-19", "classification": "close"} for p in people))
    [case] = put(desk, "cases", {"person": people[0], "area": village, "disease": "covid-19", "classification": "suspected"})

    desk.goto(service.base + "/lab/due")
    assert "Must be tested" in desk.inner_text("main") and "contact" in desk.inner_text("main").lower()

    phone = visitor("swab", PHONE, "en")
    phone.goto(service.base + "/sample")
    phone.wait_for_function("() => indexedDB.databases().then(d => d.length > 0)")
    phone.reload()
    sampled(phone, "POOL-1", 10, NAMES)

    bench = visitor("bench", WIDE, "en")
    bench.goto(service.base + "/lab")
    assert "POOL-1" in bench.inner_text("main")
    through_the_laboratory(bench, laboratory, ["POOL-1"], "R-1", ["positive"])
    bench.goto(service.base + "/lab")
    shown = bench.inner_text("main")
    assert "10 called · 0 found · 0 sampled alone" in shown and "检" not in shown.replace("县疾控实验室", "")  # the laboratory counts, and names nobody

    desk.goto(f"{service.base}/person/{people[0]}")
    desk.get_by_role("button", name="Code for the person’s own page").click()
    own_page = desk.get_by_role("link", name="open").get_attribute("href")
    own = visitor("worker", PHONE, "en")
    own.goto(service.base + own_page)
    assert "says nothing of you alone" in own.inner_text("main") and "sampled alone by" in own.inner_text("main")

    phone.reload()
    phone.wait_for_function("() => document.getElementById('queue') && document.body.dataset.csrf")
    for n in (0, 1):
        sampled(phone, f"ONE-{n}", 1, [NAMES[n]])
    through_the_laboratory(bench, laboratory, ["ONE-0", "ONE-1"], "R-2", ["positive", "negative"])
    desk.goto(service.base + "/lab")
    assert re.search(r"\b8 called · 0 found · 0 sampled alone", desk.inner_text("main"))  # two recalls are over, each with its own result
    own.reload()
    assert "positive" in own.inner_text("main") and "says nothing of you alone" not in own.inner_text("main")

    desk.goto(f"{service.base}/case/{case}")
    assert "cannot tell yet" in desk.inner_text("main")  # the result answers one finding; what it cannot know is asked of a person
    for finding in ("met_case", "fever", "blood_count"):
        with desk.expect_navigation():
            desk.click(f"button[value='{finding}:yes']")
    assert re.search(r"confirmed — ", desk.inner_text("main")) and desk.locator("form[action$='/classified'] button").count() == 1  # proposed; a person decides


def test_a_sampler_s_tab_left_open_sends_no_tube_under_the_name_of_who_signed_in_since(visitor, service):
    for name in ("early", "late"):
        service.sizao("users", "add", name, "--name", name)
        service.sizao("users", "grant", name, "sampler", "--area", service.codes["前进村"])
    first = visitor("early", PHONE, "en")
    first.goto(service.base + "/sample")
    first.wait_for_selector("html[data-ready='1']", state="attached")
    first.evaluate("sampling.people()")
    first.context.route("**/api/v1/sampled-tubes", lambda r: r.abort())  # no network yet
    first.fill("#code", "STALE-1")
    first.click("#sizes button[value='1']")
    first.click("#begin button.main")
    first.fill("#who", "李丽")
    first.press("#who", "Enter")
    first.wait_for_selector("#inside >> text=李丽")
    first.click("#close")
    first.wait_for_selector("html[data-waiting='1']", state="attached")
    next_ = first.context.new_page()
    next_.goto(service.link("late"))
    next_.click("button.main")
    next_.wait_for_load_state()
    taken = []
    first.on("response", lambda r: taken.append(r.url) if "/sampled-tubes" in r.url and r.ok else None)
    first.context.unroute("**/api/v1/sampled-tubes")
    with suppress(Gone):  # the page may have heard of it from the other tab, and have begun again already
        first.evaluate("void sampling.people().then(sampling.send)")  # as the clock has it: a new list, then what waits
    first.wait_for_selector("html[data-ready='1'][data-waiting='0'][data-others='1']", state="attached", timeout=30_000)  # the page began again
    assert taken == [] and "STALE-1" not in first.inner_text("#tubes")
    next_.goto(service.link("early"))
    next_.click("button.main")
    next_.wait_for_load_state()
    next_.goto(service.base + "/sample")
    next_.wait_for_selector("#tubes li[data-state=done] >> text=STALE-1", timeout=60_000)
