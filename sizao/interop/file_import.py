"""One file on its way in: chunks of new records under an open batch, then its references, then one closing transaction."""

from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from sizao.flows.outcome import Outcome
from sizao.kernel import audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Batch
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import keys_at_hand

from . import bringing, kept, ledger
from .commands import references
from .feeds.watch import heard
from .ledger import Entry, Known
from .linking import References
from .mapping import Mapping
from .models import ImportFile, ImportRow
from .places import Places
from .reading import Note, Reader, Row
from .report import FileReport
from .survey import Survey
from .tables import Table
from .units import Unit, ahead, units

#: Records changed in one call inside the closing transaction.
AT_ONCE = 500
RESULT = {"new": "accepted", "updated": "updated", "identical": "duplicate", "rejected": "rejected"}


class FileImport:
    """Brings one table in. `write` may be called again after a crash: chunks that are there are not written twice.

    What changes records that readers see, and what joins records of other files (a table of links), waits as "pending" for the closing.
    """

    def __init__(
        self, scope: Scope, table: Table, mapping: Mapping, survey: Survey, said: FileReport, places: Places, secret: bytes, *, sender: str, disease: str, time_zone: str,
    ) -> None:  # fmt: skip
        self.scope, self.table, self.mapping, self.survey, self.said, self.places = scope, table, mapping, survey, said, places
        self.sender, self.disease, self.zone = sender, disease, time_zone
        self.reader = Reader(mapping, survey, zone=time_zone, secret=secret)
        self.head: ImportFile
        self.pending: set[int] = set()
        at = mapping.fields.get("infector")
        self.references = References(sender, mapping.header[at[0]] if at else "infector")
        self.areas: set[int] = set()

    def write(self, progress: Callable[[str, int, int], None] | None = None) -> None:
        """Reads every row, and writes the new records chunk by chunk."""
        self.head = ledger.open_file(self.scope, self.table, self.mapping, sender=self.sender, disease=self.disease, time_zone=self.zone)
        done = self.head.chunks
        self.said.id, self.said.resumed = self.head.pk, done > 0
        if done:
            self.pending = set(ImportRow.objects.filter(file=self.head, outcome="pending").values_list("line", flat=True))
        for note in (*self.table.notes, *self.mapping.notes):
            column = self.mapping.header[note.column] if note.column is not None and note.column < len(self.mapping.header) else None
            self.said.note(self.table.header_line, Note(note.code, column, note.value))
        seen = 0
        for number, some in enumerate(ahead(self._units())):
            seen += sum(len(u.rows) for u in some)
            self.said.rows = seen
            if number < done:
                self._skip(some)
            else:
                self._chunk(some)
            if progress:
                progress(self.table.name, seen, self.survey.rows)

    def _units(self) -> Iterator[list[Unit]]:
        return units(self.table, self.reader, self.survey, self.mapping)

    def _skip(self, some: list[Unit]) -> None:
        """A chunk that an earlier try has written: what waits for the closing is known, what refers to others is asked again."""
        plain: list[str] = []
        for unit in some:
            if self.mapping.kind == "cases" and not unit.row.fatal:
                self._refer(unit)
            if unit.row.line in self.pending:
                continue
            if not unit.row.fatal:
                self._area(unit.row)
                plain.append(unit.row.key)
            self.said.say(unit.rows)
        if self.mapping.kind != "cases":
            for known in ledger.known(self.sender, self.mapping.kind, plain, self.mapping.digest).values():
                self.said.links += known.links
                self.said.dangling += known.dangling

    def _chunk(self, some: list[Unit]) -> None:
        known = ledger.known(self.sender, self.mapping.kind, [u.row.key for u in some if not u.row.fatal], self.mapping.digest)
        entries: list[Entry] = []
        fresh: list[Unit] = []
        for unit in some:
            before = known.get(unit.row.key)
            if unit.row.fatal:
                entries.append(self._entry(unit.row, "rejected", cells=True))
                self.said.say([unit.row])
            elif before is None and self.mapping.kind != "links":
                fresh.append(unit)
            elif before is not None and before.mark == unit.mark and before.reading == self.mapping.digest and not before.dangling:
                entries += self._again(unit, before)
            else:
                entries += self._wait(unit, before)
        with transaction.atomic(), keys_at_hand():
            self._keep(self._bring(fresh, entries, refer=True), entries)
            self.head.chunks += 1
            self.head.save(update_fields=["chunks"])

    def _again(self, unit: Unit, before: Known) -> list[Entry]:
        """Rows that say what their sender said before."""
        self.said.links += before.links
        self.said.say(unit.rows)
        return [Entry(r, "duplicate", before.record, before.person, unit.mark) for r in unit.rows]

    def _wait(self, unit: Unit, before: Known | None) -> list[Entry]:
        """Rows for the closing transaction. What they refer to is asked with all the others."""
        self.pending.add(unit.row.line)
        if self.mapping.kind == "cases":
            self._refer(unit)
        record, person = (before.record, before.person) if before else (None, None)
        return [self._entry(r, "pending" if r is unit.row else "duplicate", record, person, mark=unit.mark) for r in unit.rows]

    def _bring(self, some: list[Unit], entries: list[Entry], *, refer: bool) -> list[tuple[Unit, Entry, Outcome]]:
        """Gives units to the flow; adds an entry for each of their rows, and answers those that were taken."""
        taken = []
        for unit, outcome in zip(some, self._flow(some), strict=True):
            for problem in outcome.problems:
                unit.row.notes.append(self._note(problem.code, problem.field, problem.value))
            if refer and self.mapping.kind == "cases":
                self._refer(unit)
            result = RESULT[outcome.kind]
            # what became a record is there; of the rest every cell is kept with the row
            entry = self._entry(unit.row, result, outcome.record, outcome.person, mark=unit.mark, cells=outcome.record is None)
            entries.append(entry)
            follow = "rejected" if result == "rejected" else "duplicate"
            entries += [self._entry(r, follow, outcome.record, outcome.person, mark=unit.mark) for r in unit.also]
            if result != "rejected":
                taken.append((unit, entry, outcome))
            self.said.say(unit.rows)
        return taken

    def _keep(self, taken: Iterable[tuple[Unit, Entry, Outcome]], entries: list[Entry], *, rewrite: bool = False) -> None:
        """Writes the ledger: rows, and what the sender's numbers now say."""
        links: dict[str, tuple[int, bool]] = {}
        written = []
        for unit, entry, outcome in taken:
            written.append(entry)
            if self.mapping.kind == "cases":
                if "infector" in unit.row.values and (numbers := references(unit.row)[0]):
                    links[unit.row.key] = self.references.standing(unit.row.key, numbers)
            elif standing := bringing.reference_of(self.mapping.kind, unit.row, outcome):
                links[unit.row.key] = standing
                self.said.links += standing[0]
                self.said.dangling += standing[1]
        (ledger.rewrite_rows if rewrite else ledger.write_rows)(self.head, entries)
        ledger.write_keys(self.head, written, links)

    def _flow(self, some: list[Unit]) -> list[Outcome]:
        """The outcome of each unit. A record that the database will not take is found by halving, and alone is rejected."""
        if not some:
            return []
        rows = [u.row for u in some]
        told = bringing.Told(self.sender, self.disease, self.zone, self.head.batch_id, clock.end_of_day(self.said.last_day, self.zone) if self.said.last_day else None)
        try:
            with transaction.atomic():
                return bringing.BY_KIND[self.mapping.kind](self.scope, rows, [self._area(r) for r in rows], told)
        except (DataError, IntegrityError) as fault:
            if len(some) == 1:
                some[0].row.notes.append(Note("row-refused", None, type(fault).__name__))
                return [Outcome("rejected")]
            half = len(some) // 2
            return self._flow(some[:half]) + self._flow(some[half:])

    def _area(self, row: Row) -> int:
        if self.mapping.kind not in bringing.WITH_PLACE:
            return 0
        area, note = self.places.find(row.place, str(row.values.get("area_code", "")))
        if note is None:
            self.areas.add(area.pk)
        elif not any(n.code == note.code for n in row.notes):
            row.notes.append(note)
        return area.pk

    def _note(self, code: str, name: str, value: str) -> Note:
        """A problem that a flow names by its own field, under the sender's header."""
        at = self.mapping.fields.get(name)
        return Note(code, self.mapping.header[at[0]] if at else None, value)

    def _refer(self, unit: Unit) -> None:
        if "infector" not in unit.row.values:
            return
        numbers, text = references(unit.row)
        if text is not None and not any(n.code == "link-not-an-id" for n in unit.row.notes):
            unit.row.notes.append(self._note("link-not-an-id", "infector", text))
        if numbers:
            self.references.add(unit.row.line, unit.row.key, numbers)

    def _entry(self, row: Row, outcome: str, record: UUID | None = None, person: UUID | None = None, *, mark: str = "", cells: bool = False) -> Entry:
        header = self.mapping.header
        at = range(len(header)) if cells else self.reader.unmapped
        return Entry(row, outcome, record, person, mark, {header[i]: row.raw[i] for i in at if row.raw[i]})

    def link(self) -> None:
        """Who infected whom, when the cases of all files are there."""
        self.references.link(self.scope, self.head, self.said)

    @transaction.atomic
    def close(self) -> None:
        """The closing transaction: changes, the balance, and the batch becomes visible. Refused: import-unbalanced."""
        for some in self._waiting():
            self._change(some)
        if self.mapping.kind == "links":
            self.references.note_circles(self.head, self.said)
        kept.keep(self.mapping, self.survey, self.areas, self.zone, basis=f"import {self.head.pk}")
        counts = ledger.tally(self.head)
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
        audit.write(self.scope, "import.closed", [self.head.pk], digest_of=[self.table.sha256, counts], count=self.said.rows)

    def _waiting(self) -> Iterator[list[Unit]]:
        """The records that waited, read from the file once more: a million of them are not held in memory."""
        if not self.pending:
            return
        some: list[Unit] = []
        for block in self._units():
            some += [u for u in block if u.row.line in self.pending]
            while len(some) >= AT_ONCE:
                yield some[:AT_ONCE]
                some = some[AT_ONCE:]
        if some:
            yield some

    def _change(self, some: list[Unit]) -> None:
        """Rows under numbers that are known: changed ones correct their record; one that is only read otherwise may change nothing."""
        before = ledger.known(self.sender, self.mapping.kind, [u.row.key for u in some], self.mapping.digest)
        entries: list[Entry] = []
        with keys_at_hand():
            taken = self._bring(some, entries, refer=False)
            for unit, entry, _ in taken:
                unit.row.notes += self.references.notes.get(unit.row.line, [])  # said before
                was = before.get(unit.row.key)
                if was is None:
                    continue
                if entry.outcome == "duplicate" and was.mark != unit.mark:
                    entry.outcome = "updated"  # what is kept with the record changed, though no field of the register did
                elif entry.outcome == "accepted":
                    entry.outcome = "updated" if was.record != entry.record or was.mark != unit.mark else "duplicate"
            self._keep(taken, entries, rewrite=True)
