"""References of one file to other cases: who infected whom, asked when all cases are there, in transactions of a block.

What is found is written under the open batch, which no reader sees; after a crash the same links are stated again and nothing doubles.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from sizao.flows import cases_linked
from sizao.flows.cases_linked import StatedLink
from sizao.kernel.scope import Scope

from . import ledger
from .models import ImportFile, ImportRow
from .reading import Note
from .report import FileReport
from .tables import BLOCK
from .taken import DANGLING, Linked, Reference


@transaction.atomic
def link_some(scope: Scope, head: ImportFile, column: str | None, some: Sequence[Reference]) -> Linked:
    """States the links of some rows; notes on the rows what dangles, was found with zeros ignored, names itself or runs backwards."""
    outcomes = iter(cases_linked.link(scope, [StatedLink(head.sender, key, number) for _, key, numbers in some for number in numbers], batch=head.batch_id))
    found = Linked()
    for line, key, numbers in some:
        good = 0
        for _number in numbers:
            outcome = next(outcomes)
            codes = {p.code for p in outcome.problems}
            good += not codes & DANGLING
            found.to_itself += "link-circular" in codes
            for p in outcome.problems:
                found.notes.setdefault(line, []).append(Note(p.code, column, p.value))
        if good < len(numbers):
            found.unresolved[key] = good
        found.good += good
        found.dangling += len(numbers) - good
    ledger.write_links(head, {key: (good, True) for key, good in found.unresolved.items()})
    ledger.add_notes(head, found.notes)
    return found


@dataclass(slots=True)
class References:
    """What the rows of a file say of other cases, kept small; and what became of it.

    Attributes:
        notes: What was odd, by line, for a row that is written once more in the closing.
        unresolved: Of such rows, number → how many of their references resolved, where some did not.
    """

    column: str
    told: list[Reference] = field(default_factory=list)
    notes: dict[int, list[Note]] = field(default_factory=dict)
    unresolved: dict[str, int] = field(default_factory=dict)
    to_itself: int = 0

    def parts(self) -> Iterator[list[Reference]]:
        """What is to be asked, a block at a time; it is let go on the way."""
        told, self.told = self.told, []
        for start in range(0, len(told), BLOCK):
            yield told[start : start + BLOCK]

    def learn(self, some: Iterable[Reference], linked: Linked, said: FileReport, pending: set[int]) -> None:
        """Adds what became of some of them."""
        said.links += linked.good
        said.dangling += linked.dangling
        self.to_itself += linked.to_itself
        for line, notes in linked.notes.items():
            self._learn(said, line, notes, pending)
        if pending and linked.unresolved:
            self.unresolved |= {key: linked.unresolved[key] for line, key, _ in some if line in pending and key in linked.unresolved}

    def note_circles(self, head: ImportFile, said: FileReport, pending: set[int]) -> None:
        """Notes on the rows of this file which links turn in a circle."""
        circles = cases_linked.circles(head.batch_id)
        if circles:
            held = ImportRow.objects.filter(file=head, record__in=list(circles), outcome__in=("accepted", "updated", "pending")).values_list("record", "line")
            notes = {line: [Note("link-in-circle", self.column, circles[record])] for record, line in held}
            for line, some in notes.items():
                self._learn(said, line, some, pending)
            ledger.add_notes(head, notes)

    def _learn(self, said: FileReport, line: int, notes: Sequence[Note], pending: set[int]) -> None:
        for note in notes:
            said.note(line, note)
        if line in pending:
            self.notes.setdefault(line, []).extend(notes)
