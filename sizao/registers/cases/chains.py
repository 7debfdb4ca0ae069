"""Who infected whom below an area, as a graph; and how many of the contacts fell ill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from sizao.epi import transmission
from sizao.epi.transmission import Attack
from sizao.kernel import audit
from sizao.kernel.clock import local_day
from sizao.kernel.models import Area
from sizao.kernel.rows import among
from sizao.kernel.scope import Scope, visible

from .models import Case, Link
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

    def of(self, some: Sequence[int]) -> Linked:
        """The part of the graph with these cases only, in their order; links to the others are left out."""
        place = {x: i for i, x in enumerate(some)}
        kept = [k for k, (a, b) in enumerate(self.links) if a in place and b in place]
        columns = ([column[x] for x in some] for column in (self.ids, self.numbers, self.days, self.by, self.classes))
        ids, numbers, days, by, classes = columns
        return Linked(
            ids, numbers, days, by, classes, [(place[self.links[k][0]], place[self.links[k][1]]) for k in kept], [self.certainty[k] for k in kept],
            [self.outside[x] for x in some], [self.persons[x] for x in some],
        )  # fmt: skip

    def told(self, scope: Scope) -> None:
        """Puts on record that these cases were read. Who asks for a graph says so once he has chosen what is shown."""
        audit.write(scope, "chains.read", self.persons)


def diseases(scope: Scope, area: Area) -> list[tuple[str, int]]:
    """(disease, how many links) of links to a case below this area, the most first. One statement."""
    found = Link.objects.filter(visible(), scope.area_filter("infectee__area", "case.read"), infectee__area__path__startswith=area.path)
    return list(found.values_list("disease").annotate(n=Count("pk")).order_by("-n", "disease"))


def linked(scope: Scope, area: Area, disease: str) -> Linked:
    """The graph below an area, as far as this scope sees. Two statements, whatever its size."""
    told = Link.objects.filter(visible(), _within(scope, area, "infector") | _within(scope, area, "infectee"), disease=disease)
    pairs = list(told.order_by("pk").values_list("infector", "infectee", "certainty"))
    ends = {end for a, b, _ in pairs for end in (a, b)}
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
        links, certainty, outside, [r["person_id"] for r in rows],
    )  # fmt: skip


def _within(scope: Scope, area: Area, end: str) -> Q:
    return scope.area_filter(f"{end}__area", "case.read") & Q(**{f"{end}__area__path__startswith": area.path})


def _stands(row: dict[str, Any]) -> dict[str, Any]:
    by = next((name for name in DAYS if row[name] is not None), "")
    at = row[by] if by else None
    day = at if at is None or type(at) is date else local_day(at, row["area__zone"])
    return row | {"by": by, "day": None if day is None else day.toordinal()}


def alone(scope: Scope, area: Area, disease: str) -> int:
    """How many cases below this area have no link at all. One statement."""
    found = cases(scope).filter(area__path__startswith=area.path, disease=disease)
    for end in ("infector", "infectee"):
        found = found.exclude(Exists(Link.objects.filter(visible(), **{end: OuterRef("pk")})))
    return found.count()


@dataclass(frozen=True, slots=True)
class Attacked:
    """Persons of one class of contact.

    Attributes:
        named: Distinct persons who were named.
        infected: Of these, who are a case of the disease too, known as one not before they were first named as a contact of it; or whose sender says so.
        over: Not infected, and released or past the last day of observation.
    """

    classification: str
    named: int
    infected: int
    over: int

    @property
    def attack(self) -> Attack:
        """Of those of whom the end is known. Who is still observed is in neither number."""
        return Attack(self.infected, self.infected + self.over)


def attack_rates(scope: Scope, area: Area, disease: str, today: date) -> list[Attacked]:
    """Secondary attack by class of contact, below an area; a person who was named twice in a class counts once. One statement.

    A case that was known before the person was first named is no infection by this contact, and the person is left out of both numbers.
    """
    found = contacts(scope).filter(area__path__startswith=area.path, disease=disease).order_by()
    ill = Case.objects.filter(visible(), person=OuterRef("person"), disease=disease)
    rows = found.annotate(later=Exists(ill.filter(known_from__gte=OuterRef("known_from"))), ever=Exists(ill)).values_list(
        "classification", "person", "later", "ever", "became_case_at", "released_at", "observation_until"
    )
    of: dict[str, dict[UUID, tuple[bool, bool, bool]]] = defaultdict(dict)
    for classification, person, later, ever, became, released, until in rows:
        infected, before, over = of[classification or ""].get(person, (False, False, False))
        of[classification or ""][person] = (
            infected or later or became is not None, before or (ever and not later and became is None), over or released is not None or (until is not None and until < today),
        )  # fmt: skip
    return [
        Attacked(name, len(persons), sum(i for i, _, _ in persons.values()), sum(o and not i and not b for i, b, o in persons.values()))
        for name, persons in sorted(of.items())
    ]
