"""What a plan in force makes of areas by itself: who is to accept which measure. Worked out from what stands and written only where it differs; doing it again changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sizao.kernel import adding, audit
from sizao.kernel.codes import content_files
from sizao.kernel.marked import plain
from sizao.kernel.scope import Scope

from .models import Duty

SENDER = "plan"


@dataclass(frozen=True, slots=True)
class Responsibility:
    """A measure of an edition in force at an area, from an instant until another (None: open); `post` answers for it there, None if nobody does."""

    edition: str
    measure: str
    area_id: int
    starts_at: datetime
    ends_at: datetime | None
    post: int | None

    @property
    def key(self) -> str:
        return f"{self.edition}/{self.measure}@{self.area_id} {self.starts_at:%Y%m%dT%H%M%S}"


def responsibility_levels(on: date) -> tuple[str, ...]:
    """The levels of areas that accept responsibility on a day, as content says."""
    return tuple(_dated("responsibility-levels", on)["value"])


def keep_responsibilities(scope: Scope, standing: Sequence[Responsibility]) -> tuple[int, int]:
    """Adds lines that are not there, and brings the end and, until somebody has accepted, the post of the others up to date; (added, changed)."""
    wanted = {r.key: r for r in standing}
    held = {d.source_id: d for d in Duty.objects.select_for_update(of=("self",)).filter(sender=SENDER, source_id__in=list(wanted))}
    changed = []
    for key, d in held.items():
        r = wanted[key]
        post = d.accountable_id if d.accepted_at else r.post
        if (d.in_force_until, d.accountable_id) != (r.ends_at, post):
            d.in_force_until, d.accountable_id = r.ends_at, post
            d.save(update_fields=["in_force_until", "accountable_id"])
            changed.append(d.pk)
    if changed:
        audit.write(scope, "command.responsibilities_changed", changed, digest_of=sorted(map(str, changed)))
    added = adding.add_new(
        scope, Duty, {k: r for k, r in wanted.items() if k not in held}, sender=SENDER, batch=None, event="command.responsibilities_laid_out",
        since=lambda r: r.starts_at, columns=_columns, digest_of=lambda r: r.key,
    )  # fmt: skip
    return len(added), len(changed)


def _columns(r: Responsibility) -> Mapping[str, Any]:
    return {
        "area_id": r.area_id, "measure": r.measure, "edition": r.edition, "in_force_from": r.starts_at, "in_force_until": r.ends_at, "accountable_id": r.post,
        "unit_id": None, "accepted_at": None,
    }  # fmt: skip


def response_levels(on: date) -> list[str]:
    """The levels of areas that may have a response level of their own, that day (`area-level`)."""
    return list(_dated("response-levels", on)["value"])


@cache
def _lines(name: str) -> list[Mapping[str, Any]]:
    return sorted(plain(content_files("command")[name])["values"], key=lambda line: line["from"])


def _dated(name: str, on: date) -> Mapping[str, Any]:
    """The line in force that day; before the first one, the first."""
    lines = _lines(name)
    return next((line for line in reversed(lines) if line["from"] <= on), lines[0])
