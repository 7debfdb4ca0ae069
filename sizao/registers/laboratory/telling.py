"""Writing results down: the row of the result, what stands on the sample, the act; and what a tube that is not negative asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sizao.kernel import acts, audit
from sizao.kernel.acts import NewAct
from sizao.kernel.copying import copy_records, update_records
from sizao.kernel.ids import uuid7s
from sizao.kernel.scope import Scope

from .models import Result, Specimen, Tube


@dataclass(frozen=True, slots=True)
class Told:
    """A result of a sample, told now."""

    specimen: Specimen
    result: str
    at: datetime
    ct: Decimal | None = None


def put_results(scope: Scope, told: Sequence[Told], batch: int | None = None, *, reported: bool = False) -> int:
    """Writes results of samples that have none; how many. The result of a retest answers for the sample that asked for it, too.

    `reported` marks what a sender tells of the past."""
    if not told:
        return 0
    copy_records(
        Result,
        ("id", "batch_id", "specimen_id", "area_id", "laboratory_id", "result", "resulted_at", "ct", "known_from", "stands_from"),
        (
            (key, batch, t.specimen.pk, t.specimen.area_id, t.specimen.laboratory_id, t.result, t.at, t.ct, t.at, t.at)
            for key, t in zip(uuid7s(len(told)), told, strict=True)
        ),
    )
    first = {s.pk: s for s in Specimen.objects.select_for_update(of=("self",)).filter(pk__in={t.specimen.retest_of_id for t in told if t.specimen.retest_of_id}, result=None)}
    changed = []
    for t in told:
        for s in (t.specimen, first.get(t.specimen.retest_of_id)):
            if s is not None and (s is t.specimen or t.result != "invalid"):
                s.result, s.resulted_at, s.stands_from = t.result, t.at, t.at
                changed.append(s)
    update_records(Specimen, ("result", "resulted_at", "stands_from"), [(s.pk, s.result, s.resulted_at, s.stands_from) for s in changed])
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


def ask_retests(scope: Scope, tube: Tube, inside: Sequence[Specimen], at: datetime) -> int:
    """Everybody in a tube that is not negative is to be tested alone: an act about each sample says so. Nobody is called positive by it."""
    acts.record(scope, [NewAct("lab.retest_asked", s.pk, at, s.person_id, s.area_id, s.disease, outcome=tube.result, record=s.pk) for s in inside])
    return len(inside)
