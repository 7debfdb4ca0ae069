"""Which occasions of a measure a statement lists: all of them, or what is settled at a horizon, or what is still live.

*Settled* at a midnight H is an occasion of a series that was due before H and whose window shut by H, or that is shown by an act which names its
day (a report may come at any time later, and then it is that act which re-opens it). Time alone changes nothing settled. What happens once, and a
window that never shuts, is never settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sizao.plan.language.measure import FAR, Measure
from sizao.plan.language.nodes import Parameter
from sizao.plan.language.schedule import DAY, Before, Every, Fresh, Within

from .dialects import Dialect

MONTH = 31


@dataclass(frozen=True)
class Part:
    """Nothing said means every occasion.

    Attributes:
        since: Of a series, leaves out what was due before it.
        live: Only what is not settled at it.
        settled: Only what is settled at it.
    """

    since: datetime | None = None
    live: datetime | None = None
    settled: datetime | None = None

    def tests(self, m: Measure, d: Dialect, slot: str) -> list[str]:
        """Conditions on a slot."""
        found = [] if self.since is None or not series(m) else [f"{slot}.due >= {d.literal(self.since)}"]
        if self.live is not None:
            found += [f"NOT ({settled(m, d, slot, self.live)})"] if series(m) else []
        if self.settled is not None:
            found.append(settled(m, d, slot, self.settled) if series(m) else "FALSE")
        return found

    def floor(self, m: Measure) -> datetime | None:
        """No occasion of a series of periods that is due before it is listed."""
        bounds = [at for at in (self.since, self.live) if at is not None]
        return max(bounds) if bounds and isinstance(m.when, Every) and series(m) else None

    def acts(self, m: Measure, d: Dialect) -> list[str]:
        """Conditions on an act `a` that hold for all evidence of the occasions listed."""
        w, found = m.when, []
        floor = self.floor(m)
        if floor is not None:
            assert isinstance(w, Every) and not isinstance(w.step, Parameter)
            spare = w.step.months * MONTH + 1 if w.step.months else -before_midnight(m)
            first = datetime.combine(floor.date(), time()) - timedelta(days=w.step.days + spare)
            found.append(f"a.period >= {d.literal(first.date())}" if m.done.match == "period" else f'a."at" >= {d.literal(first)}')
        if self.settled is not None:
            found.append(before(m, d, self.settled))
        return found


WHOLE = Part()


def before_midnight(m: Measure) -> int:
    """1 where every occasion of a period is due before the midnight at which the period ends, else 0: by so many days the first one wanted is later."""
    assert isinstance(m.when, Every)
    clocks = [m.when.at] if not isinstance(m.when.at, str) else [line.value for line in m.params[m.when.at].lines]
    return int(all(at < DAY for listed in clocks for at in listed))


def series(m: Measure) -> bool:
    """It has occasions that shut one after another, and hangs on nothing but its own rows and acts."""
    return m.simple and not isinstance(m.when, (Within, Before, Fresh)) and not (isinstance(m.when, Every) and isinstance(m.when.step, Parameter))


def settled(m: Measure, d: Dialect, slot: str, horizon: datetime) -> str:
    """Whether a slot of a series is settled at the horizon, a midnight."""
    h, far = d.literal(horizon), d.literal(FAR)
    return f"{slot}.due < {h} AND ({slot}.closes <= {h}{f' OR {slot}.closes = {far}' if m.done.match == 'period' else ''})"


def before(m: Measure, d: Dialect, horizon: datetime) -> str:
    """Whether an act `a` can be evidence for anything that is settled at the horizon."""
    return f"a.period < {d.literal(horizon.date())}" if m.done.match == "period" else f'a."at" < {d.literal(horizon)}'
