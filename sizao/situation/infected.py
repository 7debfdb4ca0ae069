"""Who is infected, of whom: by part of the area, among contacts, among staff by unit and among health workers; and beside it what was tested, without which an infection rate says little."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import compress
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from sizao.epi.outcomes import Rate, rate
from sizao.kernel.codes import code_groups, code_list
from sizao.kernel.days import NEVER, day
from sizao.kernel.ids import Ids
from sizao.registers.cases import chains
from sizao.registers.laboratory import read as laboratory
from sizao.registers.ledgers import read as ledgers
from sizao.registers.surveillance import read as surveillance

from .clusters import PERSONS_A_CASE
from .lines import Lines
from .parts import Parts

#: New infections and tests are those of so many days up to the day judged.
DAYS = 14
#: Who counts as infected where the reader names no classes.
INFECTED = ("confirmed", "asymptomatic")
#: The groups of a report card that mean health workers and nobody in particular (`codelists/population-group`).
MEDICAL, UNKNOWN = "medical", "unknown"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the area (-1: not of any part), or all of it (None). `people` is None where the register of persons is no population.

    Attributes:
        cases, new: Infected so far, and of those the ones of the last `DAYS` days.
        attack, incidence: Of the people; None without a population.
        tests, positive: Results of persons' samples told in the last `DAYS` days. positivity: their share.
    """

    position: int | None
    cases: int
    new: int
    people: int | None
    attack: Rate | None
    incidence: Rate | None
    tests: int
    positive: int
    positivity: Rate | None


@dataclass(frozen=True, slots=True)
class Staff:
    """The staff of one unit, as its roll tells them: infected, of all. `name`, `kind`: of the unit."""

    unit: UUID
    name: str
    kind: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class Job:
    """Who works in one job, or in one group of jobs (`group`), on the rolls of all units: infected, of all. `code`: of the job or group; "": those of whom none is told."""

    code: str
    group: bool
    rate: Rate


@dataclass(frozen=True, slots=True)
class Infected:
    """`health_workers`: cases whose report card says health worker, of those whose card says any group; None without such a card. `on_rolls`: staff on all rolls, of whom `staff` are the units
    with an infected one. `of_all`: infected staff of every unit of all staff on rolls; `jobs`: the same by job, groups of jobs first, also where nobody is infected. `contacts`: (class or "", rate); None where the reader may not read cases."""

    parts: tuple[Part, ...]
    staff: tuple[Staff, ...]
    of_all: Rate | None
    jobs: tuple[Job, ...]
    health_workers: Rate | None
    contacts: tuple[tuple[str | None, Rate | None], ...] | None


def infected(lines: Lines, below: Parts, classes: tuple[str, ...] = ()) -> Infected:
    """Every definition of the infection rate. Four statements, three more where a roll names anybody, one more where contacts may be read.

    A case is new by its confirmation, else its report, else the day on which it was first known. Whoever is staff of two units counts in each, and once in all.
    """
    kept = lines.of(classes or INFECTED)
    on = np.where(lines.days["confirmation"] != NEVER, lines.days["confirmation"], np.where(lines.days["report"] != NEVER, lines.days["report"], lines.known))
    new = kept & (on > lines.today - DAYS)
    people = lines.people()
    told = sum(people.values()) >= PERSONS_A_CASE * max(int(kept.sum()), 1)
    tested = laboratory.tested(lines.scope, lines.area, lines.disease, lines.as_of, DAYS)
    # the first place is that of areas which lie in no part
    where = np.array([below.of.get(a, -1) for a in lines.areas.tolist()], np.int64)
    cases, fresh = (np.bincount(where[mask] + 1, minlength=len(below.areas) + 1) for mask in (kept, new))
    living, done, positive = (np.zeros(len(below.areas) + 1, np.int64) for _ in range(3))
    for area, n in people.items():
        living[below.of.get(area, -1) + 1] += n
    for area, results, found_ in tested:
        done[below.of.get(area, -1) + 1] += results
        positive[below.of.get(area, -1) + 1] += found_

    def part(position: int | None) -> Part:
        n, fresh_, here_, tests, hits = (int(x.sum() if position is None else x[position + 1]) for x in (cases, fresh, living, done, positive))
        here = here_ if told else None
        counts = here is not None and here >= n
        return Part(position, n, fresh_, here, rate(n, here_) if counts else None, rate(fresh_, here_) if counts else None, tests, hits, rate(hits, tests))

    rolls = ledgers.staff_of_units(lines.scope, lines.area, day(lines.today))
    found = ledgers.staff_among(lines.scope, lines.area, day(lines.today), _those(lines.persons, kept)) if rolls else []
    by_unit: dict[UUID, set[UUID]] = defaultdict(set)
    by_job: dict[str, set[UUID]] = defaultdict(set)
    for unit, person, job in found:
        by_unit[unit].add(person)
        by_job[job].add(person)
    staff = []
    for unit, name, kind, n in rolls:
        if unit in by_unit and (share := rate(len(by_unit[unit]), n)) is not None:
            staff.append(Staff(unit, name, kind, share))
    together = {name: g["codes"] for name, g in code_groups("job").items()}
    everybody, jobs, grouped = ledgers.staff_by_job(lines.scope, lines.area, day(lines.today), together) if rolls else (0, {}, {})
    told_jobs = [(name, True, {p for code in together[name] for p in by_job[code]}, n) for name, n in grouped.items()]
    told_jobs += [(code, False, by_job[code], jobs[code]) for code in (*code_list("job"), "") if code in jobs]
    worked = tuple(Job(code, group, share) for code, group, ill, n in told_jobs if (share := rate(len(ill), n)) is not None)
    groups = surveillance.groups_told(lines.scope, lines.ids if kept.all() else _those(lines.ids, kept))
    contacts = None
    if lines.scope.can("case.read", lines.area):
        contacts = tuple((x.classification, rate(x.attack.infected, x.attack.exposed)) for x in chains.attack_rates(lines.scope, lines.area, lines.disease, day(lines.today)))
    return Infected(
        tuple(part(p) for p in (None, *range(len(below.areas)))), tuple(sorted(staff, key=lambda s: (-s.rate.counted, s.name))), rate(len({p for of in by_unit.values() for p in of}), everybody), worked,
        rate(groups[MEDICAL], sum(n for group, n in groups.items() if group != UNKNOWN)), contacts,
    )  # fmt: skip


def _those(ids: Ids, kept: NDArray[np.bool_]) -> Ids:
    return Ids(compress(ids, kept))
