"""Reading one measure of an edition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sizao.kernel.errors import Refused

from . import expressions, schedule
from .faults import Faults
from .measure import KINDS, URGENCIES, Close, Done, Measure, Owner
from .parameters import Param
from .source import Node
from .vocabulary import ACT_COLUMNS, Vocabulary, nearest

KEYS = {"title", "source", "kind", "cost", "for", "should", "when", "done", "close", "by", "urgency"}
NEEDED = {
    "title": "title: {zh: 每日健康监测, en: Daily health check}",
    "source": 'source: [{text: "000", quote: …}]',
    "kind": "kind: list",
    "for": "for: contact",
    "when": f"when: {schedule.EXAMPLES['every']}",
    "done": "done: isolation.daily_check",
    "by": "by: community @ area",
}
PLACES = ("area", "parent", "country", "province", "city", "county", "township", "village", "grid")
OWNER = re.compile(r"\s*([a-z][a-z0-9_]*)\s*@\s*area(?:\.([a-z]+))?\s*")


def read_measure(name: str, node: Node, params: Mapping[str, Param], vocabulary: Vocabulary, faults: Faults) -> Measure | None:
    """The measure, or None with faults added. Every key is read even when another is wrong."""
    keys, before = node.mapping, len(faults.found)
    for key in keys.keys() - KEYS:
        faults.at(key, keys[key].line).add("plan-key-unknown", key=key, nearest=nearest(key, KEYS), known=sorted(KEYS))
    for key in NEEDED.keys() - {k for k, v in keys.items() if not v.empty}:
        faults.add("plan-key-missing", key=key, example=NEEDED[key])
    reader = Reader(keys, dict(params), vocabulary, faults)
    title = reader.bilingual("title")
    source = reader.source()
    kind = reader.one_of("kind", KINDS, "list")
    urgency = reader.one_of("urgency", URGENCIES, "routine")
    table = reader.table()
    columns = vocabulary.columns(table) if table else None
    should = reader.condition("should", columns) if columns is not None and "should" in keys else None
    when = None
    if columns is not None and "when" in keys:
        when = schedule.Reader(columns, dict(params), vocabulary.codes, faults.at("when", keys["when"].line)).read(keys["when"])
    done, close, by = reader.done(), reader.close(), reader.owner()
    if done and done.match == "period" and when is not None and not (isinstance(when, schedule.Every) and len(when.at) == 1):
        faults.add("plan-period-needs-every", example="when: {every: 1d, from: 2020-01-20}")
    if len(faults.found) > before or not (table and when and done and by):
        return None
    restricts = vocabulary.acts[done.act].restricts
    return Measure(name, title, source, kind, table, should, when, done, close, by, urgency, reader.minutes(), restricts, params, node)


class Reader:
    """The keys of one measure."""

    def __init__(self, keys: dict[str, Node], params: dict[str, Param], vocabulary: Vocabulary, faults: Faults):
        self.keys, self.params, self.vocabulary, self.faults = keys, params, vocabulary, faults

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

    def table(self) -> str | None:
        name = self.keys["for"].text if "for" in self.keys else None
        if name is None:
            return None
        if name not in self.vocabulary.tables:
            self.place("for").add(
                "plan-table-unknown", name=name, nearest=nearest(name, self.vocabulary.tables), known=sorted(self.vocabulary.tables)
            )
            meant = nearest(name, self.vocabulary.tables)  # the rest is read as if it had been meant, so that its faults are said too
            return meant if meant in self.vocabulary.tables else None
        return name

    def condition(self, key: str, columns: dict[str, Any], node: Node | None = None) -> Any:
        node = node or self.keys[key]
        if node.text is None:
            self.wrong(key, node, {"zh": "一个条件", "en": "a condition"}, "class = 'close'")
            return None
        try:
            return expressions.condition(node.text, columns, self.params, self.vocabulary.codes)
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

    def done(self) -> Done | None:
        node = self.keys.get("done")
        if node is None:
            return None
        if node.text is not None:
            name = self.act("done", node)
            return Done(name, self.vocabulary.acts[name].key) if name else None
        keys = node.mapping
        for key in keys.keys() - {"act", "where", "match"}:
            self.faults.at(f"done.{key}", keys[key].line).add(
                "plan-key-unknown", key=key, nearest=nearest(key, ("act", "where", "match")), known=["act", "match", "where"]
            )
        if "act" not in keys:
            self.place("done").add("plan-key-missing", key="act", example="done: {act: lab.sampled}")
            return None
        name = self.act("done.act", keys["act"])
        where = self.condition("done.where", ACT_COLUMNS, keys["where"]) if "where" in keys else None
        match = keys["match"].text if "match" in keys else "time"
        if match not in ("time", "period"):
            self.faults.at("done.match", keys["match"].line).add(
                "plan-word-unknown", word=match or "…", nearest="period", known=["period", "time"]
            )
            return None
        return Done(name, self.vocabulary.acts[name].key, match, where) if name else None

    def close(self) -> tuple[Close, ...]:
        found = []
        for item in self.keys["close"].items if "close" in self.keys else []:
            if set(item.mapping) != {"act", "reason"}:
                self.wrong(
                    "close",
                    item,
                    {"zh": "结束义务的行为及其原因", "en": "the act that ends the duty, and the reason"},
                    "- {act: contact.released, reason: {zh: 已解除, en: released}}",
                )
                continue
            name, reason = self.act("close.act", item.mapping["act"]), self.bilingual("close.reason", item.mapping["reason"])
            if name:
                found.append(Close(name, self.vocabulary.acts[name].key, reason))
        return tuple(found)

    def owner(self) -> Owner | None:
        node = self.keys.get("by")
        if node is None:
            return None
        found = OWNER.fullmatch(node.text or "")
        if not found or (found[2] or "area") not in PLACES:
            self.wrong("by", node, {"zh": "岗位角色 @ 地区", "en": "a role @ an area"}, "community @ area · cdc @ area.county")
            return None
        role, place = found[1], found[2] or "area"
        if self.vocabulary.roles and role not in self.vocabulary.roles:
            self.place("by").add(
                "plan-role-unknown", role=role, nearest=nearest(role, self.vocabulary.roles), known=sorted(self.vocabulary.roles)
            )
            return None
        return Owner(role, place)
