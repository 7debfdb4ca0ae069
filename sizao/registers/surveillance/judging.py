"""Counts of streams judged by `epi`: which rule holds where and when, what it expects, where it alarms. Pure numbers; the panel and the settings are arguments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from sizao.epi.warning import methods
from sizao.epi.warning.ears import LAG
from sizao.epi.warning.farrington import FLEXIBLE
from sizao.epi.warning.regression import DAILY
from sizao.epi.warning.series import REASONS, Warned

from .calendars import calendar
from .counting import USUAL, Panel, Place, Units
from .streams import Rule, Stream

#: Periods over which a CUSUM's sum has run before the first that is judged; it begins at 0.
RUN = 42


@dataclass(frozen=True, slots=True)
class Setting:
    """What a person has set otherwise in an area and below, from a day through another (both included). The one of the smaller area counts, then the later one."""

    area_id: int
    starts_on: date
    until: date
    other: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of the last periods of a panel; every array is (places, periods judged), as `epi.warning` gives them. `rules`: which of `of` holds."""

    first: int
    expected: NDArray[np.float64]
    threshold: NDArray[np.float64]
    alarm: NDArray[np.bool_]
    reason: NDArray[np.int8]
    rules: NDArray[np.int16]
    of: list[Rule]


def reach(rule: Rule, step: int) -> int:
    """Periods of `step` days that the method looks back beyond the one that it judges; one that can do with less is given what is there."""
    year = 365 if step == 1 else 52
    if rule.method in LAG:
        return rule.baseline + LAG[rule.method] + 2  # type: ignore[index]
    if rule.method == "bayes":
        return year * (rule.years or 0) + (rule.half_window or 6) + 1
    if rule.method in ("farrington", "farringtonFlexible"):
        return year * (rule.years or FLEXIBLE.years) + (rule.half_window or FLEXIBLE.half_window) + 1
    return year * (rule.years or DAILY.years) + DAILY.past_left_out + 1 + (RUN if rule.method == "cusum" else 0)


def _said(rule: Rule, counts: NDArray[np.float64], step: int, last: int, kinds: NDArray[np.int64] | None) -> Warned:
    """What the rule's method says of the last periods; of its settings those that the method has. `kinds`: of holidays, for the methods that know them."""
    told = {"alpha": rule.alpha, "baseline": rule.baseline, "min_sigma": rule.min_sigma, "years": rule.years, "window": rule.half_window, "k": rule.k, "h": rule.h}
    run = last + (RUN if rule.method == "cusum" else 0)
    holidays = kinds if rule.method in methods.HOLIDAYS else None
    said = methods.judge(rule.method, counts, step=step, last=min(run, counts.shape[1]), holidays=holidays, **{k: v for k, v in told.items() if k in methods.METHODS[rule.method]})
    return said if run == last else replace(said, **{f.name: getattr(said, f.name)[:, -last:] for f in fields(said)})


def step_of(stream: Stream) -> int:
    """Days of a period."""
    return 7 if stream.every == "week" else 1


def longest(stream: Stream, settings: Iterable[Setting] = ()) -> int:
    """The longest reach of any rule that the stream may be judged by."""
    assert stream.rule is not None
    rules = [stream.rule, *(replace(stream.rule, **dict(s.other)) for s in stream.seasons), *(replace(stream.rule, **dict(s.other)) for s in settings)]
    return max(reach(r, step_of(stream)) for r in rules)


def rules_of(stream: Stream, places: Sequence[Place], periods: Sequence[date], settings: Sequence[Setting]) -> tuple[NDArray[np.int16], list[Rule]]:
    """(places, periods) of positions in the list of rules: the file's, the season's, then what persons have set, the smaller area above the larger and the later above the earlier."""
    of: list[Rule] = []
    at = np.zeros((len(places), len(periods)), np.int16)

    def known(rule: Rule) -> int:
        if rule not in of:
            of.append(rule)
        return of.index(rule)

    for j, day in enumerate(periods):
        at[:, j] = known(stream.rule_on(day))
    depth = {p.id: len(p.way) for p in places}
    for p in places:  # an ancestor's depth is its position on the way
        depth |= {up: n for n, up in enumerate(p.way, 1)}
    for s in sorted(settings, key=lambda s: depth.get(s.area_id, 0)):
        rows = np.array([s.area_id in p.way for p in places], bool)
        columns = np.array([s.starts_on <= day <= s.until for day in periods], bool)
        cells = np.ix_(rows, columns)
        before = at[cells]
        after = before.copy()
        for n in np.unique(before):
            after[before == n] = known(replace(of[n], **dict(s.other)))
        at[cells] = after
    return at, of


def judge(panel: Panel, settings: Sequence[Setting], last: int) -> Judged:
    """The last periods of every place, each by the rule in force there on that day."""
    stream, width = panel.stream, panel.counts.shape[1]
    last = min(last, width)
    periods = panel.periods[width - last :]
    rules, of = rules_of(stream, panel.places, periods, settings)
    shape = (len(panel.places), last)
    out = Judged(width - last, np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, bool), np.zeros(shape, np.int8), rules, of)
    days = calendar(stream.calendar)
    kinds = days.of(panel.periods, step_of(stream)) if days is not None else None
    for n, rule in enumerate(of):
        held = rules == n
        rows = held.any(axis=1)
        if not rows.any():
            continue
        said = _said(rule, panel.counts[rows], step_of(stream), last, kinds)
        cells = held[rows]
        for name in ("expected", "threshold", "alarm", "reason"):
            whole = getattr(out, name)
            part = whole[rows]
            part[cells] = getattr(said, name)[cells]
            whole[rows] = part
        few = np.nan_to_num(panel.counts[rows][:, width - last :], nan=0) < rule.least
        quiet = out.alarm[rows]
        quiet[cells & few] = False
        out.alarm[rows] = quiet
    since = np.array([day >= stream.since for day in periods])
    out.alarm[:, ~since] = False
    return out


@dataclass(frozen=True, slots=True)
class Episode:
    """Alarms of one place that belong together: from `first` through `last` (periods, as their first days), the newest one's numbers."""

    place: Place
    first: date
    last: date
    observed: float
    expected: float | None
    threshold: float | None


def episodes(panel: Panel, judged: Judged) -> list[Episode]:
    """Alarms with at most `quiet` days between them are one episode."""
    found: list[Episode] = []
    gap = timedelta(days=panel.stream.quiet)
    for i in np.flatnonzero(judged.alarm.any(axis=1)):
        run: Episode | None = None
        for j in np.flatnonzero(judged.alarm[i]):
            day = panel.periods[judged.first + j]
            numbers = (float(panel.counts[i, judged.first + j]), _number(judged.expected[i, j]), _number(judged.threshold[i, j]))
            if run is not None and day - run.last <= gap:
                run = Episode(run.place, run.first, day, *numbers)
                found[-1] = run
            else:
                run = Episode(panel.places[i], day, day, *numbers)
                found.append(run)
    return found


def silent(panel: Panel) -> list[tuple[Place, date, float]]:
    """(place, first silent period, usual number of tellers) of places at the lowest level that were heard in at least half of the `USUAL` periods before, and not in the last `stream.silent` whole ones."""
    after, out = panel.stream.silent, []
    if not after or panel.whole < after + USUAL:
        return []
    heard = panel.heard[:, : panel.whole] >= 1
    for i, place in enumerate(panel.places):
        if place.level != panel.stream.lowest or heard[i, panel.whole - after :].any() or not heard[i].any():
            continue
        last = int(np.flatnonzero(heard[i])[-1])
        window = heard[i, max(0, last + 1 - USUAL) : last + 1]
        # long silent, and so told of already: the silence began before what is looked at
        if window.sum() * 2 < USUAL:
            continue
        there = panel.heard[i, max(0, last + 1 - USUAL) : last + 1]
        out.append((place, panel.periods[last + 1], float(np.median(there[there > 0]))))
    return out


def looping(panel: Panel) -> list[tuple[Place, date, date, float, int]]:
    """(place, first period, last period, the number, how often) of places at the lowest level whose last `stream.loop` whole counts or more are one and the same number."""
    times, out = panel.stream.loop, []
    if not times or panel.whole < times:
        return []
    counts = panel.counts[:, : panel.whole]
    tail = counts[:, -times:]
    same = (tail == tail[:, :1]).all(axis=1) & (tail[:, 0] >= panel.stream.loop_least)
    for i in np.flatnonzero(same):
        if panel.places[i].level != panel.stream.lowest:
            continue
        run = times
        while run < counts.shape[1] and counts[i, -run - 1] == counts[i, -1]:
            run += 1
        out.append((panel.places[i], panel.periods[panel.whole - run], panel.periods[panel.whole - 1], float(counts[i, -1]), run))
    return out


def silent_units(units: Units, after: int) -> list[tuple[UUID, int, date, float]]:
    """(unit, its area, first silent period, usual number of rows) of units that were heard in at least half of the `USUAL` periods before and not in the last `after` whole ones, nor as long as in any
    silence of their own in those periods: who is closed at weekends is not silent on Mondays."""
    heard = units.heard[:, : units.whole] >= 1
    if not len(heard) or units.whole < after + USUAL:
        return []
    out = []
    some = heard.any(1)
    last = np.where(some, units.whole - 1 - np.argmax(heard[:, ::-1], axis=1), -1)
    run = units.whole - 1 - last
    for i in np.flatnonzero(some & (run >= after)):
        window = heard[i, max(0, last[i] + 1 - USUAL) : last[i] + 1]
        gaps = np.diff(np.flatnonzero(np.concatenate([window, [True]]))) - 1
        if window.sum() * 2 < USUAL or run[i] <= gaps.max(initial=0):
            continue
        there = units.heard[i, max(0, last[i] + 1 - USUAL) : last[i] + 1]
        out.append((*units.units[i], units.periods[last[i] + 1], float(np.median(there[there > 0]))))
    return out


def looping_units(units: Units, times: int, least: int) -> list[tuple[UUID, int, date, date, float]]:
    """(unit, its area, first period, last period, the number) of units whose last `times` whole counts, days without a sound left out, are one and the same number of at least `least`."""
    out = []
    for i, (unit, area) in enumerate(units.units):
        told = np.flatnonzero(~np.isnan(units.counts[i, : units.whole]))
        counts = units.counts[i, told]
        if len(told) < times or counts[-1] < least or (counts[-times:] != counts[-1]).any() or units.whole - 1 - told[-1] >= times:
            continue
        run = times
        while run < len(counts) and counts[-run - 1] == counts[-1]:
            run += 1
        out.append((unit, area, units.periods[told[-run]], units.periods[told[-1]], float(counts[-1])))
    return out


def reason(code: int) -> str:
    """Why a period was judged or not, as a word of `epi.warning`."""
    return REASONS[code]


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
