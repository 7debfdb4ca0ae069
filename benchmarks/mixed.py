"""`users` at mixed work for `minutes`: community teams check, investigators look and find, commanders look, registries write, gateways scan, samplers close tubes. Not one error; nothing lost, nothing twice."""

import html
import http.client
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks._web_ask import kinds_of_work
from benchmarks._web_fill import fill
from benchmarks.web import Reader, wait

ROOT = Path(__file__).resolve().parents[1]
PORT = 18_443
#: Of fifty users so many are each; other numbers in the same parts.
PARTS = {"community": 12, "cdc": 12, "commander": 6, "clerk": 8, "gateway": 6, "sampler": 6}
#: A team's list to its end, as far as the page goes: what is overdue for days stands first, and the checks of today behind it.
WHOLE = 1000
LOOKS = ["/", "/measure/contact-daily-check", "/situation", "/grades", "/plan", "/duty"]


def run(size: int = 1_000_000, users: int = 50, minutes: float = 30, think: int = 2000, workers: int = 2, store: str = "") -> dict[str, Any]:
    """`KIND_p95_ms`, `KIND_median_ms`: of each kind of work. `errors`: answers that were neither good nor a redirection; `busy`: those that said that it is busy.
    Everything that was acknowledged (checks, persons, scans, tubes) is counted in the store afterwards: `equal` says that it is there once, and that nothing was an error."""
    place = Path(store) if store else Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    place.chmod(0o755)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys"), "SIZAO_LANG": "en"}
    server = None
    try:
        filled = fill(place, size, max(2, users))
        programs = kinds_of_work(size)
        before = _stored()
        server = subprocess.Popen([sys.executable, "-m", "sizao", "serve", "--port", str(PORT), "--workers", str(workers)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(PORT)
        work = _Work(filled.links, filled.addresses, programs, think / 1000)
        first = Reader(filled.links["commander"].pop(), PORT)
        for address in LOOKS * (2 * workers):  # what is read once a process is read now
            first.get(address)
        work.go(users, minutes * 60)
        after = _stored()
        figures: dict[str, Any] = {"persons": size, "users": users, "minutes": minutes, "answers": sum(map(len, work.times.values())), "errors": sum(work.errors.values()), "busy": work.busy}
        for kind, times in sorted(work.times.items()):
            figures[f"{kind}_p95_ms"] = round(statistics.quantiles(times, n=20)[-1] * 1000, 1) if len(times) > 1 else None
            figures[f"{kind}_median_ms"] = round(statistics.median(times) * 1000, 1)
        for kind, many in work.acknowledged.items():
            figures[f"{kind}_acknowledged"], figures[f"{kind}_stored"] = many, after[kind] - before[kind]
        for fault, many in work.errors.most_common(5):
            print(f"  {many} × {fault}", file=sys.stderr)
        figures["equal"] = figures["errors"] == 0 and all(after[k] - before[k] == many for k, many in work.acknowledged.items())
        return figures
    finally:
        if server is not None:
            server.terminate()
            server.wait(30)
        subprocess.run([sys.executable, "-m", "sizao", "stop"], cwd=ROOT, capture_output=True, check=False)
        if not store:
            shutil.rmtree(place, ignore_errors=True)


def _stored() -> dict[str, int]:
    """How many of each kind are in the store, as its owner sees it: the application itself cannot read visits."""
    from sizao.wiring.database import server

    asked = {
        "check": "SELECT count(*) FROM kernel_act WHERE kind = 'isolation.daily_check'",
        "person": "SELECT count(*) FROM population_person",
        "scan": "SELECT count(*) FROM movement_visit",
        "tube": "SELECT count(*) FROM laboratory_tube",
    }
    with server().connect("owner") as owner:
        return {kind: owner.execute(statement).fetchone()[0] for kind, statement in asked.items()}


Step = tuple[str, Callable[[], tuple[int, str]], str]


class _Work:
    """The users, what they were answered, and how long it took."""

    def __init__(self, links: dict[str, list[str]], addresses: dict[str, tuple[str, list[str]]], programs: dict[str, Any], think: float) -> None:
        self.links, self.addresses, self.programs, self.think = links, addresses, programs, think
        self.times: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()
        self.acknowledged = {"check": 0, "person": 0, "scan": 0, "tube": 0}
        self.busy, self.lock = 0, threading.Lock()

    def go(self, users: int, seconds: float) -> None:
        whole = sum(PARTS.values())
        people = [kind for kind, part in PARTS.items() for _ in range(max(1, round(users * part / whole)))]
        self.end = time.perf_counter() + seconds
        threads = [threading.Thread(target=self._one, args=(kind, nth)) for nth, kind in enumerate(people)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()

    def _one(self, kind: str, nth: int) -> None:
        r = random.Random(nth)
        time.sleep(r.uniform(0, self.think))
        try:
            for name, ask, acknowledges in getattr(self, kind)(r, nth):
                began = time.perf_counter()
                status, told = ask()
                took = time.perf_counter() - began
                with self.lock:
                    if status == 503 and "too-busy" in told:
                        self.busy += 1
                    elif status >= 400:
                        self.errors[f"{name}: {status}"] += 1
                    else:
                        self.times[name].append(took)
                        if acknowledges:
                            self.acknowledged[acknowledges] += 1
                if time.perf_counter() > self.end:
                    return
                time.sleep(r.uniform(0, 2 * self.think))
        except Exception as fault:  # counted; the others go on
            with self.lock:
                self.errors[f"{kind}: {type(fault).__name__} {fault}"[:120]] += 1

    def community(self, r: random.Random, nth: int) -> Iterator[Step]:
        reader = self._reader("community")
        while True:
            told: list[str] = []
            yield "today", lambda told=told: self._kept(told, reader.ask("GET", f"/today?show={WHOLE}")), ""  # type: ignore[misc]
            form = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"><input type="hidden" name="contact" value="([^"]+)"><input type="hidden" name="key" value="([^"]+)"', told[0] if told else "")
            if form:
                token, contact, key = r.choice(form)
                body = urllib.parse.urlencode({"csrfmiddlewaretoken": html.unescape(token), "contact": contact, "key": key, "outcome": "ok"})
                yield "check", lambda body=body: reader.ask("POST", "/today/check", body), "check"  # type: ignore[misc]

    def cdc(self, r: random.Random, nth: int) -> Iterator[Step]:
        reader = self._reader("cdc")
        pages = ["find", "register", "register_deep", "register_name", "register_of_an_area", "register_contacts", "register_cases", "record", "list_with_names"]
        while True:
            page = r.choice(pages)
            address = r.choice(self.addresses[page][1])
            yield page, lambda address=address: reader.ask("GET", address), ""  # type: ignore[misc]

    def commander(self, r: random.Random, nth: int) -> Iterator[Step]:
        reader = self._reader("commander")
        while True:
            address = r.choice(LOOKS)
            yield address.split("/")[1] or "overview", lambda address=address: reader.ask("GET", address), ""  # type: ignore[misc]

    def clerk(self, r: random.Random, nth: int) -> Iterator[Step]:
        connection, token, area, turn = self._connection(), self.programs["headers"], self.programs["area"], 0
        while True:
            turn += 1
            number = f"mixed-{os.getpid()}-{nth}-{turn}"
            row = {"source_id": number, "values": {"name": "某人", "sex": "female", "area": area}}
            headers = token | {"Idempotency-Key": number}

            def add(row: dict[str, Any] = row, headers: dict[str, str] = headers) -> tuple[int, str]:
                connection.request("POST", "/api/v1/persons", json.dumps({"rows": [row]}), headers)
                answer = connection.getresponse()
                told = answer.read().decode()
                return (answer.status if answer.status != 200 or json.loads(told)["counts"]["new"] == 1 else 599), told

            yield "person", add, "person"
            yield "registry", lambda: (self.programs["registry"](connection), ""), ""

    def gateway(self, r: random.Random, nth: int) -> Iterator[Step]:
        connection = self._connection()
        while True:
            yield "scan", lambda: (self.programs["scan"](connection), ""), "scan"
            yield "pass", lambda: (self.programs["pass"](connection), ""), ""

    def sampler(self, r: random.Random, nth: int) -> Iterator[Step]:
        connection = self._connection()
        while True:
            yield "tube", lambda: (self.programs["sampling"](connection), ""), "tube"

    def _reader(self, who: str) -> Reader:
        with self.lock:
            link = self.links[who].pop()
        return Reader(link, PORT)

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)

    @staticmethod
    def _kept(told: list[str], answer: tuple[int, str]) -> tuple[int, str]:
        told.append(answer[1])
        return answer
