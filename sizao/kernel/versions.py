"""What stood in a row before: its versions, when each ended, and who wrote it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Model, QuerySet
from django.db.models.expressions import RawSQL

from .registry import Register


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a row.

    Attributes:
        row: The values as they stood.
        number: Its change number.
        at: When it was written.
        until: When it was superseded; None for the one that stands.
        user, post: Who wrote it, for which post; None where the audit does not say (the machine itself).
    """

    row: Any
    number: int
    at: datetime
    until: datetime | None
    user: int | None = None
    post: int | None = None


def versions(register: Register, row: Any) -> list[Version]:
    """Every version of a row, newest first, the one that stands included. Three statements. The caller has asked for the right to look."""
    old = _history(register, row.pk)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT change_xid::text FROM {register.model._meta.db_table} WHERE id = %s", [row.pk])
        now = cursor.fetchone()
    whole = [(row, now[0] if now else "", None), *((o, o.version_xid, o.version_until) for o in old)]
    who = _writers([x for _, x, _ in whole if x], [row.pk, register.person_of(row), register.subject_of(row)])
    return [Version(r, r.change_no, r.recorded_at, until, *who.get(xid, (None, None))) for r, xid, until in whole]


def at_change(register: Register, pk: UUID, number: int) -> Any | None:
    """The row as it stood under that change number, if it has been superseded since; None when there was no such version."""
    return next((r for r in _history(register, pk) if r.change_no == number), None)


def as_known(found: QuerySet[Any], known_at: datetime) -> list[tuple[Any, ...]]:
    """What a queryset of values would have told at `known_at`: each row as it stood on record then, also of rows that are gone since. One statement.

    The model is a versioned one, and stands in the queryset once. Other tables that it reads (areas) are read as they are.
    """
    return _of_versions(found, "", 'recorded_at <= %s', [known_at], "recorded_at <= %s AND ended_at > %s", [known_at, known_at])


def between(found: QuerySet[Any], since: datetime, until: datetime) -> list[tuple[Any, ...]]:
    """As `as_known`, of every version that stood at some moment from `since` through `until`. Its table has a column `ended_at` besides, null of a version that stands still: `stood` asks for it."""
    return _of_versions(found, "ended_at", "recorded_at <= %s", [until], "recorded_at <= %s AND ended_at > %s", [until, since])


def stood(model: type[Model], moment: datetime) -> RawSQL:
    """Whether a version stood at that moment, as an expression for `between`."""
    table = model._meta.db_table
    return RawSQL(f'("{table}"."recorded_at" <= %s AND ("{table}"."ended_at" IS NULL OR "{table}"."ended_at" > %s))', [moment, moment], output_field=BooleanField())  # noqa: S611 - the name is the model's own


def _of_versions(found: QuerySet[Any], also: str, standing: str, of_standing: list[datetime], gone: str, of_gone: list[datetime]) -> list[tuple[Any, ...]]:
    table = found.model._meta.db_table
    columns = ", ".join(f'"{f.column}"' for f in found.model._meta.concrete_fields)
    sql, params = found.query.sql_with_params()
    head, whole, tail = sql.partition(f'FROM "{table}"')
    if not whole or f'FROM "{table}"' in tail:
        raise ValueError(f"{table} stands not once in this question")
    now, before = (f", NULL::timestamptz AS {also}", f", {also}") if also else ("", "")
    then = f'FROM (SELECT {columns}{now} FROM "{table}" WHERE {standing} UNION ALL SELECT {columns}{before} FROM "{table}_history" WHERE {gone}) "{table}"'
    ahead = head.count("%s")
    with connection.cursor() as cursor:
        cursor.execute(head + then + tail, [*params[:ahead], *of_standing, *of_gone, *params[ahead:]])
        return list(cursor.fetchall())


def superseded(model: type[Model], pks: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Row → its versions that have been superseded, the earliest first; the one that stands is not among them. `version_xid` is the transaction that wrote a version,
    `version_until` when it was superseded. One statement. The caller has asked for the right to look."""
    columns, table = ", ".join(f'"{f.column}"' for f in model._meta.concrete_fields), f'"{model._meta.db_table}_history"'
    sql = f"SELECT {columns}, change_xid::text AS version_xid, {table}.ended_at AS version_until FROM {table} WHERE id = ANY(%s) ORDER BY ended_change"
    found: dict[UUID, list[Any]] = {}
    for row in model._default_manager.raw(sql, [list(pks)]):
        found.setdefault(row.pk, []).append(row)
    return found


def _history(register: Register, pk: UUID) -> list[Any]:
    """The latest first."""
    return superseded(register.model, [pk]).get(pk, [])[::-1]


def _writers(xids: list[str], subjects: list[UUID | None]) -> dict[str, tuple[int | None, int | None]]:
    """Transaction → who wrote in it: the audit's events that name one of the subjects."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xid::text, user_id, post_id FROM kernel_event WHERE xid = ANY(%s::xid8[]) AND subjects && %s::uuid[] ORDER BY id DESC",
            [xids, [s for s in subjects if s is not None]],
        )
        return {xid: (user, post) for xid, user, post in cursor.fetchall()}


def differs(register: Register, new: Any, old: Any) -> list[str]:
    """The declared fields in which two versions differ."""
    return [n for n in register.declaration.fields if register.value(new, n) != register.value(old, n)]
