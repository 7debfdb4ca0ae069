"""Units to look at, drawn by lot from strata of risk, and what was seen there. The seed and the frame stand with the round: anybody draws it again and finds the same."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.models import Area
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.plan import read as plan
from sizao.registers.command import actions, deciding, lots
from sizao.registers.command import read as command
from sizao.registers.command.models import InspectionRound
from sizao.registers.ledgers import read as ledgers

RIGHT = "inspection.write"
#: For how long a unit that was seen not to keep its duty is looked at first.
REMEMBERED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Frame:
    """The units that could be drawn, each in its stratum; where each is; and the run that told who is silent."""

    strata: dict[UUID, str]
    areas: dict[UUID, int]
    run: int | None


def frame(scope: Scope, area: Area, kinds: tuple[str, ...], now: datetime) -> Frame:
    """Every unit in use below an area of those kinds, in the first stratum whose mark it bears. Six statements, whatever their number."""
    rows = ledgers.units(scope).filter(area__path__startswith=area.path).exclude(in_use=False)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    units = list(rows.order_by().values_list("pk", "area_id", "area__path"))
    grades, run = command.grades_now(now), plan.latest_run()
    silent = plan.subjects(scope, area, "missing", kind="report", run=run) if run else set()
    untrue = command.seen_not_kept(scope, area.path, now - REMEMBERED) | (plan.subjects(scope, area, "untrue", run=run) if run else set())
    known = lots.shares(now.date())
    strata, places = {}, {}
    for pk, place, path in units:
        grade = next((grades[int(a)] for a in reversed([a for a in path.split(".") if a]) if int(a) in grades), "")
        marks = [grade, *(["silent"] if pk in silent else []), *(["untrue"] if pk in untrue else [])]
        strata[pk], places[pk] = lots.stratum_of(marks, known), place
    return Frame(strata, places, run.pk if run else None)


@transaction.atomic
def draw(scope: Scope, area: Area, title: str, practice: str, kinds: tuple[str, ...], due_at: datetime, seed: str = "") -> UUID:
    """A round. Without a seed one is taken from the machine's randomness, and kept. Refused: not-allowed, round-without-units, directive-due-wrong."""
    scope.check(RIGHT, area)
    now = clock.now()
    if due_at <= now:
        raise Refused("directive-due-wrong", due=due_at.isoformat(timespec="minutes"), latest="—")
    found, share = frame(scope, area, kinds, now), lots.shares(now.date())
    seed = seed.strip()[:80] or secrets.token_hex(8)
    drawn = lots.drawn(found.strata, share, seed)
    if not drawn:
        raise Refused("round-without-units", area={"zh": area.name_zh, "en": area.name_en or area.name_zh})
    told = {
        "area_id": area.pk, "title": title.strip()[:200] or f"{now:%Y-%m-%d}", "practice": practice, "kinds": " ".join(kinds), "due_at": due_at, "seed": seed, "frame": len(found.strata),
        "frame_digest": lots.digest(found.strata), "strata": " ".join(f"{name}={part:g}" for name, part in share.items()), "run": found.run,
    }  # fmt: skip
    return deciding.keep_round(scope, told, drawn, found.areas)


@dataclass(frozen=True, slots=True)
class Checked:
    """A round drawn again from what stands with it: whether each stratum's places are the first by lot of the units that were drawn."""

    places: bool
    complete: bool


def draw_again(scope: Scope, round_: InspectionRound) -> Checked:
    """By the seed alone: the places of the drawn units among one another are those that the seed gives, and each stratum has as many as its share of it asks."""
    share = {name: float(part) for name, part in (line.split("=") for line in round_.strata.split())}
    rows = list(command.drawn(scope).filter(round=round_.pk).order_by("stratum", "place").values_list("unit", "stratum", "place", "drawn_of"))
    by: dict[str, list[tuple[UUID, int, int]]] = {}
    for unit, stratum, place, of in rows:
        by.setdefault(stratum, []).append((unit, place, of))
    places = all([u for u, _, _ in line] == [lot.unit for lot in lots.drawn({u: s for u, _, _ in line}, {s: 1.0}, round_.seed)] for s, line in by.items())
    complete = all(len(line) == len(lots.drawn({UUID(int=n): s for n in range(line[0][2])}, {s: share[s]}, round_.seed)) for s, line in by.items())
    return Checked(places, complete)


@transaction.atomic
def saw(scope: Scope, drawn_unit: UUID, outcome: str, what: str = "") -> UUID:
    """What was seen at a drawn unit. Not kept is a finding to the unit by itself, which only who looked may close. Refused: round-seen-already, ticket-without-answer (not kept, and no word what)."""
    row = command.access_drawn_by_id(scope, drawn_unit)
    scope.check(RIGHT, row.area)
    held = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
    if held.inspection_id is not None:
        raise Refused("round-seen-already")
    if outcome == "not_kept" and not what.strip():
        raise Refused("ticket-without-answer")
    told = {"area": row.area_id, "unit": row.unit_id, "practice": row.round.practice, "announced": False, "seen_at": clock.now(), "outcome": outcome, "what": what.strip()[:2000]}
    [done] = actions.save_inspections(scope, [Command(told=told, source_id=f"round:{row.pk}")], sender=f"post:{scope.post_id}")
    if done.kind == "rejected" or done.record is None:
        p = done.problems[0]
        raise Refused(p.code, field=p.field, value=p.value, expected="—")
    deciding.keep_seen(scope, held, done.record)
    return done.record
