"""Exposures found: from confirmed places and windows, or a case's confirmed stays, to those who were there, each with the reason.

A search goes in steps: `ask` counts and names nobody; above a thousand visitors another person `second`s; `name` makes contacts of them, whom the plan in
force then owes what it owes contacts. It begins at a place and never at a person; nobody can be asked where he was. Each step is on record, is
counted in public by month, and stands in what anyone who was named may see about himself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.cases import exposed, exposing
from sizao.registers.movement import actions as movement
from sizao.registers.movement import visiting
from sizao.registers.population import actions as population
from sizao.registers.population import read as people

if TYPE_CHECKING:
    from sizao.registers.cases.models import ExposedPlace, ExposureSearch

RIGHT = "contact.write"
#: Scans come late from devices without a network. So much more than was seen when it was decided is still what was decided.
LATE, FEW = 0.1, 5


@dataclass(frozen=True, slots=True)
class Named:
    """What a search came to: persons named as new contacts, persons who were contacts or cases already, visits whose person nobody can tell any more."""

    new: int
    contacts: int
    cases: int
    lost: int


@transaction.atomic
def ask(scope: Scope, places: Sequence[UUID], *, at_least: int = 0, contact_class: str = "general") -> "ExposureSearch":
    """Counts who was at confirmed places in their windows; all are of one disease. Nobody is named.

    `at_least`: minutes together from which somebody is to be named. Refused: search-without-place, not-allowed, not-found-or-out-of-area, bad-value.
    """
    scope.check(RIGHT)
    if contact_class not in code_list("contact-class"):
        raise Refused("bad-value", field={"zh": "接触者分类", "en": "class"}, value=contact_class, expected=", ".join(code_list("contact-class")))
    wanted = list(dict.fromkeys(places))
    found = {p.pk: p for p in exposed.usable(exposed.places(scope)).filter(pk__in=wanted)}
    if not wanted or set(found) != set(wanted) or len({p.disease for p in found.values()}) > 1:
        raise Refused("search-without-place")
    for p in found.values():
        scope.check(RIGHT, p.area)
    search = exposing.add_search(scope, [found[w] for w in wanted], at_least=max(0, min(at_least, 1440)), contact_class=contact_class)
    visits, visitors = visiting.counted(scope, search.pk)
    exposing.change_search(scope, search, "exposures.counted", visits=visits, visitors=visitors)
    return search


def ask_case(scope: Scope, case: UUID, *, at_least: int = 0, contact_class: str = "general") -> "ExposureSearch":
    """The same from all confirmed stays of a case. Refused as `ask`."""
    return ask(scope, list(exposed.usable(exposed.places(scope)).filter(case=case).order_by("opens_at").values_list("pk", flat=True)), at_least=at_least, contact_class=contact_class)


def needs_two(search: "ExposureSearch") -> bool:
    """Whether a second person must agree: more visitors than one may have named alone."""
    return (search.visitors or 0) > int(threshold("search-alone-visitors", search.asked_at.date()))


@transaction.atomic
def second(scope: Scope, search: UUID) -> "ExposureSearch":
    """Another person than who asked agrees. Refused: two-people-needed, search-over."""
    found = _held(scope, search)
    if scope.user is None or found.asked_by_id == scope.user.pk:
        raise Refused("two-people-needed", what={"zh": "到访查找", "en": "search for visitors"})
    exposing.change_search(scope, found, "exposures.seconded", seconded_by=scope.user, seconded_at=clock.now())
    return found


@transaction.atomic
def withdraw(scope: Scope, search: UUID) -> "ExposureSearch":
    """A search that has named nobody yet is given up. Refused: search-over."""
    found = _held(scope, search)
    exposing.change_search(scope, found, "exposures.withdrawn", withdrawn_at=clock.now())
    return found


@transaction.atomic
def name(scope: Scope, search: UUID) -> Named:
    """Makes contacts of those who were there long enough, in the area where each lives; one who lives elsewhere is handed over to that area.

    Who is a contact already gets the further reason; who is a case is left to the case. Whom the register did not know is put into it with what he gave
    at the door. Refused: two-people-needed, search-over, search-grown (since it was counted).
    """
    found = _held(scope, search)
    if needs_two(found) and found.seconded_by_id is None:
        raise Refused("two-people-needed", what={"zh": "到访查找", "en": "search for visitors"})
    visits, visitors = visiting.counted(scope, found.pk)
    if visitors > int((found.visitors or 0) * (1 + LATE)) + FEW:
        raise Refused("search-grown", was=found.visitors, now=visitors)
    told = visiting.told(scope, found.pk)
    places = {p.pk: p for p in exposed.places(scope).filter(pk__in=found.places)}
    reasons, lost = _together(found, told, places)
    by_person = _as_one(_persons(scope, found, reasons, places))
    homes = people.areas_of(by_person)
    lost += len(by_person.keys() - homes.keys())  # an id that a door made up, or of somebody who was taken back
    by_person = {p: some for p, some in by_person.items() if p in homes}
    already = exposed.known_cases(by_person, found.disease)
    standing = exposed.standing_contacts(by_person, found.disease)
    fresh = [p for p in sorted(by_person) if p not in already and p not in standing]
    own = {p: area for p in fresh if (area := homes.get(p)) is not None and scope.can(RIGHT, area.path)}
    now = clock.now()
    new, elsewhere = [], []
    for p in fresh:
        first, last = by_person[p][0], max(by_person[p], key=lambda r: r.until)
        area = own[p].pk if p in own else places[first.place].area_id
        day = clock.local_day(last.until, places[last.place].area.zone)
        row = {"area_id": area, "disease": found.disease, "case_id": places[first.place].case_id, "classification": found.contact_class, "named_at": now, "last_exposure_on": day}
        new.append(cases.New(p, found.sender, f"exposure:{found.pk}:{p}", now, row))
        if p not in own and (home := homes.get(p)) is not None:
            elsewhere.append(movement.NewHandover(f"exposure:{found.pk}:{p}", home.pk, found.disease, now, p, places[first.place].area_id))
    made = dict(zip(fresh, cases.add_contacts(scope, new), strict=True))
    if elsewhere:
        movement.send(scope, elsewhere, sender=found.sender)
    contact_of = made | {p: c.pk for p, c in standing.items()}
    where = {p: c.area_id for p, c in standing.items()} | {n.person: n.told["area_id"] for n in new}
    rows = [
        exposing.NewExposure(p, contact_of[p], where[p], r.place, r.since, r.until, r.seconds) for p, some in sorted(by_person.items()) if p not in already for r in some
    ]
    exposing.add_exposures(scope, found, rows)
    exposing.change_search(scope, found, "exposures.ended", named_at=now, named=len(made), visits=visits, visitors=visitors)
    return Named(len(made), len(standing), len(already), lost)


@dataclass(frozen=True, slots=True)
class _Reason:
    visitor: bytes
    said: str
    place: UUID
    since: datetime
    until: datetime
    seconds: int


def _held(scope: Scope, search: UUID) -> "ExposureSearch":
    scope.check(RIGHT)
    exposed.access_search_by_id(scope, search)
    found = exposing.locked(search)
    scope.check(RIGHT, found.area)
    return found


def _together(search: "ExposureSearch", told: Sequence[visiting.Told], places: dict[UUID, "ExposedPlace"]) -> tuple[list[_Reason], int]:
    """The visits that lasted long enough within the window, each with its reason; and how many nobody can open any more."""
    from sizao.epi import overlap  # the compiler behind it takes a second to come up, which no other page should wait for

    usable = [v for v in told if v.visitor is not None]
    order = sorted(places)
    number = {p: n for n, p in enumerate(order)}
    ill = {p.pk: p.case.person_id.bytes for p in places.values() if p.case is not None}
    who = {v: n for n, v in enumerate(sorted({v.visitor for v in usable if v.visitor is not None} | set(ill.values())))}
    origin = min((p.opens_at for p in places.values()), default=clock.now())

    def seconds(at: datetime) -> int:
        return int((at - origin).total_seconds())

    visits = overlap.Intervals.of(
        [number[v.exposed] for v in usable], [who[v.visitor] for v in usable if v.visitor is not None], [seconds(v.started_at) for v in usable], [seconds(v.ended_at) for v in usable]
    )
    stays = overlap.Intervals.of(
        list(range(len(order))),
        [who[ill[k]] if k in ill else -1 for k in order],
        [seconds(places[k].opens_at) for k in order],
        [seconds(places[k].closes_at) for k in order],
    )
    pairs = overlap.Search(stays, places=max(1, len(order)), persons=max(1, len(who)), at_least=search.at_least * 60).pairs(visits)
    found = []
    for i, j, s in zip(pairs.visit.tolist(), pairs.stay.tolist(), pairs.seconds.tolist(), strict=True):
        v, p = usable[i], places[order[j]]
        assert v.visitor is not None
        found.append(_Reason(v.visitor, v.said, p.pk, max(v.started_at, p.opens_at), min(v.ended_at, p.closes_at), s))
    return sorted(found, key=lambda r: (r.since, r.until, r.visitor)), len(told) - len(usable)


def _as_one(by_person: dict[UUID, list[_Reason]]) -> dict[UUID, list[_Reason]]:
    """Visits told of somebody who was found to be another person are that other's."""
    others = people.others_of(by_person)
    found: dict[UUID, list[_Reason]] = {}
    for p, some in by_person.items():
        found.setdefault(others.get(p, p), []).extend(some)
    return {p: sorted(some, key=lambda r: r.since) for p, some in found.items()} if others else by_person


def _persons(scope: Scope, search: "ExposureSearch", reasons: Sequence[_Reason], places: dict[UUID, "ExposedPlace"]) -> dict[UUID, list[_Reason]]:
    """The reasons by person. Who gave a telephone or identity number that meanwhile has a person is that person; else he is put into the register."""
    found: dict[UUID, list[_Reason]] = {}
    strangers: dict[str, list[_Reason]] = {}
    for r in reasons:
        if r.said:
            strangers.setdefault(r.said, []).append(r)
        else:
            found.setdefault(UUID(bytes=r.visitor), []).append(r)
    if strangers:
        known = people.by_identifier_anywhere(strangers)
        fresh = [s for s in strangers if s not in known]
        now = datetime.now(UTC)
        data = [population.PersonData(area_id=places[strangers[s][0].place].area_id, **{"national_id" if len(s) >= 15 else "phone": s}) for s in fresh]
        known |= dict(zip(fresh, population.add_persons(scope, data, known=[now] * len(fresh), sender=search.sender), strict=True))
        for said, some in strangers.items():
            found.setdefault(known[said], []).extend(some)
    return {p: sorted(some, key=lambda r: r.since) for p, some in found.items()}
