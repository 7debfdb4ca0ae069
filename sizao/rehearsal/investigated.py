"""What investigators have begun in the demo: links between cases that the city's own contacts tell, stays and exposed places with visitors, two thoughts about a
source, a person told twice, tubes on their way. All through the verbs of desks and doors, after the city's last midnight, so that no figure of its past changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from pypinyin import Style, lazy_pinyin

from sizao.flows import exposures, tubes_sampled
from sizao.kernel import clock
from sizao.kernel.ids import uuid7
from sizao.kernel.outcome import Command
from sizao.kernel.registry import find
from sizao.kernel.saving import write
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions
from sizao.registers.cases import read as cases
from sizao.registers.ledgers import read as ledgers
from sizao.registers.movement import visiting
from sizao.registers.population import actions as population
from sizao.registers.population import read as persons

HOUR = timedelta(hours=1)
#: Kinds of places where a case's stays are told first.
PLACES = ("market", "school", "restaurant", "pharmacy")
#: Cases whose stays are told, stays of each, and visitors of a place.
TOLD, STAYS, VISITORS = 4, 3, 24


def investigate(scope: Scope) -> None:
    """As the investigator `scope`, below his area. Does nothing where there is no case."""
    found = list(cases.cases(scope).filter(onset_on__isnull=False).exclude(classification="ruled_out").order_by("-onset_on", "pk")[:400])
    if not found:
        return
    _links(scope, found)
    places = _stays(scope, found[:TOLD])
    _look(scope, places)
    _thoughts(scope, found)
    _twice(scope, found)
    _tubes(scope)


def _links(scope: Scope, found: Sequence[Any]) -> None:
    """Who was a contact of one case, and is a case himself with a later onset, was infected by that one, as far as the lists tell. Of the others the first stays
    without a source, and each is put to the nearest case that fell ill two days before him or earlier: it is an invented city."""
    by_person = {c.person_id: c for c in found}
    named = cases.contacts(scope).filter(person__in=list(by_person), case__isnull=False).order_by("known_from").values_list("person", "case")
    onset = {c.pk: c.onset_on for c in found}
    of: dict[UUID, UUID] = {}
    for person, case in named:
        ill = by_person[person]
        if case in onset and case != ill.pk and onset[case] < ill.onset_on:
            of.setdefault(ill.pk, case)
    by_onset = sorted(found, key=lambda c: (c.onset_on, c.pk))
    for n, ill in enumerate(by_onset):
        before = [c for c in by_onset[:n] if c.onset_on <= ill.onset_on - timedelta(days=2)]
        if ill.pk not in of and before and n % 5 != 4:
            of[ill.pk] = before[-1 - n % min(2, len(before))].pk
    disease = {c.pk: c.disease for c in found}
    actions.add_links(scope, [(a, b, disease[b]) for b, a in of.items()], sender=f"post:{scope.post_id}", known_from=clock.now())


def _stays(scope: Scope, some: Sequence[Any]) -> list[UUID]:
    """Stays around the onset, all but the last of each confirmed, and the last told in words of another place; the confirmed ones."""
    units = sorted(ledgers.units(scope).filter(in_use=True)[:200], key=lambda u: (u.kind not in PLACES, u.kind, u.pk))
    confirmed: list[UUID] = []
    for n, case in enumerate(some):
        noon = clock.start_of_day(case.onset_on, case.area.zone) + 10 * HOUR
        for k in range(STAYS):
            opens = noon + timedelta(days=k - 1, hours=k)
            last = k == STAYS - 1
            if opens > clock.now() - 3 * HOUR or not units:
                continue
            unit = units[(n + k * 3) % min(len(units), 12)]
            told: dict[str, Any] = {"case": case.pk, "disease": case.disease, "opens_at": opens, "closes_at": opens + 2 * HOUR, "purpose": "shopping", "mask": "partly"}
            told |= {"area": case.area_id, "elsewhere": "外地亲戚家（演示）"} if last else {"area": unit.area_id, "place": unit.pk, "confirmed_at": clock.now()}
            [done] = write(scope, find("exposed-places"), [Command(told=told)], sender=f"post:{scope.post_id}")
            if done.record and not last:
                confirmed.append(done.record)
    return confirmed


def _look(scope: Scope, places: Sequence[UUID]) -> None:
    """Visitors at the door of two places, counted: whether they are named waits for somebody."""
    from sizao.registers.cases import exposed

    of = {p.pk: p for p in exposed.places(scope).filter(pk__in=list(places))}
    people = list(persons.persons(scope).order_by("pk").values_list("pk", flat=True)[: 2 * VISITORS])
    oldest = clock.now() - timedelta(days=12)
    for n, pk in enumerate([p for p in places if of[p].opens_at > oldest][:2]):
        place = of[pk]
        visits = [visiting.Visit(str(uuid7()), place.place_id, place.opens_at + timedelta(minutes=3 * k), p.bytes, place.opens_at + timedelta(minutes=3 * k + 35)) for k, p in enumerate(people[n * VISITORS : (n + 1) * VISITORS])]
        visiting.take(Scope.system("demo"), visits, sender="door")
        exposures.ask(scope, [pk], at_least=15)


def _thoughts(scope: Scope, found: Sequence[Any]) -> None:
    """Of one case nobody knows the source: two thoughts stand beside each other."""
    alone = next((c for c in found if not cases.links_of(scope, c.pk)["infectors"]), None)
    if alone is None:
        return
    for told in ({"kind": "import", "origin": "外来货物（演示）", "likelihood": "possible"}, {"kind": "unknown", "likelihood": "possible"}):
        write(scope, find("source-hypotheses"), [Command(told={"case": alone.pk, **told})], sender=f"post:{scope.post_id}")


def _twice(scope: Scope, found: Sequence[Any]) -> None:
    """Somebody whom a passenger list tells again, in pinyin with the family name last; the worker's first look asks about the two."""
    once = persons.access_person_by_id(scope, found[-1].person_id)
    said = [s.capitalize() for s in lazy_pinyin(once.name, style=Style.NORMAL)]
    sealed = persons.sealed_of(scope, once)
    again = population.PersonData(once.area_id, f"{''.join(said[1:]).capitalize()} {said[0].upper()}", sex=once.sex, birth_date=once.birth_date, birth_year=once.birth_year, phone=sealed.get("phone") or "")
    population.add_persons(Scope.system("demo"), [again], known=[clock.now()], sender="passengers")


def _tubes(scope: Scope) -> None:
    """Pooled tubes closed today at one point: the oldest is already late."""
    people = list(persons.persons(scope).order_by("-pk").values_list("pk", flat=True)[:40])
    unit = ledgers.units(scope).filter(in_use=True).order_by("pk").first()
    if unit is None or len(people) < 40:
        return
    now = clock.now()
    told = [
        tubes_sampled.ClosedTube(
            id=str(uuid7()), code=f"DEMO{now:%m%d}{n:02d}", size=10, disease="covid-19", sealed_at=now - (14 - 4 * n) * HOUR, unit=unit.pk,
            members=[tubes_sampled.Member(person=p) for p in people[n * 10 : (n + 1) * 10]],
        )
        for n in range(4)
    ]  # fmt: skip
    tubes_sampled.take(Scope.system("demo").reaching("demo"), told)
