"""What was read is shown again for as long as nothing of it has changed: for pages of figures that many look at and that ask many registers.

    shown = Unchanged(32)
    found = shown.get(key, make)      # of `make`, or what it gave before: at most a minute ago, and none of the tables that it read differs

Everything that `make` reads by a statement is noticed, table by table, so nobody has to say what a page rests on. Whether a table differs is asked of the database: one statement, a lookup in
the index of changes for each table of records (`machine.Versioned`), one look through each small table beside them (areas, batches). So nobody misses what was recorded before he looked.

The key says what else the result hangs on: the language, and what the reader may do (`rights`). Within a transaction that has written, everything is made anew and nothing is remembered. Who reads by a
statement that was prepared before says so (`noticed`). What puts a read of persons on record does it outside of `make`.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakSet

from django.db import connection

from . import clock
from .models import Area
from .scope import Scope

T = TypeVar("T")
#: How long something is shown again, at most: it speaks of a moment, and what is due by now is another thing a minute later.
LONGEST = timedelta(minutes=1)
#: Rows up to which a table without an index of its changes is looked through (2,400 areas: 0.3 ms). What reads a larger one is not shown again.
SMALL = 20_000
STAMP = "SELECT s::text, pg_snapshot_xmin(s)::text, pg_current_xact_id_if_assigned() IS NOT NULL FROM pg_current_snapshot() s"
_NAME = re.compile(r"[a-z][a-z0-9_]+")
_all: WeakSet[Unchanged[Any]] = WeakSet()
_reading: ContextVar[list[str] | None] = ContextVar("reading", default=None)


def rights(scope: Scope, area: Area) -> Hashable:
    """What this scope may do in an area and around it: two scopes of the same rights find the same there, unless their own post or user counts."""
    if scope.is_system:
        return "system"
    return frozenset((g.permissions, g.path) for g in scope.grants if g.path.startswith(area.path) or area.path.startswith(g.path))


def noticed(sql: str) -> None:
    """Tells whoever is watching what is read, for a statement of which its call does not say it."""
    said = _reading.get()
    if said is not None:
        said.append(sql)


@contextmanager
def _watched() -> Iterator[list[str]]:
    """Every statement inside the block."""
    said: list[str] = []

    def watch(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        said.append(sql if isinstance(sql, str) else sql.as_string(None))
        return execute(sql, params, many, context)

    token = _reading.set(said)
    try:
        with connection.execute_wrapper(watch):
            yield said
    finally:
        _reading.reset(token)


@dataclass(frozen=True, slots=True)
class _Made(Generic[T]):
    found: T
    at: datetime
    began: float
    statement: str
    parameters: tuple[Any, ...]


class Unchanged(Generic[T]):
    """Up to `most` results, those longest not asked for go first. For the threads of one process: who asks while another makes the same waits for
    him, and takes what the next one makes together with all who wait, whatever is being recorded meanwhile.

    `worth`: seconds below which making it is not worth remembering. `told`: tables of which the key tells all that may differ, as the number of a run tells its rows. `whole`: whether a result is
    all that was asked for; one that was cut for want of time is not shown again.
    """

    def __init__(self, most: int, worth: float = 0, told: frozenset[str] = frozenset(), whole: Callable[[T], bool] = lambda found: True) -> None:
        self.most, self.worth, self.told, self.whole = most, worth, told, whole
        self._made: OrderedDict[Hashable, _Made[T]] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()
        _all.add(self)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, or gave. One or two statements more than those of `make`; of what is shown again one."""
        if connection.in_atomic_block and _stamp().writes:
            return make()  # nor does he wait for anybody, who may be waiting for a row of his
        place = (connection.settings_dict["HOST"], connection.settings_dict["PORT"], connection.settings_dict["NAME"], connection.settings_dict["USER"])
        key, asked = (place, clock.pretended(), key), time.monotonic()
        if self.worth and key not in self._made:
            return self._remembered(key, make)
        with self._lock:
            making = self._making.setdefault(key, Lock())
        try:
            with making:
                with self._lock:
                    known = self._made.get(key)
                # what another began to make after this was asked for is as new as what would be made now
                if known is not None and (known.began >= asked or (timedelta(0) <= clock.now() - known.at <= LONGEST and not _changed(known))):
                    with self._lock:
                        if key in self._made:
                            self._made.move_to_end(key)
                    return known.found
                return self._remembered(key, make)
        finally:
            with self._lock:
                if not making.locked():
                    self._making.pop(key, None)

    def _remembered(self, key: Hashable, make: Callable[[], T]) -> T:
        at, began, stamp = clock.now(), time.monotonic(), _stamp()
        with _watched() as said:
            found = make()
        if time.monotonic() - began < self.worth or not self.whole(found):
            with self._lock:
                self._made.pop(key, None)
            return found
        made = _Made(found, at, began, *_question({word for sql in said for word in _NAME.findall(sql)} - self.told, stamp))
        with self._lock:
            self._made.pop(key, None)
            self._made[key] = made
            while len(self._made) > self.most:
                self._made.popitem(last=False)
        return found

    def forget(self) -> None:
        with self._lock:
            self._made.clear()


def forget() -> None:
    """Drops everything that this process remembers: for tests, which empty tables in ways that no service does."""
    for each in _all:
        each.forget()


class _Stamp(NamedTuple):
    """Which transactions had ended: the snapshot, below which number all had, and whether this one has written."""

    snapshot: str
    low: str
    writes: bool


def _stamp() -> _Stamp:
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
        return _Stamp(*cursor.fetchone())


def _changed(made: _Made[Any]) -> bool:
    if not made.statement:
        return False
    with connection.cursor() as cursor:
        cursor.execute(made.statement, made.parameters)
        return bool(cursor.fetchone()[0])


@lru_cache(maxsize=8)
def _tables(place: Hashable) -> dict[str, bool]:
    """Every table → whether its changes are numbered and found by an index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'change_xid' AND NOT a.attisdropped) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema()"
        )
        return dict(cursor.fetchall())


def _question(read: set[str], stamp: _Stamp) -> tuple[str, tuple[Any, ...]]:
    """SELECT of one boolean: whether anything differs in the tables among these words since that snapshot."""
    tables = _tables((connection.settings_dict["HOST"], connection.settings_dict["PORT"], connection.settings_dict["NAME"]))
    # what superseded a version stands in the table itself, or left a tombstone; and the queue of jobs shows nothing
    named = {t.removesuffix("_history") if tables.get(t.removesuffix("_history")) else t for t in read if t in tables and not t.startswith("django_")}
    numbered, others = sorted(t for t in named if tables[t]), sorted(t for t in named if not tables[t])
    parts: list[str] = []
    parameters: list[Any] = []
    # Whoever was writing when the snapshot was taken is not in it, though his number may be lower than others' that are.
    # A row that another cluster wrote, restored here, may have a number that has not come yet.
    new = "{0}.change_xid >= %s::xid8 AND {0}.change_xid < pg_snapshot_xmax(pg_current_snapshot()) AND NOT pg_visible_in_snapshot({0}.change_xid, %s::pg_snapshot)"
    for table in numbered:
        parts.append(f"EXISTS (SELECT 1 FROM {table} t WHERE {new.format('t')})")
        parameters += [stamp.low, stamp.snapshot]
    if numbered:
        parts.append(f"EXISTS (SELECT 1 FROM kernel_tombstone g WHERE g.relation = ANY (%s) AND {new.format('g')})")
        parameters += [numbered, stamp.low, stamp.snapshot]
    with connection.cursor() as cursor:
        for table in others:
            cursor.execute(f"SELECT count(*) FROM {table}")
            (n,) = cursor.fetchone()
            if n > SMALL:
                return "SELECT TRUE", ()
            parts.append(f"(SELECT count(*) <> %s OR count(*) FILTER (WHERE age(t.xmin) <= age(%s::xid8::xid)) > 0 FROM {table} t)")
            parameters += [n, stamp.low]
    return (f"SELECT {' OR '.join(parts)}", tuple(parameters)) if parts else ("", ())
