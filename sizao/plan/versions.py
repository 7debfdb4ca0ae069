"""Writing a run: only what differs from the last standing run, in the transaction of whoever calls.

    with transaction.atomic(), connection.cursor() as cursor:
        writing = Writing(cursor, run)
        ...rows into writing.now(Cell), writing.now(Row)...      # everything; or, with writing.gone(Cell), only what differs
        writing.settle()

What the last one found and this one did not find again ends with this run; what it found anew begins with it. One key may stand for several rows (all
parts of a list's line): they end and begin together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from .models import STILL, Amount, Cell, Figure, Row, Run

Kept = type[Cell] | type[Amount] | type[Figure] | type[Row]

LINE = 4_205_031  # the lock under which standing runs are written, one after another
MODELS: tuple[Kept, ...] = (Cell, Amount, Figure, Row)
#: What a version is of. `day` is null where a figure is of all days.
KEYS: dict[Kept, tuple[str, ...]] = {
    Cell: ("enactment", "measure", "area_id"),
    Amount: ("enactment", "measure", "area_id", "unit"),
    Figure: ("enactment", "measure", "area_id", "name", "coalesce({0}day, '-infinity')"),
    Row: ("enactment", "measure", "subject", "occasion"),
}
#: What a row that ends said: with these it is found along the index of lists. Whoever does not know them leaves them out.
FOUND: dict[Kept, tuple[str, ...]] = {Row: ("state", "doable", "due")}
RUNS_KEPT, ROWS_KEPT = 48, 3  # runs whose cells, and whose rows, are kept; of older ones the last of each day


class Writing:
    """What one run leaves, on its way.

    A standing run takes its place in the line here: whoever else writes one waits until this transaction ends. One that began before the last of the line
    and comes to write after it is too late for the line: it stands alone (`run.standing` becomes false), and pages answer from the newer.

    Attributes:
        before: The last run of the line, of which this one is the next; None where there is none, or this run stands alone.
    """

    def __init__(self, cursor: Any, run: Run):
        self.cursor, self.run = cursor, run
        self.before: Run | None = None
        self.begun: set[str] = set()
        if run.standing:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LINE])
            last = Run.objects.filter(standing=True).exclude(pk=run.pk).order_by("-pk").first()
            run.standing = last is None or last.pk < run.pk
            self.before = last if run.standing else None

    def now(self, model: Kept) -> str:
        """A table for what the run found, with the model's columns but for the run's."""
        return self._begin(f"now_{model._meta.db_table}", f"SELECT {', '.join(columns(model))} FROM {model._meta.db_table}")

    def gone(self, model: Kept) -> str:
        """A table for the keys of what the last run found and this one found otherwise, or not at all; of rows also for what is in `FOUND`, each that stands
        under the key. Where it is asked for, `now` is to hold only what differs."""
        found = "".join(f", t.{name}" for name in FOUND.get(model, ()))
        return self._begin(f"gone_{model._meta.db_table}", f"SELECT {_keys(model)}{found} FROM {model._meta.db_table} t")

    def _begin(self, name: str, select: str) -> str:
        if name not in self.begun:
            self.begun.add(name)
            self.cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}; CREATE TEMP TABLE {name} ON COMMIT DROP AS {select} WITH NO DATA")
        return name

    def settle(self) -> None:
        """Ends what is no longer so, and lets the new begin."""
        self.cursor.execute("SET LOCAL enable_nestloop = on")  # few are looked for among many
        for model in MODELS:
            table, names, number = model._meta.db_table, ", ".join(columns(model)), int(self.run.pk)
            whole = f"gone_{table}" not in self.begun
            if self.before is None:  # alone, or the first
                until = STILL if self.run.standing else number
                if f"now_{table}" in self.begun:
                    self.cursor.execute(f"INSERT INTO {table} (run_id, until, {names}) SELECT {number}, {until}, {names} FROM now_{table}")
                continue
            now = self.now(model)
            if whole:
                self.differ(model)
            self.cursor.execute(f"ANALYZE gone_{table}")
            same = " AND ".join(f"{key.format('t.') if '{' in key else f't.{key}'} = g.k{i}" for i, key in enumerate(KEYS[model]))
            end = f"UPDATE {table} t SET until = {number} FROM gone_{table} g WHERE t.until = {STILL} AND {same}"
            found = FOUND.get(model, ())
            if found and not whole:
                *sure, last = found  # the last may be null
                known = "".join(f" AND t.{name} = g.{name}" for name in sure)
                self.cursor.execute(f"{end}{known} AND t.{last} = g.{last}")
                self.cursor.execute(f"{end}{known} AND t.{last} IS NULL AND g.{last} IS NULL")
                self.cursor.execute(f"SELECT EXISTS (SELECT 1 FROM gone_{table} g WHERE {' OR '.join(f'g.{name} IS NULL' for name in sure)})")
                end = end if self.cursor.fetchone()[0] else ""
            if end:
                self.cursor.execute(end)
            only = f" WHERE EXISTS (SELECT 1 FROM gone_{table} g WHERE {same})" if whole else ""
            self.cursor.execute(f"INSERT INTO {table} (run_id, until, {names}) SELECT {number}, {STILL}, {names} FROM {now} t{only}")
        self.cursor.execute(" ".join(f"DROP TABLE {name};" for name in self.begun) or "SELECT 1")

    def differ(self, model: Kept) -> None:
        """Finds the keys of which anything differs, or is new, or is not there now."""
        table, names = model._meta.db_table, ", ".join(columns(model))
        self.cursor.execute(f"ANALYZE now_{table}")
        was, now = f"SELECT {names} FROM {table} WHERE until = {STILL}", f"SELECT {names} FROM now_{table}"
        both = f"({now} EXCEPT ALL {was}) UNION ALL ({was} EXCEPT ALL {now})"
        gone = self.gone(model)
        names = ", ".join(f"k{i}" for i in range(len(KEYS[model])))
        self.cursor.execute(f"INSERT INTO {gone} ({names}) SELECT DISTINCT {_keys(model)} FROM ({both}) t")


def columns(model: Kept) -> tuple[str, ...]:
    """What a version says, without its own number, its run and until when."""
    return tuple(str(f.column) for f in model._meta.concrete_fields if f.column not in ("id", "run_id", "until"))


def _keys(model: Kept) -> str:
    return ", ".join(f"{key.format('t.') if '{' in key else f't.{key}'} AS k{i}" for i, key in enumerate(KEYS[model]))


# -- what is let go


def forget() -> None:
    """Lets go of the rows of all but the last few runs, and of all of older runs but the last of each day; of the line and of those alone by themselves."""
    for standing in (True, False):
        runs = list(Run.objects.filter(standing=standing).order_by("-pk").values_list("pk", "started_at", "rows_kept"))
        stale = [pk for pk, _, kept in runs[ROWS_KEPT:] if kept]
        if stale and standing:
            _unseen(Row, [pk for pk, *_ in runs[:ROWS_KEPT]], [pk for pk, *_ in runs[ROWS_KEPT:]])
        elif stale:
            _alone(Row, stale)
        Run.objects.filter(pk__in=stale).update(rows_kept=False)
        gone = _older([(pk, started) for pk, started, _ in runs])
        if gone:
            kept = [pk for pk, *_ in runs if pk not in set(gone)]
            for model in (Cell, Amount, Figure):
                _unseen(model, kept, gone) if standing else _alone(model, gone)
            Run.objects.filter(pk__in=gone)._raw_delete("default")


def _older(runs: Sequence[tuple[int, datetime]]) -> list[int]:
    """Of runs, the newest first, those that are not kept."""
    days: set[object] = set()
    gone = []
    for pk, started in runs[RUNS_KEPT:]:
        day = (started + timedelta(hours=8)).date()
        if day in days:
            gone.append(pk)
        days.add(day)
    return gone


def _unseen(model: Kept, kept: Sequence[int], gone: Sequence[int]) -> None:
    """Deletes what only runs saw that are gone: it began after the kept run before them, and had ended by the next kept one."""
    gaps = {(max((k for k in kept if k < pk), default=0), min(k for k in kept if k > pk)) for pk in gone}
    for before, after in sorted(gaps):
        model.objects.filter(until__gt=before, until__lte=after, run__gt=before).exclude(until=F("run_id"))._raw_delete("default")


def _alone(model: Kept, gone: Sequence[int]) -> None:
    model.objects.filter(until__in=gone, run__in=gone)._raw_delete("default")
