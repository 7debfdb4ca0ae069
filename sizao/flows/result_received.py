"""A laboratory's result is received by message: the person it names, the sample, the result; and where it is positive, a case that waits for somebody's judgement.

Whom it names: the person that this sender's number stands for, else the case or contact that has the number, else who has the identity number; else somebody new.
Never by name, birth date or telephone. A positive result classifies nobody: the case that it reports has no class until a person gives it one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.cases import numbers as case_numbers
from sizao.registers.laboratory import read as laboratory
from sizao.registers.laboratory.lists import Listed, bring_samples
from sizao.registers.laboratory.telling import put_antibodies
from sizao.registers.population import actions as population
from sizao.registers.population import read as persons
from sizao.registers.population.actions import PersonData
from sizao.registers.population.models import Person

from .outcome import Outcome, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedResult:
    """One sample with its result, as a laboratory's message tells it. Instants are aware; None means not told.

    Attributes:
        sender, source_id: Who sends, and his own number of the sample: together they name it.
        number: The number under which the sender knows the person, or "". `known`: whom he named by it before.
        placed: Whether the message tells the person's area; else `person.area_id` is where a new one is put.
        result: Code of `test-result`; None: the sample is known, its result is not.
        notified: The same message notifies the case: a positive result need not.
        method: Code of `test-method` of the result, or None. `antibodies`: (method, result, when) found in the same sample; they stand beside, and are no result.
    """

    sender: str
    source_id: str
    disease: str
    person: PersonData
    sampled_at: datetime
    number: str = ""
    known: UUID | None = None
    placed: bool = False
    kind: str | None = None
    received_at: datetime | None = None
    resulted_at: datetime | None = None
    result: str | None = None
    notified: bool = False
    method: str | None = None
    antibodies: tuple[tuple[str, str, datetime], ...] = ()


@transaction.atomic
def receive(scope: Scope, told: Sequence[ReceivedResult], *, batch: int | None = None) -> list[Outcome]:
    """One outcome a sample, in order; `record` is the sample. A bounded number of statements, however many.

    Rejected: not-found-or-out-of-area (no samples may be written there); number-names-another (the number is somebody's whose name and birth date are others);
    number-names-several; sample-of-another (that number is another person's sample). Notes: case-reported-by-result, number-of-another-sender.
    """
    scope.check("specimen.write")
    outcomes: list[Outcome | None] = [None] * len(told)
    for sender in dict.fromkeys(t.sender for t in told):
        _of_sender(scope, sender, told, [i for i, t in enumerate(told) if t.sender == sender], outcomes, batch)
    return [o for o in outcomes if o is not None]


def _of_sender(scope: Scope, sender: str, told: Sequence[ReceivedResult], mine: Sequence[int], outcomes: list[Outcome | None], batch: int | None) -> None:
    whose, notes = _whose(scope, sender, told, mine, outcomes, batch)
    held = laboratory.specimens(scope).filter(sender=sender, source_id__in=[told[i].source_id for i in whose]).values_list("source_id", "person", "disease")
    taken = {number: (person, disease) for number, person, disease in held}
    for i in list(whose):
        if taken.setdefault(told[i].source_id, (whose[i][0], told[i].disease)) != (whose[i][0], told[i].disease):
            outcomes[i] = Outcome("rejected", problems=(Problem("sample-of-another", "sample", told[i].source_id),))
            del whose[i]
    listed = {
        told[i].source_id: Listed(
            key=told[i].source_id, person=person, area_id=area, disease=told[i].disease, sampled_at=told[i].sampled_at, kind=told[i].kind, received_at=told[i].received_at,
            resulted_at=told[i].resulted_at, result=told[i].result, method=told[i].method,
        )
        for i, (person, area) in whose.items()
    }  # fmt: skip
    done = bring_samples(scope, list(listed.values()), sender=sender, batch=batch)
    for i, (person, _) in whose.items():
        kind, record = done[told[i].source_id]
        outcomes[i] = Outcome(kind, record, person, tuple(notes.get(i, ())))
    put_antibodies(scope, [(done[told[i].source_id][1], *one) for i in whose for one in told[i].antibodies], batch=batch)
    _report(scope, sender, told, whose, outcomes, batch)


def _whose(
    scope: Scope, sender: str, told: Sequence[ReceivedResult], mine: Sequence[int], outcomes: list[Outcome | None], batch: int | None
) -> tuple[dict[int, tuple[UUID, int]], dict[int, list[Problem]]]:
    """Place in the batch → (person, area of the sample). Who is named twice in a batch is one person."""
    paths = dict(Area.objects.filter(pk__in={told[i].person.area_id for i in mine}).values_list("pk", "path"))
    numbered = case_numbers.people_by_number(scope, sender, (told[i].number for i in mine if told[i].known is None))
    identities = {told[i].person.national_id for i in mine} - {""}
    identified = dict(persons.by_identifier(scope, identities)) if identities else {}
    found: dict[int, UUID] = {}
    notes: dict[int, list[Problem]] = {}
    fresh: dict[object, list[int]] = {}
    for i in mine:
        t = told[i]
        named = numbered.get(t.number)
        if not scope.can("specimen.write", paths.get(t.person.area_id or 0, "-")):
            outcomes[i] = Outcome("rejected", problems=(Problem("not-found-or-out-of-area", "area"),))
        elif t.known is not None:
            found[i] = t.known
        elif named is not None and named.several:
            outcomes[i] = Outcome("rejected", problems=(Problem("number-names-several", "person_number", t.number),))
        elif named is not None:
            found[i] = named.person
            if named.sender != sender:
                notes[i] = [Problem("number-of-another-sender", "person_number", t.number)]
        elif (one := identified.get(t.person.national_id)) is not None:
            found[i] = one
        else:
            fresh.setdefault(t.number or t.person.national_id or i, []).append(i)
    if others := persons.others_of(t.known for i in mine if (t := told[i]).known is not None and i in found):  # a number named somebody who was found to be another since
        found = {i: others.get(pk, pk) for i, pk in found.items()}
    rows = {p.pk: p for p in persons.persons(scope).filter(pk__in=set(found.values()))}
    corrected: dict[UUID, PersonData] = {}
    for i in list(found):
        t, row = told[i], rows.get(found[i])
        if row is None:  # moved out of this post's area since
            outcomes[i] = Outcome("rejected", problems=(Problem("not-found-or-out-of-area", "person"),))
            del found[i]
        elif _another(t.person, row):
            outcomes[i] = Outcome("rejected", problems=(Problem("number-names-another", "person_number", t.number),))
            del found[i]
        elif not row.name or row.birth_date is None:  # told before without saying who it is
            corrected[row.pk] = PersonData(None, name="" if row.name else t.person.name, birth_date=t.person.birth_date if row.birth_date is None else None, sex=t.person.sex if row.sex is None else None)
    population.correct_persons(scope, corrected)
    new = population.add_persons(scope, [told[g[0]].person for g in fresh.values()], known=[_known(told[g[0]]) for g in fresh.values()], sender=sender, batch=batch)
    whose = {i: (pk, rows[pk].area_id) for i, pk in found.items()}
    for person, group in zip(new, fresh.values(), strict=True):
        for i in group:
            if _another(told[i].person, told[group[0]].person):
                outcomes[i] = Outcome("rejected", problems=(Problem("number-names-another", "person_number", told[i].number),))
            else:
                whose[i] = (person, told[group[0]].person.area_id or 0)
    return whose, notes


def _another(told: PersonData, known: PersonData | Person) -> bool:
    """Whether somebody else is meant: name and birth date are both told, and both are other."""
    return bool(told.name and known.name and told.name != known.name and told.birth_date and known.birth_date and told.birth_date != known.birth_date)


def _known(t: ReceivedResult) -> datetime:
    return min(t.resulted_at or t.received_at or t.sampled_at, clock.now())


def _report(scope: Scope, sender: str, told: Sequence[ReceivedResult], whose: Mapping[int, tuple[UUID, int]], outcomes: list[Outcome | None], batch: int | None) -> None:
    """A positive result of somebody who is no case of the disease reports one, without a class."""
    positive = [i for i in whose if told[i].result == "positive" and not told[i].notified]
    standing = case_numbers.are_cases((whose[i][0], told[i].disease) for i in positive)
    first: dict[tuple[UUID, str], int] = {}
    for i in positive:
        if (key := (whose[i][0], told[i].disease)) not in standing:
            first.setdefault(key, i)
    numbers = case_numbers.cases_named(sender, (f"result:{told[i].source_id}" for i in first.values()))
    new = [
        cases.New(person, sender, f"result:{told[i].source_id}", known := _known(told[i]), {"area_id": whose[i][1], "disease": disease, "reported_at": known})
        for (person, disease), i in first.items()
        if f"result:{told[i].source_id}" not in numbers
    ]
    cases.add_cases(scope, new, batch=batch)
    made = {n.source_id for n in new}
    for i in first.values():
        if f"result:{told[i].source_id}" in made and (o := outcomes[i]) is not None:
            outcomes[i] = Outcome(o.kind, o.record, o.person, (*o.problems, Problem("case-reported-by-result")))
