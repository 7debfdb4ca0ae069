"""A person is ordered into isolation: what the registers hold about him becomes the evidence, a rule in force the measure of it. Nothing is typed twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.kernel.scope import Scope
from sizao.registers.cases import read as cases
from sizao.registers.isolation import ordering, orders, rules
from sizao.registers.isolation.ending import told_of
from sizao.registers.isolation.orders import Rule, rules_in_force
from sizao.registers.laboratory import read as laboratory
from sizao.registers.surveillance import read as surveillance

if TYPE_CHECKING:
    from sizao.registers.isolation.models import Order

INFECTED = ("confirmed", "clinical", "asymptomatic")


@dataclass(frozen=True, slots=True)
class Fact:
    """A record that may be evidence: its kind (a code of `restriction-evidence`), and when what it tells was so."""

    kind: str
    record: UUID
    disease: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """A rule that may be used for this person now, with the evidence that there is, and the latest end that it allows."""

    rule: Rule
    disease: str
    facts: tuple[Fact, ...]
    latest: datetime


def facts_of(scope: Scope, person: UUID, zone: str) -> list[Fact]:
    """What the registers hold about a person that a rule may accept; the newest first. The database asks each again when an order cites it."""
    found: list[Fact] = []
    for c in cases.cases_of(scope, person):
        if c.classification in INFECTED:
            found.append(Fact("confirmed_case", c.pk, c.disease, c.confirmed_at or c.reported_at or c.known_from))
        elif c.classification == "suspected":
            found.append(Fact("suspected_case", c.pk, c.disease, c.reported_at or c.known_from))
    for k in cases.contacts_of(scope, person):
        if k.classification == "close" and k.case_id and k.last_exposure_on:
            found.append(Fact("close_contact", k.pk, k.disease, clock.end_of_day(k.last_exposure_on, zone)))
    for s in laboratory.specimens(scope).filter(person=person, result="positive"):
        found.append(Fact("positive_result", s.pk, s.disease, s.resulted_at or s.sampled_at))
    for line in surveillance.lines_of(scope, person):
        if line.closed_at is None and line.disease:
            found.append(Fact("symptoms", line.pk, line.disease, line.found_at))
    return sorted(found, key=lambda f: f.at, reverse=True)


def choices(scope: Scope, person: UUID, area: Area, at: datetime | None = None) -> list[Choice]:
    """The rules in force at an area that what is known of this person fulfils; empty where nothing may be ordered of him."""
    at, found = at or clock.now(), facts_of(scope, person, area.zone)
    out = []
    for disease in dict.fromkeys(f.disease for f in found):
        for rule in rules_in_force(area, disease, at).values():
            fit = tuple(f for f in found if f.disease == disease and f.kind in rule.body["evidence"])
            latest = rules.latest_end(rule.body, at, [f.at for f in fit]) if fit else at
            if latest > at:
                out.append(Choice(rule, disease, fit, latest))
    return out


@dataclass(frozen=True, slots=True)
class Proposed:
    """Somebody whose observation ended because he became a case, and about whom nothing is ordered since. A person decides whether and what.

    Attributes:
        order: The observation that is over.
        since: When it ended.
    """

    person: UUID
    order: "Order"
    since: datetime


def to_propose(scope: Scope, at: datetime | None = None) -> list[Proposed]:
    """Whom a person at a desk is asked about, the longest first: under no order of that disease that binds, waits or is ahead since he became a case."""
    at = at or clock.now()
    over = orders.over_as_case(scope, at)
    held = orders.orders_of(scope, (o.person_id for o, _ in over))
    told = told_of([o for some in held.values() for o in some], at)
    return [
        Proposed(o.person_id, o, since) for o, since in over
        if not any(h.disease == o.disease and rules.standing(told[h.pk], at) in ("in_force", "ahead", "waiting") for h in held[o.person_id])
    ]  # fmt: skip


def order_isolation(scope: Scope, commands: Sequence[ordering.NewOrder]) -> list[ordering.Outcome]:
    """Issues the orders; one outcome each. Whoever is a case now is no longer held as a contact: `instead_of` lifts the earlier order."""
    return ordering.issue_orders(scope, commands)
