"""Places, users and programs for the tests of the embedded database."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEBIAN = Path("/usr/lib/postgresql/15/bin")
NOBODY = pwd.getpwnam("nobody")
AS_NOBODY = {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def open_place() -> Iterator[Path]:
    """A folder that every user may enter: pytest's own temporary folders are closed to all but their owner."""
    place = Path(tempfile.mkdtemp(prefix="sizao-test-", dir="/tmp"))
    place.chmod(0o755)
    try:
        yield place
    finally:
        end_all_below(place)
        for note in place.rglob(".socket-link"):
            shutil.rmtree(Path(note.read_text().strip()).parent, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)


def servers_below(place: Path) -> list[int]:
    """Process ids of the PostgreSQL processes whose data are below this folder."""
    found = []
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            try:
                if Path(os.readlink(one / "exe")).name == "postgres" and Path(os.readlink(one / "cwd")).is_relative_to(place):
                    found.append(int(one.name))
            except OSError:
                continue
    return found


def end_all_below(place: Path) -> None:
    for pid in servers_below(place):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def modes(*paths: Path) -> dict[str, tuple[int, int, int]]:
    """Mode and owner of each path and of every folder above it."""
    every = {one for path in paths for one in (path, *path.parents) if one.exists()}
    return {str(one): (stat.S_IMODE(one.stat().st_mode), one.stat().st_uid, one.stat().st_gid) for one in sorted(every)}


def python_for(who: dict) -> str | None:
    """An interpreter of our version that this user can run, which one below a closed home folder is not."""
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            done = subprocess.run([candidate, "-c", "import encodings"], env={}, cwd="/", capture_output=True, **who)
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    return None


def run_python(code: str, *args: object, who: dict | None = None, timeout: float = 60) -> subprocess.CompletedProcess:
    """Runs a piece of Python with Sizao in another process, with an empty environment, as another user if wanted."""
    import psycopg

    libraries = Path(psycopg.__file__).parent.parent
    env = {"PYTHONPATH": f"{ROOT}:{libraries}", "PYTHONDONTWRITEBYTECODE": "1"}
    env |= {name: os.environ[name] for name in ("PYTHONPYCACHEPREFIX",) if name in os.environ}  # where what was compiled lies, to be read
    return subprocess.run(
        [python_for(who or {}) or sys.executable, "-c", code, *map(str, args)], env=env, cwd="/", capture_output=True, text=True, timeout=timeout, **(who or {})
    )


@contextmanager
def debian_server(place: Path) -> Iterator[str]:
    """A throw-away server of Debian's PostgreSQL 15, as somebody else would run it; gives the URL of a role that is no superuser."""
    data, word = place / "debian", place / "word"
    data.mkdir(mode=0o700)
    word.write_text("super")
    word.chmod(0o644)
    if AS_NOBODY:
        os.chown(data, NOBODY.pw_uid, NOBODY.pw_gid)

    def call(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, env={"LC_ALL": "C"}, cwd="/", **AS_NOBODY)

    call(str(DEBIAN / "initdb"), "-D", str(data), "-U", "super", f"--pwfile={word}", "--auth=scram-sha-256", "--encoding=LATIN1", "--locale=C", "-N")
    options = f"-c listen_addresses= -c unix_socket_directories={data} -c fsync=off"
    call(str(DEBIAN / "pg_ctl"), "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")
    import psycopg

    try:
        with psycopg.connect(f"host={data} user=super password=super dbname=postgres", autocommit=True) as connection:
            connection.execute("CREATE ROLE office LOGIN CREATEROLE CREATEDB PASSWORD 'p%/w'")
        yield f"postgresql://office:p%25%2Fw@/postgres?host={data}"
    finally:
        call(str(DEBIAN / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


if __name__ == "__main__":  # python tests/kernel/postgres_help.py COMMAND…: runs a command against a throw-away PostgreSQL 15
    with open_place() as scratch, debian_server(scratch) as address:
        given = {**os.environ, "DATABASE_URL": address, "SIZAO_DATABASE_TAKE": "1"}
        status = subprocess.call(sys.argv[1:], env=given)
    sys.exit(status)
