"""What people do to the register of isolation: put a person into a stay, look at a person each day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sizao.kernel import acts, audit, clock, registry, saving
from sizao.kernel.acts import NewAct
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.models import Act
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope

from .models import DailyCheck, Stay


@dataclass(frozen=True, slots=True)
class NewStay:
    """A stay of a person for a disease, from an instant. `kind` is a code of `stay-kind`, or None when it was not told."""

    person: UUID
    area_id: int
    disease: str
    started_at: datetime
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class NewCheck:
    """One look at a person. `key` is made by who records it, so that sending twice records once."""

    key: str
    person: UUID
    subject: UUID
    area_id: int
    disease: str
    happened_at: datetime
    outcome: str
    temperature: Decimal | None = None
    symptoms: tuple[str, ...] = ()


def add_stays(scope: Scope, new: Sequence[NewStay], *, sender: str, batch: int | None = None, reported: bool = False) -> list[UUID]:
    """Stays that began, each with the act `stay.admitted`; one that is known already (same person, same start) is left alone."""
    held = set(Stay.objects.filter(person__in={s.person for s in new}).values_list("person_id", "started_at"))
    rows = [
        Stay(
            id=uuid7(),
            person_id=s.person,
            area_id=s.area_id,
            disease=s.disease,
            kind=s.kind,
            started_at=s.started_at,
            sender=sender,
            source_id=f"{s.person}:{s.started_at.isoformat()}",
            known_from=s.started_at,
            stands_from=s.started_at,
            batch_id=batch,
        )
        for s in new
        if (s.person, s.started_at) not in held
    ]
    Stay.objects.bulk_create(rows, batch_size=1000)
    acts.record(
        scope,
        [
            NewAct("stay.admitted", r.pk, r.started_at, r.person_id, r.area_id, r.disease, reported_at=r.started_at if reported else None, outcome=r.kind, record=r.pk)
            for r in rows
        ],
        batch=batch,
    )
    if rows:
        audit.write(scope, "isolation.admitted", [r.person_id for r in rows], digest_of=[(r.started_at, r.kind) for r in rows])
    return [r.pk for r in rows]


def add_checks(scope: Scope, new: Sequence[NewCheck], *, sender: str, batch: int | None = None, reported: bool = False) -> dict[str, UUID]:
    """Checks that were made, each with the act `isolation.daily_check`; key → id of those that are new. A key that is known is left alone."""
    held = set(DailyCheck.objects.filter(sender=sender, source_id__in={c.key for c in new}).values_list("source_id", flat=True))
    rows = [
        DailyCheck(
            id=uuid7(),
            person_id=c.person,
            subject=c.subject,
            area_id=c.area_id,
            disease=c.disease,
            happened_at=c.happened_at,
            outcome=c.outcome,
            temperature=c.temperature,
            symptoms=list(c.symptoms),
            sender=sender,
            source_id=c.key,
            known_from=c.happened_at,
            stands_from=c.happened_at,
            batch_id=batch,
        )
        for c in {c.key: c for c in new}.values()
        if c.key not in held
    ]
    DailyCheck.objects.bulk_create(rows, batch_size=1000)
    acts.record(
        scope,
        [
            NewAct(
                "isolation.daily_check",
                r.subject,
                r.happened_at,
                r.person_id,
                r.area_id,
                r.disease,
                reported_at=r.happened_at if reported else None,
                outcome=r.outcome,
                number=r.temperature,
                record=r.pk,
            )
            for r in rows
        ],
        batch=batch,
    )
    if rows:
        audit.write(scope, "isolation.checked", [r.person_id for r in rows], digest_of=[(r.subject, r.happened_at, r.outcome, r.temperature) for r in rows])
    return {r.source_id: r.pk for r in rows}


def void_check(scope: Scope, check: UUID) -> bool:
    """Takes back a check of this post: an `attempt` with the outcome `void` replaces its act, the row says `void`. False if it was taken back before.

    Refused not-found-or-out-of-area when it is not this post's.
    """
    row = DailyCheck.objects.select_for_update(of=("self",)).filter(pk=check, sender=f"post:{scope.post_id}").first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    if row.outcome == "void":
        return False
    held = Act.objects.filter(kind="isolation.daily_check", subject=row.subject, record=row.pk).first()
    assert held is not None
    acts.record(scope, [NewAct("attempt", row.subject, row.happened_at, row.person_id, row.area_id, row.disease, outcome="void", record=row.pk, replaces=held.pk)])
    row.outcome, row.stands_from = "void", clock.now()
    row.save(update_fields=["outcome", "stands_from"])
    audit.write(scope, "isolation.check_voided", [row.person_id])
    return True


def save_stays(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """What forms, imports and the API tell of stays: a new one records `stay.admitted`, an end that is new `stay.released`."""

    def told(r: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if before is None:
            yield NewAct("stay.admitted", r.pk, r.started_at, r.person_id, r.area_id, r.disease, outcome=r.kind, record=r.pk)
        if r.ended_at and (before is None or ("ended_at" in changed and before["ended_at"] is None)):
            yield NewAct("stay.released", r.pk, r.ended_at, r.person_id, r.area_id, r.disease, outcome=r.kind, record=r.pk)

    def whole(r: Any) -> Iterable[Problem]:
        if r.started_at > clock.now():
            yield Problem("done-in-the-future", "started_at", r.started_at.isoformat())
        if r.ended_at and r.ended_at < r.started_at:
            yield Problem("contradicts-itself", "ended_at", r.ended_at.isoformat())

    register = registry.of_model(Stay)
    assert register is not None
    return saving.save(scope, register, commands, sender=sender, batch=batch, acts=told, check=whole)
