"""Scans from the doors of places over real HTTP: in batches, one by one, one by one while a line list comes in; and each of `size` sent three times."""

import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from benchmarks import _import_list
from benchmarks.web import wait

ROOT = Path(__file__).resolve().parents[1]
PORT = 18_437
PLACES = 200


def run(size: int = 10_000, seconds: int = 15, rate: int = 650, beside: int = 430, users: int = 16, batch: int = 500, rows: int = 100_000, workers: int = 2) -> dict[str, Any]:
    """`batches_a_second`: scans a second in requests of `batch`, two at a time, each answered when it is on disk. `single_*`: `rate` requests of one scan
    a second are asked for by `users` connections, for `seconds`; `beside_*`: `beside` a second, while a list of `rows` is imported. p99 in milliseconds,
    from the moment at which a scan was due to be sent. `equal`: `size` scans sent three times, in batches and one by one, are `size` visits."""
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.chmod(0o755)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys"), "SIZAO_LANG": "en"}
    server = None
    try:
        token = _fill(place)
        server = subprocess.Popen([sys.executable, "-m", "sizao", "serve", "--port", str(PORT), "--workers", str(workers)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(PORT)
        door = _Door(token)
        door.paced(50, 2, 4, "warm")
        figures: dict[str, Any] = {"places": PLACES, "workers": workers}
        kept, figures["batches_a_second"] = _batches(door, size, batch)
        before = _spent(server)
        figures |= door.paced(rate, seconds, users, "single")
        figures["single_cpu_ms"] = round((_spent(server) - before) / max(1, figures["single_scans"]) * 1000, 2)
        _import_list.write_csv(place / "list.csv", rows)
        coming = subprocess.Popen([sys.executable, "-m", "benchmarks.scans", str(place / "list.csv")], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert coming.stdout is not None
        coming.stdout.readline()  # it has begun
        figures |= door.paced(beside, seconds, users, "beside")
        figures["beside_import_went_on"] = coming.poll() is None
        told = coming.communicate(timeout=600)[0].split()
        figures["beside_import_rows_a_second"] = float(told[0]) if told else 0.0
        figures["equal"] = kept and figures["single_failed"] == figures["beside_failed"] == 0
        return figures
    finally:
        if server is not None:
            server.terminate()
            server.wait(30)
        subprocess.run([sys.executable, "-m", "sizao", "stop"], cwd=ROOT, capture_output=True, check=False)
        shutil.rmtree(place, ignore_errors=True)


def _fill(place: Path) -> str:
    """A store with a county, its places, and a door's token."""
    from sizao.wiring import database

    database.boot(place / "store", kind="real")
    from django.db import connections

    from sizao.doors.kit import tokens
    from sizao.kernel import areas, clock, content, keys
    from sizao.kernel.models import Grant, Holding, Post, User
    from sizao.kernel.scope import Scope
    from sizao.registers.ledgers import actions as ledgers
    from sizao.wiring.migrate import migrate

    migrate("real")
    keys.KeyRing.new(keys.folder())
    county = areas.grow([areas.NewArea("990001", "青禾县", "county", name_en="Qinghe County", time_zone="Asia/Shanghai")])["990001"]
    system, now = Scope.system("bench"), clock.now()
    content.load(system)
    ledgers.add_units(system, [ledgers.NewUnit(f"M{n}", county.pk, f"市场{n}", now, "market") for n in range(PLACES)], sender="door")
    user = User.objects.create_user("door", name="door")
    post = Post.objects.create(role="sender", area=county, title_zh="扫码", title_en="Door", valid_from=now - timedelta(days=1))
    Holding.objects.create(post=post, user=user, valid_from=now - timedelta(days=1))
    Grant.objects.create(post=post, role="sender", area=county, valid_from=now - timedelta(days=1))
    token = tokens.make(user, post, sender="door")
    connections.close_all()
    return token


class _Door:
    """Connections that send scans and count the answers."""

    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def scan(self, number: str) -> dict[str, Any]:
        return {"id": number, "place": f"M{hash(number) % PLACES}", "at": datetime.now(UTC).isoformat(), "person": str(uuid4())}

    def send(self, connection: http.client.HTTPConnection, scans: list[dict[str, Any]]) -> dict[str, int]:
        connection.request("POST", "/api/v1/scans", json.dumps({"scans": scans, "sent_at": datetime.now(UTC).isoformat()}), self.headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        return {"failed": 1} if answer.status != 200 or body["rejected"] else {"stored": body["stored"], "known": body["known"], "failed": 0}

    def paced(self, rate: int, seconds: int, users: int, name: str) -> dict[str, Any]:
        """So many single scans a second, as far as they are answered; each connection sends its own every `users / rate` seconds."""
        times, failed, lock = list[float](), [0], threading.Lock()
        start = time.perf_counter() + 0.1

        def work(nth: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
            mine, wrong, turn = [], 0, 0
            while (due := start + (nth + turn * users) / rate) < start + seconds:
                if (left := due - time.perf_counter()) > 0:
                    time.sleep(left)
                elif time.perf_counter() > start + seconds:  # what was due and could not be sent in time is not sent: the rate tells of it
                    break
                said = self.send(connection, [self.scan(f"{name}-{nth}-{turn}")])
                mine.append(time.perf_counter() - due)
                wrong += said["failed"] or said.get("stored") != 1
                turn += 1
            with lock:
                times.extend(mine)
                failed[0] += wrong

        threads = [threading.Thread(target=work, args=(n,)) for n in range(users)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        took = time.perf_counter() - start
        cuts = statistics.quantiles(times, n=100)
        return {
            f"{name}_a_second": round(len(times) / took, 1), f"{name}_p50_ms": round(cuts[49] * 1000, 1), f"{name}_p99_ms": round(cuts[98] * 1000, 1),
            f"{name}_scans": len(times), f"{name}_failed": failed[0],
        }  # fmt: skip


def _batches(door: _Door, size: int, batch: int) -> tuple[bool, float]:
    """Every scan three times, by two connections at once, the third time in other groups; whether so many were stored, and how many a second the first time."""
    scans = [door.scan(f"kept-{n}") for n in range(size)]
    sent: list[dict[str, int]] = []

    def send(part: list[dict[str, Any]], each: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        for i in range(0, len(part), each):
            sent.append(door.send(connection, part[i : i + each]))

    took = []
    for each, order in ((batch, scans), (batch, scans), (max(1, batch // 3), scans[::-1])):
        began = time.perf_counter()
        threads = [threading.Thread(target=send, args=(part, each)) for part in (order[: size // 2], order[size // 2 :])]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        took.append(time.perf_counter() - began)
    stored, known = sum(s.get("stored", 0) for s in sent), sum(s.get("known", 0) for s in sent)
    return stored == size and known == 2 * size and not any(s["failed"] for s in sent), round(size / took[0], 1)


def _spent(server: subprocess.Popen[bytes]) -> float:
    """Processor seconds of the service, its database included."""
    total = 0.0
    for p in (me := psutil.Process(server.pid), *me.children(recursive=True)):
        try:
            t = p.cpu_times()
        except psutil.Error:
            continue
        total += t.user + t.system
    return total


def _bring(path: str) -> None:
    """Imports a list, as a process of its own."""
    from sizao.wiring import database

    database.boot(Path(os.environ["SIZAO_STORE"]), kind="real")
    from sizao.interop.intake import import_files
    from sizao.kernel.scope import Scope

    print("begun", flush=True)
    began = time.perf_counter()
    said = import_files(Scope.system("bench"), [Path(path)], disease="covid-19", sender="bench").files[0]
    print(round(said.rows / (time.perf_counter() - began), 1), flush=True)


if __name__ == "__main__":
    _bring(sys.argv[1])
