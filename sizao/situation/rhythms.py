"""The sixteen rhythms of reports and work, as content says them: when each comes, on which page it is done, and whether it was done, from the runs of those days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sizao.kernel import clock
from sizao.kernel.codes import content_files
from sizao.kernel.marked import plain
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.plan import read as plan


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One rhythm. `repeat`: always, event, daily, weekly, monthly, yearly, date, season, never; `page`: the route where it is done; `measures`: by their ids up to the dot."""

    id: str
    repeat: str
    page: str
    title: Mapping[str, str]
    measures: tuple[str, ...]
    source: str
    at: time | None
    told: Mapping[str, Any]

    def on(self, day: date) -> bool:
        """Whether it comes on that local day. What has no clock of its own comes every day that something of it is owed, so it is no appointment.

        >>> r = next(r for r in rhythms() if r.id == "weekly-follow-up")
        >>> r.on(date(2020, 6, 22)), r.on(date(2020, 6, 23))
        (True, False)
        """
        told = self.told
        if self.repeat == "daily":
            return True
        if self.repeat == "weekly":
            return day.isoweekday() == told["weekday"]
        if self.repeat == "monthly":
            return day.day == told["day"]
        if self.repeat in ("yearly", "season"):
            return day.day == told["day"] and day.month in (told.get("months") or [told["month"]])
        return bool(self.repeat == "date" and day == told["until"])


@cache
def rhythms() -> tuple[Rhythm, ...]:
    """All of them, in the order of the text."""
    lines = plain(content_files("command")["rhythms"])["values"]
    return tuple(Rhythm(x["id"], x["repeat"], x["page"], x["title"], tuple(x["measures"]), x["source"], time.fromisoformat(x["at"]) if x.get("at") else None, x) for x in lines)


@dataclass(frozen=True, slots=True)
class Standing:
    """What was owed of a rhythm, done and missing, in one run. `state`: done (nothing missing) · missing · idle (nothing is owed) · unknown (no run tells, or no measure is in force)."""

    in_force: int
    owed: int
    done: int
    missing: int
    told: bool

    @property
    def state(self) -> str:
        if not self.told or not self.in_force:
            return "unknown"
        return "missing" if self.missing else "done" if self.owed else "idle"


UNTOLD = Standing(0, 0, 0, 0, False)


def standing(scope: Scope, area: Area, run: Any) -> dict[str, Standing]:
    """rhythm → how it stands in a run. Two statements."""
    if run is None:
        return {r.id: UNTOLD for r in rhythms()}
    totals = plan.totals(scope, area, run)
    return {r.id: _of(r, totals) for r in rhythms()}


def _of(r: Rhythm, totals: Mapping[str, tuple[int, int, int]]) -> Standing:
    mine = [v for name, v in totals.items() if name.split(".")[0] in r.measures]
    return Standing(len(mine), sum(o for o, _, _ in mine), sum(d for _, d, _ in mine), sum(m for _, _, m in mine), True)


@dataclass(frozen=True, slots=True)
class Event:
    """A rhythm on one day, at its clock; how it stood at the end of that day, or stands now; None where the day is to come."""

    rhythm: Rhythm
    day: date
    starts_at: datetime
    standing: Standing | None


def calendar(scope: Scope, area: Area, now: datetime, back: int = 7, ahead: int = 14) -> list[Event]:
    """The appointments of the days around today, in the order of time. Of days gone, by the last run that judged them."""
    zone, today = ZoneInfo(area.zone), clock.local_day(now, area.zone)
    runs = {clock.local_day(r.as_of, area.zone): r for r in plan.runs_by_day(now, back + 1)}
    known: dict[date, dict[str, Standing]] = {}
    found = []
    for n in range(-back, ahead + 1):
        day = today + timedelta(days=n)
        for r in rhythms():
            if r.at is None or not r.on(day):
                continue
            if day <= today and day not in known:
                known[day] = standing(scope, area, plan.latest_run() if day == today else runs.get(day))
            found.append(Event(r, day, datetime.combine(day, r.at, zone), known[day][r.id] if day <= today else None))
    return sorted(found, key=lambda e: (e.starts_at, e.rhythm.id))
