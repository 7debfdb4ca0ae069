"""What people do to the register of cases. Every verb takes a batch, in the caller's transaction, and a bounded number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from sizao.kernel import acts, audit, clock, registry, saving
from sizao.kernel.acts import NewAct
from sizao.kernel.codes import disease_line
from sizao.kernel.copying import copy_columns, copy_records, text_array, update_records
from sizao.kernel.ids import uuid7s, uuid_array
from sizao.kernel.outcome import Command, Outcome, Problem
from sizao.kernel.register import Record, take
from sizao.kernel.scope import Scope

from . import rules
from .models import Case, Contact, Investigation
from .numbers import linked_pairs

CASE_TOLD = ("area_id", "disease", "classification", "onset_on", "first_care_at", "reported_at", "confirmed_at", "outcome", "outcome_at", "source", "contact_total")
CONTACT_TOLD = (
    "area_id", "disease", "case_id", "classification", "named_at", "last_exposure_on", "observation_from", "observation_until", "released_at", "became_case_at", "status", "followed_as",
)  # fmt: skip
NEVER_NULL = ("source", "status")


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on something else holds of a case or contact: the columns that are other than before."""

    record: UUID
    at: datetime
    told: Mapping[str, Any]


@dataclass(slots=True)  # not frozen: that takes twice as long to make, and lists make millions
class New:
    """A new row: whose it is, what the sender calls it, when it was first known, and what is told of it (columns of the model)."""

    person: UUID
    sender: str
    source_id: str
    known_from: datetime
    told: Mapping[str, Any]


def add_cases(scope: Scope, new: Sequence[New], *, batch: int | None = None) -> list[UUID]:
    """New cases, with the act `case.reported` for each."""
    ids, written = _copy(Case, CASE_TOLD, new, batch)
    acts.record(
        scope,
        (
            NewAct("case.reported", key, n.told.get("reported_at") or n.known_from, n.person, n.told["area_id"], n.told["disease"], n.known_from, outcome=n.told.get("classification"), record=key)
            for key, n in zip(ids, new, strict=True)
        ),
        batch=batch,
    )
    if ids:
        audit.write(scope, "cases.reported", [n.person for n in new], digest_of=written)
    return ids


def correct_cases(scope: Scope, told: Mapping[UUID, Mapping[str, Any]], *, stands_from: datetime | None = None) -> set[UUID]:
    """Brings cases to what is told; the ids of those that changed. Without `stands_from` it is a correction: it stands from where the old version stood."""
    return _correct(scope, Case, told, stands_from, "cases.corrected")


def add_contacts(scope: Scope, new: Sequence[New], *, batch: int | None = None) -> list[UUID]:
    """New contacts, with the act `contact.named`, and `contact.released` where the release is told."""
    ids, written = _copy(Contact, CONTACT_TOLD, new, batch)
    done = []
    for key, n in zip(ids, new, strict=True):
        t = n.told
        done.append(NewAct("contact.named", key, t.get("named_at") or n.known_from, n.person, t["area_id"], t["disease"], n.known_from, outcome=t.get("classification"), record=key))
        if at := t.get("released_at"):
            done.append(NewAct("contact.released", key, at, n.person, t["area_id"], t["disease"], at, record=key))
    acts.record(scope, done, batch=batch)
    if ids:
        audit.write(scope, "contacts.named", [n.person for n in new], digest_of=written)
    return ids


def correct_contacts(scope: Scope, told: Mapping[UUID, Mapping[str, Any]], *, stands_from: datetime | None = None) -> set[UUID]:
    """Brings contacts to what is told; the ids of those that changed. A release that is new is recorded as an act."""
    before = set(Contact.objects.filter(pk__in=told, released_at__isnull=False).values_list("pk", flat=True))
    changed = _correct(scope, Contact, told, stands_from, "contacts.corrected")
    released = Contact.objects.filter(pk__in=changed - before, released_at__isnull=False)
    acts.record(scope, [_release(r) for r in released])
    return changed


def change_cases(scope: Scope, changes: Sequence[Change], *, batch: int | None = None, reported: bool = False) -> set[UUID]:
    """What the world made of cases: each change stands from its own moment, and what stood before stays readable. Another class is the act `case.classified`.

    Several changes of one case come in the order of time. Answers the ids of those that changed. `reported` marks what a sender tells of the past.
    """
    done = _change(scope, Case, CASE_TOLD, changes, "cases.changed")
    told = [NewAct("case.classified", r.pk, c.at, r.person_id, r.area_id, r.disease, c.at if reported else None, outcome=c.told["classification"], record=r.pk) for r, c in done if c.told.get("classification")]
    acts.record(scope, told, batch=batch)
    return {r.pk for r, _ in done}


def change_contacts(scope: Scope, changes: Sequence[Change], *, batch: int | None = None, reported: bool = False) -> set[UUID]:
    """What the world made of contacts, each change from its own moment; a release is the act `contact.released`. Answers the ids of those that changed."""
    done = _change(scope, Contact, CONTACT_TOLD, changes, "contacts.changed")
    acts.record(scope, [NewAct("contact.released", r.pk, c.at, r.person_id, r.area_id, r.disease, c.at if reported else None, record=r.pk) for r, c in done if c.told.get("released_at")], batch=batch)
    return {r.pk for r, _ in done}


def _change(scope: Scope, model: Any, columns: tuple[str, ...], changes: Sequence[Change], what: str) -> list[tuple[Any, Change]]:
    """Writes changes, in one statement for each further change of the same row: every version must pass through the table to be kept."""
    held = {r.pk: r for r in model.objects.select_for_update(of=("self",)).extra(where=["id = ANY(%s::uuid[])"], params=[uuid_array(c.record for c in changes)])}
    turns: list[list[tuple[Any, Change]]] = []
    nth: dict[UUID, int] = {}
    for c in changes:
        if (row := held.get(c.record)) is None:
            continue
        k = nth[c.record] = nth.get(c.record, -1) + 1
        turns += [[]] if k == len(turns) else []
        turns[k].append((row, c))
    done = []
    for turn in turns:
        written = []
        for row, c in turn:
            if any(getattr(row, name) != value for name, value in c.told.items()):
                for name, value in c.told.items():
                    setattr(row, name, value)
                row.stands_from = c.at
                written.append((row, c))
        told = [name for name in columns if any(name in c.told for _, c in written)]
        update_records(model, (*told, "stands_from"), [(r.pk, *(getattr(r, name) for name in told), r.stands_from) for r, _ in written])
        done += written
    if done:
        audit.write(scope, what, [r.person_id for r, _ in done], digest_of=[(r.pk, c.at, c.told) for r, c in done])
    return done


def judge_sources(scope: Scope, judged: Sequence[tuple[UUID, datetime]], *, batch: int | None = None, reported: bool = False) -> int:
    """The source of these cases was judged then, each with the act `source.judged`; how many of the cases are known."""
    held = {r.pk: r for r in Case.objects.extra(where=["cases_case.id = ANY(%s::uuid[])"], params=[uuid_array(c for c, _ in judged)])}
    known = [(held[c], at) for c, at in judged if c in held]
    acts.record(scope, [NewAct("source.judged", r.pk, at, r.person_id, r.area_id, r.disease, at if reported else None, record=r.pk) for r, at in known], batch=batch)
    if known:
        audit.write(scope, "cases.sources_judged", [r.person_id for r, _ in known], digest_of=[(r.pk, at) for r, at in known])
    return len(known)


def add_links(scope: Scope, pairs: Iterable[tuple[UUID, UUID, str]], *, sender: str, known_from: datetime, batch: int | None = None) -> set[tuple[UUID, UUID]]:
    """Who infected whom: (infector, infectee, disease). What is known already stays as it is; answers the new ones (infector, infectee)."""
    wanted = {(a, b): d for a, b, d in pairs if a != b}
    held = linked_pairs(b for _, b in wanted)
    fresh = {pair: disease for pair, disease in wanted.items() if pair not in held}
    if not fresh:
        return set()
    with connection.cursor() as cursor:  # a link that another made at the same moment stays as he made it
        cursor.execute(
            "INSERT INTO cases_link (id, batch_id, sender, source_id, known_from, stands_from, infector_id, infectee_id, disease, certainty) "
            "SELECT n.id, %s, %s, '', %s, %s, n.infector, n.infectee, n.disease, 'stated' FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[]) "
            "AS n (id, infector, infectee, disease) ON CONFLICT (infector_id, infectee_id) DO NOTHING",
            [batch, sender, known_from, known_from, uuid_array(uuid7s(len(fresh))), uuid_array(a for a, _ in fresh), uuid_array(b for _, b in fresh), text_array(fresh.values())],
        )
    audit.write(scope, "cases.linked", [b for _, b in fresh], digest_of=list(fresh))
    return set(fresh)


def add_investigations(scope: Scope, done: Sequence[tuple[Case, datetime, str]], *, sender: str, batch: int | None = None, reported: bool = False) -> list[UUID]:
    """Investigations of cases: (case, when, findings), each with the act `case.investigated`. `reported` marks what a sender tells of the past."""
    held = set(Investigation.objects.extra(where=["case_id = ANY(%s::uuid[])"], params=[uuid_array({c.pk for c, _, _ in done})]).values_list("case_id", "happened_at"))
    keep = [one for one in done if (one[0].pk, one[1]) not in held]
    ids = uuid7s(len(keep))
    if keep:
        copy_records(
            Investigation,
            ("id", "batch_id", "case_id", "happened_at", "findings", "sender", "source_id", "known_from", "stands_from"),
            ((key, batch, c.pk, at, text, sender, f"{c.pk}:{at.isoformat()}", at, at) for key, (c, at, text) in zip(ids, keep, strict=True)),
        )
    acts.record(
        scope,
        [NewAct("case.investigated", c.pk, at, c.person_id, c.area_id, c.disease, reported_at=at if reported else None, record=key) for key, (c, at, _) in zip(ids, keep, strict=True)],
        batch=batch,
    )
    if keep:
        audit.write(scope, "cases.investigated", [c.person_id for c, _, _ in keep], digest_of=[(c.pk, at) for c, at, _ in keep])
    return ids


def _release(r: Contact) -> NewAct:
    assert r.released_at is not None
    return NewAct("contact.released", r.pk, r.released_at, r.person_id, r.area_id, r.disease, reported_at=r.released_at, record=r.pk)


def _copy(model: type[Record], columns: tuple[str, ...], new: Sequence[New], batch: int | None) -> tuple[list[UUID], bytes]:
    """New rows, in one COPY: their ids, and the digest of what was written. What is not told is null, or empty where the column is a text that may not be null."""
    ids, count = uuid7s(len(new)), len(new)
    if not ids:
        return [], b""
    known = [n.known_from for n in new]
    told: dict[str, Sequence[Any]] = {c: [n.told.get(c, "" if c in NEVER_NULL else None) for n in new] for c in columns}
    given = {"person_id": [n.person for n in new], "sender": [n.sender for n in new], "source_id": [n.source_id for n in new], "known_from": known, "stands_from": known}
    return ids, copy_columns(model, {"id": ids, "batch_id": [batch] * count} | given | told)


def _correct(scope: Scope, model: Any, told: Mapping[UUID, Mapping[str, Any]], stands_from: datetime | None, what: str) -> set[UUID]:
    changed, columns = [], sorted({c for values in told.values() for c in values})
    for row in model.objects.select_for_update(of=("self",)).filter(pk__in=told):
        if take(row, told[row.pk]):
            row.stands_from = stands_from or row.stands_from
            changed.append(row)
    if changed:
        update_records(model, (*columns, "stands_from"), [(r.pk, *(getattr(r, c) for c in columns), r.stands_from) for r in changed])
        audit.write(scope, what, [r.person_id for r in changed], digest_of=[told[r.pk] for r in changed])
    return {r.pk for r in changed}


def save_cases(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """What forms, imports and the API tell of cases: a new one records `case.reported`, another classification `case.classified`."""

    def told(r: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if before is None:
            yield NewAct("case.reported", r.pk, r.reported_at or r.known_from, r.person_id, r.area_id, r.disease, outcome=r.classification, record=r.pk)
        elif "classification" in changed and r.classification:
            yield NewAct("case.classified", r.pk, clock.now(), r.person_id, r.area_id, r.disease, outcome=r.classification, record=r.pk)

    return saving.save(scope, _register(Case), commands, sender=sender, batch=batch, acts=told)


def save_contacts(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """What forms, imports and the API tell of contacts: a new one records `contact.named`, a release that is new `contact.released`. Who tells the class decided it.

    Rejected: observation-reversed, done-in-the-future (a last exposure to come), contact-of-himself; and, unless a reason is written under `exception`,
    exposure-before-infectious.
    """
    mine = {c.record for c in commands if c.record}
    of = {c.told["case"] for c in commands if c.told.get("case")} | set(Contact.objects.filter(pk__in=mine, case__isnull=False).values_list("case", flat=True))
    known = {c.pk: c for c in Case.objects.filter(pk__in=of)} if of else {}
    tomorrow = clock.now().date() + timedelta(days=1)

    def told(r: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if before is None:
            yield NewAct("contact.named", r.pk, r.named_at or r.known_from, r.person_id, r.area_id, r.disease, outcome=r.classification, record=r.pk)
        if r.released_at and (before is None or ("released_at" in changed and before["released_at"] is None)):
            yield NewAct("contact.released", r.pk, r.released_at, r.person_id, r.area_id, r.disease, record=r.pk)
        for kind, at in (("contact.located", "located_at"), ("contact.classed", "classed_at")):
            if getattr(r, at) and (before is None or at in changed):
                yield NewAct(kind, r.pk, getattr(r, at), r.person_id, r.area_id, r.disease, outcome=r.classification if at == "classed_at" else None, record=r.pk)

    def whole(r: Any) -> Iterable[Problem]:
        if r.observation_from and r.observation_until and r.observation_until < r.observation_from:
            yield Problem("observation-reversed", "observation_until", r.observation_until.isoformat())
        if r.last_exposure_on and r.last_exposure_on > tomorrow:
            yield Problem("done-in-the-future", "last_exposure_on", r.last_exposure_on.isoformat())
        if (case := known.get(r.case_id)) is None:
            return
        if r.person_id == case.person_id:
            yield Problem("contact-of-himself", "person")
        able = rules.infectious(case.onset_on, disease_line(case.disease, "infectious", case.onset_on) if case.onset_on else None)
        if able and r.last_exposure_on and r.last_exposure_on < able[0] and not r.exception:
            yield Problem("exposure-before-infectious", "last_exposure_on", r.last_exposure_on.isoformat())

    def decided(works: Sequence[saving.Work]) -> None:
        for w in works:
            if scope.user is not None and (w.new or "classification" in w.changed) and w.row.classification:
                w.row.decided_by = scope.user
                w.columns.add("decided_by")

    return saving.save(scope, _register(Contact), commands, sender=sender, batch=batch, acts=told, check=whole, finish=decided)


def save_investigations(scope: Scope, commands: Sequence[Command], *, sender: str, batch: int | None = None) -> list[Outcome]:
    """Investigations told by forms, imports and the API; a new one records `case.investigated`."""

    def told(r: Any, before: Mapping[str, Any] | None, changed: frozenset[str]) -> Iterable[NewAct]:
        if before is None:
            c = r.case
            yield NewAct("case.investigated", c.pk, r.happened_at, c.person_id, c.area_id, c.disease, record=r.pk)

    return saving.save(scope, _register(Investigation), commands, sender=sender, batch=batch, acts=told, check=_not_ahead)


def _not_ahead(r: Any) -> Iterable[Problem]:
    if r.happened_at and r.happened_at > clock.now():
        yield Problem("done-in-the-future", "happened_at", r.happened_at.isoformat())


def _register(model: type) -> registry.Register:
    found = registry.of_model(model)
    assert found is not None
    return found
