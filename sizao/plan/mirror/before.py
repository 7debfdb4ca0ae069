"""What a refresh changed: the state before it as relations, and the subjects that it touched. Whoever keeps sums corrects them by the difference."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

import duckdb

from .layout import Facts, Layout, quoted

BATCHES = "SELECT id FROM ((FROM batch EXCEPT FROM before_batch) UNION (FROM before_batch EXCEPT FROM batch))"


class Before:
    """Keeps, within a refresh, what it overwrites."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, layout: Layout):
        self.duck, self.layout = duck, layout

    def begin(self, stirred: Iterable[str], before: Iterable[str]) -> None:
        """Nothing kept yet, of the facts tables that have something to take; what was kept last time of others goes."""
        for name in {*before, *stirred} & self.layout.facts.keys():
            f = self.layout.facts[name]
            if name not in stirred:
                for table in (f"before_{f.live.name}", f"before_{f.past.name}", f"touched_{name}"):
                    self.duck.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
                continue
            for table in (f.live.name, f.past.name):
                self.duck.execute(f"CREATE OR REPLACE TABLE {quoted('before_' + table)} AS FROM {quoted(table)} LIMIT 0")
            self.duck.execute(f"CREATE OR REPLACE TABLE {quoted('touched_' + f.table.name)} (n BIGINT)")
        for table in ("act", "replaced"):
            self.duck.execute(f"CREATE OR REPLACE TABLE new_{table} (no BIGINT)")
        self.duck.execute("CREATE OR REPLACE TABLE before_batch AS FROM batch")

    def leaves(self, f: Facts) -> None:
        """The subjects in `numbers` are about to be deleted."""
        for table in (f.live.name, f.past.name):
            self.duck.execute(f"INSERT INTO {quoted('before_' + table)} FROM {quoted(table)} WHERE id IN (SELECT n FROM numbers)")
        self.duck.execute(f"INSERT INTO {quoted('touched_' + f.table.name)} SELECT n FROM numbers")

    def comes(self, f: Facts) -> None:
        """The subjects in `staged` have been inserted."""
        self.duck.execute(f"INSERT INTO {quoted('touched_' + f.table.name)} SELECT m.n FROM staged s JOIN numbers m ON m.id = s.id")

    def acts(self, table: str) -> None:
        """The acts in `staged` are about to be inserted; some may be there already."""
        self.duck.execute(
            f"INSERT INTO new_{table} SELECT s._no FROM staged s WHERE s._no NOT IN "
            f"(SELECT _no FROM {quoted(table)} WHERE _no >= (SELECT min(_no) FROM staged))"
        )

    def resolved(self) -> None:
        """The corrections in `resolved` have found what they replace: until now they replaced nothing."""
        self.duck.execute("INSERT INTO new_replaced SELECT _no FROM replaced WHERE act IS NULL AND replaces IN (SELECT id FROM resolved)")


def sources(layout: Layout, stirred: Container[str]) -> Mapping[str, str]:
    """Table of the mirror → the same before its last refresh. `stirred`: the facts tables in which it took anything."""
    found = {"batch": "before_batch"}
    for table in ("act", "replaced"):
        found[table] = f"(FROM {table} WHERE _no NOT IN (SELECT no FROM new_{table}))"
    for name, f in layout.facts.items():
        for table in (f.live.name, f.past.name) if name in stirred else ():
            untouched = f"FROM {quoted(table)} WHERE id NOT IN (SELECT n FROM {quoted('touched_' + name)})"
            found[table] = f"({untouched} UNION ALL FROM {quoted('before_' + table)})"
    return found


def came_or_went(layout: Layout, name: str, stirred: Container[str]) -> str:
    """SELECT of the subjects of a facts table of which any version is new, differs or is gone since the last refresh."""
    f = layout.facts[name]
    parts = [f"SELECT n AS id FROM {quoted('touched_' + name)}"] if name in stirred else []
    parts += [f"SELECT t.id FROM {quoted(table.name)} t WHERE t._batch IN ({BATCHES})" for table in (f.live, f.past)]
    return " UNION ".join(parts)


def touched(layout: Layout, name: str, stirred: Container[str]) -> str:
    """SELECT of the subjects of a facts table for which the last refresh may have changed anything: their rows, their acts, or their batch."""
    acts = (
        "SELECT a.subject, a.person FROM act a WHERE a._no IN (SELECT no FROM new_act) "
        f"OR a._batch IN ({BATCHES}) OR a._no IN (SELECT act FROM replaced WHERE _no IN (SELECT no FROM new_replaced) OR _batch IN ({BATCHES}))"
    )
    f = layout.facts[name]
    parts = [came_or_went(layout, name, stirred)]
    for table in (f.live.name, f.past.name):
        parts.append(f"SELECT t.id FROM {quoted(table)} t WHERE t.id IN (SELECT subject FROM ({acts})) OR t.person IN (SELECT person FROM ({acts}))")
    return " UNION ".join(parts)
