"""What a laboratory's list tells of samples: taken, received, resulted. A sample that is known is brought up to date, and nothing is told twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from sizao.kernel import acts, audit
from sizao.kernel.acts import NewAct
from sizao.kernel.copying import text_array, update_records
from sizao.kernel.models import Act
from sizao.kernel.scope import Scope

from . import holds
from .actions import NewSpecimen, add_specimens, correct_result
from .holds import NewHold
from .models import Specimen, Tube
from .telling import Told, put_results

#: Why a result was replaced that a list had told before.
SAID_OTHERWISE = "报送单位的名单改了结果 · the sender's list tells another result"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One sample of a person, as a list tells it. `key` is the sender's own number. Instants are aware; None means not told.

    A `result` without `resulted_at` is known, but not since when: it stands on the sample, and is no act.
    """

    key: str
    person: UUID
    area_id: int
    disease: str
    sampled_at: datetime
    kind: str | None = None
    received_at: datetime | None = None
    resulted_at: datetime | None = None
    result: str | None = None
    method: str | None = None


@transaction.atomic
def bring_samples(scope: Scope, listed: Sequence[Listed], *, sender: str, batch: int | None = None) -> dict[str, tuple[str, UUID]]:
    """key → ("new", "updated" or "identical"; the sample). Told of the past: what was done was told when it was done.

    A result that differs from the one told before corrects it. A sample keeps the person whom it first named.
    """
    wanted = {one.key: one for one in listed}
    new = [NewSpecimen(s.key, s.person, s.area_id, s.disease, s.sampled_at, s.kind, received_at=s.received_at) for s in wanted.values()]
    made = add_specimens(scope, new, sender=sender, batch=batch, reported=True)
    rows = Specimen.objects.select_for_update(of=("self",)).filter(sender=sender).extra(where=["laboratory_specimen.source_id <> ''", "laboratory_specimen.source_id = ANY(%s::text[])"], params=[text_array(wanted)])
    found: dict[str, tuple[str, UUID]] = {}
    fresh: list[Told] = []
    moved: list[tuple[Specimen, datetime]] = []
    arrived: list[Specimen] = []
    put_on: list[Specimen] = []
    undated: list[tuple[UUID, str]] = []
    listed_rows = list(rows)
    pooled = set(Tube.objects.filter(pk__in={r.tube_id for r in listed_rows if r.tube_id}, size__gt=1).values_list("pk", flat=True)) if any(r.tube_id for r in listed_rows) else set()
    kept: list[NewHold] = []
    for row in listed_rows:
        one = wanted[row.source_id]
        changed = False
        if one.sampled_at != row.sampled_at:
            row.sampled_at, changed = one.sampled_at, True
            moved.append((row, one.sampled_at))
        if one.kind is not None and one.kind != row.kind:
            row.kind, changed = one.kind, True
        if one.received_at is not None and one.received_at != row.received_at:
            row.received_at, changed = one.received_at, True
            arrived.append(row)
        elif row.received_at is not None and row.source_id in made:  # written with the sample itself: a row that is changed at once costs a version
            arrived.append(row)
        if changed:
            put_on.append(row)
        told = False
        if row.tube_id in pooled and one.result not in (None, row.result):  # its tube answers for it, or a sample of its own
            kept.append(NewHold("signs_differ", row.area_id, row.tube_id, row.laboratory_id, {"specimen": str(row.pk), "said": one.result, "at": str(one.resulted_at or "")}))
        else:
            told = _tell(scope, row, one, fresh, undated)
        found[row.source_id] = ("new" if row.source_id in made else "updated" if changed or told else "identical", row.pk)
    holds.put(scope, kept)
    update_records(Specimen, ("result",), undated)
    update_records(Specimen, ("sampled_at", "kind", "received_at"), [(r.pk, r.sampled_at, r.kind, r.received_at) for r in put_on])
    _acts(scope, moved, arrived, batch)
    put_results(scope, fresh, batch, reported=True)
    if put_on:
        audit.write(scope, "laboratory.listed", [r.person_id or r.pk for r in put_on], digest_of=[(r.pk, r.sampled_at, r.received_at) for r in put_on])
    return found


def _tell(scope: Scope, row: Specimen, one: Listed, fresh: list[Told], undated: list[tuple[UUID, str]]) -> bool:
    """The result of a sample: put down, corrected, or known already. Whether anything was told that was not."""
    if one.result is None or (one.result == row.result and one.resulted_at in (None, row.resulted_at)):
        return False
    if one.resulted_at is None:
        if row.resulted_at is not None:  # a list that lost the day does not undo the one that had it
            return False
        undated.append((row.pk, one.result))
    elif row.resulted_at is None:
        fresh.append(Told(row, one.result, one.resulted_at, method=one.method))
    else:
        correct_result(scope, row.pk, one.result, one.resulted_at, SAID_OTHERWISE)
    return True


def _acts(scope: Scope, moved: Sequence[tuple[Specimen, datetime]], arrived: Sequence[Specimen], batch: int | None) -> None:
    stood = {a.record: a.pk for a in Act.objects.filter(kind="lab.sampled", record__in=[r.pk for r, _ in moved]).order_by("recorded_at")}
    again = [NewAct("lab.sampled", r.pk, at, r.person_id, r.area_id, r.disease, at, record=r.pk, replaces=stood.get(r.pk)) for r, at in moved]
    there = [NewAct("lab.received", r.pk, r.received_at, r.person_id, r.area_id, r.disease, r.received_at, record=r.pk) for r in arrived if r.received_at]
    acts.record(scope, [*again, *there], batch=batch)
