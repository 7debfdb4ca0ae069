"""Others who keep the same persons, for `bench lists`: CARE where a checkout is named, else a plain django-admin. Neither's code is here; each is run as it ships."""

import csv
import html
import http.client
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
PORT, REDIS_PORT = 18_452, 18_453
#: Rows of a page, the same for everybody.
PAGE = 50
ROLE = "sizao_bench_peer"


@dataclass(frozen=True, slots=True)
class Told:
    """A person as each side was given them."""

    id: str
    name: str
    sex: str
    birth_date: str
    birth_year: str
    phone: str
    village: str
    village_name: str
    grid: str


class Asker:
    """Somebody who has signed in, on one connection that is kept as long as the server keeps it."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.headers = headers

    def get(self, address: str) -> str:
        """What stands there. AssertionError where it is not told."""
        try:
            self.connection.request("GET", address, headers=self.headers)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # closed for being idle: a browser opens it again too
            self.connection.close()
            self.connection.request("GET", address, headers=self.headers)
            answer = self.connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, (answer.status, address, text[:300])
        return text


@dataclass(slots=True)
class Side:
    """One server as it is asked.

    Attributes:
        addresses: kind of question → addresses, in the same order at each side.
        listed: the (id, name) of a page, in its order.
        whole: everybody whom an address of a list and its further pages name.
        record: (name, telephone) of one person's page or answer.
        total: how many there are in all as a page says; None where it does not say.
    """

    name: str
    readers: list[Any]
    addresses: dict[str, list[str]]
    listed: Callable[[str], list[tuple[str, str]]]
    whole: Callable[[str], list[tuple[str, str]]]
    record: Callable[[str], tuple[str, str]]
    total: Callable[[str], int | None]


class Peer:
    """A peer's tables, its server and its way of being asked. `database`: what Django connects with."""

    name = ""

    def __init__(self, place: Path, server: Any, workers: int, users: int) -> None:
        self.place, self.workers, self.users, self.figures = place, workers, users, dict[str, Any]()
        self.database = _database(server, f"peer_{self.name}")
        self.processes: list[subprocess.Popen[bytes]] = []

    def fill(self, people: Sequence[Told]) -> None:
        """Tables, persons and accounts."""
        rows = self.place / "rows.csv"
        with rows.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(Told.__slots__)
            writer.writerows([getattr(p, f) for f in Told.__slots__] for p in people)
        rows.chmod(0o600)
        began = time.perf_counter()
        done = subprocess.run([*self.filler(), str(rows), str(self.users)], cwd=self.home(), env=self.environment(), stdout=subprocess.PIPE, check=True)
        self.told = json.loads(done.stdout.splitlines()[-1])
        self.figures |= {"peer": self.name, "peer_fill_seconds": round(time.perf_counter() - began, 1), "peer_django": self.told["version"]}

    def start(self) -> None:
        log = (self.place / "peer.log").open("wb")
        for command in self.commands():
            self.processes.append(subprocess.Popen(command, cwd=self.home(), env=self.environment(), stdout=log, stderr=log))
        status = 0
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
                connection.request("GET", self.alive)
                answer = connection.getresponse()
                answer.read()
                if (status := answer.status) == 200:
                    return
                break
            except OSError:
                if any(p.poll() is not None for p in self.processes):
                    break
                time.sleep(0.2)
        raise RuntimeError(f"{self.name} did not come up (status {status}): {(self.place / 'peer.log').read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(30)

    alive = "/"

    def home(self) -> Path:
        return ROOT

    def environment(self) -> dict[str, str]:
        return os.environ | {"PEER_DATABASE": json.dumps(self.database), "PEER_SECRET": SECRET, "PYTHONPYCACHEPREFIX": str(self.place / "bytecode")}

    def filler(self) -> list[str]:
        raise NotImplementedError

    def commands(self) -> list[list[str]]:
        raise NotImplementedError

    def side(self, asked: "Questions") -> Side:
        raise NotImplementedError


SECRET = secrets.token_urlsafe(40)


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of each side, in the order in which it is asked."""

    common: list[str]
    rare: list[str]
    villages: list[str]
    pages: list[int]
    people: list[str]


def _database(server: Any, name: str) -> dict[str, Any]:
    """An own database of the same server, with a role that owns it."""
    password = secrets.token_urlsafe(24)
    with server.connect("superuser", dbname="postgres") as admin:
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(ROLE), sql.Literal(password)))
        admin.execute(sql.SQL("ALTER ROLE {} SET synchronous_commit = off").format(sql.Identifier(ROLE)))  # its filling need not wait for the disk; only reads are measured
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'").format(sql.Identifier(name), sql.Identifier(ROLE)))
    found = server.dsn("superuser", dbname=name)
    return {"NAME": name, "USER": ROLE, "PASSWORD": password, "HOST": str(found["host"]), "PORT": str(found.get("port", ""))}


class Admin(Peer):
    """`benchmarks/_admin_peer` behind the web server that ours has."""

    name = "admin"
    alive = "/admin/login/"

    def filler(self) -> list[str]:
        return [sys.executable, "-m", "benchmarks._admin_peer.fill"]

    def commands(self) -> list[list[str]]:
        from sizao.kernel import supervise

        return [supervise.granian("benchmarks._admin_peer.wsgi:application", host="127.0.0.1", port=PORT, workers=self.workers, threads=4)]

    def environment(self) -> dict[str, str]:
        return super().environment() | {"DJANGO_SETTINGS_MODULE": "benchmarks._admin_peer.settings"}

    def side(self, asked: Questions) -> Side:
        base, villages = "/admin/peer/person/", self.told["villages"]
        find = lambda texts: [f"{base}?q={urllib.parse.quote(t)}" for t in texts]  # noqa: E731
        readers = [Asker(PORT, {"Cookie": f"sessionid={key}"}) for key in self.told["sessions"]]
        addresses = {
            "first": [base],
            "name_common": find(asked.common),
            "name_rare": find(asked.rare),
            "area": [f"{base}?village__id__exact={villages[code]}" for code in asked.villages],
            "deep": [f"{base}?p={page + 1}" for page in asked.pages],
            "record": [f"{base}{pk}/change/" for pk in asked.people],
        }
        link = re.compile(r'<th class="field-name"><a href="/admin/peer/person/([0-9a-f-]{36})/change/[^"]*">([^<]*)</a>')

        def listed(text: str) -> list[tuple[str, str]]:
            return [(pk, html.unescape(name)) for pk, name in link.findall(text)]

        def whole(address: str) -> list[tuple[str, str]]:
            found, page = list[tuple[str, str]](), 1
            while True:
                part = listed(readers[0].get(f"{address}{'&' if '?' in address else '?'}p={page}"))
                found += part
                if len(part) < PAGE:
                    return found
                page += 1

        def record(text: str) -> tuple[str, str]:
            values = {name: re.search(rf'name="{name}" value="([^"]*)"', text) for name in ("name", "phone")}
            return tuple(html.unescape(v[1]) if v else "" for v in values.values())  # type: ignore[return-value]

        def total(text: str) -> int | None:
            found = re.search(r"(\d+) persons", text)
            return int(found[1]) if found else None

        return Side(self.name, readers, addresses, listed, whole, record, total)


class Care(Peer):
    """ohcnetwork/care: its own gunicorn with as many processes of it, its cache in a Redis of its own. Its Celery processes are not started: no list waits for them."""

    name = "care"
    alive = "/ping/"

    def __init__(self, place: Path, server: Any, workers: int, users: int, checkout: str, python: str) -> None:
        self.checkout, self.python = Path(checkout).resolve(), python or sys.executable
        if shutil.which("redis-server") is None:
            raise SystemExit("缺少 redis-server。CARE needs redis-server on this machine")
        super().__init__(place, server, workers, users)
        with server.connect("superuser", dbname=self.database["NAME"]) as admin:
            admin.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        self.redis = subprocess.Popen(
            ["redis-server", "--port", str(REDIS_PORT), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(place)], stdout=subprocess.DEVNULL
        )
        self.processes.append(self.redis)

    def home(self) -> Path:
        return self.checkout

    def environment(self) -> dict[str, str]:
        named = {
            "DJANGO_SETTINGS_MODULE": "care_settings",
            "DJANGO_SECRET_KEY": SECRET,
            "PYTHONPATH": f"{ROOT / 'benchmarks' / '_care_peer'}{os.pathsep}{self.checkout}",
            "REDIS_URL": f"redis://127.0.0.1:{REDIS_PORT}",
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{REDIS_PORT}/0",
            "DISABLE_RATELIMIT": "True",
            "JWT_ACCESS_TOKEN_LIFETIME": "1440",
        }
        return super().environment() | named

    def filler(self) -> list[str]:
        return [self.python, str(ROOT / "benchmarks" / "_care_peer" / "care_fill.py")]

    def commands(self) -> list[list[str]]:
        return [[self.python, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{PORT}", "--chdir", str(self.checkout), "--workers", str(self.workers)]]

    def side(self, asked: Questions) -> Side:
        base, bodies = f"/api/v1/patient/?limit={PAGE}", self.told["bodies"]
        self.figures |= {"peer_without": ",".join(self.told["left_out"])}
        find = lambda texts: [f"{base}&name={urllib.parse.quote(t)}" for t in texts]  # noqa: E731
        readers = [self._signed_in(account) for account in self.told["accounts"]]
        addresses = {
            "first": [base],
            "name_common": find(asked.common),
            "name_rare": find(asked.rare),
            "area": [f"{base}&local_body={bodies[code]}" for code in asked.villages],
            "deep": [f"{base}&offset={page * PAGE}" for page in asked.pages],
            "record": [f"/api/v1/patient/{pk}/" for pk in asked.people],
        }

        def listed(text: str) -> list[tuple[str, str]]:
            return [(row["id"], row["name"]) for row in json.loads(text)["results"]]

        def whole(address: str) -> list[tuple[str, str]]:
            found, nearest = list[tuple[str, str]](), address.replace(f"limit={PAGE}", "limit=250")
            while nearest:
                text = readers[0].get(nearest)
                found += listed(text)
                nearest = (json.loads(text)["next"] or "").partition(f":{PORT}")[2]
            return found

        def record(text: str) -> tuple[str, str]:
            told = json.loads(text)
            return told["name"], told["phone_number"]

        return Side(self.name, readers, addresses, listed, whole, record, lambda text: json.loads(text)["count"])

    def _signed_in(self, account: str) -> Asker:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        connection.request("POST", "/api/v1/auth/login/", json.dumps({"username": account, "password": self.told["password"]}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, (answer.status, text[:300])
        return Asker(PORT, {"Authorization": f"Bearer {json.loads(text)['access']}"})
