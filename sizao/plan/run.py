"""A run: every plan in force, evaluated at two times; cells and rows in one transaction, so that each number is the length of the list behind it.

What of them is written is what differs from the last standing run (`versions.py`).
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from sizao.kernel import clock

from . import counting, evaluation, versions
from .language import done as forms
from .mirror.choice import chosen
from .mirror.engine import AMOUNT, CELL, COLUMNS, FIGURE, ROW, Engine
from .mirror.whole import Whole
from .models import Amount, Cell, Figure, Row, Run
from .relations import UP
from .settled.daily import Daily
from .sql import shown
from .versions import Writing

LISTED = 200_000  # rows of one list that a run keeps


def evaluate_all(as_of: datetime | None = None, known_at: datetime | None = None, *, standing: bool = True, engine: str | None = None) -> Run:
    """Evaluates everything in force at `as_of` (default: now) and keeps it as a run. `standing`: pages answer from it until the next.

    `engine`: "duckdb" on the mirror, "postgres" on the registers themselves, None by their size. On the mirror the standing run counts on settled cells:
    it evaluates what is live and what late records touched; another moment, or another knowledge, is evaluated whole beside it.
    """
    started, now = time.monotonic(), clock.now()
    as_of = as_of or now
    found = evaluation.in_force(as_of)
    daily = standing and known_at is None
    with chosen(engine, (table for f in found for table in f.measure.tables[:1])) as mirror, ExitStack() as leaving:
        refreshed = mirror.refresh(keep_before=daily) if mirror else None
        with connection.cursor() as cursor:
            # What the database has written is known, whatever its clock says; the mirror knows what was written until it was refreshed.
            moment = refreshed.moment if refreshed else None
            cursor.execute(
                "SELECT greatest(coalesce(%s::timestamptz, kernel_now()), %s), nextval(pg_get_serial_sequence('plan_run', 'id'))", [moment, now]
            )
            known, number = cursor.fetchone()
        run = Run(
            pk=number,
            as_of=as_of,
            known_at=known_at or known,
            started_at=now,
            zone=",".join(evaluation.zones()),
            editions=_editions(found),
            standing=standing,
            seen=refreshed.snapshot if refreshed else "",
        )
        too_long: dict[str, int] = {}
        on_mirror = Engine(mirror, as_of, known_at or known) if mirror else None
        if on_mirror:
            leaving.callback(on_mirror.close)  # what was worked out fills memory, also where nothing came of it
        there = [f for f in found if on_mirror and on_mirror.serves(f.measure)]
        counted, whole = None, None
        if on_mirror and refreshed and daily and len(on_mirror.zones) == 1:
            counted = Daily(on_mirror, run, LISTED)
            counted.count(there, refreshed)
        elif on_mirror:
            whole = Whole(on_mirror, there, LISTED)
            whole.count()
        with transaction.atomic(), connection.cursor() as cursor:
            writing = Writing(cursor, run)
            evaluation.steady(cursor)
            run.seen = run.seen or _seen(cursor)
            run.save(force_insert=True)
            if counted:
                too_long |= counted.write(writing)
            elif whole:
                too_long |= whole.write(writing)
            if on_mirror:
                on_mirror.close()
            for f in found:
                if f not in there:
                    cursor.execute(_keep(f, run, writing))
                    too_long |= _named(f, dict(cursor.fetchall()))
            writing.settle()
            run.unlisted_rows, run.seconds = too_long, time.monotonic() - started
            run.save(update_fields=["unlisted_rows", "seconds"])
        if counted:
            counted.remember()
        if mirror:
            mirror.tidy()
    versions.forget()
    return run


def _seen(cursor: Any) -> str:
    """What is committed now, and this very transaction, as `Run.seen` keeps it."""
    cursor.execute("SELECT pg_current_snapshot()::text || '/' || pg_current_xact_id()::text")
    return str(cursor.fetchone()[0])


def _named(f: evaluation.InForce, lists: dict[str, int]) -> dict[str, int]:
    return {f"{f.measure.id} {name}": n for name, n in lists.items()}


def _editions(found: list[evaluation.InForce]) -> list[dict[str, object]]:
    by_enactment = {f.enactment.pk: f for f in found}
    return [
        {
            "enactment": e.enactment.pk,
            "edition": e.edition.id,
            "item": e.enactment.item.ref,
            "item_id": e.enactment.item_id,
            "area": e.enactment.area.code,
            "disease": e.enactment.disease,
            "trial": e.enactment.trial,
            "measures": list(e.edition.measures),
        }
        for e in by_enactment.values()
    ]


def _keep(f: evaluation.InForce, run: Run, writing: Writing) -> str:
    """One statement: evaluates a measure, inserts its cells, amounts, figures and rows, and answers which lists were too long."""
    before, top = str(f.enactment.pk), f.enactment.area_id
    posts = "SELECT p.id, p.area_id AS area FROM kernel_post p"
    ctes = [
        f"o AS MATERIALIZED ({evaluation.statement(f, run.as_of, run.known_at, seen=run.seen)})",
        f"leaf AS MATERIALIZED ({counting.leaf_counts('o', top)})",
        f"rise AS ({counting.risen('leaf', posts, UP)})",
        f"cells AS ({_insert(writing.now(Cell), CELL)} {counting.cells('leaf', 'rise', UP, before)})",
    ]
    if isinstance(f.measure.done, forms.Amount):
        ctes.append(f"amounts AS ({_insert(writing.now(Amount), AMOUNT)} {counting.amounts('o', UP, top, before)})")
    if f.measure.shows:
        ctes.append(f"told AS MATERIALIZED ({evaluation.shown(f, 'o', run.as_of, run.known_at, run.seen)})")
        ctes.append(f"figures AS ({_insert(writing.now(Figure), FIGURE)} {shown.figures(f.measure, 'told', UP, top, before, '({0})::timestamptz')})")
    listed = ", ".join(f"o.{name}" for name in COLUMNS)
    ctes.append("sizes AS (SELECT state, count(*) AS n FROM o GROUP BY state)")
    kept = f"SELECT {before}, {listed} FROM o JOIN sizes s ON s.state = o.state AND s.n <= {LISTED} ORDER BY o.due"
    ctes.append(f"kept AS ({_insert(writing.now(Row), ROW)} {kept})")
    return f"WITH {', '.join(ctes)} SELECT state, n FROM sizes WHERE n > {LISTED}"


def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)})"
