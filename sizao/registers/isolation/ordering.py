"""What people do about orders: issue them, agree as a second unit, take them back, lift and shorten them, object, and answer objections.

Everything that makes an order lawful is asked here to be said in words, and by PostgreSQL again (`guard.py`), which nobody gets round.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from sizao.kernel import acts, audit, clock, machine
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import code_list
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7, uuid7s, uuid_array
from sizao.kernel.models import Area
from sizao.kernel.outcome import Outcome, Problem
from sizao.kernel.rows import among
from sizao.kernel.scope import Scope, at_most_one

from . import orders as read
from . import rules
from .models import Appeal, Evidence, Issue, Order

#: A device's clock may run behind; an order is not issued for the past.
BACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """One person is to stay somewhere. `key` is made once by who issues it: sent twice it is one order.

    Attributes:
        rule: The id of a rule in force for that disease there ("contact-observation").
        basis: A code of the rule's legal bases; "" is its first.
        starts_at: None is now.
        ends_at: None is the latest that the rule and the evidence allow.
        evidence: (kind, record): records of registers about this very person.
        instead_of: An order that this one replaces; it is lifted.
    """

    key: str
    person: UUID
    area_id: int
    disease: str
    rule: str
    kind: str
    evidence: Sequence[tuple[str, UUID]] = ()
    basis: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    instead_of: UUID | None = None


@dataclass(slots=True)
class _Ready:
    new: NewOrder
    rule: read.Rule
    basis: str
    starts_at: datetime
    ends_at: datetime
    id: UUID = field(default_factory=uuid7)


@transaction.atomic
def issue_orders(scope: Scope, new: Sequence[NewOrder]) -> list[Outcome]:
    """One outcome each, in order: new, identical (the key is known), or rejected with the reason. Those that are new stand in one issue.

    More than `rules.AT_ONCE` of one unit within an hour, or an issuer whose role is none of the rule's, and the issue waits for a second unit.
    Refused restriction-without-issuer: the machine itself issues nothing.
    """
    scope.check("order.issue")
    if scope.user is None or scope.post is None:
        raise Refused("restriction-without-issuer")
    now, sender = clock.now(), f"post:{scope.post_id}"
    held = dict(among(Order.objects.filter(sender=sender), "source_id", [n.key for n in new], ids=False).values_list("source_id", "id"))
    areas = Area.objects.in_bulk({n.area_id for n in new})
    facts = _facts([(kind, record, n.person, n.disease) for n in new for kind, record in n.evidence])
    in_force: dict[tuple[int, str], Mapping[str, read.Rule]] = {}
    outcomes: list[Outcome | None] = [None] * len(new)
    ready: dict[int, _Ready] = {}
    for i, n in enumerate(new):
        if n.key in held or any(n.key == r.new.key for r in ready.values()):
            outcomes[i] = Outcome("identical", held.get(n.key), n.person)
            continue
        area = areas.get(n.area_id)
        if area is None or not scope.can("order.issue", area) or not area.path.startswith(scope.post.area.path):
            outcomes[i] = _no("not-found-or-out-of-area", "area")
            continue
        if (n.area_id, n.disease) not in in_force:
            in_force[n.area_id, n.disease] = read.rules_in_force(area, n.disease, now)
        rule = in_force[n.area_id, n.disease].get(n.rule)
        if rule is None:
            outcomes[i] = _no("restriction-rule-not-in-force", "rule", n.rule)
            continue
        times = [facts.get((kind, record, n.person)) if kind in rule.body["evidence"] else None for kind, record in n.evidence]
        found = _checked(n, rule, [t for t in times if t is not None], all(t is not None for t in times), now)
        if isinstance(found, Problem):
            outcomes[i] = Outcome("rejected", problems=(found,))
        else:
            ready[i] = found
    if ready:
        _write(scope, list(ready.values()), sender)
    for i, r in ready.items():
        outcomes[i] = Outcome("new", r.id, r.new.person)
    return [o for o in outcomes if o is not None]


def _checked(n: NewOrder, rule: read.Rule, facts: Sequence[datetime], all_found: bool, now: datetime) -> _Ready | Problem:
    """The order as it would be written, or what it lacks."""
    body = rule.body
    starts_at, basis = n.starts_at or now, n.basis or next(iter(body["basis"]), "")
    if n.kind not in body["kinds"]:
        return Problem("restriction-kind", "kind", n.kind)
    if basis not in body["basis"]:
        return Problem("restriction-without-basis", "basis", n.basis)
    if not n.evidence:
        return Problem("restriction-without-evidence", "evidence")
    if not all_found:
        return Problem("restriction-evidence-unfit", "evidence")
    if starts_at < now - BACK:
        return Problem("restriction-backdated", "starts_at", starts_at.isoformat())
    latest = rules.latest_end(body, starts_at, facts)
    ends_at = n.ends_at or latest
    if ends_at > latest or latest <= starts_at:
        return Problem("restriction-too-long", "ends_at", latest.isoformat())
    if ends_at <= starts_at:
        return Problem("restriction-without-end", "ends_at", ends_at.isoformat())
    return _Ready(n, rule, basis, starts_at, ends_at)


def _facts(asked: Sequence[tuple[str, UUID, UUID, str]]) -> dict[tuple[str, UUID, UUID], datetime]:
    """(kind, record, person) → the time of the fact, as the register's own row says; absent where there is no such row about that person."""
    if not asked:
        return {}
    kinds, records, people, diseases = zip(*asked, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k, r, p, isolation_fact(k, r, p, d) FROM unnest(%s::text[], %s::uuid[], %s::uuid[], %s::text[]) AS n (k, r, p, d)",
            [list(kinds), uuid_array(records), uuid_array(people), list(diseases)],
        )
        return {(k, r, p): at for k, r, p, at in cursor.fetchall() if at is not None}


def _write(scope: Scope, ready: Sequence[_Ready], sender: str) -> None:
    assert scope.post is not None and scope.user is not None
    now = clock.now()
    with guarded():
        issue = Issue.objects.create(post=scope.post, user=scope.user, area=scope.post.area, issued_at=now)
        Order.objects.bulk_create([
            Order(
                id=r.id, person_id=r.new.person, area_id=r.new.area_id, disease=r.new.disease, kind=r.new.kind, rule_id=r.rule.pk, basis=r.basis, appeal_route=r.rule.body["appeal"]["zh"],
                issue=issue, issuer=scope.post, issued_at=now, starts_at=r.starts_at, ends_at=r.ends_at, sender=sender, source_id=r.new.key, known_from=now, stands_from=now,
            )
            for r in ready
        ])  # fmt: skip
        pairs = [(r, kind, record) for r in ready for kind, record in dict.fromkeys(r.new.evidence)]
        Evidence.objects.bulk_create([
            Evidence(id=pk, order_id=r.id, person_id=r.new.person, area_id=r.new.area_id, kind=kind, record=record, sender=sender, known_from=now, stands_from=now)
            for pk, (r, kind, record) in zip(uuid7s(len(pairs)), pairs, strict=True)
        ])  # fmt: skip
    acts.record(scope, [NewAct("isolation.ordered", r.id, now, r.new.person, r.new.area_id, r.new.disease, outcome=r.new.kind, record=r.id) for r in ready])
    audit.write(scope, "isolation.ordered", [r.new.person for r in ready], digest_of=[(r.id, r.rule.ref, r.ends_at) for r in ready])
    replaced = {r.new.instead_of for r in ready if r.new.instead_of}
    if replaced:
        lift(scope, replaced, "became_case")


@contextmanager
def guarded() -> Iterator[None]:
    """What the database refuses of a restriction is said in words; its questions for the end of a transaction are asked at the end of the block."""
    try:
        with machine.pretend(clock.pretended()), transaction.atomic():  # what was refused is rolled back before the clock is set back
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as fault:
        code = getattr(getattr(fault.__cause__, "diag", None), "constraint_name", None) or ""
        if code.startswith(("restriction-", "appeal-", "stay-")):
            raise Refused(code) from None
        if code == "appeal_open_once":
            raise Refused("appeal-open") from None
        raise


@transaction.atomic
def second(scope: Scope, issue: UUID, *, agree: bool = True) -> Issue:
    """A second unit agrees to an issue, or refuses it for good. Refused: restriction-same-unit, not-found-or-out-of-area, restriction-unchangeable."""
    scope.check("order.second")
    row = _issue(scope, issue)
    if row.refused_at is not None or (agree and (row.seconded_at is not None or not row.waits)):
        raise Refused("restriction-unchangeable")
    row.second_post, row.second_user = scope.post, scope.user
    if agree:
        row.seconded_at = clock.now()
    else:
        row.refused_at = clock.now()
    with guarded():
        row.save(update_fields=["second_post", "second_user", "seconded_at", "refused_at"])
    orders = list(row.orders.all())
    if agree:
        acts.record(scope, [NewAct("isolation.seconded", o.pk, clock.now(), o.person_id, o.area_id, o.disease, record=o.pk) for o in orders])
    audit.write(scope, "isolation.seconded" if agree else "isolation.second_refused", [o.person_id for o in orders], issue=str(issue))
    row.refresh_from_db()
    return row


@transaction.atomic
def hold(scope: Scope, issue: UUID) -> Issue:
    """Another unit takes an issue back for a second look: none of its orders binds anybody until a second unit agrees."""
    scope.check("order.second")
    row = _issue(scope, issue)
    row.second_post, row.second_user = scope.post, scope.user
    row.waits, row.seconded_at = True, None
    with guarded():
        row.save(update_fields=["second_post", "second_user", "waits", "seconded_at"])
    audit.write(scope, "isolation.held", list(row.orders.values_list("person_id", flat=True)), issue=str(issue))
    row.refresh_from_db()
    return row


def _issue(scope: Scope, issue: UUID) -> Issue:
    found: Issue = at_most_one(Issue.objects.select_for_update(of=("self",)).filter(scope.area_filter("area", "order.second"), pk=issue)[:1])
    return found


@transaction.atomic
def lift(scope: Scope, orders: Iterable[UUID], reason: str) -> int:
    """Orders end now, for a reason of `lift-reason`; how many did. Those that were lifted before stay as they were."""
    if not scope.is_system and not any(scope.can(p) for p in ("order.issue", "order.second", "appeal.decide")):
        raise Refused("not-allowed")
    if reason not in code_list("lift-reason"):
        raise Refused("bad-value", field="reason", value=reason, expected="lift-reason")
    rows = list(among(read.orders(scope).select_for_update(of=("self",)).filter(lifted_at=None), "id", orders))
    now = clock.now()
    for row in rows:
        row.lifted_at, row.lift_reason, row.lifted_by, row.stands_from = now, reason, scope.post, now
    with guarded():
        for row in rows:
            row.save(update_fields=["lifted_at", "lift_reason", "lifted_by", "stands_from"])
    acts.record(scope, [NewAct("isolation.lifted", o.pk, now, o.person_id, o.area_id, o.disease, outcome=reason, record=o.pk) for o in rows])
    if rows:
        audit.write(scope, "isolation.lifted", [o.person_id for o in rows], digest_of=[(o.pk, reason) for o in rows])
    return len(rows)


@transaction.atomic
def file_appeal(scope: Scope, order: UUID, grounds: str) -> Appeal:
    """Somebody objects: the person himself (a system scope that his own code opened), or a post that writes it down for him. The clock starts now.

    Refused appeal-open when an objection to this order is still unanswered.
    """
    row = at_most_one(read.orders(scope).filter(pk=order)[:1])
    now = clock.now()
    made = Appeal(order=row, person_id=row.person_id, area_id=row.area_id, filed_at=now, grounds=grounds.strip()[:4000], sender=f"post:{scope.post_id}" if scope.post_id else "holder", known_from=now, stands_from=now)
    with guarded():
        made.save(force_insert=True)
    acts.record(scope, [NewAct("isolation.appealed", row.pk, now, row.person_id, row.area_id, row.disease, record=made.pk)])
    audit.write(scope, "isolation.appealed", [row.person_id])
    made.refresh_from_db()
    return made


@transaction.atomic
def answer_appeal(scope: Scope, appeal: UUID, decision: str, reason: str, *, ends_at: datetime | None = None) -> Appeal:
    """A human being of another unit decides, and says why. `granted` lifts the order at once; `shortened` brings its end forward to `ends_at`.

    Refused: appeal-own-order, appeal-without-reason, appeal-answered, restriction-extended.
    """
    scope.check("appeal.decide")
    if scope.user is None or scope.post is None:
        raise Refused("appeal-without-person")
    row: Appeal = at_most_one(Appeal.objects.select_for_update(of=("self",)).select_related("order").filter(scope.area_filter("area", "appeal.decide"), pk=appeal)[:1])
    if row.decided_at is not None:
        raise Refused("appeal-answered")
    if decision not in code_list("appeal-decision"):
        raise Refused("bad-value", field="decision", value=decision, expected="appeal-decision")
    if not reason.strip():
        raise Refused("appeal-without-reason")
    now = clock.now()
    row.decided_at, row.decision, row.reason, row.decided_by, row.decided_user, row.stands_from = now, decision, reason.strip()[:4000], scope.post, scope.user, now
    with guarded():
        row.save(update_fields=["decided_at", "decision", "reason", "decided_by", "decided_user", "stands_from"])
    acts.record(scope, [NewAct("isolation.answered", row.order_id, now, row.person_id, row.area_id, row.order.disease, outcome=decision, record=row.pk)])
    audit.write(scope, "isolation.answered", [row.person_id], digest_of=(str(row.pk), decision))
    if decision == "granted":
        lift(scope, [row.order_id], "appeal")
    elif decision == "shortened":
        shorten(scope, row.order, ends_at)
    row.refresh_from_db()
    return row


def shorten(scope: Scope, order: Order, ends_at: datetime | None) -> None:
    """An order ends earlier than it said; never later."""
    if ends_at is None or ends_at > order.ends_at or ends_at <= order.starts_at:
        raise Refused("restriction-extended")
    order.ends_at, order.stands_from = ends_at, clock.now()
    with guarded():
        order.save(update_fields=["ends_at", "stands_from"])
    audit.write(scope, "isolation.shortened", [order.person_id], digest_of=(str(order.pk), ends_at))


def _no(code: str, name: str = "", value: Any = "") -> Outcome:
    return Outcome("rejected", problems=(Problem(code, name, str(value)),))
