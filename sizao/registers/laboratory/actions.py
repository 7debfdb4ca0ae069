"""What people do in the laboratory's register: take samples, tell results."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sizao.kernel import acts, audit, registry, saving
from sizao.kernel.acts import NewAct
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope

from .models import Specimen


@dataclass(frozen=True, slots=True)
class NewSpecimen:
    """A sample that was taken. `key` is made by who takes it, so that sending twice records once."""

    key: str
    person: UUID
    area_id: int
    disease: str
    sampled_at: datetime
    kind: str | None = None


def add_specimens(scope: Scope, new: Sequence[NewSpecimen], *, sender: str, batch: int | None = None) -> dict[str, UUID]:
    """Samples taken, each with the act `lab.sampled`; key → id of those that are new."""
    held = set(Specimen.objects.filter(sender=sender, source_id__in={s.key for s in new}).values_list("source_id", flat=True))
    rows = [
        Specimen(
            id=uuid7(),
            person_id=s.person,
            area_id=s.area_id,
            disease=s.disease,
            kind=s.kind,
            sampled_at=s.sampled_at,
            sender=sender,
            source_id=s.key,
            known_from=s.sampled_at,
            stands_from=s.sampled_at,
            batch_id=batch,
        )
        for s in {s.key: s for s in new}.values()
        if s.key not in held
    ]
    Specimen.objects.bulk_create(rows, batch_size=1000)
    acts.record(scope, [NewAct("lab.sampled", r.pk, r.sampled_at, r.person_id, r.area_id, r.disease, record=r.pk) for r in rows], batch=batch)
    if rows:
        audit.write(scope, "laboratory.sampled", [r.person_id for r in rows], digest_of=[(r.source_id, r.sampled_at) for r in rows])
    return {r.source_id: r.pk for r in rows}


def tell_results(scope: Scope, results: Mapping[UUID, tuple[str, datetime]]) -> int:
    """Results of samples (specimen → result, when), each with the act `lab.resulted`; how many were new. The same result again changes nothing.

    Refused bad-value when a sample has another result already: a correction is not a second result.
    """
    changed = []
    for row in Specimen.objects.select_for_update(of=("self",)).filter(pk__in=results):
        result, at = results[row.pk]
        if row.result is not None:
            if row.result != result:
                raise Refused("bad-value", field={"zh": "检测结果", "en": "result"}, value=result, expected=row.result)
            continue
        row.result, row.resulted_at, row.stands_from = result, at, at
        row.save(update_fields=["result", "resulted_at", "stands_from"])
        changed.append(row)
    told = [NewAct("lab.resulted", r.pk, results[r.pk][1], r.person_id, r.area_id, r.disease, outcome=r.result, record=r.pk) for r in changed]
    acts.record(scope, told)
    if changed:
        audit.write(scope, "laboratory.resulted", [r.person_id for r in changed], digest_of=[(r.pk, r.result) for r in changed])
    return len(changed)


def save(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """What forms, imports and the API tell of samples: a new one records `lab.sampled`, a result that is new `lab.resulted`.

    Rejected bad-value where a sample has another result already: a correction is not a second result.
    """

    def told(r: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if before is None:
            yield NewAct("lab.sampled", r.pk, r.sampled_at, r.person_id, r.area_id, r.disease, record=r.pk)
        if r.result and (before is None or "result" in changed):
            yield NewAct("lab.resulted", r.pk, r.resulted_at, r.person_id, r.area_id, r.disease, outcome=r.result, record=r.pk)

    def whole(r: Any) -> Iterable[Problem]:
        if bool(r.result) != bool(r.resulted_at):
            yield Problem("value-missing", "resulted_at" if r.result else "result")
        elif r.resulted_at and r.resulted_at < r.sampled_at:
            yield Problem("contradicts-itself", "resulted_at", r.resulted_at.isoformat())

    register = registry.of_model(Specimen)
    assert register is not None
    return saving.save(scope, register, commands, sender=sender, batch=batch, acts=told, check=whole)
