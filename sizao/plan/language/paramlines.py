"""Reading the lines of an edition's parameters."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from . import nodes
from .durations import parse as parse_duration
from .faults import Faults
from .lexing import day_of
from .parameters import CLOCKS, LIST, Line, Param
from .source import Node
from .vocabulary import nearest

NAME = re.compile(r"[a-z][a-z0-9_]*")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
KEYS = {"value", "from", "disease", "source", "for", "area", "read"}
EXAMPLE = '- {value: 14d, from: 2020-01-20, source: "000"}'


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
        keys = [(line.since, line.disease, line.measure, line.codes, line.area) for line in read_lines]
        if len(set(keys)) < len(keys):
            place.add("plan-parameter-twice", name=f"${name}")
        if len(types) == 1:
            ordered = sorted(read_lines, key=lambda line: line.since or datetime.min)  # noqa: DTZ901
            found[name] = Param(name, types.pop(), tuple(ordered))
    return found


def _line(node: Node, faults: Faults) -> Line | None:
    """One line. Keys that are none of ours name a column of the subject, and its code."""
    keys, place = node.mapping, faults.at("", node.line)
    if "value" not in keys:
        place.add("plan-key-missing", key="value", example=EXAMPLE)
        return None
    codes = sorted((key, child.text or "") for key, child in keys.items() if key not in KEYS)
    for key, code in codes:
        if not NAME.fullmatch(key) or not code or nearest(key, KEYS) != "—":
            place.add("plan-key-unknown", key=key, nearest=nearest(key, KEYS), known=sorted(KEYS))
    if "source" not in keys:
        place.add("plan-key-missing", key="source", example=EXAMPLE)
    since = day_of(keys["from"].text or "") if "from" in keys else None
    if "from" in keys and since is None:
        place.add("plan-date-wrong", value=keys["from"].text or "…")
    text = {key: keys[key].text for key in ("disease", "for", "area", "read", "source") if key in keys}
    if "area" in text and not CODE.fullmatch(text["area"] or ""):
        place.add("plan-value-wrong", value=text["area"] or "…", expected={"zh": "地区代码", "en": "the code of an area"}, example="area: 330300")
    if text.get("read", "due") not in ("due", "start"):
        place.add("plan-word-unknown", word=text["read"] or "…", nearest=nearest(text["read"] or "", ("due", "start")), known=["due", "start"])
    value = _value(keys["value"], place)
    if value is None:
        return None
    begins = datetime.combine(since, time()) if since else None
    return Line(value, begins, text.get("disease"), text.get("source") or "", text.get("for"), tuple(codes), text.get("area"), text.get("read") or "due")


def _value(node: Node, faults: Faults) -> Any:
    """A duration, a number, a date, a list of day numbers, times of a day, or else a code."""
    if isinstance(node.value, list):
        texts = [item.text or "" for item in node.value]
        if texts and all(text.isdigit() and len(text) < 5 for text in texts):
            return tuple(sorted({int(text) for text in texts}))
        if texts and all(CLOCK.fullmatch(text) for text in texts):
            return tuple(sorted({clock(text) for text in texts}))
    elif node.text:
        text = node.text.strip()
        if parse_duration(text):
            return parse_duration(text)
        if re.fullmatch(r"-?\d{1,15}", text):
            return int(text)
        if re.fullmatch(r"-?\d{1,12}\.\d{1,6}", text):
            return Decimal(text)
        if CLOCK.fullmatch(text):
            return (clock(text),)
        if day_of(text):
            return day_of(text)
        if re.fullmatch(r"[a-z][a-z0-9_.-]*", text):
            return text
    faults.add(
        "plan-value-wrong",
        value=node.text or "…",
        expected={"zh": "时长、数、日期、天数列表、时刻或代码", "en": "a duration, a number, a date, a list of days, times of a day or a code"},
        example="14d",
    )
    return None


def clock(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def _type(value: Any) -> str:
    if isinstance(value, tuple):
        return CLOCKS if isinstance(value[0], timedelta) else LIST
    if isinstance(value, str):
        return nodes.TEXT
    if isinstance(value, Decimal):
        return nodes.NUMBER
    if isinstance(value, int):
        return nodes.INT
    return nodes.DURATION if hasattr(value, "months") else nodes.DATE
