"""A case is judged by the definition in force: what the registers know already answers what it asks, somebody tells the rest, and a person decides.

A finding that two sources answer differently is not told until they agree. No class changes by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
#: So many cases are held against their definitions together; a bounded number of statements for each such part.
AT_ONCE = 500
APART, WEEK = timedelta(hours=24), timedelta(days=7)


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
    """The case beside the definition that is in force where it stands, today there. Seven statements. Whoever shows it has read the case."""
    return standings(scope, [case])[case.pk]


def standings(scope: Scope, some: Sequence[Case]) -> dict[UUID, Standing]:
    """The same of many cases, in the same seven statements."""
    found: dict[UUID, Standing] = {}
    judged: list[tuple[Case, Definition]] = []
    for case in some:
        definition = in_force(case.disease, case.area.code, clock.local_day(clock.now(), case.area.zone))
        if definition is None:
            found[case.pk] = Standing(None, (), frozenset(), None)
        else:
            judged.append((case, definition))
    known = _known(scope, [case for case, _ in judged]) if judged else None
    for case, definition in judged:
        assert known is not None
        found[case.pk] = _judged(definition, known.answers(case))
    return found


def _judged(definition: Definition, answers: Iterable[Answer]) -> Standing:
    asked = definition.findings()
    found = {(a.finding, a.source): a for a in sorted(answers, key=lambda a: str(a.at)) if a.finding in asked}
    said: dict[str, set[bool]] = {}
    for a in found.values():
        said.setdefault(a.finding, set()).add(a.present)
    disputed = frozenset(f for f, both in said.items() if len(both) > 1)
    return Standing(definition, tuple(sorted(found.values(), key=lambda a: asked.index(a.finding))), disputed, judge(definition, {f: next(iter(one)) for f, one in said.items() if len(one) == 1}))


def _since(case: Case) -> datetime:
    return clock.start_of_day(_first(case) - BEFORE, case.area.zone)


def _first(case: Case) -> date:
    return case.onset_on or clock.local_day(case.known_from, case.area.zone)


def _known(scope: Scope, some: Sequence[Case]) -> Known:
    """What the registers know of the persons of these cases since the earliest of them could have begun."""
    people, since = {case.person_id for case in some}, min(map(_since, some))
    rows = list(laboratory.specimens(scope).filter(person__in=people, sampled_at__gte=since, result__in=("positive", "negative")).order_by("sampled_at", "pk"))
    return Known(
        _by(lines.entries(scope, "case_finding").filter(person__in=people, happened_at__gte=since).order_by("happened_at", "pk")), _by(rows), laboratory.methods_of([s.pk for s in rows]),
        laboratory.antibodies_of(scope, people, since), _by(cases.contacts(scope).filter(person__in=people).order_by("-known_from")), _by(surveillance.lines(scope).filter(person__in=people).order_by("found_at")),
    )  # fmt: skip


def _by(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """Rows of several registers by person: what was told, samples with a result that says something, by which method, antibodies, whom they met, symptoms."""

    told: Mapping[UUID, list[Any]]
    samples: Mapping[UUID, list[Any]]
    methods: Mapping[UUID, str]
    antibodies: Mapping[UUID, list[tuple[str, str, str, datetime, datetime]]]
    meetings: Mapping[UUID, list[Any]]
    symptoms: Mapping[UUID, list[Any]]

    def answers(self, case: Case) -> Iterable[Answer]:
        """Every source's answers for one case."""
        first, since = _first(case), _since(case)
        for line in self.told.get(case.person_id, ()):
            if line.happened_at >= since:
                yield Answer(line.values["finding"], line.values["finding_present"], "told", line.happened_at)
        yield from self._tested(case, since)
        yield from self._met(case, first)
        yield from _ill(self.symptoms.get(case.person_id, ()), since)

    def _tested(self, case: Case, since: datetime) -> Iterable[Answer]:
        """What samples answer: a positive one is yes for ever, all negative is no as of the last. A sample whose method is not told is taken for nucleic acid."""
        rows = [s for s in self.samples.get(case.person_id, ()) if s.disease == case.disease and s.sampled_at >= since]
        acid = [s for s in rows if self.methods.get(s.pk, "pcr") == "pcr"]
        if acid:
            positive = [s for s in acid if s.result == "positive"]
            at = (positive or acid)[-1]
            yield Answer("nucleic_acid_positive", bool(positive), "laboratory", at.resulted_at or at.sampled_at)
            last = acid[-2:]
            if len(last) == 2 and {s.result for s in last} == {"negative"} and last[1].sampled_at - last[0].sampled_at >= APART:
                yield Answer("two_negatives", True, "laboratory", last[1].resulted_at or last[1].sampled_at)
        yield from self._antibodies(case, since)
        for s in rows:
            if s.lineage and s.sequenced_at:
                yield Answer("sequence_matches", True, "laboratory", s.sequenced_at)

    def _antibodies(self, case: Case, since: datetime) -> Iterable[Answer]:
        """What antibodies answer: the last of each kind; IgG that was not there and then is; none of either a week after the first day."""
        last: dict[str, tuple[str, datetime, datetime]] = {}
        for disease, method, result, sampled, resulted in self.antibodies.get(case.person_id, ()):
            if disease == case.disease and sampled >= since and result in ("positive", "negative"):
                if method == "antibody_igg" and result == "positive" and last.get(method, ("",))[0] == "negative":
                    yield Answer("igg_risen", True, "laboratory", resulted)
                last[method] = (result, sampled, resulted)
        for method, finding in (("antibody_igm", "igm_positive"), ("antibody_igg", "igg_positive")):
            if method in last:
                yield Answer(finding, last[method][0] == "positive", "laboratory", last[method][2])
        both = [last[m] for m in ("antibody_igm", "antibody_igg") if m in last]
        if case.onset_on and len(both) == 2 and all(r == "negative" and clock.local_day(s, case.area.zone) - case.onset_on >= WEEK for r, s, _ in both):
            yield Answer("antibodies_negative_late", True, "laboratory", max(at for _, _, at in both))

    def _met(self, case: Case, first: date) -> Iterable[Answer]:
        """Who was listed as a contact of a case had met an infected person, if it was within the time before the first day."""
        for contact in self.meetings.get(case.person_id, ()):
            met = contact.last_exposure_on or (clock.local_day(contact.named_at, contact.area.zone) if contact.named_at else None)
            if contact.disease == case.disease and contact.case_id and contact.case_id != case.pk and met and first - MEETING <= met <= first:
                yield Answer("met_case", True, "contacts", met)


def _ill(rows: Iterable[Any], since: datetime) -> Iterable[Answer]:
    """Symptoms that were noted are there; that one was not noted says nothing."""
    for line in rows:
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


@transaction.atomic
def judge_again(scope: Scope, since: datetime) -> int:
    """Cases of whose persons a laboratory told something since then are held against the definition again; where it gives another class that is a proposal (ledger
    `case_proposal`), once for the same class by the same rule and sample. No class changes. A bounded number of statements however many cases. How many were new."""
    told = laboratory.told_since(scope, since)
    last: dict[tuple[UUID, str], str] = {}
    for person, disease, number in told:
        last[person, disease] = max(number, last.get((person, disease), ""))
    rows = [c for c in cases.cases(scope).filter(person__in={p for p, _, _ in told}).select_related("area") if (c.person_id, c.disease) in last] if told else []
    made: list[Command] = []
    for k in range(0, len(rows), AT_ONCE):
        found = standings(scope, rows[k : k + AT_ONCE])
        made += [c for case in rows[k : k + AT_ONCE] if (c := _proposal(case, found[case.pk], last[case.person_id, case.disease])) is not None]
    known = set(lines.entries(scope, "case_proposal").filter(sender="machine", source_id__in=[c.source_id for c in made]).values_list("source_id", flat=True)) if made else set()
    return sum(o.kind == "new" for o in ledgers.save(scope, "case_proposal", [c for c in made if c.source_id not in known], sender="machine")) if made else 0


def _proposal(case: Case, found: Standing, result: str) -> Command | None:
    """What is proposed of a case after that result; None where the definition gives the class that it has, or none."""
    if found.definition is None or found.judged is None or found.judged.rule is None or found.judged.rule.classification == case.classification:
        return None
    rule = found.judged.rule
    said = {
        "person": case.person_id, "proposed_class": rule.classification, "proposed_definition": content.cited("case-definition", found.definition.id, found.definition.text),
        "proposed_rule": rule.id, "happened_at": clock.now(),
    }  # fmt: skip
    return Command(told=said, source_id=f"{case.pk}/{rule.id}/{result}")


def proposals(scope: Scope, limit: int = 60) -> list[tuple[Case, Any]]:
    """(case, the last proposal for it) of cases that still have another class than was proposed; three statements."""
    last = {line.person_id: line for line in lines.entries(scope, "case_proposal").order_by("happened_at", "pk")[:2000]}
    rows = cases.cases(scope).filter(person__in=last).select_related("area").order_by("-known_from")[:500]
    return [(c, last[c.person_id]) for c in rows if c.classification != last[c.person_id].values["proposed_class"]][:limit]


def _writable(scope: Scope, case: UUID) -> Case:
    found = cases.cases_by_id(scope, {case}, "case.write").get(case)
    if found is None:
        scope.check("case.write")
        raise Refused("not-found-or-out-of-area")
    return found
