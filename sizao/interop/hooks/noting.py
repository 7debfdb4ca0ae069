"""What happened, noted for whoever asked to be told: each act once, after its transaction can no longer be missed, in the order of the changes.

Acts that came in by a batch (an import) are told as one message when the batch is closed: how many of which kind.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import connection, transaction

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope

from .models import Delivery, Hook, Position

RIGHT = "hook.write"
#: Acts of one look; what is left comes with the next, five seconds later.
MOST = 5_000
#: A batch whose closing took so long to commit is still found.
OVERLAP = timedelta(minutes=1)
BATCH = "batch.closed"
#: Numbers of deliveries about a batch are made of its own.
_OF_BATCHES = UUID("6d1c1ad6-52d5-4d0b-9a5b-6f2c0c1f3a10")

_ACTS = """
SELECT a.id, a.kind, a.subject, a.person, a.disease, a.happened_at, a.recorded_at, a.outcome, a.record, a.replaces, coalesce(r.path, ''), r.code, a.change_xid::text::bigint
FROM kernel_act a LEFT JOIN kernel_area r ON r.id = a.area_id
WHERE a.change_xid >= %s::text::xid8 AND a.change_xid < %s::text::xid8 AND a.batch_id IS NULL AND a.kind = ANY (%s)
ORDER BY a.change_xid, a.change_no LIMIT %s
"""
_BATCHES = """
SELECT b.id, b.closed_at, a.kind, coalesce(r.path, ''), coalesce(a.disease, ''), count(*)
FROM kernel_batch b JOIN kernel_act a ON a.batch_id = b.id LEFT JOIN kernel_area r ON r.id = a.area_id
WHERE b.closed_at > %s AND b.closed_at <= %s AND b.undone_at IS NULL AND a.kind = ANY (%s) GROUP BY 1, 2, 3, 4, 5
"""


@transaction.atomic
def note_new() -> int:
    """Notes what happened since the last time, for every open subscription; how many messages. Done by the clock."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, (SELECT system_identifier FROM pg_control_system())")
        high, cluster = cursor.fetchone()
    position, made = Position.objects.select_for_update().get_or_create(id=1, defaults={"cluster": cluster, "low": high, "batches_at": now})
    if made or position.cluster != cluster:  # a new store, or one that was restored elsewhere: what comes from here on is told
        Position.objects.filter(id=1).update(cluster=cluster, low=high, batches_at=now)
        return 0
    hooks = [h for h in Hook.objects.filter(closed_at=None).select_related("user", "post__area", "area") if _may(h, now)]
    kinds = sorted({k for h in hooks for k in h.kinds})
    found: list[Delivery] = []
    end = high
    if kinds:
        acts = _rows(_ACTS, [str(position.low), str(high), kinds, MOST])
        if len(acts) == MOST:  # the last transaction may not be whole: it comes again, and is told once
            end = max(acts[-1][12], position.low + 1)
        found += [_told(h, a, now) for a in acts for h in hooks if _fits(h, a[1], a[10], a[4]) and a[6] >= h.made_at]
        found += _batches(hooks, kinds, position.batches_at - OVERLAP, now)
    Delivery.objects.bulk_create(found, ignore_conflicts=True, batch_size=1000)
    Position.objects.filter(id=1).update(low=end, batches_at=now)
    return len(found)


def _rows(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _may(hook: Hook, now: datetime) -> bool:
    """Whether the post that set it up may still do so there; else it ends."""
    try:
        Scope.open(hook.user, hook.post).check(RIGHT, hook.area)
    except Refused:
        Hook.objects.filter(pk=hook.pk).update(closed_at=now)
        return False
    return True


def _fits(hook: Hook, kind: str, path: str, disease: str | None) -> bool:
    return kind in hook.kinds and path.startswith(hook.area.path) and (not hook.disease or not disease or hook.disease == disease)


def _told(hook: Hook, act: tuple[Any, ...], now: datetime) -> Delivery:
    told = {
        "kind": act[1], "act": str(act[0]), "subject": str(act[2]), "person": _text(act[3]), "disease": act[4], "happened_at": act[5].isoformat(), "recorded_at": act[6].isoformat(),
        "outcome": act[7], "record": _text(act[8]), "replaces": _text(act[9]), "area": act[11],
    }  # fmt: skip
    return Delivery(hook=hook, about=act[0], kind=act[1], body=told, made_at=now, next_at=now)


def _batches(hooks: list[Hook], kinds: list[str], since: datetime, now: datetime) -> list[Delivery]:
    counted: dict[tuple[Any, datetime], list[tuple[str, str, str, int]]] = {}
    for batch, closed, kind, path, disease, n in _rows(_BATCHES, [since, now, kinds]):
        counted.setdefault((batch, closed), []).append((kind, path, disease, n))
    found = []
    for (batch, closed), lines in counted.items():
        for hook in hooks:
            mine: dict[str, int] = {}
            for kind, path, disease, n in lines:
                if closed >= hook.made_at and _fits(hook, kind, path, disease):
                    mine[kind] = mine.get(kind, 0) + n
            if mine:
                told = {"kind": BATCH, "batch": batch, "closed_at": closed.isoformat(), "acts": mine, "area": hook.area.code}
                found.append(Delivery(hook=hook, about=uuid5(_OF_BATCHES, str(batch)), kind=BATCH, body=told, made_at=now, next_at=now))
    return found


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
