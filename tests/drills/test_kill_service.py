"""kill -9 of web processes, worker and database while a phone records checks over HTTP. The phone sends again until it has an answer."""

import contextlib
import http.client
import http.cookiejar
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from drills.test_kill_checks import count, environment, run, write_lists
from kernel.postgres_help import open_place, servers_below

ROOT = Path(__file__).resolve().parents[2]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args, **kw):
        return None


class Phone:
    """Signs in, and records checks; an answer other than "recorded" is no answer."""

    def __init__(self, base: str, link: str):
        self.base, self.jar = base, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), NoRedirect)
        self.token = self.field(self.get(link.removeprefix(base)), "csrfmiddlewaretoken")
        assert self.post(link.removeprefix(base)) in (200, 302)
        self.token = self.field(self.get("/today"), "csrfmiddlewaretoken")

    def get(self, address: str) -> str:
        return self.opener.open(self.base + address, timeout=10).read().decode()

    @staticmethod
    def field(page: str, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]+)"', page)
        assert found, page[:500]
        return found[1]

    def post(self, address: str, **fields: str) -> int:
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": self.token, **fields}).encode()
        try:
            return self.opener.open(urllib.request.Request(self.base + address, body, {"Referer": self.base}), timeout=10).status
        except urllib.error.HTTPError as e:
            return e.code
        except (OSError, http.client.HTTPException):
            return 0


def processes(place: Path) -> dict[str, list[int]]:
    """The processes of this store, by what they are."""
    found: dict[str, list[int]] = {"web": [], "worker": [], "database": servers_below(place)}
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            try:
                command = (one / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if f"SIZAO_STORE={place / 'store'}".encode() not in (one / "environ").read_bytes().split(b"\0"):
                    continue
            except OSError:
                continue
            if "granian" in command:
                found["web"].append(int(one.name))
            elif "sizao.wiring.worker" in command:
                found["worker"].append(int(one.name))
    return found


def sent_eight_times_at_once(base: str, token: str) -> None:
    """The same key and body from eight at once: one writes, all are answered the same; another body under that key is refused."""

    def ask(address: str, body: dict | None = None) -> tuple[int, dict]:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "at-once", "Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(base + address, json.dumps(body).encode() if body else None, headers), timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)

    area = ask("/api/v1/contacts?limit=1")[1]["rows"][0]["values"]["area"]
    rows = [{"values": {"area": area, "code": f"H{n}"}} for n in range(3)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask("/api/v1/households", {"rows": rows}), range(8)))
    assert answers == [answers[0]] * 8
    assert (answers[0][0], answers[0][1]["counts"]["new"]) == (200, 3)
    assert len(ask("/api/v1/households?limit=500&q=H1")[1]["rows"]) == 1
    assert ask("/api/v1/households", {"rows": rows[:1]})[1]["code"] == "idempotency-key-reused"


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.full)])
def test_a_phone_that_sends_again_loses_nothing_and_doubles_nothing(kills):
    r = random.Random(kills)
    with open_place() as place:
        first = run(place, "-m", "sizao", "import", *write_lists(place), "--store", str(place / "store"), "--json")
        assert first.returncode == 0, first.stderr
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        base = f"http://127.0.0.1:{port}"
        service = subprocess.Popen(
            [sys.executable, "-m", "sizao", "serve", "--port", str(port)], env=environment(place), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_for(base)
            phone = Phone(base, run(place, "-m", "sizao", "users", "link", "drill", "--port", str(port)).stdout.strip())
            token = run(place, "-m", "sizao", "users", "token", "drill", "--store", str(place / "store")).stdout.strip()
            sent_eight_times_at_once(base, token)
            contacts = run(place, "-c", CONTACTS, str(place / "store")).stdout.split()
            acknowledged, stop = set(), threading.Event()

            def record() -> None:
                n = 0
                while not stop.is_set():
                    key = f"phone-{n}"
                    while phone.post("/today/check", key=key, contact=contacts[n % len(contacts)], outcome="ok") not in (200, 302):
                        time.sleep(0.2)
                        if stop.is_set():
                            return
                    acknowledged.add(key)
                    n += 1

            hand = threading.Thread(target=record)
            hand.start()
            for _ in range(kills):
                time.sleep(r.uniform(0.8, 1.6))
                alive = [pids for pids in processes(place).values() if pids]  # for a moment there may be none
                with contextlib.suppress(ProcessLookupError):
                    if alive:
                        os.kill(r.choice(r.choice(alive)), signal.SIGKILL)
            before = len(acknowledged)
            deadline = time.monotonic() + 30
            while len(acknowledged) < before + 3 and time.monotonic() < deadline:  # ready again within half a minute
                time.sleep(0.1)
            assert len(acknowledged) >= before + 3, "the service did not come back"
            stop.set()
            hand.join(20)
        finally:
            service.terminate()
            service.wait(20)
        end = count(place)
        assert acknowledged <= set(end["keys"])
        assert len(end["keys"]) == len(set(end["keys"])) == end["checks"]
        assert len(end["keys"]) <= len(acknowledged) + 1  # the last one may have been written without an answer
        verified = run(place, "-m", "sizao", "audit", "verify", "--store", str(place / "store"))
        assert verified.returncode == 0, verified.stdout


CONTACTS = """
import sys
from sizao.wiring.database import boot
boot(sys.argv[1])
from sizao.kernel.scope import Scope
from sizao.registers.cases import read
print(*read.contacts(Scope.system("drill")).values_list("pk", flat=True))
"""


def wait_for(base: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{base}/healthz", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the service did not start")
