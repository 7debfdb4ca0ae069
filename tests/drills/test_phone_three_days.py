"""Three days without a network on a phone: the browser is killed, the server is reset in the middle of the sending. Nothing is lost, nothing is doubled."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
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


def killed(folder):
    """kill -9 for every process of the browser that keeps its profile there."""
    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in word for word in process.info["cmdline"] or ()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def served(service):
    return [p for p in psutil.process_iter(["cmdline"]) if str(service.place / "store") in (p.info["cmdline"] or ()) and "serve" in (p.info["cmdline"] or ())]


@pytest.mark.parametrize("forms", [40, pytest.param(1000, marks=pytest.mark.full)])
def test_nothing_is_lost_and_nothing_doubled_over_three_days(tmp_path, forms):
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
        answered = []
        page.on("response", lambda r: answered.append(r.status) if "/field/acts" in r.url else None)
        context.set_offline(False)
        page.evaluate("sizaoField.flush()")  # not awaited to its end: the server dies under it
        begun = time.monotonic()
        for process in served(service):
            for child in [*process.children(recursive=True), process]:
                if "postgres" not in child.name():
                    child.send_signal(signal.SIGKILL)
        log = (service.place / "again.log").open("w")
        again = subprocess.Popen([sys.executable, "-m", "sizao", "serve", "--store", str(service.place / "store"), "--port", str(service.port)], env=service.environment, stdout=log, stderr=log)
        try:
            wait_until_it_answers(service.base + "/healthz")
            page.goto(service.base + "/field")
            page.wait_for_selector("html[data-fresh='1']", state="attached", timeout=60_000)
            if page.locator("#signin:not([hidden])").count():  # the session did not outlive the browser: who signs in again has the same key
                page.goto(service.link("worker"))
                page.click("button.main")
                page.goto(service.base + "/field")
            try:
                page.wait_for_selector("html[data-fresh='1'][data-waiting='0'][data-lost='0']", state="attached", timeout=30_000)
            except Exception:
                print("STATE", page.url, page.evaluate("JSON.stringify(document.documentElement.dataset)"), page.inner_text("body")[:300], answered, page.evaluate("window.sizaoField ? sizaoField.shelf.all('refused').then(r => JSON.stringify(r.slice(0,2))) : ''"), flush=True)
                raise
            print(f"{forms} forms of 70 hours at the server {time.monotonic() - begun:.0f} s after it was killed")
            context.close()
            told = subprocess.run([sys.executable, "-c", COUNT, str(service.place / "store")], env=service.environment, capture_output=True, text=True, timeout=120, check=True)
            end = json.loads(told.stdout)
        finally:
            again.terminate()
            again.wait(90)
    assert sorted(made) == end["keys"] and end["acts"] == forms == len(set(made))
    assert os.path.exists(profile)
