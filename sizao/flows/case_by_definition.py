"""A case is judged by the definition in force: what the registers know already answers what it asks, somebody tells the rest, and a person decides.

A finding that two sources answer differently is not told until they agree. No class changes by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock, content
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.outcome import Command
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions
from sizao.registers.cases import read as cases
from sizao.registers.cases.definitions import Definition, Judged, in_force, judge
from sizao.registers.cases.models import Case
from sizao.registers.laboratory import read as laboratory
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers import read as lines
from sizao.registers.surveillance import actions as cards
from sizao.registers.surveillance import read as surveillance

from .outcome import Outcome

#: How long before its first day a case's illness is looked for in the registers; and the time within which a meeting counts (every version of the plan says 14 days).
BEFORE, MEETING = timedelta(days=30), timedelta(days=14)
APART = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    """One source's answer to one finding. `source`: told (a person said so), laboratory, contacts, symptoms."""

    finding: str
    present: bool
    source: str
    at: datetime | date


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a case beside what the definition asks.

    Attributes:
        answers: Every answer, in the order of the definition's findings; what is told later replaces what the same source told before.
        disputed: Findings that two sources answer differently.
        judged: None when no definition is in force for the disease there.
    """

    definition: Definition | None
    answers: tuple[Answer, ...]
    disputed: frozenset[str]
    judged: Judged | None

    def of(self, finding: str) -> list[Answer]:
        return [a for a in self.answers if a.finding == finding]


def standing(scope: Scope, case: Case) -> Standing:
    """The case beside the definition that is in force where it stands, today there. Six statements. Whoever shows it has read the case."""
    definition = in_force(case.disease, case.area.code, clock.local_day(clock.now(), case.area.zone))
    if definition is None:
        return Standing(None, (), frozenset(), None)
    asked = definition.findings()
    found = {(a.finding, a.source): a for a in sorted(_answers(scope, case), key=lambda a: str(a.at)) if a.finding in asked}
    answers = tuple(sorted(found.values(), key=lambda a: asked.index(a.finding)))
    said: dict[str, set[bool]] = {}
    for a in answers:
        said.setdefault(a.finding, set()).add(a.present)
    disputed = frozenset(f for f, both in said.items() if len(both) > 1)
    return Standing(definition, answers, disputed, judge(definition, {f: next(iter(one)) for f, one in said.items() if len(one) == 1}))


def _answers(scope: Scope, case: Case) -> Iterable[Answer]:
    first = case.onset_on or clock.local_day(case.known_from, case.area.zone)
    since = clock.start_of_day(first - BEFORE, case.area.zone)
    for line in lines.entries(scope, "case_finding").filter(person=case.person_id, happened_at__gte=since).order_by("happened_at", "pk"):
        yield Answer(line.values["finding"], line.values["finding_present"], "told", line.happened_at)
    yield from _tested(scope, case, since)
    yield from _met(scope, case, first)
    yield from _ill(scope, case, since)


def _tested(scope: Scope, case: Case, since: datetime) -> Iterable[Answer]:
    """What samples answer: a positive one is yes for ever, all negative is no as of the last. A sample whose method is not told is taken for nucleic acid."""
    rows = [
        s for s in laboratory.specimens(scope).filter(person=case.person_id, disease=case.disease, sampled_at__gte=since, result__isnull=False).order_by("sampled_at")
        if s.result in ("positive", "negative")
    ]  # fmt: skip
    methods = laboratory.methods_of([s.pk for s in rows])
    acid = [s for s in rows if methods.get(s.pk, "pcr") == "pcr"]
    if acid:
        positive = [s for s in acid if s.result == "positive"]
        at = (positive or acid)[-1]
        yield Answer("nucleic_acid_positive", bool(positive), "laboratory", at.resulted_at or at.sampled_at)
        last = acid[-2:]
        if len(last) == 2 and {s.result for s in last} == {"negative"} and last[1].sampled_at - last[0].sampled_at >= APART:
            yield Answer("two_negatives", True, "laboratory", last[1].resulted_at or last[1].sampled_at)
    for s in rows:
        if s.lineage and s.sequenced_at:
            yield Answer("sequence_matches", True, "laboratory", s.sequenced_at)


def _met(scope: Scope, case: Case, first: date) -> Iterable[Answer]:
    """Who was listed as a contact of a case had met an infected person, if it was within the time before the first day."""
    for contact in cases.contacts_of(scope, case.person_id):
        met = contact.last_exposure_on or (clock.local_day(contact.named_at, contact.area.zone) if contact.named_at else None)
        if contact.disease == case.disease and contact.case_id and contact.case_id != case.pk and met and first - MEETING <= met <= first:
            yield Answer("met_case", True, "contacts", met)


def _ill(scope: Scope, case: Case, since: datetime) -> Iterable[Answer]:
    """Symptoms that were noted are there; that one was not noted says nothing."""
    for line in surveillance.lines_of(scope, case.person_id):
        if line.found_at < since:
            continue
        noted = set(line.symptoms)
        if line.temperature is not None and line.temperature >= threshold("fever", clock.local_day(line.found_at, line.area.zone)):
            noted.add("fever")
        for finding, words in code_list("finding").items():
            if noted & set(words.get("symptoms", ())):
                yield Answer(finding, True, "symptoms", line.found_at)


@transaction.atomic
def tell(scope: Scope, case: UUID, finding: str, present: bool | None) -> Outcome:
    """Somebody answers a finding for a case's person; a later answer replaces his earlier one. Refused not-found-or-out-of-area, bad-value (also for no answer)."""
    row = _writable(scope, case)
    if finding not in code_list("finding") or present is None:
        raise Refused("bad-value", field="finding", value=finding, expected=", ".join(code_list("finding")))
    told = {"person": row.person_id, "finding": finding, "finding_present": present, "happened_at": clock.now()}
    return ledgers.save(scope, "case_finding", [Command(told=told, source_id=str(uuid7()))], sender=f"post:{scope.post_id}")[0]


@transaction.atomic
def classify(scope: Scope, case: UUID) -> Outcome:
    """The case gets the class that the definition gives it now, and the version and rule are put on record beside it.

    Identical when it has that class. Refused no-definition (none in force, or no class is reached), not-found-or-out-of-area.
    """
    row = _writable(scope, case)
    found = standing(scope, row)
    if found.definition is None or found.judged is None or found.judged.rule is None:
        raise Refused("no-definition", disease=row.disease)
    rule = found.judged.rule
    if row.classification == rule.classification:
        return Outcome("identical", row.pk, row.person_id)
    now, sender = clock.now(), f"post:{scope.post_id}"
    told: dict[str, Any] = {"classification": rule.classification}
    if rule.classification == "confirmed" and row.confirmed_at is None:
        told["confirmed_at"] = now
    outcome = actions.save_cases(scope, [Command(told=told, record=row.pk)], sender=sender)[0]
    if outcome.kind == "updated":
        if "confirmed_at" in told:
            cards.date_cards(scope, {row.pk: now}, sender=sender)
        said = {
            "person": row.person_id, "definition_class": rule.classification, "definition_used": content.cited("case-definition", found.definition.id, found.definition.text),
            "definition_rule": rule.id, "happened_at": now,
        }  # fmt: skip
        ledgers.save(scope, "case_judgement", [Command(told=said, source_id=str(uuid7()))], sender=sender)
    return outcome


def _writable(scope: Scope, case: UUID) -> Case:
    found = cases.cases_by_id(scope, {case}, "case.write").get(case)
    if found is None:
        scope.check("case.write")
        raise Refused("not-found-or-out-of-area")
    return found
