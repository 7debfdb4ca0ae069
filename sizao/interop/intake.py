"""Importing line lists: every row accounted for, the same file twice changes nothing, and nobody sees half a file.

New records are written in chunks under a batch that readers do not see; a crash loses at most one chunk, and the same call goes on after it.
What changes records that readers do see waits for the closing transaction, which also links cases, balances the ledger and opens the batch.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import check_ring

from . import ledger, sayings
from .dialects import dialects
from .file_import import FileImport
from .foresight import foresee
from .hands import Hands, how_many
from .mapping import Mapping, map_columns
from .opening import open_table
from .places import ensure_root
from .report import FileReport, Report, last_day
from .survey import Survey, last_day_of, look_through
from .tables import Table
from .values import plain

__all__ = ["Report", "examples", "import_files", "last_day"]

#: Cases before who refers to them.
ORDER = ("cases", "contacts", "links", "checks", "samples")
#: A dry run of so many rows is the import itself, rolled back. Of more, only the reading and the ledger are asked: no transaction may last so long.
MOST_REHEARSED = 20_000
Progress = Callable[[str, int, int], None]
Opened = tuple[Table, Mapping, Survey]


def import_files(
    scope: Scope,
    files: Sequence[Path | str],
    *,
    disease: str,
    sender: str = "local",
    time_zone: str = "Asia/Shanghai",
    dry_run: bool = False,
    progress: Progress | None = None,
    columns: dict[str, str] | None = None,
    kind: str | None = None,
    encoding: str | None = None,
    accept_full_sheet: bool = False,
    hands: int | None = None,
) -> Report:
    """Takes in line lists and answers what became of every row.

    All files are opened, mapped and looked through before anything is written; whatever refuses one of them refuses the call. Case lists go
    before contact lists. `columns` (header → field) and `kind` are the sender's own word where a header is unsure. `progress(file, done, rows)`
    is called after each chunk. With `dry_run` nothing is written: up to `MOST_REHEARSED` rows are imported and rolled back, of more only reading and
    ledger are asked. `hands`: how many processes share the work; None: as many as the machine and the files are worth. `columns` and `kind`, once an import with them is through, hold for the sender's next file with these headers (`sayings`).

    Refused: not-allowed, file-*, sheet-full, table-kind-unsure, key-unsure, import-running, import-unfinished, import-hand-lost, keys-missing and its kind.
    """
    scope.check("import.write")
    if not dry_run:
        check_ring()
    sayings.check(columns, kind)
    zone, known = ZoneInfo(time_zone), dialects()
    today = clock.local_day(clock.now(), time_zone)
    opened = []
    for path in files:
        table = open_table(path, knows=known.knows, encoding=encoding, accept_full_sheet=accept_full_sheet)
        said = sayings.standing(sender, table.header)
        told = {**(said.columns if said else {}), **(columns or {})}
        mapping = map_columns(table.header, known, table.name, kind=kind or (said.kind or None if said else None), told=told)
        mapping.said = {h: f for h, f in told.items() if h in table.header}
        survey = look_through(table, mapping, zone=zone, today=today)
        if not survey.rows:
            raise Refused("file-empty", file=table.name)
        opened.append((table, mapping, survey))
    if dry_run and sum(survey.rows for _, _, survey in opened) > MOST_REHEARSED:
        return foresee(opened, sender=sender, time_zone=time_zone)
    with ledger.alone(sender, opened[0][0].name if opened else ""):
        if not dry_run:
            ledger.check_finished(sender, {(t.sha256, m.digest): t.name for t, m, _ in opened}, disease=disease, time_zone=time_zone)
            report = _bring(scope, opened, sender=sender, disease=disease, time_zone=time_zone, progress=progress, hands=hands)
            for table, mapping, _ in opened if columns or kind else ():
                sayings.say(scope, sender, table.header, mapping.said, kind)
            return report
        with transaction.atomic():  # a rehearsal: all of it, and then nothing of it
            report = _bring(scope, opened, sender=sender, disease=disease, time_zone=time_zone, progress=progress)
            transaction.set_rollback(True)
        report.dry_run = True
        for said in report.files:
            said.id = None
        return report


def examples(path: Path | str, few: int = 3) -> dict[str, list[str]]:
    """Column → its first different values, for somebody who is to say what it means; blanks and words for "unknown" are none. Only the file's first rows are read. Refused: file-*."""
    known = dialects()
    table, silent = open_table(path, knows=known.knows), known.words["cases"]["*"]
    rows = [row for block in islice(table.blocks(), 1) for row in block.rows[:50]]
    said = ([str(row[i]).strip()[:40] for row in rows if i < len(row) and row[i] is not None] for i in range(len(table.header)))
    return {h: [t for t in dict.fromkeys(texts) if plain(t) and plain(t) not in silent][:few] for h, texts in zip(table.header, said, strict=True)}


def _bring(scope: Scope, opened: Sequence[Opened], *, sender: str, disease: str, time_zone: str, progress: Progress | None, hands: int | None = None) -> Report:
    ensure_root(time_zone)
    rows = sum(survey.rows for _, _, survey in opened)
    with Hands(how_many(rows) if hands is None else hands, sender) as crew:
        imports = [one for wave in ORDER for one in _wave(scope, wave, opened, crew, sender=sender, disease=disease, time_zone=time_zone, progress=progress)]
    report = Report()
    by_place = {id(one.table): one for one in imports}
    report.files = [by_place[id(table)].said for table, _, _ in opened]
    _count(report, imports)
    return report


def _wave(scope: Scope, wave: str, opened: Sequence[Opened], hands: Hands, *, sender: str, disease: str, time_zone: str, progress: Progress | None) -> list[FileImport]:
    """All files of one kind, in the order in which they were named: a later one brings an earlier one up to date."""
    secret = ledger.secret()
    mine: list[FileImport] = []
    for table, mapping, survey in opened:
        if mapping.kind == wave:
            said = FileReport.of(table.name, table.encoding, mapping)
            said.last_day = last_day_of(survey.days, survey.period)
            mine.append(FileImport(scope, table, mapping, survey, said, secret, sender=sender, disease=disease, time_zone=time_zone))
    first: dict[tuple[str, str], FileImport] = {}
    for one in mine:
        first.setdefault((one.table.sha256, one.mapping.digest), one)
    for one in first.values():
        one.write(hands, progress)
    for one in first.values():
        one.link(hands)
    for one in first.values():
        one.close()
    for one in mine:  # a file that was named twice
        if one not in first.values():
            one.write(hands, progress)
            one.link(hands)
            one.close()
    return mine


def _count(report: Report, imports: Sequence[FileImport]) -> None:
    """Distinct records that the rows stand for."""
    kinds = {one.head.pk: one.mapping.kind for one in imports}
    for one in imports:
        report.links += one.said.links
        report.dangling += one.said.dangling
        report.links_to_itself += one.references.to_itself

    def distinct(column: str, files: list[UUID]) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(DISTINCT {column}) FROM interop_importrow WHERE file_id = ANY(%s)", [files])
            return int(cursor.fetchone()[0])

    report.persons = distinct("person", list(kinds))
    kept = ("cases", "contacts", "checks", "samples")
    report.cases, report.contacts, report.checks, report.samples = (distinct("record", [f for f, kind in kinds.items() if kind == k]) for k in kept)
