"""A report card is filled in: the person, the case and the card are written together, and nothing is typed twice. And a card that is corrected corrects its case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock, registry, saving
from sizao.kernel.identifiers import normalise_national_id
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.cases import numbers as case_numbers
from sizao.registers.population import read as people
from sizao.registers.surveillance import actions as surveillance

Told = Mapping[str, Any]
#: Below this age the card names a parent or guardian.
GROWN_UP = 14


@dataclass(frozen=True, slots=True)
class Filled:
    """What became of a card: its case and itself, or why not: (which of "person", "case", "card" it is about, problem)."""

    case: UUID | None = None
    card: UUID | None = None
    problems: tuple[tuple[str, Problem], ...] = ()


class _NotSo(Exception):
    """Takes back what was written so far."""

    def __init__(self, part: str, problems: Sequence[Problem]) -> None:
        super().__init__(part)
        self.problems = tuple((part, p) for p in problems)


def fill(scope: Scope, person: Told, case: Told, card: Told, *, key: str, sender: str) -> Filled:
    """One card, from what was told of each; `key` is the form's own, so that sending it twice writes it once.

    A person whom the identity number names already is that person, brought up to date. Sex and day of birth are taken from a resident number where they
    are not told. Rejected beside what the registers reject: identity-of-another, case-known, guardian-missing, onset-after-diagnosis, death-before-onset.
    """
    try:
        with transaction.atomic():
            return _fill(scope, _from_number(person), case, card, key, sender)
    except _NotSo as why:
        return Filled(problems=why.problems)


def _fill(scope: Scope, person: Told, case: Told, card: Told, key: str, sender: str) -> Filled:
    _check(person, case, card)
    known = next((pk for _, pk in people.by_identifier(scope, [str(person["national_id"])])), None) if person.get("national_id") else None
    if known is not None:
        _same_person(scope, known, person)
    [who] = _write(scope, "person", "persons", [Command(told=person, record=known, source_id="" if known else key)], sender)
    assert who.record is not None
    if case_numbers.are_cases([(who.record, case["disease"])]) and not case_numbers.cases_by_number(sender, [key]):
        raise _NotSo("case", [Problem("case-known", "disease")])
    now = clock.now()
    told: dict[str, Any] = {"reported_at": now, **case, "person": who.record, "area": person["area"]}
    if case.get("classification") == "confirmed":
        told["confirmed_at"] = card.get("diagnosed_at") or now
    made = cases.save_cases(scope, [Command(told=told, source_id=key)], sender=sender)
    _ask("case", made)
    if (one := made[0].record) is None:
        raise AssertionError("a case that was taken has its id")
    surveillance.add_cards(scope, [surveillance.NewCard(one, who.record, person["area"], case["disease"], told["reported_at"])])
    mine = surveillance.cards_of_cases([one])[one]
    _ask("card", surveillance.save_cards(scope, [Command(told=card, record=mine)], sender=sender))
    return Filled(one, mine)


def _check(person: Told, case: Told, card: Told) -> None:
    """What the parts must keep among each other."""
    onset, at, died = case.get("onset_on"), card.get("diagnosed_at"), case.get("outcome_at") if case.get("outcome") == "died" else None
    if onset and at and onset > at.date():
        raise _NotSo("case", [Problem("onset-after-diagnosis", "onset_on", onset.isoformat())])
    if onset and died and died.date() < onset:
        raise _NotSo("case", [Problem("death-before-onset", "outcome_at", died.date().isoformat())])
    today = (at or clock.now()).date()
    if (b := person.get("birth_date")) and b > today:
        raise _NotSo("person", [Problem("done-in-the-future", "birth_date", b.isoformat())])
    age = person.get("age_years") if person.get("age_years") is not None else (today - b).days // 365.2425 if b else None
    if age is not None and age < GROWN_UP and not card.get("guardian"):
        raise _NotSo("card", [Problem("guardian-missing", "guardian")])


def _from_number(person: Told) -> dict[str, Any]:
    """The person with sex and day of birth as a valid resident number says them, where they are not told."""
    from stdnum.cn import ric

    number = normalise_national_id(str(person.get("national_id") or "")) or ""
    if not ric.is_valid(number):
        return dict(person)
    said = {"birth_date": ric.get_birth_date(number), "sex": "male" if int(number[16]) % 2 else "female"}
    return said | {n: v for n, v in person.items() if v not in (None, "")}


def _same_person(scope: Scope, known: UUID, person: Told) -> None:
    """A number that comes with another name and another day of birth is somebody else's, or mistyped."""
    row = people.access_person_by_id(scope, known)
    if row.name and person.get("name") and row.name != person["name"] and not (row.birth_date and row.birth_date == person.get("birth_date")):
        raise _NotSo("person", [Problem("identity-of-another", "national_id")])


def _write(scope: Scope, part: str, register: str, commands: Sequence[Command], sender: str) -> list[Outcome]:
    done = saving.write(scope, registry.find(register), commands, sender=sender)
    _ask(part, done)
    return done


def _ask(part: str, outcomes: Sequence[Outcome]) -> None:
    if problems := [p for o in outcomes for p in o.problems if o.kind == "rejected"]:
        raise _NotSo(part, problems)


@transaction.atomic
def save_cards(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """The register's verb. A disease that is corrected on the card (订正病名) is corrected on its case too; its contacts are left for somebody to decide."""
    before = surveillance.diseases_of_cards({c.record for c in commands if c.record and c.told.get("disease")})
    outcomes = surveillance.save_cards(scope, commands, sender=sender, batch=batch)
    turned = {o.record: c.told["disease"] for o, c in zip(outcomes, commands, strict=True) if o.kind == "updated" and o.record in before and c.told.get("disease")}
    meant = [Command(told={"disease": turned[card]}, record=case) for card, (case, was) in before.items() if card in turned and case and was != turned[card]]
    if meant:
        cases.save_cases(scope, meant, sender=sender)
    return outcomes


def decide(scope: Scope, card: UUID, step: str, because: str = "") -> Outcome:
    """A step of the review: accept, return (with the reason), duplicate, withdraw, final."""
    told: dict[str, Any] = {"final_at": clock.now()} if step == "final" else {"outcome": {"accept": "accepted", "return": "returned", "duplicate": "duplicate", "withdraw": "withdrawn"}.get(step, step)}
    if step == "return":
        told["returned_for"] = because
    return save_cards(scope, [Command(told=told, record=card)], sender=f"post:{scope.post_id}")[0]
