"""What people decide about areas, and the verbs of command's other registers (`saving.py`), by one name for the generic machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from sizao.kernel import acts, audit
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.scope import Scope

from .models import AreaGrade
from .rules import EXCLUSIVE, SCALES, fits
from .saving import (
    save_calls,
    save_duties,
    save_forms,
    save_inspections,
    save_orders,
    save_posts,
    save_receipts,
    save_reviews,
    save_texts,
    save_tickets,
)

__all__ = [
    "Grading", "end_grade", "end_orders", "grade_areas", "save_calls", "save_duties", "save_forms", "save_inspections", "save_orders", "save_posts", "save_receipts",
    "save_reviews", "save_texts", "save_tickets",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grading:
    """What is to be said of an area on a scale, from an instant. `ends_at` None: until another is said. `rule`: the set of rules, as id@SHA-256; `review_by`: when to look again."""

    area_id: int
    scale: str
    value: str
    starts_at: datetime
    basis: str = ""
    number: Decimal | int | None = None
    ends_at: datetime | None = None
    rule: str = ""
    review_by: datetime | None = None


def grade_areas(scope: Scope, new: Sequence[Grading], *, sender: str, batch: int | None = None) -> list[UUID]:
    """Says it of each area, with the act `area.graded`. On a scale with one value at a time the line that stood then ends.

    Refused bad-value when the scale or its value is unknown.
    """
    codes = {name: code_list(name) for name in SCALES.values() if name}
    for g in new:
        if not fits(g.scale, g.value, codes):
            raise Refused("bad-value", field={"zh": "地区分级", "en": "grade of an area"}, value=f"{g.scale}: {g.value}", expected=", ".join(sorted(SCALES)))
    rows = []
    for g in sorted(new, key=lambda g: g.starts_at):
        if g.scale in EXCLUSIVE:
            _end(g)
        row = AreaGrade(
            id=uuid7(),
            area_id=g.area_id,
            scale=g.scale,
            value=g.value,
            number=g.number,
            basis=g.basis,
            starts_at=g.starts_at,
            ends_at=g.ends_at,
            rule=g.rule,
            review_by=g.review_by,
            sender=sender,
            known_from=g.starts_at,
            stands_from=g.starts_at,
            batch_id=batch,
        )
        row.save(force_insert=True)
        rows.append(row)
    coded = {r.pk: r.value if SCALES[r.scale] else None for r in rows}  # an act holds codes; what somebody wrote stays in the register
    acts.record(scope, [NewAct("area.graded", r.pk, r.starts_at, area_id=r.area_id, outcome=coded[r.pk], number=r.number, record=r.pk) for r in rows], batch=batch)
    if rows:
        audit.write(scope, "command.areas_graded", [r.pk for r in rows], digest_of=[(r.area_id, r.scale, r.value, r.starts_at) for r in rows])
    return [r.pk for r in rows]


def end_orders(scope: Scope, orders: Sequence[UUID], at: datetime) -> int:
    """Ends lines that have no end yet; how many there were."""
    ended = []
    for row in AreaGrade.objects.select_for_update(of=("self",)).filter(pk__in=orders, ends_at=None, starts_at__lte=at):
        row.ends_at = at
        row.save(update_fields=["ends_at"])
        ended.append(row.pk)
    if ended:
        audit.write(scope, "command.orders_ended", ended, digest_of=[at])
    return len(ended)


def end_grade(scope: Scope, line: UUID, at: datetime) -> None:
    """Ends a line now, also one whose end was signed for later."""
    row = AreaGrade.objects.select_for_update(of=("self",)).get(pk=line)
    row.ends_at = max(at, row.starts_at)
    row.save(update_fields=["ends_at"])
    audit.write(scope, "command.grade_ended", [row.pk], digest_of=[at])


def _end(g: Grading) -> None:
    """The line that stood ends where the new one begins, also one whose end lay further ahead. It is the same line with its end: it stands from where it stood."""
    stood = AreaGrade.objects.select_for_update(of=("self",)).filter(area_id=g.area_id, scale=g.scale, starts_at__lte=g.starts_at)
    for row in stood.filter(Q(ends_at=None) | Q(ends_at__gt=g.starts_at)):
        row.ends_at = g.starts_at
        row.save(update_fields=["ends_at"])
