"""A case report is received: the person, the case, and whatever the report says was done already.

A sender's own number names the case. A report that comes again changes nothing; one that says something else corrects what he said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.cases import numbers as case_numbers
from sizao.registers.cases.models import Case
from sizao.registers.cases.rules import first_known
from sizao.registers.isolation import actions as isolation
from sizao.registers.population import actions as population
from sizao.registers.population.actions import PersonData
from sizao.registers.population.read import as_told, others_of

from .outcome import Outcome, Problem

CASE_COLUMNS = ("disease", "onset_on", "first_care_at", "reported_at", "confirmed_at", "outcome", "outcome_at", "source", "contact_total")


@dataclass(slots=True, kw_only=True)  # not frozen: that takes twice as long to make, and lists make millions
class CaseReport:
    """One report of a case. Instants are aware; days are local. None means not told.

    Attributes:
        sender, source_id: Who reports, and his own number of the case: together they name it.
        known: Whom it is about, where who reads the report has found the person already.
        placed: Whether the report tells the person's area. If not, `person.area_id` is where a new one is put, and one that is known stays where he is.
        isolated_at, admitted_at, investigated_at: What the report says was done, if it does: a stay, a stay in hospital, an investigation.
    """

    sender: str
    source_id: str
    disease: str
    person: PersonData
    known: UUID | None = None
    placed: bool = True
    class_code: str | None = None
    onset_on: date | None = None
    first_care_at: datetime | None = None
    reported_at: datetime | None = None
    confirmed_at: datetime | None = None
    isolated_at: datetime | None = None
    isolation_kind: str | None = None
    admitted_at: datetime | None = None
    investigated_at: datetime | None = None
    outcome: str | None = None
    outcome_at: datetime | None = None
    source: str = ""
    contact_total: int | None = None

    @property
    def told(self) -> dict[str, object]:
        """The columns of the case that the report speaks of."""
        return {c: getattr(self, c) for c in CASE_COLUMNS} | {"classification": self.class_code, "area_id": self.person.area_id}

    @property
    def again(self) -> dict[str, object]:
        """What it tells of a case that is known."""
        return self.told if self.placed else self.told | {"area_id": None}


def refused(scope: Scope, path: str | None) -> Problem | None:
    """Why cases in the area with this path are not taken from this post; None for the path is no area."""
    return None if scope.can("case.write", "-" if path is None else path) else Problem("not-found-or-out-of-area", "area")


@transaction.atomic
def receive(scope: Scope, reports: Sequence[CaseReport], *, batch: int | None = None, historic: bool = True, told_by: datetime | None = None) -> list[Outcome]:
    """One outcome a report, in order. `historic`: the sender tells of the past (a line list), so what was done was told when it was done.
    `told_by`: by when he had told all this, for subjects of which he gives no date (the end of a list's last day).

    Of two reports with one number in a batch the first makes the case, the second is taken as a correction.
    """
    outcomes: list[Outcome | None] = [None] * len(reports)
    paths = _paths(scope, {r.person.area_id for r in reports})
    now = clock.now()
    for sender in dict.fromkeys(r.sender for r in reports):
        mine = [i for i, r in enumerate(reports) if r.sender == sender]
        held = case_numbers.cases_by_number(sender, (reports[i].source_id for i in mine))
        elsewhere = case_numbers.beyond(scope, held.values(), "case.write")
        first: dict[str, int] = {}
        fresh, again = [], []
        for i in mine:
            r = reports[i]
            if problem := refused(scope, paths.get(r.person.area_id)):
                outcomes[i] = Outcome("rejected", problems=(problem,))
            elif r.source_id in elsewhere:
                outcomes[i] = Outcome("rejected", problems=(Problem("not-found-or-out-of-area", "source_id"),))
            elif r.source_id in held or r.source_id in first:
                again.append(i)
            else:
                first[r.source_id] = i
                fresh.append(i)
        known = [first_known(reports[i].reported_at, reports[i].confirmed_at, reports[i].first_care_at, now=now, told_by=told_by) for i in fresh]
        unknown = [n for n, i in enumerate(fresh) if reports[i].known is None]
        added = iter(population.add_persons(scope, [reports[fresh[n]].person for n in unknown], known=[known[n] for n in unknown], sender=sender, batch=batch))
        others = others_of(r.known for i in fresh if (r := reports[i]).known is not None)
        people = [others.get(told, told) if (told := reports[i].known) is not None else next(added) for i in fresh]
        new = [cases.New(p, sender, reports[i].source_id, k, reports[i].told) for i, p, k in zip(fresh, people, known, strict=True)]
        for i, case, person in zip(fresh, cases.add_cases(scope, new, batch=batch), people, strict=True):
            outcomes[i] = Outcome("new", case, person)
        held |= case_numbers.cases_by_number(sender, (reports[i].source_id for i in again))
        _correct(scope, reports, again, held, outcomes)
        _done(scope, [(reports[i], held.get(reports[i].source_id)) for i in again], sender, batch, historic)
        _done(scope, [(r, _as_case(r, o)) for i in fresh if ((r := reports[i]).isolated_at or r.admitted_at or r.investigated_at) and (o := outcomes[i])], sender, batch, historic)
    return [o for o in outcomes if o is not None]


def _paths(scope: Scope, areas: set[int]) -> dict[int, str]:
    return dict(Area.objects.filter(pk__in=areas).values_list("pk", "path"))


def _as_case(report: CaseReport, outcome: Outcome) -> Case:
    return Case(id=outcome.record, person_id=outcome.person, area_id=report.person.area_id, disease=report.disease)


def _correct(scope: Scope, reports: Sequence[CaseReport], again: list[int], held: dict[str, Case], outcomes: list[Outcome | None]) -> None:
    pairs = [(i, held[reports[i].source_id]) for i in again]
    whom = as_told({c.pk: c.person_id for _, c in pairs})
    people = population.correct_persons(scope, {whom[c.pk]: r.person if (r := reports[i]).placed else replace(r.person, area_id=None) for i, c in pairs})
    changed: set[UUID] = cases.correct_cases(scope, {c.pk: reports[i].again for i, c in pairs})
    for i, c in pairs:
        outcomes[i] = Outcome("updated" if c.pk in changed or whom[c.pk] in people else "identical", c.pk, c.person_id)


def _done(scope: Scope, pairs: list[tuple[CaseReport, Case | None]], sender: str, batch: int | None, historic: bool) -> None:
    known = [(r, c) for r, c in pairs if c is not None]
    isolation.add_stays(
        scope,
        [
            isolation.NewStay(c.person_id, c.area_id, c.disease, at, kind)
            for r, c in known
            for at, kind in ((r.isolated_at, r.isolation_kind), (r.admitted_at, "hospital"))
            if at is not None
        ],
        sender=sender,
        batch=batch,
        reported=historic,
    )
    cases.add_investigations(scope, [(c, r.investigated_at, "") for r, c in known if r.investigated_at], sender=sender, batch=batch, reported=historic)
