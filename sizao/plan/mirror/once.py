"""What the measures of a run read, worked out once in it: in a statement over a few rows, planning it is nearly all that it costs, and each sub-query that
every measure writes out again is planned again.

A subject's versions are put in order once a table, the acts that stand once a kind, the nearest post once a role, since when an act is kept once an act.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import duckdb

Key = TypeVar("Key")
FEW = 100_000  # rows up to which a table, or the acts of a kind, are kept a second time as they are read; above, what is read is written over the mirror's own


class Locks:
    """A lock for each key: what one thread is making another waits for, and for nothing else."""

    def __init__(self) -> None:
        self.found: dict[Any, threading.RLock] = {}
        self.lock = threading.Lock()

    def of(self, key: Any) -> threading.RLock:
        with self.lock:
            return self.found.setdefault(key, threading.RLock())


class Asked(Mapping[Key, str]):
    """A SELECT for every key, made when it is first asked for. `keys`: which there are; None for whatever is asked."""

    def __init__(self, made: Callable[[Any], str], keys: Iterable[Key] | None = None):
        self.made, self.all = made, None if keys is None else dict.fromkeys(keys)
        self.found: dict[Any, str] = {}
        self.locks = Locks()

    def __contains__(self, key: object) -> bool:
        return self.all is None or key in self.all

    def __getitem__(self, key: Any) -> str:
        if key not in self:
            raise KeyError(key)
        if key not in self.found:
            with self.locks.of(key):
                if key not in self.found:
                    self.found[key] = self.made(key)
        return self.found[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.found if self.all is None else self.all)

    def __len__(self) -> int:
        return len(self.found if self.all is None else self.all)


class Once:
    """Tables in a database in memory that every connection to the mirror sees. Several threads may ask; each has a connection of its own meanwhile, and
    `duck` is never used itself: other threads may be at work with it."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, folder: str):
        self.duck, self.folder = duck.cursor(), folder
        self.names, self.lock = 0, threading.Lock()
        self.free: list[duckdb.DuckDBPyConnection] = []

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that nobody else uses for as long."""
        with self.lock:
            duck = self.free.pop() if self.free else self.duck.cursor()
        try:
            yield duck
        finally:
            with self.lock:
                self.free.append(duck)

    def keep(self, select: str) -> tuple[str, int]:
        """(SELECT of what was worked out, how many rows it has)."""
        with self.lock:
            self.names += 1
            name = f"{self.folder}.once_{self.names}"
        with self.cursor() as duck:
            row = duck.execute(f"CREATE OR REPLACE TABLE {name} AS {select}").fetchone()
        return f"SELECT * FROM {name}", row[0] if row else 0

    def rows(self, select: str) -> list[Any]:
        """The rows of a statement."""
        with self.cursor() as duck:
            return duck.execute(select).fetchall()

    def close(self) -> None:
        for duck in (*self.free, self.duck):
            duck.close()
