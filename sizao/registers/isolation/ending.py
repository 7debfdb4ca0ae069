"""When orders end by themselves: what the rows of other registers say of them now, in one statement, and what the rule makes of it.

Pass, own page, desk, API and the verbs that take people in all come through here, so none of them can know less than another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection

from sizao.kernel import clock
from sizao.kernel.ids import uuid_array

from . import rules
from .citing import rule_of
from .models import Order

#: Each line: what, order, an instant, a second one, a code. Rows of a batch that is open or was undone say nothing (`isolation_seen`).
_SAID = """
WITH o AS (
  SELECT o.id, o.person_id, o.disease, o.issued_at, r.body FROM isolation_order o JOIN kernel_contentitem r ON r.id = o.rule_id WHERE o.id = ANY (%(orders)s::uuid[])
)
SELECT 'result', o.id, s.sampled_at, s.resulted_at, s.result FROM o JOIN laboratory_specimen s ON s.person_id = o.person_id AND s.disease = o.disease
  WHERE s.result IS NOT NULL AND s.resulted_at <= %(at)s AND isolation_seen(s.batch_id)
UNION ALL
SELECT 'case', o.id, coalesce(c.confirmed_at, c.reported_at, c.known_from), NULL, NULL FROM o JOIN cases_case c ON c.person_id = o.person_id AND c.disease = o.disease
  WHERE NOT o.body->'evidence' ? 'confirmed_case' AND c.classification IN ('confirmed', 'clinical', 'asymptomatic') AND isolation_seen(c.batch_id)
    AND coalesce(c.confirmed_at, c.reported_at, c.known_from) > o.issued_at AND coalesce(c.confirmed_at, c.reported_at, c.known_from) <= %(at)s
UNION ALL
SELECT 'fact', o.id, CASE WHEN c.last_exposure_on IS NULL THEN e.fact_at ELSE ((c.last_exposure_on + 1)::timestamp AT TIME ZONE a.zone) END, NULL, NULL
  FROM o JOIN isolation_evidence e ON e.order_id = o.id LEFT JOIN cases_contact c ON e.kind = 'close_contact' AND c.id = e.record LEFT JOIN kernel_area a ON a.id = c.area_id
  WHERE o.body->>'counts_from' = 'evidence'
UNION ALL
SELECT 'unanswered', o.id, a.answer_by, a.decided_at, NULL FROM o JOIN isolation_appeal a ON a.order_id = o.id
  WHERE o.body->'appeal'->>'late' = 'lifts' AND a.filed_at <= %(at)s AND (a.decided_at IS NULL OR a.decided_at >= a.answer_by)
"""


@dataclass(slots=True)
class Said:
    """What is known of one order at a moment, beside its own row."""

    results: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    cases: list[datetime] = field(default_factory=list)
    facts: list[datetime] = field(default_factory=list)
    unanswered: list[datetime] = field(default_factory=list)
    waiting: list[datetime] = field(default_factory=list)


def said_of(orders: Iterable[UUID], at: datetime | None = None) -> dict[UUID, Said]:
    """order → what other rows say of it, as was known at `at`. One statement. Nobody is named; whoever asks was let to the orders before."""
    found = {pk: Said() for pk in orders}
    if not found:
        return {}
    at = at or clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_SAID, {"orders": uuid_array(found), "at": at})
        for what, order, first, second, code in cursor.fetchall():
            said = found[order]
            if what == "result":
                said.results.append((first, second, code))
            else:
                {"case": said.cases, "fact": said.facts, "unanswered": said.unanswered if first <= at else said.waiting}[what].append(first)
    return found


def told_of(orders: Sequence[Order], at: datetime | None = None) -> dict[UUID, rules.Told]:
    """order → all that its standing goes by, worked out anew each time. The orders come with their issue."""
    said = said_of((o.pk for o in orders), at)
    return {o.pk: _told(o, said[o.pk]) for o in orders}


def _told(order: Order, said: Said) -> rules.Told:
    body, issue = rule_of(order).body, order.issue
    return rules.Told(
        order.starts_at, order.ends_at, issue.waits, issue.seconded_at, issue.refused_at, order.lifted_at,
        released_at=rules.released_by_results(body, order.starts_at, said.results) if said.results else None,
        became_case_at=min(said.cases, default=None),
        unanswered_at=min(said.unanswered, default=None),
        may_end_at=min(said.waiting, default=None),
        term_at=rules.term_by_evidence(body, order.starts_at, said.facts),
    )  # fmt: skip
