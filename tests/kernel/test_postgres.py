"""The embedded database: made, found, recovered, stopped, and nothing else on the machine changed."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from postgres_help import AS_NOBODY, end_all_below, modes, open_place, python_for, run_python, servers_below

from sizao.kernel import postgres
from sizao.kernel.errors import Refused
from sizao.kernel.postgres import Store, binaries, roles

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="the tests look at processes through /proc")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

START = "import sys; from sizao.kernel import postgres as p; s = p.start(p.Store.open(sys.argv[1])); print(s.cluster.postmaster())"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in ("DATABASE_URL", "SIZAO_STORE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def place():
    with open_place() as path:
        yield path


@pytest.fixture
def server(place):
    return postgres.start(Store.open(place / "store"))


def value(server, text, role="app"):
    with server.connect(role) as connection:
        return connection.execute(text).fetchone()[0]


def test_first_start_is_quick_and_the_second_finds_the_same_server(place):
    store = Store.open(place / "store")
    began = time.monotonic()
    first = postgres.start(store)
    made = time.monotonic() - began
    began = time.monotonic()
    second = postgres.connect(Store.open(place / "store"))
    found = time.monotonic() - began
    assert first.cluster.postmaster() == second.cluster.postmaster()
    assert value(second, "SELECT 1") == 1
    assert made < 10, f"first start took {made:.1f} s"  # two seconds on a free machine
    assert found < 1, f"second start took {found:.2f} s"


def test_nothing_else_on_the_machine_changes(place):
    passwd, group = Path("/etc/passwd").read_bytes(), Path("/etc/group").read_bytes()
    wheel = binaries.installed().folder
    before = modes(place, Path.home(), wheel)
    postgres.start(Store.open(place / "store")).stop()
    assert (Path("/etc/passwd").read_bytes(), Path("/etc/group").read_bytes()) == (passwd, group)
    assert modes(place, Path.home(), wheel) == before


def test_folders_of_secrets_data_and_socket_are_closed(server):
    for name in ("pg", "run", "secrets", "log/server"):
        assert modes(server.store.path / name)[str(server.store.path / name)][0] == 0o700
    for path in (server.store.path / "secrets").iterdir():
        assert modes(path)[str(path)][:2] == (0o600, os.geteuid())


def test_no_tcp_and_nobody_without_password(server):
    assert value(server, "SHOW listen_addresses") == ""
    for user in ("sizao_super", "sizao_app"):
        with pytest.raises(psycopg.OperationalError, match=r"no password|password authentication"):
            psycopg.connect(host=server.base["host"], dbname="sizao", user=user, password="", passfile="/dev/null")
    hashes = value(server, "SELECT count(*) FROM pg_authid WHERE rolcanlogin AND rolpassword LIKE 'SCRAM-SHA-256$%'", "superuser")
    assert hashes == 4


def test_owner_makes_tables_and_the_others_only_what_they_are_given(server):
    with server.connect("owner") as owner:
        owner.execute("CREATE TABLE t (x int)")
        owner.execute("GRANT SELECT ON t TO sizao_app")
    assert value(server, "SELECT count(*) FROM t") == 0
    for role, text in (("app", "CREATE TABLE u (x int)"), ("app", "INSERT INTO t VALUES (1)"), ("public", "SELECT * FROM t"), ("public", "CREATE TEMP TABLE u (x int)")):
        refused = psycopg.errors.UndefinedTable if text == "SELECT * FROM t" else psycopg.errors.InsufficientPrivilege  # the public has no use of the schema: there is no such name
        with pytest.raises(refused), server.connect(role) as connection:
            connection.execute(text)


def test_text_sorts_by_code_point_and_letters_fold(server):
    assert value(server, "SELECT string_agg(x, ',' ORDER BY x) FROM unnest(ARRAY['b','A','a','中']) x") == "A,a,b,中"
    assert value(server, "SELECT lower('ÉÀ')") == "éà"
    assert value(server, "SHOW data_checksums") == "on"


def test_the_log_holds_no_value_of_a_failed_statement(server):
    with server.connect("owner") as owner:
        owner.execute("CREATE TABLE t (name text PRIMARY KEY, n int)")
        owner.execute("INSERT INTO t VALUES ('张三丰', 1)")
        for text, given in (("INSERT INTO t VALUES ('张三丰', 1)", ()), ("SELECT '张三丰'::int", ()), ("SELECT %s::text::int", ("张三丰",))):
            with pytest.raises(psycopg.Error, match="张三丰"):
                owner.execute(text, given)
    server.stop()
    texts = [path.read_text() for path in (server.store.path / "log").rglob("*.log")]
    assert any("shut down" in text for text in texts)
    assert not any("张三丰" in text for text in texts)


def test_killed_database_starts_again_without_loss(server):
    with server.connect("owner") as owner:
        owner.execute("CREATE TABLE t (x int)")
        for x in range(200):
            owner.execute("INSERT INTO t VALUES (%s)", [x])
        os.kill(server.cluster.postmaster(), signal.SIGKILL)
    again = postgres.start(Store.open(server.store.path))
    assert value(again, "SELECT count(*) FROM t", "owner") == 200


@pytest.mark.parametrize("times", [4, pytest.param(20, marks=pytest.mark.full)])
def test_killing_every_process_at_once_is_survived_each_time(place, times):
    for turn in range(times):
        server = postgres.start(Store.open(place / "store"))
        with server.connect("owner") as owner:
            owner.execute("CREATE TABLE IF NOT EXISTS t (x int)")
            owner.execute("INSERT INTO t VALUES (1)")
        pids = servers_below(place)
        for pid in pids if turn % 2 else reversed(pids):
            with contextlib.suppress(ProcessLookupError):  # those whose postmaster went first end by themselves
                os.kill(pid, signal.SIGKILL)
    assert value(postgres.start(Store.open(place / "store")), "SELECT count(*) FROM t", "owner") == times


def test_server_that_was_killed_leaves_no_dead_entry_with_its_starter(server):
    dead = server.cluster.postmaster()
    os.kill(dead, signal.SIGKILL)
    postgres.start(Store.open(server.store.path))
    assert not Path(f"/proc/{dead}").exists()


def test_umask_of_the_caller_does_not_matter(place):
    before = os.umask(0o077)
    try:
        assert value(postgres.start(Store.open(place / "far" / "store")), "SELECT 1") == 1
    finally:
        os.umask(before)


def test_busy_process_that_outlives_its_postmaster_does_not_stop_the_next_start(server):
    with psycopg.connect(**server.dsn("owner"), autocommit=True) as busy, ThreadPoolExecutor(1) as pool:
        busy.execute("CREATE FUNCTION spin() RETURNS void LANGUAGE plpgsql AS 'BEGIN LOOP PERFORM 1; END LOOP; END'")
        asked = pool.submit(lambda: busy.execute("SELECT spin()"))
        time.sleep(0.2)
        os.kill(server.cluster.postmaster(), signal.SIGKILL)
        again = postgres.start(Store.open(server.store.path))
        assert value(again, "SELECT 1") == 1
        with pytest.raises(psycopg.OperationalError):
            asked.result(timeout=10)


def test_stale_pid_file_with_a_number_that_another_program_has_now(server):
    data = server.store.path / "pg"
    pid_file = data / "postmaster.pid"
    text = pid_file.read_text()
    end_all_below(server.store.path)
    sleeper = subprocess.Popen(["/bin/sleep", "60"], **AS_NOBODY)
    try:
        pid_file.write_text(text.replace(text.split("\n")[0], str(sleeper.pid), 1))
        (server.store.path / "run" / ".s.PGSQL.5432.lock").write_text(f"{sleeper.pid}\n")
        assert value(postgres.start(Store.open(server.store.path)), "SELECT 1") == 1
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_many_starters_at_once_get_one_server(place):
    with ThreadPoolExecutor(5) as pool:
        outcomes = list(pool.map(lambda _: run_python(START, place / "store"), range(5)))
    assert [done.stderr for done in outcomes] == [""] * 5
    assert len({done.stdout for done in outcomes}) == 1
    assert json.loads((place / "store" / "store.json").read_text())["roles"] == roles.SCHEME


def test_what_a_killed_starter_left_running_does_not_hinder_the_next(place):
    """Killed while it makes the cluster: its initdb runs on beside that of the next starter, fails, and clears up what it takes for its own."""
    libraries = f"{Path(postgres.__file__).parents[3]}:{Path(psycopg.__file__).parent.parent}"
    starter = subprocess.Popen([sys.executable, "-c", START, str(place / "store")], env={"PYTHONPATH": libraries}, stdout=subprocess.DEVNULL)
    while not (begun := list(place.glob("store/pg.part*/data/*"))):
        assert starter.poll() is None
        time.sleep(0.005)
    [orphan] = [int(p.parent.name) for p in Path("/proc").glob("[0-9]*/cmdline") if b"initdb\0" in (said := p.read_bytes()) and str(place).encode() in said]
    os.kill(orphan, signal.SIGSTOP)
    starter.kill()
    starter.wait()
    inode = begun[0].parent.stat().st_ino
    with ThreadPoolExecutor(1) as pool:
        server = pool.submit(lambda: postgres.start(Store.open(place / "store")))
        while not server.done() and not any(p.parent.stat().st_ino != inode for p in place.glob("store/pg.part*/data/global")):
            time.sleep(0.005)
        os.kill(orphan, signal.SIGCONT)
        assert value(server.result(), "SELECT 1") == 1
    assert list(place.glob("store/pg.part*")) == []


def test_starter_killed_in_the_middle_leaves_nothing_that_hinders(place):
    libraries = f"{Path(postgres.__file__).parents[3]}:{Path(psycopg.__file__).parent.parent}"
    for after in (0.25, 0.4, 0.55, 0.7, 0.9):
        starter = subprocess.Popen([sys.executable, "-c", START, str(place / "store")], env={"PYTHONPATH": libraries}, stdout=subprocess.DEVNULL)
        time.sleep(after)
        starter.kill()
        starter.wait()
    assert value(postgres.start(Store.open(place / "store")), "SELECT 1") == 1


def test_of_two_who_make_one_database_at_once_one_makes_it_and_both_go_on(server):
    def make(name):
        with server.connect("superuser", dbname="postgres") as admin:
            return roles.make_database(admin, name)

    for name in ("at_once_1", "at_once_2", "at_once_3"):
        with ThreadPoolExecutor(2) as two:
            assert sorted(two.map(make, [name, name])) == [False, True]
        assert value(server, f"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{name}'") == "sizao_owner"


def test_server_outlives_its_starter_and_stops_when_asked(place):
    assert run_python(START, place / "store").returncode == 0
    store = Store.open(place / "store")
    assert postgres.status(store)["running"]
    assert postgres.stop(store)
    assert servers_below(place) == []
    assert postgres.status(store)["running"] is False
    assert postgres.stop(store) is False


def test_long_path_gets_a_short_private_link(place):
    long = place / ("县疾控中心" * 8) / ("d" * 60)
    server = postgres.start(Store.open(long))
    host = Path(server.base["host"])
    assert len(os.fsencode(host / ".s.PGSQL.5432")) <= 100
    assert modes(host.parent)[str(host.parent)][0] == 0o700
    assert value(server, "SELECT 1") == 1
    shutil.rmtree(host.parent)  # as a tidier of /tmp does
    assert value(postgres.start(Store.open(long)), "SELECT 1") == 1


@as_root
def test_folder_that_the_servers_user_cannot_reach_is_refused_and_left_as_it_was(place):
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Refused, match="store-unreachable") as refusal:
        Store.open(closed / "store")
    assert str(closed) in refusal.value.text("zh")
    assert list(closed.iterdir()) == []
    assert modes(closed)[str(closed)][0] == 0o700


def test_folder_with_other_things_in_it_is_never_taken(place):
    (place / "letters").mkdir()
    (place / "letters" / "one.txt").write_text("x")
    with pytest.raises(Refused, match="store-not-empty"):
        Store.open(place / "letters")
    assert [path.name for path in (place / "letters").iterdir()] == ["one.txt"]


def test_demo_data_and_real_data_never_share_a_store(place):
    Store.open(place / "store", kind="demo")
    with pytest.raises(Refused, match="store-other-kind"):
        Store.open(place / "store", kind="real")
    assert Store.open(place / "store").kind == "demo"


def test_lost_password_and_damaged_description_are_told_apart(server):
    (server.store.path / "secrets" / "postgres-superuser").unlink()
    with pytest.raises(Refused, match="postgres-password-lost"):
        postgres.start(Store.open(server.store.path))
    (server.store.path / "store.json").write_text("{")
    with pytest.raises(Refused, match="store-unreadable"):
        Store.open(server.store.path)


@as_root
def test_ordinary_user_runs_the_server_as_themselves_with_an_empty_environment(place):
    if not python_for(AS_NOBODY):
        pytest.skip("no interpreter that an ordinary user can run")
    home = place / "own"
    home.mkdir(mode=0o700)
    os.chown(home, AS_NOBODY["user"], AS_NOBODY["group"])
    code = START + "; print(s.connect('app').execute('SELECT 1').fetchone()[0], p.status(s.store)['running'], s.stop())"
    done = run_python(code, home / "store", who=AS_NOBODY)
    assert done.stderr == ""
    assert done.stdout.split()[1:] == ["1", "True", "True"]
    assert not (home / "store" / "bin").exists()
    refused = run_python("from sizao.kernel.postgres import Store; Store.open()", who=AS_NOBODY)
    assert "store-no-home" in refused.stderr


@as_root
def test_root_keeps_the_user_of_a_store_that_an_ordinary_user_made(place):
    if not python_for(AS_NOBODY):
        pytest.skip("no interpreter that an ordinary user can run")
    home = place / "own"
    home.mkdir(mode=0o755)
    os.chown(home, AS_NOBODY["user"], AS_NOBODY["group"])
    assert run_python(START + "; s.stop()", home / "store", who=AS_NOBODY).stderr == ""
    home.joinpath("store").chmod(0o711)
    server = postgres.start(Store.open(home / "store"))
    assert value(server, "SELECT 1") == 1
    server.stop()
    assert run_python(START, home / "store", who=AS_NOBODY).stderr == ""


@as_root
def test_store_of_root_is_refused_to_others_in_words(place):
    if not python_for(AS_NOBODY):
        pytest.skip("no interpreter that an ordinary user can run")
    Store.open(place / "store")
    done = run_python("import sys; from sizao.kernel.postgres import Store; Store.open(sys.argv[1])", place / "store", who=AS_NOBODY)
    assert "store-not-ours" in done.stderr


@as_root
def test_full_disk_is_said_in_words_and_leaves_no_half_cluster(place):
    disk = place / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m,mode=755", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("no mounts allowed here")
    try:
        store = Store.open(disk / "store")
        with pytest.raises(Refused, match="store-disk-full"):
            postgres.start(store)
        assert not (disk / "store" / "pg").exists()
        assert list(disk.glob("store/pg.part*")) == []
        subprocess.run(["mount", "-o", "remount,size=400m", disk], check=True)
        assert value(postgres.start(Store.open(disk / "store")), "SELECT 1") == 1
    finally:
        end_all_below(disk)
        time.sleep(0.2)
        subprocess.run(["umount", "-l", disk])


def test_database_of_another_version_is_refused_untouched(server):
    server.stop()
    version = server.store.path / "pg" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(Refused, match="postgres-other-version"):
        postgres.start(Store.open(server.store.path))
    version.write_text("18\n")


def test_further_database_for_tests_is_closed_in_the_same_way(server):
    server.create_database("test_sizao")
    with server.connect("app", dbname="test_sizao") as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("test_sizao",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE t (x int)")
    with server.connect("superuser", dbname="test_sizao"):  # as autovacuum is
        server.drop_database("test_sizao")
    assert value(server, "SELECT count(*) FROM pg_database WHERE datname = 'test_sizao'") == 0


def test_a_server_whose_socket_was_removed_is_started_again(server, place):
    for socket in (place / "store" / "run").iterdir():
        socket.unlink()
    again = postgres.connect(Store.open(place / "store"))
    assert value(again, "SELECT 1") == 1
