"""Whose the mirror is: one process at a time, by an advisory lock in PostgreSQL. The worker holds it; a command line when no worker runs."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from sizao.kernel.errors import Refused

from . import source

LOCK = 4_205_030
FILE = "mirror.duckdb"
LOG = "128MB"  # of changes that are not yet in their place in the file; a run puts them there in the end, when nobody waits any more


def share() -> str:
    """An eighth of the machine's memory, at least 1 GB and at most 4: what DuckDB may use where nobody says otherwise.

    What of a run does not fit goes to the disk and comes back: of a city of two million with 1 GB some 0.6 GB, with one processor second in ten spent on it.
    """
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        whole = 0
    with contextlib.suppress(OSError, ValueError):
        whole = min(whole, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))  # a container's; "max" is no number
    return f"{min(4000, max(1000, whole // 8_000_000))}MB"


class Owner:
    """Holds the lock while it lives: `take` gets it or is refused, `keep` makes sure that it was not lost with its connection."""

    def __init__(self) -> None:
        self._held: contextlib.ExitStack | None = None
        self._connection: psycopg.Connection[Any] | None = None

    def take(self) -> None:
        """Refused mirror-owned when somebody else has it."""
        stack = contextlib.ExitStack()
        with stack:
            connection = stack.enter_context(source.connected())
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
            if not (row and row[0]):
                raise Refused("mirror-owned", process=_holder(connection))
            self._connection, self._held = connection, stack.pop_all()

    def keep(self) -> None:
        """After a restart of the server the lock is asked for again."""
        try:
            assert self._connection is not None
            self._connection.execute("SELECT 1")
        except (psycopg.Error, AssertionError):
            self.leave()
            self.take()

    def leave(self) -> None:
        held, self._held, self._connection = self._held, None, None
        if held:
            with contextlib.suppress(psycopg.Error):
                held.close()


def _holder(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute(
        "SELECT a.application_name || ' (' || l.pid || ')' FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
        "WHERE l.locktype = 'advisory' AND l.objid = %s AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        [LOCK],
    ).fetchone()
    return str(row[0]) if row else "?"


def open_file(folder: Path, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    """The file, made if absent. One that cannot be read is laid aside, and the next refresh copies everything into a new one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, folder.parent.stat().st_uid, -1)
    spill = folder / "tmp"
    shutil.rmtree(spill, ignore_errors=True)
    spill.mkdir(mode=0o700)
    config: dict[str, Any] = {
        "memory_limit": memory,
        "threads": threads,
        "checkpoint_threshold": LOG,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    path = folder / FILE
    try:
        connection = duckdb.connect(str(path), config=config)
    except duckdb.Error as fault:
        if "lock" in str(fault).lower():
            raise Refused("mirror-file-in-use", path=path) from fault
        for part in (path, path.with_name(f"{FILE}.wal")):
            if part.exists():
                part.replace(part.with_name(f"{part.name}.broken"))
        connection = duckdb.connect(str(path), config=config)
    path.chmod(0o600)
    return connection
