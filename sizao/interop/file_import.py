"""One file on its way in: chunks of new records under an open batch, then one closing transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from django.db import DataError, IntegrityError, transaction

from sizao.flows import case_report_received, cases_linked, contact_named
from sizao.flows.cases_linked import StatedLink
from sizao.flows.outcome import Outcome
from sizao.kernel import audit, clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Batch
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import keys_at_hand

from . import kept, ledger
from .commands import case_report, named_contact, references
from .ledger import Entry, Known
from .mapping import Mapping
from .models import ImportFile, ImportRow
from .places import Places
from .reading import Note, Reader, Row
from .report import FileReport
from .survey import Survey
from .tables import BLOCK, Table

#: Records changed in one call inside the closing transaction.
AT_ONCE = 500
RESULT = {"new": "accepted", "updated": "updated", "identical": "duplicate", "rejected": "rejected"}
_FORESEEN = UUID("6f2b3c8e-5d0b-5f0e-9d3c-2f1f6a1b7c55")


@dataclass(slots=True)
class Unit:
    """One record's rows: the first, and those joined to it. `mark` covers them all."""

    row: Row
    also: list[Row] = field(default_factory=list)
    mark: str = ""


class FileImport:
    """Brings one table in. `write` may be called again after a crash: chunks that are there are not written twice."""

    def __init__(
        self, scope: Scope, table: Table, mapping: Mapping, survey: Survey, said: FileReport, places: Places, secret: bytes, *,
        sender: str, disease: str, time_zone: str, dry_run: bool,
    ) -> None:  # fmt: skip
        self.scope, self.table, self.mapping, self.survey, self.said, self.places = scope, table, mapping, survey, said, places
        self.sender, self.disease, self.zone, self.dry_run = sender, disease, time_zone, dry_run
        self.reader = Reader(mapping, survey, zone=time_zone, secret=secret)
        self.head: ImportFile | None = None
        self.pending: list[Unit] = []
        self.referring: list[tuple[Unit, list[str], UUID | None]] = []
        self.to_itself = 0
        self.foreseen: set[UUID] = set()
        self.areas: set[int] = set()

    def write(self, progress: Callable[[str, int, int], None] | None = None) -> None:
        """Reads every row, and writes the new records chunk by chunk."""
        waiting: set[int] = set()
        done = 0
        if not self.dry_run:
            self.head = ledger.open_file(self.scope, self.table, self.mapping, sender=self.sender, disease=self.disease, time_zone=self.zone)
            done = self.head.chunks
            self.said.id, self.said.resumed = self.head.pk, done > 0
            waiting = set(ImportRow.objects.filter(file=self.head, outcome="pending").values_list("line", flat=True)) if done else set()
        for note in (*self.table.notes, *self.mapping.notes):
            column = self.mapping.header[note.column] if note.column is not None and note.column < len(self.mapping.header) else None
            self.said.note(self.table.header_line, Note(note.code, column, note.value))
        seen = 0
        for number, units in enumerate(self._chunks()):
            seen += sum(1 + len(u.also) for u in units)
            self.said.rows = seen
            if number < done:
                self._skip(units, waiting)
            else:
                self._chunk(units)
            if progress:
                progress(self.table.name, seen, self.survey.rows)

    def _chunks(self) -> Iterator[list[Unit]]:
        """Records in a fixed order: single rows as they come, then those whose number or text stands in several rows, joined."""
        held: dict[str, list[Row]] = {}
        for block in self.table.blocks():
            units = []
            for row, mark in zip(self.reader.read(block), self.survey.marks(block, self.mapping), strict=True):
                told = row.values.get("source_id")
                row.key = str(told) if told is not None else f"row:{row.mark}"
                if row.fatal or mark not in self.survey.repeated:
                    units.append(Unit(row, mark=row.mark))
                else:
                    held.setdefault(row.key, []).append(row)
            if units:
                yield units
        joined: list[Unit] = []
        for rows in held.values():
            joined += self._join(rows)
        for start in range(0, len(joined), BLOCK):
            yield joined[start : start + BLOCK]

    def _join(self, rows: list[Row]) -> list[Unit]:
        """Rows under one number are one record: the first row counts, the others add what it lacks.

        Equal rows without a number are one record if they name somebody. If they name nobody they may be several people, and all are kept.
        """
        first, rest = rows[0], rows[1:]
        if first.key.startswith("row:") and not self.reader.names_somebody(first):
            for n, row in enumerate(rest, 2):
                row.key = f"{first.key}#{n}"
                row.notes.append(Note("row-twin-kept", None, "", {"row": first.line}))
            return [Unit(r, mark=r.mark) for r in rows]
        for row in rest:
            if row.mark == first.mark:
                row.notes.append(Note("row-repeated", None, "", {"row": first.line}))
                continue
            row.notes.append(Note("row-joined", None, "", {"row": first.line}))
            for name, value in row.values.items():
                if name not in first.values:
                    first.values[name] = value
                elif first.values[name] != value and name in self.mapping.fields:
                    header = self.mapping.header[self.mapping.fields[name][0]]
                    row.notes.append(Note("row-joined-differs", header, row.raw[self.mapping.fields[name][0]], {"row": first.line}))
        return [Unit(first, rest, self.reader.mark_of(sorted({r.mark for r in rows})))]

    def _skip(self, units: list[Unit], waiting: set[int]) -> None:
        """A chunk that an earlier try has written: only what still waits for the closing is taken up again."""
        for unit in units:
            if not unit.row.fatal:
                self._area(unit.row)
            self.said.say((unit.row, *unit.also))
            if unit.row.fatal:
                continue
            if unit.row.line in waiting:
                self.pending.append(unit)
            elif self.mapping.kind == "cases" and "infector" in unit.row.values:
                self._refer(unit, None)
            elif self.mapping.kind == "contacts" and "related_case" in unit.row.values:
                known = ledger.known(self.sender, self.mapping.kind, [unit.row.key]).get(unit.row.key)
                self.said.links += known.links if known else 0
                self.said.dangling += bool(known and known.dangling)

    def _chunk(self, units: list[Unit]) -> None:
        known = ledger.known(self.sender, self.mapping.kind, [u.row.key for u in units if not u.row.fatal])
        reading = self.mapping.digest
        entries: list[Entry] = []
        fresh: list[Unit] = []
        for unit in units:
            before = known.get(unit.row.key)
            if unit.row.fatal:
                entries.append(self._entry(unit.row, "rejected", cells=True))
                self.said.say([unit.row])
            elif before is not None and before.mark == unit.mark and before.reading == reading and not before.dangling:
                entries += self._again(unit, before)
            elif self.head is None and self._foreseen_refusal(unit):
                entries += [self._entry(r, "rejected") for r in (unit.row, *unit.also)]
                self.said.say((unit.row, *unit.also))
            elif before is None:
                fresh.append(unit)
            else:
                self.pending.append(unit)
                entries += [self._entry(r, "pending" if r is unit.row else "duplicate", before.record, before.person, mark=unit.mark) for r in (unit.row, *unit.also)]
        if self.head is None:
            self._foresee(fresh, entries, known)
            return
        with transaction.atomic(), keys_at_hand():
            made = self._bring(fresh, entries)
            ledger.write_rows(self.head, entries)
            ledger.write_keys(self.head, made, self._contact_links(made))
            self.head.chunks += 1
            self.head.save(update_fields=["chunks"])

    def _again(self, unit: Unit, before: Known) -> list[Entry]:
        self.said.links += before.links
        self.said.say((unit.row, *unit.also))
        return [Entry(r, "duplicate", before.record, before.person, unit.mark) for r in (unit.row, *unit.also)]

    def _bring(self, units: list[Unit], entries: list[Entry]) -> list[Entry]:
        """Gives units to the flow; adds an entry for each of their rows, and answers those that made or changed a record."""
        made = []
        for unit, outcome in zip(units, self._flow(units), strict=True):
            for problem in outcome.problems:
                unit.row.notes.append(self._note(problem.code, problem.field, problem.value))
            result = RESULT[outcome.kind]
            entry = self._entry(unit.row, result, outcome.record, outcome.person, mark=unit.mark, cells=result == "rejected")
            entries.append(entry)
            follow = "rejected" if result == "rejected" else "duplicate"
            entries += [self._entry(r, follow, outcome.record, outcome.person, mark=unit.mark) for r in unit.also]
            if outcome.record is not None:
                made.append(entry)
                if self.mapping.kind == "cases":
                    self._refer(unit, outcome.person)
            self.said.say((unit.row, *unit.also))
        return made

    def _flow(self, units: list[Unit]) -> list[Outcome]:
        """The outcome of each unit. A record that the database will not take is found by halving, and alone is rejected."""
        if not units:
            return []
        try:
            with transaction.atomic():
                return self._call(units)
        except (DataError, IntegrityError) as fault:
            if len(units) == 1:
                units[0].row.notes.append(Note("row-refused", None, type(fault).__name__))
                return [Outcome("rejected")]
            half = len(units) // 2
            return self._flow(units[:half]) + self._flow(units[half:])

    def _call(self, units: list[Unit]) -> list[Outcome]:
        assert self.head is not None
        batch = self.head.batch_id
        told = {"sender": self.sender, "disease": self.disease, "zone": self.zone}
        if self.mapping.kind == "contacts":
            at = self.mapping.fields.get("status")
            contacts = [named_contact(u.row, area_id=self._area(u.row), status=u.row.raw[at[0]].strip() if at else "", **told) for u in units]
            return contact_named.name(self.scope, contacts, batch=batch, told_by=self._told_by)
        return case_report_received.receive(self.scope, [case_report(u.row, area_id=self._area(u.row), **told) for u in units], batch=batch, told_by=self._told_by)

    @property
    def _told_by(self) -> datetime | None:
        """The sender had told everything in this file by the end of its last day."""
        return clock.end_of_day(self.said.last_day, self.zone) if self.said.last_day else None

    def _area(self, row: Row) -> int:
        area, note = self.places.find(row.place, str(row.values.get("area_code", "")))
        if note is not None:
            if not any(n.code == note.code for n in row.notes):
                row.notes.append(note)
        else:
            self.areas.add(area.pk)
        return area.pk

    def _note(self, code: str, name: str, value: str) -> Note:
        """A problem that a flow names by its own field, under the sender's header."""
        at = self.mapping.fields.get(name)
        return Note(code, self.mapping.header[at[0]] if at else None, value)

    def _refer(self, unit: Unit, person: UUID | None) -> None:
        numbers, text = references(unit.row)
        if text is not None and not any(n.code == "link-not-an-id" for n in unit.row.notes):
            note = self._note("link-not-an-id", "infector", text)
            unit.row.notes.append(note)
        if numbers:
            self.referring.append((unit, numbers, person))

    def _contact_links(self, made: list[Entry]) -> dict[str, tuple[int, bool]]:
        if self.mapping.kind != "contacts":
            return {}
        links = {}
        for entry in made:
            if "related_case" in entry.row.values:
                dangling = any(n.code == "link-dangling" for n in entry.row.notes)
                links[entry.row.key] = (0 if dangling else 1, dangling)
                self.said.links += not dangling
                self.said.dangling += dangling
        return links

    def _entry(self, row: Row, outcome: str, record: UUID | None = None, person: UUID | None = None, *, mark: str = "", cells: bool = False) -> Entry:
        header = self.mapping.header
        at = range(len(header)) if cells else self.reader.unmapped
        return Entry(row, outcome, record, person, mark, {header[i]: row.raw[i] for i in at if row.raw[i]})

    def _foreseen_refusal(self, unit: Unit) -> bool:
        """A dry run asks what the flow would: may this post write there."""
        area, note = self.places.find(unit.row.place, str(unit.row.values.get("area_code", "")), grow=False)
        unit.row.notes += [note] if note else []
        flow = contact_named if self.mapping.kind == "contacts" else case_report_received
        problem = flow.refused(self.scope, area.path)
        if problem:
            unit.row.notes.append(self._note(problem.code, problem.field, problem.value))
        return problem is not None

    def _foresee(self, fresh: list[Unit], entries: list[Entry], known: dict[str, Known]) -> None:
        """A dry run: what would become of the rows, as far as the ledger can tell."""
        for unit in fresh:
            entries += [Entry(r, "accepted" if r is unit.row else "duplicate") for r in (unit.row, *unit.also)]
            self.said.say((unit.row, *unit.also))
            self.foreseen.add(uuid5(_FORESEEN, unit.row.key))
        self.foreseen |= {k.record for k in known.values()}
        for entry in entries:
            name = entry.outcome
            if name == "pending":  # equal rows wait only because a reference dangled or they were read otherwise
                name = "duplicate" if known[entry.row.key].mark == entry.mark else "updated"
            setattr(self.said, name, getattr(self.said, name) + 1)

    @transaction.atomic
    def close(self) -> None:
        """The closing transaction: changes, links, the balance, and the batch becomes visible. Refused: import-unbalanced."""
        if self.head is None:
            for unit in self.pending:
                self.said.say((unit.row, *unit.also))
            return
        for start in range(0, len(self.pending), AT_ONCE):
            self._change(self.pending[start : start + AT_ONCE])
        self._link()
        kept.keep(self.mapping, self.survey, self.areas, self.zone, basis=f"import {self.head.pk}")
        counts = ledger.tally(self.head)
        for name in ("accepted", "updated", "duplicate", "rejected"):
            setattr(self.said, name, counts.get(name, 0))
            setattr(self.head, name, counts.get(name, 0))
        if sum(counts.values()) != self.said.rows or counts.get("pending"):
            raise Refused("import-unbalanced", file=self.table.name, rows=self.said.rows, count=sum(counts.values()))
        now = clock.now()
        Batch.objects.filter(pk=self.head.batch_id).update(closed_at=now)
        self.head.rows, self.head.closed_at, self.head.last_day = self.said.rows, now, self.said.last_day
        self.head.problem_counts = dict(self.said.problem_counts)
        self.head.save()
        audit.write(self.scope, "import.closed", [self.head.pk], digest_of=[self.table.sha256, counts], count=self.said.rows)

    def _change(self, units: list[Unit]) -> None:
        """Rows under numbers that are known: changed ones correct their record; one that is only read otherwise may change nothing."""
        assert self.head is not None
        before = ledger.known(self.sender, self.mapping.kind, [u.row.key for u in units])
        entries: list[Entry] = []
        made = self._bring(units, entries)
        for entry, unit in ((e, u) for e in made for u in units if u.row is e.row):
            if entry.outcome == "duplicate" and before[unit.row.key].mark != unit.mark:
                entry.outcome = "updated"  # what is kept with the record changed, though no field of the register did
        ledger.rewrite_rows(self.head, entries)
        ledger.write_keys(self.head, made, self._contact_links(made))

    def _link(self) -> None:
        """Who infected whom, after all cases are there."""
        assert self.head is not None
        notes: list[Entry] = []
        for start in range(0, len(self.referring), BLOCK):
            some = self.referring[start : start + BLOCK]
            stated = [StatedLink(self.sender, unit.row.key, number) for unit, numbers, _ in some for number in numbers]
            outcomes = iter(cases_linked.link(self.scope, stated, batch=self.head.batch_id))
            links: dict[str, tuple[int, bool]] = {}
            for unit, numbers, _ in some:
                good, fresh = 0, []
                for _number in numbers:
                    outcome = next(outcomes)
                    codes = {p.code for p in outcome.problems}
                    good += "link-dangling" not in codes
                    self.to_itself += "link-circular" in codes
                    fresh += [self._note(p.code, "infector", p.value) for p in outcome.problems]
                links[unit.row.key] = (good, good < len(numbers))
                self.said.links += good
                self.said.dangling += len(numbers) - good
                for note in fresh:
                    unit.row.notes.append(note)
                    self.said.note(unit.row.line, note)
                if fresh:
                    notes.append(self._entry(unit.row, ""))
            ledger.write_links(self.head, links)
        ledger.note_rows(self.head, notes)
