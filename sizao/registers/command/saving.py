"""The verbs of the generic machine for orders, texts, tickets, inspections, seats, responsibilities and forms. Steps are acts; a batch in, one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from sizao.kernel import acts, saving, steps
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import code_list
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope
from sizao.kernel.steps import Step, Story

from .models import AreaGrade, AreaReview, Duty, FormRequest, GuardPost, Inspection, Order, PublicText, TestCall, TextReceipt, Ticket
from .rules import asks_again, finding_due, held_fields

ORDER = Story(
    "issued_at",
    (
        Step("order.issued", "issued_at", "kind"),
        Step("order.reviewed", "reviewed_at"),
        Step("order.extended", "extended_at"),
        Step("order.ended", "ended_at"),
        Step("order.done", "done_at"),
    ),
    state=("strictness", "ends_at"),
)
#: A text is an act about what it is the text of; without that, about itself.
TEXT = Story(
    "published_at",
    (
        Step("text.published", "published_at", "kind", subject="about_order"),
        Step("bulletin.published", "published_at", subject="unit", only=("kind", ("bulletin",))),
        Step("plan.filed", "published_at", subject="unit", only=("kind", ("plan",))),
        Step("dataset.released", "published_at", subject="about_dataset", only=("kind", ("dataset",))),
        Step("evaluation.published", "published_at", subject="about_order", only=("kind", ("evaluation",))),
        Step("evaluation.published", "published_at", subject="about_duty", only=("kind", ("evaluation",))),
    ),
    state=("in_force",),
)
RECEIPT = Story("reached_at", (Step("text.adopted", "reached_at", subject="unit", other="text"), Step("text.reached", "reached_at", subject="household", other="text")))
TICKET = Story(
    "raised_at",
    (
        Step("ticket.raised", "raised_at", "kind"),
        Step("ticket.acknowledged", "acknowledged_at"),
        Step("ticket.assigned", "assigned_at"),
        Step("ticket.answered", "answered_at"),
        Step("ticket.verified", "verified_at"),
        Step("ticket.reopened", "reopened_at"),
        Step("ticket.published", "published_at"),
    ),
    order=("raised_at", "answered_at"),
)
REVIEW = Story("reviewed_at", (Step("area.reviewed", "reviewed_at", "outcome"),))
INSPECTION = Story(
    "seen_at",
    (
        Step("inspection.seen", "seen_at", "outcome", subject="unit"),
        Step("inspection.seen", "seen_at", "outcome", subject="household"),
        Step("inspection.seen", "seen_at", "outcome", subject="consignment"),
        Step("leader.visited", "seen_at", subject="led_by"),
    ),
)
POST = Story("told_at", (), state=("holder", "backup", "reachable", "shift_hours", "shift_starts"), since="told_at")
CALL = Story(
    "called_at",
    (Step("call.made", "called_at", "outcome", subject="guard_post"), Step("call.answered", "called_at", "outcome", subject="guard_post", only=("outcome", ("answered",))), Step("call.unanswered", "called_at", "outcome", subject="guard_post", only=("outcome", ("no_answer",)))),
)
DUTY = Story("in_force_from", (Step("duty.accepted", "accepted_at"),), state=("unit",))
FORM = Story("known_at", (Step("form.registered", "registered_at"), Step("form.refused", "refused_at")))


@transaction.atomic
def save_orders(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None, signed: Mapping[str, Mapping[str, Any]] | None = None) -> list[Outcome]:
    """Orders. One that switches measures on (a kind of the list `order-kind`) stands for its area as long as it is in force.

    `signed`: number of a new order → the posts that issued it and agreed to it, as columns; nobody types them.
    """

    def finish(works: Sequence[saving.Work]) -> None:
        switching = code_list("order-kind")
        _also(works, signed)
        for w in works:
            if w.row.kind in switching and (w.new or w.changed & {"kind", "starts_at", "ends_at", "ended_at"}):
                ends = min((at for at in (w.row.ends_at, w.row.ended_at) if at is not None), default=None)
                told = {"area_id": w.row.area_id, "value": w.row.kind, "starts_at": w.row.starts_at, "ends_at": ends if ends is None else max(ends, w.row.starts_at)}
                held = AreaGrade.objects.select_for_update(of=("self",)).filter(sender="order", source_id=str(w.row.pk)).first()
                row = held or AreaGrade(scale="order", sender="order", source_id=str(w.row.pk), known_from=w.row.issued_at, stands_from=w.row.issued_at, batch_id=batch)
                for name, value in told.items():
                    setattr(row, name, value)
                row.save()

    return steps.save(scope, Order, ORDER, commands, sender=sender, batch=batch, finish=finish)


def save_texts(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Texts for the public and for units."""

    def also(row: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if row.about_order_id is None and row.published_at is not None and (before is None or "published_at" in changed):
            yield NewAct("text.published", row.pk, row.published_at, area_id=row.area_id, outcome=row.kind, record=row.pk)

    return steps.save(scope, PublicText, TEXT, commands, sender=sender, batch=batch, also=also)


def save_receipts(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """That a text has come to a unit or a household."""

    def check(row: Any) -> Iterable[Problem]:
        if (row.unit_id is None) == (row.household_id is None):
            yield Problem("value-missing", "unit")

    return steps.save(scope, TextReceipt, RECEIPT, commands, sender=sender, batch=batch, check=check)


def save_tickets(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None, drawn: Mapping[str, Mapping[str, Any]] | None = None) -> list[Outcome]:
    """Tickets, new or one step on. Rejected not-the-one-who-raised-it: another post says that it is closed; value-missing: closed before it was answered.

    `drawn`: number of a new ticket → what it comes from (`part_of_id`, `about_order_id`, `rule`, `raised_by_id`), as columns; nobody types them.
    """
    opened = set(Ticket.objects.filter(pk__in=[c.record for c in commands if c.record], verified_at=None).values_list("pk", flat=True))

    def check(row: Any) -> Iterable[Problem]:
        if row.verified_at is not None and row.answered_at is None:
            yield Problem("value-missing", "answered_at")
        if row.verified_at is not None and row.pk in opened and row.raised_by_id is not None and row.raised_by_id != scope.post_id:
            yield Problem("not-the-one-who-raised-it", "verified_at")

    def finish(works: Sequence[saving.Work]) -> None:
        _also(works, drawn)
        fresh = [w.row for w in works if w.new]
        for row in fresh:
            row.raised_by_id = row.raised_by_id or scope.post_id
        again = asks_again([(r.unit_id, r.topic, r.kind, r.raised_at) for r in fresh], _closed_before(fresh))
        for row, repeated in zip(fresh, again, strict=True):
            row.repeated = repeated

    return steps.save(scope, Ticket, TICKET, commands, sender=sender, batch=batch, check=check, finish=finish)


@transaction.atomic
def save_inspections(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """What was seen. A unit that does not keep what it should has a finding raised by who looked: a ticket, due after the days of `thresholds/finding-due.yaml`."""

    def check(row: Any) -> Iterable[Problem]:
        if row.unit_id is None and row.household_id is None and row.consignment_id is None and row.led_by_id is None:
            yield Problem("value-missing", "unit")

    def also(row: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if row.unit_id and row.practice and (before is None or changed & {"practice", "outcome", "seen_at"}):
            yield NewAct("practice.seen", row.unit_id, row.seen_at, area_id=row.area_id, outcome=row.practice, number=int(row.outcome == "kept"), record=row.pk)

    done = steps.save(scope, Inspection, INSPECTION, commands, sender=sender, batch=batch, check=check, also=also)
    made = Inspection.objects.filter(pk__in=[o.record for o in done if o.kind == "new"], outcome="not_kept", unit__isnull=False)
    findings = [
        Command(
            told={
                "kind": "finding", "topic": "practice", "area": i.area_id, "unit": i.unit_id, "what": i.what or i.practice or "", "raised_at": i.seen_at,
                "due_at": finding_due(i.seen_at),
            },
            source_id=f"inspection:{i.pk}",
        )
        for i in made
    ]  # fmt: skip
    if findings:
        _as_found(scope, findings, batch)
    return done


def save_reviews(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Reviews of what is decided about areas."""
    return steps.save(scope, AreaReview, REVIEW, commands, sender=sender, batch=batch)


def save_posts(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Seats and guard posts; who holds them changes on the day."""
    return steps.save(scope, GuardPost, POST, commands, sender=sender, batch=batch)


def save_calls(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Test calls and whether somebody answered."""
    return steps.save(scope, TestCall, CALL, commands, sender=sender, batch=batch)


def save_duties(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Who answers for which measure where. Accepted is accepted by the post that says so."""

    def finish(works: Sequence[saving.Work]) -> None:
        for w in works:
            if w.row.accepted_at is not None and w.row.accountable_id is None:
                w.row.accountable_id = scope.post_id
                w.columns.add("accountable")

    return steps.save(scope, Duty, DUTY, commands, sender=sender, batch=batch, finish=finish)


def save_forms(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Forms that somebody wants filled in. How many of their fields are known already is counted from the dictionary."""

    def finish(works: Sequence[saving.Work]) -> None:
        for w in works:
            if w.new or "asks" in w.changed:
                w.row.fields_already_held = len(held_fields(w.row.asks))
                w.columns.add("fields_already_held")

    return steps.save(scope, FormRequest, FORM, commands, sender=sender, batch=batch, finish=finish)


def _also(works: Sequence[saving.Work], columns: Mapping[str, Mapping[str, Any]] | None) -> None:
    """Columns of new rows that no sender tells: written with the row, by the number that it came under."""
    for w in works:
        for name, value in ((columns or {}).get(w.row.source_id, {}) if w.new else {}).items():
            setattr(w.row, name, value)


def _as_found(scope: Scope, findings: Sequence[Command], batch: int | None) -> None:
    """Findings are written in one step with the look they come from; whoever may look may raise them."""
    rows = [Ticket(sender="inspection", source_id=c.source_id, raised_by_id=scope.post_id, known_from=c.told["raised_at"], stands_from=c.told["raised_at"], batch_id=batch) for c in findings]
    for row, c in zip(rows, findings, strict=True):
        for name, value in c.told.items():
            setattr(row, f"{name}_id" if name in ("area", "unit") else name, value)
    for row, repeated in zip(rows, asks_again([(r.unit_id, r.topic, r.kind, r.raised_at) for r in rows], _closed_before(rows)), strict=True):
        row.repeated = repeated
    Ticket.objects.bulk_create(rows, batch_size=1000)
    acts.record(scope, [NewAct("ticket.raised", r.pk, r.raised_at, area_id=r.area_id, outcome=r.kind, record=r.pk) for r in rows], batch=batch)


def _closed_before(rows: Sequence[Any]) -> list[tuple[Any, Any, str, Any]]:
    """(unit, topic, kind, when it was closed) of the tickets of the same units that were closed."""
    units = {r.unit_id for r in rows if r.unit_id}
    if not units:
        return []
    return list(Ticket.objects.filter(unit__in=units, verified_at__isnull=False).values_list("unit_id", "topic", "kind", "verified_at"))
