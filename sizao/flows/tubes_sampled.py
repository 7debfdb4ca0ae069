"""Tubes that a sampler closed on a phone, maybe hours ago and without a network: who is in them is found, each tube is stored once however often it is sent.

A phone's clock may be wrong: it tells what it says as it sends, and the difference to ours is put right. A tube whose number is there already with other members is refused, says
which ones, and is held; nothing of either is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.codes import diseases
from sizao.kernel.outcome import Problem
from sizao.kernel.scope import Scope
from sizao.registers.laboratory import actions, holds
from sizao.registers.laboratory import read as laboratory
from sizao.registers.laboratory.actions import NewSpecimen, NewTube
from sizao.registers.laboratory.holds import NewHold
from sizao.registers.laboratory.rules import members_apart
from sizao.registers.ledgers import read as ledgers
from sizao.registers.population import actions as population
from sizao.registers.population import read as persons
from sizao.registers.population.actions import PersonData
from sizao.registers.population.sealing import NATIONAL_ID

#: A clock that is off by less is left as it is; one that is off by more tells nothing. So far ahead of ours, or so long ago, a tube may be closed after all that.
NEAR, FAR = timedelta(minutes=2), timedelta(hours=48)
AHEAD, OLDEST = timedelta(minutes=10), timedelta(days=14)
#: A shorter text is no identity number.
SHORTEST = 7
#: Devices are one sender: their keys are their own, whoever is signed in when they send.
SENDER = "device"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody sampled into a tube: by id (from the sampler's list), else by identity number, with the name for somebody who is in no register yet."""

    person: UUID | None = None
    national_id: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        return self.name or (f"…{self.national_id[-4:]}" if self.national_id else str(self.person)[-8:])


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTube:
    """A tube as the phone tells it. `id` is the device's own; `version` counts how often it was closed; `sealed_at` by the device's clock."""

    id: str
    code: str
    size: int
    disease: str
    sealed_at: datetime
    members: Sequence[Member]
    unit: UUID | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a tube: new, updated (members joined), identical, old (a newer closing is here), or invalid, then `problem` says why.

    `missing`, `extra`: members of the tube that is here who were not told, and those told who are not in it, as the post may see their names.
    """

    kind: Literal["new", "updated", "identical", "old", "invalid"]
    problem: Problem | None = None
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()


@dataclass(slots=True)
class _Known:
    """A tube that is here, or that this batch brings."""

    pk: UUID | None
    id: str
    version: int
    area: int
    handed: bool
    people: set[UUID] = field(default_factory=set)


def skew(sent_at: datetime | None, now: datetime) -> timedelta:
    """By how much our clock is ahead of the device's; nothing where that is next to nothing."""
    off = now - sent_at if sent_at is not None else timedelta()
    return off if abs(off) > NEAR else timedelta()


@transaction.atomic
def take(scope: Scope, told: Sequence[ClosedTube], *, sent_at: datetime | None = None) -> list[Answer]:
    """One answer a tube, in order; stored for good when the transaction ends. A bounded number of statements, however many tubes.

    Invalid: clock-too-far, done-in-the-future, tube-too-old, value-missing (no number, nobody in it), tube-full, bad-value (disease, size), member-unknown,
    not-found-or-out-of-area (the sampling point), tube-members-differ, tube-handed-on.
    """
    scope.check("specimen.write")
    now = clock.now()
    off = skew(sent_at, now)
    answers: list[Answer | None] = [None] * len(told)
    units = {u.pk: u for u in ledgers.units(scope, "specimen.write").filter(pk__in={t.unit for t in told if t.unit})}
    where: dict[int, int] = {}
    for i, t in enumerate(told):
        problem = _fault(t, off, now)
        unit = units.get(t.unit) if t.unit else None
        if problem is None and t.unit and unit is None:
            problem = Problem("not-found-or-out-of-area", "unit")
        area = unit.area_id if unit is not None else scope.post.area_id if scope.post is not None else None
        if problem is None and area is None:
            problem = Problem("value-missing", "unit")
        if problem is not None:
            answers[i] = Answer("invalid", problem)
        else:
            assert area is not None
            where[i] = area
    people = _people(scope, told, where, answers)
    _settle(scope, told, where, people, answers, off)
    return [a for a in answers if a is not None]


def _fault(t: ClosedTube, off: timedelta, now: datetime) -> Problem | None:
    if abs(off) > FAR:
        return Problem("clock-too-far", "sent_at")
    at = t.sealed_at + off
    if at > now + AHEAD:
        return Problem("done-in-the-future", "sealed_at", t.sealed_at.isoformat())
    if at < now - OLDEST:
        return Problem("tube-too-old", "sealed_at", str(OLDEST.days))
    if not t.id or not t.code or not t.members:
        return Problem("value-missing", "id" if not t.id else "code" if not t.code else "members")
    if t.disease not in diseases():
        return Problem("bad-value", "disease", t.disease)
    if not 1 <= t.size <= 50:
        return Problem("bad-value", "size", str(t.size))
    if len(t.members) > t.size:
        return Problem("tube-full", "members", str(len(t.members)))
    return None


def _people(scope: Scope, told: Sequence[ClosedTube], where: dict[int, int], answers: list[Answer | None]) -> dict[int, list[UUID]]:
    """Position → persons, each once. Somebody with a good identity number who is in no register is put there, once a batch; whoever cannot be told makes the tube invalid."""
    named = {m.person for i in where for m in told[i].members if m.person}
    here = set(persons.persons(scope).filter(pk__in=named).values_list("pk", flat=True)) if named else set()
    numbers = {m.national_id for i in where for m in told[i].members if m.national_id and not m.person}
    held = persons.by_identifier_anywhere(numbers) if numbers else {}
    fresh: dict[str, PersonData] = {}
    for i in list(where):
        for m in told[i].members:
            if m.person in here or (m.person is None and (m.national_id in held or m.national_id in fresh)):
                continue
            if m.person is None and len(m.national_id) >= SHORTEST and NATIONAL_ID.index(m.national_id) is not None:
                fresh[m.national_id] = PersonData(area_id=where[i], name=m.name, national_id=m.national_id)
                continue
            answers[i] = Answer("invalid", Problem("member-unknown", "members", m.label))
            del where[i]
            break
    wanted = {m.national_id for i in where for m in told[i].members if not m.person} & set(fresh)
    new = [fresh[n] for n in sorted(wanted)]
    made = population.add_persons(scope, new, known=[clock.now()] * len(new), sender=SENDER) if new else []
    held |= dict(zip(sorted(wanted), made, strict=True))
    return {i: list(dict.fromkeys(m.person or held[m.national_id] for m in told[i].members)) for i in where}


def _settle(scope: Scope, told: Sequence[ClosedTube], where: dict[int, int], people: dict[int, list[UUID]], answers: list[Answer | None], off: timedelta) -> None:
    """Compares with what is here, and writes what is new."""
    known = {
        code: _Known(pk, key, version, area, handed, inside)
        for code, pk, key, version, area, handed, inside in laboratory.tubes_with_members({told[i].code for i in where}, {told[i].id for i in where}, SENDER)
    }
    ids = {k.id: code for code, k in known.items()}
    tubes: dict[str, NewTube] = {}
    joined: list[tuple[int, UUID]] = []
    versions: dict[UUID, int] = {}
    apart: list[tuple[int, _Known, list[UUID], list[UUID]]] = []
    for i in where:
        t, mine = told[i], people[i]
        if ids.get(t.id, t.code) != t.code:  # the device gave the same id to another tube
            answers[i] = Answer("invalid", Problem("bad-value", "id", t.id))
            continue
        k = known.get(t.code)
        if k is None:
            tubes[t.id] = NewTube(t.id, where[i], t.disease, t.sealed_at + off, t.size, t.code, t.unit, len(mine), t.version)
            known[t.code] = _Known(None, t.id, t.version, where[i], False, set(mine))
            ids[t.id] = t.code
            joined += [(i, p) for p in mine]
            answers[i] = Answer("new")
            continue
        missing, extra = members_apart(k.people, mine)
        if k.id == t.id and t.version < k.version:
            answers[i] = Answer("old")
        elif not missing and not extra:
            answers[i] = Answer("identical")
        elif k.id == t.id and t.version > k.version and not missing:
            if k.handed:
                answers[i] = Answer("invalid", Problem("tube-handed-on", "code", t.code))
                continue
            joined += [(i, p) for p in extra]
            k.people |= set(extra)
            k.version = t.version
            if k.pk is not None:
                versions[k.pk] = t.version
            answers[i] = Answer("updated")
        else:
            apart.append((i, k, missing, extra))
    made = actions.add_tubes(scope, list(tubes.values()), sender=SENDER)
    for k in known.values():
        k.pk = k.pk or made.get(k.id)
    singles = {p for i, p in joined if told[i].size == 1}
    called = laboratory.open_recalls(singles)
    actions.add_specimens(
        scope,
        [
            NewSpecimen(
                f"{told[i].id}/{p}", p, where[i], told[i].disease, told[i].sealed_at + off, tube=known[told[i].code].pk,
                retest_of=called.get((p, told[i].disease)) if told[i].size == 1 else None,
            )
            for i, p in joined
        ],
        sender=SENDER,
    )  # fmt: skip
    actions.closed_again(scope, versions)
    _differ(scope, told, apart, answers)


def _differ(scope: Scope, told: Sequence[ClosedTube], apart: Sequence[tuple[int, _Known, list[UUID], list[UUID]]], answers: list[Answer | None]) -> None:
    if not apart:
        return
    names = persons.names_of(scope, {p for _, _, missing, extra in apart for p in (*missing, *extra)}, "laboratory.members_differ")
    for i, _, missing, extra in apart:
        said = [tuple(names.get(p) or f"…{str(p)[-4:]}" for p in some) for some in (missing, extra)]
        answers[i] = Answer("invalid", Problem("tube-members-differ", "code", told[i].code), *said)
    holds.put(
        scope,
        [
            NewHold("members_differ", k.area, k.pk, None, {"code": told[i].code, "device": told[i].id, "missing": [str(p) for p in missing], "extra": [str(p) for p in extra]})
            for i, k, missing, extra in apart
        ],
    )
