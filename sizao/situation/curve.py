"""The epidemic curve: cases by period and class, which periods are not complete, and what the newest days may come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from sizao.epi import nowcast as epi
from sizao.kernel import clock
from sizao.kernel.codes import threshold
from sizao.kernel.days import NEVER, day, number
from sizao.kernel.models import Area
from sizao.registers.cases import read as cases

from .keeping import once
from .lines import BYS, CLASSES, By, Lines
from .periods import Periods, Step, periods

#: The longest delay of a report that is looked at, how many days are called the newest, how many are shown where nobody asked for a period, the fewest cases that
#: delays are learned from, and the least share reported from which what a day may come to is said.
LONGEST, NEWEST, SHOWN, LEAST, SAYS = 28, 21, 120, 10, 0.1


@dataclass(frozen=True, slots=True)
class Curve:
    """Cases by period.

    Attributes:
        counts: (classes of `CLASSES`, periods).
        incomplete: Which periods hold a day of which less than the asked share of cases can be expected to be reported.
        share: Share of a day's cases that is reported within 0, 1, … days, as the delays say; None where they say nothing. By onset only.
        tail: How many of the newest days lie within the tail of the delay of reports; None where nothing is known of delays. `newest`: how many are not complete, today with them while it runs.
        expected: (periods, 3): low, middle and high of what each day may come to (95 %); NaN where it is complete, or not by days. None likewise.
        undated: Cases that have no such day; they are in no bar. `before`, `after`: outside the period that is shown.
        reversed: Cases reported before their onset; they tell nothing of delays.
        daily: Cases of every day from `base` (the first of all) to the last day shown.
    """

    by: By
    periods: Periods
    counts: NDArray[np.int64]
    incomplete: NDArray[np.bool_]
    tail: int | None
    newest: int
    share: NDArray[np.float64] | None
    expected: NDArray[np.float64] | None
    undated: int
    before: int
    after: int
    reversed: int
    today: int
    base: int
    daily: NDArray[np.int64]

    @property
    def totals(self) -> NDArray[np.int64]:
        """Cases of each period, of every class shown."""
        return np.asarray(self.counts.sum(0))

    @property
    def first(self) -> int:
        return int(self.periods.starts[0])

    @property
    def complete_until(self) -> int:
        """The last day shown that is complete."""
        return min(self.periods.until, self.today - self.newest)


@dataclass(frozen=True, slots=True)
class Told:
    """What estimates need of a curve as it could be drawn at an earlier moment: cases of every day from `base` on, and the last day that was complete."""

    base: int
    daily: NDArray[np.int64]
    complete_until: int


def curve(lines: Lines, by: By = "onset", step: Step = "day", classes: tuple[str, ...] = (), since: int | None = None, until: int | None = None) -> Curve:
    """The curve. `since`, `until`: days, both included; without them from the first case, at most `SHOWN` days, to today. `daily` counts every day from the first case of all on, for
    estimates that need the past."""
    kept = lines.of(classes)
    days, today = lines.days[by][kept], lines.today
    told = days[days != NEVER]
    last = min(until if until is not None else today, today)
    start = since if since is not None else max(int(told.min(initial=last)), last - SHOWN + 1)
    shown = periods(min(start, last), last, step)
    counts = np.stack([shown.counts(days[lines.classes[kept] == c]) for c in CLASSES])
    counted, share, reversed_ = _delays(*(lines.days[name][kept] for name in ("onset", "report", "confirmation")), today) if by == "onset" else (None, None, 0)
    tail = 0 if by != "onset" else None if share is None else _tail(share, float(threshold("curve-complete", day(today))))
    newest = max(tail or 0, 0 if _is_over(lines.as_of, today, lines.area) else 1)
    incomplete = np.array([shown.last_day(i) > today - newest for i in range(len(shown.starts))], bool)
    expected = _expected(_nowcast(counted), share, shown, counts.sum(0), incomplete, today) if counted is not None and share is not None and step == "day" else None
    base = int(told.min(initial=shown.starts[0]))
    return Curve(
        by, shown, counts, incomplete, tail, newest, share, expected, int((days == NEVER).sum()), int((told < shown.starts[0]).sum()), int((told > last).sum()), reversed_, today, base, _daily(told, base, last)
    )  # fmt: skip


def earlier(lines: Lines, by: By, classes: tuple[str, ...], moments: Sequence[datetime]) -> list[Told]:
    """Of each moment what `curve(gather(…, moment, moment), by, classes=classes)` would tell of days: every case as it stood on record then. One statement for all of them."""
    rows = cases.dated_then(lines.scope, lines.area, lines.disease, moments, classes)
    found = []
    for i, moment in enumerate(moments):
        today = number(clock.local_day(moment, lines.area.zone))
        here = [r for r in rows if r[3 + i]]
        often = np.array([r[-1] for r in here], np.int64)
        columns = [np.array([NEVER if r[k] is None or r[k] > today else r[k] for r in here], np.int64).repeat(often) for k in range(3)]
        days = columns[BYS.index(by)]
        _counted, share, _reversed = _delays(*columns, today) if by == "onset" else (None, None, 0)
        tail = 0 if share is None else _tail(share, float(threshold("curve-complete", day(today))))
        told = days[days != NEVER]
        base = int(told.min(initial=today))
        found.append(Told(base, _daily(told, base, today), today - max(tail, 0 if _is_over(moment, today, lines.area) else 1)))
    return found


def _daily(told: NDArray[np.int64], base: int, last: int) -> NDArray[np.int64]:
    return np.bincount(told[told <= last] - base, minlength=max(last - base + 1, 1)).astype(np.int64)


def _is_over(as_of: datetime, today: int, area: Area) -> bool:
    """Whether the day of the moment judged is over; its last second counts as the end, as people write it."""
    return as_of >= clock.end_of_day(day(today), area.zone) - timedelta(seconds=1)


def _delays(onset: NDArray[np.int64], report: NDArray[np.int64], confirmation: NDArray[np.int64], today: int) -> tuple[NDArray[np.int64] | None, NDArray[np.float64] | None, int]:
    """Onsets × delays of their reports (where none is told, of the confirmation), of the days that delays are learned from, and the share of a day's cases that is reported within 0, 1, … days; None where too
    few delays are known to learn from. And how many cases were reported before their onset: they are left out."""
    report = np.where(report != NEVER, report, confirmation)
    both = (onset != NEVER) & (report != NEVER)
    onset, report = onset[both], report[both]
    right = report >= onset
    counted = epi.triangle(onset[right], report[right], today, NEWEST + 2 * LONGEST, LONGEST)
    if counted[-2 * LONGEST :].sum() < LEAST:
        return None, None, int((~right).sum())
    counted = counted[:, : int(np.flatnonzero(counted.sum(0)).max()) + 2]  # a delay that nobody had is not waited for, but for one day more than the longest
    return counted, epi.reported(counted, window=LONGEST), int((~right).sum())


def _nowcast(counted: NDArray[np.int64]) -> epi.Nowcast:
    """The newest days."""
    found: epi.Nowcast = once("nowcast", lambda: epi.nowcast(counted, newest=NEWEST, window=LONGEST), counted, [NEWEST, LONGEST])
    return found


def _tail(share: NDArray[np.float64], asked: float) -> int:
    """How many of the newest days are not complete: those since which less than the asked share is reported. `share`: of today first."""
    return int((share < asked).sum())


def _expected(found: epi.Nowcast, share: NDArray[np.float64], shown: Periods, totals: NDArray[np.int64], incomplete: NDArray[np.bool_], today: int) -> NDArray[np.float64]:
    """What is on the bar, and what is still to come: cases without a report's day are on it too. Nothing is said of days of which less than `SAYS` is reported."""
    out = np.full((len(shown.starts), 3), np.nan)
    for slot, start in enumerate(shown.starts):
        back = NEWEST - 1 - (today - int(start))
        if incomplete[slot] and 0 <= back < NEWEST and share[min(today - int(start), len(share) - 1)] >= SAYS:
            out[slot] = totals[slot] + found.quantiles[0, back][[0, 2, 4]] - found.seen[0, back]
    return out
