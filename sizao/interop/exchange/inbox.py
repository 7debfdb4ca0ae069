"""Storing what was told, each message once: sender + its own number + content. One transaction a batch, and a bounded number of statements.

Every message is a row of the ledger of imports (`interop.models`): sent = stored + updated + duplicate + rejected, held by the database. A message is
stored whole or not at all; whatever rejects one leaves the others standing. What was sent stays with its row, sealed.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction

from sizao.flows import case_report_received, result_received
from sizao.flows.case_report_received import CaseReport
from sizao.flows.outcome import Outcome
from sizao.flows.result_received import ReceivedResult
from sizao.interop import ledger
from sizao.interop.dates import When
from sizao.interop.feeds import quarantine
from sizao.interop.feeds.watch import heard
from sizao.interop.ledger import Entry
from sizao.interop.models import ImportFile, SenderKey, ToldResource
from sizao.interop.reading import Row
from sizao.kernel import audit, clock
from sizao.kernel.models import Area, Batch
from sizao.kernel.scope import Scope
from sizao.kernel.sealed import check_ring, keys_at_hand
from sizao.registers.population import read as population
from sizao.registers.population.actions import PersonData

from .problems import Fault
from .told import Item, ToldPerson
from .where import Where, home

#: Under which kind a sender's numbers of persons are remembered, whatever standard he sends.
PERSON = "exchange:person"
#: Messages of one transaction.
AT_ONCE = 500
RESULT = {"new": "accepted", "updated": "updated", "identical": "duplicate", "rejected": "rejected"}


@dataclass(slots=True)
class Taken:
    """What became of a batch: sent = stored + updated + duplicate + rejected. `files`: where it stands in the ledger."""

    sender: str
    items: list[Item] = field(default_factory=list)
    files: list[UUID] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        return sum(i.outcome == outcome for i in self.items)

    def as_json(self) -> dict[str, object]:
        """Counts, and of each message its number, outcome and reasons."""
        return {
            "sender": self.sender, "sent": len(self.items), "stored": self.count("accepted"), "updated": self.count("updated"), "duplicate": self.count("duplicate"),
            "rejected": self.count("rejected"), "files": [str(f) for f in self.files],
        }  # fmt: skip


def take(scope: Scope, items: Sequence[Item], *, sender: str, kind: str, name: str, zone: str) -> Taken:
    """Stores what these items tell; each gets its `outcome`, and the reasons among its faults and notes. Parts of `AT_ONCE`, each a file of the ledger.

    Refused: not-allowed, keys-missing and its kind.
    """
    scope.check("message.write")
    check_ring()
    taken = Taken(sender, list(items))
    for first in range(0, len(items), AT_ONCE):
        part = items[first : first + AT_ONCE]
        label = name if len(items) <= AT_ONCE else f"{name} {first // AT_ONCE + 1}"
        with transaction.atomic(), keys_at_hand():
            taken.files.append(_part(scope, part, sender, kind, label, zone))
    quarantine.look(sender)
    return taken


def _part(scope: Scope, items: Sequence[Item], sender: str, kind: str, name: str, zone: str) -> UUID:
    with connection.cursor() as cursor:  # messages of a sender one after the other: a number that comes twice at once is stored once
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('exchange'), hashtext(%s))", [sender])
    now = clock.now()
    digest = hashlib.sha256("\n".join(i.mark for i in items).encode()).hexdigest()
    # one transaction: its batch is closed from the beginning, so that a later message finds whom an earlier one brought
    head = ImportFile.objects.create(
        sender=sender, disease="", name=name, sha256=digest, kind=kind, dialect=kind, reading=kind, mapping={"columns": {}, "unmapped": [], "header": ["message"]}, encoding="",
        time_zone=zone, batch=Batch.objects.create(sender=sender, closed_at=now), post_id=scope.post_id, opened_at=now,
    )  # fmt: skip
    known = ledger.known(sender, kind, [i.key for i in items if not i.faults], kind)
    said: dict[int, tuple[UUID | None, UUID | None]] = {}
    seen: set[str] = set()
    fresh: list[Item] = []
    since = quarantine.since(sender)
    for item in items:
        before = known.get(item.key)
        if item.faults:
            item.outcome = "rejected"
        elif before is not None or item.key in seen:
            item.outcome = "duplicate"
            said[item.line] = (before.record, before.person) if before else (None, None)
        elif since is not None:
            item.outcome, item.refused = "rejected", True
            item.faults.append(Fault("sender-quarantined", since=since.isoformat(sep=" ", timespec="minutes")))
        else:
            seen.add(item.key)
            fresh.append(item)
    for wave in _waves(fresh):
        _wave(scope, wave, head, zone, said)
    entries = [
        Entry(
            Row(i.line, {}, [f.note() for f in (*i.faults, *i.notes)], [], i.mark, i.key[:250]), i.outcome, *said.get(i.line, (None, None)),
            cells={"message": i.text} if i.outcome != "duplicate" else {},
        )
        for i in items
    ]  # fmt: skip
    ledger.write_rows(head, entries)
    ledger.write_keys(head, [e for i, e in zip(items, entries, strict=True) if i in fresh and i.outcome != "rejected"], fresh=True)
    counts = Counter(i.outcome for i in items)
    for outcome in ("accepted", "updated", "duplicate", "rejected"):
        setattr(head, outcome, counts[outcome])
    head.rows, head.closed_at = len(items), now
    head.problem_counts = dict(Counter(f.code for i in items for f in (*i.faults, *i.notes)))
    head.save()
    heard(sender, rows=len(items), digest=digest, at=now, kind=kind)
    audit.write(scope, "import.closed", [head.pk], digest_of=[head.sha256, dict(counts)], count=len(items))
    return head.pk


def _waves(items: Sequence[Item]) -> list[list[Item]]:
    """Messages about the same sample, case or person's number come after one another, each in a turn of its own, in the order in which they were sent."""
    waves: list[list[Item]] = []
    last: dict[str, int] = {}
    for item in items:
        names = [f"s:{r.key}" for r in item.results] + ([f"c:{item.case.number}"] if item.case else [])
        at = max((last[n] + 1 for n in names if n in last), default=0)
        last |= dict.fromkeys(names, at)
        waves += [[]] if at == len(waves) else []
        waves[at].append(item)
    return waves


def _wave(scope: Scope, items: list[Item], head: ImportFile, zone: str, said: dict[int, tuple[UUID | None, UUID | None]]) -> None:
    """Stores a turn together; where one is rejected, all is taken back and the others are stored without it."""
    left = items
    while left:
        try:
            with transaction.atomic():
                outcomes = _store(scope, left, head, zone)
                wrong = {i.line for i, told in zip(left, outcomes, strict=True) if any(o.kind == "rejected" for o in told)}
                if wrong:
                    raise _Again
        except _Again:
            for item, told in zip(left, outcomes, strict=True):
                if item.line in wrong:
                    _reject(item, told)
            left = [i for i in left if i.line not in wrong]
            continue
        except (IntegrityError, DataError):
            if len(left) > 1:
                for item in left:
                    _wave(scope, [item], head, zone, said)
            else:
                left[0].outcome = "rejected"
                left[0].faults.append(Fault("message-not-storable"))
            return
        for item, told in zip(left, outcomes, strict=True):
            item.outcome = next((RESULT[k] for k in ("new", "updated", "identical") if any(o.kind == k for o in told)), "accepted")
            item.notes += [Fault(p.code, p.field, p.value) for o in told for p in o.problems]
            said[item.line] = (told[0].record, told[0].person) if told else (None, None)
        return


def one(item: Item) -> dict[str, object]:
    """An item as programs read it."""

    def said(f: Fault) -> dict[str, object]:
        return f.refused().as_problem() | {"place": f.place, "value": f.value}

    return {"id": item.id, "answer": item.answer, "outcome": item.outcome, "problems": [said(f) for f in item.faults], "notes": [said(f) for f in item.notes]}


class _Again(Exception):
    pass


def _reject(item: Item, told: Sequence[Outcome]) -> None:
    item.outcome = "rejected"
    item.faults += [Fault(p.code, p.field, p.value) for o in told if o.kind == "rejected" for p in o.problems]


def _store(scope: Scope, items: Sequence[Item], head: ImportFile, zone: str) -> list[list[Outcome]]:
    """Hands the items to the flows; of each item one outcome a sample, and one for its case."""
    people = [i.person for i in items if i.person is not None]
    where = Where(scope, people)
    known = ledger.known(head.sender, PERSON, [p.key for p in people if p.key])
    samples: list[ReceivedResult] = []
    reports: list[CaseReport] = []
    for item in items:
        person = item.person or ToldPerson()
        area, placed = where.find(person)
        data = person_data(person, area)
        before = known.get(person.key)
        samples += [
            ReceivedResult(
                sender=head.sender, source_id=r.key, disease=r.disease, person=data, number=person.number, known=before.person if before else None, placed=placed, kind=r.kind,
                sampled_at=r.sampled_at, received_at=r.received_at, resulted_at=r.resulted_at, result=r.result, notified=item.case is not None and item.case.disease == r.disease,
                method=r.method if r.result else None, antibodies=tuple(r.antibodies),
            )
            for r in item.results
        ]  # fmt: skip
        if item.case is not None:
            reports.append(_report(item, data, placed, head.sender, zone))
            reports[-1].known = before.person if before else None
    tested = iter(result_received.receive(scope, samples, batch=head.batch_id) if samples else [])
    outcomes = [[next(tested) for _ in item.results] for item in items]
    identities = {i.person.national_id for i in items if i.case and i.person} - {""}
    identified = dict(population.by_identifier(scope, identities)) if identities else {}
    notifying = [n for n, item in enumerate(items) if item.case is not None]
    for n, report in zip(notifying, reports, strict=True):
        report.known = next((o.person for o in outcomes[n] if o.person), None) or report.known or identified.get(report.person.national_id)
    for n, outcome in zip(notifying, case_report_received.receive(scope, reports, batch=head.batch_id) if reports else [], strict=True):
        outcomes[n].append(outcome)
    fresh = {i.person.key: o[0].person for i, o in zip(items, outcomes, strict=True) if i.person and i.person.key and o and o[0].person and i.person.key not in known}
    SenderKey.objects.bulk_create(
        [SenderKey(sender=head.sender, kind=PERSON, key=key, mark="", reading=head.kind, person=person, file=head) for key, person in fresh.items()], ignore_conflicts=True
    )
    told = {
        (p.kind, p.key): ToldResource(sender=head.sender, kind=p.kind, key=p.key, person_id=o[0].person if p.own else None, body=p.body, file=head)
        for i, o in zip(items, outcomes, strict=True) if o and o[0].person for p in i.parts
    }  # fmt: skip
    if told:
        ToldResource.objects.bulk_create(told.values(), update_conflicts=True, unique_fields=["sender", "kind", "key"], update_fields=["person", "body", "file"])
    return outcomes


def person_data(p: ToldPerson, area: Area) -> PersonData:
    """What is told of the person, for the register."""
    return PersonData(
        area_id=area.pk, name=p.name, sex=p.sex, birth_date=p.birth.day if p.birth else None, birth_year=p.birth_year, national_id=p.national_id, phone=p.phone[:40], address=p.address[:300]
    )


def _report(item: Item, data: PersonData, placed: bool, sender: str, zone: str) -> CaseReport:
    case = item.case
    assert case is not None

    def at(name: str) -> object:
        told: When | None = case.days.get(name)
        return None if told is None else told.at or clock.start_of_day(told.day, zone)

    return CaseReport(
        sender=sender, source_id=case.number, disease=case.disease, person=data, placed=placed, class_code=case.class_code, onset_on=case.days["onset_on"].day if "onset_on" in case.days else None,
        reported_at=at("reported_at"), confirmed_at=at("confirmed_at"), admitted_at=at("admitted_at"), investigated_at=at("investigated_at"),  # type: ignore[arg-type]
        outcome="died" if case.died else None, outcome_at=at("died_at") if case.died else None,  # type: ignore[arg-type]
    )  # fmt: skip


__all__ = ["Taken", "home", "one", "take"]
