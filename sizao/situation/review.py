"""The review of the situation (形势研判) that writes itself: each working group's state, its gaps, and what to do next, from one run; a person's own words stand beside, and each version is kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sizao.kernel import clock
from sizao.kernel.codes import content_files
from sizao.kernel.errors import Refused
from sizao.kernel.marked import plain
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.plan import read as plan
from sizao.plan.views import MeasureFigures
from sizao.registers.command import deciding
from sizao.registers.command.models import SituationReview

from . import headline

RIGHT = "command.write"
#: So many gaps of a group are named, and so many next steps proposed.
GAPS, STEPS = 5, 4
LONGEST = 2000


@cache
def groups() -> tuple[Mapping[str, Any], ...]:
    """The working groups with their measures, as content says."""
    return tuple(plain(content_files("command")["working-groups"])["values"])


@cache
def _proposals() -> tuple[Mapping[str, Any], ...]:
    return tuple(plain(content_files("command")["proposals"])["values"])


def written(scope: Scope, area: Area, said: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The review as the last run has it: plain values with words in zh and en. `said`: group → what its people add. Refused: not-allowed, review-no-run.

    A group none of whose measures is in force is there too, and says so. Figures of cases are of now; everything else is of the run that it names.
    """
    scope.check("plan.read", area)
    run = plan.latest_run()
    if run is None:
        raise Refused("review-no-run")
    found = plan.overview(scope, area, None, run)
    worst = plan.worst_areas(scope, area, run)
    told = said or {}
    rates = headline.rates(scope, area, clock.now())
    return {
        "area": _names(area), "code": area.code, "run": run.pk, "as_of": run.as_of.isoformat(), "known_at": run.known_at.isoformat(), "made_at": run.started_at.isoformat(),
        "plans": sorted({e["edition"] for e in run.editions}), "total": {n: getattr(found.total, n) for n in ("owed", "missing", "missed", "open", "cannot_tell", "ownerless", "unlisted", "untrue", "risen")} | {"done": found.total.done},
        "rates": [{"disease": r.disease, "ill": r.ill, "recovered": r.recovered, "died": r.died, "new": r.new, "days_since": r.days_since} for r in rates],
        "groups": [_group(g, [m for m in found.measures if m.id.split(".")[0] in g["measures"]], worst, area, told.get(g["id"], "")) for g in groups()],
    }  # fmt: skip


def keep(scope: Scope, area: Area, said: Mapping[str, str]) -> SituationReview:
    """The next version, with what the groups' people said. Refused: not-allowed, review-no-run."""
    scope.check(RIGHT, area)
    body = written(scope, area, {k: v.strip()[:LONGEST] for k, v in said.items() if v.strip()})
    run = plan.latest_run()
    assert run is not None
    return deciding.keep_review(scope, area.pk, body["run"], run.as_of, run.known_at, body)


def _group(g: Mapping[str, Any], measures: list[MeasureFigures], worst: Mapping[tuple[str, str], tuple[Area, int]], area: Area, said: str) -> dict[str, Any]:
    counts = {n: sum(getattr(m, n) for m in measures) for n in ("owed", "missing", "missed", "cannot_tell", "ownerless", "untrue", "raised")} | {"done": sum(m.done for m in measures)}
    gaps = [_gap(m, "missing", worst, area) for m in sorted((m for m in measures if m.missing), key=lambda m: (-m.missing, m.id))[:GAPS]]
    return {"id": g["id"], "zh": g["zh"], "en": g["en"], "in_force": len(measures), "state": counts, "gaps": gaps, "proposals": _steps(measures, worst, area), "said": said}


def _gap(m: MeasureFigures, state: str, worst: Mapping[tuple[str, str], tuple[Area, int]], area: Area) -> dict[str, Any]:
    where, n = worst.get((m.id, state), (area, m.count(state)))
    return {"measure": m.id, "zh": m.title["zh"], "en": m.title.get("en") or m.title["zh"], "n": m.count(state), "done": m.done, "owed": m.owed, "area": _names(where), "there": n}


def _steps(measures: list[MeasureFigures], worst: Mapping[tuple[str, str], tuple[Area, int]], area: Area) -> list[dict[str, str]]:
    """The next steps that content proposes for what stands, the most urgent kinds first."""
    found = []
    for p in _proposals():
        of = [m for m in measures if m.count(p["when"]) and p.get("kind") in (None, m.kind) and p.get("urgency") in (None, m.urgency)]
        if of:
            most = max(of, key=lambda m: (m.count(p["when"]), m.id))
            where = _names(worst.get((most.id, p["when"]), (area, 0))[0])
            n = sum(m.count(p["when"]) for m in of)
            found.append({side: _filled(p[side], n, most.title.get(side) or most.title["zh"], where[side]) for side in ("zh", "en")})
    return found[:STEPS]


def _filled(text: str, n: int, measure: str, area: str) -> str:
    """The fields of a text; a value is never searched for fields."""
    parts = {"{n}": str(n), "{m}": measure, "{a}": area}
    out, rest = "", text
    while rest:
        at, field = min(((i, f) for f in parts if (i := rest.find(f)) >= 0), default=(-1, ""))
        if at < 0:
            return out + rest
        out, rest = out + rest[:at] + parts[field], rest[at + len(field) :]
    return out


def _names(area: Area) -> dict[str, str]:
    return {"zh": area.name_zh, "en": area.name_en or area.name_zh}
