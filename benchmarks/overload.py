"""Ten times more maps and charts asked for than can be answered: what passes, scans, sampling and the registry keep of their maximum, what the others are told, how soon it is over."""

import asyncio
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks._web_ask import Ask, kinds_of_work
from benchmarks._web_fill import fill
from benchmarks.web import WARM, Reader, wait

ROOT = Path(__file__).resolve().parents[1]
PORT = 18_441
EXTRAS = ["/", "/measure/contact-daily-check", "/situation", "/plan", "/chains"]
KINDS = ("pass", "scan", "sampling", "registry")
#: Connections of those who ask for extras: as many as a crowd has, for each waits for its own answer.
CROWD = 150


#: Seconds of the first before they are counted: an overload of hours is measured, not its first instant.
BEFORE = 2


def run(size: int = 100_000, seconds: int = 6, times: int = 10, clients: int = 8, workers: int = 2, rounds: int = 3, store: str = "") -> dict[str, Any]:
    """`KIND_alone`, `KIND_beside`: answers a second to `clients` who ask one after another, alone and beside `times` as many requests for extras as were
    answered alone (`extras_alone` a second), in `rounds` of each by turns, so that what else the machine does meets both; `KIND_kept` is the ratio of their
    means, `KIND_kept_least` that of the worst round. `crowd_percent`: the share of all processors that asking for the extras took, which a crowd on other machines does not take. `extras_told_percent`: of the extras' answers, those that said that it is busy;
    `extras_lost`: those that said nothing of use; `extras_beside`: those that were answered a second while the others were counted. `recovery_seconds`: until the overview came three times within a second, after the crowd had gone."""
    place = Path(store) if store else Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    place.chmod(0o755)  # a temporary folder is its owner's alone; the database has an account of its own
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys"), "SIZAO_LANG": "en"}
    server = None
    try:
        filled = fill(place, size, 1)
        asked = kinds_of_work(size)
        kinds: dict[str, Ask] = {kind: asked[kind] for kind in KINDS}
        server = subprocess.Popen([sys.executable, "-m", "sizao", "serve", "--port", str(PORT), "--workers", str(workers)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(PORT)
        reader = Reader(filled.links["commander"][0], PORT)
        crowd = place / "crowd.json"
        crowd.write_text(json.dumps(reader.cookies))
        for address in EXTRAS * 3:
            reader.get(address)
        time.sleep(WARM)
        figures: dict[str, Any] = {"persons": size, "workers": workers}
        alone = _crowd(crowd, 0, seconds, connections=4).communicate()[0]
        figures["extras_alone"] = round(json.loads(alone)["200"] / seconds, 1)
        counted: Counter[str] = Counter()
        asking, answered = 0.0, 0
        for kind, ask in kinds.items():
            alone_rates, beside_rates = [], []
            for _ in range(rounds):
                _closed(ask, clients, BEFORE)
                alone_rates.append(_closed(ask, clients, seconds))
                beside = _crowd(crowd, figures["extras_alone"] * times, seconds + 2 * BEFORE, CROWD)
                time.sleep(BEFORE / 2)
                _closed(ask, clients, BEFORE)
                counted_from = time.monotonic()
                beside_rates.append(_closed(ask, clients, seconds))
                counted_until = time.monotonic()
                said = json.loads(beside.communicate()[0])
                answered += sum(counted_from < at < counted_until for at in said.pop("answered_at"))
                asking += said.pop("processor_seconds")
                counted.update(said)
            figures[f"{kind}_alone"], figures[f"{kind}_beside"] = round(fmean(alone_rates), 1), round(fmean(beside_rates), 1)
            figures[f"{kind}_kept"] = round(sum(beside_rates) / sum(alone_rates), 2)
            figures[f"{kind}_kept_least"] = round(min(b / a for a, b in zip(alone_rates, beside_rates, strict=True)), 2)
        spent = len(kinds) * rounds * (seconds + 2 * BEFORE)
        figures["crowd_percent"] = round(100 * asking / spent / (os.cpu_count() or 1), 1)
        figures["extras_beside"] = round(answered / len(kinds) / rounds / seconds, 1)
        figures["recovery_seconds"] = _recovered(reader)
        answers = sum(counted.values())
        figures |= {"extras_asked": round(answers / spent, 1), "extras_told_percent": round(100 * counted["503"] / answers, 1), "extras_lost": answers - counted["200"] - counted["503"]}
        figures["equal"] = figures["extras_lost"] == 0
        return figures
    finally:
        if server is not None:
            server.terminate()
            server.wait(30)
        subprocess.run([sys.executable, "-m", "sizao", "stop"], cwd=ROOT, capture_output=True, check=False)
        if not store:
            shutil.rmtree(place, ignore_errors=True)


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


async def _ask_for_extras(cookies: Path, rate: float, seconds: float, connections: int) -> None:
    """Written for little time of the processor, which it shares with what is measured."""
    loop, counted, answered = asyncio.get_running_loop(), Counter[str](), list[float]()
    head = "; ".join(f"{k}={v}" for k, v in json.loads(cookies.read_text()).items())
    requests = [f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nCookie: {head}\r\n\r\n".encode() for address in EXTRAS]
    start = loop.time()
    end = start + seconds

    async def work(nth: int) -> None:
        opened, turn = None, 0
        while True:
            due = max(loop.time(), start + (nth + turn * connections) / rate if rate else 0)
            if due >= end:
                break
            await asyncio.sleep(due - loop.time())
            try:
                reader, writer = opened = opened or await asyncio.open_connection("127.0.0.1", PORT)
                writer.write(requests[(nth + turn) % len(EXTRAS)])
                said = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)\ncontent-length: (\d+)", said)
                body = await reader.readexactly(int(length[1])) if length else b""
                status = said[9:12].decode() if said[9:12] != b"503" or b"too-busy" in body else "503 without a word"
            except (OSError, EOFError):
                opened, status = None, "none"
            turn += 1
            counted[status] += 1
            if status == "200":
                answered.append(time.monotonic())
        if opened:
            opened[1].close()

    await asyncio.gather(*(work(n) for n in range(connections)))
    print(json.dumps(dict(counted) | {"processor_seconds": time.process_time(), "answered_at": answered}))


def _recovered(reader: Reader) -> float:
    began, good = time.perf_counter(), 0
    while good < 3 and time.perf_counter() - began < 300:
        asked = time.perf_counter()
        status, _ = reader.ask("GET", "/")
        good = good + 1 if status == 200 and time.perf_counter() - asked < 1 else 0
    return round(time.perf_counter() - began, 2)


if __name__ == "__main__":
    asyncio.run(_ask_for_extras(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
