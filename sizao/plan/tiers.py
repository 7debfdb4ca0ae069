"""Who is served first: a measure's numbers by the priority tier of what it asks about, where a register gives its subjects one."""

from __future__ import annotations

from dataclasses import dataclass

from sizao.kernel.facts import FactsTable

from . import evaluation
from .language import Measure
from .obligations import AHEAD, CANNOT_TELL, LATE, MET, OPEN, OVERDUE, WAITING

UNIT = "tier"  # of the column that holds it


@dataclass(frozen=True, slots=True)
class Tier:
    """The part of a measure's obligations whose subjects are of one tier; closed ones are in none.

    Attributes:
        tier: 1 is served first; None where nobody has decided it.
        served: Done, in time or late, or before it was due.
        waiting: Not done yet, and still to be: not due, or overdue and doable.
        missed: Overdue, and no longer doable.
        done, owed: Coverage as everywhere: of what was due, what was done.
    """

    tier: int | None
    served: int
    waiting: int
    missed: int
    cannot_tell: int
    done: int
    owed: int

    @property
    def counted(self) -> int:
        """All that are in the tier: each is served, waits, was missed, or cannot be told."""
        return self.served + self.waiting + self.missed + self.cannot_tell


def column(table: FactsTable) -> str | None:
    """The stored column of a table that holds the tier, as SQL over its own columns."""
    return next((c.sql for c in table.columns if c.unit == UNIT and c.expression is None), None)


def by_tier(m: Measure, rows: str) -> list[Tier]:
    """A measure's tiers over its obligations (a relation), the first served first and the undecided last; empty where its subjects have none."""
    held = column(m.table)
    if held is None:
        return []
    late = f"x.state = '{OVERDUE}'"
    counts = {
        "served": f"x.state IN ('{MET}', '{LATE}', '{AHEAD}')",
        "waiting": f"x.state IN ('{OPEN}', '{WAITING}') OR ({late} AND x.doable)",
        "missed": f"{late} AND NOT x.doable",
        "cannot_tell": f"x.state = '{CANNOT_TELL}'",
        "done": f"x.state IN ('{MET}', '{LATE}')",
        "owed": f"x.state IN ('{MET}', '{LATE}', '{OVERDUE}')",
    }
    columns = ", ".join(f"count(*) FILTER (WHERE {test}) AS {name}" for name, test in counts.items())
    sql = f"SELECT t.tier, {columns} FROM ({rows}) x LEFT JOIN (SELECT s.id, {held} AS tier FROM {m.table.relation} s) t ON t.id = x.subject GROUP BY 1 ORDER BY 1 NULLS LAST"
    found = [Tier(**row) for row in evaluation.rows(sql.replace("%%", "%"))]
    return [t for t in found if t.counted]
