"""References of one file to other cases: who infected whom, asked when all cases are there, in transactions of a block.

What is found is written under the open batch, which no reader sees; after a crash the same links are stated again and nothing doubles.
"""

from collections.abc import Sequence
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

#: A reference that names no case; the row is asked again when it comes again.
DANGLING = frozenset({"link-dangling", "link-several"})


@dataclass(slots=True)
class References:
    """What the rows of a file say of other cases, kept small: a row's line, its number, the numbers it names.

    Attributes:
        notes: What was odd, by line, for a row that is written once more in the closing.
        unresolved: Number of a row → how many of its references resolved, where some did not.
    """

    sender: str
    column: str
    told: list[tuple[int, str, list[str]]] = field(default_factory=list)
    notes: dict[int, list[Note]] = field(default_factory=dict)
    unresolved: dict[str, int] = field(default_factory=dict)
    to_itself: int = 0

    def add(self, line: int, key: str, numbers: list[str]) -> None:
        self.told.append((line, key, numbers))

    def standing(self, key: str, numbers: Sequence[str]) -> tuple[int, bool]:
        """How many references of a row resolved, and whether some did not. Before they were asked all are taken for good."""
        return (self.unresolved[key], True) if key in self.unresolved else (len(numbers), False)

    def link(self, scope: Scope, head: ImportFile, said: FileReport) -> None:
        """States all links; notes on the rows what dangles, was found with zeros ignored, turns in a circle or runs backwards."""
        for start in range(0, len(self.told), BLOCK):
            self._some(scope, head, said, self.told[start : start + BLOCK])
        if self.told:
            self.note_circles(head, said)
        self.told.clear()

    @transaction.atomic
    def _some(self, scope: Scope, head: ImportFile, said: FileReport, some: list[tuple[int, str, list[str]]]) -> None:
        outcomes = iter(cases_linked.link(scope, [StatedLink(self.sender, key, number) for _, key, numbers in some for number in numbers], batch=head.batch_id))
        notes: dict[int, list[Note]] = {}
        odd: dict[str, tuple[int, bool]] = {}
        for line, key, numbers in some:
            good = 0
            for _number in numbers:
                outcome = next(outcomes)
                codes = {p.code for p in outcome.problems}
                good += not codes & DANGLING
                self.to_itself += "link-circular" in codes
                for p in outcome.problems:
                    notes.setdefault(line, []).append(Note(p.code, self.column, p.value))
            if good < len(numbers):
                self.unresolved[key] = good
                odd[key] = (good, True)
            said.links += good
            said.dangling += len(numbers) - good
        ledger.write_links(head, odd)
        self._note(head, said, notes)

    def note_circles(self, head: ImportFile, said: FileReport) -> None:
        """Notes on the rows of this file which links turn in a circle."""
        circles = cases_linked.circles(head.batch_id)
        if circles:
            held = ImportRow.objects.filter(file=head, record__in=list(circles), outcome__in=("accepted", "updated", "pending")).values_list("record", "line")
            self._note(head, said, {line: [Note("link-in-circle", self.column, circles[record])] for record, line in held})

    def _note(self, head: ImportFile, said: FileReport, notes: dict[int, list[Note]]) -> None:
        for line, some in notes.items():
            self.notes.setdefault(line, []).extend(some)
            for note in some:
                said.note(line, note)
        ledger.add_notes(head, notes)
