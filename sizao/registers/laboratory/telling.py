"""Writing results down: the row of the result, what stands on the sample, the act; and what a tube that is not negative asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from sizao.kernel import acts, audit
from sizao.kernel.acts import NewAct
from sizao.kernel.copying import copy_records, update_records
from sizao.kernel.ids import uuid7s
from sizao.kernel.scope import Scope

from .models import Recall, Result, Specimen, Tube


@dataclass(frozen=True, slots=True)
class Told:
    """A result of a sample, told now."""

    specimen: Specimen
    result: str
    at: datetime
    ct: Decimal | None = None
    method: str | None = None


def put_results(scope: Scope, told: Sequence[Told], batch: int | None = None, *, reported: bool = False) -> int:
    """Writes results of samples that have none; how many. The result of a retest answers for the sample that asked for it, too.

    `reported` marks what a sender tells of the past."""
    if not told:
        return 0
    copy_records(
        Result,
        ("id", "batch_id", "specimen_id", "area_id", "laboratory_id", "method", "result", "resulted_at", "ct", "known_from", "stands_from"),
        (
            (key, batch, t.specimen.pk, t.specimen.area_id, t.specimen.laboratory_id, t.method, t.result, t.at, t.ct, t.at, t.at)
            for key, t in zip(uuid7s(len(told)), told, strict=True)
        ),
    )
    first = {s.pk: s for s in Specimen.objects.select_for_update(of=("self",)).filter(pk__in={t.specimen.retest_of_id for t in told if t.specimen.retest_of_id}).filter(Q(result=None) | Q(result="invalid"))}
    changed = []
    for t in told:
        for s in (t.specimen, first.get(t.specimen.retest_of_id)):
            if s is not None and (s is t.specimen or t.result != "invalid"):
                s.result, s.resulted_at, s.stands_from = t.result, t.at, t.at
                changed.append(s)
    update_records(Specimen, ("result", "resulted_at", "stands_from"), [(s.pk, s.result, s.resulted_at, s.stands_from) for s in changed])
    _end_recalls({t.specimen.retest_of_id: t for t in told if t.specimen.retest_of_id is not None})
    acts.record(
        scope,
        [
            NewAct("lab.resulted", t.specimen.pk, t.at, t.specimen.person_id, t.specimen.area_id, t.specimen.disease, t.at if reported else None, outcome=t.result, record=t.specimen.pk)
            for t in told
        ],
        batch=batch,
    )
    audit.write(scope, "laboratory.resulted", [t.specimen.person_id or t.specimen.pk for t in told], digest_of=[(t.specimen.pk, t.result) for t in told])
    return len(told)


def _end_recalls(told: Mapping[UUID, Told]) -> None:
    """Who was called again and has a result is called no longer; after an invalid one he is still to be sampled alone."""
    if told:
        rows = Recall.objects.select_for_update(of=("self",)).filter(specimen__in=told, closed_at=None)
        done = [(r.pk, *((t.at, t.result, r.retest_id, r.resampled_at) if (t := told[r.specimen_id]).result != "invalid" else (None, None, None, None))) for r in rows]
        update_records(Recall, ("closed_at", "outcome", "retest_id", "resampled_at"), done)


def put_antibodies(scope: Scope, told: Sequence[tuple[UUID, str, str, datetime]], batch: int | None = None) -> int:
    """Antibodies found in samples: (sample, method, result, when), each kept once beside the sample's result, which it is not, with the act `lab.antibodies`; how many were new."""
    if not told:
        return 0
    held = set(Result.objects.filter(specimen__in={t[0] for t in told}, method__startswith="antibody").values_list("specimen", "method", "result", "resulted_at"))
    fresh = [t for t in dict.fromkeys(told) if t not in held]
    rows = {s.pk: s for s in Specimen.objects.filter(pk__in={t[0] for t in fresh})}
    Result.objects.bulk_create(
        [
            Result(specimen=rows[s], area_id=rows[s].area_id, laboratory_id=rows[s].laboratory_id, method=method, result=result, resulted_at=at, known_from=at, stands_from=at, batch_id=batch)
            for s, method, result, at in fresh
        ],
        batch_size=1000,
    )  # fmt: skip
    acts.record(scope, [NewAct("lab.antibodies", s, at, rows[s].person_id, rows[s].area_id, rows[s].disease, at, outcome=result, record=s) for s, _, result, at in fresh], batch=batch)
    if fresh:
        audit.write(scope, "laboratory.antibodies", [rows[s].person_id or s for s, *_ in fresh], digest_of=[(str(s), method, result) for s, method, result, _ in fresh])
    return len(fresh)


def ask_retests(scope: Scope, tube: Tube, inside: Sequence[Specimen], at: datetime) -> int:
    """Everybody in a tube that is not negative is to be tested alone: an act about each sample says so. Nobody is called positive by it."""
    acts.record(scope, [NewAct("lab.retest_asked", s.pk, at, s.person_id, s.area_id, s.disease, outcome=tube.result, record=s.pk) for s in inside])
    return len(inside)
