"""What an expression may name, where it stands: the columns of its row, what links lead to, parameters, lists, other measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sizao.kernel.facts import FactsColumn

from . import nodes as n
from .parameters import Param
from .vocabulary import ACT_COLUMNS, Vocabulary

#: Points that evidence may open its window from: `since: due - 7d`.
OCCASION = {"due": n.INSTANT, "opens": n.INSTANT}


@dataclass(frozen=True)
class Names:
    """A place in the plan, as far as expressions are concerned.

    Attributes:
        table: The facts table of the row; None where there is none (an act).
        subject: Columns behind `subject.`, in conditions on acts and on the rows of other tables; `subject_table` is the table that they are of.
        parts: Names of the parts whose evidence may start a clock.
        lists: The edition's dated lists.
        measure: The measure (or part) that is being read; names its draws.
        ask: Takes note of a measure that is asked about, and says whether there is one of that name (None: measures cannot be asked here).
        about: What functions are about, where that is not the row itself: in a condition on an act, the subject.
        looks: How many functions may stand within one another here; 0: none that looks beyond the row.
        shows: Whether summaries of many obligations may stand here.
    """

    columns: Mapping[str, FactsColumn]
    params: Mapping[str, Param]
    codes: Mapping[str, Any]
    table: str | None = None
    vocabulary: Vocabulary | None = None
    subject: Mapping[str, FactsColumn] | None = None
    subject_table: str | None = None
    parts: tuple[str, ...] = ()
    lists: Mapping[str, tuple[tuple[str, Any, Any], ...]] = field(default_factory=dict)
    measure: str = ""
    ask: Callable[[str], str | None] | None = None
    about: Names | None = None
    looks: int = 2
    shows: bool = False
    points: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, vocabulary: Vocabulary, table: str, params: Mapping[str, Param], **more: Any) -> Names:
        """The names of a row of a facts table."""
        return cls(vocabulary.columns(table), params, vocabulary.codes, table, vocabulary, **more)

    def of_act(self) -> Names:
        """The names of an act that is evidence for the subject of these."""
        about = replace(self, parts=(), points={}, looks=self.looks - 1)
        return replace(self, columns=ACT_COLUMNS, table=None, subject=self.owner, subject_table=self.owner_table, parts=(), looks=self.looks - 1, points={}, about=about)

    def of_rows(self, table: str) -> Names:
        """The names of a row of another table, looked up for the subject of these."""
        assert self.vocabulary is not None
        columns = self.vocabulary.columns(table)
        return replace(self, columns=columns, table=table, subject=self.owner, subject_table=self.owner_table, parts=(), looks=self.looks - 1, points={}, about=None)

    @property
    def owner(self) -> Mapping[str, FactsColumn]:
        """The columns of the measure's own subject."""
        return self.columns if self.subject is None else self.subject

    @property
    def owner_table(self) -> str | None:
        """The table of the measure's own subject."""
        return self.table if self.subject is None else self.subject_table

    @property
    def asking(self) -> Names:
        """Of what functions and paths are asked."""
        return self.about or self
