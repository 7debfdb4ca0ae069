"""`check`: the second look at a measure, a measure of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from . import nodes
from .done import Done
from .faults import Faults
from .functions import PERIODS
from .keys import Around
from .measure import Measure
from .reader import Reader
from .source import Node
from .vocabulary import nearest

LOOK = "inspection.seen"  # the act of a second look, where none is named
#: Act → what it says where what was said is not so, where nothing else is written.
UNTRUE = {"practice.seen": "number = 0"}
NOT_KEPT = "outcome = 'not_kept'"
EVERY = {"day": "1d", "week": "1w", "month": "1mo"}


class Looked:
    """`check`: a second look. It draws subjects and makes the looker's obligation, a measure of its own: `measure.check`. `parts`: those of the measure."""

    def __init__(self, own: dict[str, Node], node: Node | None, around: Around, faults: Faults, id_: str, parts: Iterable[str] = ()):
        self.own, self.node, self.around, self.faults, self.id, self.parts = own, node, around, faults, id_, list(parts)

    def read(self, whole: Node) -> list[Measure]:
        if self.node is None:
            return []
        keys, place = self.node.mapping, self.faults.at("check", self.node.line)
        known = {"by", "should", "act", "when", "untrue", *(["sees"] if self.parts else [])}
        for key in keys.keys() - known:
            place.at(key, keys[key].line).add("plan-key-unknown", key=key, nearest=nearest(key, known), known=sorted(known))
        if "should" not in keys or "by" not in keys:
            missing = "by" if "by" not in keys else "should"
            place.add("plan-key-missing", key=missing, example="check: {by: inspector @ area, should: \"drawn($share, 'week')\"}")
            return []
        line = self.node.line
        merged = {k: v for k, v in self.own.items() if k not in ("done", "close", "slot")} | {"by": keys["by"], "done": keys.get("act") or Node(LOOK, line)}
        drawn = next((p for p in PERIODS if f"'{p}'" in (keys["should"].text or "")), None)
        if "when" in keys:
            merged["when"] = keys["when"]
        elif drawn:
            merged["when"] = Node({"every": Node(EVERY[drawn], line)}, line)
        narrowing = self.own.get("should")
        if keys["should"].text == "true":
            narrowing = None
        else:
            merged["should"] = keys["should"]
        measure = Reader(merged, self.around, place, f"{self.id}.check", (), narrowing).read(whole)
        if measure is None:
            return []
        title = {"zh": f"{measure.title['zh']} · 抽查", "en": f"{measure.title['en']} · second look"}
        untrue, sees = self.contradicting(keys, measure, place)
        done = measure.done
        if sees and isinstance(done, Done) and done.where is None:  # who has seen none of its parts has not looked at it
            done = replace(done, where=next(iter(sees.values())) if len(sees) == 1 else nodes.Some(tuple(dict.fromkeys(sees.values()))))
        return [replace(measure, title=title, part_of=f"{self.id}.check", checks=self.id, untrue=untrue, sees=sees, done=done)]

    def contradicting(self, keys: dict[str, Node], measure: Measure, place: Faults) -> tuple[Any, dict[str, Any]]:
        """The condition on the looker's act that contradicts what was said; part → what he saw of it. Both are asked of the act alone, and so is which acts are looks."""
        reader = Reader(self.own, self.around, place, self.id)
        alone = replace(replace(reader.names(), looks=False).of_act(), subject=None)
        act = keys["act"].mapping if "act" in keys else {}
        narrower = reader.condition("act.where", alone, act["where"]) if "where" in act else None
        if not isinstance(measure.done, Done):
            place.add("plan-key-missing", key="act", example="check: {by: inspector @ area, should: \"drawn($share, 'week')\", act: inspection.seen}")
        told = UNTRUE.get(measure.done.act, NOT_KEPT)
        named = keys["sees"].mapping if "sees" in keys else {}
        for part in named.keys() - set(self.parts):
            place.at(f"sees.{part}", named[part].line).add("plan-key-unknown", key=part, nearest=nearest(part, self.parts), known=sorted(self.parts))
        said = {part: reader.condition(f"sees.{part}", alone, node) for part, node in named.items()}
        sees = {part: seen if narrower is None else nodes.All((narrower, seen)) for part, seen in said.items() if seen is not None}
        return reader.condition("untrue", alone, keys.get("untrue") or Node(told, keys["by"].line)), sees
