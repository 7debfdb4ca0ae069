"""The lines that a report of `lines: each` still lacks: each code that the unit told in its report before must be in this one, be it with 0."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from .items import Ledger

#: (unit, ledger, period, cut-off).
Key = tuple[UUID, str, date, int]
_LINES = """
  FROM ledgers_entry e LEFT JOIN kernel_batch b ON b.id = e.batch_id
  WHERE e.unit_id = k.unit AND e.ledger = k.ledger AND e.happened_at <= %(now)s AND (e.batch_id IS NULL OR (b.closed_at IS NOT NULL AND b.undone_at IS NULL))
"""
_MISSING = f"""
SELECT k.unit, k.ledger, k.period, k.slot, array_agg(lacking.code ORDER BY lacking.code)
FROM unnest(%(unit)s::uuid[], %(ledger)s::text[], %(field)s::text[], %(period)s::date[], %(slot)s::int[]) AS k (unit, ledger, field, period, slot)
CROSS JOIN LATERAL (
  SELECT e.period, e.slot {_LINES} AND (e.period, e.slot::int) < (k.period, k.slot) ORDER BY e.period DESC, e.slot DESC LIMIT 1
) AS earlier
CROSS JOIN LATERAL (
  SELECT e."values" ->> k.field {_LINES} AND e.period = earlier.period AND e.slot = earlier.slot
  EXCEPT
  SELECT e."values" ->> k.field {_LINES} AND e.period = k.period AND e.slot = k.slot
) AS lacking (code)
WHERE lacking.code IS NOT NULL
GROUP BY k.unit, k.ledger, k.period, k.slot
"""


def missing(keys: Iterable[tuple[UUID, Ledger, date, int]], now: datetime) -> dict[Key, tuple[str, ...]]:
    """Report → the codes of `each` that the unit's report before had and this one has not, as it stood at `now`; whole reports are absent.

    A unit's first report has nothing to be held against. One statement, none where no ledger has a line for each of something.
    """
    asked = [(unit, one.id, one.each, period, slot) for unit, one, period, slot in keys if one.each]
    if not asked:
        return {}
    told = dict(zip(("unit", "ledger", "field", "period", "slot"), map(list, zip(*asked, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, told | {"now": now})
        return {(unit, ledger, period, slot): tuple(codes) for unit, ledger, period, slot, codes in cursor.fetchall()}
