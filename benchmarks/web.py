"""The pages over real HTTP, `users` at once, on a store of `size` persons: milliseconds at the ninety-fifth per cent, page by page."""

import http.client
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks._web_fill import fill

ROOT = Path(__file__).resolve().parents[1]
PORT = 18_431
#: Seconds after the start in which a web process loads its statistics behind its requests.
WARM = 30
#: Seconds that the first evaluation after a start is waited for at most: of a million persons it takes a processor for a minute, and each later one a few seconds.
SETTLED = 300


def run(
    size: int = 1_000_000, users: int = 20, requests: int = 400, think: int = 1000, workers: int = 0, store: str = "", pages: str = "", settled: bool = True, mixed: bool = True
) -> dict[str, Any]:
    """`size` persons, one in twenty a contact under observation, one in two hundred a case.

    Each of `users` asks one page after another and looks at each for `think` milliseconds on average (0: none at all, so that the figures are
    those of a queue); every request names another text, number or place. `mixed`: every user turns to another page each time, in an order drawn at random, so that the `requests`
    of a page are spread over the whole run and meet their share of the evaluations, one of some seconds each minute; else all ask for the same page for twenty seconds, and the one
    that an evaluation falls upon looks twice as slow as the next. `store` keeps a filled store for the next time; `pages` are the
    pages to be measured, by commas; `workers` web processes (0: as `serve` decides). `settled`: from when the service has evaluated for the first time
    (`evaluated_after_seconds`), the evaluations of every minute beside; else half a minute after its start.
    """
    place = Path(store) if store else Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys"), "SIZAO_LANG": "en"}
    try:
        filled = fill(place, size, users)
        began = time.time()
        command = [sys.executable, "-m", "sizao", "serve", "--port", str(PORT), *(["--workers", str(workers)] if workers else [])]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait()
            time.sleep(WARM)
            first = {"evaluated_after_seconds": round(evaluated(began) - began, 1)} if settled else {}
            return filled.figures | first | _measure(filled.links, filled.addresses, requests, think / 1000, {p for p in pages.split(",") if p}, mixed)
        finally:
            server.terminate()
            server.wait(20)
    finally:
        subprocess.run([sys.executable, "-m", "sizao", "stop"], cwd=ROOT, capture_output=True, check=False)
        if not store:
            shutil.rmtree(place, ignore_errors=True)


def wait(port: int = PORT) -> None:
    """Until the service answers."""
    for _ in range(900):
        try:
            if http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/healthz") is None:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the service did not come up")


def evaluated(since: float) -> float:
    """When the figures of the first evaluation that began after `since` could be read; both in seconds since 1970. The worker goes on for a while: it puts its copy in order."""
    from sizao.wiring.database import server

    while time.time() < since + SETTLED:
        with server().connect("owner") as owner:
            if owner.execute("SELECT 1 FROM plan_run WHERE standing AND started_at > to_timestamp(%s)", [since]).fetchone():
                return time.time()
        time.sleep(1)
    raise RuntimeError("the service did not evaluate")


class Reader:
    """Somebody who has signed in, on one connection that is kept."""

    def __init__(self, link: str, port: int = PORT):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}
        page = self.get(link)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, "the sign-in page has a form"
        self.ask("POST", link, urllib.parse.urlencode({"csrfmiddlewaretoken": token[1]}))

    def ask(self, method: str, address: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), "Content-Type": "application/x-www-form-urlencoded"}
        try:
            self.connection.request(method, address, body, headers)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # closed for being idle: a browser opens it again too
            self.connection.close()
            self.connection.request(method, address, body, headers)
            answer = self.connection.getresponse()
        for told in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = told.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read().decode()

    def get(self, address: str) -> str:
        status, text = self.ask("GET", address)
        assert status == 200, (status, address)
        return text


    def times(self, address: str, n: int) -> list[float]:
        """Milliseconds of each of `n` requests, one after the other."""
        found = []
        for _ in range(n):
            began = time.perf_counter()
            self.get(address)
            found.append((time.perf_counter() - began) * 1000)
        return found


def _deep(reader: Reader, address: str, times: int) -> str:
    """The address of a page deep in a list."""
    for _ in range(times):
        found = re.search(r'rel="next" href="([^"]+)"', reader.get(address))
        if found is None:
            break
        address = found[1].replace("&amp;", "&")
    return address


def _measure(links: dict[str, list[str]], addresses: dict[str, tuple[str, list[str]]], n: int, think: float, wanted: set[str], mixed: bool) -> dict[str, Any]:
    people = {who: [Reader(link) for link in some] for who, some in links.items()}
    # A place in the middle of the table, and places as somebody reaches them who turns the pages.
    who, some = addresses["register_deep"]
    addresses["register_deep"] = who, [*some, *(_deep(people[who][0], "/registers/persons", k) for k in (1, 5, 20))]
    asked = {page: told for page, told in addresses.items() if not wanted or page in wanted}
    figures: dict[str, Any] = {}
    taken: dict[str, list[float]] = {}
    for page, (who, some) in asked.items():
        at_once(people[who][:4], some, len(people[who]) * 2, 0)  # what is read once a process is read now; more at once would be told that it is busy
        if not mixed:
            taken[page], seconds = at_once(people[who], some, n, think)
            figures[f"{page}_a_second"] = round(n / seconds, 1)
    if mixed:
        taken, seconds = in_mixed_order(people, asked, n, think)
        figures["a_second"] = round(n * len(asked) / seconds, 1)
    for page, times in taken.items():
        figures[f"{page}_p95_ms"] = round(statistics.quantiles(times, n=20)[-1] * 1000, 1)
        figures[f"{page}_median_ms"] = round(statistics.median(times) * 1000, 1)
    return figures


def in_mixed_order(people: dict[str, list[Reader]], asked: dict[str, tuple[str, list[str]]], n: int, think: float) -> tuple[dict[str, list[float]], float]:
    """Page → seconds of each of its `n` requests, and of all of them together. A user is whoever the page is for, on a connection of his own for each."""
    left = [(page, nth) for page in asked for nth in range(n)]
    random.Random(7).shuffle(left)
    taken: dict[str, list[float]] = {page: [] for page in asked}

    def ask(user: int) -> Callable[[], None] | None:
        if not left:
            return None
        page, nth = left.pop()
        who, some = asked[page]
        reader = people[who][user % len(people[who])]

        def one() -> None:
            began = time.perf_counter()
            reader.get(some[nth % len(some)])
            taken[page].append(time.perf_counter() - began)

        return one

    return taken, _users(max(map(len, people.values())), ask, think)


def at_once(readers: list[Reader], addresses: list[str], n: int, think: float) -> tuple[list[float], float]:
    """Seconds of each of `n` requests that the readers share, and of all of them together."""
    left, times = list(range(n)), list[float]()

    def ask(user: int) -> Callable[[], None] | None:
        if not left:
            return None
        address = addresses[left.pop() % len(addresses)]

        def one() -> None:
            began = time.perf_counter()
            readers[user].get(address)
            times.append(time.perf_counter() - began)

        return one

    return times, _users(len(readers), ask, think)


def _users(many: int, ask: Callable[[int], Callable[[], None] | None], think: float) -> float:
    """Each user in a thread of its own does what `ask` gives it, and looks at it, until there is nothing left. Seconds of all of it; whatever failed is raised."""
    faults, lock = list[BaseException](), threading.Lock()

    def work(user: int) -> None:
        r = random.Random(user)
        try:
            time.sleep(r.uniform(0, think))
            while True:
                with lock:
                    one = ask(user)
                if one is None:
                    return
                one()
                time.sleep(r.uniform(0, 2 * think))
        except BaseException as fault:  # shown by the main thread
            faults.append(fault)

    began = time.perf_counter()
    threads = [threading.Thread(target=work, args=(user,)) for user in range(many)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if faults:
        raise faults[0]
    return time.perf_counter() - began
