"""`when`: the shapes of a timetable, and how they are read from a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sizao.kernel.errors import Refused
from sizao.kernel.facts import FactsColumn

from . import expressions, nodes
from .durations import Duration
from .durations import parse as parse_duration
from .faults import Faults
from .parameters import LIST, Param
from .source import Node
from .vocabulary import nearest

DAY = timedelta(days=1)
EXAMPLES = {
    "within": "{within: 24h, of: reported_at}",
    "before": "{before: due_on}",
    "every": '{every: 1d, from: last_exposure_on, at: ["20:00"]}',
    "days": '{days: [1, 4, 7], of: last_exposure_on, at: "20:00"}',
}
KEYS = {
    "within": {"within", "of", "early"},
    "before": {"before", "from", "early"},
    "every": {"every", "from", "until", "at", "times"},
    "days": {"days", "of", "at"},
}
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


@dataclass(frozen=True)
class Within:
    """Opens at the point, due a span later, never closes."""

    of: Any
    span: Any  # a Literal or Parameter of type duration
    early: timedelta = timedelta()


@dataclass(frozen=True)
class Before:
    """Opens when the subject is first known (or at `start`), due at the point, never closes."""

    point: Any
    start: Any | None = None
    early: timedelta = timedelta()


@dataclass(frozen=True)
class Every:
    """One period after another from the day of `start`. In each, one occasion for each time of day `at` of its last day.

    The first opens at the first midnight of its period, the next when the one before was due; each closes when the next opens.
    """

    step: Duration
    start: Any
    until: Any | None
    at: tuple[timedelta, ...]
    times: Any | None  # a Literal or Parameter of type int


@dataclass(frozen=True)
class Days:
    """Day 1, 4, 7 after a day: opens at that midnight, due at `at`, closes when the next listed day opens, the last never."""

    days: Any  # a tuple of numbers, or the name of a parameter
    of: Any
    at: timedelta


When = Within | Before | Every | Days


class Reader:
    """Reads one `when`. Faults go to the list; a part that cannot be read is None and the whole is then None."""

    def __init__(self, columns: dict[str, FactsColumn], params: dict[str, Param], codes: dict[str, Any], faults: Faults):
        self.columns, self.params, self.codes, self.faults = columns, params, codes, faults

    def read(self, node: Node) -> When | None:
        keys = node.mapping
        if not keys:
            self.faults.add(
                "plan-value-wrong", value=node.text or "—", expected={"zh": "一个时间表", "en": "a timetable"}, example=EXAMPLES["every"]
            )
            return None
        kinds = [kind for kind in KEYS if kind in keys]
        if len(kinds) != 1:
            self.faults.add(
                "plan-schedule-unknown", keys=sorted(keys), known=sorted(KEYS), example=EXAMPLES[kinds[0] if kinds else "every"]
            )
            return None
        kind = kinds[0]
        for key in keys.keys() - KEYS[kind]:
            self.faults.at(key, keys[key].line).add("plan-key-unknown", key=key, nearest=nearest(key, KEYS[kind]), known=sorted(KEYS[kind]))
        before = len(self.faults.found)
        readers: dict[str, Callable[[dict[str, Node]], When]] = {
            "within": self.within,
            "before": self.before,
            "every": self.every,
            "days": self.days,
        }
        found = readers[kind](keys)
        return found if len(self.faults.found) == before else None

    def within(self, keys: dict[str, Node]) -> Within:
        return Within(self.anchor(keys, "of", "within"), self.span(keys["within"], "within"), self.early(keys))

    def before(self, keys: dict[str, Node]) -> Before:
        start = self.point(keys["from"], "from", "start", clock=True) if "from" in keys else None
        return Before(self.point(keys["before"], "before", "end"), start, self.early(keys))

    def every(self, keys: dict[str, Node]) -> Every:
        step = parse_duration(keys["every"].text or "")
        if step is None or not step.whole_days or (step.months and step.seconds):
            self.wrong(
                keys["every"],
                "every",
                {"zh": "整天、周、月或年", "en": "whole days, weeks, months or years"},
                '1d（一天几次写 at: ["08:00", "20:00"]）',
            )
        until = self.point(keys["until"], "until", "end") if "until" in keys else None
        at = tuple(sorted({t for item in keys["at"].items if (t := self.time(item)) is not None})) if "at" in keys else (DAY,)
        return Every(step, self.anchor(keys, "from", "every"), until, at, self.times(keys))  # type: ignore[arg-type]

    def days(self, keys: dict[str, Node]) -> Days:
        node = keys["days"]
        numbers: Any = None
        name = (node.text or "").removeprefix("$")
        if (node.text or "").startswith("$") and name in self.params and self.params[name].type == LIST:
            numbers = name
        elif (
            isinstance(node.value, list)
            and node.value
            and all((item.text or "").isdigit() and len(item.text or "") < 5 for item in node.value)
        ):
            numbers = tuple(sorted({int(item.text or "0") for item in node.value}))
        else:
            self.wrong(node, "days", {"zh": "天数列表，或列表参数", "en": "a list of day numbers, or a parameter that is one"}, "[1, 4, 7]")
        at = self.time(keys["at"]) if "at" in keys else DAY
        return Days(numbers, self.anchor(keys, "of", "days"), at or DAY)

    # -- parts

    def anchor(self, keys: dict[str, Node], key: str, kind: str) -> Any:
        if key not in keys:
            self.faults.add("plan-key-missing", key=key, example=EXAMPLES[kind])
            return None
        return self.point(keys[key], key, "start", clock=True)

    def point(self, node: Node, key: str, side: str, clock: bool = False) -> Any:
        """A point in time as an instant, a bare date read at its `side`. A `clock` cannot start from a parameter: parameters are read when it starts."""
        if node.text is None:
            return self.wrong(node, key, {"zh": "一个时间点", "en": "a point in time"}, "last_exposure_on")
        place = self.faults.at(key, node.line)
        try:
            found = expressions.point(node.text, self.columns, self.params, self.codes, side)
        except Refused as refused:
            place.take(refused)
            return None
        for name in nodes.parameters(found) if clock else ():
            place.add("plan-clock-from-parameter", name=f"${name}")
        if any(isinstance(x, nodes.Moment) for x in nodes.walk(found)):
            place.add("plan-clock-from-now", part=node.text)
        return expressions.instant(found, side) if not isinstance(found, nodes.Literal) or found.type != nodes.INSTANT else found

    def span(self, node: Node, key: str) -> Any:
        text = node.text or ""
        if text.startswith("$"):
            return self.parameter(node, key, nodes.DURATION)
        found = parse_duration(text)
        return (
            nodes.Literal(found, nodes.DURATION)
            if found
            else self.wrong(node, key, {"zh": "时长", "en": "a duration"}, "24h · 1d · 1w · 1mo · $clock")
        )

    def times(self, keys: dict[str, Node]) -> Any:
        if "times" not in keys:
            return None
        node = keys["times"]
        if (node.text or "").startswith("$"):
            return self.parameter(node, "times", nodes.INT)
        if (node.text or "").isdigit() and 0 < int(node.text or "0") < 100_000:
            return nodes.Literal(int(node.text or "0"), nodes.INT)
        return self.wrong(node, "times", {"zh": "正整数", "en": "a positive whole number"}, "14")

    def parameter(self, node: Node, key: str, kind: str) -> Any:
        name = (node.text or "")[1:]
        if name not in self.params:
            self.faults.at(key, node.line).add(
                "plan-parameter-unknown", name=f"${name}", nearest=nearest(name, self.params), known=[f"${p}" for p in sorted(self.params)]
            )
        elif self.params[name].type != kind:
            self.faults.at(key, node.line).add("plan-parameter-type", name=f"${name}", expected=expressions.type_name(kind))
        else:
            return nodes.Parameter(name, kind)
        return None

    def early(self, keys: dict[str, Node]) -> timedelta:
        if "early" not in keys:
            return timedelta()
        found = parse_duration(keys["early"].text or "")
        if found is None or found.months:
            self.wrong(keys["early"], "early", {"zh": "分钟、小时、天或周", "en": "minutes, hours, days or weeks"}, "2h")
            return timedelta()
        return timedelta(seconds=found.seconds)

    def time(self, node: Node) -> timedelta | None:
        if node.text is None or not TIME.fullmatch(node.text):
            self.wrong(node, "at", {"zh": "一天中的时刻", "en": "a time of day"}, '"20:00"')
            return None
        hours, minutes = node.text.split(":")
        return timedelta(hours=int(hours), minutes=int(minutes))

    def wrong(self, node: Node, key: str, expected: dict[str, str], example: str) -> None:
        shown = node.text if node.text is not None else "[…]" if isinstance(node.value, list) else "{…}"
        self.faults.at(key, node.line).add("plan-value-wrong", value=shown, expected=expected, example=example)
