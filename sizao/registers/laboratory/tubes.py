"""Results of tubes: only after a run, only where nothing contradicts; otherwise held as told. A negative tube clears its members, any other calls them again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import acts, audit, clock
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import threshold
from sizao.kernel.copying import update_records
from sizao.kernel.errors import Refused
from sizao.kernel.models import Act, Area
from sizao.kernel.outcome import Outcome, Problem
from sizao.kernel.scope import Scope

from . import holds, rules
from .holds import NewHold
from .models import Hold, Recall, Result, RunLine, Specimen, Tube
from .telling import Told, ask_retests, put_results


@dataclass(frozen=True, slots=True)
class TubeTold:
    """A laboratory's result of a tube, by the tube's number. `batch_sign`: the sign under which the whole list was sent, where it was."""

    code: str
    result: str
    at: datetime
    batch_sign: str | None = None
    laboratory: UUID | None = None

    def as_told(self) -> dict[str, Any]:
        return {"code": self.code, "result": self.result, "at": self.at.isoformat()} | ({"batch_sign": self.batch_sign} if self.batch_sign else {})


@transaction.atomic
def report_tubes(scope: Scope, told: Sequence[TubeTold]) -> list[Outcome]:
    """One outcome a tube, in order: new, identical, or rejected, which means held: nothing is stored as a result, and nothing told is lost.

    Rejected: tube-unknown, tube-result-without-run (none, or not ended), tube-signs-differ, positive-in-negative-batch, tube-repooled, tube-members-differ,
    custody-count-differs. A bounded number of statements, however many tubes.
    """
    scope.check("result.write")
    rows = lock(scope, {t.code for t in told}, "result.write")
    runs = _runs(rows.values())
    held = _open_kinds(rows.values())
    outcomes: list[Outcome] = []
    stopped: list[NewHold] = []
    good: list[tuple[Tube, str, datetime]] = []
    for t in told:
        tube = rows.get(t.code)
        if tube is None:
            outcomes.append(Outcome("rejected", problems=(Problem("tube-unknown", "tube", t.code),)))
            if scope.post is not None:
                stopped.append(NewHold("tube_unknown", scope.post.area_id, None, t.laboratory, t.as_told()))
            continue
        wrong = rules.fault(t.result, t.at, runs.get(tube.pk, ()), stands=tube.result, batch_sign=t.batch_sign, held=held.get(tube.pk, ()))
        if wrong is not None:
            outcomes.append(Outcome("rejected", tube.pk, problems=(Problem(rules.CODES[wrong], "tube", t.code),)))
            stopped.append(NewHold(wrong, tube.area_id, tube.pk, t.laboratory or tube.laboratory_id, t.as_told()))
        elif tube.result is not None:
            outcomes.append(Outcome("identical", tube.pk))
        else:
            tube.result, tube.resulted_at = t.result, t.at
            good.append((tube, t.result, t.at))
            outcomes.append(Outcome("new", tube.pk))
    _apply(scope, good)
    _keep_unknown_once(scope, stopped)
    return outcomes


def _keep_unknown_once(scope: Scope, stopped: Sequence[NewHold]) -> None:
    """A hold without a tube is open once for the same words."""
    nameless = [n for n in stopped if n.tube is None]
    known = [h.told for h in Hold.objects.filter(kind="tube_unknown", resolved_at=None, tube=None, told__code__in=[n.told["code"] for n in nameless])] if nameless else []
    holds.put(scope, [n for n in stopped if n.tube is not None or n.told not in known])


def lock(scope: Scope, codes: Iterable[str], permission: str) -> dict[str, Tube]:
    """number → tube, locked; of those where this scope may do that."""
    found = Tube.objects.select_for_update(of=("self",)).select_related("area").filter(scope.area_filter("area", permission), code__in={c for c in codes if c})
    return {t.code: t for t in found.order_by("pk")}


def _runs(tubes: Iterable[Tube]) -> dict[UUID, list[rules.Ran]]:
    found: dict[UUID, list[rules.Ran]] = {}
    for tube, ended, call in RunLine.objects.filter(tube__in=[t.pk for t in tubes]).order_by("run__started_at", "pk").values_list("tube", "run__finished_at", "call"):
        found.setdefault(tube, []).append(rules.Ran(ended, call))
    return found


def _open_kinds(tubes: Iterable[Tube]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    for tube, kind in Hold.objects.filter(tube__in=[t.pk for t in tubes], resolved_at=None).values_list("tube", "kind"):
        found.setdefault(tube, set()).add(kind)
    return found


def _apply(scope: Scope, told: Sequence[tuple[Tube, str, datetime]]) -> None:
    """Puts results on tubes that have none, and what follows for their members. The database asks once more for the run."""
    if not told:
        return
    update_records(Tube, ("result", "resulted_at", "stands_from"), [(t.pk, result, at, at) for t, result, at in told])
    inside: dict[UUID, list[Specimen]] = {}
    for s in Specimen.objects.select_for_update(of=("self",)).filter(tube__in=[t.pk for t, _, _ in told], result=None).order_by("pk"):
        assert s.tube_id is not None
        inside.setdefault(s.tube_id, []).append(s)
    single = [Told(s, result, at) for t, result, at in told if result == "negative" or t.size == 1 for s in inside.get(t.pk, ())]
    put_results(scope, single)
    called = [(t, inside.get(t.pk, []), at) for t, result, at in told if result != "negative" and t.size > 1]
    for tube, members, at in called:
        ask_retests(scope, tube, members, at)
    open_recalls(scope, called)
    audit.write(scope, "laboratory.tubes_resulted", [t.pk for t, _, _ in told], digest_of=sorted((str(t.pk), result) for t, result, _ in told))


def open_recalls(scope: Scope, called: Sequence[tuple[Tube, Sequence[Specimen], datetime]]) -> None:
    """A recall for each member of tubes that were not negative; who is called already stays so."""
    members = [(t, s, at) for t, inside, at in called for s in inside]
    known = set(Recall.objects.filter(specimen__in=[s.pk for _, s, _ in members]).values_list("specimen", flat=True)) if members else set()
    zones = {a.pk: a.zone for a in Area.objects.filter(pk__in={t.area_id for t, _, _ in members}).defer("geometry")} if members else {}
    Recall.objects.bulk_create(
        [
            Recall(
                specimen=s, tube=t, person_id=s.person_id, area_id=s.area_id, disease=s.disease, opened_at=at, due_at=at + timedelta(hours=float(threshold("recall-hours", clock.local_day(at, zones[t.area_id])))),
                known_from=at, stands_from=at,
            )
            for t, s, at in members if s.pk not in known
        ],
        batch_size=1000,
    )  # fmt: skip


@transaction.atomic
def found(scope: Scope, recall: UUID, at: datetime | None = None) -> Recall:
    """Somebody who is called again was found. Refused: not-found-or-out-of-area, also for a recall that is over."""
    row = Recall.objects.select_for_update(of=("self",)).filter(scope.area_filter("area", "specimen.write"), pk=recall, closed_at=None).first()
    if row is None:
        scope.check("specimen.write")
        raise Refused("not-found-or-out-of-area")
    if row.found_at is None:
        row.found_at = at or clock.now()
        row.save(update_fields=["found_at"])
        acts.record(scope, [NewAct("recall.found", row.specimen_id, row.found_at, row.person_id, row.area_id, row.disease, record=row.pk)])
        audit.write(scope, "laboratory.recall_found", [row.person_id or row.pk], digest_of=(str(row.pk),))
    return row


@transaction.atomic
def correct_tube(scope: Scope, tube: UUID, result: str, at: datetime, reason: str) -> None:
    """Another result in the place of a tube's wrong one. Members who were cleared by it wrongly are so no longer (their result becomes "invalid", with the reason) and
    are called again; members of a tube that is negative after all are cleared, and their recall ends.

    Refused: not-found-or-out-of-area, value-missing (why), tube-result-without-run.
    """
    if not reason.strip():
        raise Refused("value-missing", field={"zh": "更正原因", "en": "reason of the correction"})
    row = Tube.objects.select_for_update(of=("self",)).select_related("area").filter(scope.area_filter("area", "result.write"), pk=tube, result__isnull=False).first()
    if row is None:
        scope.check("result.write")
        raise Refused("not-found-or-out-of-area")
    if row.result == result:
        return
    if not any(r.ended_at is not None and r.ended_at <= at for r in _runs([row]).get(row.pk, ())):
        raise Refused("tube-result-without-run", tube=row.code)
    before = row.result
    row.result, row.resulted_at, row.stands_from = result, at, at
    row.save(update_fields=["result", "resulted_at", "stands_from"])
    inside = list(Specimen.objects.select_for_update(of=("self",)).filter(tube=row).order_by("pk"))
    if row.size == 1:
        _correct_members(scope, inside, result, at, reason)
    elif before == "negative":
        retested = set(Specimen.objects.filter(retest_of__in=inside, result__isnull=False).values_list("retest_of", flat=True))
        cleared = [s for s in inside if s.result == "negative" and s.pk not in retested]
        _correct_members(scope, cleared, "invalid", at, reason)
        ask_retests(scope, row, cleared, at)
        open_recalls(scope, [(row, cleared, at)])
    elif result == "negative":
        put_results(scope, [Told(s, "negative", at) for s in inside if s.result is None])
        _correct_members(scope, [s for s in inside if s.result == "invalid"], "negative", at, reason)
        Recall.objects.filter(tube=row, closed_at=None).update(closed_at=at)
    audit.write(scope, "laboratory.tube_corrected", [row.pk], digest_of=(str(row.pk), before, result))


def _correct_members(scope: Scope, members: Sequence[Specimen], result: str, at: datetime, reason: str) -> None:
    """Corrections of many samples at once: a result that names the one it corrects, an act that replaces its act."""
    pks = [s.pk for s in members]
    if not pks:
        return
    stood = {r.specimen_id: r for r in Result.objects.filter(specimen__in=pks, corrected_by=None).order_by("recorded_at", "pk")}
    done = {a.record: a.pk for a in Act.objects.filter(kind="lab.resulted", record__in=pks).order_by("recorded_at", "id")}
    Result.objects.bulk_create(
        [
            Result(specimen=s, area_id=s.area_id, laboratory_id=s.laboratory_id, result=result, resulted_at=at, corrects=stood.get(s.pk), correction_reason=reason.strip()[:500], known_from=at, stands_from=at)
            for s in members
        ],
        batch_size=1000,
    )  # fmt: skip
    update_records(Specimen, ("result", "resulted_at", "stands_from"), [(s.pk, result, at, at) for s in members])
    acts.record(scope, [NewAct("lab.resulted", s.pk, at, s.person_id, s.area_id, s.disease, outcome=result, record=s.pk, replaces=done.get(s.pk)) for s in members])


@transaction.atomic
def decide(scope: Scope, hold: UUID, resolution: str, reason: str) -> Hold:
    """Somebody decides a hold: released (what was told stands, as a correction where the tube has a result) or dropped.

    A held result whose tube still has no ended run is not released: tube-result-without-run. Refused also: not-found-or-out-of-area, bad-value, value-missing.
    """
    row = holds.locked(scope, hold, resolution, reason)
    holds.close(scope, [row], resolution, reason.strip()[:500])
    if resolution == "released" and row.tube is not None and row.kind in ("no_run", "signs_differ", "positive_in_negative_batch") and "result" in row.told:
        last: Mapping[str, Any] = (row.told.get("again") or [row.told])[-1]
        _release(scope, row.tube, str(last["result"]), datetime.fromisoformat(last["at"]), reason)
    elif row.kind in rules.BLOCKING and row.tube is not None:  # results that came meanwhile waited behind it
        later = [t for t in (row.told, *row.told.get("again", ())) if "result" in t]
        report_tubes(scope, [TubeTold(row.tube.code, t["result"], datetime.fromisoformat(t["at"]), t.get("batch_sign")) for t in later])
    return row


def _release(scope: Scope, tube: Tube, result: str, at: datetime, reason: str) -> None:
    if tube.result is not None:
        correct_tube(scope, tube.pk, result, at, reason)
        return
    if rules.BLOCKING & _open_kinds([tube]).get(tube.pk, set()):
        raise Refused("tube-held-otherwise", tube=tube.code)
    if not any(r.ended_at is not None and r.ended_at <= at for r in _runs([tube]).get(tube.pk, ())):
        raise Refused("tube-result-without-run", tube=tube.code)
    _apply(scope, [(tube, result, at)])


def run_came(scope: Scope, tubes: Iterable[UUID]) -> int:
    """Results that were told before their run was are stored now that it has ended, where nothing contradicts; how many."""
    waiting = list(Hold.objects.select_for_update(of=("self",)).select_related("tube").filter(kind="no_run", resolved_at=None, tube__in=list(tubes)).order_by("opened_at"))
    waiting = [h for h in waiting if h.tube is not None]
    runs, held = _runs([h.tube for h in waiting if h.tube]), _open_kinds([h.tube for h in waiting if h.tube])
    good, done, apart = [], [], []
    for h in waiting:
        assert h.tube is not None
        # a result may not be older than the run that proves it: told before its end it stands from the end
        ended = max((r.ended_at for r in runs.get(h.tube.pk, ()) if r.ended_at), default=None)
        words = {h.told["result"], *(a["result"] for a in h.told.get("again", ()))}
        if ended is None or len(words) > 1:
            continue
        at = max(datetime.fromisoformat(h.told["at"]), ended)
        wrong = rules.fault(h.told["result"], at, runs[h.tube.pk], stands=h.tube.result, batch_sign=h.told.get("batch_sign"), held=held.get(h.tube.pk, ()))
        done.append(h)
        if wrong is None:
            good.append((h.tube, h.told["result"], at))
        else:
            apart.append(NewHold(wrong, h.area_id, h.tube.pk, h.laboratory_id, {"code": h.tube.code, "result": h.told["result"], "at": at.isoformat()}))
    _apply(scope, good)
    holds.put(scope, apart)
    holds.close(scope, done, "run_came", "上机记录已补到 · the run came")
    return len(good)
