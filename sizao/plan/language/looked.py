"""`check`: the second look at a measure, a measure of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .done import Done
from .faults import Faults
from .functions import PERIODS
from .keys import Around
from .measure import Measure
from .reader import Reader
from .source import Node
from .vocabulary import nearest

LOOK = "inspection.seen"  # the act of a second look, where none is named
UNTRUE = "outcome = 'not_kept'"  # what it says where what was said is not so, where nothing else is written
EVERY = {"day": "1d", "week": "1w", "month": "1mo"}


class Looked:
    """`check`: a second look. It draws subjects and makes the looker's obligation, a measure of its own: `measure.check`."""

    def __init__(self, own: dict[str, Node], node: Node | None, around: Around, faults: Faults, id_: str):
        self.own, self.node, self.around, self.faults, self.id = own, node, around, faults, id_

    def read(self, whole: Node) -> list[Measure]:
        if self.node is None:
            return []
        keys, place = self.node.mapping, self.faults.at("check", self.node.line)
        known = {"by", "should", "act", "when", "untrue"}
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
        return [replace(measure, title=title, part_of=f"{self.id}.check", checks=self.id, untrue=self.contradicting(keys, measure, place))]

    def contradicting(self, keys: dict[str, Node], measure: Measure, place: Faults) -> Any:
        """The condition on the looker's act that contradicts what was said. It is asked of the act alone, and so is which acts are looks."""
        reader = Reader(self.own, self.around, place, self.id)
        alone = replace(replace(reader.names(), looks=False).of_act(), subject=None)
        act = keys["act"].mapping if "act" in keys else {}
        if "where" in act:
            reader.condition("act.where", alone, act["where"])
        if not isinstance(measure.done, Done):
            place.add("plan-key-missing", key="act", example="check: {by: inspector @ area, should: \"drawn($share, 'week')\", act: inspection.seen}")
        return reader.condition("untrue", alone, keys.get("untrue") or Node(UNTRUE, keys["by"].line))
