"""What people do in the laboratory's register: take samples, pool them, tell results, correct them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from sizao.kernel import acts, audit
from sizao.kernel.acts import NewAct
from sizao.kernel.adding import add_new
from sizao.kernel.copying import update_records
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid_array
from sizao.kernel.models import Act
from sizao.kernel.scope import Scope

from .models import Recall, Result, Specimen, Tube, TubeStep
from .saving import save
from .telling import Told, put_results

__all__ = ["NewSpecimen", "NewTube", "add_specimens", "add_tubes", "correct_result", "save", "tell_results"]


@dataclass(frozen=True, slots=True)
class NewSpecimen:
    """A sample that was taken. `key` is made by who takes it, so that sending twice records once. Without a person `sample_of` says what it is of.
    `received_at`: where a list tells it with the rest; the act of it is the list's (`lists`)."""

    key: str
    person: UUID | None
    area_id: int
    disease: str
    sampled_at: datetime
    kind: str | None = None
    sample_of: str = "person"
    site: str = ""
    tube: UUID | None = None
    retest_of: UUID | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewTube:
    """A pooled tube as it was closed. `unit`: the sampling point; `counted`: how many samples the sampler counted into it (None: told with them)."""

    key: str
    area_id: int
    disease: str
    sealed_at: datetime
    size: int = 10
    code: str = ""
    unit: UUID | None = None
    counted: int | None = None
    version: int = 1


def add_tubes(scope: Scope, new: Sequence[NewTube], *, sender: str, batch: int | None = None) -> dict[str, UUID]:
    """Pooled tubes; key → id of those that are new. The step "sealed" is recorded with each whose samples were counted."""
    made = add_new(
        scope, Tube, {t.key: t for t in new}, sender=sender, batch=batch, event="laboratory.pooled", since=lambda t: t.sealed_at,
        columns=lambda t: {"area_id": t.area_id, "disease": t.disease, "sealed_at": t.sealed_at, "size": t.size, "code": t.code or t.key, "unit_id": t.unit, "version": t.version},
        digest_of=lambda t: (t.key, t.sealed_at),
    )  # fmt: skip
    counted = [t for t in {t.key: t for t in new}.values() if t.key in made and t.counted is not None]
    TubeStep.objects.bulk_create(
        [
            TubeStep(tube_id=made[t.key], area_id=t.area_id, step="sealed", done_at=t.sealed_at, counted=t.counted, post_id=scope.post_id, known_from=t.sealed_at, stands_from=t.sealed_at, batch_id=batch)
            for t in counted
        ],
        batch_size=1000,
    )  # fmt: skip
    return made


def add_specimens(scope: Scope, new: Sequence[NewSpecimen], *, sender: str, batch: int | None = None, reported: bool = False) -> dict[str, UUID]:
    """Samples taken, each with the act `lab.sampled`; key → id of those that are new. `reported` marks what a sender tells of the past. Refused tube-full."""
    made = add_new(
        scope, Specimen, {s.key: s for s in new}, sender=sender, batch=batch, event="laboratory.sampled", since=lambda s: s.sampled_at, about=lambda s: s.person,
        columns=lambda s: {
            "person_id": s.person, "area_id": s.area_id, "disease": s.disease, "kind": s.kind, "sampled_at": s.sampled_at, "sample_of": s.sample_of, "site": s.site,
            "tube_id": s.tube, "retest_of_id": s.retest_of, "received_at": s.received_at,
        },
        act=lambda key, s: NewAct("lab.sampled", key, s.sampled_at, s.person, s.area_id, s.disease, s.sampled_at if reported else None, record=key),
        digest_of=lambda s: (s.key, s.sampled_at, s.received_at),
    )  # fmt: skip
    for tube in Tube.objects.filter(pk__in={s.tube for s in new if s.tube and s.key in made}):
        if (there := Specimen.objects.filter(tube=tube).count()) > tube.size:
            raise Refused("tube-full", tube=tube.code, size=tube.size, count=there)
    again = {s.retest_of: (made[s.key], s.sampled_at) for s in new if s.retest_of and s.key in made}
    if again:
        rows = Recall.objects.select_for_update(of=("self",)).filter(specimen__in=again, resampled_at=None)
        update_records(Recall, ("retest_id", "resampled_at", "found_at"), [(r.pk, *again[r.specimen_id], r.found_at or again[r.specimen_id][1]) for r in rows])
    return made


def closed_again(scope: Scope, versions: Mapping[UUID, int]) -> None:
    """Tubes that the sampler opened and closed once more: how often, and how many are in them now."""
    if not versions:
        return
    update_records(Tube, ("version",), list(versions.items()))
    inside = Specimen.objects.filter(tube__in=versions).order_by().values_list("tube").annotate(n=Count("pk"))
    steps = dict(TubeStep.objects.filter(tube__in=versions, step="sealed").values_list("tube", "pk"))
    update_records(TubeStep, ("counted",), [(steps[tube], n) for tube, n in inside if tube in steps])
    audit.write(scope, "laboratory.closed_again", list(versions), digest_of=sorted((str(t), v) for t, v in versions.items()))


@transaction.atomic
def tell_results(scope: Scope, results: Mapping[UUID, tuple[str, datetime]], *, reported: bool = False) -> int:
    """Results of samples (specimen → result, when), each with the act `lab.resulted`; how many were new. The same result again changes nothing.

    Refused result-told when a sample has another result already: a correction is not a second result (`correct_result`); sample-in-tube for one that was pooled: its tube
    answers for it (`tubes.report_tubes`), or a sample of its own.
    """
    fresh: list[Told] = []
    for row in Specimen.objects.select_for_update(of=("self",)).extra(where=["laboratory_specimen.id = ANY(%s::uuid[])"], params=[uuid_array(results)]):
        result, at = results[row.pk]
        if row.result is None and row.tube_id is not None and Tube.objects.filter(pk=row.tube_id, size__gt=1).exists():
            raise Refused("sample-in-tube")
        if row.result is None:
            fresh.append(Told(row, result, at))
        elif row.result != result:
            raise Refused("result-told", before={"zh": row.result, "en": row.result}, now=result)
    return put_results(scope, fresh, reported=reported)


@transaction.atomic
def correct_result(scope: Scope, specimen: UUID, result: str, at: datetime, reason: str, ct: Decimal | None = None) -> UUID:
    """Another result in the place of one that was told wrongly: a new result that names the old one, and an act that replaces its act. Both stay readable.

    Refused: not-found-or-out-of-area (no such sample, or no result yet), value-missing (why).
    """
    if not reason.strip():
        raise Refused("value-missing", field={"zh": "更正原因", "en": "reason of the correction"})
    row = Specimen.objects.select_for_update(of=("self",)).filter(pk=specimen).select_related("area").first()
    if row is None or row.result is None or not scope.can("result.write", row.area):
        raise Refused("not-found-or-out-of-area")
    before = Result.objects.filter(specimen=row, corrected_by=None).order_by("-recorded_at", "-id").first()
    made = Result.objects.create(
        specimen=row, area_id=row.area_id, laboratory_id=row.laboratory_id, result=result, resulted_at=at, ct=ct, corrects=before, correction_reason=reason.strip()[:500],
        known_from=at, stands_from=at,
    )  # fmt: skip
    stood = Act.objects.filter(kind="lab.resulted", record=row.pk).order_by("-recorded_at", "-id").first()
    row.result, row.resulted_at, row.stands_from = result, at, at
    row.save(update_fields=["result", "resulted_at", "stands_from"])
    acts.record(scope, [NewAct("lab.resulted", row.pk, at, row.person_id, row.area_id, row.disease, outcome=result, record=row.pk, replaces=stood.pk if stood else None)])
    audit.write(scope, "laboratory.corrected", [row.person_id or row.pk], digest_of=(row.pk, result))
    return made.pk
