"""Ten times more maps and charts asked for than can be answered: what passes, scans, sampling and the registry keep of their maximum, what the others are told, how soon it is over."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks._web_fill import fill
from benchmarks.web import Reader, wait

ROOT = Path(__file__).resolve().parents[1]
PORT = 18_441
EXTRAS = ["/", "/measure/contact-daily-check", "/situation", "/plan", "/chains"]
#: Connections of those who ask for extras: as many as a crowd has, for each waits for its own answer.
CROWD = 150


def run(size: int = 100_000, seconds: int = 8, times: int = 10, clients: int = 8, workers: int = 2, store: str = "") -> dict[str, Any]:
    """`KIND_alone`, `KIND_beside`: answers a second to `clients` who ask one after another, alone and beside `times` as many requests for extras as were
    answered alone (`extras_alone` a second); `KIND_kept` is their ratio. `extras_told_percent`: of the extras' answers, those that said that it is busy;
    `extras_lost`: those that said nothing of use. `recovery_seconds`: until the overview came three times within a second, after the crowd had gone."""
    place = Path(store) if store else Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    place.chmod(0o755)  # a temporary folder is its owner's alone; the database has an account of its own
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys"), "SIZAO_LANG": "en"}
    server = None
    try:
        filled = fill(place, size, 1)
        kinds = _kinds(size)
        server = subprocess.Popen([sys.executable, "-m", "sizao", "serve", "--port", str(PORT), "--workers", str(workers)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(PORT)
        reader = Reader(filled.links["commander"][0], PORT)
        crowd = place / "crowd.json"
        crowd.write_text(json.dumps(reader.cookies))
        for address in EXTRAS * 3:
            reader.get(address)
        figures: dict[str, Any] = {"persons": size, "workers": workers}
        alone = _crowd(crowd, 0, seconds, connections=4).communicate()[0]
        figures["extras_alone"] = round(json.loads(alone)["200"] / seconds, 1)
        for kind, ask in kinds.items():
            _closed(ask, clients, 1)
            figures[f"{kind}_alone"] = _closed(ask, clients, seconds)
        counted: Counter[str] = Counter()
        for kind, ask in kinds.items():
            beside = _crowd(crowd, figures["extras_alone"] * times, seconds + 3, CROWD)
            time.sleep(2)
            figures[f"{kind}_beside"] = _closed(ask, clients, seconds)
            figures[f"{kind}_kept"] = round(figures[f"{kind}_beside"] / figures[f"{kind}_alone"], 2)
            counted.update(json.loads(beside.communicate()[0]))
        figures["recovery_seconds"] = _recovered(reader)
        asked = sum(counted.values())
        figures |= {"extras_asked": round(asked / len(kinds) / (seconds + 3), 1), "extras_told_percent": round(100 * counted["503"] / asked, 1), "extras_lost": asked - counted["200"] - counted["503"]}
        figures["equal"] = figures["extras_lost"] == 0
        return figures
    finally:
        if server is not None:
            server.terminate()
            server.wait(30)
        subprocess.run([sys.executable, "-m", "sizao", "stop"], cwd=ROOT, capture_output=True, check=False)
        if not store:
            shutil.rmtree(place, ignore_errors=True)


Ask = Callable[[http.client.HTTPConnection], int]


def _kinds(size: int) -> dict[str, Ask]:
    """What goes on: kind → one request, which answers its status."""
    from django.db import connections

    from sizao.doors.kit import tokens
    from sizao.kernel import clock
    from sizao.kernel.identifiers import check_digit
    from sizao.kernel.models import Holding, User
    from sizao.kernel.scope import Scope
    from sizao.registers.ledgers import actions as ledgers
    from sizao.registers.population import actions as population
    from sizao.registers.population.models import Person
    from sizao.rehearsal import county

    post = Holding.objects.get(user__username="cdc").post
    token = tokens.make(User.objects.get(username="cdc"), post, sender="overload")
    system, now = Scope.system("bench"), clock.now()
    ledgers.add_units(system, [ledgers.NewUnit(f"M{n}", post.area_id, f"市场{n}", now, "market") for n in range(50)], sender="overload")
    firsts = [f"99000119700101{nth:03d}" for nth in range(200)]
    numbers = [first + check_digit(first) for first in firsts]
    known = [population.PersonData(area_id=post.area_id, name="某人", national_id=n) for n in numbers]
    population.add_persons(system, known, known=[now] * len(known), sender="overload")
    people = [str(pk) for pk in Person.objects.filter(sender="bench").values_list("pk", flat=True)[:5000]]
    connections.close_all()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    turn = iter(range(10**9))

    def post_json(address: str, body: Callable[[int], Any]) -> Ask:
        def ask(connection: http.client.HTTPConnection) -> int:
            connection.request("POST", address, json.dumps(body(next(turn))), headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status

        return ask

    def registry(connection: http.client.HTTPConnection) -> int:
        connection.request("GET", f"/api/v1/persons?q=P{next(turn) % size + 1:08d}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def moment() -> str:
        return datetime.now(UTC).isoformat()

    def tube(n: int) -> dict[str, Any]:
        members = [{"person": people[(n * 5 + k) % len(people)]} for k in range(5)]
        return {"sent_at": moment(), "tubes": [{"id": str(uuid4()), "code": f"T{n:08d}", "size": 5, "disease": county.DISEASE, "sealed_at": moment(), "members": members}]}

    return {
        "pass": post_json("/api/v1/pass-status", lambda n: {"national_id": numbers[n % len(numbers)]}),
        "scan": post_json("/api/v1/scans", lambda n: {"sent_at": moment(), "scans": [{"id": str(uuid4()), "place": f"M{n % 50}", "at": moment(), "person": str(uuid4())}]}),
        "sampling": post_json("/api/v1/sampled-tubes", tube),
        "registry": registry,
    }


def _closed(ask: Ask, clients: int, seconds: float) -> float:
    """Good answers a second to so many who ask one thing after another."""
    done, faults, end = [0] * clients, list[BaseException](), time.perf_counter() + seconds

    def work(nth: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        try:
            while time.perf_counter() < end:
                status = ask(connection)
                assert status == 200, status
                done[nth] += 1
        except BaseException as fault:  # shown by the main thread
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if faults:
        raise faults[0]
    return round(sum(done) / seconds, 1)


def _crowd(cookies: Path, rate: float, seconds: float, connections: int) -> "subprocess.Popen[str]":
    """A process of its own that asks for extras, `rate` a second (0: one after another), and prints its answers by status."""
    words = [sys.executable, "-m", "benchmarks.overload", str(cookies), str(rate), str(seconds), str(connections)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _ask_for_extras(cookies: Path, rate: float, seconds: float, connections: int) -> None:
    head = {"Cookie": "; ".join(f"{k}={v}" for k, v in json.loads(cookies.read_text()).items())}
    counted, lock, start = Counter[str](), threading.Lock(), time.perf_counter()

    def work(nth: int) -> None:
        connection, turn = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60), 0
        while (now := time.perf_counter()) < start + seconds:
            due = start + (nth + turn * connections) / rate if rate else now
            if due > now:
                time.sleep(min(due - now, max(0.0, start + seconds - now)))
                if time.perf_counter() >= start + seconds:
                    break
            try:
                connection.request("GET", EXTRAS[(nth + turn) % len(EXTRAS)], headers=head)
                answer = connection.getresponse()
                said = answer.read()
                status = str(answer.status) if answer.status != 503 or b"too-busy" in said else "503 without a word"
            except (OSError, http.client.HTTPException):
                connection.close()
                status = "none"
            turn += 1
            with lock:
                counted[status] += 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(connections)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(json.dumps(counted))


def _recovered(reader: Reader) -> float:
    began, good = time.perf_counter(), 0
    while good < 3 and time.perf_counter() - began < 300:
        asked = time.perf_counter()
        status, _ = reader.ask("GET", "/")
        good = good + 1 if status == 200 and time.perf_counter() - asked < 1 else 0
    return round(time.perf_counter() - began, 2)


if __name__ == "__main__":
    _ask_for_extras(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
