"""Looking at what was imported: the files, and of each file what became of its rows."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

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
    return ImportFile.objects.filter(mine).select_related("post__area").order_by("-opened_at")


def of_senders(scope: Scope, senders: Iterable[str], days: int = 7) -> dict[str, dict[str, int]]:
    """What became of what each of these senders sent in the last days, in the files that this scope may see: rows = accepted + updated + duplicate + rejected.
    One statement. Refused: not-allowed."""
    found = files(scope).filter(sender__in=list(senders), closed_at__gt=clock.now() - timedelta(days=days), mends=None).order_by().values("sender")
    return {one.pop("sender"): one for one in found.annotate(rows=Sum("rows"), **{o: Sum(o) for o in OUTCOMES})}


def going_on(scope: Scope) -> list[tuple[str, int]]:
    """Imports of this post that are being written now (begun within the hour): (file, rows written so far), the newest first. Refused: not-allowed."""
    begun = files(scope).filter(post=scope.post_id, closed_at=None, opened_at__gt=clock.now() - AN_HOUR)
    return [(f.name, n) for f in begun[:10] if (n := f.ledger.count())]


def listed(scope: Scope, *, before: datetime | None = None, limit: int = 50) -> list[ImportFile]:
    """A page of imports, newest first, those opened before `before`. Rows that were sent again by hand are no files: each file carries `put_right`, how
    many of its rejected rows were taken since. Refused: not-allowed."""
    found = files(scope).filter(mends=None)
    page = list((found.filter(opened_at__lt=before) if before else found)[:limit])
    was_rejected = Exists(ImportRow.objects.filter(file=OuterRef("mends"), line=OuterRef("mends_line"), outcome="rejected"))
    taken = ImportFile.objects.filter(was_rejected, mends__in=[f for f in page if f.rejected], rejected=0).exclude(closed_at=None)
    put_right = dict(taken.values_list("mends").annotate(n=Count("mends_line", distinct=True)))
    for f in page:
        f.put_right = put_right.get(f.pk, 0)  # type: ignore[attr-defined]
    return page


def access_file_by_id(scope: Scope, file: UUID) -> ImportFile:
    """One import. Refused: not-allowed, not-found-or-out-of-area."""
    found: ImportFile = at_most_one(files(scope).filter(pk=file)[:1])
    return found


def access_row(scope: Scope, file: UUID, line: int) -> tuple[ImportFile, ImportRow]:
    """One row and its file; of a row that was sent again by hand, the row and the file that it stood in. Refused: not-allowed, not-found-or-out-of-area."""
    head = access_file_by_id(scope, file)
    if head.mends_id is not None:
        head, line = access_file_by_id(scope, head.mends_id), head.mends_line or 0
    row: ImportRow = at_most_one(ImportRow.objects.filter(file=head, line=line)[:1])
    return head, row


def sent_again(scope: Scope, file: UUID, lines: Iterable[int] | None = None) -> dict[int, ImportFile]:
    """Rows of a file that were sent again by hand: line → what became of it the last time. Refused as `access_file_by_id`."""
    found = access_file_by_id(scope, file).mended_by.exclude(closed_at=None).order_by("opened_at")
    return {f.mends_line or 0: f for f in (found if lines is None else found.filter(mends_line__in=list(lines)))}


def mendable(scope: Scope, file: UUID, line: int) -> dict[str, str]:
    """What stands in a row that is to be put right: header → text, as it was last sent if that was rejected too; empty where it was not kept.
    The look is audited. Nothing for who sees no names.

    Refused: not-allowed, not-found-or-out-of-area, row-not-alone.
    """
    head, row = access_row(scope, file, line)
    if not mending.can_be_mended(head, row):
        raise Refused("row-not-alone", row=line)
    if not _sees_names(scope, head):
        return {}
    audit.write(scope, "import.rows_read", [row.person] if row.person else [])
    head, row = _as_last_sent(scope, head, row)
    return mending.cells_of(head, row)


def rows(scope: Scope, file: UUID, *, outcome: str | None = None, after: int = 0, limit: int = 100, only_problems: bool = False) -> list[dict[str, Any]]:
    """Rows of the ledger by line, each: line, outcome, record, problems [{column, code, value, zh, en, cure}], alone (it can be put right by itself).

    Of the rejected ones, those that were put right since are left out. Values and cells are shown to who may see names, and that look is audited;
    to others values are masked. `after` is the last line seen.
    """
    head = access_file_by_id(scope, file)
    found = _rejected(head) if outcome == "rejected" else ImportRow.objects.filter(file=head)
    found = found.filter(line__gt=after).order_by("line")
    found = found.filter(outcome=outcome) if outcome else found
    found = found.exclude(problems=[]) if only_problems else found
    page = list(found[:limit])
    names = _sees_names(scope, head)
    if names and any(r.kept is not None for r in page):
        audit.write(scope, "import.rows_read", [r.person for r in page if r.person])
    return [_row(names, r) | {"alone": mending.can_be_mended(head, r)} for r in page]


def problems_of(scope: Scope, file: UUID, line: int) -> list[dict[str, Any]]:
    """What was noted of one row: [{column, code, value, zh, en, cure}], beside cells whose look `mendable` put on record. Refused as `access_file_by_id`."""
    head, row = _as_last_sent(scope, *access_row(scope, file, line))
    return list(_problems(_sees_names(scope, head), row, (kept_cells(row) or {}).get("values") or [""] * len(row.problems)))


def next_rejected(scope: Scope, file: UUID, after: int) -> int | None:
    """The line of the next rejected row that was not put right since; None where there is none. Refused as `access_file_by_id`."""
    return _rejected(access_file_by_id(scope, file)).filter(line__gt=after).order_by("line").values_list("line", flat=True).first()


def _rejected(head: ImportFile) -> QuerySet[ImportRow]:
    """Rejected rows of a file, without those that were sent again and taken."""
    taken = ImportFile.objects.filter(mends=head, mends_line=OuterRef("line"), rejected=0).exclude(closed_at=None)
    return ImportRow.objects.filter(~Exists(taken), file=head, outcome="rejected")


def _as_last_sent(scope: Scope, head: ImportFile, row: ImportRow) -> tuple[ImportFile, ImportRow]:
    """A rejected row as it was last sent and rejected again; else as it stands in its file."""
    last = sent_again(scope, head.pk, [row.line]).get(row.line)
    again = ImportRow.objects.filter(file=last, outcome="rejected").first() if last is not None else None
    return (last, again) if last is not None and again is not None else (head, row)


def _sees_names(scope: Scope, head: ImportFile) -> bool:
    """Whether what stands in a file's cells is for this scope: it sees names where the post is that imported it. What the machine imported is seen at the top of the tree alone."""
    return scope.can("person.names", head.post.area if head.post is not None else None)


def _row(names: bool, row: ImportRow) -> dict[str, Any]:
    kept = kept_cells(row) or {}
    values = kept.get("values") or [""] * len(row.problems)
    shown = {"line": row.line, "outcome": row.outcome, "record": row.record, "problems": list(_problems(names, row, values))}
    return shown | {"cells": kept.get("cells", {}) if names else {}}


def _problems(names: bool, row: ImportRow, values: Any) -> Iterator[dict[str, Any]]:
    for (column, code, more), value in zip_longest(row.problems, values, fillvalue=""):
        text = value if names else mask(value)
        said = Refused(code, **{"row": row.line, "column": column or "—", "value": text} | more)
        yield {"column": column, "code": code, "value": text, "zh": said.text("zh"), "en": said.text("en"), "cure": {"zh": said.cure("zh"), "en": said.cure("en")}}
