"""What people do to the register of persons: put persons in, bring them up to date."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import audit, clock, registry, saving
from sizao.kernel.copying import copy_columns, copy_records, text_array, update_records
from sizao.kernel.ids import uuid7s
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.register import take
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import check_ring, keys_at_hand, new_person_keys
from sizao.kernel.steps import AHEAD

from .models import Household, Person, Restored
from .rules import name_keys, restored
from .sealing import ADDRESS, NATIONAL_ID, PHONE

PLAIN = ("name", "sex", "birth_date", "birth_year", "age_years", "age_text", "age_on", "occupation", "area_id", "household_id")
SEALED = {"national_id": NATIONAL_ID, "phone": PHONE, "address": ADDRESS}
INDEXED = ("national_id", "phone")
BOXES = tuple(name for field in SEALED for name in ((field, f"{field}_index") if field in INDEXED else (field,)))


@dataclass(slots=True)  # not frozen: that takes twice as long to make, and lists make millions
class PersonData:
    """What somebody tells of a person. None or "" means not told, and never wipes what is known. A new person has an area."""

    area_id: int | None
    name: str = ""
    sex: str | None = None
    birth_date: date | None = None
    birth_year: int | None = None
    age_years: Decimal | float | None = None
    age_text: str = ""
    age_on: date | None = None
    occupation: str = ""
    national_id: str = ""
    phone: str = ""
    address: str = ""
    household_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class HouseholdData:
    """A household. `key` is the sender's own number of it; `members` None means not told."""

    key: str
    area_id: int
    members: int | None = None
    code: str = ""


def add_households(scope: Scope, households: Sequence[HouseholdData], *, known: datetime, sender: str, batch: int | None = None) -> dict[str, UUID]:
    """New households, in the caller's transaction; key → id of those that are new. One that the sender has told before is left alone."""
    held = set(Household.objects.filter(sender=sender).extra(where=["source_id <> ''", "source_id = ANY(%s::text[])"], params=[text_array(h.key for h in households)]).values_list("source_id", flat=True))
    fresh = [h for h in {h.key: h for h in households}.values() if h.key not in held]
    ids = uuid7s(len(fresh))
    if ids:
        copy_records(
            Household,
            ("id", "batch_id", "sender", "source_id", "known_from", "stands_from", "code", "area_id", "members"),
            ((key, batch, sender, h.key, known, known, h.code or h.key, h.area_id, h.members) for key, h in zip(ids, fresh, strict=True)),
        )
        audit.write(scope, "population.households_added", ids, digest_of=[(h.key, h.area_id, h.members) for h in fresh])
    return {h.key: key for key, h in zip(ids, fresh, strict=True)}


@transaction.atomic
def save_households(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """What forms, imports and the API tell of households. With `moved_at` a change of area stands from then, and who lives there goes along:
    what was owed before stays with the area in which it was. Without, it is a correction: the area stands from where the corrected one stood.

    Rejected beside what `saving.save` rejects: check-in-the-future (a move that is still to come).
    """
    register = registry.of_model(Household)
    assert register is not None
    left: dict[UUID, int] = {}  # household → the area that it has left

    def stand(works: Sequence[saving.Work]) -> None:
        for work in works:
            if not work.new and {"area", "moved_at"} <= work.changed:
                work.row.stands_from = work.row.moved_at
                work.columns.add("stands_from")
                left[work.row.pk] = work.before["area"]

    def check(row: Household) -> list[Problem]:
        return [Problem("check-in-the-future", "moved_at")] if row.moved_at is not None and row.moved_at > clock.now() + AHEAD else []

    outcomes = saving.save(scope, register, commands, sender=sender, batch=batch, finish=stand, check=check)
    if left:
        at = {h.pk: h for h in Household.objects.filter(pk__in=left)}  # as written: a row that the database refused has not moved
        along = [
            (p.pk, at[p.household_id].area_id, at[p.household_id].moved_at)
            for p in Person.objects.select_for_update(of=("self",)).filter(household__in=left).only("area_id", "household_id")
            if p.area_id == left[p.household_id] and at[p.household_id].area_id != p.area_id
        ]
        if along:
            update_records(Person, ("area_id", "stands_from"), along)
            audit.write(scope, "population.persons_moved", [pk for pk, *_ in along], digest_of=along)
    return outcomes


def add_persons(scope: Scope, people: Sequence[PersonData], *, known: Sequence[datetime], sender: str, batch: int | None = None) -> list[UUID]:
    """New persons, in the caller's transaction; their ids in order. `known[i]` is when person i was first known."""
    if not people:
        return []
    check_ring()
    ids = uuid7s(len(people))
    boxes: list[list[bytes | None]] = []
    told = {field: [getattr(data, field) or None for data in people] for field in SEALED}
    with keys_at_hand():
        sealed = [any(values) for values in zip(*told.values(), strict=True)]
        names = list(map(str, ids))
        who = [(key, name) for key, name, any_told in zip(ids, names, sealed, strict=True) if any_told]
        made = iter(new_person_keys([key for key, _ in who], [name for _, name in who]))
        keys = [next(made) if any_told else None for any_told in sealed]
        for field, column in SEALED.items():
            boxes.append(column.seal_new(names, keys, told[field]))
            if field in INDEXED:
                boxes.append(column.index_many(told[field]))
    count = len(ids)
    columns: dict[str, Sequence[Any]] = {"id": ids, "batch_id": [batch] * count, "sender": [sender] * count, "known_from": known, "stands_from": known}
    columns["name_keys"] = [name_keys(data.name) for data in people]
    columns |= {field: [getattr(data, field) for data in people] for field in PLAIN}
    written = copy_columns(Person, columns | dict(zip(BOXES, boxes, strict=True)))
    _restore([(key, field, value) for field in INDEXED for key, value in zip(ids, told[field], strict=True) if value], new=True)
    audit.write(scope, "population.persons_added", ids, digest_of=written)
    return ids


def correct_persons(scope: Scope, people: dict[UUID, PersonData], *, stands_from: datetime | None = None) -> set[UUID]:
    """Brings persons to what is told of them; the ids of those that changed. A correction stands from where the corrected version stood;
    pass `stands_from` when the world changed instead."""
    if not people:
        return set()
    check_ring()
    rows = {p.pk: p for p in Person.objects.select_for_update(of=("self",)).filter(pk__in=people)}
    opened = {field: _opened(column, field, list(rows.values())) for field, column in SEALED.items() if any(getattr(p, field) for p in people.values())}
    changed = []
    for pk, data in people.items():
        if (row := rows.get(pk)) is None:
            continue
        touched = take(row, {f: getattr(data, f) for f in PLAIN})
        touched = touched or any(getattr(data, f) and getattr(data, f) != opened[f].get(pk) for f in opened)
        if touched:
            row.name_keys = name_keys(row.name)
            row.stands_from = stands_from or row.stands_from
            changed.append(row)
    if changed:
        _seal(changed, [people[r.pk] for r in changed])
        columns = (*PLAIN, "stands_from", *BOXES)
        update_records(Person, ("name_keys", *columns), [(r.pk, text_array(r.name_keys), *(getattr(r, c) for c in columns)) for r in changed])
        audit.write(scope, "population.persons_corrected", [r.pk for r in changed], digest_of=[asdict(people[r.pk]) for r in changed])
    return {r.pk for r in changed}


def _opened(column, field: str, rows: list[Person]) -> dict[UUID, str | None]:
    return dict(zip((r.pk for r in rows), column.unseal_many([(r.pk, r.pk, getattr(r, field)) for r in rows]), strict=True))


def _seal(rows: Sequence[Person], people: Sequence[PersonData]) -> None:
    for field, column in SEALED.items():
        told = [(row, value) for row, data in zip(rows, people, strict=True) if (value := getattr(data, field))]
        if not told:
            continue
        for (row, value), box in zip(told, column.seal_many([(row.pk, row.pk, value) for row, value in told]), strict=True):
            setattr(row, field, box)
            if field in INDEXED:
                setattr(row, f"{field}_index", column.index(value))
        if field in INDEXED:
            _restore([(row.pk, field, value) for row, value in told])


def _restore(told: Sequence[tuple[UUID, str, str | None]], *, new: bool = False) -> None:
    """Keeps the digest of a number's restored form beside its own, where they differ: by it two spellings of one number are found equal. In the caller's transaction."""
    kept = [(key, field, form) for key, field, value in told if value and (form := restored(field, value)) is not None]
    if not new and told:
        for field in {field for _, field, _ in told}:
            Restored.objects.filter(field=field, person__in=[key for key, f, _ in told if f == field]).delete()
    if kept:
        there = None if new else set(Person.objects.filter(pk__in={key for key, _, _ in kept}).values_list("pk", flat=True))  # a refused row is not there
        Restored.objects.bulk_create([Restored(person_id=key, field=field, mark=SEALED[field].index(form)) for key, field, form in kept if there is None or key in there])


def save(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """What forms, imports and the API tell of persons; the sealed fields are sealed, the keys of a name made anew."""
    check_ring()
    register = registry.of_model(Person)
    assert register is not None
    return saving.save(scope, register, commands, sender=sender, batch=batch, finish=_finish)


def _finish(works: Sequence[saving.Work]) -> None:
    for work in works:
        if "name" in work.changed:
            work.row.name_keys = name_keys(work.row.name)
            work.columns.add("name_keys")
    for name, column in SEALED.items():
        told = [(w, w.sealed[name]) for w in works if name in w.sealed]
        if not told:
            continue
        opened = _opened(column, name, [w.row for w, _ in told])
        told = [(w, value) for w, value in told if (value or None) != opened.get(w.row.pk)]
        for (work, value), box in zip(told, column.seal_many([(w.row.pk, w.row.pk, value or None) for w, value in told]), strict=True):
            setattr(work.row, name, box)
            work.changed.add(name)
            if name in INDEXED:
                setattr(work.row, f"{name}_index", column.index(value or None))
                work.columns.add(f"{name}_index")
        if name in INDEXED:
            transaction.on_commit(partial(_restore, [(work.row.pk, name, value) for work, value in told]))  # a new row is written after this
