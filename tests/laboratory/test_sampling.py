"""Sampling goes on without a network: nothing is lost or doubled, wrong clocks are put right, a tube with other members is told so."""

import json
import shutil
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from laboratory.conftest import at

from sizao.doors.kit import signin
from sizao.flows import tubes_sampled
from sizao.flows.tubes_sampled import ClosedTube, Member
from sizao.kernel import clock
from sizao.registers.laboratory import actions, custody, tubes
from sizao.registers.laboratory.models import Hold, Recall, Specimen, Tube, TubeStep
from sizao.registers.population.models import Person

pytestmark = pytest.mark.django_db
NOON = at(15, 12)


@pytest.fixture
def team(lab):
    return lab.county.user("cdc", "990001101201")


def closed(lab, code="T1", members=(0, 1), *, key=None, version=1, size=10, at=NOON, **more):
    return ClosedTube(id=key or f"dev-{code}", code=code, size=size, disease="covid-19", sealed_at=at, version=version, members=[Member(lab.people[n]) if isinstance(n, int) else n for n in members], **more)


def take(scope, *told, sent_at=None, now=NOON):
    with clock.frozen(now):
        return tubes_sampled.take(scope, told, sent_at=sent_at)


def test_a_tube_is_stored_once_and_answered_each_time(lab, team):
    assert [a.kind for a in take(team, closed(lab))] == ["new"]
    assert [a.kind for a in take(team, closed(lab), closed(lab, key="typed again on another phone"))] == ["identical", "identical"]
    assert [a.kind for a in take(team, closed(lab, version=2, members=(0, 1, 2)))] == ["updated"]
    assert [a.kind for a in take(team, closed(lab))] == ["old"]
    tube = Tube.objects.get()
    assert (Specimen.objects.filter(tube=tube).count(), tube.version, TubeStep.objects.get(tube=tube).counted) == (3, 2, 3)
    custody.hand_over(team, custody.HandOver(step="handed", tubes={"T1": 3}, counted=1, at=NOON))
    assert take(team, closed(lab, version=3, members=(0, 1, 2, 3)))[0].problem.code == "tube-handed-on"


def test_one_number_with_other_members_is_refused_says_which_and_is_held(lab, team):
    take(team, closed(lab))
    [answer] = take(team, closed(lab, members=(1, 2), key="another"))
    assert (answer.problem.code, answer.missing, answer.extra) == ("tube-members-differ", ("张0",), ("张2",))
    assert take(team, closed(lab, members=(0,), version=2))[0].problem.code == "tube-members-differ"  # nobody is taken out of a tube
    hold = Hold.objects.get()
    assert (hold.kind, hold.told["extra"], len(hold.told["again"])) == ("members_differ", [str(lab.people[2])], 1)
    first, second = take(team, closed(lab, "T2", members=(3,)), closed(lab, "T2", members=(4,), key="other"))
    assert (first.kind, second.problem.code) == ("new", "tube-members-differ")  # in one batch as well


def test_who_is_in_no_register_is_put_there_once_and_who_cannot_be_told_keeps_the_tube_back(lab, team):
    new = Member(national_id="11010119900307765X", name="王新")
    assert [a.kind for a in take(team, closed(lab, "T1", members=(new,)), closed(lab, "T2", members=(new, 1)))] == ["new", "new"]
    assert take(team, closed(lab, "T3", members=(new,)))[0].kind == "new"
    assert Person.objects.filter(name="王新").count() == 1
    [answer] = take(team, closed(lab, "T4", members=(Member(national_id="12"), 2)))
    assert (answer.kind, answer.problem.code, Tube.objects.filter(code="T4").exists()) == ("invalid", "member-unknown", False)


@pytest.mark.parametrize("hours", [24, -24, 0])
def test_a_clock_that_is_a_day_off_is_put_right(lab, team, hours):
    off = timedelta(hours=hours)
    assert take(team, closed(lab, at=NOON - timedelta(hours=3) + off), sent_at=NOON + off)[0].kind == "new"
    assert Tube.objects.get().sealed_at == NOON - timedelta(hours=3)
    assert set(Specimen.objects.values_list("sampled_at", flat=True)) == {NOON - timedelta(hours=3)}


def test_what_cannot_be_is_answered_with_its_reason(lab, team):
    beside = lab.county.user("cdc", "990001102")
    wrong = [
        closed(lab, "A", at=NOON + timedelta(hours=1)), closed(lab, "B", at=NOON - timedelta(days=15)), closed(lab, "C", members=()), closed(lab, "", key="x"),
        closed(lab, "D", size=1), closed(lab, "E", size=99), closed(lab, "F", unit=lab.people[0]),
    ]  # fmt: skip
    codes = ["done-in-the-future", "tube-too-old", "value-missing", "value-missing", "tube-full", "bad-value", "not-found-or-out-of-area"]
    assert [a.problem.code for a in take(team, *wrong)] == codes
    assert take(team, closed(lab), sent_at=NOON - timedelta(hours=49))[0].problem.code == "clock-too-far"
    assert take(beside, closed(lab))[0].problem.code == "member-unknown"  # people of another area are nobody's here
    assert not Tube.objects.exists()


def test_a_single_sample_of_somebody_called_again_answers_the_recall(lab, team):
    pk, members = lab.tube("POOL", sealed=at(15, 9))
    lab.run(["POOL"], starts=at(15, 9.5), ends=at(15, 10), call="positive")
    lab.tell("POOL", "positive", at(15, 11))
    assert take(team, closed(lab, "S1", members=(1,), size=1))[0].kind == "new"
    assert Specimen.objects.get(tube__code="S1").retest_of_id == members[1]
    lab.run(["S1"], number="R2", starts=at(15, 13), ends=at(15, 14), call="negative")
    lab.tell("S1", "negative", at(15, 15))
    assert Recall.objects.get(specimen=members[1]).outcome == "negative" and Specimen.objects.get(pk=members[1]).result == "negative"
    assert pk and tubes and actions


FILES = ("/sample", "/sample/sample.css", "/sample/sample.js", "/sample/worker.js", "/device/vault.js", "/sample/people.json", "/device/key.json")


@pytest.mark.browser
def test_fifty_tubes_on_two_phones_with_clocks_a_day_off_come_once_each_though_sent_three_times(lab, team, monkeypatch):
    """The network is cut, the page is loaded again, answers are lost on the way: every tube arrives, once, at its true time."""
    from playwright.sync_api import sync_playwright
    from rights.test_verifier import serving

    client = Client(HTTP_HOST="localhost")
    client.cookies["sizao-language"] = "en"
    client.post(signin.make_link(team.user))
    kept = {}
    for address in FILES:
        answer = client.get(address)
        assert answer.status_code == 200, address
        kept[address] = (answer.content, {k: answer.headers[k] for k in ("Content-Type", "Content-Security-Policy", "Service-Worker-Allowed") if k in answer.headers})
    assert sum(len(kept[a][0]) for a in FILES[:5]) < 40_000  # small enough for a bad network
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    server, began = serving(kept), clock.now()
    sent: dict[str, int] = {}
    ids, ours = [str(p) for p in lab.people], connections["default"]

    def post(route, request):
        """Takes what is sent; the answer to a tube is lost twice. The browser calls from a loop of its own, which is to speak on this test's connection."""
        connections["default"] = ours
        told = json.loads(request.post_data)
        answer = client.post("/api/v1/sampled-tubes", request.post_data, content_type="application/json")
        assert answer.status_code == 200, answer.content
        for t in told["tubes"]:
            sent[t["id"]] = sent.get(t["id"], 0) + 1
        if min(sent[t["id"]] for t in told["tubes"]) < 3:
            return route.abort()
        return route.fulfill(status=200, content_type="application/json", body=answer.content.decode())

    with sync_playwright() as p:
        connections["default"] = ours
        browser = p.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome"), args=["--no-sandbox"])
        phones = []
        for nth, hours in enumerate((24, -24)):
            context = browser.new_context(viewport={"width": 390, "height": 780})
            context.add_init_script(f"{{ const D = Date, off = {hours * 3_600_000}; globalThis.Date = class extends D {{ constructor(...a) {{ if (a.length) super(...a); else super(D.now() + off); }} static now() {{ return D.now() + off; }} }}; }}")
            page = context.new_page()
            page.on("dialog", lambda d: d.accept())
            page.route("**/api/v1/sampled-tubes", post)
            page.goto(f"http://127.0.0.1:{server.server_port}/sample")
            page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
            page.wait_for_selector("html[data-ready='1']", state="attached")
            page.get_by_text(f"{abs(hours)}.0 h {'ahead' if hours > 0 else 'behind'}").wait_for()
            phones.append((nth, context, page))
        for nth, context, page in phones:
            context.set_offline(True)
            page.unroute("**/api/v1/sampled-tubes")
            for n in range(25):
                page.fill("#code", f"P{nth}-{n:03}")
                page.keyboard.press("Enter")
                page.fill("#who", f"张{2 + n % 8}")
                page.keyboard.press("Enter")
                if n == 7:  # the phone goes off with a tube half full, and the server is gone
                    page.wait_for_selector("#inside li")
                    page.reload()
                    page.wait_for_selector("html[data-ready='1']", state="attached")
                    assert page.inner_text("#which") == f"P{nth}-007"
                    page.fill("#who", "张4")
                    page.locator("#hits li").click()
                page.wait_for_selector("#close:enabled")
                page.click("#close")
                page.wait_for_selector(f"html[data-waiting='{n + 1}']", state="attached")
            assert Tube.objects.count() == 25 * nth
            page.route("**/api/v1/sampled-tubes", post)
            context.set_offline(False)
            for _ in range(6):
                page.evaluate("window.sampling.send()")
                page.wait_for_timeout(60)
            page.wait_for_selector("html[data-waiting='0']", state="attached")
            assert {li.get_attribute("data-answer") for li in page.locator("#tubes li").all()} == {"identical"}
        browser.close()
    server.shutdown()
    server.server_close()
    assert len(sent) == 50 and set(sent.values()) == {3}
    assert (Tube.objects.count(), Specimen.objects.count(), Hold.objects.count()) == (50, 52, 0)
    assert all(began - timedelta(minutes=1) < sealed < clock.now() + timedelta(minutes=1) for sealed in Tube.objects.values_list("sealed_at", flat=True))
    assert {str(i) for i in Specimen.objects.values_list("person", flat=True)} <= set(ids)
