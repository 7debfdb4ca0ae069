"""What a row on a list is called where it is no person: units, places, orders, goods and texts by their names, pairs by both."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sizao.doors.kit.templates import url
from sizao.doors.kit.words import Words
from sizao.kernel import registry
from sizao.kernel.registry import Register
from sizao.kernel.scope import Scope
from sizao.plan.facts import vocabulary
from sizao.plan.sides import sides

#: Fields that say which one of several a row is, where it has no title of its own.
KINDS = ("kind", "item", "bed_class", "practice", "topic", "scale")


@dataclass(frozen=True, slots=True)
class Called:
    """A name, and the page of the row where this scope may open it."""

    name: str
    link: str = ""


def called(scope: Scope, rows: Iterable[Any], words: Words) -> dict[UUID, Called]:
    """Subject → what it is called. Rows about persons are absent: they are called by `people.names`, as far as one may see them."""
    listed = [r for r in rows if r.person is None]
    pairs = sides(listed)
    wanted: dict[str, set[UUID]] = {}
    for r in listed:
        for table, id_ in pairs.get(r.subject, ((r.table, r.subject),)):
            wanted.setdefault(table, set()).add(id_)
    known = {table: _rows(scope, table, ids, words) for table, ids in wanted.items()}
    found = {}
    for r in listed:
        told = [known[table].get(id_) for table, id_ in pairs.get(r.subject, ((r.table, r.subject),))]
        names = [one.name for one in told if one is not None and one.name]
        if names:
            found[r.subject] = Called(" · ".join(names), told[0].link if len(told) == 1 and told[0] is not None else "")
    return found


def _rows(scope: Scope, table: str, ids: set[UUID], words: Words) -> dict[UUID, Called]:
    register = _register(table)
    if register is None or register.declaration.person or not scope.can(register.declaration.read):
        return {}
    own = {f.name for f in register.model._meta.get_fields()}
    units = [n for n in ("unit", "place_unit") if n in own]
    found = register.whole(register.rows(scope)).filter(pk__in=ids).select_related(*register.related(), *units)
    return {row.pk: Called(_name(register, row, units, words), url("record", register=register.name, record=row.pk)) for row in found}


def _register(table: str) -> Register | None:
    facts = vocabulary().tables.get(table)
    if facts is None or not facts.relation:
        return None
    if facts.relation.startswith("ledger_"):
        return next((r for r in registry.registers() if r.name == table), None)
    return next((r for r in registry.registers() if r.only is None and r.model._meta.db_table == facts.relation), None)


def _name(register: Register, row: Any, units: Iterable[str], words: Words) -> str:
    """Its title and its unit; without a title what kind of thing it is; an area by its name."""
    d = register.declaration
    title = next((n for n in (d.title, *KINDS) if n and n in d.fields and register.field(n).sensitivity in ("open", "internal")), "")
    value = register.value(row, title) if title else None
    told = words.both(register.choices(title).get(str(value)), str(value)) if title and value not in (None, "") else ""
    unit = next((u.name for u in (getattr(row, n) for n in units) if u is not None), "")
    area = register.area_of(row)
    return " · ".join(part for part in (told, unit) if part) or (words.name(area) if area is not None else "")
