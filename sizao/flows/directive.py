"""A directive (指令) on its way: given, acknowledged, broken down to lower areas and units with a time each, answered, and seen to be done by who gave it. The same steps serve every ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.codes import threshold
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.command import actions, bounds
from sizao.registers.command import read as command
from sizao.registers.command.models import Ticket

RIGHT = "ticket.write"
STEPS = ("acknowledge", "answer", "verify", "return")


@dataclass(frozen=True, slots=True)
class Target:
    """Who is to do it: an area, or one unit of it."""

    area: Area
    unit: UUID | None = None


def acknowledged_by(raised_at: datetime) -> datetime:
    """By when a directive of that moment is acknowledged."""
    return raised_at + timedelta(hours=float(threshold("directive-clock", raised_at.date())))


def levels_up(due_at: datetime | None, now: datetime) -> int:
    """How many levels above its area a ticket has risen: one when it is overdue, one more each span of `thresholds/ticket-rises.yaml`."""
    if due_at is None or now <= due_at:
        return 0
    return 1 + int((now - due_at) / timedelta(hours=float(threshold("ticket-rises", now.date()))))


@transaction.atomic
def give(scope: Scope, what: str, targets: Sequence[Target], due_at: datetime, *, topic: str = "", kind: str = "directive") -> list[UUID]:
    """One ticket a target. Refused: not-allowed, …out-of-area, ticket-without-answer (nothing said), directive-without-target, directive-due-wrong."""
    return _made(scope, what, targets, due_at, None, {"kind": kind, **({"topic": topic} if topic else {})})


@transaction.atomic
def break_down(scope: Scope, ticket: UUID, what: str, targets: Sequence[Target], due_at: datetime) -> list[UUID]:
    """The parts of a directive, each not due later than the whole. It is acknowledged and assigned by it."""
    whole = _locked(scope, ticket)
    scope.check(RIGHT, whole.area)
    _not_the_raiser(scope, whole)
    if whole.answered_at is not None:
        raise Refused("ticket-step-wrong", step="break_down")
    made = _made(scope, what or whole.what, targets, due_at, whole, {"kind": whole.kind, **({"topic": whole.topic} if whole.topic else {})})
    now = clock.now()
    _save(scope, Command(told={"assigned_at": now, **({} if whole.acknowledged_at else {"acknowledged_at": now})}, record=whole.pk))
    return made


@transaction.atomic
def step(scope: Scope, ticket: UUID, do: str, said: str = "") -> None:
    """One step on: acknowledge, answer (what was done), verify (who raised it has seen it), return (to be done again, and why).

    Refused: ticket-step-wrong, ticket-own-answer, ticket-without-answer, directive-parts-open, excess-still-there, not-the-one-who-raised-it.
    """
    row = _locked(scope, ticket)
    scope.check(RIGHT, row.area)
    now = clock.now()
    if do not in STEPS or row.verified_at is not None:
        raise Refused("ticket-step-wrong", step=do)
    if do == "acknowledge":
        _not_the_raiser(scope, row)
        if row.acknowledged_at is None:
            _save(scope, Command(told={"acknowledged_at": now}, record=row.pk))
        return
    if do == "answer":
        _not_the_raiser(scope, row)
        if row.answered_at is not None:
            raise Refused("ticket-step-wrong", step=do)
        if not said.strip():
            raise Refused("ticket-without-answer")
        waiting = Ticket.objects.filter(part_of=row.pk, answered_at=None).count()
        if waiting:
            raise Refused("directive-parts-open", count=waiting)
        _save(scope, Command(told={"answered_at": now, "answer": said.strip()[:2000], **({} if row.acknowledged_at else {"acknowledged_at": now})}, record=row.pk))
        return
    if row.answered_at is None:
        raise Refused("ticket-step-wrong", step=do)
    if row.raised_by_id is not None and row.raised_by_id != scope.post_id:
        raise Refused("not-the-one-who-raised-it")
    if do == "verify":
        _corrected(scope, row, now)
        _save(scope, Command(told={"verified_at": now}, record=row.pk))
    else:
        if not said.strip():
            raise Refused("ticket-without-answer")
        back = f"{row.what}\n↩ {said.strip()[:500]}"
        _save(scope, Command(told={"reopened_at": now, "what": back[-2000:]}, record=row.pk, cleared=frozenset({"answered_at"})))


def _corrected(scope: Scope, row: Ticket, now: datetime) -> None:
    """An excess is closed when the order no longer goes beyond: seen, not said."""
    if row.kind != "excess" or row.about_order_id is None:
        return
    order = command.in_force(Scope.system("order of a ticket"), "", now).filter(pk=row.about_order_id).first()
    still = [b for b in bounds.beyond(bounds.weighed(order, command.grade_of(order.area, now)), now) if b.id == row.rule] if order is not None else []
    if still:
        raise Refused("excess-still-there", bound=dict(still[0].title))


def _made(scope: Scope, what: str, targets: Sequence[Target], due_at: datetime, whole: Ticket | None, told: Mapping[str, Any]) -> list[UUID]:
    now = clock.now()
    if not what.strip():
        raise Refused("ticket-without-answer")
    if not targets:
        raise Refused("directive-without-target")
    latest = whole.due_at if whole is not None else None
    if due_at <= now or (latest is not None and due_at > latest):
        raise Refused("directive-due-wrong", due=due_at.isoformat(timespec="minutes"), latest=latest.isoformat(timespec="minutes") if latest else "—")
    commands, drawn = [], {}
    for t in targets:
        scope.check(RIGHT, t.area)
        key = f"directive:{uuid7()}"
        commands.append(Command(told={**told, "area": t.area.pk, "unit": t.unit, "what": what.strip()[:2000], "raised_at": now, "due_at": due_at}, source_id=key))
        if whole is not None:
            drawn[key] = {"part_of_id": whole.pk}
    done = actions.save_tickets(scope, commands, sender=f"post:{scope.post_id}", drawn=drawn)
    for o in done:
        if o.kind == "rejected":
            p = o.problems[0]
            raise Refused(p.code, field=p.field, value=p.value, expected="—")
    return [o.record for o in done if o.record is not None]


def _save(scope: Scope, c: Command) -> None:
    [done] = actions.save_tickets(scope, [c], sender=f"post:{scope.post_id}")
    if done.kind == "rejected":
        p = done.problems[0]
        raise Refused(p.code, field=p.field, value=p.value, expected="—")


def _not_the_raiser(scope: Scope, row: Ticket) -> None:
    if row.raised_by_id is not None and row.raised_by_id == scope.post_id:
        raise Refused("ticket-own-answer")


def _locked(scope: Scope, ticket: UUID) -> Ticket:
    row = command.access_ticket_by_id(scope, ticket)
    return Ticket.objects.select_for_update(of=("self",)).select_related("area").get(pk=row.pk)
