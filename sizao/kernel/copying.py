"""Many new rows of a register at once, by COPY: what the database does for a row it does here too, what Django does for an object is left out.

    ids = uuid7s(len(people))
    copy_records(Person, ("id", "name", "area_id", "known_from", "stands_from"), ((i, p.name, …) for i, p in zip(ids, people)))

In the caller's transaction. Triggers, defaults of the database and constraints hold as always; the signals of Django are not sent.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

from .binary import constant, encode, transposed
from .register import BY_DATABASE


def copy_records(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Adds rows to a record's table. `columns` names database columns (`area_id`); what they leave out gets the model's own default.

    Answers the SHA-256 of what was written, for the audit. A `text[]` is given as a list or tuple, a JSON value as its text.
    """
    return copy_columns(model, dict(zip(columns, transposed(rows, len(columns)), strict=True)))


def copy_columns(model: type[models.Model], columns: Mapping[str, Sequence[Any]]) -> bytes:
    """The same of whole columns, all of one length: a long batch need not be turned round."""
    types, rest = _types(model), _defaults(model, tuple(columns))
    count = len(next(iter(columns.values())))
    return copy_into(model._meta.db_table, {name: (types[name], values) for name, values in columns.items()} | {name: (types[name], [value] * count) for name, value in rest})


def copy_into(table: str, columns: Mapping[str, tuple[str, Sequence[Any]]]) -> bytes:
    """Adds rows to a table by its name: column → its type and its values. Answers the SHA-256 of what was written."""
    order = sorted(columns, key=lambda name: not constant(*columns[name]))
    data = encode([columns[name] for name in order])
    names = ", ".join(f'"{name}"' for name in order)
    # what the database refuses is said in Django's words, as for every other statement
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN (FORMAT BINARY)') as copy:
        copy.write(data)
    return hashlib.sha256(data).digest()


@lru_cache(maxsize=64)
def _types(model: type[models.Model]) -> Mapping[str, str]:
    """Column → its type."""
    return {str(f.column): str(f.db_type(connection)) for f in model._meta.concrete_fields}


def text_array(values: Iterable[str]) -> str:
    """PostgreSQL's literal of a text[].

    >>> text_array(["a", 'b"c'])
    '{"a","b\\\\"c"}'
    """
    return "{" + ",".join('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values) + "}"


@lru_cache(maxsize=64)
def _defaults(model: type[models.Model], given: tuple[str, ...]) -> tuple[tuple[str, Any], ...]:
    """Columns that are not given and may not be null, with the value that Django would have written."""
    out: list[tuple[str, Any]] = []
    for field in model._meta.concrete_fields:
        if field.column in given or field.column in BY_DATABASE or field.null or not field.has_default():
            continue
        value = field.get_default()
        out.append((str(field.column), tuple(value) if isinstance(value, list) else value))
    return tuple(out)


def update_records(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Brings many rows up to date in one statement: `rows` are (id, value of each column, …). Columns are named as in the database."""
    if not rows:
        return
    fields = {f.column: f for f in model._meta.concrete_fields}
    types = [str(fields[c].db_type(connection)) for c in columns]
    # an array cannot hold arrays of different lengths: they come as PostgreSQL's literals, and are read as arrays there; JSON comes as its text
    given = ["text" if t.endswith("[]") or t == "jsonb" else t for t in types]
    told = ", ".join(f'"{c}" = n."{c}"::{t}' for c, t in zip(columns, types, strict=True))
    names = ", ".join(f'"{c}"' for c in columns)
    arrays = ", ".join(["%s::uuid[]", *(f"%s::{t}[]" for t in given)])
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{model._meta.db_table}" AS held SET {told} FROM unnest({arrays}) AS n (id, {names}) WHERE held.id = n.id',
            [list(column) for column in zip(*rows, strict=True)],
        )
