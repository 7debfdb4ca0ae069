"""Looking at what was imported: the files, and of each file what became of its rows."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from sizao.kernel import audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope, at_most_one

from . import mending
from .ledger import kept_cells
from .models import ImportFile, ImportRow
from .report import mask

#: An import that stands open for longer was broken off, and waits for whoever sends the file again.
AN_HOUR = timedelta(hours=1)
OUTCOMES = ("accepted", "updated", "duplicate", "rejected")


def files(scope: Scope) -> QuerySet[ImportFile]:
    """Imports of the posts below this scope's areas, newest first; what the machine itself imported is for who answers for the whole. Refused: not-allowed."""
    scope.check("import.read")
    mine = scope.area_filter("post__area", "import.read")
    if any(path == "" or path.count(".") == 1 for path in scope.paths("import.read")):  # the top of the tree
        mine |= Q(post=None)
    return ImportFile.objects.filter(mine).select_related("post").order_by("-opened_at")


def going_on(scope: Scope) -> list[tuple[str, int]]:
    """Imports of this post that are being written now (begun within the hour): (file, rows written so far), the newest first. Refused: not-allowed."""
    begun = files(scope).filter(post=scope.post_id, closed_at=None, opened_at__gt=clock.now() - AN_HOUR)
    return [(f.name, n) for f in begun[:10] if (n := f.ledger.count())]


def access_file_by_id(scope: Scope, file: UUID) -> ImportFile:
    """One import. Refused: not-allowed, not-found-or-out-of-area."""
    found: ImportFile = at_most_one(files(scope).filter(pk=file)[:1])
    return found


def mendable(scope: Scope, file: UUID, line: int) -> dict[str, str]:
    """What stands in a row that is to be put right: header → text; empty where it was not kept. The look is audited. Nothing for who sees no names.

    Refused: not-allowed, not-found-or-out-of-area, row-not-alone.
    """
    head = access_file_by_id(scope, file)
    row: ImportRow = at_most_one(ImportRow.objects.filter(file=head, line=line)[:1])
    if not mending.can_be_mended(head, row):
        raise Refused("row-not-alone", row=line)
    if not scope.sees_names:
        return {}
    audit.write(scope, "import.rows_read", [row.person] if row.person else [])
    return mending.cells_of(head, row)


def rows(scope: Scope, file: UUID, *, outcome: str | None = None, after: int = 0, limit: int = 100, only_problems: bool = False) -> list[dict[str, Any]]:
    """Rows of the ledger by line, each: line, outcome, record, problems [{column, code, value, zh, en, cure}].

    Values and cells are shown to who may see names, and that look is audited; to others values are masked. `after` is the last line seen.
    """
    access_file_by_id(scope, file)
    found = ImportRow.objects.filter(file=file, line__gt=after).order_by("line")
    found = found.filter(outcome=outcome) if outcome else found
    found = found.exclude(problems=[]) if only_problems else found
    page = list(found[:limit])
    if scope.sees_names and any(r.kept is not None for r in page):
        audit.write(scope, "import.rows_read", [r.person for r in page if r.person])
    return [_row(scope, r) for r in page]


def problems_of(scope: Scope, file: UUID, line: int) -> list[dict[str, Any]]:
    """What was noted of one row: [{column, code, value, zh, en, cure}], beside cells whose look `mendable` put on record. Refused as `access_file_by_id`."""
    row = ImportRow.objects.filter(file=access_file_by_id(scope, file), line=line).first()
    return list(_problems(scope, row, (kept_cells(row) or {}).get("values") or [""] * len(row.problems))) if row is not None else []


def next_rejected(scope: Scope, file: UUID, after: int) -> int | None:
    """The line of the next rejected row; None where there is none. Refused as `access_file_by_id`."""
    found = ImportRow.objects.filter(file=access_file_by_id(scope, file), outcome="rejected", line__gt=after).order_by("line")
    return found.values_list("line", flat=True).first()


def _row(scope: Scope, row: ImportRow) -> dict[str, Any]:
    kept = kept_cells(row) or {}
    values = kept.get("values") or [""] * len(row.problems)
    shown = {"line": row.line, "outcome": row.outcome, "record": row.record, "problems": list(_problems(scope, row, values))}
    return shown | {"cells": kept.get("cells", {}) if scope.sees_names else {}}


def _problems(scope: Scope, row: ImportRow, values: Any) -> Iterator[dict[str, Any]]:
    for (column, code, more), value in zip_longest(row.problems, values, fillvalue=""):
        text = value if scope.sees_names else mask(value)
        said = Refused(code, **{"row": row.line, "column": column or "—", "value": text} | more)
        yield {"column": column, "code": code, "value": text, "zh": said.text("zh"), "en": said.text("en"), "cure": {"zh": said.cure("zh"), "en": said.cure("en")}}
