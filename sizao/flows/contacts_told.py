"""Contacts of a case are told at once: a household in one call, or lines that somebody pasted. Each becomes a person, if he is not known, and a contact."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.kernel.identifiers import check_digit, normalise_national_id, normalise_phone
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
#: A long number as a spreadsheet shows it, and the decimals that it puts behind a whole one.
_LOST = re.compile(r"\d(?:\.\d+)?[eE]\+1\d")
_DECIMALS = re.compile(r"(?<=\d)\.0+$")


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
    """One line of a pasted list, read.

    Attributes:
        at: Which line of the pasted text it is, from 1; 0 where that is its place in the list.
        lost: Its identity number came as a number of a spreadsheet, which keeps fifteen digits: it is not used.
        carried: Fields that were empty here and taken from the row above, as cells that are merged over several rows are copied.
    """

    name: str
    sex: str | None = None
    age: int | None = None
    phone: str = ""
    last_exposure_on: date | None = None
    note: str = ""
    national_id: str = ""
    address: str = ""
    at: int = 0
    lost: bool = False
    carried: tuple[str, ...] = ()


def read_lines(text: str, today: date) -> list[Line]:
    """Lines as people write them: the name, and in any order sex, age, telephone, day of last exposure; the rest is a note. A day without a year is the last one
    that was. Parts are separated by tabs, commas, semicolons; where there are none of these, by spaces.

    >>> read_lines("李丽，女，35岁，139 0000 0002，6-3\\n王强 男 52", date(2026, 6, 5))[0].phone
    '13900000002'
    """
    found = []
    for line in text.splitlines():
        if line.strip():
            parts = [p.strip() for p in _APART.split(line)] if _APART.search(line) else line.split()
            found.append(_line([p for p in parts if p], today))
    return found


#: Fields that a cell merged over several rows says of all of them. A name, a number or a telephone is never somebody else's.
CARRIED = ("last_exposure_on", "address")
_SERIAL, _TEXT = "serial", "text"


def read_table(rows: Sequence[tuple[int, Sequence[str]]], columns: dict[str, int] | None, today: date) -> list[Line]:
    """Rows of a table as it is copied out of a spreadsheet: (line in the text, cells). `columns`: field → place, where a head said so; else each column is what most of
    its cells are, and the first of text is the name. Rows without anything in them are passed over; what a merged cell says is taken over by the rows below it, up to
    the next empty row.

    >>> read_table([(1, ["李丽", "女", "35.0", "2026-06-03"]), (2, ["王强", "男", "52", ""])], None, date(2026, 6, 5))[1].last_exposure_on
    datetime.date(2026, 6, 3)
    """
    whole = [cells for _n, cells in rows]
    told = columns or _columns(whole)
    aside = {*told.values(), *(at for at in range(max((len(r) for r in whole), default=0)) if _counts_rows([r[at].strip() for r in whole if at < len(r) and r[at].strip()]))}
    found: list[Line] = []
    above: Line | None = None
    for n, cells in rows:
        said = {name: cells[at].strip() for name, at in told.items() if at < len(cells) and cells[at].strip()}
        if not any(c.strip() for c in cells):
            above = None
            continue
        line = _row(n, said, [c.strip() for i, c in enumerate(cells) if c.strip() and i not in aside], today)
        if above is not None:
            taken = {name: getattr(above, name) for name in CARRIED if not getattr(line, name) and name not in said and getattr(above, name)}
            line = replace(line, **taken, carried=tuple(taken))
        found.append(line)
        above = line
    return found


def _row(n: int, said: dict[str, str], rest: list[str], today: date) -> Line:
    number, lost = document(said.get("national_id", ""))
    day = _DAY.fullmatch(said.get("last_exposure_on", "").split(" ")[0])
    age = _AGE.fullmatch(_whole(said.get("age", "")))
    return Line(
        _named(said.get("name", "")), SEXES.get(said.get("sex", "").lower()), int(age[1]) if age and int(age[1]) <= 120 else None, normalise_phone(_whole(said.get("phone", ""))) or "",
        _day(day, today) if day else None, " ".join(rest), number, said.get("address", ""), n, lost,
    )  # fmt: skip


def document(text: str) -> tuple[str, bool]:
    """(identity number, whether its last digits were lost). A spreadsheet keeps fifteen digits of a number: what it shows as 3.30106E+17 or with three zeros at the end
    that the check digit does not bear out is nobody's number.

    >>> document("11010519491231002x"), document("3.30106E+17"), document("110105194912310000")
    (('11010519491231002X', False), ('', True), ('', True))
    """
    whole = _whole(text.strip().lstrip("'"))
    if _LOST.fullmatch(whole):
        return "", True
    normal = normalise_national_id(whole) or ""
    rounded = len(normal) == 18 and normal.isdigit() and normal.endswith("000") and check_digit(normal[:17]) != normal[17]
    return ("", True) if rounded else (normal, False)


def _whole(text: str) -> str:
    """A whole number that a spreadsheet wrote with decimals, without them."""
    return _DECIMALS.sub("", text)


def _named(text: str) -> str:
    """A name without the spaces that a form puts between Chinese characters; others keep one between words."""
    plain = " ".join(text.split())
    return plain.replace(" ", "") if plain and all(ord(c) > 0x2E7F or c == " " for c in plain) else plain


def _columns(rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Which column is what, by what most of its cells are; a column that only counts the rows is left out."""
    found: dict[str, int] = {}
    for at in range(max((len(r) for r in rows), default=0)):
        cells = [r[at].strip() for r in rows if at < len(r) and r[at].strip()]
        kinds = [_kind(c) for c in cells]
        kind = max(set(kinds), key=kinds.count) if kinds else _TEXT
        kind = _SERIAL if _counts_rows(cells) else kind
        found.setdefault("name" if kind == _TEXT and "name" not in found else kind, at)
    return {k: v for k, v in found.items() if k not in (_SERIAL, _TEXT)}


def _counts_rows(cells: Sequence[str]) -> bool:
    """Whether a column says 1, 2, 3 …: the place in the list, and nothing of anybody."""
    return len(cells) > 1 and [_whole(c) for c in cells] == [str(n) for n in range(1, len(cells) + 1)]


def _kind(cell: str) -> str:
    plain = _whole(cell)
    if cell.lower() in SEXES:
        return "sex"
    if _DAY.fullmatch(plain.split(" ")[0]):
        return "last_exposure_on"
    if _LOST.fullmatch(plain) or re.fullmatch(r"\d{15}|\d{17}[\dXx]", plain):
        return "national_id"
    if (a := _AGE.fullmatch(plain)) and int(a[1]) <= 120:
        return "age"
    return "phone" if sum(c.isdigit() for c in plain) >= 7 and not any(c.isalpha() for c in plain) else _TEXT


def _line(parts: Sequence[str], today: date) -> Line:
    told: dict[str, Any] = {}
    rest: list[str] = []
    for part in parts:
        m = _DAY.fullmatch(part)
        if (sex := SEXES.get(part.lower())) and "sex" not in told:
            told["sex"] = sex
        elif m and (day := _day(m, today)):
            told["last_exposure_on"] = day
        elif _kind(part) == "national_id" and "national_id" not in told:
            told["national_id"], told["lost"] = document(part)
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
    known = dict(people.by_identifier(scope, {x for line in lines for x in (line.phone, line.national_id) if x}))
    called = people.names_of(scope, known.values(), "contacts.told") if known else {}
    held = {_key(line): p for line in lines if (p := _who(line, known, called)) is not None}
    now = clock.now()
    fresh = {_key(line): line for line in lines if line.name and _key(line) not in held}
    before = {c.person_id for c in read.contacts_of_case(scope, case)}
    again = {(name, age): p for p, name, age in people.named_among(scope, before)}
    fresh = {k: line for k, line in fresh.items() if (line.name, line.age) not in again}
    data = [
        PersonData(
            area_id=row.area_id, name=line.name, sex=line.sex, age_years=line.age, age_on=now.date() if line.age is not None else None, phone=line.phone, national_id=line.national_id,
            address=line.address,
        )
        for line in fresh.values()
    ]  # fmt: skip
    made = dict(zip(fresh, population.add_persons(scope, data, known=[now] * len(data), sender=_sender(scope)), strict=True))
    outcomes: list[Outcome | None] = [None if line.name else Outcome("rejected", problems=(Problem("line-without-name", "name", str(line.at or n)),)) for n, line in enumerate(lines, 1)]
    good = [(i, line) for i, line in enumerate(lines) if line.name]
    who = [held.get(_key(line)) or made.get(_key(line)) or again[line.name, line.age] for _, line in good]
    first: dict[UUID, int] = {}
    for n, p in enumerate(who):
        first.setdefault(p, n)
    once = list(first.values())  # somebody told twice in one list is one contact
    done = dict(zip((who[n] for n in once), _name(scope, row, [(who[n], row.area_id, good[n][1].last_exposure_on or told.last_exposure_on) for n in once], told), strict=True))
    for n, (i, line) in enumerate(good):
        outcome = done[who[n]] if first[who[n]] == n else Outcome("identical", done[who[n]].record, who[n])
        outcomes[i] = replace(outcome, problems=(*outcome.problems, Problem("digits-lost", "national_id"))) if line.lost else outcome
    return [o for o in outcomes if o is not None]


def try_lines(scope: Scope, case: UUID, lines: Sequence[Line], told: Told) -> list[Outcome]:
    """What `name_lines` would answer. Nothing is written: it is done, and taken back whole."""
    with transaction.atomic():
        found = name_lines(scope, case, lines, told)
        transaction.set_rollback(True)
    return found


def _who(line: Line, known: dict[str, UUID], called: dict[UUID, str]) -> UUID | None:
    """Whom a line's numbers name, where the register calls that person so too."""
    return next((known[x] for x in (line.national_id, line.phone) if x and x in known and called.get(known[x]) == line.name), None)


def _key(line: Line) -> tuple[str, str, str, int | None]:
    return line.name, line.national_id, line.phone, line.age


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
