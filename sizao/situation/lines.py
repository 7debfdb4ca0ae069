"""What the registers know of the cases of one disease below one area, as columns of whole days: read once for a page, in a bounded number of statements.

Nobody is shown by it: rows of persons are on the registers' own lists. So the right to read the plan (`plan.read`) is enough for the figures.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sizao.kernel import clock
from sizao.kernel.days import NEVER, number
from sizao.kernel.ids import Ids
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.care import read as care
from sizao.registers.cases import read as cases
from sizao.registers.isolation import read as isolation
from sizao.registers.population import read as population
from sizao.registers.surveillance import read as surveillance

By = Literal["onset", "report", "confirmation"]
BYS: tuple[By, ...] = ("onset", "report", "confirmation")
Days = NDArray[np.int64]
#: Classes in the order in which bars lie on each other; "" is a case whose class nobody told. Who was ruled out is no case.
CLASSES = ("confirmed", "clinical", "suspected", "asymptomatic", "")
#: Stands for a day that has not come while the earliest of several is looked for.
LATEST = 10**7
MILESTONES = ("onset", "care", "report", "confirmation", "isolation", "treatment")


@dataclass(slots=True)
class Lines:
    """The cases, a column each; NEVER (`kernel.days`) where a day is not told.

    Attributes:
        as_of: The moment judged; `today`: its local day in the area's zone.
        days: Milestone → day. `isolation` and `treatment` are there once `follow` was called.
        outcome, end: What became of it, and the day.
        areas: Id of the area right there.
        known: Day on which the case was first known.
        stood: Since when it has stood: its confirmation, else its report, else when it was first known, in seconds since 1970.
        senders: How many sources told of them.
        ruled_out: How many more were ruled out; they are in no column.
        known_at: The moment of the records they are told from; None: now.
    """

    scope: Scope
    area: Area
    disease: str
    as_of: datetime
    today: int
    ids: Ids
    persons: Ids
    areas: Days
    classes: NDArray[np.str_]
    days: dict[str, Days]
    outcome: NDArray[np.str_]
    end: Days
    known: Days
    stood: NDArray[np.float64]
    senders: int
    ruled_out: int
    known_at: datetime | None = None
    _severity: Any = field(default=None, init=False, repr=False)
    _route: Any = field(default=None, init=False, repr=False)
    _in_care: Any = field(default=None, init=False, repr=False)
    _ages: Any = field(default=None, init=False, repr=False)
    _people: Any = field(default=None, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, classes: tuple[str, ...]) -> NDArray[np.bool_]:
        """Which cases have one of these classes; all where none is named."""
        return np.isin(self.classes, classes) if classes else np.ones(len(self), bool)

    def severity(self) -> NDArray[np.str_]:
        """The severity last seen of each case; "" where none is told."""
        self._follow()
        return self._severity

    def route(self) -> NDArray[np.str_]:
        """By which way each case was found, the first that holds: `contact` (named as a contact up to the day of its report), a channel of the symptom ledger (found up to that
        day, and at most 14 days before), `care` (sought care by himself), "" (not told)."""
        self._follow()
        return self._route

    def in_care(self) -> NDArray[np.bool_]:
        """Who has a bed, or is kept in hospital, at the moment judged."""
        self._follow()
        return self._in_care

    def milestone(self, name: str) -> Days:
        if name in ("isolation", "treatment"):
            self._follow()
        return self.days[name]

    def ages(self) -> NDArray[np.float64]:
        """Age in years of each case's person, NaN where not told. One statement, once."""
        if self._ages is None:
            known = {person.int: age for person, age in population.ages_of(self.persons)}
            self._ages = np.array([known.get(p.int, np.nan) for p in self.persons], np.float64)
        return np.asarray(self._ages)

    def people(self) -> dict[int, int]:
        """area → persons of the register who live right there. One statement, once."""
        if self._people is None:
            self._people = population.counts_by_area(self.scope, self.area)
        return dict(self._people)

    def waiting_hours(self, waiting: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Hours for which each of these cases has stood, from confirmation, else report, else when it was first known, up to the moment judged."""
        return np.maximum(self.as_of.timestamp() - self.stood[waiting], 0) / 3600

    def _follow(self) -> None:
        """Asks the other registers, once: stays, beds, courses, contacts, symptom lines (five statements)."""
        if self._severity is not None:
            return
        today, n = self.today, len(self)
        stays, beds, courses = isolation.days_of(self.scope, self.persons, self.disease), care.days_of(self.scope, self.persons, self.disease), care.courses_of(self.scope, self.ids)
        named, channels = cases.named_as_contacts(self.scope, self.persons, self.disease), surveillance.channels_of(self.scope, self.persons)
        # by the numbers of the identifiers, which are found some times faster than themselves
        told = {case.int: (severity or "", began) for case, severity, began in courses}
        listed = {person.int: day for person, day in named.items()}
        at: dict[int, list[int]] = defaultdict(list)
        for i, person in enumerate(self.persons):
            at[person.int].append(i)
        began = np.stack([self.days[name] for name in ("onset", "care", "report", "confirmation")])
        first_told = np.where(began == NEVER, LATEST, began).min(0)
        start = np.where(first_told < LATEST, first_told, self.known).tolist()
        report, confirmation = self.days["report"], self.days["confirmation"]
        reported = np.where(report != NEVER, report, np.where(confirmation != NEVER, confirmation, self.known)).tolist()
        isolated, bedded, in_care = [LATEST] * n, [LATEST] * n, np.zeros(n, bool)
        for rows, first_of, is_bed in ((stays, isolated, False), (beds, bedded, True)):
            for person, first, last in rows:
                if first > today:
                    continue
                for i in at[person.int]:
                    if last is None or last >= start[i]:  # a stay of an earlier episode is over before this one began
                        first_of[i] = min(first_of[i], first)
                        if is_bed and (last is None or last > today):
                            in_care[i] = True
        isolated = [min(stay, bed) for stay, bed in zip(isolated, bedded, strict=True)]
        found: dict[int, tuple[int, str]] = {}
        for person, on, channel in channels:
            for i in at[person.int]:
                if reported[i] - 14 <= on <= reported[i]:
                    found[i] = min(found.get(i, (on, channel)), (on, channel))
        cared = (began[1] != NEVER).tolist()
        severities, routes, treated = [], [], []
        for i, (case, person) in enumerate(zip(self.ids, self.persons, strict=True)):
            severity, begun = told.get(case.int, ("", None))
            severities.append(severity)
            treated.append(begun if begun is not None and begun <= today else bedded[i])
            as_contact = listed.get(person.int)
            routes.append("contact" if as_contact is not None and as_contact <= reported[i] else found[i][1] if i in found else "care" if cared[i] else "")
        for name, of in (("isolation", np.array(isolated, np.int64)), ("treatment", np.array(treated, np.int64))):
            self.days[name] = np.where(of == LATEST, NEVER, of)
        self._severity, self._route, self._in_care = np.array(severities, str), np.array(routes, str), in_care


def gather(scope: Scope, area: Area, disease: str, as_of: datetime, known_at: datetime | None = None) -> Lines:
    """The cases known at `as_of`; days that lie after it are not told yet. `known_at`: each as it stood on record at that moment, a class or an onset that was corrected since as it was told then; None: as
    it stands on record now. One statement."""
    rows = cases.dated(scope, area, disease, as_of, known_at)
    today = number(clock.local_day(as_of, area.zone))
    standing = [r for r in rows if r[3] != "ruled_out"]
    columns: list[Any] = list(zip(*standing, strict=True)) if standing else [()] * len(cases.DATED)
    of = dict(zip(cases.DATED, columns, strict=True))

    def days(name: str) -> Days:
        found = np.array([NEVER if d is None else d for d in of[name]], np.int64)
        found[found > today] = NEVER
        return found

    outcome, end = np.array([o or "" for o in of["outcome"]], str), days("end")
    ahead = np.array([d is not None and d > today for d in of["end"]], bool)
    outcome[ahead] = ""
    return Lines(
        scope, area, disease, as_of, today, Ids(of["id"]), Ids(of["person"]), np.array(of["area"], np.int64), np.array([c or "" for c in of["classification"]], str),
        {name: days(name) for name in ("onset", "care", "report", "confirmation")}, outcome, end, days("known"), np.array(of["stood"], np.float64), len(set(of["sender"])), len(rows) - len(standing), known_at,
    )  # fmt: skip


def diseases(scope: Scope, area: Area, as_of: datetime) -> list[tuple[str, int]]:
    """(disease, how many cases) below an area, the most first."""
    return cases.diseases_told(scope, area, as_of)
