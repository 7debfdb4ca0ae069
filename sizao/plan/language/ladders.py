"""`escalate`: overdue beyond the n-th span, a duty appears n levels up. Like a parameter, each ladder says since when it holds and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from .durations import Duration
from .durations import parse as parse_duration
from .faults import Faults
from .lexing import day_of
from .measure import URGENCIES
from .source import Node
from .vocabulary import nearest

KEYS = {"value", "from", "source"}
EXAMPLE = '{value: [0h, 1h, 4h], from: 2020-01-26, source: "000"}'


@dataclass(frozen=True)
class Ladder:
    """`spans`: each longer than the one before; None is at once (0h). `since`: the day of the choice; None where the spans are written alone."""

    spans: tuple[Duration | None, ...]
    since: date | None = None
    source: str = ""

    @property
    def text(self) -> str:
        """The spans as they are written."""
        return ", ".join(span.text if span else "0h" for span in self.spans)

    @property
    def seconds(self) -> tuple[int, ...]:
        return tuple(span.longest() if span else 0 for span in self.spans)


def read_escalation(node: Node | None, faults: Faults) -> dict[str, Ladder]:
    """Urgency → its ladder."""
    found = {}
    for urgency, child in (node.mapping if node else {}).items():
        place = faults.at(f"escalate.{urgency}", child.line)
        if urgency not in URGENCIES:
            place.add("plan-word-unknown", word=urgency, nearest=nearest(urgency, URGENCIES), known=list(URGENCIES))
        found[urgency] = _ladder(child, place)
    return found


def _ladder(node: Node, place: Faults) -> Ladder:
    keys = node.mapping
    if not keys:
        return Ladder(_spans(node, place))
    for key in keys.keys() - KEYS:
        place.add("plan-key-unknown", key=key, nearest=nearest(key, KEYS), known=sorted(KEYS))
    for key in sorted(KEYS - keys.keys()):
        place.add("plan-key-missing", key=key, example=EXAMPLE)
    since = day_of(keys["from"].text or "") if "from" in keys else None
    if "from" in keys and since is None:
        place.add("plan-date-wrong", value=keys["from"].text or "…")
    return Ladder(_spans(keys["value"], place) if "value" in keys else (), since, (keys["source"].text or "") if "source" in keys else "")


def _spans(node: Node, place: Faults) -> tuple[Duration | None, ...]:
    spans = [None if item.text == "0h" else parse_duration(item.text or "") for item in node.items]
    wrong = [item for item, span in zip(node.items, spans, strict=True) if span is None and item.text != "0h"]
    lengths = [span.longest() if span else 0 for span in spans]
    if wrong or lengths != sorted(set(lengths)):
        place.add(
            "plan-value-wrong",
            value=wrong[0].text if wrong and wrong[0].text else "…",
            expected={"zh": "由短到长的时长", "en": "durations, each longer than the one before"},
            example="[0h, 1h, 4h]",
        )
    return tuple(spans)


def ladder(escalate: Mapping[str, Ladder], urgency: str) -> tuple[int, ...]:
    """Seconds overdue after which a duty appears one level further up. An alarm is told at once, whatever the edition leaves out."""
    found = escalate.get(urgency)
    if found is None:
        return (0,) if urgency == "alarm" else ()
    return found.seconds
