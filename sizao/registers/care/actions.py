"""What people tell of hospitals and of the course of an illness. A batch in, one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sizao.kernel import saving, steps
from sizao.kernel.acts import NewAct
from sizao.kernel.outcome import Command, Outcome
from sizao.kernel.scope import Scope
from sizao.kernel.steps import Step, Story

from .models import Course, Hospital
from .rules import turned_severe

HOSPITAL = Story("told_at", (), state=("level", "designated", "treating", "fever_clinic", "severe_unit", "batch_no", "batch_beds"), since="told_at")
COURSE = Story("seen_at", (Step("case.treated", "treated_at", subject="about_case"),), state=("severity", "unit"), since="seen_at")


def save_hospitals(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """What institutions are there for."""
    return steps.save(scope, Hospital, HOSPITAL, commands, sender=sender, batch=batch)


def save_courses(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """How cases fare. Since when a case is severe is counted from what was seen, never typed."""

    def finish(works: Sequence[saving.Work]) -> None:
        for w in works:
            if w.new or "severity" in w.changed:
                w.row.severe_at = turned_severe(w.row.severe_at, w.row.severity, w.row.seen_at)
                w.columns.add("severe_at")

    def also(row: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if row.severe_at is not None and (before is None or ("severity" in changed and before["severity"] not in ("severe", "critical"))):
            yield NewAct("case.worsened", row.about_case_id, row.severe_at, row.person_id, row.area_id, row.disease, outcome=row.severity, record=row.pk)

    return steps.save(scope, Course, COURSE, commands, sender=sender, batch=batch, finish=finish, also=also)
