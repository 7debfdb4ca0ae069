"""One cluster in one store: made, started, found running, brought back after a crash, stopped.

Whether a server runs is asked of the system, not of a file: the server and each of its processes inherit an open file
that is locked (`.server.lock`). The lock is free exactly when the last of them is gone, however it went.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

from psycopg import pq
from psycopg.conninfo import make_conninfo

from sizao.kernel.errors import Refused
from sizao.kernel.postgres import binaries, config
from sizao.kernel.postgres.account import CLEAN
from sizao.kernel.postgres.store import Store, _os_refusal

SUPERUSER = "sizao_super"
PART = "pg.part"  # where a cluster is made
#: Seconds: a crashed server may have much to replay; what has lost its postmaster goes by itself within moments.
LONGEST_START, ORPHANS_GO, FAST_STOP, HARD_STOP = 600, 2, 60, 10
#: Servers that this process started: should one be killed, its entry in the process table waits for us.
STARTED: list[int] = []


class Cluster:
    """The server of a store. Methods that change something are called under `store.lock()`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.account = store.account
        self.data = store.path / "pg"
        self.run = store.path / "run"
        self.log = store.path / "log"

    # ------------------------------------------------------------------ what is so

    def exists(self) -> bool:
        """Whether a cluster has been made here."""
        return (self.data / "PG_VERSION").is_file()

    def is_alive(self) -> bool:
        """Whether any process of this cluster lives, on this machine or in a container beside us."""
        _bury()
        fd = os.open(self.store._lock_file("server"), os.O_RDONLY)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(fd)
        return self.postmaster() is not None

    def postmaster(self) -> int | None:
        """Process id of the running postmaster; None when the pid file is stale, whoever has the number now."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            if self._is_ours(pid):
                return pid
        return None

    def ping(self) -> str:
        """'ok', 'reject' (starting, recovering or stopping), or 'no_response'."""
        conninfo = make_conninfo(host=config.address(self.store), port=config.PORT, dbname="postgres", user=SUPERUSER, connect_timeout=2)
        return pq.Ping(pq.PGconn.ping(conninfo.encode())).name.lower()

    def has_lost_its_socket(self) -> bool:
        """Whether it runs and is ready, but nobody can reach it any more: something removed its socket (a cleaner, an older server's end)."""
        with contextlib.suppress(OSError, IndexError):
            ready = (self.data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
            return ready and self.postmaster() is not None and not (self.store.path / "run" / f".s.PGSQL.{config.PORT}").exists()
        return False

    def _is_ours(self, pid: int) -> bool:
        """Whether this process is a PostgreSQL working in our data folder."""
        proc = Path("/proc")
        if not (proc / "self").exists():
            said = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], env=CLEAN, capture_output=True, text=True).stdout
            return str(self.data) in said
        with contextlib.suppress(OSError):
            program = os.readlink(proc / str(pid) / "exe").removesuffix(" (deleted)")
            return Path(program).name == "postgres" and os.readlink(proc / str(pid) / "cwd") == str(self.data)
        return False

    # ------------------------------------------------------------------ making and starting

    def make(self) -> None:
        """Makes the cluster beside its place and puts it there, so that half a cluster is never started."""
        programs = binaries.for_server(self.store, self.account)
        # A name of its own each time: the initdb of a starter that was killed may still run, and clears up what it takes for its own.
        part = self.store.path / f"{PART}-{secrets.token_hex(4)}"
        word = part / "word"
        self._clear_parts()
        command = [programs.program("initdb"), "--pgdata", str(part / "data"), "--username", SUPERUSER, "--pwfile", str(word)]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums"]
        if programs.major >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            self.store.folder(part.name, of_server=True)
            with os.fdopen(os.open(word, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(self.store.password("superuser"))
                if os.geteuid() == 0:
                    os.fchown(file.fileno(), self.account.uid, self.account.gid)
            made = subprocess.run(
                command, cwd="/", env=CLEAN, umask=0o077, stdin=subprocess.DEVNULL, capture_output=True, text=True, **self.account.as_arguments()
            )
            if made.returncode:
                raise self._failure(made.stderr + made.stdout)
            os.replace(part / "data", self.data)
        except PermissionError as fault:
            raise Refused("postgres-binaries-broken", path=command[0]) from fault
        except OSError as fault:
            raise _os_refusal(fault, part) from fault
        finally:
            self._clear_parts()

    def _clear_parts(self) -> None:
        for part in self.store.path.glob(f"{PART}*"):
            shutil.rmtree(part, ignore_errors=True)

    def launch(self) -> None:
        """Starts the postmaster, apart from this process and its terminal. Does not wait for it."""
        programs = binaries.for_server(self.store, self.account)
        made_by = int((self.data / "PG_VERSION").read_text().split(".")[0])
        if made_by != programs.major:
            raise Refused("postgres-other-version", path=self.data, made_by=made_by, present=programs.major)
        self._clear_stale()
        self.store.folder("log", 0o711 if os.geteuid() == 0 else 0o700)
        self.store.folder("log/server", of_server=True)
        file = config.write(self.store)
        lock = os.open(self.store._lock_file("server"), os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (self.log / "start.log").unlink(missing_ok=True)
            with open(self.log / "start.log", "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as said:
                process = subprocess.Popen(
                    [programs.program("postgres"), "-D", str(self.data), "-c", f"config_file={file}"],
                    cwd="/",
                    env=CLEAN,
                    umask=0o077,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    start_new_session=True,
                    pass_fds=(lock,),
                    **self.account.as_arguments(),
                )
            process.returncode = 0  # it outlives us on purpose: no warning about it when this process ends
            STARTED.append(process.pid)
            with contextlib.suppress(AttributeError, OSError):
                resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))  # no memory with people in it on the disk
        except PermissionError as fault:
            raise Refused("postgres-binaries-broken", path=programs.folder) from fault
        except OSError as fault:
            raise _os_refusal(fault, self.log) from fault
        finally:
            os.close(lock)

    def wait(self) -> bool:
        """Until it answers: True. False when it went instead, which is a fault only for who has just started it."""
        limit = time.monotonic() + LONGEST_START
        orphaned_since = None
        while time.monotonic() < limit:
            if self.ping() == "ok":
                return True
            if not self.is_alive():
                return False
            if self.postmaster() is None:  # starting (no pid file yet), or the postmaster was killed and its children linger
                orphaned_since = orphaned_since or time.monotonic()
                if time.monotonic() - orphaned_since > ORPHANS_GO:
                    self._end_orphans()
            else:
                orphaned_since = None
            time.sleep(0.01)
        raise Refused("postgres-still-starting", seconds=LONGEST_START, path=self.log)

    def stop(self) -> bool:
        """Fast shutdown: open transactions are rolled back, everything is written. False when none was running."""
        if not self.is_alive():
            return False
        for how, seconds in ((signal.SIGINT, FAST_STOP), (signal.SIGQUIT, HARD_STOP)):
            pid = self.postmaster()
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, how)
            limit = time.monotonic() + seconds
            while time.monotonic() < limit:
                if not self.is_alive():
                    return True
                time.sleep(0.01)
        self._end_orphans()
        if self.is_alive():
            raise Refused("postgres-stop-failed", path=self.store.path)
        return True

    def why_it_went(self) -> Refused:
        """What the server said before it ended, as a refusal."""
        with contextlib.suppress(OSError):
            texts = [(self.log / "start.log").read_text(errors="replace")]
            newest = max((self.log / "server").iterdir(), key=lambda path: path.stat().st_mtime, default=None)
            if newest:
                texts.append(newest.read_text(errors="replace")[-4000:])
            return self._failure("\n".join(texts))
        return self._failure("")

    def _failure(self, said: str) -> Refused:
        if "No space left on device" in said or "Disk quota exceeded" in said:
            return Refused("store-disk-full", path=self.store.path, free_mb=shutil.disk_usage(self.store.path).free >> 20)
        if "Cannot allocate memory" in said or "could not create shared memory" in said:
            return Refused("postgres-no-memory", path=self.log)
        lines = [line for line in said.splitlines() if any(word in line for word in ("FATAL:", "PANIC:", "initdb: error:"))]
        last = lines[-1] if lines else next((line for line in reversed(said.splitlines()) if line.strip()), "—")
        return Refused("postgres-start-failed", fault=last.strip(), path=self.log)

    def _clear_stale(self) -> None:
        """Removes pid files whose number another program has been given since: PostgreSQL would take it for a server."""
        for path in (self.data / "postmaster.pid", self.run / f".s.PGSQL.{config.PORT}.lock"):
            with contextlib.suppress(OSError, ValueError):
                pid = abs(int(path.read_text().split("\n", 1)[0]))
                if not self._is_ours(pid):
                    path.unlink()

    def _end_orphans(self) -> None:
        """Ends server processes that outlived their postmaster; the next start recovers what they had not written."""
        with contextlib.suppress(FileNotFoundError):
            for one in Path("/proc").iterdir():
                if one.name.isdigit() and self._is_ours(int(one.name)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(one.name), signal.SIGKILL)


def _bury() -> None:
    for pid in list(STARTED):
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                continue
        STARTED.remove(pid)
