"""The look for records of one person: what was written since the last look against everybody, everybody against everybody when the weights changed.

It merges nobody and decides nothing: what it finds stands in the queue. Names go from PostgreSQL into a DuckDB in memory and nowhere else.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction

from sizao.kernel import clock
from sizao.kernel.codes import content_files
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7s
from sizao.kernel.marked import plain
from sizao.matching import link
from sizao.matching.weights import LEVELS, Weights
from sizao.matching.weights import weights as read_weights

from .merging import gather
from .models import Look

LOCK = 4_205_061  # held by the one look
PIECE = 20_000
#: Merges so new are looked after for what was written about the merged one at the same time; by a whole look all are.
LATELY = timedelta(hours=1)

#: Who is in the register on his own. `fresh`: written by a transaction that had not ended when the last look began. Numbers as digests, never in the open.
#: Who stands at the top of the tree is one whose area nobody told: that two are there says nothing.
_ROWS = """
SELECT p.id, p.name, p.sex, p.birth_date, coalesce(p.birth_year, (extract(year FROM p.age_on) - floor(p.age_years))::int), CASE WHEN a.parent_id IS NOT NULL THEN p.area_id END,
  hashtextextended(p.household_id::text, 0), hashtextextended(encode(coalesce(d.mark, p.national_id_index), 'hex'), 0), hashtextextended(encode(coalesce(t.mark, p.phone_index), 'hex'), 0),
  p.change_xid::text::bigint >= %(low)s
FROM population_person p JOIN kernel_area a ON a.id = p.area_id
LEFT JOIN population_restored d ON d.person_id = p.id AND d.field = 'national_id' LEFT JOIN population_restored t ON t.person_id = p.id AND t.field = 'phone'
WHERE p.same_as_id IS NULL AND (p.batch_id IS NULL OR p.batch_id IN (SELECT id FROM kernel_batch WHERE closed_at IS NOT NULL AND undone_at IS NULL))
"""

#: The key fields of a person as one digest: when it is another, what was decided about him is asked again.
_MARK = """
SELECT p.id, md5(concat_ws('|', lower(p.name), p.sex, p.birth_date, p.birth_year, encode(p.national_id_index, 'hex'), encode(p.phone_index, 'hex')))
FROM population_person p WHERE p.id = ANY(%s::uuid[])
"""

_KEEP = """
INSERT INTO population_pair (id, one_id, other_id, bits, levels, mark, state, found_at, reason)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::float8[], %s::jsonb[], %s::text[], array_fill('open'::text, ARRAY[%s]), array_fill(%s::timestamptz, ARRAY[%s]), array_fill(''::text, ARRAY[%s]))
ON CONFLICT (one_id, other_id) DO UPDATE SET bits = EXCLUDED.bits, levels = EXCLUDED.levels, mark = EXCLUDED.mark,
  state = CASE WHEN population_pair.state IN ('different', 'unknown') AND population_pair.mark = EXCLUDED.mark THEN population_pair.state ELSE 'open' END,
  asked_again_at = CASE WHEN population_pair.state IN ('different', 'unknown') AND population_pair.mark <> EXCLUDED.mark THEN EXCLUDED.found_at ELSE population_pair.asked_again_at END
WHERE (population_pair.bits, population_pair.mark) IS DISTINCT FROM (EXCLUDED.bits, EXCLUDED.mark) OR population_pair.state = 'gone'
"""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look did: persons in the register, those that were new to it, pairs compared, pairs found likely enough to ask, keys that too many share, seconds."""

    persons: int = 0
    fresh: int = 0
    compared: int = 0
    found: int = 0
    left_out: int = 0
    seconds: float = 0.0


@cache
def _shipped() -> tuple[dict[str, Any], str]:
    text = content_files("linkage")["persons"]
    return plain(text), hashlib.sha256(text.encode()).hexdigest()[:16]


def weights() -> Weights:
    """The weights and thresholds in force today. Refused linkage-weights."""
    try:
        return read_weights(_shipped()[0], clock.now().date())
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Refused("linkage-weights", faults=str(fault)) from None


def look(*, whole: bool = False, threads: int = 1) -> Looked | None:
    """One look; None where another is under way. Nothing is written where nothing was told since the last one."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None
    try:
        gather(None if whole else clock.now() - LATELY)
        return _look(weights(), whole, threads, began)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _look(w: Weights, whole: bool, threads: int, began: float) -> Looked:
    row, _ = Look.objects.get_or_create(pk=1)
    digest = f"{_shipped()[1]}/{hash((w.doubtful, w.probable))}"
    low = 0 if whole or row.weights != digest else row.low
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        high = cursor.fetchone()[0]
        cursor.execute("SELECT EXISTS (SELECT 1 FROM population_person WHERE change_xid >= %s::text::xid8 AND same_as_id IS NULL)", [low])
        if not cursor.fetchone()[0]:
            return Looked()
        cursor.execute(_ROWS, {"low": low})
        rows = cursor.fetchall()
    ids = [r[0] for r in rows]
    fresh = [r[9] for r in rows]
    found = link.Linked([], 0, 0)
    if len(rows) > 1 and any(fresh):
        duck = link.connect(threads)
        try:
            _fill(duck, rows)
            del rows
            found = link.link(duck, w)
        finally:
            duck.close()
    told = Looked(len(ids), sum(fresh), found.compared, len(found.pairs), found.left_out, round(time.monotonic() - began, 3))
    with transaction.atomic():
        _keep(ids, found.pairs, {pk for pk, new in zip(ids, fresh, strict=True) if new})
        Look.objects.filter(pk=1).update(
            low=high, weights=digest, at=clock.now(), persons=told.persons, fresh=told.fresh, compared=told.compared, found=told.found, left_out=told.left_out, seconds=told.seconds
        )
    return told


def _fill(duck: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    columns = list(zip(*rows, strict=True))

    def told(at: int) -> Any:
        return np.array(columns[at], dtype=object)

    def number(at: int) -> tuple[Any, Any]:
        return np.array([0 if v is None else v for v in columns[at]], dtype=np.int64), np.array([v is not None for v in columns[at]], dtype=bool)

    arrays: dict[str, Any] = {"n": np.arange(len(rows), dtype=np.int32), "name": told(1), "sex": told(2), "fresh": np.array(columns[9], dtype=bool)}
    arrays["birth"] = np.array([None if v is None else v.isoformat() for v in columns[3]], dtype=object)
    for name, at in (("year", 4), ("area", 5), ("home", 6), ("document", 7), ("phone", 8)):
        arrays[name], arrays[f"{name}_told"] = number(at)
    duck.register("told", arrays)
    kinds = {"year": "INTEGER", "area": "BIGINT", "home": "UBIGINT", "document": "UBIGINT", "phone": "UBIGINT"}
    numbers = ", ".join(f"CASE WHEN {c}_told THEN {f'{c}::{kind}' if kind != 'UBIGINT' else f'hash({c})'} END AS {c}" for c, kind in kinds.items())
    duck.execute(f"CREATE TABLE person AS SELECT n, name, sex, TRY_CAST(birth AS DATE) AS birth, {numbers}, fresh FROM told")
    duck.unregister("told")


def _keep(ids: Sequence[UUID], pairs: Sequence[tuple[Any, ...]], fresh: set[UUID]) -> None:
    """Pairs into the queue, each once; those of somebody who was written since and is no longer like the other are gone."""
    import json

    marks: dict[UUID, str] = {}
    people = sorted({ids[n] for pair in pairs for n in pair[:2]})
    kept = []
    with connection.cursor() as cursor:
        for start in range(0, len(people), PIECE):
            cursor.execute(_MARK, [people[start : start + PIECE]])
            marks |= dict(cursor.fetchall())
        for one, other, bits, *levels in pairs:
            a, b = sorted((ids[one], ids[other]))
            said = {field: level for field, level in zip(LEVELS, levels, strict=True) if level is not None}
            kept.append((a, b, round(bits, 2), json.dumps(said), f"{marks[a]}{marks[b]}"))
        now = clock.now()
        for start in range(0, len(kept), PIECE):
            some = kept[start : start + PIECE]
            columns = [list(c) for c in zip(*some, strict=True)]
            cursor.execute(_KEEP, [uuid7s(len(some)), *columns, len(some), now, len(some), len(some)])
        if fresh:
            cursor.execute("CREATE TEMP TABLE found_now (one uuid, other uuid) ON COMMIT DROP")
            if kept:
                cursor.execute("INSERT INTO found_now SELECT * FROM unnest(%s::uuid[], %s::uuid[])", [[k[0] for k in kept], [k[1] for k in kept]])
            cursor.execute(
                "UPDATE population_pair q SET state = 'gone' WHERE q.state = 'open' AND (q.one_id = ANY(%s::uuid[]) OR q.other_id = ANY(%s::uuid[])) "
                "AND NOT EXISTS (SELECT 1 FROM found_now f WHERE f.one = q.one_id AND f.other = q.other_id)",
                [list(fresh), list(fresh)],
            )
            cursor.execute("DROP TABLE found_now")
