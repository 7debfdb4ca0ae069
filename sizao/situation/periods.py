"""Days put together to periods: the day itself, the ISO week (Monday to Sunday, ISO 8601), the MMWR week (Sunday to Saturday, CDC, MMWR Week Fact Sheet)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from epiweeks import Week
from numpy.typing import NDArray

from sizao.kernel.days import day, number

Step = Literal["day", "iso", "mmwr"]
STEPS: tuple[Step, ...] = ("day", "iso", "mmwr")
#: What `epiweeks` calls them.
SYSTEMS = {"iso": "iso", "mmwr": "cdc"}


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods side by side without a gap.

    Attributes:
        starts: First day of each; it ends where the next one starts, the last one with `until`. Weeks are whole: the first may begin before the days that were asked for.
        labels: "2020-12-31", "2020-W53".
        of: The period of each day from `starts[0]` to `until`.
        until: The last day, included.
    """

    step: Step
    starts: NDArray[np.int64]
    labels: tuple[str, ...]
    of: NDArray[np.int64]
    until: int

    def last_day(self, slot: int) -> int:
        """The last day of a period, included, though it may lie ahead."""
        return int(self.starts[slot]) + (0 if self.step == "day" else 6)

    def counts(self, days: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many of these days lie in each period; what lies outside is not counted."""
        inside = days[(days >= self.starts[0]) & (days <= self.until)] - self.starts[0]
        return np.bincount(self.of[inside], minlength=len(self.starts)).astype(np.int64)


def periods(first: int, until: int, step: Step) -> Periods:
    """The periods that hold the days `first` to `until`, both included.

    >>> p = periods(number(__import__("datetime").date(2021, 1, 2)), number(__import__("datetime").date(2021, 1, 4)), "mmwr")
    >>> p.labels
    ('2020-W53', '2021-W01')
    >>> periods(number(__import__("datetime").date(2021, 1, 2)), number(__import__("datetime").date(2021, 1, 4)), "iso").labels
    ('2020-W53', '2021-W01')
    """
    until = max(first, until)
    if step == "day":
        starts = np.arange(first, until + 1)
        return Periods(step, starts, tuple(day(d).isoformat() for d in starts), np.arange(len(starts)), until)
    week = Week.fromdate(day(first), SYSTEMS[step])
    starts_, labels = [], []
    while (begin := number(week.startdate())) <= until:
        starts_.append(begin)
        labels.append(f"{week.year}-W{week.week:02d}")
        week = week + 1
    starts = np.array(starts_, np.int64)
    return Periods(step, starts, tuple(labels), (np.arange(starts[0], until + 1) - starts[0]) // 7, until)
