"""What became of a table's rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sizao.kernel.outcome import Outcome, Problem


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one row. `number` is its place below the header, from 1."""

    number: int
    outcome: Outcome
    cells: Sequence[str]


@dataclass(slots=True)
class Told:
    """The row ledger of one table: rows = new + updated + identical + rejected. `file`: where it is kept; None for a trial."""

    lines: list[Line] = field(default_factory=list)
    dry: bool = False
    file: UUID | None = None

    def count(self, kind: str) -> int:
        return sum(line.outcome.kind == kind for line in self.lines)

    @property
    def rejected(self) -> list[Line]:
        return [line for line in self.lines if line.outcome.kind == "rejected"]

    def reasons(self) -> list[tuple[Problem, int, list[int]]]:
        """Problems of one kind at one field together, the most frequent first: an example, how often, the first rows."""
        found: dict[tuple[str, str], list[Any]] = {}
        for line in self.lines:
            for p in line.outcome.problems:
                one = found.setdefault((p.code, p.field), [p, 0, []])
                one[1] += 1
                if len(one[2]) < 12:
                    one[2].append(line.number)
        return sorted(((p, n, rows) for p, n, rows in found.values()), key=lambda r: -r[1])
