"""Statements so long that planning them takes longer than running them: each connection plans such a one once, and keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

from .unchanged import noticed

#: How many characters of statements a connection keeps; the one that was asked for longest ago goes. A plan for 80,000 takes its server process some 45 MB.
MOST = 200_000

#: Connection → its statements by name, with their lengths, the one asked for last at the end.
_kept: WeakKeyDictionary[Any, dict[str, int]] = WeakKeyDictionary()


def rows(sql: str, asked: Sequence[tuple[str, Any]] = ()) -> list[dict[str, Any]]:
    """The rows of a statement as dictionaries, by a plan that is the same whatever is asked.

    Call it inside a transaction. That plan holds for the transaction's statements after it too, where they are prepared ones.

    Arguments:
        sql: A SELECT with $1, $2, … where something is asked; a % is a plain %.
        asked: Their types of PostgreSQL and their values, in order.
    """
    assert connection.in_atomic_block
    noticed(sql)
    name = f"kept_{hashlib.sha256(sql.encode()).hexdigest()[:20]}"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        told = _kept.setdefault(connection.connection, {})
        if name not in told:
            while told and sum(told.values()) + len(sql) > MOST:
                gone = next(iter(told))
                connection.connection.execute(f"DEALLOCATE {gone}")
                del told[gone]
            connection.connection.execute(f"PREPARE {name}{_between(type_ for type_, _ in asked)} AS {sql}")
            told[name] = len(sql)
        told[name] = told.pop(name)
        cursor.execute(f"EXECUTE {name}{_between('%s' for _ in asked)}", [value for _, value in asked] or None)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _between(parts: Any) -> str:
    found = ", ".join(parts)
    return f" ({found})" if found else ""
