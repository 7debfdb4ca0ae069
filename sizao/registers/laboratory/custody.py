"""Whose hands a tube is in: sealed, handed to the courier, received, run. Each step once; a count that does not match stops and asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from sizao.kernel import acts, audit
from sizao.kernel.acts import NewAct
from sizao.kernel.copying import update_records
from sizao.kernel.errors import Refused
from sizao.kernel.outcome import Outcome, Problem
from sizao.kernel.scope import Scope

from . import holds
from .holds import NewHold
from .models import Laboratory, Run, RunLine, Specimen, Tube, TubeStep
from .tubes import lock, run_came

#: The steps in their order.
ORDER = ("sealed", "handed", "received")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Tubes that change hands together. `tubes`: number → samples counted in it (None: not opened, as its label says). `counted`: how many tubes were counted."""

    step: Literal["handed", "received"]
    tubes: Mapping[str, int | None]
    counted: int
    at: datetime
    laboratory: UUID | None = None
    box: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A tube in a run: its well, and what the machine called it."""

    code: str
    well: str = ""
    call: str | None = None
    ct: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run of an instrument. Told again with its end, it ends; told again with more tubes, it lists them too."""

    laboratory: UUID
    number: str
    started_at: datetime
    ended_at: datetime | None = None
    instrument: str = ""
    method: str = "pcr"
    lines: Sequence[Line] = ()


@transaction.atomic
def hand_over(scope: Scope, told: HandOver) -> dict[str, Outcome]:
    """number → outcome. Where the number of tubes counted is not the number listed, no step is recorded and the difference is held.

    Rejected: custody-count-differs (of the box, or of one tube), tube-unknown, step-told (recorded before, otherwise), step-before (earlier than the step before it).
    """
    scope.check("custody.write")
    rows = lock(scope, told.tubes, "custody.write")
    if told.counted != len(told.tubes):
        area = next((t.area_id for t in rows.values()), scope.post.area_id if scope.post else None)
        problem = Problem("custody-count-differs", "counted", f"{told.counted} ≠ {len(told.tubes)}")
        if area is not None:
            said = {"step": told.step, "box": told.box, "counted": told.counted, "listed": sorted(told.tubes), "at": told.at.isoformat()}
            holds.put(scope, [NewHold("count_differs", area, None, told.laboratory, said)])
        return {code: Outcome("rejected", rows[code].pk if code in rows else None, problems=(problem,)) for code in told.tubes}
    inside = dict(Specimen.objects.filter(tube__in=[t.pk for t in rows.values()]).order_by().values_list("tube").annotate(n=Count("pk")))
    steps: dict[UUID, dict[str, TubeStep]] = {}
    for s in TubeStep.objects.filter(tube__in=[t.pk for t in rows.values()]):
        steps.setdefault(s.tube_id, {})[s.step] = s
    outcomes: dict[str, Outcome] = {}
    new: list[tuple[Tube, int]] = []
    apart: list[NewHold] = []
    for code, counted in told.tubes.items():
        tube = rows.get(code)
        if tube is None:
            outcomes[code] = Outcome("rejected", problems=(Problem("tube-unknown", "tube", code),))
            continue
        there = inside.get(tube.pk, 0)
        count, held = there if counted is None else counted, steps.get(tube.pk, {})
        before = max([tube.sealed_at, *(s.done_at for s in held.values() if ORDER.index(s.step) < ORDER.index(told.step))])
        if (same := held.get(told.step)) is not None:
            agrees = (same.done_at, same.counted) == (told.at, count)
            outcomes[code] = Outcome("identical", tube.pk) if agrees else Outcome("rejected", tube.pk, problems=(Problem("step-told", "tube", code),))
        elif told.at < before:
            outcomes[code] = Outcome("rejected", tube.pk, problems=(Problem("step-before", "tube", code),))
        elif count != there:
            outcomes[code] = Outcome("rejected", tube.pk, problems=(Problem("custody-count-differs", "counted", f"{count} ≠ {there}"),))
            apart.append(NewHold("count_differs", tube.area_id, tube.pk, told.laboratory, {"step": told.step, "counted": count, "known": there, "at": told.at.isoformat()}))
        else:
            new.append((tube, count))
            outcomes[code] = Outcome("new", tube.pk)
    holds.put(scope, apart)
    _stepped(scope, told, new)
    return outcomes


def _stepped(scope: Scope, told: HandOver, new: Sequence[tuple[Tube, int]]) -> None:
    if not new:
        return
    TubeStep.objects.bulk_create(
        [
            TubeStep(
                tube=t, area_id=t.area_id, step=told.step, done_at=told.at, counted=n, laboratory_id=told.laboratory, box=told.box[:60], post_id=scope.post_id, known_from=told.at, stands_from=told.at
            )
            for t, n in new
        ],
        batch_size=1000,
    )
    if told.step == "handed":
        update_records(Tube, ("laboratory_id",), [(t.pk, told.laboratory or t.laboratory_id) for t, _ in new])
        acts.record(scope, [NewAct("tube.handed", t.pk, told.at, area_id=t.area_id, disease=t.disease, number=n, record=t.pk) for t, n in new])
    else:
        update_records(Tube, ("laboratory_id", "received_at"), [(t.pk, told.laboratory or t.laboratory_id, told.at) for t, _ in new])
        members = list(Specimen.objects.select_for_update(of=("self",)).filter(tube__in=[t.pk for t, _ in new], received_at=None, sampled_at__lte=told.at).order_by("pk"))
        update_records(Specimen, ("received_at",), [(s.pk, told.at) for s in members])
        acts.record(scope, [NewAct("lab.received", s.pk, told.at, s.person_id, s.area_id, s.disease, record=s.pk) for s in members])
    audit.write(scope, f"laboratory.{told.step}", [t.pk for t, _ in new], digest_of=[(str(t.pk), told.step, n) for t, n in new])


@transaction.atomic
def record_run(scope: Scope, told: NewRun) -> dict[str, Outcome]:
    """number of a tube → outcome; the run itself is there afterwards. Two tubes in one well are held as pooled again, and so is a tube whose machine's call is another than
    the result that stands. Results that waited for this run are stored.

    Refused: not-found-or-out-of-area (the laboratory), run-told (same number, other start, end or instrument), run-reversed. Rejected: tube-unknown, step-before.
    """
    scope.check("result.write")
    laboratory = Laboratory.objects.select_related("area").filter(scope.area_filter("area", "result.write"), pk=told.laboratory).first()
    if laboratory is None:
        raise Refused("not-found-or-out-of-area")
    if told.ended_at is not None and told.ended_at < told.started_at:
        raise Refused("run-reversed", run=told.number)
    run, made = Run.objects.select_for_update(of=("self",)).get_or_create(
        laboratory=laboratory, number=told.number[:60],
        defaults={
            "area": laboratory.area, "instrument": told.instrument[:60], "method": told.method, "started_at": told.started_at, "finished_at": told.ended_at, "known_from": told.started_at,
            "stands_from": told.started_at,
        },
    )  # fmt: skip
    if not made:
        other_end = run.finished_at is not None and told.ended_at is not None and run.finished_at != told.ended_at
        if run.started_at != told.started_at or other_end or (told.instrument and run.instrument and run.instrument != told.instrument):
            raise Refused("run-told", run=told.number)
        if run.finished_at is None and told.ended_at is not None:
            run.finished_at = told.ended_at
            run.save(update_fields=["finished_at"])
    rows = lock(scope, {line.code for line in told.lines}, "result.write")
    known = {line.tube_id: line for line in RunLine.objects.filter(run=run)}
    outcomes: dict[str, Outcome] = {}
    new: list[RunLine] = []
    called: list[RunLine] = []
    for line in told.lines:
        tube = rows.get(line.code)
        if tube is None:
            outcomes[line.code] = Outcome("rejected", problems=(Problem("tube-unknown", "tube", line.code),))
        elif (held := known.get(tube.pk)) is not None:
            if line.call is not None and held.call is None:
                held.call, held.ct = line.call, line.ct
                called.append(held)
                outcomes[line.code] = Outcome("updated", tube.pk)
            elif line.call not in (None, held.call):
                outcomes[line.code] = Outcome("rejected", tube.pk, problems=(Problem("step-told", "tube", line.code),))
            else:
                outcomes[line.code] = Outcome("identical", tube.pk)
        elif told.started_at < tube.sealed_at:
            outcomes[line.code] = Outcome("rejected", tube.pk, problems=(Problem("step-before", "tube", line.code),))
        else:
            row = RunLine(run=run, tube=tube, area_id=tube.area_id, well=line.well[:12], call=line.call, ct=line.ct, known_from=told.started_at, stands_from=told.started_at)
            new.append(row)
            known[tube.pk] = row
            outcomes[line.code] = Outcome("new", tube.pk)
    RunLine.objects.bulk_create(new, batch_size=1000)
    RunLine.objects.bulk_update(called, ["call", "ct"], batch_size=1000)
    acts.record(scope, [NewAct("tube.tested", line.tube_id, run.started_at, area_id=line.area_id, outcome=line.call, record=line.pk) for line in new])
    if made or new or called:
        audit.write(scope, "laboratory.run", [run.pk], digest_of=(run.number, len(new), len(called)))
    _mixed(scope, run, laboratory, known, {t.pk: t for t in rows.values()})
    if run.finished_at is not None:
        run_came(scope, known)
    return outcomes


def _mixed(scope: Scope, run: Run, laboratory: Laboratory, lines: Mapping[UUID, RunLine], tubes: Mapping[UUID, Tube]) -> None:
    """Holds for tubes that share a well, and for those that the machine called otherwise than the result that stands."""
    wells: dict[str, list[RunLine]] = {}
    for line in lines.values():
        if line.well:
            wells.setdefault(line.well, []).append(line)
    apart = [
        NewHold("repooled", line.area_id, line.tube_id, laboratory.pk, {"run": run.number, "well": well, "tubes": len(some)})
        for well, some in wells.items() if len(some) > 1 for line in some
    ]  # fmt: skip
    for line in lines.values():
        tube = tubes.get(line.tube_id)
        if tube is not None and tube.result is not None and line.call is not None and line.call != tube.result:
            at = (run.finished_at or run.started_at).isoformat()
            apart.append(NewHold("signs_differ", line.area_id, line.tube_id, laboratory.pk, {"code": tube.code, "run": run.number, "result": line.call, "at": at}))
    holds.put(scope, apart)
