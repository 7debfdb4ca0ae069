"""The lines that a due report still lacks: what the unit's report before had (`lines: each`), and what its ledger names as known (`whole`).

Known are codes written in the ledger's file, the units that are part of the unit, or the persons on a roll of it on the report's day. A code needs a
line be it with 0. Where nothing is known to hold a report against, that is said, for a report without a list is not whole: nobody can tell.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from .catalogue import ledgers
from .items import Ledger

#: (unit, ledger, period, cut-off).
Key = tuple[UUID, str, date, int]
_SHOWN = "(b.id IS NULL OR (b.closed_at IS NOT NULL AND b.undone_at IS NULL))"
_LINES = f"""FROM ledgers_entry e LEFT JOIN kernel_batch b ON b.id = e.batch_id
      WHERE e.unit_id = k.unit AND e.ledger = k.ledger AND e.happened_at <= %(now)s AND {_SHOWN}"""
_CODE = """CASE k.field WHEN '' THEN e.person_id::text ELSE e."values" ->> k.field END"""
_MISSING = f"""
SELECT k.unit, k.ledger, k.period, k.slot, held.n, held.lacking
FROM unnest(%(unit)s::uuid[], %(ledger)s::text[], %(field)s::text[], %(codes)s::text[], %(roll)s::text[], %(by)s::text[], %(word)s::text[], %(parts)s::bool[], %(period)s::date[], %(slot)s::int[])
  AS k (unit, ledger, field, codes, roll, by, word, parts, period, slot)
CROSS JOIN LATERAL (
  SELECT count(*) AS n, array_agg(w.code ORDER BY w.code) FILTER (WHERE told.code IS NULL) AS lacking
  FROM (
      SELECT {_CODE} {_LINES} AND k.field <> '' AND NOT k.parts
        AND (e.period, e.slot) = (SELECT e.period, e.slot {_LINES} AND (e.period, e.slot::int) < (k.period, k.slot) ORDER BY e.period DESC, e.slot DESC LIMIT 1)
    UNION SELECT unnest(string_to_array(nullif(k.codes, ''), ','))
    UNION SELECT e.person_id::text FROM ledgers_entry e LEFT JOIN kernel_batch b ON b.id = e.batch_id
      WHERE k.roll <> '' AND e.unit_id = k.unit AND e.ledger = k.roll AND e.happened_at <= %(now)s AND {_SHOWN} AND (k.word = '' OR e."values" ->> k.by = k.word)
        AND coalesce(e."values" ->> 'starts_on', '') <= k.period::text AND coalesce(nullif(e."values" ->> 'ends_on', ''), '9999') >= k.period::text
    UNION SELECT n.id::text FROM ledgers_reportingunit n LEFT JOIN kernel_batch b ON b.id = n.batch_id
      WHERE k.parts AND n.parent_id = k.unit AND n.in_use IS DISTINCT FROM false AND n.known_from <= %(now)s AND {_SHOWN}
  ) AS w (code)
  LEFT JOIN (SELECT DISTINCT {_CODE} {_LINES} AND e.period = k.period AND e.slot = k.slot) AS told (code) ON told.code = w.code
  WHERE w.code IS NOT NULL
) AS held
"""


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a report lacks.

    Attributes:
        lines: The codes, or the ids of units or persons as text, that have no line; sorted.
        known: Whether there is anything to hold the report against: a list, a roll, a part, or a report before.
    """

    lines: tuple[str, ...] = ()
    known: bool = True


NOTHING = Lacking()


def missing(keys: Iterable[tuple[UUID, Ledger, date, int]], now: datetime) -> dict[Key, Lacking]:
    """Report → what it lacks, as it stood at `now`; whole reports are absent, and so is what no line is owed for each of.

    One statement, none where no ledger has a line for each of something.
    """
    told: list[tuple[object, ...]] = []
    for unit, one, period, slot in keys:
        if one.each or one.whole:
            roll, word = one.whole_roll
            by = (found.outcome or "") if (found := ledgers().get(roll)) is not None else ""
            told.append((unit, one.id, one.each or "", ",".join(one.whole_codes), roll, by, word, one.whole_parts, period, slot))
    if not told:
        return {}
    names = ("unit", "ledger", "field", "codes", "roll", "by", "word", "parts", "period", "slot")
    asked = dict(zip(names, map(list, zip(*told, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, asked | {"now": now})
        return {
            (unit, ledger, period, slot): Lacking(tuple(lines or ()), n > 0)
            for unit, ledger, period, slot, n, lines in cursor.fetchall()
            if lines or not n
        }
