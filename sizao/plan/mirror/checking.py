"""Whether the mirror still equals the registers: counts and sums of every column, of both, in one snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb

from .layout import Column, Layout, Source, quoted
from .source import Snapshot

SUMS = {  # by type: what is summed there, and what here
    "BIGINT": ("sum({0}::numeric)", "sum({0})"),
    "INTEGER": ("sum({0}::numeric)", "sum({0})"),
    "DATE": ("sum({0} - DATE '1970-01-01')", "sum({0} - DATE '1970-01-01')"),
    "TIMESTAMP": (
        "sum(CASE WHEN isfinite({0}) THEN extract(epoch FROM {0}) * 1000000 END)",
        "sum(CASE WHEN isfinite({0}) THEN epoch_us({0}) END)",
    ),
    "VARCHAR": ("sum(length({0}))", "sum(length({0}))"),
    "BOOLEAN": ("count(*) FILTER (WHERE {0})", "count(*) FILTER (WHERE {0})"),
}


def differing(duck: duckdb.DuckDBPyConnection, snapshot: Snapshot, layout: Layout) -> Iterator[str]:
    """Names of the mirror's tables that differ from the snapshot."""
    for table in tables(layout):
        if _theirs(snapshot, table) != _ours(duck, table):
            yield table.name


def tables(layout: Layout) -> Iterator[Source]:
    for facts in layout.facts.values():
        yield from (facts.live, facts.past)
    yield from (layout.act, layout.replaced, *layout.small.values())


def _measured(table: Source) -> list[Column]:
    return [c for c in table.columns if c.name != "act"]


def _theirs(snapshot: Snapshot, table: Source) -> list[int]:
    parts = ["count(*)"]
    for c in _measured(table):
        parts += [f"count(x.{quoted(c.name)})", *(SUMS[c.type][0].format(f"x.{quoted(c.name)}") for _ in range(c.type in SUMS))]
    return _whole(snapshot.one(f"SELECT {', '.join(parts)} FROM ({table.select()}) x"))


def _ours(duck: duckdb.DuckDBPyConnection, table: Source) -> list[int]:
    parts = ["count(*)"]
    for c in _measured(table):
        parts += [f"count(x.{quoted(c.name)})", *(SUMS[c.type][1].format(f"x.{quoted(c.name)}") for _ in range(c.type in SUMS))]
    row = duck.execute(f"SELECT {', '.join(parts)} FROM {quoted(table.name)} x").fetchone()
    assert row is not None
    return _whole(row)


def _whole(row: tuple[Any, ...]) -> list[int]:
    return [int(value or 0) for value in row]
