"""The keys of a measure that are read one by one: texts, words, conditions, amounts, acts. A fault in one hinders no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sizao.kernel.errors import Refused

from . import expressions, nodes
from .faults import Faults
from .measure import Measure
from .names import Names
from .parameters import Param
from .source import Node
from .subjects import Entry
from .typed import instant
from .vocabulary import Vocabulary, nearest

NEEDED = {
    "title": "title: {zh: 每日健康监测, en: Daily health check}",
    "source": 'source: [{text: "000", quote: …}]',
    "kind": "kind: list",
    "for": "for: contact",
    "done": "done: isolation.daily_check",
    "by": "by: community @ area",
}


@dataclass(frozen=True)
class Around:
    """What an edition gives to its measures."""

    params: Mapping[str, Param]
    vocabulary: Vocabulary
    lists: Mapping[str, tuple[tuple[str, Any, Any], ...]] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)  # measure or part → its table, for those who ask about it
    entries: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)  # the lists' lines, whole
    all: dict[str, Measure] = field(default_factory=dict)  # filled when every measure has been read


class Keys:
    """Some keys of one measure. `params` are the edition's, as this measure reads them."""

    def __init__(self, keys: dict[str, Node], around: Around, faults: Faults, id_: str, params: Mapping[str, Param]):
        self.keys, self.around, self.vocabulary, self.faults, self.id, self.params = keys, around, around.vocabulary, faults, id_, params

    def place(self, key: str) -> Faults:
        return self.faults.at(key, self.keys[key].line)

    def wrong(self, key: str, node: Node, expected: dict[str, str], example: str) -> None:
        shown = node.text if node.text is not None else "[…]" if isinstance(node.value, list) else "{…}"
        self.faults.at(key, node.line).add("plan-value-wrong", value=shown, expected=expected, example=example)

    def bilingual(self, key: str, node: Node | None = None) -> dict[str, str]:
        node = node or self.keys.get(key)
        found = {lang: child.text.strip() for lang, child in (node.mapping if node else {}).items() if child.text and child.text.strip()}
        if node and set(found) != {"zh", "en"}:
            self.wrong(key, node, {"zh": "zh 与 en 两种文字", "en": "both zh and en"}, "{zh: 每日健康监测, en: Daily health check}")
        return found

    def source(self) -> tuple[dict[str, str], ...]:
        found = []
        for item in self.keys["source"].items if "source" in self.keys else []:
            line = {key: child.text or "" for key, child in item.mapping.items()}
            if set(line) != {"text", "quote"} or not all(line.values()):
                self.wrong("source", item, {"zh": "文本编号与原文", "en": "the number of the text and a quote"}, NEEDED["source"])
            found.append(line)
        return tuple(found)

    def one_of(self, key: str, known: tuple[str, ...], default: str) -> str:
        if key not in self.keys:
            return default
        text = self.keys[key].text or ""
        if text not in known:
            self.place(key).add("plan-word-unknown", word=text or "…", nearest=nearest(text, known), known=list(known))
        return text

    def minutes(self) -> float:
        node = self.keys.get("cost")
        if node is None:
            return 0.0
        text = node.mapping["minutes"].text if "minutes" in node.mapping else None
        if set(node.mapping) != {"minutes"} or not re.fullmatch(r"\d{1,5}(\.\d+)?", text or ""):
            self.wrong("cost", node, {"zh": "每次所需分钟数", "en": "minutes for one time"}, "{minutes: 4}")
            return 0.0
        return float(text or 0)

    def condition(self, key: str, names: Names, node: Node | None = None) -> Any:
        node = node or self.keys[key]
        if node.text is None:
            self.wrong(key, node, {"zh": "一个条件", "en": "a condition"}, "class = 'close'")
            return None
        try:
            return expressions.condition(node.text, {}, {}, {}, names)
        except Refused as refused:
            self.faults.at(key, node.line).take(refused)
            return None

    def amount(self, key: str, names: Names, node: Node) -> Any:
        """A number: figures, columns, parameters, functions."""
        text = node.text or ""
        if text.isdigit() and len(text) < 10:
            return nodes.Literal(int(text), nodes.INT)
        return self.expression(key, node, lambda: expressions.number(text, names))

    def point(self, key: str, names: Names, node: Node) -> Any:
        return self.expression(key, node, lambda: instant(expressions.point(node.text or "", {}, {}, {}, "start", names), "start"))

    def expression(self, key: str, node: Node, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except Refused as refused:
            self.faults.at(key, node.line).take(refused)
            return None

    def act(self, key: str, node: Node | None) -> str | None:
        name = node.text if node else None
        if not name:
            return None
        if name not in self.vocabulary.acts:
            assert node is not None
            self.faults.at(key, node.line).add(
                "plan-act-unknown", name=name, nearest=nearest(name, self.vocabulary.acts), known=sorted(self.vocabulary.acts)
            )
            return None
        return name
