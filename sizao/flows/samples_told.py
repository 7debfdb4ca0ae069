"""Samples are told: a laboratory's list of what was taken from whom, when it came in, and what was found.

Whose sample it is stands in it by the number of a case or contact, or by an identity number. One that names nobody known is kept with the
import and reported; it is never joined by a name or a date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from sizao.kernel.codes import code_list
from sizao.kernel.scope import Scope
from sizao.registers.cases import numbers as case_numbers
from sizao.registers.laboratory.lists import Listed, bring_samples
from sizao.registers.population import read as population

from .outcome import Outcome, Problem

RESULTS = frozenset(code_list("test-result"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldSample:
    """One sample. `source_id` is the sender's number of it; `person_number` that of the case or contact, or "". Instants are aware; None means not told."""

    sender: str
    source_id: str
    disease: str
    person_number: str = ""
    national_id: str = ""
    kind: str | None = None
    sampled_at: datetime | None = None
    received_at: datetime | None = None
    resulted_at: datetime | None = None
    result: str | None = None


@transaction.atomic
def tell(scope: Scope, told: Sequence[ToldSample], *, batch: int | None = None) -> list[Outcome]:
    """One outcome a sample, in order. New without a record: kept, but no sample (`sample-unlinked`, `sample-of-several`, `sample-without-date`).

    Notes: `link-zeros-ignored`; `number-of-another-sender`; `result-without-date` (the result stands, its act does not); `result-before-sample` (the
    result is told without its day).
    """
    scope.check("specimen.write")
    outcomes: dict[int, Outcome] = {}
    for sender in dict.fromkeys(t.sender for t in told):
        mine = [i for i, t in enumerate(told) if t.sender == sender]
        named = case_numbers.people_by_number(scope, sender, (told[i].person_number for i in mine))
        identified = _identified(scope, {told[i].national_id for i in mine if told[i].person_number not in named} - {""})
        listed: dict[int, Listed] = {}
        notes: dict[int, list[Problem]] = {}
        for i in mine:
            t, whose = told[i], named.get(told[i].person_number) or identified.get(told[i].national_id)
            if whose is None:
                outcomes[i] = Outcome("new", problems=(Problem("sample-unlinked", "person_number", t.person_number),))
            elif whose.several:
                outcomes[i] = Outcome("new", problems=(Problem("sample-of-several", "person_number", t.person_number),))
            elif t.sampled_at is None:
                outcomes[i] = Outcome("new", None, whose.person, (Problem("sample-without-date", "sampled_at"),))
            else:
                notes[i] = list(_notes(t, whose))
                timely = t.resulted_at if t.result in RESULTS and t.resulted_at and t.resulted_at >= t.sampled_at else None
                listed[i] = Listed(
                    key=t.source_id, person=whose.person, area_id=whose.area, disease=t.disease, sampled_at=t.sampled_at, kind=t.kind, received_at=t.received_at,
                    resulted_at=timely, result=t.result,
                )  # fmt: skip
        done = bring_samples(scope, list(listed.values()), sender=sender, batch=batch)
        for i, one in listed.items():
            kind, record = done[one.key]
            outcomes[i] = Outcome(kind, record, one.person, tuple(notes[i]))
    return [outcomes[i] for i in range(len(told))]


def _identified(scope: Scope, numbers: set[str]) -> dict[str, case_numbers.Numbered]:
    found: dict[str, case_numbers.Numbered] = {}
    people = dict(population.by_identifier(scope, numbers)) if numbers else {}
    where = dict(population.persons(scope).filter(pk__in=set(people.values())).values_list("pk", "area_id")) if people else {}
    for number, person in people.items():
        found[number] = case_numbers.Numbered(person, where[person], number, "")
    return found


def _notes(t: ToldSample, whose: case_numbers.Numbered) -> list[Problem]:
    notes = []
    if whose.sender and whose.sender != t.sender:
        notes.append(Problem("number-of-another-sender", "person_number", t.person_number))
    elif whose.sender and whose.number != t.person_number:
        notes.append(Problem("link-zeros-ignored", "person_number", t.person_number))
    if t.result and t.resulted_at is None:
        notes.append(Problem("result-without-date", "resulted_at"))
    elif t.result and t.sampled_at and t.resulted_at and t.resulted_at < t.sampled_at:
        notes.append(Problem("result-before-sample", "resulted_at", t.resulted_at.isoformat()))
    return notes
