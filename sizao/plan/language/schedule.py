"""`when`: the shapes of a timetable, and how they are read from a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sizao.kernel.errors import Refused

from . import expressions, nodes
from .durations import Duration
from .durations import parse as parse_duration
from .faults import Faults
from .kinds import type_name
from .names import Names
from .parameters import CLOCKS, LIST
from .source import Node
from .typed import instant
from .vocabulary import nearest

DAY = timedelta(days=1)
EXAMPLES = {
    "within": "{within: 24h, of: reported_at}",
    "before": "{before: due_on}",
    "every": '{every: 1d, from: last_exposure_on, at: ["20:00"]}',
    "days": '{days: [1, 4, 7], of: last_exposure_on, at: "20:00"}',
    "fresh": "{fresh: 1d}",
}
KEYS = {
    "within": {"within", "of", "early"},
    "before": {"before", "from", "early"},
    "every": {"every", "from", "until", "at", "times"},
    "days": {"days", "of", "at"},
    "fresh": {"fresh", "from"},
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
    """One period after another from the day of `start` (left out: the day the subject was known). In each, one occasion for each time of day `at`
    of its last day. A step that is a parameter is read once, when the series begins; times of day that are one, when each period begins. A series from
    before the first line of its step begins on the day on which that line came into force.

    The first opens at the first midnight of its period, the next when the one before was due; each closes when the next opens.
    """

    step: Duration | nodes.Parameter
    start: Any
    until: Any | None
    at: tuple[timedelta, ...] | str  # or the name of a parameter
    times: Any | None  # a Literal or Parameter of type int


@dataclass(frozen=True)
class Days:
    """Day 1, 4, 7 after a day: opens at that midnight, due at `at`, closes when the next listed day opens, the last never."""

    days: Any  # a tuple of numbers, or the name of a parameter
    of: Any
    at: timedelta


@dataclass(frozen=True)
class Shifts:
    """The subject's own pattern: one occasion for every so many hours (a column) from the instant `start`, due when the next begins."""

    hours: Any  # a Column of whole hours
    start: Any
    until: Any | None


@dataclass(frozen=True)
class Fresh:
    """Never older than the span: an occasion opens with each evidence (the first when the subject was known, or at `start`) and is due a span later."""

    span: Any
    start: Any | None


When = Within | Before | Every | Days | Shifts | Fresh
KNOWN = nodes.Column("known", nodes.INSTANT)
#: A measure without `when`: a standing state, read each day at 24:00.
STANDING = Every(parse_duration("1d"), KNOWN, None, (DAY,), None)  # type: ignore[arg-type]


class Reader:
    """Reads one `when`. Faults go to the list; a part that cannot be read is None and the whole is then None."""

    def __init__(self, names: Names, faults: Faults):
        self.names, self.params, self.faults = names, names.params, faults

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
            "fresh": self.fresh,
        }
        found = readers[kind](keys)
        return found if len(self.faults.found) == before else None

    def within(self, keys: dict[str, Node]) -> Within:
        return Within(self.anchor(keys, "of", "within"), self.span(keys["within"], "within"), self.early(keys))

    def before(self, keys: dict[str, Node]) -> Before:
        start = self.point(keys["from"], "from", "start", clock=True) if "from" in keys else None
        return Before(self.point(keys["before"], "before", "end"), start, self.early(keys))

    def every(self, keys: dict[str, Node]) -> When:
        until = self.point(keys["until"], "until", "end") if "until" in keys else None
        start = self.point(keys["from"], "from", "start", clock=True) if "from" in keys else KNOWN
        text = keys["every"].text or ""
        if text in self.names.columns and self.names.columns[text].type == nodes.INT:
            for key in {"at", "times"} & keys.keys():
                self.wrong(keys[key], key, {"zh": "班次不写此键", "en": "no such key beside a pattern of shifts"}, "{every: shift_hours, from: starts_at}")
            return Shifts(nodes.Column(text, nodes.INT), start, until)
        step = self.parameter(keys["every"], "every", nodes.DURATION) if text.startswith("$") else parse_duration(text)
        steps = [step] if not isinstance(step, nodes.Parameter) else self.params[step.name].values
        if not all(x is not None and x.whole_days and not (x.months and x.seconds) and (x.months or x.seconds) for x in steps):
            self.wrong(
                keys["every"],
                "every",
                {"zh": "整天、周、月或年，或以小时计的班次列", "en": "whole days, weeks, months or years, or a column of hours"},
                '1d（一天几次写 at: ["08:00", "20:00"]）',
            )
        return Every(step, start, until, self.clocks(keys), self.times(keys))  # type: ignore[arg-type]

    def clocks(self, keys: dict[str, Node]) -> tuple[timedelta, ...] | str:
        """Times of a day, or the name of the parameter that holds them."""
        if "at" not in keys:
            return (DAY,)
        text = keys["at"].text or ""
        if text.startswith("$"):
            found = self.parameter(keys["at"], "at", CLOCKS)
            return found.name if found else (DAY,)
        return tuple(sorted({t for item in keys["at"].items if (t := self.time(item)) is not None})) or (DAY,)

    def fresh(self, keys: dict[str, Node]) -> Fresh:
        start = self.point(keys["from"], "from", "start", clock=True) if "from" in keys else None
        return Fresh(self.span(keys["fresh"], "fresh"), start)

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
            found = expressions.point(node.text, {}, {}, {}, side, self.names)
        except Refused as refused:
            place.take(refused)
            return None
        for name in nodes.parameters(found) if clock else ():
            place.add("plan-clock-from-parameter", name=f"${name}")
        if any(isinstance(x, nodes.Moment) for x in nodes.walk(found)):
            place.add("plan-clock-from-now", part=node.text)
        if any(isinstance(x, nodes.Drawn) for x in nodes.walk(found)):
            place.add("plan-looks-within", name="drawn")
        return instant(found, side) if not isinstance(found, nodes.Literal) or found.type != nodes.INSTANT else found

    def span(self, node: Node, key: str) -> Any:
        text = node.text or ""
        if text.startswith("$"):
            return self.parameter(node, key, nodes.DURATION)
        if key == "within" and text == "0h":
            return nodes.Literal(Duration(0, 0, "0h"), nodes.DURATION)
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
            self.faults.at(key, node.line).add("plan-parameter-type", name=f"${name}", expected=type_name(kind))
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
