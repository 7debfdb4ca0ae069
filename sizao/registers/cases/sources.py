"""What people think of a case's source, and which thought is accepted; a part of `actions` and of `read`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sizao.kernel import clock, registry, saving
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import code_list
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope, visible

from .models import Case, SourceHypothesis


def save_hypotheses(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Hypotheses told by forms, imports and the API. One that is accepted takes the place of the one that was, which stays on record, and is `source.judged`.

    Rejected: source-without-case (a known case that is not named), source-of-itself, source-unknown-accepted, source-excluded-accepted, done-in-the-future.
    """
    register = registry.of_model(SourceHypothesis)
    assert register is not None
    accepting = [c for c in commands if c.told.get("accepted_at")]
    if accepting:
        _make_room(scope, register, accepting, sender)

    def check(r: SourceHypothesis) -> Iterable[Problem]:
        if r.kind == "case" and r.infector_id is None:
            yield Problem("source-without-case", "infector")
        if r.infector_id is not None and r.infector_id == r.case_id:
            yield Problem("source-of-itself", "infector")
        if r.accepted_at and r.kind == "unknown":
            yield Problem("source-unknown-accepted", "accepted_at")
        if r.accepted_at and r.likelihood == "excluded":
            yield Problem("source-excluded-accepted", "likelihood")
        for name in ("accepted_at", "withdrawn_at"):
            if getattr(r, name) and getattr(r, name) > clock.now():
                yield Problem("done-in-the-future", name, getattr(r, name).isoformat())

    def finish(works: Sequence[saving.Work]) -> None:
        of = dict(Case.objects.filter(pk__in={w.row.case_id for w in works}).values_list("pk", "disease"))
        for w in works:
            if w.new:
                w.row.disease = of.get(w.row.case_id, "")
                w.row.thought_by = scope.user

    def told(r: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if r.accepted_at and (before is None or "accepted_at" in changed):
            c = r.case
            yield NewAct("source.judged", c.pk, r.accepted_at, c.person_id, c.area_id, c.disease, record=r.pk)

    return saving.save(scope, register, commands, sender=sender, batch=batch, acts=told, check=check, finish=finish)


def _make_room(scope: Scope, register: registry.Register, accepting: Sequence[Command], sender: str) -> None:
    """What was accepted of the same cases is no longer; it stays as a thought. One that cannot be accepted makes no room."""
    held = {h.pk: h for h in SourceHypothesis.objects.filter(pk__in={c.record for c in accepting if c.record})}

    def can(c: Command) -> bool:
        h = held.get(c.record) if c.record else None
        kind, likelihood = (c.told.get(n) or getattr(h, n, None) for n in ("kind", "likelihood"))
        return kind != "unknown" and likelihood != "excluded"

    accepting = [c for c in accepting if can(c)]
    mine = {c.record for c in accepting if c.record}
    cases = {c.told["case"] for c in accepting if c.told.get("case")} | set(SourceHypothesis.objects.filter(pk__in=mine).values_list("case", flat=True))
    former = SourceHypothesis.objects.filter(case__in=cases, accepted_at__isnull=False, withdrawn_at=None).exclude(pk__in=mine)
    back = [Command(told={}, record=pk, cleared=frozenset({"accepted_at"})) for pk in former.values_list("pk", flat=True)]
    if back:
        saving.save(scope, register, back, sender=sender)


def of_case(scope: Scope, case: UUID) -> list[SourceHypothesis]:
    """The thoughts about a case's source, the accepted one first, withdrawn ones last. The caller has asked for the right to see the case."""
    found = SourceHypothesis.objects.filter(visible(), scope.area_filter("case__area", "case.read"), case=case).select_related("infector", "place__place", "thought_by")
    order = {code: n for n, code in enumerate(code_list("likelihood"))}
    return sorted(found, key=lambda h: (h.withdrawn_at is not None, h.accepted_at is None, order.get(h.likelihood or "", len(order)), h.known_from))
