"""Rows as Django keeps them in memory, without what its constructor, `bulk_create` and `bulk_update` cost: a sixth of it, for many or for one.

Values are brought to their columns' types as Django brings them; defaults, triggers and constraints hold. The signals of Django are not sent.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.base import ModelState

from .copying import copy_columns, text_array, update_records
from .ids import Ids, uuid_array
from .register import BY_DATABASE

#: What a value of a column is when it needs no bringing; whatever else comes is asked of the field.
PLAIN: tuple[tuple[type[models.Field[Any, Any]], type], ...] = (
    (models.TextField, str), (models.CharField, str), (models.UUIDField, UUID), (models.BooleanField, bool), (models.DateTimeField, datetime), (models.DateField, date), (models.DecimalField, Decimal),
    (models.IntegerField, int), (models.FloatField, float),
)  # fmt: skip


def blank(model: type[models.Model]) -> Callable[[], Any]:
    """Makes new rows of a model with nothing but its defaults in them."""
    fixed, made = _template(model)

    def one() -> Any:
        row = model.__new__(model)
        row.__dict__.update(fixed)
        for name, default in made:
            row.__dict__[name] = default()
        row._state = ModelState()
        return row

    return one


@lru_cache(maxsize=128)
def _template(model: type[models.Model]) -> tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...]]:
    """Attributes with their defaults; those whose default is made anew for each row, apart. The key is the caller's."""
    fixed: dict[str, Any] = {}
    made = []
    for field in model._meta.concrete_fields:
        if field.primary_key or not callable(field.default):
            fixed[field.attname] = None if field.primary_key else field.get_default()
        else:
            made.append((field.attname, field.get_default))
    return fixed, tuple(made)


def copy_rows(model: type[models.Model], rows: Sequence[Any]) -> bytes:
    """Writes new rows by COPY; the SHA-256 of what was written."""
    columns: dict[str, Sequence[Any]] = {}
    for field in model._meta.concrete_fields:
        if field.column not in BY_DATABASE:
            columns[str(field.column)] = brought(field, [row.__dict__[field.attname] for row in rows])
    written = copy_columns(model, columns)
    for row in rows:
        row._state.adding, row._state.db = False, "default"
    return written


def update_rows(model: type[models.Model], names: Sequence[str], rows: Sequence[Any]) -> None:
    """Writes these fields of rows that are there, in one statement."""
    fields: list[models.Field[Any, Any]] = [model._meta.get_field(name) for name in names]  # type: ignore[misc]
    columns = [brought(field, [getattr(row, field.attname) for row in rows]) for field in fields]
    for k, field in enumerate(fields):
        if isinstance(field, ArrayField):  # as literals: an array cannot hold arrays of different lengths
            columns[k] = [None if v is None else text_array(v) for v in columns[k]]
    update_records(model, [str(f.column) for f in fields], [(row.pk, *values) for row, values in zip(rows, zip(*columns, strict=True), strict=True)])


def brought(field: Any, values: Sequence[Any]) -> Sequence[Any]:
    """Values as a column takes them. JSON comes as its text."""
    target = field
    while isinstance(target, models.ForeignKey):
        target = target.target_field
    if isinstance(target, models.JSONField):
        return [None if v is None else json.dumps(v, ensure_ascii=False, cls=target.encoder) for v in values]
    if isinstance(target, models.BinaryField):
        return values
    if isinstance(target, ArrayField):
        return [v if v is None or isinstance(v, list | tuple) else list(v) for v in values]
    plain = next((kind for known, kind in PLAIN if isinstance(target, known)), object)
    return [v if v is None or v.__class__ is plain else _prepared(target, v) for v in values]


def _prepared(field: Any, value: Any) -> Any:
    return field.get_db_prep_save(value, connection)


def among(found: models.QuerySet[Any], column: str, values: Iterable[Any], *, ids: bool = True) -> models.QuerySet[Any]:
    """The rows whose column (of the queryset's own table) is one of these: one array instead of thousands of parameters. `ids`: UUIDs (as `Ids` where the same are asked for again), otherwise texts."""
    place = f'"{found.model._meta.db_table}"."{column}" = ANY(%s::{"uuid" if ids else "text"}[])'
    return found.extra(where=[place], params=[values.literal if isinstance(values, Ids) else uuid_array(set(values)) if ids else text_array(set(values))])  # noqa: S610 - the names are the model's own


def fetched(found: models.QuerySet[Any]) -> list[tuple[Any, ...]]:
    """The rows of a queryset of values as the database gives them, all at once: for thousands of rows of plain columns, where the ORM's looking at each of them would be most of the work. One statement; none where the
    queryset is known to be empty."""
    try:
        sql, params = found.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


__all__ = ["among", "blank", "brought", "copy_rows", "fetched", "update_rows"]
