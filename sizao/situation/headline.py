"""What stands beside the holes on the commander's first page: the four rates, days since the last case, side effects, beds, days of cover, tests, who is on duty, what waits for a decision.

Counts of measures are of the run. Beside them a bounded number of statements over cases, units, stock and tickets; nothing here counts persons. Shows nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sizao.flows import orders_weighed
from sizao.kernel import clock
from sizao.kernel.codes import content_files
from sizao.kernel.marked import plain
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.plan.views import MeasureFigures
from sizao.registers.care import beds
from sizao.registers.cases import numbers as cases
from sizao.registers.command import read as command
from sizao.registers.laboratory import board
from sizao.registers.ledgers import read as ledgers
from sizao.registers.resources import read as resources

#: New cases of so many days, for the rate of infection.
NEW_DAYS = 7
#: Tests of a day are counted up to here.
MANY = 100_000
POSTS = ("duty", "leader_in_charge")
ROWS = 8


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its measures that are in force here, those with most missing first."""

    id: str
    title: Mapping[str, str]
    measures: list[MeasureFigures]

    @property
    def missing(self) -> int:
        return sum(m.missing for m in self.measures)


@cache
def _blocks() -> list[Mapping[str, Any]]:
    return list(plain(content_files("command")["overview"])["values"])


def blocks(measures: Iterable[MeasureFigures]) -> dict[str, Block]:
    """Block → its measures, by their id up to the dot. No statement."""
    known = sorted(measures, key=lambda m: (-m.missing, m.coverage if m.coverage is not None else 2, m.id))
    return {b["id"]: Block(b["id"], b["title"], [m for m in known if m.id.split(".")[0] in b["measures"]]) for b in _blocks()}


@dataclass(frozen=True, slots=True)
class Rates:
    """Of one disease. `ill`: confirmed; `recovered`, `died` of them; `new` in the last `NEW_DAYS` days; `people`: who lives here, None where nobody has said it."""

    disease: str
    ill: int
    recovered: int
    died: int
    new: int
    last_on: date | None
    today: date
    people: int | None

    @property
    def days_since(self) -> int | None:
        """Whole local days since the last case; None where there was none."""
        return (self.today - self.last_on).days if self.last_on else None

    @property
    def closed(self) -> int:
        return self.recovered + self.died

    @property
    def per_100k(self) -> float | None:
        return self.new * 100_000 / self.people if self.people else None

    @property
    def since(self) -> date:
        """The first day of those that are new."""
        return self.today - timedelta(days=NEW_DAYS - 1)


def rates(scope: Scope, area: Area, now: datetime) -> list[Rates]:
    """A line a disease, the one with most confirmed cases first. Two statements."""
    today = clock.local_day(now, area.zone)
    found = cases.outcomes(scope, area, today, today - timedelta(days=NEW_DAYS - 1))
    people = int(command.number_of(area, "population", now) or 0) or None if found else None
    return sorted((Rates(*row, today, people) for row in found), key=lambda r: (-r.ill, r.disease))


@dataclass(frozen=True, slots=True)
class Beds:
    """Beds of one class: open with staff, occupied, how many units told, and the oldest word."""

    bed_class: str
    open: int
    occupied: int
    units: int
    oldest: datetime

    @property
    def free(self) -> int:
        return max(0, self.open - self.occupied)


def beds_here(area: Area, classes: Iterable[str]) -> list[Beds]:
    """By class, as far as anybody told. One statement."""
    found: dict[str, Beds] = {}
    for b in beds.beds_by_area(classes, area.path):
        if b.open is not None and b.told_at is not None:
            was = found.get(b.bed_class, Beds(b.bed_class, 0, 0, 0, b.told_at))
            found[b.bed_class] = Beds(b.bed_class, was.open + b.open, was.occupied + b.occupied, was.units + 1, min(was.oldest, b.told_at))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Cover:
    """One item: what all its places have together, what they use a day, the fewest days at one place, and the oldest word."""

    item: str
    on_hand: Decimal
    use_per_day: Decimal
    fewest: Decimal
    places: int
    oldest: datetime

    @property
    def days(self) -> Decimal:
        return self.on_hand / self.use_per_day


def cover(scope: Scope, area: Area) -> list[Cover]:
    """Days of cover by item, the shortest first. One statement."""
    return sorted((Cover(*row) for row in resources.cover(scope, area.path)), key=lambda c: (c.fewest, c.item))[:ROWS]


@dataclass(frozen=True, slots=True)
class Tests:
    """Samples a day that laboratories here say they can do (`told` of them), results told in the last 24 hours (`many`: that many at least)."""

    promised: Decimal | None
    laboratories: int
    used: int
    many: bool


def tests(scope: Scope, area: Area, now: datetime) -> Tests:
    """Two statements."""
    promised, laboratories = ledgers.latest_sum("lab_capacity", "lab_samples_per_day", area.path, now - timedelta(days=31))
    used = board.resulted(area.path, now - timedelta(hours=24), MANY)
    return Tests(promised, laboratories, used, used >= MANY)


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A seat that must be manned now, with the last word that somebody is there and the last test call."""

    post: Any
    checked_in: datetime | None
    call: Any

    @property
    def manned(self) -> bool | None:
        """By its own shift: somebody has checked in within it. None where the shifts are not told."""
        return None if self.post.shift_hours is None else self.checked_in is not None and clock.now() - self.checked_in <= timedelta(hours=self.post.shift_hours)


def on_duty(scope: Scope, area: Area) -> tuple[list[OnDuty], int]:
    """Duty desks and leaders in charge here and below, the nearest first, at most `ROWS`; and how many there are. Four statements."""
    rows = command.guard_posts(scope).filter(kind__in=POSTS, area__path__startswith=area.path)
    shown = list(rows.select_related(None).select_related("area").defer("area__geometry").order_by("area__path", "kind", "pk")[: ROWS + 1])
    many = rows.count() if len(shown) > ROWS else len(shown)
    ids = [p.pk for p in shown[:ROWS]]
    calls, came = (command.last_calls(ids), command.last_check_ins(ids)) if ids else ({}, {})
    return [OnDuty(p, came.get(p.pk), calls.get(p.pk)) for p in shown[:ROWS]], many


@dataclass(slots=True)
class Waits:
    """What waits for a decision: proposed orders, orders that go beyond (with how many bounds they pass), tickets by kind → (open, overdue), rounds drawn and not looked at, orders in force and those of them to be looked at again."""

    proposals: int = 0
    beyond: int = 0
    passed: int = 0
    tickets: dict[str, tuple[int, int]] = field(default_factory=dict)
    rounds: int = 0
    orders: int = 0
    looks: int = 0


def waits(scope: Scope, area: Area, now: datetime) -> Waits:
    """At most six statements."""
    beyond = orders_weighed.found(scope, area.path, now)
    orders, looks = command.orders_and_looks(scope, area.path, now)
    return Waits(
        proposals=command.proposals(scope).filter(area__path__startswith=area.path, decided_at=None).count(),
        beyond=len(beyond),
        passed=sum(len(passed) for _, passed in beyond),
        tickets=command.open_tickets(scope, area.path, now),
        rounds=command.drawn(scope).filter(area__path__startswith=area.path, inspection=None).count(),
        orders=orders,
        looks=looks,
    )
