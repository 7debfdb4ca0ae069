"""Contacts are named: each a person to be observed, related to a case by the sender's own number of that case."""

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
from sizao.registers.cases.rules import first_known
from sizao.registers.population import actions as population
from sizao.registers.population.actions import PersonData
from sizao.registers.population.read import as_told

from .outcome import Outcome, Problem

COLUMNS = ("disease", "named_at", "last_exposure_on", "observation_from", "observation_until", "released_at", "became_case_at", "status", "followed_as")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedContact:
    """One contact. Instants are aware; days are local; None means not told. `status` is as the sender writes it, `followed_as` the code that it means. `case_source_id` is the sender's number of the related case, or "";
    `placed`: whether the area is told; if not, one who is known stays where he is."""

    sender: str
    source_id: str
    disease: str
    person: PersonData
    placed: bool = True
    case_source_id: str = ""
    class_code: str | None = None
    named_at: datetime | None = None
    last_exposure_on: date | None = None
    observation_from: date | None = None
    observation_until: date | None = None
    released_at: datetime | None = None
    became_case_at: datetime | None = None
    status: str = ""
    followed_as: str | None = None

    def told(self, case: UUID | None, *, known: bool = False) -> dict[str, object]:
        """The columns of the contact that are told."""
        area = None if known and not self.placed else self.person.area_id
        return {c: getattr(self, c) for c in COLUMNS} | {"classification": self.class_code, "area_id": area, "case_id": case}


def refused(scope: Scope, path: str | None) -> Problem | None:
    """Why contacts in the area with this path are not taken from this post; None for the path is no area."""
    return None if scope.can("contact.write", "-" if path is None else path) else Problem("not-found-or-out-of-area", "area")


@transaction.atomic
def name(scope: Scope, contacts: Sequence[NamedContact], *, batch: int | None = None, told_by: datetime | None = None) -> list[Outcome]:
    """One outcome a contact, in order. A related case that is not known is noted (`link-dangling`), and the contact kept.

    `told_by`: by when the sender had told all this, for contacts of which he gives no date (the end of a list's last day).
    """
    outcomes: list[Outcome | None] = [None] * len(contacts)
    paths = dict(Area.objects.filter(pk__in={c.person.area_id for c in contacts}).values_list("pk", "path"))
    now = clock.now()
    for sender in dict.fromkeys(c.sender for c in contacts):
        mine = [i for i, c in enumerate(contacts) if c.sender == sender]
        related = case_numbers.cases_named(sender, (contacts[i].case_source_id for i in mine if contacts[i].case_source_id), loosely=True)
        held = case_numbers.contacts_by_number(sender, (contacts[i].source_id for i in mine))
        elsewhere = case_numbers.beyond(scope, held.values(), "contact.write")
        case_of = {i: c.pk if (c := related.get(contacts[i].case_source_id)) and not c.several else None for i in mine}
        notes = {i: _notes(contacts[i].case_source_id, related.get(contacts[i].case_source_id)) for i in mine}
        first: dict[str, int] = {}
        fresh, again = [], []
        for i in mine:
            c = contacts[i]
            if problem := refused(scope, paths.get(c.person.area_id)):
                outcomes[i] = Outcome("rejected", problems=(problem,))
            elif c.source_id in elsewhere:
                outcomes[i] = Outcome("rejected", problems=(Problem("not-found-or-out-of-area", "source_id"),))
            elif c.observation_from and c.observation_until and c.observation_until < c.observation_from:
                outcomes[i] = Outcome("rejected", problems=(Problem("observation-reversed", "observation_until", c.observation_until.isoformat()),))
            elif c.source_id in held or c.source_id in first:
                again.append(i)
            else:
                first[c.source_id] = i
                fresh.append(i)
        known = [first_known(contacts[i].named_at, now=now, told_by=told_by) for i in fresh]
        people = population.add_persons(scope, [contacts[i].person for i in fresh], known=known, sender=sender, batch=batch)
        new = [cases.New(p, sender, contacts[i].source_id, k, contacts[i].told(case_of[i])) for i, p, k in zip(fresh, people, known, strict=True)]
        for i, made, person in zip(fresh, cases.add_contacts(scope, new, batch=batch), people, strict=True):
            outcomes[i] = Outcome("new", made, person, notes[i])
        held |= case_numbers.contacts_by_number(sender, (contacts[i].source_id for i in again))
        pairs = [(i, held[contacts[i].source_id]) for i in again]
        whom = as_told({c.pk: c.person_id for _, c in pairs})
        moved = population.correct_persons(scope, {whom[c.pk]: p.person if (p := contacts[i]).placed else replace(p.person, area_id=None) for i, c in pairs})
        changed = cases.correct_contacts(scope, {c.pk: contacts[i].told(case_of[i], known=True) for i, c in pairs})
        for i, c in pairs:
            outcomes[i] = Outcome("updated" if c.pk in changed or whom[c.pk] in moved else "identical", c.pk, c.person_id, notes[i])
    return [o for o in outcomes if o is not None]


def _notes(number: str, found: case_numbers.Named | None) -> tuple[Problem, ...]:
    """What is to be told about the related case."""
    if not number or (found is not None and not found.several and found.number == number):
        return ()
    code = "link-dangling" if found is None else "link-several" if found.several else "link-zeros-ignored"
    return (Problem(code, "related_case", number),)
