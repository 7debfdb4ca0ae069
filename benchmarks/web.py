"""The pages at a county's size: overview, list behind a number, my list today, a recorded check; p95 over real HTTP."""

import http.cookiejar
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PORT = 18_431


def run(size: int = 100_000, requests: int = 200) -> dict[str, Any]:
    """`size` persons, one in twenty a contact under observation, one in two hundred a case. Times in milliseconds."""
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.chmod(0o755)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys"), "SIZAO_LANG": "en"}
    try:
        links, figures = _fill(place, size)
        server = subprocess.Popen([sys.executable, "-m", "sizao", "serve", "--port", str(PORT)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait()
            figures |= _measure(links, requests)
        finally:
            server.terminate()
            server.wait(20)
        return figures
    finally:
        subprocess.run([sys.executable, "-m", "sizao", "stop"], cwd=ROOT, capture_output=True, check=False)
        shutil.rmtree(place, ignore_errors=True)


def _fill(place: Path, size: int) -> tuple[dict[str, str], dict[str, Any]]:
    from sizao.wiring.database import boot

    boot(place / "store", kind="demo")
    from sizao.doors.kit.signin import make_link
    from sizao.kernel import clock, keys
    from sizao.kernel.models import User
    from sizao.kernel.scope import Scope
    from sizao.plan import run as plan
    from sizao.rehearsal import county, people
    from sizao.wiring.migrate import migrate

    migrate("demo")
    keys.KeyRing.new(keys.folder())
    from sizao.flows.contact_named import NamedContact, name
    from sizao.registers.population.actions import PersonData, add_persons

    now, r = clock.now(), random.Random(1)
    county.ensure(seed=1)
    from sizao.kernel.models import Area

    grids = list(Area.objects.filter(level="grid"))
    today = clock.local_day(now, county.ZONE)
    began = time.perf_counter()
    crowd = [people.invent(r, today) for _ in range(size)]
    scope, cdc = Scope.system("bench"), Scope.open(User.objects.get(username="cdc"))
    data = [PersonData(area_id=r.choice(grids).pk, name=p.name, sex=p.sex, birth_date=p.birth_date, phone=p.phone) for p in crowd]
    from django.db import transaction

    contacts = size // 20
    for i in range(0, contacts, 1000):
        name(
            cdc,
            [
                NamedContact(
                    sender="bench",
                    source_id=str(k),
                    disease=county.DISEASE,
                    person=data[k],
                    class_code="close",
                    named_at=now - timedelta(days=k % 12),
                    last_exposure_on=today - timedelta(days=k % 12),
                    observation_from=today - timedelta(days=k % 12),
                    observation_until=today + timedelta(days=14 - k % 12),
                )
                for k in range(i, min(i + 1000, contacts))
            ],
        )
    for i in range(contacts, size, 2000):
        with transaction.atomic():
            add_persons(scope, data[i : i + 2000], known=[now] * len(data[i : i + 2000]), sender="bench")
    loaded = time.perf_counter() - began
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE population_person, cases_contact, kernel_act")
    began = time.perf_counter()
    plan.evaluate_all(now)
    evaluated = time.perf_counter() - began
    links = {who: make_link(User.objects.get(username=who), 60) for who in ("commander", "cdc", "community")}
    connection.close()
    return links, {"persons": size, "persons_per_second": round(size / loaded), "plan_run_seconds": round(evaluated, 2)}


def wait(port: int = PORT) -> None:
    """Until the service answers."""
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the service did not come up")


class Reader:
    """Somebody who has signed in."""

    def __init__(self, link: str, port: int = PORT):
        self.port = port
        self.open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())).open
        page = self.get(link)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, "the sign-in page has a form"
        self.open(f"http://127.0.0.1:{port}{link}", urllib.parse.urlencode({"csrfmiddlewaretoken": token[1]}).encode()).read()

    def get(self, address: str) -> str:
        return self.open(f"http://127.0.0.1:{self.port}{address}", timeout=30).read().decode()

    def times(self, address: str, n: int) -> list[float]:
        found = []
        for _ in range(n):
            began = time.perf_counter()
            self.get(address)
            found.append((time.perf_counter() - began) * 1000)
        return found


def next_page(reader: Reader, address: str, times: int) -> str:
    """The address of a page deep in a list."""
    for _ in range(times):
        found = re.search(r'rel="next" href="([^"]+)"', reader.get(address))
        if found is None:
            break
        address = found[1].replace("&amp;", "&")
    return address


def _measure(links: dict[str, str], n: int) -> dict[str, Any]:
    commander, cdc, community = (Reader(links[w]) for w in ("commander", "cdc", "community"))
    p95 = lambda xs: round(statistics.quantiles(xs, n=20)[-1], 1)  # noqa: E731
    pages = {
        "overview": (commander, "/"),
        "measure": (commander, "/measure/contact-daily-check"),
        "list_with_names": (cdc, "/measure/contact-daily-check"),
        "today": (community, "/today"),
        "find": (cdc, "/find?q=%E5%BC%A0%E4%BC%9F"),
        "register": (cdc, "/registers/persons"),
        "register_deep": (cdc, next_page(cdc, "/registers/persons", 20)),
        "register_name": (cdc, "/registers/persons?q=%E5%BC%A0%E4%BC%9F"),
        "register_initials": (cdc, "/registers/persons?q=zw"),
        "register_number": (cdc, "/registers/contacts?q=1"),
        "register_of_a_village": (community, "/registers/persons"),
        "register_contacts": (cdc, "/registers/contacts?view=under-observation"),
    }
    figures = {}
    for page, (reader, address) in pages.items():
        reader.times(address, 5)
        figures[f"{page}_p95_ms"] = p95(reader.times(address, n))
    return figures
