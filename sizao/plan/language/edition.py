"""An edition: a plan of measures in one YAML file. Everything that is wrong with it is said at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from . import nodes
from .durations import parse as parse_duration
from .expressions import day_of
from .faults import EditionRefused, Faults
from .measure import Measure
from .measures import read_measure
from .parameters import LIST, Line, Param
from .source import Node, read
from .vocabulary import Vocabulary, nearest

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
NAME = re.compile(r"[a-z][a-z0-9_]*")
KEYS = {"edition", "title", "params", "measures"}
LINE_KEYS = {"value", "from", "disease", "source"}


@dataclass(frozen=True)
class Edition:
    """A checked edition. `text` is the file as written: its SHA-256 names it."""

    id: str
    title: Mapping[str, str]
    params: Mapping[str, Param]
    measures: Mapping[str, Measure] = field(hash=False)
    text: str = field(default="", repr=False)


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
    if id_ and not ID.fullmatch(id_):
        faults.at("edition", keys["edition"].line).add("plan-id-wrong", value=id_)
    title = bilingual(keys.get("title"), "title", faults)
    params = read_params(keys.get("params"), faults)
    measures: dict[str, Measure] = {}
    listed = keys["measures"].mapping if "measures" in keys else {}
    if not listed:
        faults.add("plan-key-missing", key="measures", example="measures: {contact-daily-check: {…}}")
    for name, node in listed.items():
        place = faults.at(name, node.line)
        if not ID.fullmatch(name):
            place.add("plan-id-wrong", value=name)
        measure = read_measure(name, node, params, vocabulary, place)
        if measure:
            measures[name] = measure
    if faults.found:
        raise EditionRefused(faults.found)
    return Edition(id_ or "", title, params, measures, text)


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


def read_params(node: Node | None, faults: Faults) -> dict[str, Param]:
    """The edition's parameters by name."""
    found: dict[str, Param] = {}
    for name, lines in (node.mapping if node else {}).items():
        place = faults.at(f"params.{name}", lines.line)
        if not NAME.fullmatch(name):
            place.add("plan-parameter-name", value=name)
        read_lines = [line for item in lines.items if (line := _line(item, place)) is not None]
        types = {_type(line.value) for line in read_lines}
        if types == {nodes.INT, nodes.NUMBER}:
            types = {nodes.NUMBER}
        if len(types) > 1:
            place.add("plan-parameter-mixed", name=f"${name}")
        keys = [(line.disease, line.since) for line in read_lines]
        if len(set(keys)) < len(keys):
            place.add("plan-parameter-twice", name=f"${name}")
        if len(types) == 1:
            ordered = sorted(read_lines, key=lambda line: line.since or datetime.min)  # noqa: DTZ901
            found[name] = Param(name, types.pop(), tuple(ordered))
    return found


def _line(node: Node, faults: Faults) -> Line | None:
    example = '- {value: 14d, from: 2020-01-20, source: "000"}'
    keys, place = node.mapping, faults.at("", node.line)
    if "value" not in keys:
        place.add("plan-key-missing", key="value", example=example)
        return None
    for key in keys.keys() - LINE_KEYS:
        place.add("plan-key-unknown", key=key, nearest=nearest(key, LINE_KEYS), known=sorted(LINE_KEYS))
    if "source" not in keys:
        place.add("plan-key-missing", key="source", example=example)
    value = _value(keys["value"], place)
    since = day_of(keys["from"].text or "") if "from" in keys else None
    if "from" in keys and since is None:
        place.add("plan-date-wrong", value=keys["from"].text or "…")
    disease = keys["disease"].text if "disease" in keys else None
    return (
        None
        if value is None
        else Line(
            value, datetime.combine(since, time()) if since else None, disease, (keys["source"].text or "") if "source" in keys else ""
        )
    )


def _value(node: Node, faults: Faults) -> Any:
    """A duration, a whole number, a number, a date, a list of day numbers, or else a code."""
    if isinstance(node.value, list):
        if node.value and all((item.text or "").isdigit() and len(item.text or "") < 5 for item in node.value):
            return tuple(sorted({int(item.text or "0") for item in node.value}))
    elif node.text:
        text = node.text.strip()
        if parse_duration(text):
            return parse_duration(text)
        if re.fullmatch(r"-?\d{1,15}", text):
            return int(text)
        if day_of(text):
            return day_of(text)
        if re.fullmatch(r"[a-z][a-z0-9_.-]*", text):
            return text
    faults.add(
        "plan-value-wrong",
        value=node.text or "…",
        expected={"zh": "时长、整数、日期、天数列表或代码", "en": "a duration, a whole number, a date, a list of days or a code"},
        example="14d",
    )
    return None


def _type(value: Any) -> str:
    if isinstance(value, tuple):
        return LIST
    if isinstance(value, str):
        return nodes.TEXT
    if isinstance(value, int):
        return nodes.INT
    return nodes.DURATION if hasattr(value, "months") else nodes.DATE
