"""What grade the written criteria give each area by its cases. It decides nothing: the grade in force is a person's decision, and this stands beside it."""

from datetime import datetime, timedelta

from django.db import transaction

from sizao.kernel import areas, clock
from sizao.kernel.scope import Scope
from sizao.registers.cases import read
from sizao.registers.command import actions, laying
from sizao.registers.command.actions import Grading

SCALE = "risk_criteria"


@transaction.atomic
def grade(scope: Scope, now: datetime | None = None) -> int:
    """Writes what the criteria in force say where it differs from what stands; how many areas. Days are those of the tree's own time zone, today included."""
    now = now or clock.now()
    if not areas.any_known():  # a store that nobody has opened yet
        return 0
    zone = areas.root().zone
    today = clock.local_day(now, zone)
    rule = laying.criteria(today)
    if rule is None:
        return 0
    since = clock.start_of_day(today - timedelta(days=rule["window"] - 1), zone)
    found = laying.counted(rule, read.counts_by_area(scope, rule["disease"], rule["classes"], since, now))
    stands = laying.standing_grades(SCALE)
    new = []
    for c in found:
        value = laying.graded(rule["grades"], c)
        if stands.get(c.area_id) != value:
            basis = f"{rule['window']}天内新增{c.new}例、累计{c.total}例、聚集{c.clusters}处 · {c.new} new in {rule['window']} days, {c.total} in all, {c.clusters} clusters ({rule['from']})"
            new.append(Grading(c.area_id, SCALE, value, now, basis))
    actions.grade_areas(scope, new, sender="criteria")
    return len(new)
