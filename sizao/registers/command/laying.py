"""What a plan in force and the cases make of areas by themselves: who is to accept which measure, and which grade the written criteria give.

Both are worked out from what stands and written only where it differs; doing it again changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sizao.kernel import adding, audit
from sizao.kernel.codes import content_files
from sizao.kernel.marked import plain
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope

from .models import AreaGrade, Duty

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


@dataclass(frozen=True, slots=True)
class Counted:
    """Cases below an area: in all, within the window, and places with a cluster within it."""

    area_id: int
    total: int
    new: int
    clusters: int


def criteria(on: date) -> Mapping[str, Any] | None:
    """The criteria of risk grades on a day; None where none were in force."""
    found = _dated("risk-criteria", on)
    return None if found["from"] > on or on >= found.get("until", date.max) else found


def graded(rules: Sequence[Mapping[str, Any]], c: Counted) -> str:
    """The grade of the first line that holds.

    >>> rules = [{"grade": "low", "new_at_most": 0}, {"grade": "medium", "total_at_most": 50}, {"grade": "medium", "clusters_at_most": 0}, {"grade": "high"}]
    >>> [graded(rules, Counted(1, *n)) for n in [(0, 0, 0), (80, 0, 0), (50, 1, 1), (51, 3, 0), (51, 3, 1)]]
    ['low', 'low', 'medium', 'medium', 'high']
    """
    counts = {"new_at_most": c.new, "total_at_most": c.total, "clusters_at_most": c.clusters}
    return next(str(r["grade"]) for r in rules if all(n <= r[name] for name, n in counts.items() if name in r))


def counted(rule: Mapping[str, Any], found: Sequence[tuple[str, int, int]]) -> list[Counted]:
    """Sums of cases below each area that is graded, all such areas present, ordered by id. `found`: (path of an area, cases there, new ones among them),
    each area once. A cluster is an area of the cluster's level with so many new ones below it."""
    places = Area.objects.filter(valid_to=None, outside=False)
    areas = {pk: [0, 0, 0] for pk in places.filter(level__in=rule["levels"]).order_by("pk").values_list("pk", flat=True)}
    spots = dict.fromkeys(places.filter(level=rule["cluster"]["level"]).values_list("pk", flat=True), 0)
    above: dict[int, list[int]] = {}
    for path, total, new in found:
        way = [int(pk) for pk in path.split(".") if pk]
        for pk in way:
            if pk in areas:
                areas[pk][0] += total
                areas[pk][1] += new
            if pk in spots:
                spots[pk] += new
                above[pk] = way
    for spot, n in spots.items():
        if n >= rule["cluster"]["cases"]:
            for pk in above[spot]:
                if pk in areas:
                    areas[pk][2] += 1
    return [Counted(pk, *n) for pk, n in areas.items()]


def standing_grades(scale: str) -> dict[int, str]:
    """What stands on a scale now: area → value."""
    return dict(AreaGrade.objects.filter(scale=scale, ends_at=None).order_by("starts_at").values_list("area_id", "value"))


@cache
def _lines(name: str) -> list[Mapping[str, Any]]:
    return sorted(plain(content_files("command")[name])["values"], key=lambda line: line["from"])


def _dated(name: str, on: date) -> Mapping[str, Any]:
    """The line in force that day; before the first one, the first."""
    lines = _lines(name)
    return next((line for line in reversed(lines) if line["from"] <= on), lines[0])
