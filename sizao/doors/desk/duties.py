"""What the plan asks about a person, now, with the reasons: each measure, each occasion, which part of the condition holds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sizao.doors.kit import runs
from sizao.kernel.scope import Scope
from sizao.plan import read

#: Occasions of one measure that a page shows, the latest; the rest are counted.
SHOWN = 8


def of_person(scope: Scope, subjects: dict[str, list[UUID]]) -> list[dict[str, Any]]:
    """One entry a measure and subject. `subjects`: facts table → ids of this person's rows in it."""
    found = []
    for said in read.explain_all(scope, subjects, as_of=runs.moment()):
        occasions = [_occasion(o) for o in reversed(said["obligations"])]
        found.append(said | {"id": said["measure"], "occasions": occasions[:SHOWN], "earlier": max(0, len(occasions) - SHOWN)})
    return sorted(found, key=lambda d: (not any(o["shade"] == "missing" for o in d["occasions"]), not d["occasions"]))


def _occasion(o: dict[str, Any]) -> dict[str, Any]:
    at = {name: datetime.fromisoformat(o[name]) if o[name] else None for name in ("opens", "due", "done_at")}
    return o | at | {"shade": runs.shade_of(o["state"], o["doable"])}
