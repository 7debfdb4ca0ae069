"""One measure, or one part of it: its keys together."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from sizao.kernel.facts import FactsTable

from . import nodes, schedule, terms
from .done import Done, Evidence, Never
from .evidences import Evidences
from .faults import Faults
from .keys import NEEDED, Around
from .measure import KINDS, URGENCIES, Measure, Owner
from .names import Names
from .parameters import narrowed
from .source import Node
from .subjects import LIST, Lines, Pair, area_side, called, derived
from .vocabulary import nearest

PLACES = ("area", "parent", "country", "province", "city", "county", "township", "village", "grid")
OWNER = re.compile(r"\s*([a-z][a-z0-9_]*)\s*@\s*(?:([a-z][a-z0-9_]*)\.)?area(?:\.([a-z]+))?\s*")


class Reader(Evidences):
    """The keys of one measure or part. `parts`: those whose evidence may start its clock; `narrowing`: the condition that its own narrows."""

    def __init__(
        self, keys: dict[str, Node], around: Around, faults: Faults, id_: str, parts: tuple[str, ...] = (), narrowing: Node | None = None
    ):
        table = called(keys.get("for"))
        stored = [c.name for c in around.vocabulary.tables[table].stored] if table in around.vocabulary.tables else []
        super().__init__(keys, around, faults, id_, narrowed(around.params, id_, stored))
        self.parts, self.narrowing = parts, narrowing

    def read(self, node: Node) -> Measure | None:
        """The whole; None when there are faults."""
        keys, faults, before = self.keys, self.faults, len(self.faults.found)
        for key in NEEDED.keys() - {k for k, v in keys.items() if not v.empty}:
            faults.add("plan-key-missing", key=key, example=NEEDED[key])
        title, source = self.bilingual("title"), self.source()
        kind, urgency = self.one_of("kind", KINDS, "list"), self.one_of("urgency", URGENCIES, "routine")
        minutes = self.minutes()  # read before anything is given up, so that its fault is told beside the others
        table = self.table()
        should, gate, when, done = None, None, None, None
        if table is not None:
            names = self.names(table)
            should = self.should(names)
            gate = self.condition("while", names) if "while" in keys else None
            timed = replace(names, parts=self.parts)
            when = schedule.Reader(timed, faults.at("when", keys["when"].line)).read(keys["when"]) if "when" in keys else schedule.STANDING
            done = self.done(names)
        close = self.close(self.names(table)) if table is not None else ()
        by, slot = self.owner(), keys["slot"].text if "slot" in keys else None
        self.fits(table, when, done, slot)
        if len(faults.found) > before or not (table and when and done and by):
            return None
        restricts = any(self.vocabulary.acts[leaf.act].restricts for leaf in (done,) if leaf.act and not isinstance(leaf, Never))
        own = self.joined(table, should)
        m = Measure(
            self.id,
            title,
            source,
            kind,
            table,
            should,
            when,
            done,
            close,
            by,
            urgency,
            minutes,
            restricts,
            self.params,
            node,
            gate,
            slot,
            part_of=self.id,
            links={link.name: link.table for link in self.vocabulary.tables[table].links},
            all=self.around.all,
            table=own,
        )
        for name in m.named_params:
            if not self.params[name].lines:
                faults.add("plan-parameter-no-line", name=f"${name}", measure=self.id)
        return m if len(faults.found) == before else None

    def table(self) -> str | None:
        node = self.keys.get("for")
        name = called(node)
        if node is None or name is None:
            return None
        if name not in self.vocabulary.tables and (node.text is None or name.startswith(LIST)):
            self.not_made(node)
            return None
        if name not in self.vocabulary.tables:
            self.place("for").add(
                "plan-table-unknown", name=name, nearest=nearest(name, self.vocabulary.tables), known=sorted(self.vocabulary.tables)
            )
            meant = nearest(name, self.vocabulary.tables)  # the rest is read as if it had been meant, so that its faults are said too
            return meant if meant in self.vocabulary.tables else None
        return name

    def not_made(self, node: Node) -> None:
        """Why there is no such list or pair."""
        known = [*(t.name for t in self.vocabulary.tables.values() if not derived(t)), *(f"{LIST}{name}" for name in self.around.entries)]
        unknown = [item.text or "…" for item in node.items if item.text not in known]
        for name in unknown:
            self.place("for").add("plan-table-unknown", name=name, nearest=nearest(name, known), known=sorted(known))
        if not unknown:
            self.wrong("for", node, {"zh": "一张事实表、一份名单，或两者成对（至少一方是登记册）", "en": "a facts table, a list, or two different ones as a pair, one of them a register"}, '[household, text] · [reporting_unit, "list:streams"]')

    def side_of_area(self) -> str | None:
        """The side of a pair in whose area it lies."""
        t = self.vocabulary.tables.get(called(self.keys.get("for")) or "")
        return area_side(t).name if isinstance(t, Pair) else None

    def joined(self, table: str, should: Any) -> FactsTable:
        """The measure's table; a pair with what joins it. A free product of two registers is a fault."""
        t = self.vocabulary.tables[table]
        if isinstance(t, Lines):
            for entry in t.entries:
                if entry.first is None:  # its duties would have begun with the calendar
                    self.place("for").add("plan-list-undated", name=t.list, value=entry.code)
        if not isinstance(t, Pair):
            return t
        parts = should.parts if isinstance(should, nodes.All) else (should,)
        joins = tuple(part for part in parts if joins_sides(part, t))
        if not joins and not any(isinstance(side.table, Lines) for side in t.sides):
            first, second = (side.name for side in t.sides)
            self.place("for").add("plan-pair-free", first=first, second=second)
        return replace(t, joins=joins)

    def names(self, table: str | None = None) -> Names:
        """What its expressions may name."""
        table = table or self.table() or next(iter(self.vocabulary.tables))
        return Names.of(self.vocabulary, table, self.params, lists=self.around.lists, measure=self.id, ask=self.around.tables.get)

    def should(self, names: Names) -> Any:
        """The condition, and the one that it narrows."""
        parts = [self.condition("should", names, self.narrowing)] if self.narrowing else []
        if "should" in self.keys:
            parts.append(self.condition("should", names))
        found = tuple(p for part in parts if part is not None for p in (part.parts if isinstance(part, nodes.All) else (part,)))
        return None if not found else found[0] if len(found) == 1 else nodes.All(found)

    def owner(self) -> Owner | None:
        node = self.keys.get("by")
        if node is None:
            return None
        found = OWNER.fullmatch(node.text or "")
        if not found or (found[3] or "area") not in PLACES or found[2] not in (None, self.side_of_area()):
            self.wrong("by", node, {"zh": "岗位角色 @ 地区", "en": "a role @ an area"}, "community @ area · cdc @ area.county · community @ household.area")
            return None
        role, place = found[1], found[3] or "area"
        if self.vocabulary.roles and role not in self.vocabulary.roles:
            self.place("by").add(
                "plan-role-unknown", role=role, nearest=nearest(role, self.vocabulary.roles), known=sorted(self.vocabulary.roles)
            )
            return None
        return Owner(role, place)

    def fits(self, table: str | None, when: Any, done: Evidence | None, slot: str | None) -> None:
        """What goes with what."""
        if done and done.match == "period" and when is not None and not (isinstance(when, schedule.Every) and isinstance(when.at, tuple) and len(when.at) == 1):
            self.faults.add("plan-period-needs-every", example="when: {every: 1d, from: 2020-01-20}")
        if isinstance(when, schedule.Fresh) and done and not (isinstance(done, Done) and done.plain and (done.where is None or terms.timeless(done.where))):
            self.faults.add("plan-fresh-needs-act", example="done: order.reviewed")
        if slot is not None and table and self.vocabulary.tables[table].person is None:
            self.faults.add("plan-no-person", name="slot", table=table)


def joins_sides(node: Any, t: Pair) -> bool:
    """It holds a column of one side against one of the other: an equality, or an area inside the other."""
    match node:
        case nodes.Compare("=", nodes.Column(left, _), nodes.Column(right, _)):
            return {left.partition(".")[0], right.partition(".")[0]} == {side.name for side in t.sides}
    return isinstance(node, terms.Inside)
