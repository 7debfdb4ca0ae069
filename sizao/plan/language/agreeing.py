"""Whose act: an act closes every duty that agrees with it on its declared key, and a pair on both of its sides.

An agreement is written as pairs of a column of the act and a column of the row: `subject=household,other=text`. The two that are met most often
have a word of their own: `subject` (the act names this very row) and `person`.
"""

from __future__ import annotations

from typing import Any

from sizao.kernel.errors import Refused

from . import nodes as n
from .subjects import Lines, Pair
from .vocabulary import Vocabulary

SUBJECT, PERSON = "subject", "person"
PLAIN = (SUBJECT, PERSON)
ACT_KEYS = ("subject", "person", "area", "other")  # the columns of an act by which it is found


def pairs(key: str) -> tuple[tuple[str, str], ...]:
    """(column of the act, column of the row), all of which must be equal.

    >>> pairs("subject"), pairs("subject=household,other=text")
    ((('subject', 'id'),), (('subject', 'household'), ('other', 'text')))
    """
    if key in PLAIN:
        return ((key, "id" if key == SUBJECT else "person"),)
    return tuple((act, row) for part in key.split(",") for act, _, row in [part.partition("=")])


def columns(key: str) -> list[str]:
    """The columns of the row that an agreement reads, beyond its id, person and area."""
    return [row for _, row in pairs(key) if row not in ("id", "person", "area")]


def agreement(vocabulary: Vocabulary, table: str, kind: str, where: Any = None) -> str:
    """How an act of this kind agrees with a row of the table. Refused where they have no key in common, or where a pair agrees on one side only.

    `where`: the condition on the act; a side of a pair is agreed on too where it names one of that side's columns.
    """
    t = vocabulary.tables[table]
    if not isinstance(t, Pair):
        return written(_one(vocabulary, table, kind, ""))
    found: list[tuple[str, str]] = []
    told = {name.partition(".")[0] for name in ([x.name for x in n.walk(where) if isinstance(x, n.Subject)] if where is not None else [])}
    for side in t.sides:
        own = [] if isinstance(side.table, Lines) else _of_side(vocabulary, side.name, side.table.name, kind, [act for act, _ in found])
        if not own and side.name not in told:
            raise Refused("plan-pair-half", name=kind, side=side.name)
        found += own
    if not found:
        raise Refused("plan-no-key", name=kind, key=vocabulary.acts[kind].key, table=table)
    return written(found)


def written(found: list[tuple[str, str]]) -> str:
    """The agreement as a word."""
    if found in ([("subject", "id")], [("person", "person")]):
        return found[0][0]
    return ",".join(f"{act}={row}" for act, row in dict.fromkeys(found))


def _of_side(vocabulary: Vocabulary, side: str, table: str, kind: str, taken: list[str]) -> list[tuple[str, str]]:
    """What the act says of one side; nothing where it says nothing, or nothing that it has not said of the other already."""
    try:
        [(act, row)] = _one(vocabulary, table, kind, side)
    except Refused:
        return []
    return [] if act in taken and act != "person" else [(act, row)]


def _one(vocabulary: Vocabulary, table: str, kind: str, side: str) -> list[tuple[str, str]]:
    """The agreement with a row of one table; `side` is what its columns are called by in a pair."""
    act, t = vocabulary.acts[kind], vocabulary.tables[table]

    def of(column: str) -> str:
        return column if not side else side if column == "id" else f"{side}.{column}"

    if act.key == SUBJECT:
        return [("subject", of("id"))]
    if act.key == PERSON:
        if t.person is None:
            raise Refused("plan-no-person", name=kind, table=table)
        return [("person", of("person"))]
    if act.key == "area":
        return [("area", of("area"))]
    named = (("subject", act.key), ("other", act.other))
    for column, wanted in named:
        if wanted == table:
            return [(column, of("id"))]
    for column, wanted in named:
        link = next((link for link in sorted(t.links, key=lambda x: x.name != wanted) if link.table == wanted), None)
        if link:
            return [(column, of(link.name))]
    raise Refused("plan-no-key", name=kind, key=act.key, table=table)
