"""Stories that need a past, on the invented city as the demo makes it: a silent village chased by its county, a district upgraded when people from there are here already,
a restriction contested on the person's own page and cleared, a rumour answered, a school's classes. The public is served by a process of its own, which reaches no person's row.
"""

import json
import re
import time

import pytest

from .conftest import PHONE, WIDE, day, serving, the_city, visiting

pytestmark = [pytest.mark.browser, pytest.mark.doors]
SEND = """async ([register, rows, key]) => (await (await fetch('/api/v1/' + register, { method: 'POST', body: JSON.stringify({ rows }),
  headers: { ...JSON.parse(document.body.getAttribute('hx-headers:inherited')), 'Content-Type': 'application/json', 'Idempotency-Key': key } })).json()).outcomes.map(o => [o.id, o.problems])"""


def put(page, register, key, *values):
    """Rows that a story begins with, as a program sends them; their ids."""
    told = page.evaluate(SEND, [register, [{"source_id": f"{key}-{n}", "values": v} for n, v in enumerate(values)], f"{key}-{register}"])
    assert [problems for _, problems in told if problems] == []
    return [pk for pk, _ in told]


@pytest.fixture(scope="module")
def service():
    """One city for all stories of this module."""
    with serving(the_city, "field,desk,command", "public") as running:
        yield running


@pytest.fixture
def visitor(service, chromium):
    with visiting(service, chromium) as come_in:
        yield come_in


def post(service, name, role, area):
    """Somebody gets a post from the accounts administrator; twice is once."""
    if name not in service.codes:
        service.sizao("users", "add", name, "--name", name)
        service.sizao("users", "grant", name, role, "--area", area)
        service.codes[name] = area
    return name


COUNTY, TOWN, VILLAGE, OTHER = "990001", "990001102", "990001102202", "990001101201"


def test_a_rumour_is_asked_owned_verified_and_read_by_anybody(visitor, service, picture):
    phone = visitor("", PHONE, "en")
    picture(phone, "public-home")
    phone.click("nav.ways a[href='/public/questions']")
    assert "桥头水厂" not in phone.inner_text("main")
    phone.click("a.btn.main")
    phone.check("input[value=rumour_topic]")
    phone.select_option("#topic", "supplies")
    phone.select_option("#place", label="Qinghe County (invented)")
    phone.fill("#text", "听隔壁王大妈说明天起全县停水一周，是真的吗？")
    phone.click("button.main")
    phone.wait_for_selector("#receipt", timeout=60_000)
    receipt = phone.url.split("?")[0]
    assert phone.inner_text("#state") == "with its owner" and "Answered by" in phone.inner_text("main")

    # Whoever owns the topic sees it with its clock; what names somebody is not let into the answer; without a source nothing is true.
    first = visitor(post(service, "voice-a", "publisher", COUNTY), WIDE, "en")
    first.goto(service.base + "/questions")
    picture(first, "question-desk", 620)
    first.click("#open a")
    assert "王大妈" in first.inner_text("#asked")
    address = first.url
    first.fill("#matter", "是否全县停水一周")
    first.fill("#answer", "不停水。桥头水厂检修三小时，今夜零时至三时水压偏低。")
    first.fill("#source", " ")
    first.click("main form[action$='/answer'] button")
    assert first.locator("[role=alert]").count() == 1 and "桥头水厂" in first.input_value("#answer"), "what was typed stays"
    first.fill("#source", "县水务局值班室11月电话核实")
    first.click("main form[action$='/answer'] button")
    first.goto(address)
    assert first.locator("#let-out").count() == 0 and "another person must let it out" in first.inner_text("main")
    anybody = visitor("", WIDE, "zh-hans")
    anybody.goto(service.public + "/public/questions")
    assert "桥头水厂" not in anybody.inner_text("main")
    phone.goto(receipt)
    assert phone.inner_text("#state") == "answered, being checked by a second person" and "桥头水厂" not in phone.inner_text("main")

    second = visitor(post(service, "voice-b", "publisher", COUNTY), WIDE, "en")
    second.goto(service.base + "/questions")
    second.click("#waiting a")
    second.click("#let-out")
    second.wait_for_selector("#done a")
    assert "王大妈" not in second.content()

    phone.reload()
    assert "桥头水厂" in phone.inner_text("main")
    anybody.reload()
    told = anybody.inner_text("main")
    assert "桥头水厂" in told and "县水务局" in told and "王大妈" not in told
    for feed in ("feed.rss", "feed.atom", "data/answers.json"):
        assert "桥头水厂" in anybody.request.get(f"{service.public}/public/{feed}").text()
    # Recalled, it goes everywhere at once, and says why.
    second.goto(address)
    second.fill("#notice", "检修改期，另行通知")
    second.click("form[action$='/recall'] button")
    second.wait_for_load_state()
    anybody.reload()
    assert "检修改期" in anybody.inner_text("main") and "桥头水厂" not in anybody.inner_text("main")


def test_a_wrong_restriction_is_contested_on_the_persons_own_page_and_cleared(visitor, service, picture):
    duty = visitor(post(service, "duty", "duty_officer", COUNTY), WIDE, "en")
    duty.goto(service.base + "/registers")
    number_ = "110105198712241232"
    person, ill = put(duty, "persons", "wrong", {"name": "韩同名", "sex": "male", "area": VILLAGE, "national_id": number_}, {"name": "韩病人", "area": VILLAGE})
    [case] = put(duty, "cases", "wrong", {"person": ill, "area": VILLAGE, "disease": "covid-19", "classification": "confirmed", "reported_at": f"{day(1)}T09:00:00+08:00", "confirmed_at": f"{day(1)}T09:00:00+08:00"})
    put(duty, "contacts", "wrong", {"person": person, "case": case, "area": VILLAGE, "disease": "covid-19", "classification": "close", "last_exposure_on": day(1), "named_at": f"{day(0)}T00:00:00+08:00"})
    gate = service.sizao("users", "token", post(service, "guard", "gateway", COUNTY)).strip()

    def at_the_gate():
        told = {"national_id": number_}
        answer = duty.request.post(service.base + "/api/v1/pass-status", data=json.dumps(told), headers={"Authorization": f"Bearer {gate}", "Content-Type": "application/json"})
        assert answer.status == 200, answer.text()
        return answer.json()["order"]

    def at_the_desk():
        duty.goto(f"{service.base}/person/{person}")
        return duty.locator("#orders-panel b.alarm").count() == 1

    assert (at_the_gate(), at_the_desk()) == (False, False)
    cdc = visitor("cdc", WIDE, "en")
    cdc.goto(f"{service.base}/person/{person}")
    cdc.click("#orders-panel a[href$='/order']")
    cdc.locator("button.main", has_text="Issue the order").first.click()
    cdc.wait_for_load_state()
    order = cdc.url
    assert "in force" in cdc.inner_text(".head")
    cdc.click("form[action$='/code'] button")
    code = cdc.inner_text(".note.good code")
    assert (at_the_gate(), at_the_desk()) == (True, True)

    # His telephone, the public's process: why, until when, how to object; and he objects in his own words.
    own = visitor("", PHONE, "en")
    own.goto(f"{service.public}/my/{code}")
    assert own.inner_text("h1") == "An isolation order is in force" and "How to object" in own.inner_text("main")
    passes = len(own.request.get(service.public + "/verify/keys.json").json()["revoked"])
    own.fill("textarea[name=grounds]", "那天我在外县上班，同名的是邻村人")
    own.click("form[action$='/appeal'] button")
    own.wait_for_selector("text=Your objection is recorded", timeout=60_000)
    assert "answered by" in own.inner_text("main") and own.locator("form[action$='/appeal']").count() == 0

    # A human of another unit sees it with its clock, and clears it.
    health = visitor(post(service, "health", "health", COUNTY), WIDE, "en")
    health.goto(service.base + "/orders")
    row = health.locator("tr", has_text=order.rsplit("/", 1)[1]).or_(health.locator("section", has_text="Unanswered objections").locator("tbody tr")).first
    assert "late" not in row.inner_text()
    picture(health, "restrictions")
    row.locator("a.go").click()
    health.wait_for_load_state()
    assert health.url == order
    health.locator("select[name=decision]").select_option("granted")
    health.locator("textarea[name=reason]").fill("考勤记录证实当日在外县，名单有误")
    health.locator("form[action^='/appeal/'] button").click()
    health.wait_for_load_state()
    assert "in force" not in health.inner_text(".head")

    # Every door agrees at once: gate, desk, his own page with the reason, his pass; and he has it on paper.
    assert (at_the_gate(), at_the_desk()) == (False, False)
    own.goto(f"{service.public}/my/{code}")
    assert own.inner_text("h1") == "No order binds you" and "考勤记录" in own.inner_text("main")
    assert len(own.request.get(service.public + "/verify/keys.json").json()["revoked"]) > passes, "the pass that said otherwise is no longer good"
    paper = own.locator("a[href$='-release.pdf'], a[href$='/release.pdf']").get_attribute("href")
    assert own.request.get(service.public + paper).body()[:4] == b"%PDF"


def in_the_list(page, service, query, name):
    """How many rows of a list of the command bear a name, as the page says it; the list of the newest run."""
    page.goto(f"{service.base}/list?{query}")
    return page.locator("#rows tr", has_text=name).filter(has_not_text="done since").count()


def test_a_silent_village_is_chased_by_the_county_and_falls_silent_no_more(visitor, service, picture):
    chief = visitor("commander", WIDE, "en")
    picture(chief, "overview")
    # From the number of the silent to their rows in one click: as many rows as it says. One of them is a village committee.
    tile = chief.locator(".figures a", has_text="silent").first
    wanted = int(tile.get_attribute("data-count"))
    tile.click()
    chief.wait_for_selector("#rows")
    assert re.sub(r"\D", "", chief.inner_text("section.panel header .quiet")) == str(wanted) and wanted > 0
    assert chief.locator("#rows tr", has=chief.locator("td")).count() >= min(wanted, 50)
    picture(chief, "silent", 700)
    query = f"state=missing&kind=report&area={VILLAGE}"
    chief.goto(f"{service.base}/list?{query}")
    rows = chief.locator("#rows tr", has_text="Daily report, zero included").filter(has_text="村村委会")
    silent = rows.count()
    assert silent > 0, "the demo's village filed everything: take another"

    # The county asks by a directive to the unit itself: words and unit are written in.
    rows.first.locator("a.chase").click()
    chief.wait_for_selector("#what")
    assert "Daily report, zero included" in chief.input_value("#what") and chief.locator("input[name=unit]:checked").count() == 1
    chief.click("#do-give")
    chief.wait_for_selector("ol.story")
    ticket = chief.url
    assert "村村委会" in chief.inner_text("h1") and chief.locator("#do-answer").count() == 0

    # The village's clerk finds it on the desk, files what was missing, zero by one press each, and answers.
    clerk = visitor(post(service, "clerk", "reporter", VILLAGE), WIDE, "en")
    clerk.goto(service.base + "/desk")
    picture(clerk, "desk-unit", 900)
    assert "Daily report, zero included" in clerk.inner_text("#waits") + clerk.inner_text("main")
    while (silently := clerk.locator("article.report.silent", has_text="村村委会").filter(has_text="Daily report")).count():
        if not silently.first.is_visible():
            clerk.click("#older > summary")
        with clerk.expect_navigation():
            silently.first.locator("button[name=zero], button[name=lines]").first.click()
        assert clerk.locator(".note.good").count() == 1
    clerk.goto(ticket.replace("/tickets/", "/desk/ticket/"))
    clerk.fill("#answer", "昨日零报告已补报，今后由文书每日17时前报")
    with clerk.expect_navigation():
        clerk.locator("form[data-draft] button.main").click()

    # Within a run it is missing no longer; only who asked says that it is done.
    for _ in range(90):
        if (now := in_the_list(chief, service, query, "Daily report, zero included")) < silent:
            break
        time.sleep(1)
    assert now < silent
    chief.goto(ticket)
    assert "昨日零报告已补报" in chief.inner_text("main")
    chief.click("#do-verify")
    chief.wait_for_selector("text=seen to be done")


def owed(page, service, name):
    """Whether the phone's list names somebody; waits for the run after a change."""
    page.goto(service.base + "/today?show=500")
    return page.locator("article.task", has_text=name).count() > 0


def test_a_district_is_upgraded_and_people_from_there_who_are_here_already_are_on_the_list(visitor, service, picture):
    # Two came from a district that was low, five days ago; one from elsewhere. Nobody owes anything for it.
    duty = visitor(post(service, "duty", "duty_officer", COUNTY), WIDE, "en")
    duty.goto(service.base + "/registers")
    for code, name in (("990903", "邻省甲区"), ("990904", "邻省乙区")):
        put(duty, "outside-areas", f"outside-{code}", {"code": code, "name": name, "area": COUNTY, "grade": "low", "graded_at": f"{day(9)}T09:00:00+08:00", "told_at": f"{day(1)}T09:00:00+08:00"})
    people = put(duty, "persons", "came", *({"name": name, "area": OTHER} for name in ("路远来", "路同来", "路旁来")))
    origins = ("990903", "990903", "990904")
    put(duty, "journeys", "came", *({"person": p, "area": OTHER, "kind": "arrival", "origin": o, "left_on": day(6), "arrived_on": day(5), "known_at": f"{day(5)}T12:00:00+08:00"} for p, o in zip(people, origins, strict=True)))
    team = visitor(post(service, "team", "community", OTHER), PHONE, "en")
    assert not owed(team, service, "路远来")

    # The desk opens the district and writes its new grade: that is all that anybody does.
    duty.goto(service.base + "/registers/outside-areas?q=990903")
    duty.click("tbody a.go")
    duty.wait_for_load_state()
    duty.click("a.main[href$='/edit']")
    duty.select_option("[name=grade]", "medium")
    duty.fill("[name=graded_at]", f"{day(0)}T00:01")
    duty.fill("[name=told_at]", f"{day(0)}T00:01")
    duty.locator("main button.main").first.click()
    duty.wait_for_load_state()

    for _ in range(90):
        if owed(team, service, "路远来"):
            break
        time.sleep(1)
    listed = team.inner_text("main")
    assert "路远来" in listed and "路同来" in listed and "路旁来" not in listed
    picture(team, "my-list")


def test_a_school_files_its_classes_with_the_numbers_that_are_not_zero(visitor, service):
    nurse = visitor(post(service, "nurse", "school_health", TOWN), WIDE, "en")
    nurse.goto(service.base + "/desk")
    nurse.locator("article.report", has_text="Class roll").locator("a.go").first.click()
    nurse.wait_for_selector("#classes")
    rows = nurse.locator("#classes tbody tr")
    classes = rows.count()
    # The first class keeps a roll of five; the others keep none, so how many are present does not follow from anything.
    duty = visitor(post(service, "duty", "duty_officer", COUNTY), WIDE, "en")
    duty.goto(service.base + "/registers")
    pupils = put(duty, "persons", "pupil", *({"name": f"学生{n}", "area": TOWN} for n in range(5)))
    unit = rows.first.locator("input[name=in]").get_attribute("value")
    put(duty, "roll", "pupil", *({"person": p, "unit": unit, "roll_role": "pupil", "starts_on": day(3)} for p in pupils))
    nurse.reload()
    assert classes >= 2 and nurse.locator("#classes td:nth-of-type(3) input").evaluate_all("all => all.every(i => i.value === '0')")
    # With the keyboard: the number that is not zero; present follows from the roll as it is typed.
    ill = rows.first.locator("input[inputmode]").first
    roll = int(rows.first.get_attribute("data-enrolled"))
    ill.focus()
    nurse.keyboard.press("Control+a")
    nurse.keyboard.type("2")
    assert rows.first.locator("input[inputmode]").nth(1).get_attribute("placeholder") == str(roll - 2)
    for n in range(1, classes):
        rows.nth(n).locator("input[name=in]").uncheck()  # these have not told
    nurse.click("#classes button.main")
    nurse.wait_for_selector(".note.good")
    assert f"1 of {classes} classes have told" in nurse.inner_text(".head") and "absent because ill: 2" in nurse.inner_text(".head")
    assert "told" in rows.first.inner_text() and rows.first.locator("input[inputmode]").nth(1).input_value() == str(roll - 2)
    nurse.set_viewport_size(PHONE)
    assert nurse.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_commanders_first_page_divides_new_cases_by_who_lives_there(visitor, service):
    """Its tiles fill their rows, and the rate of infection has a denominator."""
    commander = visitor("commander", WIDE, "en")
    commander.goto(f"{service.base}/")
    rate = commander.inner_text("dl.rates div:has(dt:text-is('Infection')) dd")
    assert re.match(r"[\d.]+\s+per 100,000 in 7 days\s+new \d+", rate), rate
    tops = [box["y"] for box in (one.bounding_box() for one in commander.locator(".figures > *").all())]
    rows = [tops.count(y) for y in sorted(set(tops))]
    assert len(rows) <= 2 and rows[0] - rows[-1] <= 1, rows
