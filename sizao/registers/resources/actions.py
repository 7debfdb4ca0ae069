"""What people tell of stock, needs, consignments, shifts and projects. A batch in, one transaction; each step is an act."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sizao.kernel import clock, saving, steps
from sizao.kernel.acts import NewAct
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope
from sizao.kernel.steps import Step, Story

from .models import Consignment, Milestone, Need, Project, Shift, Stock

STOCK = Story("told_at", (Step("stock.counted", "counted_at", number="counted"),), state=("on_hand", "use_per_day", "target", "expiring", "idle", "front_line"), since="told_at")
NEED = Story(
    "raised_at",
    (Step("need.raised", "raised_at", "kind", number="amount"), Step("need.decided", "decided_at", "decision", told=True)),
    state=("amount", "amount_ordered", "arrived", "accepted", "tier"),
    since="told_at",
)
CONSIGNMENT = Story(
    "known_at",
    (
        Step("consignment.pass_issued", "pass_issued_at"),
        Step("consignment.held", "held_at", number="held_minutes"),
        Step("consignment.matched", "matched_at"),
        Step("consignment.sent", "sent_at"),
        Step("consignment.received", "received_at", number="amount"),
        Step("consignment.accepted", "accepted_at"),
        Step("consignment.published", "published_at"),
    ),
)
SHIFT = Story("starts_at", (Step("shift.checked_in", "checked_in_at", subject="guard_post"),), order=("checked_in_at", "ended_at"))
PROJECT = Story("known_at", (Step("project.published", "published_at"),), state=("enrolled", "target", "milestone_due", "due_on"))
MILESTONE = Story("reached_at", (Step("project.milestone", "reached_at", "outcome", subject="project"),))


def save_stocks(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Stock as told, and counts of it."""
    return steps.save(scope, Stock, STOCK, commands, sender=sender, batch=batch)


def save_needs(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Needs raised, decided, served. Rejected value-missing: served or refused without a tier, where it is scarce."""

    def check(row: Any) -> Iterable[Problem]:
        if row.scarce and row.decision and row.tier is None:
            yield Problem("value-missing", "tier")

    return steps.save(scope, Need, NEED, commands, sender=sender, batch=batch, check=check)


def save_consignments(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Goods on their way, step by step."""
    return steps.save(scope, Consignment, CONSIGNMENT, commands, sender=sender, batch=batch)


def donations_published(scope: Scope, rows: Sequence[UUID], *, sender: str) -> None:
    """These gifts stand in a ledger that is out now: the last step of each, an act."""
    now = clock.now()
    for start in range(0, len(rows), 1000):
        save_consignments(scope, [Command(record=pk, told={"published_at": now}) for pk in rows[start : start + 1000]], sender=sender)


#: Nobody is on duty for six weeks on end; more is a year mistyped.
LONGEST_SHIFT = timedelta(hours=999)


def save_shifts(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Shifts: who came in where, and went off. The hours of a person are an act of their own, counted, never typed."""

    def finish(works: Sequence[saving.Work]) -> None:
        for w in works:
            row = w.row
            if row.ended_at is not None and row.checked_in_at is not None and (w.new or w.changed & {"ended_at", "checked_in_at"}):
                row.hours = round(Decimal((row.ended_at - row.checked_in_at).total_seconds()) / 3600, 2)
                w.columns.add("hours")

    def also(row: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if row.person_id is not None and row.hours is not None and (before is None or changed & {"ended_at", "checked_in_at"}):
            yield NewAct("shift.worked", row.pk, row.ended_at, row.person_id, row.area_id, number=row.hours, record=row.pk)

    def check(row: Any) -> Iterable[Problem]:
        if row.guard_post_id is None and row.person_id is None:
            yield Problem("value-missing", "guard_post")
        if row.ended_at is not None and row.checked_in_at is not None and row.ended_at - row.checked_in_at > LONGEST_SHIFT:
            yield Problem("bad-value", "ended_at", row.ended_at.isoformat())

    return steps.save(scope, Shift, SHIFT, commands, sender=sender, batch=batch, check=check, finish=finish, also=also)


def save_projects(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Projects with their dates."""
    return steps.save(scope, Project, PROJECT, commands, sender=sender, batch=batch)


def save_milestones(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Milestones that were reached."""
    return steps.save(scope, Milestone, MILESTONE, commands, sender=sender, batch=batch)
