"""Writing events, and finding them again."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from sizao.kernel.ids import uuid7, uuid_array
from sizao.kernel.sealed import Sealed

if TYPE_CHECKING:
    from sizao.kernel.scope import Scope

OLD = Sealed("kernel_event", "old_sealed")

_INSERT = """
INSERT INTO kernel_event (id, at, cluster, xid, user_id, post_id, purpose, kind, subjects, count, digest, old_sealed)
SELECT %s, clock_timestamp(), system_identifier, pg_current_xact_id(), %s, %s, %s, %s, %s::uuid[], %s, %s, %s FROM pg_control_system()
"""


def write(
    scope: "Scope",
    kind: str,
    subjects: Iterable[UUID],
    *,
    digest_of: Any = None,
    count: int | None = None,
    old: Mapping[UUID, Any] | None = None,
    **detail: Any,
) -> UUID:
    """Adds one event, in the caller's transaction: one a batch written, one a read of persons. Answers its id.

    The time is the database's own, also where a demo store pretends another one. `digest_of`, and whatever else is named, is hashed
    and not kept. `old` is what stood before, by person; it is kept under each person's own key.
    """
    event, touched = uuid7(), list(subjects)
    what = {**detail, "of": digest_of} if detail else digest_of
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                event,
                scope.user.pk if scope.user else None,
                scope.post.pk if scope.post else None,
                f"{scope.purpose}: {scope.reason}" if scope.reason else scope.purpose,
                kind,
                uuid_array(touched),
                len(touched) if count is None else count,
                None if what is None else digest(what),
                _seal_old(event, old) if old else None,
            ],
        )
    return event


def digest(content: Any) -> bytes:
    """SHA-256 of the canonical JSON: keys sorted, no spaces, everything that JSON has no form for as its text.

    >>> digest({"b": 1, "a": "密接"}) == digest({"a": "密接", "b": 1})
    True
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()).digest()


def old_values(event: UUID) -> dict[UUID, Any]:
    """What stood before that event, by person. Persons who were forgotten since are absent. The caller checks the right to look."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT old_sealed FROM kernel_event WHERE id = %s", [event])
        row = cursor.fetchone()
    if row is None or row[0] is None:
        return {}
    kept = {UUID(person): bytes.fromhex(box) for person, box in json.loads(bytes(row[0])).items()}
    opened = OLD.unseal_many([(event, person, box) for person, box in kept.items()])
    return {person: json.loads(value) for person, value in zip(kept, opened, strict=True) if value is not None}


def seen_by(subject: UUID, limit: int = 1000) -> list[dict[str, Any]]:
    """Who has read or written about this person or record, latest first: the answer a person has a right to. The caller checks and audits."""
    names = ("at", "user_id", "post_id", "purpose", "kind")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM kernel_event WHERE subjects @> ARRAY[%s]::uuid[] ORDER BY id DESC LIMIT %s", [subject, limit])
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


#: So far back a question by kind is looked for; kinds have no index, for they are asked of the latest days.
SEARCHED = 200_000


def listed(*, user: int | None = None, kind: str = "", before: datetime | None = None, after: UUID | None = None, most: int = 100) -> list[dict[str, Any]]:
    """Events, the latest first, for the auditor: who, for which post and purpose, what and how many, never about whom. Keyset paging by `after`, the last one seen.

    `kind` is the beginning of a kind; with it the latest `SEARCHED` events are looked through. The caller has looked at the right to do it.
    """
    names = ("id", "at", "user_id", "post_id", "purpose", "kind", "count")
    where = ["true"]
    values: list[int | UUID] = []
    if user is not None:
        where.append("user_id = %s")
        values.append(user)
    if after is not None:
        where.append("id < %s")
        values.append(after)
    if before is not None:  # identifiers begin with their millisecond
        where.append("id < %s")
        values.append(UUID(int=int(before.timestamp() * 1000) << 80))
    inner = f"SELECT {', '.join(names)} FROM kernel_event WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT %s"
    with connection.cursor() as cursor:
        if kind:
            cursor.execute(f"SELECT * FROM ({inner}) AS latest WHERE starts_with(kind, %s) ORDER BY id DESC LIMIT %s", [*values, SEARCHED, kind, most])
        else:
            cursor.execute(inner, [*values, most])
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def head() -> tuple[int, str, datetime | None]:
    """The newest seal: its number, its chain as hex, and when it was set."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT no, encode(chain, 'hex'), at FROM kernel_seal ORDER BY no DESC LIMIT 1")
        return cursor.fetchone() or (0, "", None)


def _seal_old(event: UUID, old: Mapping[UUID, Any]) -> bytes:
    rows = [(event, person, json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)) for person, value in old.items()]
    boxes = OLD.seal_many(rows)
    return json.dumps({str(person): box.hex() for person, box in zip(old, boxes, strict=True) if box is not None}, sort_keys=True).encode()
