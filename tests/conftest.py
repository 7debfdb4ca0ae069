"""A real store for the tests: an embedded PostgreSQL in a folder of its own, or a database of its own on the server of DATABASE_URL.

`db` (of pytest-django) gives a test the application's role inside a transaction that is rolled back. `store` is the place.
"""

import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sizao.wiring.settings")
SHARED = Path(__file__).resolve().parents[2] / "shared"


#: What the tests write needs to outlive no power cut; drills that kill servers have stores of their own, with the settings that ship.
HASTY = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the long drills too")


#: What is long, the longest first: begun last it would keep one worker busy while the others have nothing to do.
LONG = (
    "spark", "plan/mirror/test_a_city", "browser", "plan/test_settled", "plan/test_engines", "drills", "run", "kernel", "plan/mirror", "cli", "open", "interop", "doors"
)  # fmt: skip
CITIES = "plan/mirror/test_a_city_on_every_engine"


def together(nodeid: str) -> str:
    """Tests that one worker runs after one another: a file's; the browser's, which share a running service; Spark's, which share a machine of Java's.

    A city has a database of its own and shares nothing: ten of them after one another would keep one worker busy for minutes.
    """
    place, _, test = nodeid.partition("::")
    place = place.removeprefix("tests/").removesuffix(".py")
    if place == CITIES and test.startswith("test_the_mirror") and not test.endswith(("[1]", "[2]")):
        return f"{place} {test}"
    return "browser" if place.startswith("browser/") else "spark" if "test_spark" in place or place == CITIES else place


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    return Together(config, log)


def pytest_collection_modifyitems(config, items):
    if config.getoption("dist", "no") != "no" or hasattr(config, "workerinput"):
        items.sort(key=lambda item: next((n for n, name in enumerate(LONG) if together(item.nodeid).startswith(name)), len(LONG)))
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    for item in items:
        if "full" in item.keywords:
            item.add_marker(pytest.mark.timeout(0) if config.getoption("--full") else pytest.mark.skip(reason="a long drill: run test --full"))
        if "browser" in item.keywords and not chromium:
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real outbreaks that nobody here wrote; tests on them are skipped where they are absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the data sets are not here")
    return SHARED


@pytest.fixture(scope="session")
def store() -> Iterator[object]:
    """The session's own store, with keys; its server ends with the session."""
    place = Path(tempfile.mkdtemp(prefix="sizao-tests-"))
    place.chmod(0o755)
    url = os.environ.get("DATABASE_URL")
    import empty

    from sizao.kernel import keys, postgres
    from sizao.wiring import database

    if not url:
        conf = postgres.Store.open(place / "store", kind="demo").folder("conf", 0o711)
        (conf / "local.conf").write_text(HASTY)
        (conf / "local.conf").chmod(0o644)
    os.environ["SIZAO_KEYS"] = str(place / "keys")
    opened = database.boot(place / "store", kind="demo", setup=False)
    name = None
    if url:  # somebody else's server: a database of our own on it, dropped again
        name = f"sizao_test_{os.getpid()}"
        database.server().create_database(name)
        database._dbname = name
    keys.KeyRing.new(place / "keys")
    yield opened
    from django.db import connections

    connections.close_all()
    server = database.server()
    if name:
        server.drop_database(name)
        server.drop_database(empty.MIGRATED)
    elif server.cluster and (pid := server.cluster.postmaster()):
        os.kill(pid, signal.SIGINT)
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(store, django_db_blocker) -> None:
    """Points Django at the session's store and makes its tables as the owner; tests speak as the application."""
    import empty
    from django.conf import settings
    from django.db import connections

    from sizao.wiring import database
    from sizao.wiring.migrate import migrate

    settings.STORE = store.path
    for alias, parameters in database.databases().items():
        connections.databases[alias] = connections.configure_settings({"default": {}, alias: parameters})[alias]
        connections[alias].settings_dict.update(connections.databases[alias])
    with django_db_blocker.unblock():
        migrate("demo")
        connections.close_all()
    check_once()
    empty.copy(empty.MIGRATED, database._dbname or database.server().dbname)


@pytest.fixture(autouse=True)
def nothing_is_shown_again_of_another_test() -> None:
    """The next test's database may have the name of this one's, and its numbers of transactions again."""
    from sizao.kernel import unchanged

    unchanged.forget()


@pytest.fixture(scope="session", autouse=True)
def locks_need_a_transaction() -> None:
    """While a request is answered, rows are locked, and locks of a transaction taken, inside an atomic block of the product's own; that in which a test runs, and which is
    rolled back after it, is none.

    Without this, a page that forgets `transaction.atomic` works in every test and fails in every process (docs/decisions/076).
    """
    from django.core.handlers.base import BaseHandler
    from django.db import transaction
    from django.db.backends.utils import CursorWrapper

    asked, answering = BaseHandler.get_response, threading.local()
    whole, locks = CursorWrapper._execute, re.compile("FOR (NO KEY )?UPDATE|SELECT pg_(try_)?advisory_xact_lock")

    def answered(handler, request):
        answering.now = True
        try:
            return asked(handler, request)
        finally:
            answering.now = False

    def executed(cursor, sql, params, *ignored):
        if getattr(answering, "now", False) and locks.search(str(sql)) and cursor.db.in_atomic_block and all(block._from_testcase for block in cursor.db.atomic_blocks):
            raise transaction.TransactionManagementError("rows are locked outside of an atomic block of the product's own")
        return whole(cursor, sql, params, *ignored)

    BaseHandler.get_response, CursorWrapper._execute = answered, executed


def check_once() -> None:
    """An edition that ships and in which nothing was wrong is not checked again by the same session: each takes half a second, and many tests load them all."""
    from sizao.kernel import content
    from sizao.kernel.content_dir import content_dir, folders

    check, whole = content._checkers["plan"], set()

    def checked(path: Path, text: str) -> list:
        key = (path, text, *folders())
        found = [] if key in whole else list(check(path, text))
        if not found and path.is_relative_to(content_dir()):
            whole.add(key)
        return found

    content._checkers["plan"] = checked


@pytest.fixture
def system(db):
    """The machine's own scope."""
    from sizao.kernel.scope import Scope

    return Scope.system("test")


@pytest.fixture
def county(db) -> SimpleNamespace:
    """An invented county: two townships of two villages of two grids each. `.areas` by code, `.root`, `.user(role, code)` makes somebody with a post there."""
    from sizao.kernel import areas, clock
    from sizao.kernel.models import Grant, Holding, Post, User
    from sizao.kernel.scope import Scope

    new = [areas.NewArea("990001", "青禾县", "county", name_en="Qinghe County", time_zone="Asia/Shanghai")]
    for t in (1, 2):
        new.append(areas.NewArea(f"99000110{t}", f"{t}号镇", "township", "990001", f"Township {t}"))
        for v in (1, 2):
            village = f"99000110{t}20{v}"
            new.append(areas.NewArea(village, f"{t}-{v}村", "village", f"99000110{t}", f"Village {t}-{v}"))
            new += [areas.NewArea(f"{village}-{g}", f"{t}-{v}-{g}网格", "grid", village, f"Grid {t}-{v}-{g}") for g in (1, 2)]
    grown = areas.grow(new)
    since = datetime(2019, 1, 1, tzinfo=UTC)

    def user(role: str, code: str = "990001", purpose: str = "response") -> Scope:
        person = User.objects.create_user(f"{role}-{code}-{User.objects.count()}", name=f"{role}")
        post = Post.objects.create(role=role, area=grown[code], title_zh=role, title_en=role, valid_from=since)
        Holding.objects.create(post=post, user=person, valid_from=since)
        Grant.objects.create(post=post, role=role, area=grown[code], valid_from=since)
        with clock.frozen(clock.now()):
            return Scope.open(person, post, purpose)

    return SimpleNamespace(areas=grown, root=grown["990001"], user=user)
