"""One file on its way in: chunks of new records under an open batch, then its references, then the closing."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import chain

from django.db import transaction

from sizao.kernel import acts, audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Batch
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import keys_at_hand

from . import kept, ledger
from .feeds.watch import heard
from .hands import Hands
from .ledger import Entry
from .linking import References
from .mapping import Mapping
from .models import ImportFile, ImportRow
from .reading import Note, Reader
from .report import FileReport
from .survey import Survey
from .tables import Table
from .taking import Taking, Work
from .units import Parcel, Unit, parcels, units

#: Records changed in one call.
AT_ONCE = 500
#: So many changes are made in the closing transaction itself. Of more, the rest goes before it in transactions of this size: none may last long.
MOST_CLOSING = 5_000
ONE_DAY = timedelta(days=1)


class FileImport:
    """Brings one table in. `write` may be called again after a crash: chunks that are there are not written twice.

    What changes records that readers see, and what joins records of other files (a table of links), waits as "pending" for the closing.
    """

    def __init__(self, scope: Scope, table: Table, mapping: Mapping, survey: Survey, said: FileReport, secret: bytes, *, sender: str, disease: str, time_zone: str) -> None:
        self.scope, self.table, self.mapping, self.survey, self.said, self.secret = scope, table, mapping, survey, said, secret
        self.sender, self.disease, self.zone = sender, disease, time_zone
        self.reader = Reader(mapping, survey, zone=time_zone, secret=secret)
        self.head: ImportFile
        self.work: Work
        self.taking: Taking
        self.pending: set[int] = set()
        at = mapping.fields.get("infector")
        self.references = References(mapping.header[at[0]] if at else "infector")
        self.areas: set[int] = set()

    def write(self, hands: Hands, progress: Callable[[str, int, int], None] | None = None) -> None:
        """Reads every row, and writes the new records chunk by chunk."""
        self.head = ledger.open_file(self.scope, self.table, self.mapping, sender=self.sender, disease=self.disease, time_zone=self.zone)
        done = ledger.chunks(self.head)
        waiting: set[int] = set(ImportRow.objects.filter(file=self.head, outcome="pending").values_list("line", flat=True)) if done else set()
        self.pending |= waiting
        self.said.id, self.said.resumed = self.head.pk, bool(done)
        for fault in (*self.table.notes, *self.mapping.notes):
            column = self.mapping.header[fault.column] if fault.column is not None and fault.column < len(self.mapping.header) else None
            self.said.note(self.table.header_line, Note(fault.code, column, fault.value))
        acts.ensure_months(self._days())
        told_by = clock.end_of_day(self.said.last_day, self.zone) if self.said.last_day else None
        self.work = Work(self.scope, self.head, self.mapping, self.survey.small(), self.secret, told_by)
        self.taking = Taking(self.work)
        hands.begin(self.work, self.taking)
        for _, taken in hands.take((p, p.number in done, frozenset(waiting.intersection(p.lines)) if waiting else frozenset()) for p in self._parcels()):
            self.said.take(taken)
            self.references.told += taken.told
            self.pending |= taken.pending
            self.areas |= taken.areas
            if progress:
                progress(self.table.name, self.said.rows, self.survey.rows)

    def _days(self) -> Iterator[date]:
        """Days on which acts of this file may have happened; a local day begins on another day of UTC."""
        for day in chain((d for d in self.survey.days if self.survey.period.first <= d <= self.survey.period.last), [clock.now().date()]):
            if date(1900, 1, 1) < day < date(2200, 1, 1):
                yield from (day - ONE_DAY, day + ONE_DAY)

    def _parcels(self) -> Iterator[Parcel]:
        return parcels(self.table, self.reader, self.survey, self.mapping)

    def link(self, hands: Hands) -> None:
        """Who infected whom, when the cases of all files are there."""
        if not self.references.told:
            return
        hands.begin(self.work, self.taking)
        for some, linked in hands.link(self.references.parts()):
            self.references.learn(some, linked, self.said, self.pending)
        self.references.note_circles(self.head, self.said, self.pending)

    def close(self) -> None:
        """Changes, the balance, and the batch becomes visible: one transaction, unless there are very many changes. Refused: import-unbalanced."""
        self.taking.unresolved = self.references.unresolved
        waits = self._waiting()
        left = len(self.pending)
        while left > MOST_CLOSING:
            with transaction.atomic():
                for _ in range(MOST_CLOSING // AT_ONCE):
                    left -= self._change(next(waits))
        # what no longer moves is counted before: only the rows that still wait are counted again
        settled = ledger.tally(self.head)
        self._close(waits, settled)

    @transaction.atomic
    def _close(self, waits: Iterator[list[Unit]], settled: dict[str, int]) -> None:
        for some in waits:
            self._change(some)
        if self.mapping.kind == "links":
            self.references.note_circles(self.head, self.said, set())
        # a list of which no row names a place tells of the area of the post that sends it
        kept.keep(self.mapping, self.survey, self.areas or self.taking.unplaced, self.zone, basis=f"import {self.head.pk}")
        kept.keep_told(self.head, self.zone, kept.told_by(self.mapping.kind, self.said.problem_counts), basis=f"import {self.head.pk}")
        counts = ledger.tally(self.head) if settled.get("pending") else settled
        for name in ("accepted", "updated", "duplicate", "rejected"):
            setattr(self.said, name, counts.get(name, 0))
            setattr(self.head, name, counts.get(name, 0))
        if sum(counts.values()) != self.said.rows or counts.get("pending"):
            raise Refused("import-unbalanced", file=self.table.name, rows=self.said.rows, count=sum(counts.values()))
        now = clock.now()
        Batch.objects.filter(pk=self.head.batch_id).update(closed_at=now)
        heard(self.head.sender, rows=self.said.rows, digest=self.table.sha256, at=now, kind="file")
        self.head.rows, self.head.closed_at, self.head.last_day = self.said.rows, now, self.said.last_day
        self.head.problem_counts = dict(self.said.problem_counts)
        self.head.save()
        self.head.chunks.all().delete()
        audit.write(self.scope, "import.closed", [self.head.pk], digest_of=[self.table.sha256, counts], count=self.said.rows)

    def _waiting(self) -> Iterator[list[Unit]]:
        """The records that waited, read from the file once more: a million of them are not held in memory."""
        if not self.pending:
            return
        some: list[Unit] = []
        for block in units(self.table, self.reader, self.survey, self.mapping):
            some += [u for u in block if u.row.line in self.pending]
            while len(some) >= AT_ONCE:
                yield some[:AT_ONCE]
                some = some[AT_ONCE:]
        if some:
            yield some

    def _change(self, some: list[Unit]) -> int:
        """Rows under numbers that are known: changed ones correct their record; one that is only read otherwise may change nothing. How many."""
        before = ledger.known(self.sender, self.mapping.kind, [u.row.key for u in some], self.mapping.digest)
        entries: list[Entry] = []
        self.taking.place(some)
        with keys_at_hand():
            taken = self.taking.bring(some, entries, refer=False)
            for unit, entry, _ in taken:
                unit.row.notes += self.references.notes.get(unit.row.line, [])  # said before
                was = before.get(unit.row.key)
                if was is None:
                    continue
                if entry.outcome == "duplicate" and was.mark != unit.mark:
                    entry.outcome = "updated"  # what is kept with the record changed, though no field of the register did
                elif entry.outcome == "accepted":
                    entry.outcome = "updated" if was.record != entry.record or was.mark != unit.mark else "duplicate"
            self.taking.keep(taken, entries, rewrite=True)
        out = self.taking.finish()
        self.said.take(out, rows=False)
        self.areas |= out.areas
        return len(some)
