"""`reconcile`: whether the list of a measure is complete."""

from __future__ import annotations

from dataclasses import replace

from . import nodes
from .faults import Faults
from .keys import Around
from .measure import Filed, From, Measure, Total
from .reader import Reader
from .source import Node
from .subjects import called
from .vocabulary import nearest

EXAMPLE = "{filed: report.filed, for: unit, every: 1d, by: community @ area}"


class Reconciled:
    """`reconcile`: is the list complete?"""

    def __init__(self, own: dict[str, Node], node: Node | None, around: Around, faults: Faults, id_: str):
        self.own, self.around, self.faults, self.id = own, around, faults, id_
        self.entries = node.items if node is not None else []

    def read(self) -> tuple[From | Total | Filed, ...]:
        found: list[From | Total | Filed] = []
        for item in self.entries:
            keys, place = item.mapping, self.faults.at("reconcile", item.line)
            form = next((f for f in ("from", "total", "filed") if f in keys), None)
            known = {"from": {"from", "where"}, "total": {"total"}, "filed": {"filed", "every", "by", "for"}}.get(form or "", set())
            if form is None:
                place.add("plan-key-missing", key="from", example="reconcile: [{from: case, where: class = 'confirmed'}]")
                continue
            for key in keys.keys() - known:
                place.at(key, keys[key].line).add("plan-key-unknown", key=key, nearest=nearest(key, known), known=sorted(known))
            if form == "filed":
                found.append(Filed(f"{self.id}.filed", keys["filed"].text or ""))
                continue
            entry = self.source(keys, place) if form == "from" else self.total(keys["total"], place)
            found += [entry] if entry else []
        return tuple(found)

    def source(self, keys: dict[str, Node], place: Faults) -> From | None:
        vocabulary, name = self.around.vocabulary, keys["from"].text or ""
        known = [*vocabulary.acts, *(t.name for t in vocabulary.tables.values() if t.person)]
        own = called(self.own.get("for"))
        if name not in known:
            place.add("plan-source-unknown", name=name, nearest=nearest(name, known), known=sorted(known))
            return None
        if own in vocabulary.tables and vocabulary.tables[own].person is None:
            place.add("plan-no-person", name="reconcile", table=own)
            return None
        reader = Reader(self.own, self.around, place, self.id)
        if name in vocabulary.acts:
            names = replace(reader.names(), looks=0).of_act()
            return From(name, True, reader.condition("where", replace(names, subject=None), keys["where"]) if "where" in keys else None)
        names = replace(reader.names(name), looks=0)
        return From(name, False, reader.condition("where", names, keys["where"]) if "where" in keys else None)

    def total(self, node: Node, place: Faults) -> Total | None:
        source, _, column = (node.text or "").rpartition(".")
        known = [f"{t.name}.{c.name}" for t in self.around.vocabulary.tables.values() for c in t.stored if c.type in (nodes.INT, nodes.NUMBER)]
        facts = {f"area.{f.name}": f for f in self.around.vocabulary.areas.values() if f.type == nodes.NUMBER}
        if node.text in facts:
            return Total("area", column, facts[node.text])
        known += facts
        if node.text not in known:
            place.add("plan-source-unknown", name=node.text or "…", nearest=nearest(node.text or "", known), known=sorted(known))
            return None
        return Total(source, column)

    def filed(self, whole: Node) -> list[Measure]:
        """The holder must hand in the list: a due report of its own, `measure.filed`."""
        found: list[Measure] = []
        for item in self.entries:
            keys, place = item.mapping, self.faults.at("reconcile", item.line)
            if "filed" not in keys:
                continue
            if found:
                place.add("plan-value-wrong", value="filed", expected={"zh": "一项 filed", "en": "one of these"}, example=EXAMPLE)
                continue
            for key in {"every", "by", "for"} - keys.keys():
                place.add("plan-key-missing", key=key, example=EXAMPLE)
            if {"every", "by", "for"} <= keys.keys():
                merged = {k: v for k, v in self.own.items() if k in ("title", "source", "kind", "urgency", "while")}
                merged |= {"for": keys["for"], "by": keys["by"], "done": keys["filed"], "when": Node({"every": keys["every"]}, item.line)}
                measure = Reader(merged, self.around, place, f"{self.id}.filed").read(whole)
                if measure:
                    title = {"zh": f"{measure.title['zh']} · 名单上报", "en": f"{measure.title['en']} · list handed in"}
                    found.append(replace(measure, title=title, part_of=f"{self.id}.filed"))
        return found
