"""Writing acts: what somebody did, in the transaction that writes the record it comes from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from .copying import copy_into
from .ids import uuid7s
from .models import Act
from .scope import Scope, visible

COLUMNS = {
    "id": "uuid", "kind": "text", "subject": "uuid", "person": "uuid", "area_id": "bigint", "disease": "text", "happened_at": "timestamp with time zone",
    "reported_at": "timestamp with time zone", "period": "date", "post_id": "bigint", "outcome": "text", "number": "numeric", "record": "uuid", "replaces": "uuid",
    "batch_id": "bigint", "other": "uuid",
}  # fmt: skip
_months: set[tuple[str, date]] = set()


@dataclass(slots=True)  # not frozen: that takes twice as long to make, and lists make millions
class NewAct:
    """An act to be recorded. Instants are aware; the database writes our own time of recording beside them."""

    kind: str
    subject: UUID
    happened_at: datetime
    person: UUID | None = None
    area_id: int | None = None
    disease: str | None = None
    reported_at: datetime | None = None
    period: date | None = None
    outcome: str | None = None
    number: Decimal | float | int | None = None
    record: UUID | None = None
    replaces: UUID | None = None
    other: UUID | None = None


def record(scope: Scope, acts: Iterable[NewAct], *, batch: int | None = None) -> list[UUID]:
    """Writes acts for the post that asks; their new ids, in order. Runs in the caller's transaction, in one COPY."""
    rows = list(acts)
    if not rows:
        return []
    ids = uuid7s(len(rows))
    with connection.cursor() as cursor:
        _ensure_months(cursor, rows)
    count = len(rows)
    same: dict[str, list[Any]] = {"id": ids, "post_id": [scope.post_id] * count, "batch_id": [batch] * count}
    copy_into("kernel_act", {name: (kind, same[name] if name in same else [getattr(a, name) for a in rows]) for name, kind in COLUMNS.items()})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('sizao_changed', '')")
    return ids


def ensure_months(days: Iterable[date]) -> None:
    """Makes the partitions that acts of these days will stand in, each in a transaction of its own. A new partition locks the whole table until
    its transaction ends: who is about to write for long asks for them first."""
    for month in sorted({day.replace(day=1) for day in days}):
        with connection.cursor() as cursor:
            cursor.execute("SELECT kernel_ensure_act_month(%s)", [month])


def of_person(scope: Scope, person: UUID) -> list[Act]:
    """Everything that was done about a person below the areas of this scope, oldest first. The caller has asked for the right to look, and audits."""
    return list(Act.objects.filter(visible(), scope.area_filter("area") | Q(area=None), person=person).order_by("happened_at", "id"))


def about(scope: Scope, subject: UUID | None, record: UUID, limit: int = 500) -> list[Act]:
    """What was done about a subject or told by a record, oldest first, the newest `limit`. The caller has asked for the right to look, and audits."""
    found = Act.objects.filter(visible(), scope.area_filter("area") | Q(area=None)).filter(Q(subject__in=[s for s in (subject, record) if s]))
    return list(reversed(found.order_by("-happened_at", "-id")[:limit]))


def _ensure_months(cursor, rows: list[NewAct]) -> None:
    name = connection.settings_dict["NAME"]
    for month in {a.happened_at.date().replace(day=1) for a in rows}:
        if (name, month) not in _months:
            cursor.execute("SELECT kernel_ensure_act_month(%s)", [month])
            # A roll-back takes a new partition with it; asking once more costs little.
            if not connection.in_atomic_block:
                _months.add((name, month))


def standing_about(persons: Iterable[UUID]) -> list[Act]:
    """Acts that stand (nothing replaces them) and name one of these persons: as the person, as their subject, or as the second row. The caller has asked for the right."""
    whom = list(persons)
    found = Act.objects.filter(Q(person__in=whom) | Q(subject__in=whom) | Q(other__in=whom))
    return list(found.extra(where=["NOT EXISTS (SELECT 1 FROM kernel_act b WHERE b.replaces = kernel_act.id)"]).order_by("happened_at", "id"))


def restate(acts: Iterable[Act], was: UUID, becomes: UUID) -> list[UUID]:
    """The same acts of another person, each in the place of the one it was: done when, where and by which post it was done, first told when it was first told. Their ids, in order.

    For two records that are one person, and for taking that back. In the caller's transaction.
    """
    rows = list(acts)
    ids = uuid7s(len(rows))
    if not rows:
        return []
    with connection.cursor() as cursor:
        _ensure_months(cursor, rows)  # type: ignore[arg-type]
    made: dict[str, list[Any]] = {name: [getattr(a, name) for a in rows] for name in COLUMNS}
    made |= {name: [becomes if v == was else v for v in made[name]] for name in ("person", "subject", "other")}
    made |= {"id": ids, "replaces": [a.id for a in rows], "reported_at": [a.reported_at or a.recorded_at for a in rows]}
    copy_into("kernel_act", {name: (kind, made[name]) for name, kind in COLUMNS.items()})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('sizao_changed', '')")
    return ids
