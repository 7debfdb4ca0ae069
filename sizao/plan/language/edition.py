"""An edition: a plan of measures in one YAML file. Everything that is wrong with it is said at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from . import leftout
from .coming import Awaiting, divide
from .faults import EditionRefused, Faults
from .keys import Around
from .ladders import Ladder, ladder, read_escalation
from .lexing import day_of
from .measure import Measure
from .measures import read_measure
from .ordering import ranked, without_circles
from .parameters import Param
from .paramlines import read_params
from .source import Node, read
from .subjects import Entry, called, made
from .vocabulary import KEYS as VOCABULARY_KEYS
from .vocabulary import Vocabulary, nearest

TAKEN = {"code", "starts_on", "ends_on", *VOCABULARY_KEYS}  # of a line of a list
ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
EDITION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NAME = re.compile(r"[a-z][a-z0-9_]*")
KEYS = {"edition", "title", "params", "measures", "lists", "precedence", "escalate"}
LIST_KEYS = {"value", "from", "until", "source", "area"}


@dataclass(frozen=True)
class Edition:
    """A checked edition. `text` is the file as written: its SHA-256 names it."""

    id: str
    title: Mapping[str, str]
    params: Mapping[str, Param]
    measures: Mapping[str, Measure] = field(hash=False)
    text: str = field(default="", repr=False)
    lists: Mapping[str, tuple[tuple[str, Any, Any], ...]] = field(default_factory=dict)
    precedence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    escalate: Mapping[str, Ladder] = field(default_factory=dict, hash=False)
    awaiting: Mapping[str, Awaiting] = field(default_factory=dict, hash=False)  # right, and not run until a register keeps what they ask for
    aside: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)  # of measures that run: what of `reconcile` and `show` waits

    def levels_up(self, urgency: str, overdue_for: timedelta) -> int:
        """How many levels up an obligation appears that has been overdue for so long: one for every span that has passed."""
        return sum(timedelta(seconds=span) <= overdue_for for span in ladder(self.escalate, urgency))


def load_edition(text: str, vocabulary: Vocabulary, file: str = "edition.yaml") -> Edition:
    """The edition in this text. Raises EditionRefused with every fault at once."""
    faults = Faults(file)
    root = read(text, faults)
    if root is None or not root.mapping:
        if not faults.found:
            faults.add("plan-not-a-mapping")
        raise EditionRefused(faults.found)
    keys = root.mapping
    for key in keys.keys() - KEYS:
        faults.at(key, keys[key].line).add("plan-key-unknown", key=key, nearest=nearest(key, KEYS), known=sorted(KEYS))
    id_ = text_of(keys, "edition", faults, "contact-tracing-basic")
    if id_ and not EDITION.fullmatch(id_):
        faults.at("edition", keys["edition"].line).add("plan-id-wrong", value=id_)
    title = bilingual(keys.get("title"), "title", faults)
    params = read_params(keys.get("params"), faults)
    registers, coming = vocabulary, vocabulary.coming
    vocabulary = coming.whole if coming else vocabulary
    columns = {c.name for table in vocabulary.tables.values() for c in table.stored}
    for name, param in params.items():
        for column in set(param.columns) - columns:
            faults.at(f"params.{name}", keys["params"].mapping[name].line).add("plan-name-unknown", name=column, nearest=nearest(column, columns), known=sorted(columns))
    entries = read_lists(keys.get("lists"), faults)
    lists = {name: tuple((e.code, e.first, e.last) for e in lines) for name, lines in entries.items()}
    listed = keys["measures"].mapping if "measures" in keys else {}
    if not listed:
        faults.add("plan-key-missing", key="measures", example="measures: {contact-daily-check: {…}}")
    vocabulary = vocabulary.knowing(*(t for node in abouts(listed) for t in made(node, vocabulary.tables, entries)))
    around = Around(params, vocabulary, lists, tables(listed), entries)
    measures: dict[str, Measure] = {}
    for name, node in listed.items():
        place = faults.at(name, node.line)
        if not ID.fullmatch(name):
            place.add("plan-id-wrong", value=name)
        measures |= {m.id: m for m in read_measure(name, node, around, place)}
        if registers.left_out:
            leftout.refuse(registers.left_out, name, node, place)
    precedence, escalate = read_precedence(keys.get("precedence"), faults), read_escalation(keys.get("escalate"), faults)
    if not faults.found:
        measures = {id_: replace(m, ladder=ladder(escalate, m.urgency)) for id_, m in ranked(measures, precedence, faults).items()}
        around.all.update(measures)
        without_circles(measures, faults)
    if not faults.found and registers.left_out:
        for m in measures.values():
            name, _, _ = m.id.partition(".")
            leftout.refuse_declared(registers.left_out, m, vocabulary, faults.at(name, listed[name].line))
    if faults.found:
        raise EditionRefused(faults.found)
    awaiting: dict[str, Awaiting] = {}
    aside: dict[str, tuple[str, ...]] = {}
    if coming is not None:
        own = registers.knowing(*(t for node in abouts(listed) for t in made(node, registers.tables, entries)))
        measures, awaiting, aside = divide(measures, listed, replace(around, vocabulary=own), coming)
    return Edition(id_ or "", title, params, measures, text, lists, precedence, escalate, awaiting, aside)


def tables(listed: Mapping[str, Node]) -> dict[str, str]:
    """Of every measure and part, the table that it is about: for conditions that ask about another measure."""
    found: dict[str, str] = {}
    for name, node in listed.items():
        own = called(node.mapping.get("for"))
        parts = node.mapping["parts"].mapping if "parts" in node.mapping else {}
        for part, below in parts.items():
            table = called(below.mapping.get("for")) or own
            found |= {f"{name}.{part}": table} if table else {}
        table = own or next((t for id_, t in found.items() if id_.startswith(f"{name}.")), None)
        found |= {name: table} if table else {}
    return found


def abouts(listed: Mapping[str, Node]) -> list[Node]:
    """Every `for` of the measures and their parts."""
    found = list(listed.values())
    found += [part for node in listed.values() if "parts" in node.mapping for part in node.mapping["parts"].mapping.values()]
    return [node.mapping["for"] for node in found if "for" in node.mapping]


def read_lists(node: Node | None, faults: Faults) -> dict[str, tuple[Entry, ...]]:
    """Dated lists of codes. A key that is none of ours is a code of the line's own: `{value: school, form: roll_call, …}`."""
    found: dict[str, tuple[Entry, ...]] = {}
    for name, lines in (node.mapping if node else {}).items():
        place = faults.at(f"lists.{name}", lines.line)
        if not NAME.fullmatch(name):
            place.add("plan-parameter-name", value=name)
        read_lines = []
        for item in lines.items:
            keys, here = item.mapping, place.at("", item.line)
            more = {key: child.text or "" for key, child in keys.items() if key not in LIST_KEYS}
            for key, code in more.items():
                if not NAME.fullmatch(key) or not code or key in TAKEN or nearest(key, LIST_KEYS) != "—":
                    here.add("plan-key-unknown", key=key, nearest=nearest(key, LIST_KEYS), known=sorted(LIST_KEYS))
            for key in {"value", "source"} - keys.keys():
                here.add("plan-key-missing", key=key, example='- {value: market, from: 2020-06-12, source: "000"}')
            days: dict[str, date | None] = {}
            for key in ("from", "until"):
                days[key] = day_of(keys[key].text or "") if key in keys else None
                if key in keys and days[key] is None:
                    here.add("plan-date-wrong", value=keys[key].text or "…")
            if "value" in keys:
                read_lines.append(Entry(keys["value"].text or "", days["from"], days["until"], keys["area"].text if "area" in keys else None, more))
        named = [entry.key(name) for entry in read_lines]
        for twice in {entry.code for entry in read_lines if named.count(entry.key(name)) > 1}:
            place.add("plan-list-twice", value=twice, name=name)
        found[name] = tuple(read_lines)
    return found


def read_precedence(node: Node | None, faults: Faults) -> dict[str, tuple[str, ...]]:
    """Slot → its measures, the one that goes first first."""
    found = {}
    for slot, child in (node.mapping if node else {}).items():
        place, names = faults.at(f"precedence.{slot}", child.line), [item.text or "" for item in child.items]
        for twice in {name for name in names if names.count(name) > 1}:
            place.add("plan-precedence-circle", name=twice, slot=slot)
        found[slot] = tuple(names)
    return found


def text_of(keys: Mapping[str, Node], key: str, faults: Faults, example: str) -> str | None:
    """The text under a key; a fault when it is missing or no text."""
    node = keys.get(key)
    if node is None or node.empty:
        faults.add("plan-key-missing", key=key, example=f"{key}: {example}")
        return None
    if node.text is None:
        faults.at(key, node.line).add("plan-value-wrong", value="…", expected={"zh": "文字", "en": "a text"}, example=example)
    return node.text


def bilingual(node: Node | None, key: str, faults: Faults) -> dict[str, str]:
    """{zh, en}, both filled."""
    example = "{zh: 每日健康监测, en: Daily health check}"
    if node is None:
        faults.add("plan-key-missing", key=key, example=f"{key}: {example}")
        return {}
    place = faults.at(key, node.line)
    found = {lang: child.text.strip() for lang, child in node.mapping.items() if child.text and child.text.strip()}
    if set(found) != {"zh", "en"}:
        place.add("plan-value-wrong", value=node.text or "…", expected={"zh": "zh 与 en 两种文字", "en": "both zh and en"}, example=example)
    return found
