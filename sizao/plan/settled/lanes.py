"""Lanes: measures evaluated beside each other, one for each thread of the engine, each with a connection and a core of its own.

Two threads within one statement help less than two statements: planning is done by one thread, small tables are read by one, and what two have counted
must be put together. A cycle over ten million persons takes 16 processor seconds with one thread a statement, 22 with two (docs/decisions/011).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import duckdb

SHELF = "shelf"  # a database in memory that every lane sees


Item = TypeVar("Item")
Taker = TypeVar("Taker", contravariant=True)


class Lane(Protocol[Taker]):
    """Takes one item after another; is closed when there are no more."""

    def take(self, item: Taker) -> None: ...
    def close(self) -> None: ...


class Lanes:
    """For as long as it is entered: the shelf is there, and a statement has one thread.

    What a lane is to read must have been committed, and what is temporary to `db` it does not see.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection):
        self.db = db
        row = db.execute("SELECT current_setting('threads')").fetchone()
        self.count = max(1, int(row[0])) if row else 1

    def __enter__(self) -> Lanes:
        self.db.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {SHELF}")
        self.threads(1)
        return self

    def __exit__(self, *_: object) -> None:
        self.threads(self.count)
        self.db.execute(f"DETACH {SHELF}")

    def threads(self, count: int) -> None:
        self.db.execute(f"SET threads = {count}")

    def work(self, lane: Callable[[duckdb.DuckDBPyConnection], Lane[Item]], items: Sequence[Item], large: Callable[[Item], bool]) -> None:
        """Has every item taken by one of the lanes, in their order: if the longest come first, what is short fills up the end. The first lane begins with
        the large ones, so that no two of them are worked on beside each other as long as there is anything else. After a fault in any lane all stop, and it
        is raised.
        """
        first_of_all, left, faults = deque(i for i in items if large(i)), deque(i for i in items if not large(i)), list[BaseException]()
        cursors = [self.db.cursor() for _ in range(min(self.count, max(1, len(items))))]
        guard = threading.Lock()

        def following(first: bool) -> Item | None:
            with guard:
                source = first_of_all if first_of_all and (first or not left) else left
                return source.popleft() if source and not faults else None

        def drive(i: int) -> None:
            try:
                own = lane(cursors[i])
                while (item := following(i == 0)) is not None:
                    own.take(item)
                own.close()
            except BaseException as fault:
                faults.append(fault)
                for other in cursors:
                    if other is not cursors[i]:
                        other.interrupt()

        with ThreadPoolExecutor(max(1, len(cursors) - 1), thread_name_prefix="lane") as pool:
            others = [pool.submit(drive, i) for i in range(1, len(cursors))]
            drive(0)
            for done in others:
                done.result()
        for cursor in cursors:
            cursor.close()
        if faults:
            raise faults[0]
