"""The only way to read orders: which rules are in force, whose orders there are and how they stand, what is unanswered, and what looks alike."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from sizao.kernel import clock
from sizao.kernel.codes import threshold
from sizao.kernel.models import Area, Enactment
from sizao.kernel.rows import among
from sizao.kernel.scope import Scope, at_most_one, visible

from . import rules
from .citing import Rule, rule_of, rule_text
from .ending import said_of, told_of
from .models import Appeal, Evidence, Issue, Order, Stay

#: How near its end an order is asked for the result that its rule wants.
NEAR = timedelta(days=7)


#: The person is a case of the order's disease.
_A_CASE = (
    "EXISTS (SELECT 1 FROM cases_case c WHERE c.person_id = isolation_order.person_id AND c.disease = isolation_order.disease AND c.classification IN ('confirmed', 'clinical', 'asymptomatic'))"
)


def rules_in_force(area: Area, disease: str, at: datetime) -> dict[str, Rule]:
    """id → the rule in force for a disease at an area: of several texts the narrowest area's, then the latest decided. Trials are none."""
    found = Enactment.objects.filter(item__kind="restriction", trial=False, seconded_by__isnull=False, decided_at__lte=at, starts_at__lte=at, disease__in=(disease, ""))
    rows = found.filter(Q(ends_at=None) | Q(ends_at__gt=at)).values_list("item_id", "area__path", "decided_at")
    best: dict[str, tuple[int, datetime, Rule]] = {}
    for pk, path, decided in rows:
        if area.path.startswith(path):
            one = rule_text(pk)
            if one.id not in best or (len(path), decided) > best[one.id][:2]:
                best[one.id] = (len(path), decided, one)
    return {name: one for name, (_, _, one) in sorted(best.items())}


def published(at: datetime) -> list[tuple[Rule, Enactment]]:
    """Every restriction rule in force anywhere, with its decision: for anyone to read. One statement and one for each text that is new."""
    found = Enactment.objects.filter(item__kind="restriction", trial=False, seconded_by__isnull=False, decided_at__lte=at, starts_at__lte=at)
    return [(rule_text(e.item_id), e) for e in found.filter(Q(ends_at=None) | Q(ends_at__gt=at)).select_related("area").order_by("item__item_id", "pk")]


def orders(scope: Scope) -> QuerySet[Order]:
    """The orders that this scope may see."""
    return Order.objects.filter(visible(), scope.area_filter("area")).select_related("area", "issue", "issuer", "rule").defer("area__geometry", "rule__text")


def access_order_by_id(scope: Scope, order: UUID) -> Order:
    """Refused not-found-or-out-of-area, whichever it is. The caller puts the read on record with the person."""
    row: Order = at_most_one(orders(scope).filter(pk=order)[:1])
    return row


def orders_of(scope: Scope, people: Iterable[UUID]) -> dict[UUID, list[Order]]:
    """person → his orders, the oldest first."""
    found: dict[UUID, list[Order]] = defaultdict(list)
    for row in among(orders(scope), "person_id", people).order_by("starts_at", "id"):
        found[row.person_id].append(row)
    return dict(found)


def told(order: Order, at: datetime | None = None) -> rules.Told:
    """One order as far as its standing goes, with all that ends it by itself; for many, `ending.told_of`."""
    return told_of([order], at)[order.pk]


def without_exit_test(scope: Scope, at: datetime | None = None, most: int = 200) -> list[tuple[Order, str]]:
    """Orders near their end without the result that their rule wants by then: (order, what the rule says of it: ends · ask), the nearest end first.

    None of them lasts an hour longer for it.
    """
    at = at or clock.now()
    rows = list(orders(scope).filter(lifted_at=None, ends_at__gt=at, ends_at__lt=at + NEAR, starts_at__lte=at, issue__refused_at=None).order_by("ends_at", "id")[: 10 * most])
    told, said = told_of(rows, at), said_of((r.pk for r in rows), at)
    found = [(r, rules.exit_test_missing(rule_of(r).body, r.ends_at, at, said[r.pk].results)) for r in rows if rules.standing(told[r.pk], at) == "in_force"]
    return [(r, says) for r, says in found if says][:most]


def over_as_case(scope: Scope, at: datetime | None = None, days: int = 14, most: int = 500) -> list[tuple[Order, datetime]]:
    """Observations that ended because the person became a case: (order, when), the longest ago first."""
    at = at or clock.now()
    rows = list(orders(scope).filter(ends_at__gt=at - timedelta(days=days), starts_at__lte=at, issue__refused_at=None).extra(where=[_A_CASE]).order_by("starts_at", "id")[:most])  # noqa: S610 - our own words
    told = told_of(rows, at)
    found = [(r, told[r.pk]) for r in rows if rules.standing(told[r.pk], at) == "lifted"]
    return sorted(((r, t.became_case_at) for r, t in found if t.became_case_at is not None and rules.over_at(t) >= t.became_case_at), key=lambda f: f[1])


def evidence_of(scope: Scope, order: UUID) -> list[Evidence]:
    return list(Evidence.objects.filter(visible(), scope.area_filter("area"), order=order).order_by("fact_at", "id"))


def stays_under(scope: Scope, order: UUID) -> list[Stay]:
    """The stays under an order, the oldest first: where the person was, one after another."""
    return list(Stay.objects.filter(visible(), scope.area_filter("area"), order=order).select_related("area").order_by("started_at", "id"))


def appeals(scope: Scope, permission: str = "person.read") -> QuerySet[Appeal]:
    return Appeal.objects.filter(visible(), scope.area_filter("area", permission)).select_related("area", "order", "order__issue", "order__rule", "decided_by").defer("area__geometry", "order__rule__text")


def public_objections(at: datetime, days: int = 30) -> dict[str, int]:
    """For anyone: objections filed in the last days, answered in time, late or not yet, and granted in whole or in part. No person, no area."""
    found = Appeal.objects.filter(visible(), filed_at__gt=at - timedelta(days=days), filed_at__lte=at).values_list("answer_by", "decided_at", "decision")
    rows = [(by, done, decision) for by, done, decision in found]
    return {
        "filed": len(rows), "in_time": sum(1 for by, done, _ in rows if done is not None and by is not None and done <= by),
        "late": sum(1 for by, done, _ in rows if by is not None and (done or at) > by), "granted": sum(1 for _, done, decision in rows if done is not None and decision in ("granted", "shortened")),
    }  # fmt: skip


def appeals_of(scope: Scope, people: Iterable[UUID]) -> list[Appeal]:
    """The objections of persons, the newest first."""
    return list(among(appeals(scope), "person_id", people).order_by("-filed_at"))


def issues(scope: Scope) -> QuerySet[Issue]:
    """Issues below the areas of this scope. They name nobody."""
    return Issue.objects.filter(scope.area_filter("area", "order.second")).select_related("post", "post__area", "second_post").order_by("-issued_at")


def access_issue_by_id(scope: Scope, issue: UUID) -> Issue:
    """Refused not-found-or-out-of-area, whichever it is."""
    row: Issue = at_most_one(issues(scope).filter(pk=issue)[:1])
    return row


@dataclass(frozen=True, slots=True)
class Alike:
    """Orders that look alike, for a second unit to look at: counts, and no person.

    Attributes:
        why: same_source (all rest on one case or one record of origin) · own_evidence (who issued them had recorded what they rest on within the hour before).
        issues: The issues they are in; another unit may hold them back.
    """

    why: str
    unit: str
    post: int
    rule: str
    count: int
    first_at: datetime
    last_at: datetime
    issues: tuple[UUID, ...]


_ALIKE = """
WITH o AS (
  SELECT o.id, o.issue_id, i.unit, i.post_id, r.item_id, o.issued_at, a.path, o.issuer_id
  FROM isolation_order o JOIN isolation_issue i ON i.id = o.issue_id JOIN kernel_contentitem r ON r.id = o.rule_id JOIN kernel_area a ON a.id = o.area_id
  WHERE o.issued_at > %s AND o.issued_at <= %s AND o.lifted_at IS NULL AND o.ends_at > %s AND i.refused_at IS NULL
), e AS (
  SELECT o.*, e.kind, coalesce(c.case_id, e.record) AS source, coalesce(c.sender, k.sender, s.sender, y.sender) AS told_by,
    coalesce(c.recorded_at, k.recorded_at, s.recorded_at, y.recorded_at) AS told_at
  FROM o JOIN isolation_evidence e ON e.order_id = o.id
  LEFT JOIN cases_contact c ON e.kind = 'close_contact' AND c.id = e.record
  LEFT JOIN cases_case k ON e.kind IN ('confirmed_case', 'suspected_case') AND k.id = e.record
  LEFT JOIN laboratory_specimen s ON e.kind = 'positive_result' AND s.id = e.record
  LEFT JOIN surveillance_symptomline y ON e.kind = 'symptoms' AND y.id = e.record
)
SELECT 'same_source', unit, min(post_id), item_id, count(DISTINCT id), min(issued_at), max(issued_at), array_agg(DISTINCT issue_id)
  FROM e WHERE starts_with_any(path, %s) GROUP BY unit, item_id, source HAVING count(DISTINCT id) >= %s
UNION ALL
SELECT 'own_evidence', unit, post_id, item_id, count(DISTINCT id), min(issued_at), max(issued_at), array_agg(DISTINCT issue_id)
  FROM e WHERE starts_with_any(path, %s) AND told_by = 'post:' || post_id AND told_at > issued_at - interval '1 hour' GROUP BY unit, post_id, item_id HAVING count(DISTINCT id) >= %s
ORDER BY 5 DESC, 6
""".replace("starts_with_any(path, %s)", "path LIKE ANY (%s)")


def alike(scope: Scope, at: datetime | None = None, days: int = 14) -> list[Alike]:
    """Cohorts of orders that a second unit should look at: many by one unit under one rule from one source, or on evidence that the issuer had just made.

    Aggregated; no score of anybody. From how many on stands in `thresholds/orders-alike.yaml`.
    """
    at = at or clock.now()
    least = int(threshold("orders-alike", at.date()))
    paths = [p + "%" for p in scope.paths("order.second")]
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, [at - timedelta(days=days), at, at, paths, least, paths, least])
        return [Alike(*row[:7], tuple(row[7])) for row in cursor.fetchall()]


def groundless(scope: Scope, at: datetime | None = None, most: int = 200) -> list[tuple[UUID, str]]:
    """Orders not yet over of which no evidence stands any more: (id, number). A result was corrected, a case ruled out, a list taken back."""
    at = at or clock.now()
    paths = [p + "%" for p in scope.paths("order.second")]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT o.id, o.number FROM isolation_order o JOIN isolation_issue i ON i.id = o.issue_id JOIN kernel_area a ON a.id = o.area_id
            WHERE o.ends_at > %s AND o.lifted_at IS NULL AND i.refused_at IS NULL AND a.path LIKE ANY (%s)
              AND NOT EXISTS (SELECT 1 FROM isolation_evidence e WHERE e.order_id = o.id AND isolation_fact(e.kind, e.record, o.person_id, o.disease) IS NOT NULL)
            ORDER BY o.starts_at LIMIT %s
            """,
            [at, paths, most],
        )
        return cursor.fetchall()
