"""What grade the rules in force give each area, and why. It decides nothing: the grade in force is a person's decision, and this stands beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from sizao.kernel import areas, clock, content
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.plan.grading import rulesets
from sizao.plan.grading.figures import Counts, DayCount, Now, ids
from sizao.plan.grading.judging import Judged, judge
from sizao.plan.grading.rulesets import Governing, RuleSet
from sizao.registers.care import beds
from sizao.registers.cases import read as cases
from sizao.registers.command import actions
from sizao.registers.command import read as command
from sizao.registers.command.actions import Grading
from sizao.registers.command.models import AreaGrade, AreaReview
from sizao.registers.laboratory import read as laboratory

SCALE = "risk_criteria"
BEDS = {"isolation_beds_free": "isolation", "rooms_free": "quarantine_room"}


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest part of an area in which all its cases of the rules' longest span lie.

    Attributes:
        rest: What the rules say of the whole without that part.
        instead: The rules let that part be graded in place of the whole, and the rest would have a milder grade.
    """

    area: Area
    cases: int
    rest: Judged
    instead: bool


@dataclass(frozen=True, slots=True)
class Graded:
    """One area beside the rules that count for it.

    Attributes:
        standing: The line in force that people decided; None: ungraded.
        apart: The parts of it that have a grade of their own in force; their cases are not counted here.
        recent: Cases within the rules' longest span, without those parts.
        told_at: When a case there was last made known; None: never one. told_anywhere: likewise, of the whole area for which the rules count.
        review_due: When somebody must look again; None where nothing is in force.
    """

    area: Area
    governing: Governing
    judged: Judged
    standing: AreaGrade | None
    review: AreaReview | None
    smallest: Smallest | None
    apart: tuple[int, ...]
    recent: int
    told_at: datetime | None
    told_anywhere: datetime | None
    review_due: datetime | None
    now: datetime

    @property
    def rules(self) -> RuleSet:
        return self.governing.rules

    @property
    def proposes(self) -> bool:
        """The rules say other than what is in force, and can tell."""
        return self.judged.grade is not None and (self.standing is None or self.standing.value != self.judged.grade)

    @property
    def overdue(self) -> bool:
        return self.review_due is not None and self.review_due < self.now

    @property
    def stale(self) -> bool:
        """For longer than the rules allow nobody has told of any case anywhere: zero may be silence."""
        return self.told_anywhere is None or self.told_anywhere < self.now - timedelta(days=self.rules.stale)

    @property
    def direction(self) -> str:
        """"raise", "lower", or "new" where nothing is in force; "" where the rules and what is in force agree or cannot be told."""
        if not self.proposes:
            return ""
        order = self.rules.order
        if self.standing is None or self.standing.value not in order:
            return "new"
        return "raise" if order.index(str(self.judged.grade)) > order.index(self.standing.value) else "lower"


@dataclass(frozen=True)
class Looked:
    """What was read once to judge the areas of one set of rules."""

    governing: Governing
    counts: Counts
    today: date
    areas: Mapping[int, Area]
    told: Mapping[int, datetime]  # area → when a case below it was last made known


def grade(scope: Scope, now: datetime | None = None) -> int:
    """Writes what the rules in force say where it differs from what stands; how many areas. Days are those of the tree's own time zone, today included.

    Where it cannot be told, what was said before stands, and is shown as old.
    """
    now = now or clock.now()
    if not areas.any_known():  # a store that nobody has opened yet
        return 0
    with transaction.atomic():
        stands = command.standing(scope, SCALE, now)
        new = [
            Grading(g.area.pk, SCALE, g.judged.grade, now, basis_of(g.rules, g.judged), rule=cited(g.rules))
            for g in judged(scope, now)
            if g.judged.grade is not None and (g.area.pk not in stands or stands[g.area.pk].value != g.judged.grade)
        ]
        actions.grade_areas(scope, new, sender="criteria")
    return len(new)


def judged(scope: Scope, now: datetime, path: str = "") -> list[Graded]:
    """Every area that the rules in force grade and that this scope may see, below `path`: those of the rules' levels, and parts that have a grade of their own.

    Cases are counted by the machine, whoever looks: what is shown is counts of areas. A bounded number of statements for each set of rules that counts somewhere.
    """
    found: list[Graded] = []
    looked = look(now)
    standing = command.standing(scope, "risk", now)
    reviews = command.last_reviews(scope, "risk", now)
    lines = {pk: row.area for pk, row in standing.items()}
    parts: dict[int, list[Area]] = {}
    for pk, line in lines.items():
        for above in ids(line.path):
            if above != pk:
                parts.setdefault(above, []).append(line)
    for one in looked:
        rules = one.governing.rules
        mine = [a for a in one.areas.values() if a.level in rules.levels or (a.pk in lines and a.level in (*rules.levels, *rules.smallest))]
        for area in mine:
            if not area.path.startswith(path) or not (scope.is_system or scope.can("plan.read", area)):
                continue
            apart = parts.get(area.pk, [])
            found.append(_graded(one, area, standing.get(area.pk), reviews.get(area.pk), tuple(a.pk for a in apart), [a.path for a in apart], now))
    return sorted(found, key=lambda g: g.area.code)


def of(scope: Scope, now: datetime, area: Area) -> Graded:
    """One area beside the rules that count for it, also a part that has no grade of its own yet. Refused grade-no-rules where none count there."""
    found = find(scope, now, area)
    if found is None:
        raise Refused("grade-no-rules", area={"zh": area.name_zh, "en": area.name_en or area.name_zh})
    return found


def find(scope: Scope, now: datetime, area: Area) -> Graded | None:
    """The same; None where no rules count."""
    scope.check("plan.read", area)
    one = next((x for x in look(now) if area.pk in x.areas), None)
    if one is None:
        return None
    standing = command.standing(scope, "risk", now)
    reviews = command.last_reviews(scope, "risk", now)
    apart = [row.area for pk, row in standing.items() if pk != area.pk and row.area.path.startswith(area.path)]
    return _graded(one, one.areas[area.pk], standing.get(area.pk), reviews.get(area.pk), tuple(a.pk for a in apart), [a.path for a in apart], now)


def _graded(one: Looked, area: Area, line: AreaGrade | None, review: AreaReview | None, apart: tuple[int, ...], but: Sequence[str], now: datetime) -> Graded:
    rules = one.governing.rules
    said = judge(rules, one.counts.row(rules.figures, area.pk, one.today, but))
    due = None
    if line is not None:
        seen = max(line.starts_at, review.reviewed_at) if review is not None else line.starts_at
        due = line.review_by if line.review_by is not None and (review is None or review.reviewed_at <= line.starts_at) else seen + timedelta(days=rules.review)
    recent = sum(c.cases for c in one.counts.within(area.pk, one.today, rules.window, but))
    return Graded(area, one.governing, said, line, review, _smallest(one, area, said, but), apart, recent, one.told.get(area.pk), one.told.get(one.governing.area.pk), due, now)


def _smallest(one: Looked, area: Area, said: Judged, but: Sequence[str]) -> Smallest | None:
    """The deepest area above grids that holds every case of the rules' longest span; None where there is none, or they lie in several parts."""
    rules = one.governing.rules
    rows = [c for c in one.counts.within(area.pk, one.today, rules.window, but) if c.cases]
    if not rows:
        return None
    ways = [ids(c.path) for c in rows]
    together = [pk for n, pk in enumerate(ways[0]) if all(len(w) > n and w[n] == pk for w in ways)]
    inside = [one.areas[pk] for pk in together if pk in one.areas and one.areas[pk].level != "grid" and one.areas[pk].path != area.path and one.areas[pk].path.startswith(area.path)]
    if not inside:
        return None
    allowed = [a for a in inside if a.level in rules.smallest]
    part = allowed[-1] if allowed else inside[-1]
    rest = judge(rules, one.counts.row(rules.figures, area.pk, one.today, [*but, part.path]))
    order = rules.order
    milder = rest.grade is not None and said.grade is not None and order.index(rest.grade) < order.index(said.grade)
    return Smallest(part, sum(c.cases for c in rows), rest, bool(allowed) and milder)


def look(now: datetime) -> list[Looked]:
    """What the registers hold for each set of rules that counts somewhere now."""
    machine = Scope.system("grades by criteria")
    found = rulesets.governing(now)
    if not found:
        return []
    tree = {a.pk: a for a in Area.objects.filter(valid_to=None, outside=False).defer("geometry")}
    zone = areas.root().zone
    today = clock.local_day(now, zone)
    read: dict[tuple[Any, ...], tuple[list[DayCount], dict[str, datetime]]] = {}
    looked = []
    for g in found:
        rules = g.rules
        tests = any(name.startswith(("results_", "positivity_")) for name in rules.figures)
        key = (rules.disease, rules.classes, tests)
        if key not in read:
            read[key] = (_counts(machine, rules, now, today, zone, tests), cases.last_told_by_area(machine, rules.disease, now))
        counts, told = read[key]
        narrower = [o.area.path for o in found if o is not g and o.area.path != g.area.path and o.area.path.startswith(g.area.path) and o.rules.scale == rules.scale]
        mine = {pk: a for pk, a in tree.items() if a.path.startswith(g.area.path) and not any(a.path.startswith(p) for p in narrower)}
        spots = [pk for pk, a in mine.items() if a.level == rules.cluster_level]
        looked.append(Looked(g, Counts(counts, spots, rules.cluster_cases, _now(machine, rules, mine, now), today), today, mine, _below(told)))
    return looked


def _below(told: Mapping[str, datetime]) -> dict[int, datetime]:
    """Of each area on the way of a path the latest."""
    found: dict[int, datetime] = {}
    for path, at in told.items():
        for pk in ids(path):
            if pk not in found or found[pk] < at:
                found[pk] = at
    return found


def _counts(machine: Scope, rules: RuleSet, now: datetime, today: date, zone: str, tests: bool) -> list[DayCount]:
    found = [DayCount(path, day, cases=n, unlinked=unlinked) for path, day, n, unlinked in cases.daily_by_area(machine, rules.disease, rules.classes, now, zone)]
    if tests:
        since = clock.start_of_day(today - timedelta(days=far_back(rules)), zone)
        found += [DayCount(path, day, results=n, positive=positive) for path, day, n, positive in laboratory.results_by_area(machine, rules.disease, since, now, zone)]
    return found


def far_back(rules: RuleSet) -> int:
    """From how many days back results are read: so that the course of the last three months can be told."""
    return rules.window + 90


def _now(machine: Scope, rules: RuleSet, mine: Mapping[int, Area], now: datetime) -> dict[int, Now]:
    """What is known of areas at this moment only, as far as the rules ask it."""
    asked = set(rules.figures)
    population = {pk: row.number for pk, row in command.standing(machine, "population", now).items()} if any(n.startswith("incidence_") or n == "population" for n in asked) else {}
    strain = command.standing(machine, "strain", now) if "under_strain" in asked else {}
    free = _free([BEDS[name] for name in asked if name in BEDS], mine)
    return {
        pk: Now(population.get(pk), free.get((pk, "isolation")), free.get((pk, "quarantine_room")), pk in strain) for pk in mine if pk in population or pk in strain or any((pk, c) in free for c in BEDS.values())
    }  # fmt: skip


def _free(classes: Collection[str], mine: Mapping[int, Area]) -> dict[tuple[int, str], int]:
    """(area, class of bed) → how many are free below it, where anybody there has told."""
    found: dict[tuple[int, str], int] = {}
    for b in beds.beds_by_area(classes) if classes else ():
        if b.open is not None:
            for pk in ids(b.path):
                found[pk, b.bed_class] = found.get((pk, b.bed_class), 0) + max(0, b.open - b.occupied)
    return found


def course(one: Looked, wanted: Iterable[Area], days: Sequence[date]) -> dict[int, list[str | None]]:
    """area → what the rules in force now say of each of these days, on today's records; None: cannot tell (what is known of now only is not known of then)."""
    rules = one.governing.rules
    return {a.pk: [judge(rules, one.counts.row(rules.figures, a.pk, day)).grade for day in days] for a in wanted}


def cited(rules: RuleSet) -> str:
    """The set as a decision cites it: id@SHA-256; its text is kept for good."""
    return content.cited(rulesets.KIND, rules.id, rules.text)


def basis_of(rules: RuleSet, said: Judged) -> str:
    """Why, in both languages: the line that holds, and every figure asked on the way."""
    row = [(name, value) for name, value in said.row.items() if value is not None]
    line = said.decisive
    zh = "、".join(f"{rulesets.COLUMNS[name].zh}{_plain(value)}" for name, value in row)
    en = ", ".join(f"{rulesets.COLUMNS[name].en} {_plain(value)}" for name, value in row)
    return f"{rules.title['zh']}：{line.line.say('zh') if line else ''}（{zh}） · {rules.title['en']}: {line.line.say('en') if line else ''} ({en})"


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, int) else f"{value:.2f}"
