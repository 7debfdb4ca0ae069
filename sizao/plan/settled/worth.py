"""Whether a measure is settled at all: its past has to stand still, and be so long that it is worth not counting it again."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import inf

from sizao.plan.duck import Judged
from sizao.plan.language import nodes
from sizao.plan.language.measure import BEGINNING, Measure
from sizao.plan.language.schedule import Before, Days, Every, Within
from sizao.plan.sql.parts import series

FEW = 100_000  # occasions that are counted again as soon as it is found out which of them may have changed


def settles(m: Measure) -> bool:
    """Whether this measure's past stands still. One whose evidence is judged by the present moment is evaluated whole each time, and so is whatever
    hangs on more than the subject's own row and acts (a second look among it; figures of all that was ever owed): something else may change it; and a report that rises as time passes."""
    if (
        not m.simple
        or m.look is not None
        or m.shows
        or (m.ladder and m.done.match == "period")
        or not (series(m) or isinstance(m.when, (Within, Before)))
    ):
        return False
    return m.done.where is None or not any(isinstance(x, nodes.Moment) for x in nodes.walk(m.done.where))


def occasions(j: Judged, since: datetime | None, as_of: datetime) -> float:
    """How many occasions a subject may have had by then, at most; infinite where nobody can say it from the timetable alone."""
    w, m = j.measure.when, j.measure
    if isinstance(w, (Within, Before)):
        return 1
    if isinstance(w, Days):
        return max((len(line.value) for line in m.params[w.days].lines), default=1) if isinstance(w.days, str) else len(w.days)
    if not isinstance(w, Every) or isinstance(w.step, nodes.Parameter):
        return inf
    start = max(at for at in (since, j.force.start) if at is not None)
    if isinstance(w.start, nodes.Literal):
        start = max(start, datetime.combine(w.start.value, datetime.min.time()))
    if start <= BEGINNING:
        return inf
    clocks = max((len(line.value) for line in m.params[w.at].lines), default=1) if isinstance(w.at, str) else len(w.at)  # type: ignore[arg-type]
    days = (as_of - start) / timedelta(days=1)
    return max(1.0, days / (w.step.days + 28 * w.step.months) + 1) * clocks
