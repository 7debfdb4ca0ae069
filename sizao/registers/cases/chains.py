"""Who infected whom below an area, as a graph; and how many of the contacts fell ill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from sizao.epi import transmission
from sizao.epi.transmission import Attack
from sizao.kernel import audit
from sizao.kernel.clock import local_day
from sizao.kernel.models import Area
from sizao.kernel.rows import among
from sizao.kernel.scope import Scope, visible

from .models import Case, Link, SourceHypothesis
from .read import cases, contacts

#: By which day a case stands on the axis of time: the first of these that is told.
DAYS = ("onset_on", "confirmed_at", "reported_at")


@dataclass(frozen=True, slots=True)
class Linked:
    """The cases of one disease below an area that are linked to another case, by number 0 … n-1 in the order of their day.

    Attributes:
        days: Ordinal of the day by which each stands (`DAYS`), in the zone of its area; None when none is told.
        by: Which of `DAYS` it was; "" for none.
        links: (infector, infectee), both among these cases.
        certainty: Of each link.
        outside: Of each case, how many links lead to a case that is not shown: elsewhere, or no longer standing.
        maybe: (infector, infectee) that are thought of and not accepted; no figure counts them.
    """

    ids: list[UUID]
    numbers: list[str]
    days: list[int | None]
    by: list[str]
    classes: list[str]
    links: list[tuple[int, int]]
    certainty: list[str]
    outside: list[int]
    persons: list[UUID] = field(repr=False)
    maybe: list[tuple[int, int]] = field(default_factory=list)

    def of(self, some: Sequence[int]) -> Linked:
        """The part of the graph with these cases only, in their order; links to the others are left out."""
        place = {x: i for i, x in enumerate(some)}
        kept = [k for k, (a, b) in enumerate(self.links) if a in place and b in place]
        columns = ([column[x] for x in some] for column in (self.ids, self.numbers, self.days, self.by, self.classes))
        ids, numbers, days, by, classes = columns
        return Linked(
            ids, numbers, days, by, classes, [(place[self.links[k][0]], place[self.links[k][1]]) for k in kept], [self.certainty[k] for k in kept],
            [self.outside[x] for x in some], [self.persons[x] for x in some], [(place[a], place[b]) for a, b in self.maybe if a in place and b in place],
        )  # fmt: skip

    def told(self, scope: Scope) -> None:
        """Puts on record that these cases were read. Who asks for a graph says so once he has chosen what is shown."""
        audit.write(scope, "chains.read", self.persons)


def diseases(scope: Scope, area: Area) -> list[tuple[str, int]]:
    """(disease, how many links and sources thought of) of cases below this area, the most first. One statement."""
    found = Link.objects.filter(visible(), scope.area_filter("infectee__area", "case.read"), infectee__area__path__startswith=area.path).order_by()
    thought = _thought(_within(scope, area, "case")).order_by()
    both = found.values_list("disease").annotate(n=Count("pk")).union(thought.values_list("disease").annotate(n=Count("pk")), all=True)
    counted: Counter[str] = Counter()
    for disease, n in both:
        counted[disease] += n
    return sorted(counted.items(), key=lambda d: (-d[1], d[0]))


def _thought(where: Q) -> QuerySet[SourceHypothesis]:
    """The sources that are thought of or accepted and are another case."""
    return SourceHypothesis.objects.filter(visible(), where, kind="case", withdrawn_at=None).exclude(likelihood="excluded")


def linked(scope: Scope, area: Area, disease: str) -> Linked:
    """The graph below an area, as far as this scope sees. Three statements, whatever its size.

    Where a source was accepted for a case, it is the one that counts; the links that senders told of the same case, and the sources that are thought of, stand in `maybe`.
    """
    told = Link.objects.filter(visible(), _within(scope, area, "infector") | _within(scope, area, "infectee"), disease=disease)
    pairs, thought = _sourced(scope, area, disease, list(told.order_by("pk").values_list("infector", "infectee", "certainty")))
    ends = {end for a, b, *_ in (*pairs, *thought) for end in (a, b)}
    found = Case.objects.filter(visible(), scope.area_filter("area", "case.read"), area__path__startswith=area.path, disease=disease)
    rows = [_stands(row) for row in among(found, "id", ends).values("id", "person_id", "source_id", "classification", "area__zone", *DAYS)] if ends else []
    rows.sort(key=lambda row: (row["day"] if row["day"] is not None else transmission.NEVER, row["source_id"], row["id"]))
    place = {row["id"]: i for i, row in enumerate(rows)}
    links, certainty, outside = [], [], [0] * len(rows)
    for a, b, sure in pairs:
        x, y = place.get(a), place.get(b)
        if x is not None and y is not None:
            links.append((x, y))
            certainty.append(sure)
        else:
            for end in (x, y):
                if end is not None:
                    outside[end] += 1
    return Linked(
        [r["id"] for r in rows], [r["source_id"] for r in rows], [r["day"] for r in rows], [r["by"] for r in rows], [r["classification"] or "" for r in rows],
        links, certainty, outside, [r["person_id"] for r in rows], [(place[a], place[b]) for a, b in thought if a in place and b in place],
    )  # fmt: skip


#: How sure a link is that rests on an accepted source.
SURE = {"very_likely": "high", "likely": "medium", "possible": "low", "unlikely": "low", "very_unlikely": "low"}

Pairs = list[tuple[UUID, UUID, str]]


def _sourced(scope: Scope, area: Area, disease: str, pairs: Pairs) -> tuple[Pairs, list[tuple[UUID, UUID]]]:
    """The links that count, and those that are only thought of, by what was accepted as the sources of these cases. One statement."""
    thoughts = SourceHypothesis.objects.filter(visible(), _within(scope, area, "case"), disease=disease, withdrawn_at=None).exclude(likelihood="excluded")
    known = list(thoughts.order_by("pk").values_list("case", "kind", "infector", "likelihood", "accepted_at"))
    accepted = {case: infector if kind == "case" else None for case, kind, infector, _, at in known if at is not None}
    keep = [(a, b, sure) for a, b, sure in pairs if b not in accepted or accepted[b] == a]
    held = {(a, b) for a, b, _ in keep}
    for case, kind, infector, likelihood, at in known:
        if at is not None and kind == "case" and infector and (infector, case) not in held:
            keep.append((infector, case, SURE.get(likelihood or "", "stated")))
            held.add((infector, case))
    others = [(a, b) for a, b, _ in pairs if (a, b) not in held] + [(i, c) for c, kind, i, _, at in known if at is None and kind == "case" and i]
    return keep, [p for p in dict.fromkeys(others) if p not in held]


def _within(scope: Scope, area: Area, end: str) -> Q:
    return scope.area_filter(f"{end}__area", "case.read") & Q(**{f"{end}__area__path__startswith": area.path})


def _stands(row: dict[str, Any]) -> dict[str, Any]:
    by = next((name for name in DAYS if row[name] is not None), "")
    at = row[by] if by else None
    day = at if at is None or type(at) is date else local_day(at, row["area__zone"])
    return row | {"by": by, "day": None if day is None else day.toordinal()}


def alone(scope: Scope, area: Area, disease: str) -> int:
    """How many cases below this area have no link at all, and none that is thought of. One statement."""
    found = cases(scope).filter(area__path__startswith=area.path, disease=disease)
    for end in ("infector", "infectee"):
        found = found.exclude(Exists(Link.objects.filter(visible(), **{end: OuterRef("pk")})))
    for end in ("infector", "case"):
        found = found.exclude(Exists(_thought(Q(**{end: OuterRef("pk")}))))
    return found.count()


@dataclass(frozen=True, slots=True)
class Attacked:
    """Persons of one class of contact.

    Attributes:
        named: Distinct persons who were named.
        infected: Of these, who are a case of the disease too, known as one not before they were first named as a contact of it; or whose sender says so, with a day or without.
        over: Not infected, and released or past the last day of observation. Who was lost, or whose end the sender does not know, is not among them.
    """

    classification: str
    named: int
    infected: int
    over: int

    @property
    def attack(self) -> Attack:
        """Of those of whom the end is known. Who is still observed is in neither number."""
        return Attack(self.infected, self.infected + self.over)


#: A person is infected as soon as one line of hers says so; she was ill before when a line stands later than her last case. `last`: when she was last known as a case.
ATTACKED = """
WITH c (classification, person, known_from, became_case_at, followed_as, released_at, observation_until) AS ({contacts}), i (person, last) AS ({cases}),
line AS (
  SELECT coalesce(c.classification, '') AS classification, c.person, i.last IS NOT NULL AS ever, coalesce(i.last >= c.known_from, FALSE) OR c.became_case_at IS NOT NULL OR coalesce(c.followed_as, '') = 'became_case' AS infected,
    (c.released_at IS NOT NULL OR coalesce(c.followed_as, '') = 'completed' OR coalesce(c.observation_until < %s, FALSE)) AND coalesce(c.followed_as, '') NOT IN ('lost', 'unknown') AS over
  FROM c LEFT JOIN i ON i.person = c.person),
one AS (SELECT classification, person, bool_or(infected) AS infected, bool_or(ever AND NOT infected) AS before, bool_or(over) AS over FROM line GROUP BY 1, 2)
SELECT classification, count(*)::int, count(*) FILTER (WHERE infected)::int, count(*) FILTER (WHERE over AND NOT infected AND NOT before)::int FROM one GROUP BY classification ORDER BY classification COLLATE "C"
"""


def attack_rates(scope: Scope, area: Area, disease: str, today: date) -> list[Attacked]:
    """Secondary attack by class of contact, below an area; a person who was named twice in a class counts once. One statement.

    A case that was known before the person was first named is no infection by this contact, and the person is left out of both numbers.
    """
    named = contacts(scope).filter(area__path__startswith=area.path, disease=disease).order_by()
    told = named.values_list("classification", "person", "known_from", "became_case_at", "followed_as", "released_at", "observation_until")
    ill = Case.objects.filter(visible(), disease=disease).order_by().values_list("person").annotate(last=Max("known_from"))
    try:
        (of_contacts, first), (of_cases, then) = told.query.sql_with_params(), ill.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(ATTACKED.format(contacts=of_contacts, cases=of_cases), (*first, *then, today))
        return [Attacked(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Totalled:
    """Cases of which only the number of contacts is told, as published lists do.

    Attributes:
        cases: Whose number is told and at least as large as how many they are linked to as their infector.
        contacts: Those numbers, added up.
        infected: Cases linked to them as infected by them.
        contradicted: Cases linked to more infected than contacts were told of; they are in none of the other numbers.
    """

    cases: int
    contacts: int
    infected: int
    contradicted: int

    @property
    def attack(self) -> Attack:
        """Of the contacts told of, those who became a linked case. A contact of two cases is counted with each: a sender's number names nobody."""
        return Attack(self.infected, self.contacts)


def attack_of_totals(scope: Scope, area: Area, graph: Linked, disease: str) -> Totalled:
    """Secondary attack where contacts are told as a number only, below an area, by the links of its graph (`linked`, whole). One statement."""
    infected = Counter(graph.ids[a] for a, _ in graph.links)
    told = [(infected[pk], total) for pk, total in cases(scope).filter(area__path__startswith=area.path, disease=disease, contact_total__isnull=False).values_list("pk", "contact_total")]
    kept = [(n, total) for n, total in told if n <= total]
    return Totalled(len(kept), sum(total for _, total in kept), sum(n for n, _ in kept), len(told) - len(kept))
