"""What people do to the register of isolation: put a person into a stay, look at a person each day."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sizao.kernel import acts, audit, clock, registry, saving
from sizao.kernel.acts import NewAct
from sizao.kernel.adding import add_new
from sizao.kernel.copying import copy_records, update_records
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7s, uuid_array
from sizao.kernel.models import Act
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope

from .models import DailyCheck, Stay


@dataclass(frozen=True, slots=True)
class NewStay:
    """A stay of a person for a disease, from an instant. `kind` is a code of `stay-kind`, or None when it was not told. `order`: the isolation order that
    it is under; None where somebody merely is there, or was elsewhere."""

    person: UUID
    area_id: int
    disease: str
    started_at: datetime
    kind: str | None = None
    order: UUID | None = None


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
    held = set(Stay.objects.extra(where=["person_id = ANY(%s::uuid[])"], params=[uuid_array({s.person for s in new})]).values_list("person_id", "started_at"))
    rows = [s for s in {(s.person, s.started_at): s for s in new}.values() if (s.person, s.started_at) not in held]
    ids = uuid7s(len(rows))
    if rows:
        copy_records(
            Stay,
            ("id", "batch_id", "person_id", "area_id", "disease", "kind", "started_at", "order_id", "sender", "source_id", "known_from", "stands_from"),
            ((key, batch, s.person, s.area_id, s.disease, s.kind, s.started_at, s.order, sender, f"{s.person}:{s.started_at.isoformat()}", s.started_at, s.started_at) for key, s in zip(ids, rows, strict=True)),
        )
    acts.record(
        scope,
        [NewAct("stay.admitted", key, s.started_at, s.person, s.area_id, s.disease, s.started_at if reported else None, outcome=s.kind, record=key) for key, s in zip(ids, rows, strict=True)],
        batch=batch,
    )
    if rows:
        audit.write(scope, "isolation.admitted", [s.person for s in rows], digest_of=[(s.started_at, s.kind) for s in rows])
    return ids


def end_stays(scope: Scope, ended: Sequence[tuple[UUID, str, datetime]], *, batch: int | None = None, reported: bool = False) -> int:
    """(person, disease, when): the stay that he was in then ends, with the act `stay.released`; how many ended. Who was in none stays as he is."""
    inside: dict[tuple[UUID, str], list[Stay]] = {}
    rows = Stay.objects.select_for_update(of=("self",)).filter(ended_at=None).extra(where=["person_id = ANY(%s::uuid[])"], params=[uuid_array({p for p, _, _ in ended})])
    for row in rows.order_by("started_at", "id"):
        inside.setdefault((row.person_id, row.disease), []).append(row)
    done: list[tuple[Stay, datetime]] = []
    for person, disease, at in ended:
        there = [s for s in inside.get((person, disease), []) if s.started_at <= at]
        if there:
            inside[person, disease].remove(there[-1])
            done.append((there[-1], at))
    update_records(Stay, ("released_at", "stands_from"), [(s.pk, at, at) for s, at in done])
    acts.record(scope, [NewAct("stay.released", s.pk, at, s.person_id, s.area_id, s.disease, at if reported else None, outcome=s.kind, record=s.pk) for s, at in done], batch=batch)
    if done:
        audit.write(scope, "isolation.released", [s.person_id for s, _ in done], digest_of=[(s.pk, at) for s, at in done])
    return len(done)


def add_checks(scope: Scope, new: Sequence[NewCheck], *, sender: str, batch: int | None = None, reported: bool = False) -> dict[str, UUID]:
    """Checks that were made, each with the act `isolation.daily_check`; key → id of those that are new. A key that is known is left alone."""
    return add_new(
        scope, DailyCheck, {c.key: c for c in new}, sender=sender, batch=batch, event="isolation.checked", since=lambda c: c.happened_at, about=lambda c: c.person,
        columns=lambda c: {
            "person_id": c.person, "subject": c.subject, "area_id": c.area_id, "disease": c.disease, "happened_at": c.happened_at, "outcome": c.outcome,
            "temperature": c.temperature, "symptoms": json.dumps(c.symptoms),
        },
        act=lambda key, c: NewAct(
            "isolation.daily_check", c.subject, c.happened_at, c.person, c.area_id, c.disease, c.happened_at if reported else None, outcome=c.outcome, number=c.temperature, record=key
        ),
        digest_of=lambda c: (c.subject, c.happened_at, c.outcome, c.temperature),
    )  # fmt: skip


def key_of_check(check: UUID) -> str:
    """The key under which a check was recorded."""
    return str(DailyCheck.objects.values_list("source_id", flat=True).get(pk=check))


def void_check(scope: Scope, check: UUID) -> bool:
    """Takes back a check of this post: an `attempt` with the outcome `void` replaces its act, the row says `void`. False if it was taken back before.

    Refused not-found-or-out-of-area when it is not this post's.
    """
    row = DailyCheck.objects.select_for_update(of=("self",)).filter(pk=check, sender=f"post:{scope.post_id}").first()
    if row is None:
        raise Refused("not-found-or-out-of-area")
    if row.outcome == "void":
        return False
    held = Act.objects.filter(kind="isolation.daily_check", subject=row.subject, record=row.pk).order_by("-recorded_at", "-id").first()  # that stands: one may have been said again
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
        if r.left_at and (before is None or "left_at" in changed):
            yield NewAct("stay.left", r.pk, r.left_at, r.person_id, r.area_id, r.disease, outcome=r.kind, record=r.pk)

    def whole(r: Any) -> Iterable[Problem]:
        if r.started_at > clock.now():
            yield Problem("done-in-the-future", "started_at", r.started_at.isoformat())
        if r.ended_at and r.ended_at < r.started_at:
            yield Problem("contradicts-itself", "ended_at", r.ended_at.isoformat())
        if r.left_at and r.left_at < r.started_at:
            yield Problem("contradicts-itself", "left_at", r.left_at.isoformat())

    register = registry.of_model(Stay)
    assert register is not None
    return saving.save(scope, register, commands, sender=sender, batch=batch, acts=told, check=whole)
