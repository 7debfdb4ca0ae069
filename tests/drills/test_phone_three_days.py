"""Three days without a network on a phone: the browser is killed, the server is reset in the middle of the sending. Nothing is lost, nothing is doubled.

The reset comes when a batch is with the server: what was answered until then is counted on both sides, what was not is told again.
"""

import contextlib
import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psutil
import pytest
from browser.conftest import FLAGS, PHONE, ZONE, serving, small_outbreak, wait_until_it_answers

pytestmark = [pytest.mark.browser, pytest.mark.doors]

COUNT = """
import json, sys
from sizao.wiring.database import boot
boot(sys.argv[1])
from sizao.kernel.models import Act
from sizao.registers.isolation.models import DailyCheck
print(json.dumps({"keys": sorted(DailyCheck.objects.values_list("source_id", flat=True)), "acts": Act.objects.filter(kind="isolation.daily_check").count()}))
"""
RECORD = """async ([n, many]) => {
  const made = [], tasks = (await sizaoField.shelf.get('kept', 'list')).pack.tasks.filter(t => t.do === 'check');
  for (let i = 0; i < many; i++) { const t = tasks[(n + i) % tasks.length]; const row = await sizaoField.record({ kind: 'check', contact: t.s, outcome: 'ok', temperature: '36.' + i % 9 }, t.n, t.k); made.push(row.id); }
  return made;
}"""
#: What the phone sends at once (`AT_ONCE` of field/phone/app.js), and after how many answered batches the server is reset, where there are so many.
BATCH, ANSWERED = 100, 3


def killed(folder):
    """kill -9 for every process of the browser that keeps its profile there."""
    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in word for word in process.info["cmdline"] or ()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def service_processes(service):
    """The service and all below it but the database, the one that would start the others again first."""
    store = str(service.place / "store")
    mine = [p for p in psutil.process_iter(["cmdline"]) if store in (p.info["cmdline"] or ()) and "serve" in (p.info["cmdline"] or ())]
    below = [c for p in mine for c in p.children(recursive=True)]
    return list(dict.fromkeys(p for p in (*mine, *below) if "postgres" not in p.name()))


def reset(processes):
    """kill -9, all at once."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)


def signed_in(page, service):
    """A session does not always outlive a browser that is killed; who signs in again has the same key, so nothing that waits is lost."""
    if page.locator("#signin:not([hidden])").count():
        page.goto(service.link("worker"))
        page.click("button.main")
        page.goto(service.base + "/field")
        page.wait_for_selector("html[data-fresh='1']", state="attached", timeout=300_000)


def seen_within(page, happened, seconds=60):
    """Waits until something the page's events told has happened."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until
        page.wait_for_timeout(5)


def counted(service):
    """What the store holds: the keys of all checks, and how many acts."""
    told = subprocess.run([sys.executable, "-c", COUNT, str(service.place / "store")], env=service.environment, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(told.stdout)


@pytest.mark.parametrize(("forms", "reset_when"), [(40, "under way"), (40, "unheard"), pytest.param(1000, "under way", marks=pytest.mark.full), pytest.param(1000, "unheard", marks=pytest.mark.full)])
def test_nothing_is_lost_and_nothing_doubled_over_three_days(tmp_path, forms, reset_when):
    """`reset_when`: a batch is on its way into the server, or was written there while its answer has not reached the phone."""
    from playwright.sync_api import sync_playwright

    profile, found = tmp_path / "phone", shutil.which("chromium") or shutil.which("google-chrome")
    with serving(small_outbreak) as service, sync_playwright() as playwright:

        def phone(ago=None):
            context = playwright.chromium.launch_persistent_context(profile, executable_path=found, args=FLAGS, viewport=PHONE, has_touch=True)
            page = context.pages[0]
            if ago is not None:
                context.clock.install(time=datetime.now(ZoneInfo(ZONE)) - ago)
            return context, page

        context, page = phone(timedelta(hours=71))
        page.goto(service.link("worker"))
        page.click("button.main")
        page.goto(service.base + "/field")
        page.wait_for_selector("html[data-fresh='1'][data-people]", state="attached", timeout=60_000)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.wait_for_selector("html[data-fresh='1']", state="attached", timeout=60_000)
        context.set_offline(True)
        made = []
        for part in range(10):
            made += page.evaluate(RECORD, [part, forms // 10])
            context.clock.fast_forward(timedelta(hours=7).total_seconds() * 1000)  # seventy hours go by
        assert page.evaluate("document.documentElement.dataset.waiting") == str(forms)
        killed(profile)

        context, page = phone()
        context.set_offline(True)
        page.goto(service.base + "/field")  # from the device alone
        page.wait_for_selector(f"html[data-ready='1'][data-waiting='{forms}']", state="attached", timeout=60_000)
        assert page.locator("article.task, .task.done").count() > 0
        page.route("**/field/acts*", lambda route: route.abort())  # the line is too thin for a batch still
        context.set_offline(False)
        page.evaluate("sizaoField.refresh()")
        signed_in(page, service)
        page.wait_for_selector(f"html[data-waiting='{forms}'][data-lost='0']", state="attached", timeout=60_000)
        page.wait_for_function("() => !sizaoField.busy()", timeout=60_000)
        page.unroute("**/field/acts*")
        asked, answered = [], []
        page.on("response", lambda r: answered.append(r.status) if "/field/acts" in r.url else None)
        until, doomed = min(ANSWERED, (forms - 1) // BATCH) + 1, service_processes(service)

        def send(route):
            asked.append(route.request.url)
            if len(asked) == until and reset_when == "unheard":
                assert route.fetch().status == 200
                reset(doomed)
                return route.abort()
            route.continue_()
            if len(asked) == until:
                time.sleep(0.02)
                reset(doomed)
            return None

        page.route("**/field/acts*", send)
        page.evaluate("void sizaoField.flush()")  # not waited for: the server is to die under it
        seen_within(page, lambda: len(asked) >= until)
        begun = time.monotonic()
        page.wait_for_function("() => !sizaoField.busy()", timeout=120_000)  # the phone knows that nobody answers
        before = BATCH * answered.count(200)
        assert before < forms, "the reset came after the last answer: it tried nothing"
        page.wait_for_selector(f"html[data-waiting='{forms - before}']", state="attached", timeout=30_000)  # what was answered is no longer on the phone, all the rest is
        page.goto("about:blank")  # it asks for nothing while the server comes up
        written = counted(service)
        assert before <= written["acts"] == len(written["keys"]) <= before + BATCH
        assert reset_when != "unheard" or written["acts"] == min(before + BATCH, forms)
        log = (service.place / "again.log").open("w")
        again = subprocess.Popen([sys.executable, "-m", "sizao", "serve", "--store", str(service.place / "store"), "--port", str(service.port)], env=service.environment, stdout=log, stderr=log)
        try:
            wait_until_it_answers(service.base + "/healthz")
            page.unroute("**/field/acts*")
            answers = Counter()  # how the rest was answered, an act each

            def told(route):
                answer = route.fetch()
                if answer.ok:
                    answers.update(a["kind"] for a in answer.json()["answers"])
                route.fulfill(response=answer)

            page.route("**/field/acts*", told)
            page.goto(service.base + "/field")
            page.wait_for_selector("html[data-fresh='1']", state="attached", timeout=300_000)
            signed_in(page, service)
            page.wait_for_selector("html[data-fresh='1'][data-waiting='0'][data-lost='0']", state="attached", timeout=300_000)
            print(f"{forms} forms of 70 hours: {before} answered before the server was killed ({reset_when}), {written['acts']} written; all there {time.monotonic() - begun:.0f} s later; answers then {dict(answers)}")
            context.close()
            end = counted(service)
        finally:
            again.terminate()
            again.wait(90)
    assert sorted(made) == end["keys"] and end["acts"] == forms == len(set(made))
    assert answers == Counter(new=forms - written["acts"], identical=written["acts"] - before)
