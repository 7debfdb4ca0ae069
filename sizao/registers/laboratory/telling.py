"""Writing results down: the row of the result, what stands on the sample, the act; and what a tube that is not negative asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sizao.kernel import acts, audit
from sizao.kernel.acts import NewAct
from sizao.kernel.ids import uuid7
from sizao.kernel.scope import Scope

from .models import Result, Specimen, Tube


@dataclass(frozen=True, slots=True)
class Told:
    """A result of a sample, told now."""

    specimen: Specimen
    result: str
    at: datetime
    ct: Decimal | None = None


def put_results(scope: Scope, told: Sequence[Told], batch: int | None = None) -> int:
    """Writes results of samples that have none; how many. The result of a retest answers for the sample that asked for it, too."""
    if not told:
        return 0
    rows = [
        Result(
            id=uuid7(), specimen=t.specimen, area_id=t.specimen.area_id, laboratory_id=t.specimen.laboratory_id, result=t.result, resulted_at=t.at, ct=t.ct,
            known_from=t.at, stands_from=t.at, batch_id=batch,
        )
        for t in told
    ]  # fmt: skip
    Result.objects.bulk_create(rows, batch_size=1000)
    first = {s.pk: s for s in Specimen.objects.select_for_update(of=("self",)).filter(pk__in={t.specimen.retest_of_id for t in told if t.specimen.retest_of_id}, result=None)}
    changed = []
    for t in told:
        for s in (t.specimen, first.get(t.specimen.retest_of_id)):
            if s is not None and (s is t.specimen or t.result != "invalid"):
                s.result, s.resulted_at, s.stands_from = t.result, t.at, t.at
                changed.append(s)
    Specimen.objects.bulk_update(changed, ["result", "resulted_at", "stands_from"], batch_size=500)
    acts.record(
        scope,
        [NewAct("lab.resulted", t.specimen.pk, t.at, t.specimen.person_id, t.specimen.area_id, t.specimen.disease, outcome=t.result, record=t.specimen.pk) for t in told],
        batch=batch,
    )
    audit.write(scope, "laboratory.resulted", [t.specimen.person_id or t.specimen.pk for t in told], digest_of=[(t.specimen.pk, t.result) for t in told])
    return len(told)


def ask_retests(scope: Scope, tube: Tube, inside: Sequence[Specimen], at: datetime) -> int:
    """Everybody in a tube that is not negative is to be tested alone: an act about each sample says so. Nobody is called positive by it."""
    acts.record(scope, [NewAct("lab.retest_asked", s.pk, at, s.person_id, s.area_id, s.disease, outcome=tube.result, record=s.pk) for s in inside])
    return len(inside)
