"""What measures ask for and no register keeps yet: named, with the register that will keep it. Such measures are checked whole, and wait."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sizao.kernel.facts import TYPES, ActKind, AreaFact, FactsColumn, FactsLink, FactsTable

from .faults import Fault, Faults
from .keys import Around
from .measure import Measure
from .measures import read_measure
from .source import Node, read
from .terms import measures_asked
from .vocabulary import KEYS, Coming, Vocabulary, nearest

SECTIONS = ("tables", "columns", "acts", "areas", "orders", "roles")
OF_TABLE = {"zh", "en", "keys", "links", "made_by", "columns"}
OF_COLUMN = {"type", "zh", "en", "codes", "unit"}
OF_ACT = {"zh", "en", "key", "other", "restricts"}
#: Where a fault says what it missed.
NAMES = ("name", "role", "value")
BESIDE = ("reconcile", "show")


@dataclass(frozen=True)
class Awaiting:
    """A measure (or part) that is right in the vocabulary to come, and does not run. `names`: what it misses; `registers`: who will keep that."""

    measure: Measure
    names: tuple[str, ...]
    registers: tuple[str, ...]


@dataclass
class Found:
    """What a file of names to come says, read."""

    register: str = ""
    title: dict[str, str] = field(default_factory=dict)
    tables: list[FactsTable] = field(default_factory=list)
    columns: list[tuple[str, FactsColumn | FactsLink]] = field(default_factory=list)
    acts: list[ActKind] = field(default_factory=list)
    areas: list[AreaFact] = field(default_factory=list)
    orders: dict[str, dict[str, str]] = field(default_factory=dict)
    roles: dict[str, dict[str, str]] = field(default_factory=dict)


def read_coming(files: Mapping[str, str], known: Vocabulary) -> tuple[Coming, list[Fault]]:
    """The names to come in these files (name → text), and what is wrong with them: stale names, which a register keeps by now, among it.

    A stale name is a fault and is passed over: what the registers say stands.
    """
    found, faults = [], []
    for name, text in sorted(files.items()):
        here = Faults(f"{name}.yaml")
        root = read(text, here)
        if root is not None:
            found.append(_Reader(here, known).file(name, root))
        faults += here.found
    return Coming(_whole(known, found), _registers(known, found), {one.register: one.title for one in found}), faults


def _whole(known: Vocabulary, found: list[Found]) -> Vocabulary:
    tables = {t.name: t for one in found for t in one.tables} | dict(known.tables)
    for one in found:
        for table, more in one.columns:
            if table in tables:
                t = tables[table]
                is_link = isinstance(more, FactsLink)
                tables[table] = replace(t, links=(*t.links, more)) if is_link else replace(t, columns=(*t.columns, more))  # type: ignore[arg-type]
    acts = {a.kind: a for one in found for a in one.acts} | dict(known.acts)
    areas = {f.name: f for one in found for f in one.areas} | dict(known.areas)
    orders = {code: said for one in found for code, said in one.orders.items()} | dict(known.codes.get("order-kind", {}))
    codes = {**known.codes, **({"order-kind": orders} if orders else {})}
    roles = {role: said for one in found for role, said in one.roles.items()} | dict(known.roles)
    return replace(known, tables=tables, acts=acts, areas=areas, codes=codes, roles=roles, coming=None)


def _registers(known: Vocabulary, found: list[Found]) -> dict[str, tuple[str, ...]]:
    names: dict[str, set[str]] = {}
    for one in found:
        said = [t.name for t in one.tables] + [a.kind for a in one.acts] + [f"area.{f.name}" for f in one.areas] + [*one.orders, *one.roles]
        said += [c.name for t in one.tables for c in t.columns] + [link.name for t in one.tables for link in t.links] + [c.name for _, c in one.columns]
        for name in said:
            names.setdefault(name, set()).add(one.register)
    return {name: tuple(sorted(registers)) for name, registers in names.items()}


class _Reader:
    """Reads one file. Everything it refuses it names."""

    def __init__(self, faults: Faults, known: Vocabulary):
        self.faults, self.known = faults, known

    def file(self, name: str, root: Node) -> Found:
        keys, found = root.mapping, Found(name)
        for key in keys.keys() - {"zh", "en", *SECTIONS}:
            self.unknown(key, keys[key], ("zh", "en", *SECTIONS))
        found.title = self.said("", root)
        for table, node in self.section(keys, "tables"):
            if not self.stale(table, self.known.tables, node):
                found.tables.append(self.table(table, node))
        for table, node in self.section(keys, "columns"):
            there = self.known.tables.get(table)
            held = {*(c.name for c in there.columns), *(link.name for link in there.links)} if there else set()
            for column, below in node.mapping.items():
                if not self.stale(f"{table}.{column}", {f"{table}.{h}" for h in held}, below):
                    found.columns.append((table, self.link(column, below) if "table" in below.mapping else self.column(column, below)))
        for kind, node in self.section(keys, "acts"):
            if not self.stale(kind, self.known.acts, node):
                found.acts.append(self.act(kind, node))
        for fact, node in self.section(keys, "areas"):
            if not self.stale(f"area.{fact}", {f"area.{name}" for name in self.known.areas}, node):
                c = self.column(fact, node)
                found.areas.append(AreaFact(fact, c.type, fact, c.zh, c.en, codes=c.codes, unit=c.unit))
        for order, node in self.section(keys, "orders"):
            if not self.stale(order, self.known.codes.get("order-kind", {}), node):
                found.orders[order] = self.said(order, node)
        for role, node in self.section(keys, "roles"):
            if not self.stale(role, self.known.roles, node):
                found.roles[role] = self.said(role, node)
        return found

    def section(self, keys: Mapping[str, Node], name: str) -> Iterable[tuple[str, Node]]:
        return keys[name].mapping.items() if name in keys else ()

    def table(self, name: str, node: Node) -> FactsTable:
        keys = node.mapping
        for key in keys.keys() - OF_TABLE:
            self.unknown(key, keys[key], OF_TABLE)
        said = self.said(name, node)
        has = {item.text for item in keys["keys"].items} if "keys" in keys else {"area"}
        columns = tuple(self.column(c, n) for c, n in keys["columns"].mapping.items()) if "columns" in keys else ()
        links = tuple(self.link(w, n) for w, n in keys["links"].mapping.items()) if "links" in keys else ()
        own = {"person": "person_id" if "person" in has else None, "disease": "disease" if "disease" in has else None}
        return FactsTable(name, "", said.get("zh", name), said.get("en", name), columns, person=own["person"], disease=own["disease"], links=links, made_by=None)

    def column(self, name: str, node: Node) -> FactsColumn:
        keys, said = node.mapping, self.said(name, node)
        for key in keys.keys() - OF_COLUMN:
            self.unknown(key, keys[key], OF_COLUMN)
        told = {key: keys[key].text or "" for key in ("type", "codes", "unit") if key in keys}
        if told.get("type") not in TYPES or name in KEYS:
            self.faults.at(name, node.line).add("plan-word-unknown", word=told.get("type") or name, nearest=nearest(told.get("type", ""), TYPES), known=list(TYPES))
        return FactsColumn(name, told.get("type", "text"), name, said.get("zh", name), said.get("en", name), codes=told.get("codes"), unit=told.get("unit"))

    def link(self, name: str, node: Node) -> FactsLink:
        """A link is written as its table, or as {table, zh, en}."""
        table = node.text or (node.mapping["table"].text if "table" in node.mapping else None) or ""
        said = self.said(name, node) if node.mapping else {"zh": name, "en": name}
        return FactsLink(name, table, name, said.get("zh", name), said.get("en", name))

    def act(self, kind: str, node: Node) -> ActKind:
        keys, said = node.mapping, self.said(kind, node)
        for key in keys.keys() - OF_ACT:
            self.unknown(key, keys[key], OF_ACT)
        told = {key: keys[key].text for key in ("key", "other", "restricts") if key in keys}
        return ActKind(kind, told.get("key") or "subject", said.get("zh", kind), said.get("en", kind), told.get("restricts") == "true", told.get("other"))

    def said(self, where: str, node: Node) -> dict[str, str]:
        found: dict[str, str] = {lang: node.mapping[lang].text or "" for lang in ("zh", "en") if lang in node.mapping}
        if set(found) != {"zh", "en"} or not all(found.values()):
            expected = {"zh": "zh 与 en 两种文字", "en": "both zh and en"}
            self.faults.at(where, node.line).add("plan-value-wrong", value=where or "…", expected=expected, example="{zh: 行程, en: journey}")
        return found

    def unknown(self, key: str, node: Node, known: Iterable[str]) -> None:
        self.faults.at(key, node.line).add("plan-key-unknown", key=key, nearest=nearest(key, known), known=sorted(known))

    def stale(self, name: str, held: Iterable[str], node: Node) -> bool:
        if name not in held:
            return False
        self.faults.at(name, node.line).add("plan-coming-stale", name=name)
        return True


# -- which measures of an edition run, and which wait


def divide(
    measures: Mapping[str, Measure], listed: Mapping[str, Node], around: Around, coming: Coming
) -> tuple[dict[str, Measure], dict[str, Awaiting], dict[str, tuple[str, ...]]]:
    """(what runs, what waits, what of the running is left aside until a register comes: measure → names).

    measures: all of them, right in the vocabulary to come. around: with the registers' own vocabulary. What is right in that too, runs.
    """
    known = around.vocabulary
    own = replace(around, all={}, tables={id_: table for id_, table in around.tables.items() if table in known.tables})
    runs: dict[str, Measure] = {}
    missed: list[tuple[str, str, str]] = []  # (measure, where in it, name)
    for name, node in listed.items():
        faults = Faults("")
        runs |= {m.id: m for m in read_measure(name, node, own, faults) if m.id in measures}
        missed += [(name, f.where, said) for f in faults.found for said in [_name(f)] if said]
    waits = {id_: _waiting(m, _missed(id_, m, missed), coming) for id_, m in measures.items() if id_ not in runs}
    while lacking := {id_: found for id_, m in runs.items() if (found := _lacking(m, runs))}:
        for id_, asked in lacking.items():
            below = [w for w in waits.values() if w.measure.id in asked or w.measure.part_of in asked]
            waits[id_] = Awaiting(measures[id_], tuple(asked), tuple(sorted({r for w in below for r in w.registers})))
            del runs[id_]
    for id_, m in runs.items():
        yields = tuple(y for y in measures[id_].yields if y in runs)  # who is not known to win does not win
        runs[id_] = replace(m, yields=yields, ladder=measures[id_].ladder)
    own.all.update(runs)
    aside: dict[str, tuple[str, ...]] = {}
    for name, where, said in missed:
        if where.split(".")[0] in BESIDE and any(m.part_of == name for m in runs.values()):
            aside[name] = tuple(dict.fromkeys((*aside.get(name, ()), said)))
    return {id_: runs[id_] for id_ in measures if id_ in runs}, {id_: waits[id_] for id_ in measures if id_ in waits}, aside


def _name(fault: Fault) -> str | None:
    found = next((fault.values[key] for key in NAMES if key in fault.values), None)
    return str(found).removeprefix("$") if found and fault.code != "plan-measure-unknown" else None


def _missed(id_: str, m: Measure, missed: list[tuple[str, str, str]]) -> list[str]:
    """What one measure or part missed: told at its own place in the file, not beside it."""
    base, _, rest = id_.partition(".")
    *part, last = rest.split(".") if rest else [""]
    look = last in ("check", "filed")
    part = part if look else [*part, last]
    prefix = f"parts.{part[0]}." if part and part[0] else ""
    found = []
    for name, where, said in missed:
        if name != base or not where.startswith(prefix):
            continue
        key = where.removeprefix(prefix).split(".")[0]
        if (key in BESIDE and not (look and key == "reconcile" and last == "filed")) or (not prefix and key == "parts") or (key == "check") != (last == "check"):
            continue
        found.append(said)
    return list(dict.fromkeys(found))


def _waiting(m: Measure, names: list[str], coming: Coming) -> Awaiting:
    registers = sorted({register for name in names for register in coming.registers.get(name, coming.registers.get(name.rpartition(".")[2], ()))})
    return Awaiting(m, tuple(names), tuple(registers))


def _lacking(m: Measure, runs: Mapping[str, Measure]) -> list[str]:
    """Parts and measures that it hangs on and that do not run."""
    parts = [f"{m.part_of}.{part}" for part in m.parts]
    asked = [id_ for tree in m.trees for id_ in measures_asked(tree)]
    there = {m.part_of for m in runs.values()} | set(runs)
    return [id_ for id_ in dict.fromkeys([*parts, *asked]) if id_ not in there]


__all__ = ["Awaiting", "Coming", "divide", "read_coming"]

