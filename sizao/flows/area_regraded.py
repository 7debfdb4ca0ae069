"""A person decides the grade or the response level of an area: signs it with its basis, its review and its end, declines what the rules propose, or ends that of a part.

Lowering is the same act as raising, with the same right. Nothing here happens without a person, except that what was signed ends on the day that was signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions
from sizao.registers.command import read as command
from sizao.registers.command.actions import Grading
from sizao.registers.command.laying import response_levels
from sizao.registers.command.models import AreaGrade

RIGHT = "grade.sign"


@dataclass(frozen=True, slots=True)
class Scale:
    """What is decided of an area. `codes`: the list of its values; `worst_first`: whether that list begins with the gravest; `longest`: the threshold of the days that one signature carries."""

    id: str
    codes: str
    worst_first: bool
    longest: str


RISK = Scale("risk", "risk-grade", False, "grade-longest")
#: No rules propose a response level: whoever signs one says on what it rests.
LEVEL = Scale("response", "response-level", True, "level-longest")
SCALES = {scale.id: scale for scale in (RISK, LEVEL)}


@dataclass(frozen=True, slots=True)
class Decision:
    """What is signed.

    Attributes:
        said: What the rules say of the area now; None where they cannot tell, or where there are none.
        basis: The rules' reasons as they were shown; rule: the set, as id@SHA-256.
        review, ends: Local days of the area: by the end of which somebody looks again, and with the end of which the grade is over.
        seen: The line that was in force when the page was opened (its id; empty: none).
    """

    area: Area
    value: str
    said: str | None
    basis: str
    rule: str
    reason: str
    review: date
    ends: date
    seen: str = ""
    scale: Scale = RISK


@transaction.atomic
def sign(scope: Scope, d: Decision) -> UUID:
    """It is in force from now on. Refused: not-allowed, bad-value, level-not-here, grade-changed-meanwhile, grade-without-reason, grade-dates-wrong."""
    scope.check(RIGHT, d.area)
    grades = code_list(d.scale.codes)
    if d.value not in grades:
        raise Refused("bad-value", field={"zh": "等级", "en": "grade"}, value=d.value, expected=", ".join(grades))
    now = clock.now()
    if d.scale is LEVEL and d.area.level not in response_levels(now.date()):
        raise Refused("level-not-here", area=_names(d.area), levels=", ".join(response_levels(now.date())))
    stood = _stood(scope, d.area, d.seen, now, d.scale)
    if d.value != d.said and not d.reason.strip():
        raise Refused("grade-without-reason")
    today, longest = clock.local_day(now, d.area.zone), int(threshold(d.scale.longest, now.date()))
    if not (today < d.review <= d.ends <= today + timedelta(days=longest)):
        raise Refused("grade-dates-wrong", review=d.review.isoformat(), ends=d.ends.isoformat(), longest=longest)
    basis = " · ".join(part for part in (d.basis, d.reason.strip()[:1000]) if part)
    made = Grading(
        d.area.pk, d.scale.id, d.value, now, basis, ends_at=clock.start_of_day(d.ends + timedelta(days=1), d.area.zone), rule=d.rule,
        review_by=clock.start_of_day(d.review + timedelta(days=1), d.area.zone),
    )  # fmt: skip
    [line] = actions.grade_areas(scope, [made], sender=f"post:{scope.post_id}")
    if stood is not None:
        order = list(grades)
        step = order.index(d.value) - order.index(stood.value) if stood.value in order else 0
        step = -step if d.scale.worst_first else step
        _looked(scope, d.area, "raised" if step > 0 else "lowered" if step < 0 else "kept", basis, now, d.scale)
    return line


@transaction.atomic
def keep(scope: Scope, area: Area, seen: str, reason: str, said: str | None = None, scale: Scale = RISK) -> None:
    """What is in force stays, and the review counts from now. `said`: what the rules proposed and this declines. Refused grade-without-reason, grade-changed-meanwhile, grade-already-so."""
    scope.check(RIGHT, area)
    now = clock.now()
    _stood(scope, area, seen, now, scale)
    if not reason.strip():
        raise Refused("grade-without-reason")
    names = code_list(scale.codes)
    about = f"不采纳规则所得“{names[said]['zh']}” · declines what the rules say ({names[said]['en']})：" if said in names else ""
    _looked(scope, area, "kept", about + reason.strip()[:1000], now, scale)


@transaction.atomic
def end(scope: Scope, area: Area, seen: str, reason: str, scale: Scale = RISK) -> None:
    """The area's own line is over: it has that of the area above again, or none. Refused grade-already-so, grade-without-reason, grade-changed-meanwhile."""
    scope.check(RIGHT, area)
    now = clock.now()
    stood = _stood(scope, area, seen, now, scale)
    if stood is None:
        raise Refused("grade-already-so", area=_names(area))
    if not reason.strip():
        raise Refused("grade-without-reason")
    actions.end_grade(scope, stood.pk, now)
    _looked(scope, area, "ended", reason.strip()[:1000], now, scale)


def _names(area: Area) -> dict[str, str]:
    return {"zh": area.name_zh, "en": area.name_en or area.name_zh}


def _stood(scope: Scope, area: Area, seen: str, now: datetime, scale: Scale) -> AreaGrade | None:
    """The line in force, which must be the one that was shown. Whoever comes second is told."""
    Area.objects.select_for_update().filter(pk=area.pk).only("pk").first()
    line = command.standing(scope, scale.id, now, RIGHT).get(area.pk)
    if (str(line.pk) if line else "") != seen:
        raise Refused("grade-changed-meanwhile", area=_names(area))
    return line


def _looked(scope: Scope, area: Area, outcome: str, basis: str, now: datetime, scale: Scale) -> None:
    told = {"area": area.pk, "scale": scale.id, "reviewed_at": now, "outcome": outcome, "basis": basis}
    [done] = actions.save_reviews(scope, [Command(told=told)], sender=f"post:{scope.post_id}")
    if done.kind == "rejected":
        raise Refused("bad-value", field={"zh": "复核", "en": "review"}, value=outcome, expected="; ".join(p.code for p in done.problems))
