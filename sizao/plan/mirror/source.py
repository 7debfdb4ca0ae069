"""The PostgreSQL side of a refresh: one snapshot, what may have changed since the last one, and rows streamed out as CSV."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from django.db import connections

from sizao.kernel import courtesy

from .layout import SMALL_RELATIONS, Layout

CHUNK = 96 << 20  # bytes of CSV that are taken in at once
TICKETS = 1000  # of which the last are kept


#: Takes one file of rows in.
Take = Callable[[Path], None]


@dataclass(frozen=True)
class Moment:
    """What a snapshot says of itself.

    Attributes:
        place: Cluster, database and the tables in it; another place has other changes.
        low, high: Every transaction below `low` had ended; none at or above `high` is seen.
        taken_at: When the snapshot was taken, by the database's clock.
        text: The snapshot as `Run.seen` keeps it; there is no transaction 0.
    """

    place: str
    low: int
    high: int
    zones: list[str]
    taken_at: str
    text: str


@dataclass
class Snapshot:
    """One REPEATABLE READ transaction. Everything read in it is of the same moment."""

    connection: psycopg.Connection[Any]
    folder: Path
    moment: Moment = field(init=False)

    def __post_init__(self) -> None:
        row = self.one(
            "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint, "
            "(SELECT system_identifier FROM pg_control_system())::text || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()), "
            "now()::text, s::text || '/0' FROM pg_current_snapshot() s"
        )
        zones = [z for (z,) in self.connection.execute("SELECT DISTINCT zone FROM kernel_area")]
        self.moment = Moment(row[2], row[0], row[1], sorted(zones) or ["Asia/Shanghai"], row[3], row[4])

    def one(self, sql: str, parameters: tuple[Any, ...] | None = None) -> tuple[Any, ...]:
        row = self.connection.execute(sql, parameters).fetchone()
        assert row is not None
        return tuple(row)

    def has_ticket(self, ticket: str) -> bool:
        return bool(self.one("SELECT EXISTS (SELECT 1 FROM plan_mirror_ticket WHERE ticket = %s::uuid)", (ticket,))[0])

    def files(self, layout: Layout) -> dict[str, str]:
        """Each facts table's own storage. TRUNCATE, or a table made anew, changes it."""
        names = [relation for f in layout.facts.values() for relation in (f.table.relation, f.table.history)]
        found = self.connection.execute(
            "SELECT relname, oid::text || ':' || relfilenode FROM pg_class WHERE oid = ANY (%s::regclass[])", [names]
        )
        return dict(found.fetchall())

    def prints(self) -> dict[str, str]:
        """A sum over each of the small tables that differs when any row of it does."""
        return {
            relation: str(self.one(f"SELECT count(*) || ':' || coalesce(sum(hashtextextended({what}::text, 0)), 0) FROM {relation} t")[0])
            for relation, what in {
                r: "t" if r != "kernel_area" else "(t.id, t.parent_id, t.level, t.code, t.zone, t.path)" for r in SMALL_RELATIONS.values()
            }.items()
        }

    def chunks(self, select: str, largest: int | None = None) -> Iterator[Path]:
        """The rows of a SELECT as CSV files of a bounded size. Whoever takes a file deletes it."""
        largest = largest or CHUNK
        with self.connection.cursor() as cursor, cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT csv)") as copy:
            blocks = iter(copy)
            block = next(blocks, None)
            while block is not None:
                path = self.folder / f"{uuid4().hex}.csv"
                size = 0
                with path.open("wb", buffering=1 << 20) as file:
                    while block is not None and size < largest:
                        size += file.write(block)
                        block = next(blocks, None)
                yield path

    def feed(self, jobs: Iterable[tuple[Take, str]]) -> Iterator[tuple[Take, Path]]:
        """The files of each job's SELECT, in order, with whoever takes them; the next is being read while one is worked on."""
        ready: queue.Queue[tuple[Take, Path] | BaseException | None] = queue.Queue(2)
        stop = threading.Event()

        def put(item: tuple[Take, Path] | BaseException | None) -> bool:
            while not stop.is_set():
                try:
                    ready.put(item, timeout=0.2)
                    return True
                except queue.Full:
                    continue
            return False

        def read() -> None:
            try:
                for take, select in jobs:
                    for path in self.chunks(select):
                        if not put((take, path)):
                            return
                put(None)
            except BaseException as fault:
                put(fault)

        reader = threading.Thread(target=read, name="mirror", daemon=True)
        reader.start()
        try:
            while (item := ready.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            stop.set()
            reader.join()


def leave_ticket(connection: psycopg.Connection[Any]) -> str:
    """A mark in PostgreSQL that a copy was taken, on the disk together with everything that the copy has seen.

    A database that was put back to an earlier state does not know the mark: then the mirror is ahead of it, and copies everything again.
    """
    ticket = str(uuid4())
    with connection.transaction():
        connection.execute("SET LOCAL synchronous_commit = on")
        row = connection.execute("INSERT INTO plan_mirror_ticket (ticket) VALUES (%s::uuid) RETURNING no", [ticket]).fetchone()
        assert row is not None
        if row[0] % 100 == 0:
            connection.execute("DELETE FROM plan_mirror_ticket WHERE no < %s", [row[0] - TICKETS])
    return ticket


@contextmanager
def connected() -> Iterator[psycopg.Connection[Any]]:
    """A connection of our own, as the application: Django's may be inside a transaction."""
    with psycopg.connect(
        **{**connections["default"].get_connection_params(), "connect_timeout": 10, "autocommit": True, "cursor_factory": psycopg.Cursor}
    ) as connection:
        courtesy.likewise(connection)
        yield connection


@contextmanager
def snapshot(connection: psycopg.Connection[Any], folder: Path) -> Iterator[Snapshot]:
    """What every transaction that had ended by now has written, and nothing else."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield Snapshot(connection, folder)
