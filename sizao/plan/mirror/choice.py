"""Which engine a run takes: the mirror when the plan's tables are large and nobody else has it, PostgreSQL itself otherwise."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection

from sizao.kernel.errors import Refused
from sizao.plan.facts import vocabulary

if TYPE_CHECKING:
    from .mirror import Mirror

log = logging.getLogger("sizao.plan")

LARGE = 200_000  # rows of facts from which a copy is worth keeping; below, PostgreSQL answers in a second
_one = threading.RLock()
_held: Mirror | None = None
_holding = False


def hold() -> None:
    """From the first run on, this process keeps the mirror open: the worker."""
    global _holding
    _holding = True


@contextmanager
def chosen(engine: str | None, tables: Iterable[str]) -> Iterator[Mirror | None]:
    """The open mirror for an evaluation of these facts tables, or None for PostgreSQL.

    Args:
        engine: "duckdb" (Refused when somebody else has the mirror), "postgres", or None: what suits.
    """
    if engine == "postgres" or (engine is None and size(tables) < LARGE):
        yield None
        return
    with _one:
        try:
            mirror = _open()
        except Refused:
            if engine is not None:
                raise
            mirror = None  # the worker has it; PostgreSQL knows the same
        try:
            yield mirror
        finally:
            if mirror is not None and mirror is not _held:
                mirror.close()


def check() -> None:
    """The nightly look whether the mirror still equals the registers; what differs is copied again. Nothing to do where there is none."""
    from .mirror import default_folder

    if not default_folder().exists():
        return
    with chosen("duckdb", ()) as mirror:
        assert mirror is not None
        done = mirror.refresh(check=True)
        if done.differ:
            log.warning("the mirror differed and was copied again: %s", ", ".join(done.differ))


def _open() -> Mirror:
    global _held
    from .mirror import Mirror

    if _held is None:
        opened = Mirror.open()
        if not _holding:
            return opened
        _held = opened
    return _held


def size(tables: Iterable[str]) -> int:
    """About how many rows these facts tables have, as PostgreSQL last counted."""
    relations = [vocabulary().tables[name].relation for name in set(tables) if name in vocabulary().tables]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class WHERE oid = ANY (%s::regclass[])", [relations]
        )
        return int(cursor.fetchone()[0])
