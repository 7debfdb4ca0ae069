"""The same persons and the same lists beside a peer (CARE, or a plain django-admin): requests a second, median and ninety-fifth per cent of both, and their memory."""

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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from benchmarks._list_peers import PAGE, Admin, Asker, Care, Peer, Questions, Side, Told
from benchmarks._web_fill import fill
from benchmarks.web import Reader, wait

ROOT = Path(__file__).resolve().parents[1]
PORT = 18_451
KINDS = ("first", "name_common", "name_rare", "area", "deep", "record")
#: Names, villages, pages and persons that are asked for, of each so many.
MANY = 40
COMMON = 10


def run(size: int = 200_000, users: int = 20, seconds: int = 6, think: int = 1000, workers: int = 2, care: str = "", care_python: str = "", store: str = "", kinds: str = "") -> dict[str, Any]:
    """`care`: a checkout of ohcnetwork/care that its own instructions made ready, `care_python` its interpreter; without them the peer is `_admin_peer`.

    Both on one database server, each with `workers` web processes. For each kind of list, with no time to think and with `think` milliseconds on average,
    the `users` ask our JSON (`api`), our page (`page`) and the peer in turns, `seconds` each time, two turns. `KIND_WAY_SIDE_a_second`, `_median_ms`, `_p95_ms`;
    `KIND_WAY_times_rate`: our JSON's answers a second to the peer's; `KIND_WAY_times_p95`: the peer's ninety-fifth per cent to ours. `equal`: each side named
    exactly the persons who were to be named, in order. `SIDE_peak_mb`: what the server's processes held at most, shared pages counted once; `sizao_all` with its
    supervisor and its worker. `store` keeps our filled store; the peer's tables are made anew. `kinds`: some of them only, by commas.
    """
    place = Path(store) if store else Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    place.chmod(0o755)  # a temporary folder is its owner's alone; the database has an account of its own
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys"), "SIZAO_LANG": "en"}
    ours, peer = None, None
    try:
        filled = fill(place, size, users)
        from django.db import connections

        from sizao.wiring.database import server

        people, asked, token = _people()
        connections.close_all()
        peer = Care(place, server(), workers, users, care, care_python) if care else Admin(place, server(), workers, users)
        peer.fill(people)
        peer.start()
        ours = subprocess.Popen([sys.executable, "-m", "sizao", "serve", "--port", str(PORT), "--workers", str(workers)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(PORT)
        api = _api(token, asked, people, users)
        page = _page([Reader(link, PORT) for link in filled.links["cdc"]], asked, people)
        sides = [api, page, peer.side(asked)]
        wanted = [k for k in KINDS if not kinds or k in kinds.split(",")]
        figures: dict[str, Any] = {"persons": len(people), "users": users, "workers": workers} | peer.figures
        figures |= {"load_before": round(os.getloadavg()[0], 1)}
        wrong = _wrong(sides, people, asked)
        figures |= {"equal": not wrong} | ({"wrong": "; ".join(wrong)[:500]} if wrong else {})
        with _memory(ours, peer) as peaks:
            figures |= _measure(sides, wanted, seconds, think / 1000, workers)
        figures |= {f"{name}_peak_mb": round(found / 1e6) for name, found in peaks.items()}
        figures["load_after"] = round(os.getloadavg()[0], 1)
        _table(figures, wanted, peer.name)
        return figures
    finally:
        if ours is not None:
            ours.terminate()
            ours.wait(30)
        if peer is not None:
            peer.stop()
        subprocess.run([sys.executable, "-m", "sizao", "stop"], cwd=ROOT, capture_output=True, check=False)
        if not store:
            shutil.rmtree(place, ignore_errors=True)


# -- who is there, and what is asked


def _people() -> tuple[list[Told], Questions, str]:
    """Everybody whom the officer of the county may see, newest first; the questions; and a token for them. Telephones are those of invented people; of the
    persons whose record is asked for they are in our register too, sealed."""
    from sizao.doors.kit import tokens
    from sizao.kernel import clock
    from sizao.kernel.models import Area, Holding
    from sizao.kernel.outcome import Command
    from sizao.kernel.registry import find
    from sizao.kernel.saving import write
    from sizao.kernel.scope import Scope
    from sizao.registers.population import read as population
    from sizao.rehearsal.people import GIVEN

    held = Holding.objects.select_related("user", "post__area").get(user__username="cdc")
    scope = Scope.open(held.user, held.post, "response")
    areas = {pk: (code, name, level, path) for pk, code, name, level, path in Area.objects.values_list("pk", "code", "name_zh", "level", "path")}
    village = {pk: next(((areas[int(a)][0], areas[int(a)][1]) for a in path.strip(".").split(".") if areas[int(a)][2] == "village"), ("", "")) for pk, (_, _, _, path) in areas.items()}
    year = clock.local_day(clock.now(), held.post.area.zone).year
    rows = population.persons(scope).order_by("-id").values_list("id", "name", "sex", "birth_date", "birth_year", "age_years", "area_id")
    people = [
        Told(str(pk), name, sex or "", born.isoformat() if born else "", str(born.year if born else birth_year or year - int(age or 0)), f"190{nth:08d}", *village[area], areas[area][0])
        for nth, (pk, name, sex, born, birth_year, age, area) in enumerate(rows)
    ]
    r = random.Random(3)
    family = sorted({p.name[0] for p in people if p.name} - set(GIVEN))  # characters that only begin a name
    some = r.sample(people, min(MANY, len(people)))
    villages = sorted({p.village for p in people if p.village})
    asked = Questions(
        common=r.sample(family, min(COMMON, len(family))),
        rare=[p.name for p in some if len(p.name) == 3],
        villages=r.sample(villages, min(MANY, len(villages))),
        pages=[r.randrange(len(people) // PAGE // 4, len(people) // PAGE) for _ in range(MANY)],
        people=[p.id for p in some],
    )
    outcomes = write(scope, find("persons"), [Command(told={"phone": p.phone}, record=UUID(p.id)) for p in some], sender="bench")
    assert all(o.kind in ("updated", "identical") for o in outcomes), outcomes[0]
    return people, asked, tokens.make(held.user, held.post)


def _api(token: str, asked: Questions, people: Sequence[Told], users: int) -> Side:
    """Our JSON, with names, by token."""
    import json

    base = "/api/v1/persons?names=1"
    readers = [Asker(PORT, {"Authorization": f"Bearer {token}"}) for _ in range(users)]

    def listed(text: str) -> list[tuple[str, str]]:
        return [(row["id"], row["values"].get("name") or "") for row in json.loads(text)["rows"]]

    def whole(address: str) -> list[tuple[str, str]]:
        found, nearest = list[tuple[str, str]](), address.replace(f"limit={PAGE}", "limit=500")
        while nearest:
            text = readers[0].get(nearest)
            found += listed(text)
            nearest = json.loads(text)["next"]
        return found

    def record(text: str) -> tuple[str, str]:
        values = json.loads(text)["values"]
        return values["name"], values["phone"]

    addresses = _addresses(f"{base}&limit={PAGE}&", asked, people) | {"record": [f"/api/v1/persons/{pk}?names=1" for pk in asked.people]}
    return Side("api", readers, addresses, listed, whole, record, lambda _: None)


def _page(readers: list[Reader], asked: Questions, people: Sequence[Told]) -> Side:
    """Our pages, as somebody at a desk has them. The telephone stands on a person's page only where it is asked for; the name does."""
    names = {p.id: p.name for p in people}
    link = re.compile(r'href="/person/([0-9a-f-]{36})"')
    heading = re.compile(r"<h1[^>]*>(.*?)</h1>", re.S)

    def listed(text: str) -> list[tuple[str, str]]:
        return [(pk, names[pk] if names[pk] in text else "?") for pk in dict.fromkeys(link.findall(text))]

    def whole(address: str) -> list[tuple[str, str]]:
        found, nearest = list[tuple[str, str]](), address
        while nearest:
            text = readers[0].get(nearest)
            found += listed(text)
            further = re.search(r'rel="next" href="([^"]+)"', text)
            nearest = further[1].replace("&amp;", "&") if further else ""
        return found

    def record(text: str) -> tuple[str, str]:
        found = heading.search(text)
        return (re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""), ""

    addresses = _addresses("/registers/persons?", asked, people) | {"record": [f"/person/{pk}" for pk in asked.people]}
    return Side("page", readers, addresses, listed, whole, record, lambda _: None)


def _addresses(base: str, asked: Questions, people: Sequence[Told]) -> dict[str, list[str]]:
    import base64
    import json

    after = lambda pk: base64.urlsafe_b64encode(json.dumps([None, pk]).encode()).decode().rstrip("=")  # noqa: E731
    find = lambda texts: [f"{base}q={urllib.parse.quote(t)}" for t in texts]  # noqa: E731
    return {
        "first": [base.rstrip("?&")],
        "name_common": find(asked.common),
        "name_rare": find(asked.rare),
        "area": [f"{base}area={code}" for code in asked.villages],
        "deep": [f"{base}after={after(people[page * PAGE - 1].id)}" for page in asked.pages],
    }


# -- the same?


def _wrong(sides: Sequence[Side], people: Sequence[Told], asked: Questions) -> list[str]:
    """What a side said that is not so. The truth is the rows that both were filled from."""
    wrong = list[str]()
    plain = [(p.id, p.name) for p in people]
    phones = {p.id: (p.name, p.phone) for p in people}
    for side in sides:
        get, a = side.readers[0].get, side.addresses
        first = get(a["first"][0])
        if side.listed(first) != plain[:PAGE]:
            wrong.append(f"{side.name}: first page")
        if (total := side.total(first)) not in (None, len(people)):
            wrong.append(f"{side.name}: {total} persons instead of {len(people)}")
        for nth, page in list(enumerate(asked.pages))[:3]:
            if side.listed(get(a["deep"][nth])) != plain[page * PAGE : (page + 1) * PAGE]:
                wrong.append(f"{side.name}: page {page}")
        for kind, texts in (("name_common", asked.common[:1]), ("name_rare", asked.rare[:5])):
            for nth, text in enumerate(texts):
                if side.whole(a[kind][nth]) != (due := [p for p in plain if text in p[1]]):
                    wrong.append(f"{side.name}: {kind} {nth}, {len(due)} persons")
        for nth, code in enumerate(asked.villages[:2]):
            if side.whole(a["area"][nth]) != (due := [(p.id, p.name) for p in people if p.village == code]):
                wrong.append(f"{side.name}: area {code}, {len(due)} persons")
        for nth, pk in enumerate(asked.people[:5]):
            name, phone = side.record(get(a["record"][nth]))
            due_name, due_phone = phones[pk]
            if due_name not in name or (side.name != "page" and phone != due_phone):
                wrong.append(f"{side.name}: record {nth}")
    return wrong


# -- how fast


def _measure(sides: Sequence[Side], kinds: Sequence[str], seconds: float, think: float, workers: int) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for kind in kinds:
        for side in sides:  # what is read once a process is read now
            for reader in side.readers[: workers * 2]:
                reader.get(side.addresses[kind][0])
        for way, pause in (("busy", 0.0), ("think", think)):
            times: dict[str, list[float]] = {s.name: [] for s in sides}
            took: dict[str, float] = dict.fromkeys(times, 0.0)
            for turn in range(2):
                for side in sides:
                    found, whole = during(side.readers, side.addresses[kind], seconds, pause, turn)
                    times[side.name] += found
                    took[side.name] += whole
            for name, found in times.items():
                head = f"{kind}_{way}_{name}"
                figures |= {
                    f"{head}_a_second": round(len(found) / took[name], 1),
                    f"{head}_median_ms": round(statistics.median(found) * 1000, 1),
                    f"{head}_p95_ms": round(statistics.quantiles(found, n=20)[-1] * 1000, 1),
                }
            peer = sides[-1].name
            figures[f"{kind}_{way}_times_rate"] = round(figures[f"{kind}_{way}_api_a_second"] / figures[f"{kind}_{way}_{peer}_a_second"], 2)
            figures[f"{kind}_{way}_times_p95"] = round(figures[f"{kind}_{way}_{peer}_p95_ms"] / figures[f"{kind}_{way}_api_p95_ms"], 2)
    return figures


def during(readers: Sequence[Any], addresses: Sequence[str], seconds: float, think: float, turn: int) -> tuple[list[float], float]:
    """Seconds of each request of readers who ask one thing after another and begin nothing after `seconds`, and of all together until the last answer."""
    times, faults, lock = list[float](), list[BaseException](), threading.Lock()
    began = time.perf_counter()

    def work(reader: Any, nth: int) -> None:
        r, own = random.Random(turn * 1000 + nth), list[float]()
        try:
            time.sleep(r.uniform(0, think))
            while own == [] or time.perf_counter() < began + seconds:
                asked = time.perf_counter()
                reader.get(r.choice(addresses))
                own.append(time.perf_counter() - asked)
                time.sleep(r.uniform(0, 2 * think))
        except BaseException as fault:  # shown by the main thread
            faults.append(fault)
        with lock:
            times.extend(own)

    threads = [threading.Thread(target=work, args=(reader, nth)) for nth, reader in enumerate(readers)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if faults:
        raise faults[0]
    return times, time.perf_counter() - began


# -- memory


class _memory:
    """Looks once a second at what the processes of each server hold: name → most bytes."""

    def __init__(self, ours: "subprocess.Popen[bytes]", peer: Peer) -> None:
        self.ours, self.peer, self.over = ours, peer, threading.Event()
        self.peaks = {"sizao_web": 0, "sizao_all": 0, "peer": 0}
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> dict[str, int]:
        self.thread.start()
        return self.peaks

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        self._look()

    def _run(self) -> None:
        while not self.over.wait(1):
            self._look()

    def _look(self) -> None:
        whole = list(_tree([self.ours.pid]))
        web = [p for p in whole if any(_is_granian(q) for q in (p, *p.parents()))]
        found = {"sizao_all": whole, "sizao_web": web, "peer": list(_tree([p.pid for p in self.peer.processes]))}
        for name, processes in found.items():
            self.peaks[name] = max(self.peaks[name], sum(map(_held, processes)))


def _tree(pids: Sequence[int]) -> Iterator[psutil.Process]:
    for pid in pids:
        try:
            top = psutil.Process(pid)
            yield top
            yield from top.children(recursive=True)
        except psutil.Error:
            continue


def _is_granian(process: psutil.Process) -> bool:
    try:
        return "granian" in process.cmdline()
    except psutil.Error:
        return False


def _held(process: psutil.Process) -> int:
    """Bytes, of shared pages its part; all that it has in memory where the system does not tell."""
    try:
        told = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(told, "pss", 0) or told.rss)


def _table(figures: dict[str, Any], kinds: Sequence[str], peer: str) -> None:
    """The figures side by side."""
    shown: Callable[[str, str, str], str] = lambda kind, way, side: " ".join(f"{figures[f'{kind}_{way}_{side}_{f}']:>8}" for f in ("a_second", "median_ms", "p95_ms"))  # noqa: E731
    print(f"{'':<18}" + "".join(f"{name:^28}" for name in ("JSON", "page", peer)) + "times", file=sys.stderr)
    for kind in kinds:
        for way in ("busy", "think"):
            print(f"{kind + ' ' + way:<18}" + "  ".join(shown(kind, way, side) for side in ("api", "page", peer)) + f"  {figures[f'{kind}_{way}_times_rate']:>6} {figures[f'{kind}_{way}_times_p95']:>6}", file=sys.stderr)
