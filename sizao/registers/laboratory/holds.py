"""What is told and does not go together with what is known is kept here, with who decides and until when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from sizao.kernel import acts, audit, clock
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area, Post
from sizao.kernel.scope import Scope

from .models import Hold


@dataclass(frozen=True, slots=True)
class NewHold:
    """Something held back. `told`: codes, moments and ids as they were told; never a name."""

    kind: str
    area_id: int
    tube: UUID | None = None
    laboratory: UUID | None = None
    told: Mapping[str, Any] = field(default_factory=dict)


def put(scope: Scope, new: Sequence[NewHold]) -> list[Hold]:
    """Opens holds, each with the act `lab.held`. The same kind for the same tube is open once: what is told again joins `told.again`."""
    if not new:
        return []
    now = clock.now()
    open_now = {(h.tube_id, h.kind): h for h in Hold.objects.filter(resolved_at=None, tube__in={n.tube for n in new if n.tube})}
    areas = Area.objects.in_bulk({n.area_id for n in new})
    owners = owners_of({a.path for a in areas.values()})
    made, joined = [], []
    for n in new:
        held = open_now.get((n.tube, n.kind)) if n.tube else None
        told = dict(n.told)
        if held is not None:
            if told != {k: v for k, v in held.told.items() if k != "again"} and told not in held.told.get("again", []):
                held.told = {**held.told, "again": [*held.told.get("again", []), told][-20:]}
                joined.append(held)
            continue
        area = areas[n.area_id]
        hours = float(threshold("hold-hours", clock.local_day(now, area.zone)))
        row = Hold(
            kind=n.kind, area=area, tube_id=n.tube, laboratory_id=n.laboratory, told=told, opened_at=now, due_at=now + timedelta(hours=hours), owner=owners.get(area.path),
            known_from=now, stands_from=now,
        )  # fmt: skip
        made.append(row)
        if n.tube:
            open_now[n.tube, n.kind] = row
    Hold.objects.bulk_create(made, batch_size=500)
    Hold.objects.bulk_update([h for h in joined if h not in made], ["told"], batch_size=500)
    acts.record(scope, [NewAct("lab.held", h.tube_id or h.pk, now, area_id=h.area_id, outcome=h.kind, record=h.pk) for h in made])
    if made:
        audit.write(scope, "laboratory.held", [h.pk for h in made], digest_of=[(h.kind, str(h.tube_id)) for h in made])
    return made


def owners_of(paths: set[str], role: str = "cdc") -> dict[str, Post]:
    """area path → the nearest post of that role at it or above: who decides. An area without one is absent."""
    now, found = clock.now(), {}
    standing = Q(valid_from__lte=now) & (Q(valid_to=None) | Q(valid_to__gt=now))
    posts = list(Post.objects.filter(standing, role=role).select_related("area").order_by("pk"))
    for path in paths:
        over = [p for p in posts if path.startswith(p.area.path)]
        if over:
            found[path] = max(over, key=lambda p: len(p.area.path))
    return found


def close(scope: Scope, held: Sequence[Hold], resolution: str, reason: str) -> None:
    """Marks holds as decided, each with the act `lab.hold_decided`. What follows from the decision is done by who calls."""
    now = clock.now()
    for h in held:
        h.resolved_at, h.resolution, h.reason, h.resolved_by_id = now, resolution, reason, scope.post_id
    Hold.objects.bulk_update(held, ["resolved_at", "resolution", "reason", "resolved_by"], batch_size=500)
    acts.record(scope, [NewAct("lab.hold_decided", h.tube_id or h.pk, now, area_id=h.area_id, outcome=resolution, record=h.pk) for h in held])
    if held:
        audit.write(scope, "laboratory.hold_decided", [h.pk for h in held], digest_of=[(str(h.pk), resolution) for h in held])


@transaction.atomic
def locked(scope: Scope, hold: UUID, resolution: str, reason: str) -> Hold:
    """An open hold that this scope may decide. Refused: not-found-or-out-of-area (also one that is decided), bad-value, value-missing (why)."""
    if resolution not in code_list("lab-hold-resolution") or resolution == "run_came":
        raise Refused("bad-value", field={"zh": "处理结果", "en": "decision"}, value=resolution, expected="released, dropped")
    if not reason.strip():
        raise Refused("value-missing", field={"zh": "理由", "en": "reason"})
    row = Hold.objects.select_for_update(of=("self",)).select_related("area", "tube").filter(scope.area_filter("area", "result.write"), pk=hold, resolved_at=None).first()
    if row is None:
        scope.check("result.write")
        raise Refused("not-found-or-out-of-area")
    return row
