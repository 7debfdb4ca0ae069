"""The verb of the generic machine for samples: forms, imports and the API."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sizao.kernel import registry, saving
from sizao.kernel.acts import NewAct
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope

from .models import Result, Specimen


def save(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """What forms, imports and the API tell of samples: a new one records `lab.sampled`, a result that is new `lab.resulted`.

    Rejected bad-value where a sample has another result already: a correction is not a second result.
    """
    register = registry.of_model(Specimen)
    assert register is not None
    fresh: list[Specimen] = []

    def told(r: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if before is None:
            yield NewAct("lab.sampled", r.pk, r.sampled_at, r.person_id, r.area_id, r.disease, record=r.pk)
        if r.received_at and (before is None or "received_at" in changed):
            yield NewAct("lab.received", r.pk, r.received_at, r.person_id, r.area_id, r.disease, record=r.pk)
        if r.result and (before is None or "result" in changed):
            fresh.append(r)
            yield NewAct("lab.resulted", r.pk, r.resulted_at, r.person_id, r.area_id, r.disease, outcome=r.result, record=r.pk)
        if r.sequenced_at and (before is None or "sequenced_at" in changed):
            yield NewAct("lab.sequenced", r.pk, r.sequenced_at, r.person_id, r.area_id, r.disease, record=r.pk)
        if r.acted_at and r.sample_of != "person" and (before is None or "acted_at" in changed):
            yield NewAct("animal.acted", r.pk, r.acted_at, area_id=r.area_id, disease=r.disease, record=r.pk)

    known = {pk: result for pk, result in Specimen.objects.filter(pk__in=[c.record for c in commands if c.record]).values_list("pk", "result") if result}

    tells = scope.paths("result.write") == scope.paths("specimen.write")

    def whole(r: Any) -> Iterable[Problem]:
        if r.pk in known and r.result != known[r.pk]:
            yield Problem("bad-value", "result", str(r.result))
        if r.result and r.pk not in known and not (tells or scope.can("result.write", r.area)):  # who samples tells no result
            yield Problem("not-allowed", "result")
        if bool(r.result) != bool(r.resulted_at):
            yield Problem("value-missing", "resulted_at" if r.result else "result")
        elif r.resulted_at and r.resulted_at < r.sampled_at:
            yield Problem("contradicts-itself", "resulted_at", r.resulted_at.isoformat())
        if (r.sample_of == "person") != (r.person_id is not None):
            yield Problem("value-missing", "person" if r.sample_of == "person" else "sample_of")

    outcomes = saving.save(scope, register, commands, sender=sender, batch=batch, acts=told, check=whole)
    Result.objects.bulk_create(
        [
            Result(specimen=r, area_id=r.area_id, laboratory_id=r.laboratory_id, result=r.result, resulted_at=r.resulted_at, known_from=r.resulted_at, stands_from=r.resulted_at, batch_id=batch)
            for r in fresh
        ],
        batch_size=1000,
    )  # fmt: skip
    return outcomes
