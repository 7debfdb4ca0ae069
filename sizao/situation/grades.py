"""The grades of areas as a command looks at them: what the rules propose, who is ungraded or overdue, what a grade would do beside what it is for, and its course by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sizao.flows import grade_by_criteria as criteria
from sizao.flows.grade_by_criteria import Graded
from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.plan.grading import rulesets
from sizao.plan.grading.rulesets import Governing
from sizao.plan.whom import MeasureChanged, Whom
from sizao.registers.care import beds
from sizao.registers.care import read as care
from sizao.registers.command import read as command
from sizao.registers.isolation import read as isolation
from sizao.registers.ledgers import read as ledgers

SCALE = "risk"
#: Where people gather or learn: what a grade opens or closes first.
VENUES = ("school", "class", "market", "shop", "canteen", "hotel", "transport", "worship", "site", "employer")
ROOMS = ("quarantine_room", "isolation")


@dataclass
class Board:
    """Every graded area below one.

    Attributes:
        governing: The sets of rules that count there, the widest first.
        areas: Every area that is to be graded, and parts with a grade of their own, by code.
    """

    area: Area
    now: datetime
    governing: list[Governing]
    areas: list[Graded]

    @property
    def proposals(self) -> list[Graded]:
        """Areas of which the rules say other than what is in force: first those never graded, then upwards, then downwards."""
        return sorted((g for g in self.areas if g.proposes), key=lambda g: (("new", "raise", "lower").index(g.direction), g.area.code))

    @property
    def untold(self) -> list[Graded]:
        return [g for g in self.areas if g.judged.grade is None]

    @property
    def ungraded(self) -> list[Graded]:
        return [g for g in self.areas if g.standing is None]

    @property
    def overdue(self) -> list[Graded]:
        return [g for g in self.areas if g.overdue]

    @property
    def stale(self) -> list[Graded]:
        return [g for g in self.areas if g.stale]

    @property
    def told_at(self) -> datetime | None:
        """When a case was last made known anywhere that counts here."""
        return max((g.told_anywhere for g in self.areas if g.told_anywhere), default=None)


def board(scope: Scope, area: Area, now: datetime) -> Board:
    """Refused not-found-or-out-of-area. A bounded number of statements."""
    scope.check("plan.read", area)
    found = criteria.judged(scope, now, area.path)
    counting = {id(g.governing): g.governing for g in found}
    return Board(area, now, list(counting.values()) or [g for g in rulesets.governing(now) if area.path.startswith(g.area.path)], found)


@dataclass
class Beside:
    """What a grade does beside what it is for, as far as the registers tell.

    Attributes:
        places: How many more people at most would have to be isolated: newly obliged less released, over measures that restrict a person.
        free: Class of bed → (free, how many units told, the oldest word); a class that nobody told is absent.
        kept: Kind of stay → how many are kept so now.
        needs: Kind of need → (open, past their time).
        units: Kind of place → (how many there are, told to be out of use).
        people: Kind of place → role on a roll → persons whom closing such places sends home, each day; as rolls name them.
        touched: Measures about units and places whose duties change.
    """

    places: int
    free: dict[str, tuple[int, int, datetime]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    needs: dict[str, tuple[int, int]] = field(default_factory=dict)
    units: dict[str, tuple[int, int]] = field(default_factory=dict)
    people: dict[str, dict[str, int]] = field(default_factory=dict)
    touched: list[MeasureChanged] = field(default_factory=list)

    @property
    def rooms(self) -> int | None:
        """Free places of every class that was told; None where nobody told."""
        return sum(n for n, _, _ in self.free.values()) if self.free else None


def beside(scope: Scope, area: Area, found: Whom, now: datetime) -> Beside:
    """The side effects in an area of what `plan.switched` found. Five statements; counts only."""
    scope.check("plan.read", area)
    free: dict[str, tuple[int, int, datetime]] = {}
    for b in beds.beds_by_area(ROOMS, area.path):
        if b.open is not None and b.told_at is not None:
            n, units, oldest = free.get(b.bed_class, (0, 0, b.told_at))
            free[b.bed_class] = (n + max(0, b.open - b.occupied), units + 1, min(oldest, b.told_at))
    units = ledgers.units_by_kind(scope, area.path)
    return Beside(
        places=sum(m.obliged - m.released for m in found.told if m.restricts),
        free=free,
        kept=isolation.open_by_kind(scope, area.path),
        needs=care.open_needs(scope, area.path, now),
        units={kind: units[kind] for kind in VENUES if kind in units},
        people=ledgers.people_by_kind(scope, area, clock.local_day(now, area.zone), [kind for kind in VENUES if kind in units]),
        touched=[m for m in found.told if m.table in ("reporting_unit", "place", "cohort", "event") and (m.obliged or m.released)],
    )


@dataclass
class Line:
    """One area's course: a grade or "" for each day; `force` what was in force at the end of the day, `rules` what the rules in force now say of that day ("?": cannot tell)."""

    area: Area
    force: list[str]
    rules: list[str]
    apart: list[bool]


@dataclass
class Course:
    """The parts of an area by day, the first day first. `governing`: by which rules; `cases`: how many cases they were worked out from, `told_at`: when one was last made known."""

    area: Area
    days: list[date]
    lines: list[Line]
    governing: list[Governing]
    cases: int
    told_at: datetime | None

    def by_grade(self) -> dict[str, int]:
        """How many of the parts have which grade in force on the last day, their own or that of an area above; "" is none. What the map shows of that day."""
        return dict(Counter(line.force[-1] for line in self.lines))


def course(scope: Scope, area: Area, until: date, days: int, now: datetime) -> Course:
    """Each part right below an area (itself where it has none) on each of the last `days` days: its own grade, else that of the nearest area above it.

    What the rules say is worked out on today's records, by the rules that count now; figures that are known of now only cannot be told of then.
    """
    scope.check("plan.read", area)
    parts = list(Area.objects.filter(parent=area, valid_to=None, outside=False).defer("geometry").order_by("code")) or [area]
    span = [until - timedelta(days=n) for n in reversed(range(days))]
    ends = [min(clock.end_of_day(day, area.zone), now) for day in span]
    lines: dict[int, list[tuple[datetime, datetime | None, str]]] = {}
    ways = {pk for p in parts for pk in _ids(p)}
    top = Area.objects.filter(pk=min(ways, default=area.pk)).first()
    for row in command.course(Scope.system("grades by day"), SCALE, top.path if top else area.path, clock.start_of_day(span[0], area.zone), now):
        if row.area_id in ways:
            lines.setdefault(row.area_id, []).append((row.starts_at, row.ends_at, row.value))
    looked = criteria.look(now)
    said: dict[int, list[str | None]] = {}
    for one in looked:
        said |= criteria.course(one, [p for p in parts if p.pk in one.areas], span)
    made = [_line(p, ends, lines, [v or "?" for v in said.get(p.pk, [None] * days)]) for p in parts]
    used = [one.governing for one in looked if any(p.pk in one.areas for p in parts)]
    cases = sum(c.cases for one in looked for c in one.counts.below.get(area.pk, ()) if one.governing in used)
    told = max((one.told[area.pk] for one in looked if area.pk in one.told), default=None)
    return Course(area, span, made, used, cases, told)


def _line(part: Area, ends: Sequence[datetime], lines: dict[int, list[tuple[datetime, datetime | None, str]]], rules: list[str]) -> Line:
    force, apart = [], []
    for at in ends:
        found, own = "", False
        for pk in reversed(_ids(part)):
            standing = [value for start, end, value in lines.get(pk, ()) if start <= at and (end is None or end > at)]
            if standing:
                found, own = standing[-1], pk == part.pk
                break
        force.append(found)
        apart.append(own)
    return Line(part, force, rules, apart)


def _ids(area: Area) -> list[int]:
    return [int(pk) for pk in area.path.split(".") if pk]
