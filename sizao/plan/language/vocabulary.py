"""What a plan may name: the facts tables and the kinds of acts that the registers declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from sizao.kernel.facts import ActKind, AreaFact, FactsColumn, FactsLink, FactsTable

from .subjects import Pair

#: A link to this table leads to an area: `origin.grade`.
AREA = "area"

#: What a condition on an act may read of it.
ACT_COLUMNS = {
    "outcome": FactsColumn("outcome", "text", "outcome", "结果", "outcome"),
    "number": FactsColumn("number", "number", "number", "数量", "number"),
    "period": FactsColumn("period", "date", "period", "所属日期", "day it is for"),
    "at": FactsColumn("at", "instant", "at", "发生时间", "time it happened"),
}

#: Columns of every facts table that belong to the machine. No register may declare one, no condition may name one.
KEYS = ("id", "person", "area", "disease", "known", "vf", "vt")


@dataclass(frozen=True)
class Vocabulary:
    """Tables and acts by name, and the codes of every code list that a column takes its values from."""

    tables: dict[str, FactsTable]
    acts: dict[str, ActKind]
    codes: dict[str, dict[str, dict[str, str]]]
    roles: dict[str, dict[str, str]]
    areas: dict[str, AreaFact] = field(default_factory=dict)
    coming: Coming | None = None  # what no register keeps yet, and which will
    left_out: tuple[LeftOut, ...] = ()  # on what no measure may be built
    parts: dict[str, dict[str, str]] = field(default_factory=dict)  # what parts of measures (measure.part, or part), lists (list:…) and figures (figure:…) are called → {zh, en}

    @classmethod
    def of(
        cls,
        tables: Iterable[FactsTable],
        acts: Iterable[ActKind],
        codes: dict[str, dict[str, dict[str, str]]] | None = None,
        roles: dict[str, dict[str, str]] | None = None,
        areas: Iterable[AreaFact] = (),
    ) -> Vocabulary:
        """The vocabulary of these declarations. `codes`: list name → code → {zh, en}; `roles`: role → {zh, en}, empty means any."""
        return cls({t.name: t for t in tables}, {a.kind: a for a in acts}, codes or {}, roles or {}, {f.name: f for f in areas})

    def columns(self, table: str) -> dict[str, FactsColumn]:
        """The columns of a table that a condition may name."""
        return {c.name: c for c in self.tables[table].columns if c.name not in KEYS}

    def knowing(self, *more: FactsTable) -> Vocabulary:
        """This vocabulary and tables that an edition makes for itself."""
        return replace(self, tables={**self.tables, **{t.name: t for t in more}})

    def identities(self, table: str | None) -> list[str]:
        """What leads from a row to another: a condition may ask whether two such are the same."""
        t = self.tables.get(table or "")
        if t is None:
            return []
        sides = [f"{side.name}.person" for side in t.sides if side.table.person] if isinstance(t, Pair) else []
        return [link.name for link in t.links if link.table != AREA] + sides

    def links(self, table: str) -> dict[str, FactsLink]:
        """The links that lead from a table to others."""
        return {link.name: link for link in self.tables[table].links}


@dataclass(frozen=True)
class Coming:
    """What no register keeps yet. `whole`: the vocabulary there is, and that beside it; `registers`: a name as a plan writes it → the registers that will keep it."""

    whole: Vocabulary
    registers: Mapping[str, tuple[str, ...]]
    titles: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class LeftOut:
    """One thing on which no measure may be built: `words` in a name or title that give it away, and what is done instead, in zh and en."""

    id: str
    words: tuple[str, ...]
    instead: Mapping[str, str]


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name that was probably meant; a dash when none is near.

    >>> nearest("clas", ["class", "onset_on"])
    'class'
    """
    found = get_close_matches(word.lower(), sorted(known), n=1, cutoff=0.6)
    return found[0] if found else "—"
