"""Contacts of a case are told at once: a household in one call, or lines that somebody pasted. Each becomes a person, if he is not known, and a contact."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.identifiers import normalise_phone
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.cases import read
from sizao.registers.population import actions as population
from sizao.registers.population import read as people
from sizao.registers.population.actions import PersonData

#: More lines are a list, and are imported.
MOST = 200
SEXES = {"男": "male", "女": "female", "m": "male", "f": "female", "male": "male", "female": "female"}
_APART = re.compile(r"[\t,，;；|]+")
_DAY = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?")
_AGE = re.compile(r"(\d{1,3})(?:岁|y)?")


@dataclass(frozen=True, slots=True)
class Told:
    """What holds of all contacts that are told together.

    Attributes:
        called_at: When they were spoken to, all in one call; None where nobody was.
        degree: 1 met the case, 2 met a contact (`of_contact`).
        exception: Why they are contacts though the dates speak against it.
    """

    classification: str = "close"
    last_exposure_on: date | None = None
    reason: str | None = None
    certainty: str | None = None
    called_at: datetime | None = None
    degree: int = 1
    of_contact: UUID | None = None
    exception: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a pasted list, read."""

    name: str
    sex: str | None = None
    age: int | None = None
    phone: str = ""
    last_exposure_on: date | None = None
    note: str = ""


def read_lines(text: str, today: date) -> list[Line]:
    """Lines as people write them: the name, and in any order sex, age, telephone, day of last exposure; the rest is a note. A day without a year is the last one
    that was. Parts are separated by tabs, commas, semicolons; where there are none of these, by spaces.

    >>> read_lines("李丽，女，35岁，139 0000 0002，6-3\\n王强 男 52", date(2026, 6, 5))[0]
    Line(name='李丽', sex='female', age=35, phone='13900000002', last_exposure_on=datetime.date(2026, 6, 3), note='')
    """
    found = []
    for line in text.splitlines():
        if line.strip():
            parts = [p.strip() for p in _APART.split(line)] if _APART.search(line) else line.split()
            found.append(_line([p for p in parts if p], today))
    return found


def _line(parts: Sequence[str], today: date) -> Line:
    told: dict[str, Any] = {}
    rest: list[str] = []
    for part in parts:
        m = _DAY.fullmatch(part)
        if (sex := SEXES.get(part.lower())) and "sex" not in told:
            told["sex"] = sex
        elif m and (day := _day(m, today)):
            told["last_exposure_on"] = day
        elif (a := _AGE.fullmatch(part)) and int(a[1]) <= 120 and "age" not in told:
            told["age"] = int(a[1])
        elif not m and sum(c.isdigit() for c in part) >= 7 and not any(c.isalpha() for c in part):
            told["phone"] = normalise_phone(part) or ""
        else:
            rest.append(part)
    return Line(rest[0] if rest else "", note=" ".join(rest[1:]), **told)


def _day(m: "re.Match[str]", today: date) -> date | None:
    try:
        day = date(int(m[1] or today.year), int(m[2]), int(m[3]))
        return day if m[1] or day <= today else day.replace(year=today.year - 1)
    except ValueError:
        return None


@transaction.atomic
def name_household(scope: Scope, case: UUID, members: Sequence[UUID], told: Told) -> list[Outcome]:
    """Every chosen member of the household becomes a contact of the case; the case himself is passed over. One outcome a member.

    Refused: not-found-or-out-of-area.
    """
    row = _case(scope, case)
    homes = people.areas_of(members)
    chosen = [m for m in members if m != row.person_id]
    return _name(scope, row, [(m, homes[m].pk if m in homes else row.area_id, told.last_exposure_on) for m in chosen], told)


@transaction.atomic
def name_lines(scope: Scope, case: UUID, lines: Sequence[Line], told: Told) -> list[Outcome]:
    """One outcome a line, in order. A telephone that the register knows under that name is that person; everyone else is put into it, where the case lives.

    Refused: not-found-or-out-of-area, too-many-rows. Rejected: line-without-name, and as contacts are.
    """
    row = _case(scope, case)
    if len(lines) > MOST:
        raise Refused("too-many-rows", limit=MOST)
    known = dict(people.by_identifier(scope, {line.phone for line in lines if line.phone}))
    called = people.names_of(scope, known.values(), "contacts.told") if known else {}
    held = {line.phone: known[line.phone] for line in lines if line.phone in known and called.get(known[line.phone]) == line.name}
    now = clock.now()
    fresh = {_key(line): line for line in lines if line.name and line.phone not in held}
    before = {c.person_id for c in read.contacts_of_case(scope, case)}
    again = {(name, age): p for p, name, age in people.named_among(scope, before)}
    fresh = {k: line for k, line in fresh.items() if (line.name, line.age) not in again}
    data = [PersonData(area_id=row.area_id, name=line.name, sex=line.sex, age_years=line.age, age_on=now.date() if line.age is not None else None, phone=line.phone) for line in fresh.values()]
    made = dict(zip(fresh, population.add_persons(scope, data, known=[now] * len(data), sender=_sender(scope)), strict=True))
    outcomes: list[Outcome | None] = [None if line.name else Outcome("rejected", problems=(Problem("line-without-name", "name", str(n)),)) for n, line in enumerate(lines, 1)]
    good = [(i, line) for i, line in enumerate(lines) if line.name]
    who = [held.get(line.phone) or again.get((line.name, line.age)) or made[_key(line)] for _, line in good]
    done = _name(scope, row, [(p, row.area_id, line.last_exposure_on or told.last_exposure_on) for p, (_, line) in zip(who, good, strict=True)], told)
    for (i, _), outcome in zip(good, done, strict=True):
        outcomes[i] = outcome
    return [o for o in outcomes if o is not None]


def _key(line: Line) -> tuple[str, str, int | None]:
    return line.name, line.phone, line.age


def _sender(scope: Scope) -> str:
    return f"post:{scope.post_id}"


def _case(scope: Scope, case: UUID) -> Any:
    scope.check("contact.write")
    row = read.cases_by_id(scope, {case}, "contact.write").get(case)
    if row is None:
        raise Refused("not-found-or-out-of-area")
    return row


def _name(scope: Scope, case: Any, who: Sequence[tuple[UUID, int, date | None]], told: Told) -> list[Outcome]:
    """Contacts of a case by the register's own verb. Named again he is the same contact, brought up to date."""
    same: dict[str, Any] = {
        "case": case.pk, "disease": case.disease, "classification": told.classification, "named_at": clock.now(), "degree": told.degree, "of_contact": told.of_contact,
        "reason": told.reason, "certainty": told.certainty, "located_at": told.called_at, "exception": told.exception or None,
    }  # fmt: skip
    held = {c.person_id: c for c in read.contacts_of_case(scope, case.pk)}
    commands = []
    for person, area, exposed in who:
        known = held.get(person)
        row = same | {"person": person, "area": area, "last_exposure_on": exposed}
        if known is not None:
            row = {k: v for k, v in row.items() if k not in ("person", "case", "area", "disease", "named_at")}
        commands.append(Command(told={k: v for k, v in row.items() if v is not None}, record=known.pk if known else None, source_id="" if known else f"{case.pk}:{person}"))
    return cases.save_contacts(scope, commands, sender=_sender(scope))
