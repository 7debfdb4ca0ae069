"""Cases are linked: a sender says who infected whom, by his own numbers; a number that lost its leading zeros is still found, and that is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.cases import numbers as case_numbers
from sizao.registers.cases.rules import circles as find_circles

from .outcome import Outcome, Problem


@dataclass(frozen=True, slots=True)
class StatedLink:
    """`infector` infected `infectee`, both by the sender's numbers. `infectee` may be a contact: then `infector` is the case he is a contact of."""

    sender: str
    infectee: str
    infector: str
    last_exposure_on: date | None = None


@transaction.atomic
def link(scope: Scope, stated: Sequence[StatedLink], *, batch: int | None = None) -> list[Outcome]:
    """One outcome a link: new, identical, updated (a contact got its case), or rejected: `link-dangling` (a number that names no case),
    `link-several` (without its zeros it names more than one), `link-circular` (a case infected by itself).

    Notes: `link-zeros-ignored`, `link-reversed` (who infected fell ill after whom he infected), `contact-of-another` (a contact that has a case already).
    """
    scope.check("case.write")
    outcomes: list[Outcome | None] = [None] * len(stated)
    for sender in dict.fromkeys(s.sender for s in stated):
        mine = [i for i, s in enumerate(stated) if s.sender == sender]
        held = case_numbers.cases_named(sender, {n for i in mine for n in (stated[i].infectee, stated[i].infector)}, loosely=True)
        known = {i: (held.get(stated[i].infector), held.get(stated[i].infectee)) for i in mine}
        people = case_numbers.contacts_by_number(sender, {stated[i].infectee for i, (a, b) in known.items() if a and b is None})
        pairs, of_contacts = [], []
        for i, (a, b) in known.items():
            s, odd = stated[i], [n for n in known[i] if n and n.several]
            if odd:
                outcomes[i] = Outcome("rejected", problems=(Problem("link-several", "infector", s.infector if a in odd else s.infectee),))
            elif a is None or (b is None and s.infectee not in people):
                outcomes[i] = Outcome("rejected", problems=(Problem("link-dangling", "infector", s.infector if a is None else s.infectee),))
            elif b is None:
                of_contacts.append((i, a))
            elif a.pk == b.pk:
                outcomes[i] = Outcome("rejected", problems=(Problem("link-circular", "infector", s.infector),))
            else:
                pairs.append((i, a, b))
        new = cases.add_links(scope, [(a.pk, b.pk, b.disease) for _, a, b in pairs], sender=sender, known_from=clock.now(), batch=batch)
        for i, a, b in pairs:
            outcomes[i] = Outcome("new" if (a.pk, b.pk) in new else "identical", b.pk, b.person, tuple(_notes(stated[i], a, b)))
        told = {}
        for i, a in of_contacts:
            contact = people[stated[i].infectee]
            first = contact.case_id is None and contact.pk not in told
            if first:
                told[contact.pk] = {"case_id": a.pk, "last_exposure_on": contact.last_exposure_on or stated[i].last_exposure_on}
            same = contact.case_id == a.pk or (contact.pk in told and told[contact.pk]["case_id"] == a.pk)
            notes = () if same else (Problem("contact-of-another", "infector", stated[i].infector),)
            outcomes[i] = Outcome("updated" if first else "identical", contact.pk, contact.person_id, notes)
        cases.correct_contacts(scope, told)
    return [o for o in outcomes if o is not None]


def _notes(stated: StatedLink, a: case_numbers.Named, b: case_numbers.Named) -> Iterable[Problem]:
    for number, found in ((stated.infector, a), (stated.infectee, b)):
        if number != found.number:
            yield Problem("link-zeros-ignored", "infector", number)
    if a.onset_on and b.onset_on and a.onset_on > b.onset_on:
        yield Problem("link-reversed", "infector", stated.infector)


def circles(batch: int) -> dict[UUID, str]:
    """Of the links that this batch brought, those that turn in a circle: case → the numbers of its circle, in order. Two people cannot each have
    infected the other; the links stay as they were told."""
    found = find_circles(case_numbers.links_of_batch(batch))
    numbers = case_numbers.numbers_of({c for circle in found for c in circle})
    return {case: " → ".join(numbers[c] for c in circle) for circle in found for case in circle}
