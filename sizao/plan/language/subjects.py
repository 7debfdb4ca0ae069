"""Whom a measure is about, where that is no facts table of its own: the lines of a dated list, and pairs that a condition joins."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sizao.kernel.facts import FactsColumn, FactsLink, FactsTable

from .source import Node

LIST = "list:"
#: What every line of a list has; a line may have codes of its own beside these.
LINE_COLUMNS = (
    FactsColumn("code", "text", "code", "代码", "code"),
    FactsColumn("starts_on", "date", "starts_on", "开始日期", "first day"),
    FactsColumn("ends_on", "date", "ends_on", "结束日期", "last day"),
)


@dataclass(frozen=True)
class Entry:
    """One line of a dated list: a code, its first and last day (None: always), the code of its area (None: wherever the edition is in force), and
    whatever else the line says."""

    code: str
    first: date | None = None
    last: date | None = None
    area: str | None = None
    more: Mapping[str, str] = None  # type: ignore[assignment]

    def __hash__(self) -> int:
        return hash((self.code, self.first, self.last, self.area))

    def key(self, name: str) -> str:
        """What names the line for good."""
        return f"list:{name}|{self.code}|{self.first or ''}"


@dataclass(frozen=True, slots=True)
class Lines(FactsTable):
    """The lines of a dated list, each a subject from its first day to its last."""

    entries: tuple[Entry, ...] = ()

    @property
    def list(self) -> str:
        return self.name.removeprefix(LIST)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a pair: the word by which a condition calls it, and its table."""

    name: str
    table: FactsTable


@dataclass(frozen=True, slots=True)
class Pair(FactsTable):
    """Two rows that a condition joins. Its columns are those of both sides, called `side.column`; a side's own name is the id of its row.

    `joins`: what joins them, as checked trees: equalities of a column of either side, and `inside(side.area, side.area)`.
    """

    sides: tuple[Side, ...] = ()
    joins: tuple[Any, ...] = ()

    def side(self, name: str) -> Side | None:
        return next((side for side in self.sides if side.name == name), None)


def lines(name: str, entries: tuple[Entry, ...]) -> Lines:
    """The table of a list's lines."""
    more = dict.fromkeys(key for entry in entries for key in entry.more or ())
    columns = LINE_COLUMNS + tuple(FactsColumn(key, "text", key, key, key) for key in more)
    return Lines(f"{LIST}{name}", "", f"“{name}”名单", f"line of the list “{name}”", columns, person=None, disease=None, entries=entries)


def pair(first: Side, second: Side) -> Pair:
    """The table of two sides, not yet joined."""
    columns: list[FactsColumn] = []
    links: list[FactsLink] = []
    for side in (first, second):
        t = side.table
        columns += [replace(c, name=f"{side.name}.{c.name}", zh=f"{t.zh}的{c.zh}", en=f"{c.en} of the {t.en}") for c in t.columns]
        links.append(FactsLink(side.name, t.name, "id", t.zh, t.en))
        links += [replace(link, name=f"{side.name}.{link.name}") for link in t.links]
    who = next((side.table.person for side in (first, second) if side.table.person), None)
    zh, en = (" × ".join(side.table.zh for side in (first, second)), " and ".join(side.table.en for side in (first, second)))
    disease = next((side.table.disease for side in (first, second) if side.table.disease), None)
    return Pair(f"{first.name}+{second.name}", "", zh, en, tuple(columns), person=who, disease=disease, links=tuple(links), sides=(first, second))


def number_of(text: str) -> int:
    """A number for what has no number of its own, the same in every engine."""
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:15], 16)


def id_of(text: str, uuids: bool) -> Any:
    """The id of a line or pair that this text names."""
    return UUID(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()) if uuids else number_of(text)


def derived(t: FactsTable) -> bool:
    """It has no register of its own."""
    return isinstance(t, Lines | Pair)


def called(node: Node | None) -> str | None:
    """What the `for` of a measure is called: a table, `list:NAME`, or the two sides of a pair."""
    if node is None or node.text is not None or node.mapping:
        return node.text if node else None
    return "+".join((item.text or "").removeprefix(LIST) for item in node.items)


def made(node: Node | None, tables: Mapping[str, FactsTable], lists: Mapping[str, tuple[Entry, ...]]) -> list[FactsTable]:
    """The tables that a `for` makes beyond the registers' own; nothing where it names what is not there."""
    items = node.items if node is not None else []
    found = [one(item.text or "", tables, lists) for item in items]
    if node is None or node.mapping or None in found:
        return []
    told = [t for t in found if t is not None]
    own: list[FactsTable] = [t for t in told if isinstance(t, Lines)]
    sides = [Side(t.name.removeprefix(LIST), t) for t in told]
    # A side's own name is a column of the pair, and "area" is one already: areas are subjects by themselves.
    if node.text is None and len(sides) == 2 and sides[0].name != sides[1].name and "area" not in {side.name for side in sides} and not all(isinstance(t, Lines) for t in told):
        own.append(pair(*sides))
    return own


def one(name: str, tables: Mapping[str, FactsTable], lists: Mapping[str, tuple[Entry, ...]]) -> FactsTable | None:
    """A facts table, or the lines of a list; None where there is none of that name."""
    if name.startswith(LIST):
        entries = lists.get(name.removeprefix(LIST))
        return lines(name.removeprefix(LIST), entries) if entries is not None else None
    found = tables.get(name)
    return None if found is None or derived(found) else found


def area_side(t: Pair) -> Side:
    """The side in whose area a pair lies: the first that is no list."""
    return next(side for side in t.sides if not isinstance(side.table, Lines))
