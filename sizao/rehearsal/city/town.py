"""Where a city is made: a database in memory, chance that follows from the seed alone, and files at the end.

Chance is a hash of (seed, what for, whom): whoever asks the same gets the same, in whatever order and on however many processors. It is
hashed twice: hashes of several values are otherwise an exclusive or of each, and two chances of one person would hang together.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb

from sizao.kernel.content_dir import content_dir
from sizao.kernel.marked import plain

from .sizes import SIZES, Size

MACROS = """
CREATE MACRO u(what, a) AS (hash(hash({seed}, what, a)) >> 11)::DOUBLE / 9007199254740992.0;
CREATE MACRO u2(what, a, b) AS (hash(hash({seed}, what, a, b)) >> 11)::DOUBLE / 9007199254740992.0;
CREATE MACRO pick(n, what, a) AS CAST(floor(u(what, a) * n) AS BIGINT);
CREATE MACRO pick2(n, what, a, b) AS CAST(floor(u2(what, a, b) * n) AS BIGINT);
CREATE MACRO after_hours(t, h) AS CAST(t AS TIMESTAMP) + to_minutes(CAST(floor(h * 60) AS BIGINT));
CREATE MACRO between_times(a, b, share) AS CAST(a AS TIMESTAMP) + to_minutes(CAST(floor(date_diff('minute', CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP)) * share) AS BIGINT));
CREATE MACRO day_of(n) AS DATE '{first}' + CAST(n AS INTEGER);
CREATE MACRO called(what, a) AS CASE what {called} END;
"""


def rates() -> dict[str, Any]:
    """How people behave: the jurisdiction's own figures where it has any, else the package's."""
    return invented("conduct")


def words() -> dict[str, list[str]]:
    """What stands on the city's papers: for what → the texts that one is drawn from; in both languages, one after the other."""
    return {what: [" · ".join(text.values()) for text in texts] for what, texts in invented("words").items() if isinstance(texts, list)}


def invented(name: str) -> dict[str, Any]:
    """A file of `content/rehearsal`: the jurisdiction's own where it has one."""
    own = os.environ.get("SIZAO_CONTENT")
    places = [folder / "rehearsal" / f"{name}.yaml" for folder in ([Path(own)] if own else []) + [content_dir()]]
    found: dict[str, Any] = plain(next(p for p in places if p.is_file()).read_text(encoding="utf-8"))
    return found


def _drawn(texts: list[str]) -> str:
    """An expression that draws one of the texts for `a`."""
    listed = ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
    return f"[{listed}][1 + pick({len(texts)}, 'called ' || what, a)]"


class Town:
    """A city in the making. `first` is its first day, `end` the midnight that closes its last."""

    def __init__(self, size: str, days: int, seed: int, first: date):
        self.size: Size = SIZES[size]
        self.days, self.seed, self.first = days, seed, first
        self.begin = datetime.combine(first, time())
        self.end = self.begin + timedelta(days=days)
        self.db = duckdb.connect(config={"threads": 2})
        called = " ".join(f"WHEN '{what}' THEN {_drawn(texts)}" for what, texts in words().items())
        self.db.execute(MACROS.format(seed=int(seed), first=first.isoformat(), called=called))
        self.rates = rates()

    def run(self, sql: str, **values: Any) -> None:
        """Runs statements; `{begin}`, `{end}`, `{days}` and what else is named are put in as literals."""
        known = {"begin": f"TIMESTAMP '{self.begin}'", "end": f"TIMESTAMP '{self.end}'", "days": self.days, "persons": self.size.persons, **values}
        self.db.execute(sql.format(**known))

    def table(self, name: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        """A table from rows that were made one by one."""
        self.db.execute(f"CREATE TABLE {name} ({columns})")
        found = list(rows)
        if found:
            marks = ", ".join("?" for _ in found[0])
            self.db.executemany(f"INSERT INTO {name} VALUES ({marks})", found)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.db.execute(sql).fetchall()

    def write(self, folder: Path, name: str, sql: str) -> None:
        """A columnar file, in an order that is always the same."""
        folder.mkdir(parents=True, exist_ok=True)
        place = str(folder / f"{name}.parquet").replace("'", "''")
        self.db.execute(f"COPY ({sql}) TO '{place}' (FORMAT parquet, COMPRESSION zstd)")
