"""One row put right and sent again: the row that was rejected, or one cell of a row that was taken without it."""

import csv
import tempfile
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from sizao.kernel.errors import Refused
from sizao.kernel.registry import Register, find
from sizao.kernel.scope import Scope

from . import kit
from .feeds.watch import by_hand
from .intake import import_files
from .mending import can_be_mended, cells_of, headers
from .models import ImportFile
from .read import access_row
from .reading import Note
from .report import FileReport, Report


def send_again(scope: Scope, file: UUID, line: int, mended: Mapping[str, str]) -> Report:
    """Imports the row with `mended` (header → text) over what was kept of it, as its sender and in his reading.

    Refused: not-allowed, not-found-or-out-of-area, row-not-alone (nothing tells whose row it is), and whatever refuses a file.
    """
    scope.check("import.write")
    scope.check("person.names")
    head, row = access_row(scope, file, line)
    if not can_be_mended(head, row):
        raise Refused("row-not-alone", row=line)
    cells = cells_of(head, row) | {h: t for h, t in mended.items() if h in headers(head)}
    register = kit.register_of(head)
    report = _into_register(scope, head, find(register), line, cells) if register else _as_a_file(scope, head, cells)
    ImportFile.objects.filter(pk__in=[said.id for said in report.files]).update(mends=head, mends_line=line)
    return report


def _as_a_file(scope: Scope, head: ImportFile, cells: Mapping[str, str]) -> Report:
    """One row of a line list, read as its sender's file of that name."""
    with tempfile.TemporaryDirectory(prefix="row-") as folder:
        path = Path(folder) / f"{Path(head.name).stem}.csv"
        with path.open("w", encoding="utf-8", newline="") as f:
            out = csv.writer(f)
            out.writerow(cells)
            out.writerow(cells.values())
        with by_hand():
            return import_files(scope, [path], disease=head.disease, sender=head.sender, time_zone=head.time_zone)


def _into_register(scope: Scope, head: ImportFile, register: Register, line: int, cells: Mapping[str, str]) -> Report:
    """One row of a table that went into a register, through the same verb and read in the same way."""
    columns = kit.columns_of(head, register, list(cells))
    told = kit.bring_in(scope, register, columns, [list(cells.values())], sender=head.sender, zone=head.time_zone, name=head.name)
    said = FileReport(head.name, head.kind, head.dialect, head.encoding, head.mapping["columns"], head.mapping["unmapped"], id=told.file, rows=len(told.lines))
    said.accepted, said.updated, said.duplicate, said.rejected = (told.count(kind) for kind in ("new", "updated", "identical", "rejected"))
    for one in told.lines:
        for note in kit.notes_of(register, columns, one):
            said.note(line, Note(note.code, note.column, note.value, note.values))
    return Report([said])
