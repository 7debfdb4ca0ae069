"""One chunk on its way in: what is new is written, what is known waits for the closing, and each row gets its line in the ledger.

This is the work that several processes share (`hands`): a `Taking` is made from what can be sent, and what it found out is given back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from sizao.flows.outcome import Outcome
from sizao.kernel import areas
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import keys_at_hand

from . import bringing, ledger
from .commands import references
from .ledger import Entry, Known
from .linking import link_some
from .mapping import Mapping
from .models import ImportFile
from .places import Places
from .reading import Note, Reader, Row
from .survey import Survey
from .taken import Linked, Reference, Taken
from .units import Parcel, Unit

RESULT = {"new": "accepted", "updated": "updated", "identical": "duplicate", "rejected": "rejected"}


@dataclass(frozen=True, slots=True)
class Work:
    """What is the same for every chunk of a file. `told_by`: when the sender had told it all, the end of the file's last day."""

    scope: Scope
    head: ImportFile
    mapping: Mapping
    survey: Survey
    secret: bytes
    told_by: datetime | None


class Taking:
    """Takes parcels of one file, one after the other.

    Attributes:
        unresolved: Of rows that are written once more in the closing: how many of their references resolved, where some did not.
    """

    def __init__(self, work: Work) -> None:
        self.scope, self.head, self.mapping, self.told_by = work.scope, work.head, work.mapping, work.told_by
        self.sender, self.zone = work.head.sender, work.head.time_zone
        self.reader = Reader(work.mapping, work.survey, zone=self.zone, secret=work.secret)
        self.places = Places(areas.root(), work.scope.post.area if work.scope.post else None)
        self.unresolved: dict[str, int] = {}
        self.out = Taken()

    @property
    def unplaced(self) -> set[int]:
        """Where rows are kept that name no place."""
        return {(self.places.home or self.places.root).pk}

    def finish(self) -> Taken:
        """What was to be said since the last time."""
        out, self.out = self.out, Taken()
        return out

    def take(self, parcel: Parcel, *, done: bool = False, pending: frozenset[int] = frozenset()) -> Taken:
        """Writes a chunk. `done`: an earlier try has written it, `pending` are its lines that wait, and only what is to be said is asked again."""
        self._take(parcel.number, parcel.opened(self.reader), done=done, pending=pending)
        return self.finish()

    def _take(self, number: int, some: list[Unit], *, done: bool = False, pending: frozenset[int] = frozenset()) -> None:
        self.out.rows += sum(len(u.rows) for u in some)
        if done:
            self._skip(some, pending)
        else:
            self._chunk(number, some)

    def link(self, some: list[Reference]) -> Linked:
        """States the links of some rows. See `linking`."""
        return link_some(self.scope, self.head, self._header("infector"), some)

    def _skip(self, some: list[Unit], pending: frozenset[int]) -> None:
        plain: list[str] = []
        for unit in some:
            if self.mapping.kind == "cases" and not unit.row.fatal:
                self._refer(unit)
            if unit.row.line in pending:
                continue
            if not unit.row.fatal:
                self._area(unit)
                plain.append(unit.row.key)
            self.out.say(unit.rows)
        if self.mapping.kind != "cases":
            for known in ledger.known(self.sender, self.mapping.kind, plain, self.mapping.digest).values():
                self.out.links += known.links
                self.out.dangling += known.dangling

    def _chunk(self, number: int, some: list[Unit]) -> None:
        known = ledger.known(self.sender, self.mapping.kind, [u.row.key for u in some if not u.row.fatal], self.mapping.digest)
        entries: list[Entry] = []
        fresh: list[Unit] = []
        for unit in some:
            before = known.get(unit.row.key)
            if unit.row.fatal:
                entries.append(self._entry(unit.row, "rejected", cells=True))
                self.out.say([unit.row])
            elif before is None and self.mapping.kind != "links":
                self._area(unit)  # a new area is there before the chunk begins: others need not wait for it, and it stays
                fresh.append(unit)
            elif before is not None and before.mark == unit.mark and before.reading == self.mapping.digest and not before.dangling:
                entries += self._again(unit, before)
            else:
                entries += self._wait(unit, before)
        with transaction.atomic(), keys_at_hand():
            ledger.write_chunk(self.head, number)
            self.keep(self.bring(fresh, entries, refer=True), entries)

    def _again(self, unit: Unit, before: Known) -> list[Entry]:
        """Rows that say what their sender said before."""
        self.out.links += before.links
        self.out.say(unit.rows)
        return [Entry(r, "duplicate", before.record, before.person, unit.mark) for r in unit.rows]

    def _wait(self, unit: Unit, before: Known | None) -> list[Entry]:
        """Rows for the closing transaction. What they refer to is asked with all the others."""
        self.out.pending.add(unit.row.line)
        if self.mapping.kind == "cases":
            self._refer(unit)
        record, person = (before.record, before.person) if before else (None, None)
        return [self._entry(r, "pending" if r is unit.row else "duplicate", record, person, mark=unit.mark) for r in unit.rows]

    def bring(self, some: list[Unit], entries: list[Entry], *, refer: bool) -> list[tuple[Unit, Entry, Outcome]]:
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
            self.out.say(unit.rows)
        return taken

    def keep(self, taken: Iterable[tuple[Unit, Entry, Outcome]], entries: list[Entry], *, rewrite: bool = False) -> None:
        """Writes the ledger: rows, and what the sender's numbers now say."""
        links: dict[str, tuple[int, bool]] = {}
        written = []
        for unit, entry, outcome in taken:
            written.append(entry)
            if self.mapping.kind == "cases":
                if "infector" in unit.row.values and (numbers := references(unit.row)[0]):
                    # before they were asked all references are taken for good
                    links[unit.row.key] = (self.unresolved[unit.row.key], True) if unit.row.key in self.unresolved else (len(numbers), False)
            elif standing := bringing.reference_of(self.mapping.kind, unit.row, outcome):
                links[unit.row.key] = standing
                self.out.links += standing[0]
                self.out.dangling += standing[1]
        (ledger.rewrite_rows if rewrite else ledger.write_rows)(self.head, entries)
        ledger.write_keys(self.head, written, links, fresh=not rewrite)

    def _flow(self, some: list[Unit]) -> list[Outcome]:
        """The outcome of each unit. A record that the database will not take is found by halving, and alone is rejected."""
        if not some:
            return []
        told = bringing.Told(self.sender, self.head.disease, self.zone, self.head.batch_id, self.told_by)
        try:
            with transaction.atomic():
                return bringing.BY_KIND[self.mapping.kind](self.scope, [u.row for u in some], [u.area for u in some], told)
        except (DataError, IntegrityError) as fault:
            if len(some) == 1:
                some[0].row.notes.append(Note("row-refused", None, type(fault).__name__))
                return [Outcome("rejected")]
            half = len(some) // 2
            return self._flow(some[:half]) + self._flow(some[half:])

    def _area(self, unit: Unit) -> None:
        if self.mapping.kind not in bringing.WITH_PLACE:
            return
        row = unit.row
        area, note = self.places.find(row.place, str(row.values.get("area_code", "")))
        if note is None:
            self.out.areas.add(area.pk)
        else:
            row.notes.append(note)
        unit.area = area.pk

    def place(self, some: Iterable[Unit]) -> None:
        """Looks up where units belong that waited."""
        for unit in some:
            self._area(unit)

    def _header(self, name: str) -> str | None:
        at = self.mapping.fields.get(name)
        return self.mapping.header[at[0]] if at else None

    def _note(self, code: str, name: str, value: str) -> Note:
        """A problem that a flow names by its own field, under the sender's header."""
        return Note(code, self._header(name), value)

    def _refer(self, unit: Unit) -> None:
        if "infector" not in unit.row.values:
            return
        numbers, text = references(unit.row)
        if text is not None and not any(n.code == "link-not-an-id" for n in unit.row.notes):
            unit.row.notes.append(self._note("link-not-an-id", "infector", text))
        if numbers:
            self.out.told.append((unit.row.line, unit.row.key, numbers))

    def _entry(self, row: Row, outcome: str, record: UUID | None = None, person: UUID | None = None, *, mark: str = "", cells: bool = False) -> Entry:
        header = self.mapping.header
        at = range(len(header)) if cells else self.reader.unmapped
        return Entry(row, outcome, record, person, mark, {header[i]: row.raw[i] for i in at if row.raw[i]})
