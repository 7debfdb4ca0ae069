"""The sealer: takes events that are there for good and links them into the hash chain. One at a time, whoever runs it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sizao.kernel.audit import heads
from sizao.kernel.audit.chain import EVENT_COLUMNS, START, event_hash, link

LOCK = 4_205_010  # held by whoever seals
CHUNK = 20_000

#: Events of this cluster after the last sealed one. An event is taken when every transaction that could still come before it has ended.
_NEXT = f"""
COPY (SELECT {EVENT_COLUMNS} FROM kernel_event e
      WHERE e.cluster = %s AND (e.xid, e.id) > (%s::xid8, %s::uuid) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY e.xid, e.id LIMIT %s) TO STDOUT
"""

#: After a restore on another cluster: what was written there and not sealed any more.
_LEFT_OVER = f"""
COPY (SELECT {EVENT_COLUMNS} FROM kernel_event e LEFT JOIN kernel_seal s ON s.event_id = e.id
      WHERE e.cluster <> %s AND s.event_id IS NULL ORDER BY e.cluster, e.xid, e.id LIMIT %s) TO STDOUT
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many events it holds, and the hash over all of them."""

    no: int
    chain: bytes


def seal_once(published: Path | None = None, *, chunk: int = CHUNK) -> int:
    """Seals what there is to seal, in transactions of `chunk` events, and publishes the head; how many were sealed.

    Answers 0 while another process seals. `published` is the file of heads; default, the store's own.
    """
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            done, head = _seal_chunk(cursor, chunk) if cursor.fetchone()[0] else (0, None)
        if head:
            heads.publish(published or heads.path(), head.no, head.chain)
        total += done
        if done < chunk:
            return total


def head() -> Head:
    """The end of the chain as it stands in the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT no, chain FROM kernel_seal ORDER BY no DESC LIMIT 1")
        row = cursor.fetchone()
    return Head(row[0], bytes(row[1])) if row else Head(0, START)


def note_restored(published: Path | None = None) -> None:
    """For the end of a restore: says in the file of heads that what came after this head is gone on purpose.

    Without it a check would, rightly, call the restored trail cut off.
    """
    at = head()
    heads.publish(published or heads.path(), at.no, at.chain, "restored")


def _seal_chunk(cursor: Any, chunk: int) -> tuple[int, Head | None]:
    cursor.execute("SELECT system_identifier FROM pg_control_system()")
    here = cursor.fetchone()[0]
    cursor.execute("SELECT no, chain, cluster, xid::text, event_id FROM kernel_seal ORDER BY no DESC LIMIT 1")
    last = cursor.fetchone()
    no, chain = (last[0], bytes(last[1])) if last else (0, START)
    lines: list[bytes] = []
    after = (last[3], last[4]) if last else ("0", UUID(int=0))
    if last and last[2] != here:
        lines = _lines(cursor, _LEFT_OVER, [here, chunk])
        cursor.execute("SELECT xid::text, event_id FROM kernel_seal WHERE cluster = %s ORDER BY no DESC LIMIT 1", [here])
        after = cursor.fetchone() or ("0", UUID(int=0))
    lines = lines or _lines(cursor, _NEXT, [here, *after, chunk])
    if not lines:
        return 0, None
    now = datetime.now(UTC)
    at = (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    with cursor.copy("COPY kernel_seal (no, event_id, cluster, xid, event_hash, chain, at) FROM STDIN") as copy:
        for line in lines:
            parts = line.split(b"\t", 4)
            no, of_event = no + 1, event_hash(line)
            chain = link(chain, no, at, of_event)
            copy.write_row((no, parts[0].decode(), int(parts[2]), parts[3].decode(), of_event, chain, now))
    return len(lines), Head(no, chain)


def _lines(cursor: Any, copy_sql: str, values: list[Any]) -> list[bytes]:
    """The rows of a COPY … TO STDOUT, without their line ends. The server sends one message a row."""
    with cursor.copy(copy_sql, values) as copy:
        return [bytes(message).removesuffix(b"\n") for message in copy]
