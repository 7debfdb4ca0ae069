"""The receiver's numbers counted by the database: what `due.owed` lists row by row, summed by ledger and area in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope

from .due import COUNTS, asked
from .rhythm import occasions

_OWED = """
WITH o (ledger, kinds, path, zone, period, slot, due, since, until) AS (
  SELECT u.ledger, string_to_array(nullif(u.kinds, ''), ','), u.path, u.zone, u.period, u.slot, u.due, u.since, u.until
  FROM unnest(%(ledger)s::text[], %(kinds)s::text[], %(path)s::text[], %(zone)s::text[], %(period)s::date[], %(slot)s::int[], %(due)s::timestamptz[], %(since)s::timestamptz[], %(until)s::timestamptz[])
    AS u (ledger, kinds, path, zone, period, slot, due, since, until)
), d AS (
  SELECT DISTINCT n.id, a.path, o.ledger, o.period, o.slot, o.due
  FROM ledgers_reportingunit n JOIN kernel_area a ON a.id = n.area_id LEFT JOIN kernel_batch b ON b.id = n.batch_id
  JOIN o ON o.zone = a.zone AND starts_with(a.path, o.path) AND (o.kinds IS NULL OR n.kind = ANY(o.kinds)) AND o.due >= greatest(n.known_from, o.since) AND (o.until IS NULL OR o.due < o.until)
  WHERE starts_with(a.path, %(area)s) AND EXISTS (SELECT FROM unnest(%(seen)s::text[]) s (path) WHERE starts_with(a.path, s.path))
    AND n.in_use IS DISTINCT FROM false AND (n.batch_id IS NULL OR (b.closed_at IS NOT NULL AND b.undone_at IS NULL))
)
"""
_FILED = """
FROM d LEFT JOIN (
  SELECT r.* FROM ledgers_duereport r LEFT JOIN kernel_batch b ON b.id = r.batch_id
  WHERE r.filed_at <= %(now)s AND r.ledger = ANY(%(ledger)s) AND r.period = ANY(%(period)s) AND (r.batch_id IS NULL OR (b.closed_at IS NOT NULL AND b.undone_at IS NULL))
) r ON r.unit_id = d.id AND r.ledger = d.ledger AND r.period = d.period AND r.slot = d.slot
"""
#: Which of the reports that are due each count is of, in the order of `due.COUNTS`.
_OF = {
    "due": "TRUE", "received": "r.number <> 0", "zero": "r.number = 0", "silent": "r.id IS NULL AND d.due < %(now)s", "open": "r.id IS NULL AND d.due >= %(now)s",
    "late": "r.filed_at > d.due", "corrected": "r.corrections > 0",
}  # fmt: skip
_SUMMED = f"""{_OWED}
SELECT d.ledger, d.path, min(d.period), max(d.period), {", ".join(f"count(*) FILTER (WHERE {_OF[name]})" for name in COUNTS)}
{_FILED} GROUP BY d.ledger, d.path ORDER BY d.ledger, d.path
"""
_UNITS = """
 AND NOT EXISTS (SELECT FROM unnest(%(without)s::text[]) w (path) WHERE starts_with(d.path, w.path)) ORDER BY n.name, n.id LIMIT %(limit)s
"""
_LISTED = f"""{_OWED}
SELECT d.id, a.code, d.ledger, d.period, d.slot, d.due {_FILED} JOIN ledgers_reportingunit n ON n.id = d.id JOIN kernel_area a ON a.id = n.area_id
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One report behind a number, without the weight of its unit: `area` is a code, `due` an instant in UTC."""

    unit: UUID
    area: str
    ledger: str
    period: date
    slot: int
    due: datetime


@dataclass(frozen=True, slots=True)
class Summed:
    """The counts (`due.COUNTS`) of one ledger at one area, by its path, and the periods they are of."""

    ledger: str
    path: str
    first: date
    last: date
    counts: dict[str, int]


def summed(scope: Scope, area: Area, first: date, last: date, *, now: datetime | None = None, ledger: str = "", permission: str = "plan.read") -> list[Summed]:
    """The same numbers as `due.counts(due.owed(…))`, for each ledger and area that has any. Refused not-found-or-out-of-area."""
    told = _told(scope, area, first, last, now or clock.now(), ledger, permission)
    if told is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SUMMED, told)
        return [Summed(*row[:4], dict(zip(COUNTS, row[4:], strict=True))) for row in cursor.fetchall()]


def units_of(scope: Scope, area: Area, first: date, last: date, state: str, *, ledger: str = "", without: Sequence[str] = (), limit: int = 500) -> tuple[list[UUID], int]:
    """The first units behind a number (`state` is one of `due.COUNTS`), by name, and the number itself: one a report, so a unit may come twice.

    `without`: paths of areas whose units are left out.
    """
    told = _told(scope, area, first, last, clock.now(), ledger, "plan.read")
    if told is None:
        return [], 0
    with connection.cursor() as cursor:
        joined = _FILED + " JOIN ledgers_reportingunit n ON n.id = d.id"
        cursor.execute(f"{_OWED} SELECT d.id, count(*) OVER () {joined} WHERE ({_OF[state]}) {_UNITS}", told | {"without": list(without), "limit": limit})
        rows = cursor.fetchall()
    return [row[0] for row in rows], rows[0][1] if rows else 0


def listed(scope: Scope, area: Area, first: date, last: date, state: str, *, ledger: str = "", now: datetime | None = None) -> list[Listed]:
    """Every report behind a number (`state` is one of `due.COUNTS`), by the unit's name, then by cut-off. Refused not-found-or-out-of-area."""
    told = _told(scope, area, first, last, now or clock.now(), ledger, "plan.read")
    if told is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"{_LISTED} WHERE {_OF[state]} ORDER BY n.name, n.id, d.due, d.ledger", told)
        return [Listed(*row) for row in cursor.fetchall()]


def _told(scope: Scope, area: Area, first: date, last: date, now: datetime, ledger: str, permission: str) -> dict[str, Any] | None:
    """What the statements ask with: every occasion of these days, ledger by ledger and zone by zone; None where nothing is asked."""
    scope.check(permission, area)
    wanted = [a for a in asked(now) if not ledger or a.ledger.id == ledger]
    zones = Area.objects.filter(path__startswith=area.path).order_by().values_list("zone", flat=True).distinct() if wanted else []
    lines = [
        (a.ledger.id, ",".join(a.ledger.kinds), a.path, zone, o.period, o.slot, o.due, a.since, a.until)
        for zone in zones
        for a in wanted
        for o in occasions(a.ledger.rhythm, zone, first, last)
    ]
    if not lines:
        return None
    names = ("ledger", "kinds", "path", "zone", "period", "slot", "due", "since", "until")
    told = {name: list(column) for name, column in zip(names, zip(*lines, strict=True), strict=True)}
    return told | {"area": area.path, "seen": list(scope.paths(permission)), "now": now}


def together(rows: Iterable[Summed]) -> dict[str, int]:
    """The sum of their counts: due = received + zero + silent + open, always."""
    found = dict.fromkeys(COUNTS, 0)
    for row in rows:
        for name, n in row.counts.items():
            found[name] += n
    return found


def by_area(area: Area, children: Iterable[Area], rows: Iterable[Summed]) -> list[tuple[Area, dict[str, int]]]:
    """The same for each area right below, and for the area's own units where it has any; they add up to the whole."""
    below = list(children)
    ids, groups = {child.pk for child in below}, dict[int, list[Summed]]()
    for row in rows:
        head = row.path[len(area.path) :].split(".")[0]
        groups.setdefault(int(head) if head and int(head) in ids else area.pk, []).append(row)
    return [(one, together(groups[one.pk])) for one in (*below, area) if one.pk in groups]
