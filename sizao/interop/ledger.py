"""Writing and asking the row ledger, in bulk: a statement or two a chunk."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from sizao.kernel import clock, keys
from sizao.kernel.copying import copy_columns, text_array
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7s, uuid_array
from sizao.kernel.models import Batch
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import Sealed, keys_at_hand, seal, unseal

from .mapping import Mapping as Reading
from .models import ImportChunk, ImportFile, ImportRow, Secret, SenderKey
from .reading import Note, Row
from .tables import Table

KEPT = Sealed("interop_importrow", "kept")
_json = json.JSONEncoder(ensure_ascii=False).encode
SECRET_PLACE = "interop_secret|sealed|1"  # noqa: S105 - the place of a value, not the value


@dataclass(slots=True)
class Entry:
    """A row of the ledger to be written. `cells` are kept with it, sealed."""

    row: Row
    outcome: str
    record: UUID | None = None
    person: UUID | None = None
    mark: str = ""
    cells: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What the sender last said under a number."""

    mark: str
    reading: str
    record: UUID | None
    person: UUID | None
    links: int
    dangling: bool


def secret() -> bytes:
    """The key of the marks, made at the first import. Refused: keys-missing and its kind."""
    ring = keys.ring()
    held = Secret.objects.filter(pk=1).first()
    if held is None:
        Secret.objects.bulk_create([Secret(id=1, sealed=seal(os.urandom(32), SECRET_PLACE, ring.newest("seal")))], ignore_conflicts=True)
        held = Secret.objects.get(pk=1)
    return unseal(held.sealed, SECRET_PLACE, ring)


#: Held by the hands of an import (see `hands`) as long as they live.
HAND_LOCK = "interop-hand"


@contextmanager
def alone(sender: str, file: str) -> Iterator[None]:
    """One import of a sender at a time; a process that dies lets go, and what its hands were writing is over. Refused: import-running."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('interop'), hashtext(%s))", [sender])
        if not cursor.fetchone()[0]:
            raise Refused("import-running", file=file)
        cursor.execute(f"SELECT pg_advisory_lock(hashtext('{HAND_LOCK}'), hashtext(%s))", [sender])
        cursor.execute(f"SELECT pg_advisory_unlock(hashtext('{HAND_LOCK}'), hashtext(%s))", [sender])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('interop'), hashtext(%s))", [sender])


@transaction.atomic
def check_finished(sender: str, wanted: dict[tuple[str, str], str], *, disease: str, time_zone: str) -> None:
    """What a crash left open of this sender must be among the files wanted now ((sha256, reading) → name). Refused: import-unfinished."""
    for left in ImportFile.objects.filter(sender=sender, closed_at=None).order_by("opened_at"):
        if not left.chunks.exists():
            left.delete()
        elif (left.sha256, left.reading) not in wanted or (left.disease, left.time_zone) != (disease, time_zone):
            raise Refused("import-unfinished", file=next(iter(wanted.values())), other=left.name)


@transaction.atomic
def open_file(scope: Scope, table: Table, mapping: Reading, *, sender: str, disease: str, time_zone: str) -> ImportFile:
    """The ledger's head for this file: the one that a crash left open, or a new one with a new open batch."""
    left = ImportFile.objects.filter(sender=sender, closed_at=None, sha256=table.sha256, reading=mapping.digest).first()
    if left is not None:
        return left
    batch = Batch.objects.create(sender=sender)
    return ImportFile.objects.create(
        sender=sender, disease=disease, name=table.name, sha256=table.sha256, kind=mapping.kind, dialect=mapping.dialect, reading=mapping.digest,
        mapping={"columns": mapping.columns, "unmapped": mapping.unmapped, "header": mapping.header}, encoding=table.encoding, time_zone=time_zone, batch=batch,
        post_id=scope.post_id, opened_at=clock.now(),
    )  # fmt: skip


def chunks(file: ImportFile) -> frozenset[int]:
    """Numbers of the chunks that are written."""
    return frozenset(file.chunks.values_list("number", flat=True))


def write_chunk(file: ImportFile, number: int) -> None:
    """Says in the chunk's own transaction that it is written."""
    ImportChunk.objects.create(file=file, number=number)


def known(sender: str, kind: str, numbers: Iterable[str], reading: str = "") -> dict[str, Known]:
    """A sender's numbers that were seen before: as last said in this reading (two exports may tell of one case in columns of their own), else in another."""
    wanted = list(set(numbers))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (key) key, mark, reading, record, person, links, dangling FROM interop_senderkey WHERE sender = %s AND kind = %s AND key = ANY(%s::text[]) "
            "ORDER BY key, (reading = %s) DESC, id DESC",
            [sender, kind, text_array(wanted), reading],
        )
        return {k: Known(*rest) for k, *rest in cursor.fetchall()}


def write_rows(file: ImportFile, entries: Sequence[Entry]) -> None:
    """Adds rows to the ledger in one COPY, their kept cells sealed."""
    if not entries:
        return
    ids = uuid7s(len(entries))
    boxes = _boxes(ids, entries)
    copy_columns(
        ImportRow,
        {
            "id": ids, "file_id": [file.pk] * len(ids), "line": [e.row.line for e in entries], "outcome": [e.outcome for e in entries], "key": [e.row.key for e in entries],
            "mark": [e.mark or e.row.mark for e in entries], "record": [e.record for e in entries], "person": [e.person for e in entries],
            "problems": [_codes(e.row.notes) for e in entries], "kept": boxes,
        },
    )  # fmt: skip


def rewrite_rows(file: ImportFile, entries: Sequence[Entry]) -> None:
    """Brings rows that were pending, or got another note, to what became of them."""
    if not entries:
        return
    held = dict(ImportRow.objects.filter(file=file, line__in=[e.row.line for e in entries]).values_list("line", "pk"))
    ids = [held[e.row.line] for e in entries]
    boxes = _boxes(ids, entries)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE interop_importrow AS r SET outcome = n.outcome, record = n.record, person = n.person, problems = n.problems::jsonb, kept = coalesce(n.kept, r.kept) "
            "FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::text[], %s::bytea[]) AS n (id, outcome, record, person, problems, kept) WHERE r.id = n.id",
            [ids, [e.outcome for e in entries], [e.record for e in entries], [e.person for e in entries], [_codes(e.row.notes) for e in entries], boxes],
        )


def add_notes(file: ImportFile, notes: Mapping[int, Sequence[Note]]) -> None:
    """Adds to rows of the ledger (by line) what was found out about them afterwards; their outcome, and what they have, stay."""
    rows = list(ImportRow.objects.filter(file=file, line__in=list(notes)))
    if not rows:
        return
    with keys_at_hand():
        own = [r for r in rows if r.kept is not None and r.person is not None and bytes(r.kept)[1:2] == b"p"]
        opened = dict(zip((r.pk for r in own), KEPT.unseal_many([(r.pk, r.person, r.kept) for r in own]), strict=True))  # type: ignore[misc]
        texts = [(json.loads(text) if (text := opened.get(row.pk)) else kept_cells(row)) or {"cells": {}, "values": [""] * len(row.problems)} for row in rows]
        for row, text in zip(rows, texts, strict=True):
            for note in notes[row.line]:
                row.problems.append([note.column or "", note.code, note.values])
                text["values"].append(note.value)  # type: ignore[attr-defined]
        boxes = _sealed([(row.pk, row.person, json.dumps(text, ensure_ascii=False)) for row, text in zip(rows, texts, strict=True)])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE interop_importrow AS r SET problems = n.problems::jsonb, kept = n.kept FROM unnest(%s::uuid[], %s::text[], %s::bytea[]) AS n (id, problems, kept) "
            "WHERE r.id = n.id",
            [[r.pk for r in rows], [json.dumps(r.problems, ensure_ascii=False) for r in rows], boxes],
        )


def write_keys(file: ImportFile, entries: Sequence[Entry], links: dict[str, tuple[int, bool]] | None = None, *, fresh: bool = False) -> None:
    """Notes what was last said under each number. `links`: key → how many references resolved, and whether some did not. `fresh`: none of the
    numbers was known; should another chunk have brought one meanwhile, the last one's word stands, as always."""
    new = {e.row.key: e for e in entries}
    if not new:
        return
    told = links or {}
    if fresh:
        some, count = list(new.values()), len(new)
        resolved = [told.get(k, (0, False)) for k in new]
        try:
            with transaction.atomic():
                copy_columns(
                    SenderKey,
                    {
                        "sender": [file.sender] * count, "kind": [file.kind] * count, "key": list(new), "mark": [e.mark or e.row.mark for e in some], "reading": [file.reading] * count,
                        "record": [e.record for e in some], "person": [e.person for e in some], "links": [n for n, _ in resolved], "dangling": [d for _, d in resolved],
                        "file_id": [file.pk] * count,
                    },
                )  # fmt: skip
            return
        except IntegrityError:
            pass
    columns = [
        text_array(new), text_array(e.mark or e.row.mark for e in new.values()), uuid_array(e.record for e in new.values()), uuid_array(e.person for e in new.values()),
        [told.get(k, (0, False))[0] for k in new], [told.get(k, (0, False))[1] for k in new],
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO interop_senderkey (sender, kind, key, mark, reading, record, person, links, dangling, file_id) "
            "SELECT %s, %s, n.key, n.mark, %s, n.record, n.person, n.links, n.dangling, %s "
            "FROM unnest(%s::text[], %s::text[], %s::uuid[], %s::uuid[], %s::smallint[], %s::bool[]) AS n (key, mark, record, person, links, dangling) "
            "ON CONFLICT (sender, kind, key, reading) DO UPDATE SET mark = excluded.mark, record = excluded.record, person = excluded.person, "
            "links = excluded.links, dangling = excluded.dangling, file_id = excluded.file_id",
            [file.sender, file.kind, file.reading, file.pk, *columns],
        )


def write_links(file: ImportFile, links: dict[str, tuple[int, bool]]) -> None:
    """Notes how the references of rows already known were resolved."""
    if links:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE interop_senderkey AS k SET links = n.links, dangling = n.dangling FROM unnest(%s::text[], %s::smallint[], %s::bool[]) AS n (key, links, dangling) "
                "WHERE k.sender = %s AND k.kind = %s AND k.key = n.key AND k.reading = %s",
                [list(links), [n for n, _ in links.values()], [d for _, d in links.values()], file.sender, file.kind, file.reading],
            )


def tally(file: ImportFile) -> dict[str, int]:
    """Outcome → rows, as the ledger has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT outcome, count(*) FROM interop_importrow WHERE file_id = %s GROUP BY outcome", [file.pk])
        return dict(cursor.fetchall())


def kept_cells(row: ImportRow) -> dict[str, object] | None:
    """What was kept with a row: {"cells", "values"}; None when nothing was. Only for those who may see names: the caller checks."""
    if row.kept is None:
        return None
    box = bytes(row.kept)
    text = KEPT.unseal(row.pk, row.person, box) if row.person is not None and box[1:2] == b"p" else unseal(box, KEPT.place(row.pk), keys.ring()).decode()
    found: dict[str, object] = json.loads(text)
    return found


def mark_of_cells(cells: Mapping[str, str], key: bytes) -> str:
    """A keyed hash of all that a row says, whatever the order of the columns; 32 hex digits."""
    said = "\x1f".join(f"{h}\x1e{c}" for h, c in sorted(cells.items()) if c)
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), key=key, digest_size=16).hexdigest()


def _codes(notes: Iterable[Note]) -> str:
    said = [[n.column or "", n.code, n.values] for n in notes]
    return _json(said) if said else "[]"


def _boxes(ids: Sequence[UUID], entries: Sequence[Entry]) -> list[bytes | None]:
    return _sealed([(key, e.person, _text(e)) for key, e in zip(ids, entries, strict=True)])


def _sealed(rows: Sequence[tuple[UUID, UUID | None, str | None]]) -> list[bytes | None]:
    """(row, person, text) → its box: under the person's own key where there is a person, else under the store's."""
    boxes: list[bytes | None] = [None] * len(rows)
    mine = [i for i, (_, person, text) in enumerate(rows) if text is not None and person is not None]
    for i, box in zip(mine, KEPT.seal_many([rows[i] for i in mine]), strict=True):  # type: ignore[misc]
        boxes[i] = box
    key = None
    for i, (row, _, text) in enumerate(rows):
        if text is not None and boxes[i] is None:
            key = key or keys.ring().newest("seal")
            boxes[i] = seal(text.encode(), KEPT.place(row), key)
    return boxes


def _text(entry: Entry) -> str | None:
    values = [n.value for n in entry.row.notes] if entry.row.notes else []
    if not entry.cells and not any(values):
        return None
    return _json({"cells": entry.cells, "values": values})
