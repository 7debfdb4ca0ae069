"""Reading one measure of an edition: its keys, its parts, its second look."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sizao.kernel.errors import Refused

from . import expressions, nodes, schedule
from .done import Amount, Done, Evidence, Holds, Never, Several
from .faults import Faults
from .functions import PERIODS
from .measure import KINDS, URGENCIES, Close, From, Measure, Owner, Total
from .names import OCCASION, Names
from .parameters import Param, narrowed
from .showing import read_shown
from .source import Node
from .vocabulary import Vocabulary, nearest

OWN = {"title", "source", "kind", "cost", "for", "should", "while", "when", "done", "close", "by", "urgency", "slot"}
KEYS = OWN | {"parts", "reconcile", "check", "show"}
NEEDED = {
    "title": "title: {zh: 每日健康监测, en: Daily health check}",
    "source": 'source: [{text: "000", quote: …}]',
    "kind": "kind: list",
    "for": "for: contact",
    "done": "done: isolation.daily_check",
    "by": "by: community @ area",
}
PLACES = ("area", "parent", "country", "province", "city", "county", "township", "village", "grid")
OWNER = re.compile(r"\s*([a-z][a-z0-9_]*)\s*@\s*area(?:\.([a-z]+))?\s*")
PART = re.compile(r"[a-z][a-z0-9_]*")
LOOK = "inspection.seen"  # the act of a second look, where none is named
EVERY = {"day": "1d", "week": "1w", "month": "1mo"}


@dataclass(frozen=True)
class Around:
    """What an edition gives to its measures."""

    params: Mapping[str, Param]
    vocabulary: Vocabulary
    lists: Mapping[str, tuple[tuple[str, Any, Any], ...]] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)  # measure or part → its table, for those who ask about it
    all: dict[str, Measure] = field(default_factory=dict)  # filled when every measure has been read


def read_measure(name: str, node: Node, around: Around, faults: Faults) -> list[Measure]:
    """The measure, or its parts, with its second look. Faults are added; every key is read even when another is wrong."""
    keys = node.mapping
    for key in keys.keys() - KEYS:
        faults.at(key, keys[key].line).add("plan-key-unknown", key=key, nearest=nearest(key, KEYS), known=sorted(KEYS))
    listed = keys["parts"].mapping if "parts" in keys else {}
    own = {key: value for key, value in keys.items() if key in OWN}
    reconcile = Reconciled(own, keys.get("reconcile"), around, faults, name)
    if not listed:
        reader = Reader(own, around, faults, name)
        measure = reader.read(node)
        found = [replace(measure, part_of=name, reconcile=reconcile.read(), shows=read_shown(keys.get("show"), reader.names(), faults))] if measure else []
    else:
        found = _parts(name, own, listed, around, faults)
        first = next((m for m in found if "for" in own and m.facts == own["for"].text), None)
        entries = reconcile.read()
        if first is not None:
            shown = read_shown(keys.get("show"), Reader(own, around, faults, name, tuple(listed)).names(), faults)
            found = [replace(m, reconcile=entries, shows=shown) if m is first else m for m in found]
    found += Looked(own, keys.get("check"), around, faults, name).read(node)
    return found + reconcile.filed(node)


def _parts(name: str, own: dict[str, Node], listed: Mapping[str, Node], around: Around, faults: Faults) -> list[Measure]:
    """Each part inherits every key and overrides what it states. About the same table its `should` narrows; about another it takes over
    neither `should` nor `when`."""
    found = []
    for part, node in listed.items():
        place = faults.at(f"parts.{part}", node.line)
        if not PART.fullmatch(part):
            place.add("plan-id-wrong", value=part)
            continue
        stated = node.mapping
        for key in stated.keys() - OWN - {"check"}:
            place.at(key, stated[key].line).add("plan-key-unknown", key=key, nearest=nearest(key, OWN), known=sorted(OWN))
        other = "for" in stated and "for" in own and stated["for"].text != own["for"].text
        inherited = {k: v for k, v in own.items() if not (other and k in ("should", "when", "slot"))}
        merged = inherited | {k: v for k, v in stated.items() if k in OWN}
        narrowing = own.get("should") if "should" in stated and not other else None
        same = tuple(p for p, n in listed.items() if p != part and ("for" not in n.mapping or "for" not in own or n.mapping["for"].text == own["for"].text))
        id_ = f"{name}.{part}"
        measure = Reader(merged, around, place, id_, () if other else same, narrowing).read(node)
        if measure:
            title = measure.title if "title" in stated else {lang: f"{text} · {part}" for lang, text in measure.title.items()}
            found.append(replace(measure, part_of=name, title=title))
        found += Looked(merged, stated.get("check"), around, place, id_).read(node)
    return found


class Reader:
    """The keys of one measure or part. `parts`: those whose evidence may start its clock; `narrowing`: the condition that its own narrows."""

    def __init__(
        self, keys: dict[str, Node], around: Around, faults: Faults, id_: str, parts: tuple[str, ...] = (), narrowing: Node | None = None
    ):
        self.keys, self.around, self.vocabulary, self.faults, self.id = keys, around, around.vocabulary, faults, id_
        table = keys["for"].text if "for" in keys else None
        stored = [c.name for c in around.vocabulary.tables[table].stored] if table in around.vocabulary.tables else []
        self.params, self.parts, self.narrowing = narrowed(around.params, id_, stored), parts, narrowing

    def read(self, node: Node) -> Measure | None:
        """The whole; None when there are faults."""
        keys, faults, before = self.keys, self.faults, len(self.faults.found)
        for key in NEEDED.keys() - {k for k, v in keys.items() if not v.empty}:
            faults.add("plan-key-missing", key=key, example=NEEDED[key])
        title, source = self.bilingual("title"), self.source()
        kind, urgency = self.one_of("kind", KINDS, "list"), self.one_of("urgency", URGENCIES, "routine")
        table = self.table()
        should, gate, when, done = None, None, None, None
        if table is not None:
            names = self.names(table)
            should = self.should(names)
            gate = self.condition("while", names) if "while" in keys else None
            timed = replace(names, parts=self.parts)
            when = schedule.Reader(timed, faults.at("when", keys["when"].line)).read(keys["when"]) if "when" in keys else schedule.STANDING
            done = self.done(names)
        close, by, slot = self.close(), self.owner(), keys["slot"].text if "slot" in keys else None
        self.fits(table, when, done, slot)
        if len(faults.found) > before or not (table and when and done and by):
            return None
        restricts = any(self.vocabulary.acts[leaf.act].restricts for leaf in (done,) if leaf.act and not isinstance(leaf, Never))
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
            self.minutes(),
            restricts,
            self.params,
            node,
            gate,
            slot,
            part_of=self.id,
            links={link.name: link.table for link in self.vocabulary.tables[table].links},
            all=self.around.all,
        )
        for name in m.named_params:
            if not self.params[name].lines:
                faults.add("plan-parameter-no-line", name=f"${name}", measure=self.id)
        return m if len(faults.found) == before else None

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

    def fits(self, table: str | None, when: Any, done: Evidence | None, slot: str | None) -> None:
        """What goes with what."""
        if done and done.match == "period" and when is not None and not (isinstance(when, schedule.Every) and isinstance(when.at, tuple) and len(when.at) == 1):
            self.faults.add("plan-period-needs-every", example="when: {every: 1d, from: 2020-01-20}")
        if isinstance(when, schedule.Fresh) and done and not (isinstance(done, Done) and done.plain and (done.where is None or nodes.timeless(done.where))):
            self.faults.add("plan-fresh-needs-act", example="done: order.reviewed")
        if slot is not None and table and self.vocabulary.tables[table].person is None:
            self.faults.add("plan-no-person", name="slot", table=table)

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

    def done(self, names: Names, node: Node | None = None, key: str = "done") -> Evidence | None:
        """One of the forms of evidence."""
        node = node or self.keys.get("done")
        if node is None:
            return None
        if node.text is not None:
            name = self.act(key, node)
            return Done(name, self.acted(name, names)) if name else None
        keys = node.mapping
        forms: dict[str, tuple[set[str], Callable[[dict[str, Node], Names, str], Evidence | None]]] = {
            "act": ({"act", "where", "match", "need", "since"}, self.done_act),
            "have": ({"have", "need"}, self.done_amount),
            "holds": ({"holds"}, self.done_holds),
            "never": ({"never", "where"}, self.done_never),
            "any": ({"any"}, self.done_several),
            "all": ({"all"}, self.done_several),
        }
        form = next((f for f in forms if f in keys), None)
        if form is None:
            for extra in keys:
                self.faults.at(f"{key}.{extra}", keys[extra].line).add("plan-key-unknown", key=extra, nearest=nearest(extra, forms), known=sorted(forms))
            self.faults.at(key, node.line).add("plan-key-missing", key="act", example="done: {act: lab.sampled}")
            return None
        allowed, read = forms[form]
        for extra in keys.keys() - allowed:
            self.faults.at(f"{key}.{extra}", keys[extra].line).add("plan-key-unknown", key=extra, nearest=nearest(extra, allowed), known=sorted(allowed))
        return read(keys, names, key)

    def acted(self, act: str, names: Names) -> str:
        """On what the act closes the duty."""
        kind = self.vocabulary.acts[act]
        if kind.key == "person" and names.table and self.vocabulary.tables[names.table].person is None:
            self.place("done").add("plan-no-person", name=act, table=names.table)
        return kind.key

    def done_act(self, keys: dict[str, Node], names: Names, at: str) -> Evidence | None:
        name = self.act(f"{at}.act", keys["act"])
        where = self.condition(f"{at}.where", names.of_act(), keys["where"]) if "where" in keys else None
        match = keys["match"].text if "match" in keys else "time"
        need = self.amount(f"{at}.need", names, keys["need"]) if "need" in keys else None
        since = self.point(f"{at}.since", replace(names, points=OCCASION), keys["since"]) if "since" in keys else None
        if match not in ("time", "period"):
            self.faults.at(f"{at}.match", keys["match"].line).add("plan-word-unknown", word=match or "…", nearest="period", known=["period", "time"])
            return None
        return Done(name, self.acted(name, names), match, where, need, since) if name else None

    def done_amount(self, keys: dict[str, Node], names: Names, at: str) -> Evidence | None:
        if "need" not in keys:
            self.faults.at(at, keys["have"].line).add("plan-key-missing", key="need", example="done: {have: on_hand, need: target}")
            return None
        have, need = (self.amount(f"{at}.{key}", names, keys[key]) for key in ("have", "need"))
        return Amount(have, need) if have is not None and need is not None else None

    def done_holds(self, keys: dict[str, Node], names: Names, at: str) -> Evidence | None:
        found = self.condition(f"{at}.holds", names, keys["holds"])
        return Holds(found) if found is not None else None

    def done_never(self, keys: dict[str, Node], names: Names, at: str) -> Evidence | None:
        name = self.act(f"{at}.never", keys["never"])
        where = self.condition(f"{at}.where", names.of_act(), keys["where"]) if "where" in keys else None
        return Never(name, self.acted(name, names), where) if name else None

    def done_several(self, keys: dict[str, Node], names: Names, at: str) -> Evidence | None:
        form = "any" if "any" in keys else "all"
        parts = [self.done(names, item, f"{at}.{form}") for item in keys[form].items]
        found = tuple(part for part in parts if part is not None)
        if len(found) < 2 or any(part.match == "period" for part in found):
            if all(part is not None for part in parts):
                self.wrong(at, keys[form], {"zh": "两种以上的证据（不含 match: period）", "en": "two or more kinds of evidence (none by period)"}, "{any: [text.reached, household.visited]}")
            return None
        return Several(form, found)

    def amount(self, key: str, names: Names, node: Node) -> Any:
        """A number: figures, columns, parameters, functions."""
        text = node.text or ""
        if text.isdigit() and len(text) < 10:
            return nodes.Literal(int(text), nodes.INT)
        return self.expression(key, node, lambda: expressions.number(text, names))

    def point(self, key: str, names: Names, node: Node) -> Any:
        return self.expression(key, node, lambda: expressions.instant(expressions.point(node.text or "", {}, {}, {}, "start", names), "start"))

    def expression(self, key: str, node: Node, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except Refused as refused:
            self.faults.at(key, node.line).take(refused)
            return None

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


class Looked:
    """`check`: a second look. It draws subjects and makes the looker's obligation, a measure of its own: `measure.check`."""

    def __init__(self, own: dict[str, Node], node: Node | None, around: Around, faults: Faults, id_: str):
        self.own, self.node, self.around, self.faults, self.id = own, node, around, faults, id_

    def read(self, whole: Node) -> list[Measure]:
        if self.node is None:
            return []
        keys, place = self.node.mapping, self.faults.at("check", self.node.line)
        known = {"by", "should", "act", "when"}
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
        return [replace(measure, title=title, part_of=f"{self.id}.check", checks=self.id)]


class Reconciled:
    """`reconcile`: is the list complete?"""

    def __init__(self, own: dict[str, Node], node: Node | None, around: Around, faults: Faults, id_: str):
        self.own, self.around, self.faults, self.id = own, around, faults, id_
        self.entries = node.items if node is not None else []

    def read(self) -> tuple[From | Total, ...]:
        found: list[From | Total] = []
        for item in self.entries:
            keys, place = item.mapping, self.faults.at("reconcile", item.line)
            form = next((f for f in ("from", "total", "filed") if f in keys), None)
            known = {"from": {"from", "where"}, "total": {"total"}, "filed": {"filed", "every", "by", "for"}}.get(form or "", set())
            if form is None:
                place.add("plan-key-missing", key="from", example="reconcile: [{from: case, where: class = 'confirmed'}]")
                continue
            for key in keys.keys() - known:
                place.at(key, keys[key].line).add("plan-key-unknown", key=key, nearest=nearest(key, known), known=sorted(known))
            entry = self.source(keys, place) if form == "from" else self.total(keys["total"], place) if form == "total" else None
            found += [entry] if entry else []
        return tuple(found)

    def source(self, keys: dict[str, Node], place: Faults) -> From | None:
        vocabulary, name = self.around.vocabulary, keys["from"].text or ""
        known = [*vocabulary.acts, *(t.name for t in vocabulary.tables.values() if t.person)]
        own = self.own["for"].text if "for" in self.own else None
        if name not in known:
            place.add("plan-source-unknown", name=name, nearest=nearest(name, known), known=sorted(known))
            return None
        if own in vocabulary.tables and vocabulary.tables[own].person is None:
            place.add("plan-no-person", name="reconcile", table=own)
            return None
        reader = Reader(self.own, self.around, place, self.id)
        if name in vocabulary.acts:
            names = replace(reader.names(), looks=False).of_act()
            return From(name, True, reader.condition("where", replace(names, subject=None), keys["where"]) if "where" in keys else None)
        names = replace(reader.names(name), looks=False)
        return From(name, False, reader.condition("where", names, keys["where"]) if "where" in keys else None)

    def total(self, node: Node, place: Faults) -> Total | None:
        source, _, column = (node.text or "").rpartition(".")
        tables = self.around.vocabulary.tables
        if source not in tables or column not in self.around.vocabulary.columns(source):
            known = [f"{t}.{c}" for t in tables for c, col in self.around.vocabulary.columns(t).items() if col.type in (nodes.INT, nodes.NUMBER)]
            place.add("plan-source-unknown", name=node.text or "…", nearest=nearest(node.text or "", known), known=sorted(known))
            return None
        return Total(source, column)

    def filed(self, whole: Node) -> list[Measure]:
        """The holder must hand in the list: a due report of its own, `measure.filed`."""
        found = []
        for item in self.entries:
            keys = item.mapping
            if "filed" not in keys:
                continue
            place = self.faults.at("reconcile", item.line)
            for key in {"every", "by", "for"} - keys.keys():
                place.add("plan-key-missing", key=key, example="{filed: report.filed, for: unit, every: 1d, by: community @ area}")
            if {"every", "by", "for"} <= keys.keys():
                merged = {k: v for k, v in self.own.items() if k in ("title", "source", "kind", "urgency", "while")}
                merged |= {"for": keys["for"], "by": keys["by"], "done": keys["filed"], "when": Node({"every": keys["every"]}, item.line)}
                measure = Reader(merged, self.around, place, f"{self.id}.filed").read(whole)
                if measure:
                    title = {"zh": f"{measure.title['zh']} · 名单上报", "en": f"{measure.title['en']} · list handed in"}
                    found.append(replace(measure, title=title, part_of=f"{self.id}.filed"))
        return found
