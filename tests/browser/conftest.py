"""A real store, served for real: the command line makes it, `sizao serve` runs it, Chromium opens it. One for all browser tests."""

import atexit
import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

ZONE = "Asia/Shanghai"
#: These stories are about something else than the second factor; test_account.py tells that one.
LINKS_ALONE = Path(__file__).resolve().parents[1] / "links_alone"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--disable-component-update", "--no-first-run",
]  # fmt: skip
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@dataclass
class Service:
    """A running store. `sizao(...)` is its command line; `link(user)` lets somebody in."""

    place: Path
    port: int
    environment: dict[str, str]
    codes: dict[str, str] = field(default_factory=dict)
    linker: subprocess.Popen | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def public(self) -> str:
        """Where the public's own process is served, if `serving` was asked for one: the next port."""
        return f"http://127.0.0.1:{self.port + 1}"

    def sizao(self, *words: str, user: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "sizao", *words, "--store", str(self.place / "store")],
            env=self.environment | ({"SIZAO_USER": user} if user else {}),
            capture_output=True,
            text=True,
            timeout=540,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def link(self, user: str) -> str:
        """Several hundred are asked for in a run: one process makes them all."""
        if self.linker is None:
            command = [sys.executable, str(Path(__file__).with_name("links.py")), str(self.place / "store"), self.base]
            self.linker = subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.linker.stdin.write(user + "\n")
        self.linker.stdin.flush()
        made = self.linker.stdout.readline().strip()
        assert made, f"no link for {user}"
        return made

    def hang_up(self) -> None:
        """Nobody asks for links any more."""
        if self.linker is not None:
            self.linker.stdin.close()
            self.linker.wait(30)
            self.linker = None


def day(before: int) -> str:
    return (datetime.now(ZoneInfo(ZONE)) - timedelta(days=before)).strftime("%Y-%m-%d")


def write_lists(folder: Path) -> None:
    """A small outbreak of today: a case, three contacts, and a second list with one more."""
    place = "示例省,示例市,青禾县,城关镇"
    header = "密接编号,姓名,性别,年龄,省,市,区县,乡镇,村,密接类型,末次接触日期,判定时间,关联病例\n"
    people = [
        ("J001", "李丽", "女", 35, "前进村"),
        ("J002", "王强", "男", 52, "前进村"),
        ("J003", "赵敏", "女", 28, "和平村"),
        ("J004", "孙雨", "女", 9, "前进村"),
    ]
    lines = [f"{n},{name},{sex},{age},{place},{village},密切接触者,{day(2)},{day(1)} 09:00,B001\n" for n, name, sex, age, village in people]
    (folder / "cases.csv").write_text(
        "病例编号,姓名,性别,年龄,省,市,区县,乡镇,村,病例分类,发病日期,报告日期,确诊日期\n"
        f"B001,张小明,男,41,{place},前进村,确诊病例,{day(3)},{day(2)},{day(4)}\n"  # confirmed before onset: noted
    )
    (folder / "contacts.csv").write_text(header + "".join(lines[:3]))
    (folder / "more.csv").write_text(header + lines[3] + lines[0])


def wait_until_it_answers(address: str) -> None:
    until = time.monotonic() + 240  # a busy machine starts slowly
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")


def free_ports() -> int:
    """A port that nobody holds, and the one after it as well."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            with suppress(OSError, OverflowError):
                other.bind(("127.0.0.1", port + 1))
                return port


@contextmanager
def serving(prepare: Callable[[Service], None], *doors: str) -> Iterator[Service]:
    """A store of its own in a folder of its own: `prepare` fills it by the command line, then `sizao serve` runs it until the block ends. `doors`: a process for each set."""
    place = Path(tempfile.mkdtemp(prefix="sizao-browser-"))
    place.chmod(0o755)
    port = free_ports()
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith("SIZAO_") and k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_VERSION", "PYTEST_CURRENT_TEST")
    }
    running = Service(
        place, port, kept | {"SIZAO_USER": "duty", "SIZAO_LANG": "en", "SIZAO_CONTENT": str(LINKS_ALONE), "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    )
    server = None
    try:
        prepare(running)
        log = (place / "serve.log").open("w")
        server = subprocess.Popen(
            [sys.executable, "-m", "sizao", "serve", "--store", str(place / "store"), "--port", str(port), *(word for some in doors for word in ("--doors", some))],
            env=running.environment,
            stdout=log,
            stderr=log,
        )
        try:
            wait_until_it_answers(running.base + "/healthz")
            if len(doors) > 1:
                wait_until_it_answers(running.public + "/healthz")
        except AssertionError as silent:
            raise AssertionError(f"{silent}; it wrote: {(place / 'serve.log').read_text()[-3000:]}") from None
        yield running
    finally:
        running.hang_up()
        if server is not None:
            server.terminate()
            server.wait(90)  # the database writes everything out first, and is given a minute for it
        stop(running)
        shutil.rmtree(place, ignore_errors=True)


def stop(running: Service) -> None:
    subprocess.run(
        [sys.executable, "-m", "sizao", "stop", "--store", str(running.place / "store")],
        env=running.environment, capture_output=True, timeout=60, check=False,
    )  # fmt: skip


_made: dict[str, Any] = {}


def copied(whole: Path, to: Path) -> None:
    """A store with its owners: the database of a superuser's store belongs to an account of its own, which reads nothing that is not."""
    subprocess.run(["cp", "-a", f"{whole}/.", str(to)], check=True, timeout=300)


def small_outbreak(running: Service) -> None:
    """What `write_lists` wrote, opened; a worker of the village and a chief beside whoever opened it. Made once a day and process, then copied: a store is a folder."""
    place = running.place
    if _made.get("day") == (made := (day(0), running.environment.get("SIZAO_CONTENT"))):
        copied(_made["kept"], place)
        running.codes |= _made["codes"]
        return
    _open_small_outbreak(running)
    stop(running)
    kept = Path(tempfile.mkdtemp(prefix="sizao-browser-kept-"))
    copied(place, kept)
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    _made.update(day=made, kept=kept, codes=dict(running.codes))


def _open_small_outbreak(running: Service) -> None:
    place = running.place
    write_lists(place)
    running.sizao("open", str(place / "cases.csv"), str(place / "contacts.csv"), "--disease", "covid-19", "--no-serve", "--json")
    code = "all"
    while code:  # walk down the tree that grew from the place columns
        below = json.loads(running.sizao("coverage", "--area", code, "--json"))["areas"]
        running.codes |= {a["name"]: a["code"] for a in below}
        code = below[0]["code"] if len(below) == 1 else ""
    for name, role, area in (("worker", "community", running.codes["前进村"]), ("chief", "commander", "all")):
        running.sizao("users", "add", name, "--name", name)
        running.sizao("users", "grant", name, role, "--area", area)


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    with serving(small_outbreak) as running:
        yield running


@pytest.fixture(scope="module")
def chromium():
    """Closed with the module: while Playwright runs, Django takes this thread for an asynchronous one and refuses the database to other tests."""
    from playwright.sync_api import sync_playwright

    found = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def visiting(service: Service, chromium):
    """`come_in(user, size, language, **more)` → a page signed in by a one-time link, or, without a user, the public's first page; `more` is for the browser's context.

    At the end: no violation of the policy, no error, no other host asked.
    """
    seen: list[str] = []
    contexts = []

    def come_in(user: str, size=WIDE, language: str = "zh-hans", **more):
        context = chromium.new_context(viewport=size, has_touch=size is PHONE, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: seen.append(m.text) if m.type == "error" and not any(w in m.text for w in ("status of 4", "ERR_INTERNET_DISCONNECTED", "ERR_FAILED")) else None)
        page.on("pageerror", lambda e: seen.append(str(e)))
        page.on("request", lambda r: seen.append(f"asked {r.url}") if not r.url.startswith((service.base + "/", service.public + "/", "blob:", "data:")) else None)
        context.add_cookies([{"name": "sizao-language", "value": language, "url": service.base}])
        if not user:
            page.goto(service.public + "/public")
            return page
        page.goto(service.link(user))
        page.click("button.main")
        page.wait_for_load_state()
        return page

    yield come_in
    for context in contexts:
        context.close()
    assert seen == []


@pytest.fixture
def visitor(service, chromium):
    """`visitor(user, size, language)` on the small outbreak that all browser tests share."""
    with visiting(service, chromium) as come_in:
        yield come_in


def the_city(running: Service) -> None:
    """The invented city of the tutorial, a week old, as `sizao demo` makes it; its accounts administrator gives the posts of the stories."""
    running.environment["SIZAO_USER"] = "accounts"
    running.sizao("demo", "--no-serve", "--days", "7", "--seed", "7")


LANGUAGES = (("zh", "zh-hans"), ("en", "en"))
SHRINK = """async source => {
  const picture = await createImageBitmap(await (await fetch(source)).blob()), canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext('2d').drawImage(picture, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.82 })).arrayBuffer());
  let text = '';
  for (const b of bytes) text += String.fromCharCode(b);
  return btoa(text);
}"""


@pytest.fixture
def picture(chromium):
    """`picture(page, name, tall)`: the page as it is at its address, in both languages, into the folder that SIZAO_PICTURES names (`docs/pictures`: see there). Without one, nothing.

    The page is asked for again, so what was typed on it is gone. `tall`: so many pixels from its top are kept.
    """

    def take(page, name: str, tall: int = 860) -> None:
        folder = os.environ.get("SIZAO_PICTURES")
        if not folder:
            return
        stood = {c["name"]: c["value"] for c in page.context.cookies()}.get("sizao-language", "zh-hans")
        darkroom = chromium.new_page()
        host = "/".join(page.url.split("/")[:3])  # a cookie for the whole host: for a page's own address it would stand beside the one of the host
        for short, language in (*LANGUAGES, ("", stood)):
            page.context.add_cookies([{"name": "sizao-language", "value": language, "url": host}])
            page.reload()
            page.wait_for_load_state("networkidle")
            if not short:
                break
            shot = page.screenshot(clip={"x": 0, "y": 0, "width": page.viewport_size["width"], "height": tall}, full_page=True, scale="css")
            made = base64.b64decode(darkroom.evaluate(SHRINK, "data:image/png;base64," + base64.b64encode(shot).decode()))
            (place := Path(folder) / short).mkdir(parents=True, exist_ok=True)
            (place / f"{name}.webp").write_bytes(made)
        darkroom.close()

    return take
