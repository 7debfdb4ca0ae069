"""The lines of lists and the pairs that a condition joins, as versions like those of any register: the meaning, in plain Python.

A line stands from its first day on; that nothing more is asked after its last is a condition of its measure (`Measure.asks`), so that what was
owed stays to be seen. A pair is there when both sides once stood together and were joined: what joins it was known and held, for one disease or
none. It stands as long as both; what joins it is in the measure's `should` and is read at the reading time like the rest. Its area, person and
disease are those of the first side that has one.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sizao.kernel.facts import FactsTable

from .language.measure import BEGINNING, FAR, Measure
from .language.nodes import Compare
from .language.subjects import Entry, Lines, Pair, Side, area_side, derived, id_of
from .obligations import Force
from .register import Register, Row


def knowing(register: Register, m: Measure, force: Force) -> Register:
    """The register with the measure's own table, where that is derived."""
    if not derived(m.table):
        return register
    key = ("derived", m.facts, getattr(m.table, "joins", ()), force.area)
    if key not in register.known:
        register.known[key] = versions(register, m.table, force)
    found = copy(register)
    found.versions = {**register.versions, m.facts: register.known[key]}
    return found


def versions(register: Register, t: FactsTable, force: Force) -> dict[Any, list[Row]]:
    """The versions of every line or pair, by its id."""
    if isinstance(t, Lines):
        rows = [line(register, t, entry, force) for entry in t.entries]
    elif isinstance(t, Pair):
        rows = paired(register, t, force)
    else:
        return register.versions[t.name]
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: r["vf"]):
        found[row["id"]].append(row)
    return found


def line(register: Register, t: Lines, entry: Entry, force: Force) -> Row:
    """One line of a list. It lies in the area that it names, else in that of the edition, else at the top of the tree."""
    top = min((a for a, (parent, _) in register.areas.items() if parent is None), default=None)
    area = register.codes.get(entry.area) if entry.area is not None else force.area if force.area is not None else top
    begins = midnight(entry.first) if entry.first else BEGINNING
    row = {"id": id_of(entry.key(t.list), register.uuids), "person": None, "area": area, "disease": None, "known": begins}
    row |= {"vf": begins, "vt": FAR}
    more = {c.name: (entry.more or {}).get(c.name) for c in t.columns}
    return {**row, **more, "code": entry.code, "starts_on": entry.first, "ends_on": entry.last}


def paired(register: Register, t: Pair, force: Force) -> list[Row]:
    first, second = ([row for rows in versions(register, side.table, force).values() for row in rows] for side in t.sides)
    together = [(a, b) for a in first for b in second if max(a["vf"], b["vf"]) < min(a["vt"], b["vt"])]
    once = {(a["id"], b["id"]) for a, b in together if joined(register, t, a, b)}
    return [one(t, a, b) for a, b in together if (a["id"], b["id"]) in once]


def joined(register: Register, t: Pair, a: Row, b: Row) -> bool:
    """Whether what joins the two holds for these versions."""
    if None not in (a["disease"], b["disease"]) and a["disease"] != b["disease"]:
        return False
    found = {**called(t.sides[0], a), **called(t.sides[1], b)}
    for join in t.joins:
        if isinstance(join, Compare):
            left, right = found[join.left.name], found[join.right.name]
            holds = left is not None and left == right
        else:
            holds = found[join.inner] is not None and found[join.outer] in register.above(found[join.inner])
        if not holds:
            return False
    return True


def one(t: Pair, a: Row, b: Row) -> Row:
    """Two versions as one."""
    rows = dict(zip((side.name for side in t.sides), (a, b), strict=True))
    return {
        **called(t.sides[0], a),
        **called(t.sides[1], b),
        "id": id_of(f"{a['id']}|{b['id']}", isinstance(a["id"], UUID)),
        "person": a["person"] if t.sides[0].table.person else b["person"],
        "area": rows[area_side(t).name]["area"],
        "disease": a["disease"] if a["disease"] is not None else b["disease"],
        "known": max(a["known"], b["known"]),
        "vf": max(a["vf"], b["vf"]),
        "vt": min(a["vt"], b["vt"]),
    }


def called(side: Side, row: Row) -> dict[str, Any]:
    """The columns of one side as the pair calls them."""
    own = [*(c.name for c in side.table.stored), *(link.name for link in side.table.links), "person", "area"]
    return {side.name: row["id"], **{f"{side.name}.{name}": row[name] for name in own}}


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())
