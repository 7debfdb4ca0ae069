"""The small curve of a stream in one area, or of one unit: counts beside what was expected and the threshold, as they stand now."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np

from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope

from . import counting, judging, tuning
from .streams import Rule, Stream

#: Periods that a curve shows.
SHOWN = 42


@dataclass(frozen=True, slots=True)
class Point:
    """One period.

    Attributes:
        day: Its first day.
        count: None where nothing was told (silence is not zero).
        expected, threshold: None where nothing can be said, `reason` says why (a word of `epi.warning`).
        heard: How many units (or rows) were heard.
        whole: The period is over.
    """

    day: date
    count: float | None
    expected: float | None
    threshold: float | None
    alarm: bool
    reason: str
    heard: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve with what it is made of: `rows` behind it, `newest` the last day of which anything was told, `at` the moment as of which it stands, `rule` in force on its last day."""

    points: list[Point]
    rows: int
    newest: date | None
    at: datetime
    rule: Rule | None


def curve(scope: Scope, stream: Stream, area: Area, now: datetime | None = None, shown: int = SHOWN) -> Curve:
    """The last periods of a stream in an area, whatever its level. Four statements. Refused: not-allowed, not-found-or-out-of-area."""
    scope.check("plan.read", area)
    now = now or clock.now()
    settings = tuning.settings_in_force(stream=stream.id).get(stream.id, [])
    panel = counting.panel(stream, counting.tree(area.path), now, shown + judging.longest(stream, settings) + counting.USUAL, only=area.pk)
    judged = judging.judge(panel, settings, shown)
    points = []
    for j, day in enumerate(panel.periods[judged.first :]):
        i = judged.first + j
        points.append(
            Point(
                day, _number(panel.counts[0, i]), _number(judged.expected[0, j]), _number(judged.threshold[0, j]), bool(judged.alarm[0, j]), judging.reason(int(judged.reason[0, j])),
                int(panel.heard[0, i]), i < panel.whole,
            )
        )  # fmt: skip
    return Curve(points, panel.rows, panel.newest, now, judged.of[int(judged.rules[0, -1])])


def unit_curve(scope: Scope, stream: Stream, unit: UUID, area: Area, since: date, until: date, now: datetime | None = None, shown: int = 28) -> Curve:
    """Persons a day in one unit of a cluster stream, some days beyond its window (`since` through `until`, whose days are marked). One statement. Refused: not-allowed, not-found-or-out-of-area."""
    scope.check("plan.read", area)
    assert stream.cluster is not None
    now = now or clock.now()
    today = clock.local_day(now, area.zone)
    last = min(today, until + timedelta(days=7))
    days = [last - timedelta(days=n) for n in range(shown - 1, -1, -1)]
    crowd = next((c for c in counting.crowds(stream, stream.cluster, now, (today - days[0]).days + 1) if c.unit == unit), None)
    found = {d: crowd.days.count(d) if crowd else 0 for d in days}
    points = [Point(d, n, None, None, n > 0 and since <= d <= until, "judged", n, d < today) for d, n in found.items()]
    return Curve(points, sum(found.values()), max((d for d, n in found.items() if n), default=None), now, None)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
