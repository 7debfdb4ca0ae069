"""Who is left alone by isolation: a child whose parents are in a centre, an old man at home whose daughter is. Worked out from stays, orders, households and lists
each time it is read, so it begins and ends with them. Whom an order in force binds, and of whom nobody has said where he is, is at home (decision 052); visits are due each day, and a missed one is an alarm.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from django.db import transaction

from sizao.kernel import clock
from sizao.kernel.codes import code_list, threshold
from sizao.kernel.errors import Refused
from sizao.kernel.ids import uuid7
from sizao.kernel.outcome import Command
from sizao.kernel.rows import among
from sizao.kernel.scope import Scope
from sizao.registers.care import rules
from sizao.registers.isolation import places
from sizao.registers.isolation import read as isolation
from sizao.registers.ledgers import actions as ledgers
from sizao.registers.ledgers import read as entries
from sizao.registers.population import read as population
from sizao.registers.population.rules import age_on

from .outcome import Outcome

if TYPE_CHECKING:
    from sizao.registers.population.models import Person

AWAY, VISITED = ("centre", "hospital", "held"), ("visit", "call")
#: A stay that nobody has ended for so long leaves nobody alone; nor does a visit of then count.
FORGOTTEN = places.FORGOTTEN


@dataclass(frozen=True, slots=True)
class _Held:
    """Where somebody is held, by a stay or by an order alone, and since when."""

    kind: str | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Alone:
    """Somebody whom isolation left alone.

    Attributes:
        why: A code of `help-list`.
        certain: False where somebody of the household may be able to look after him, and nobody has said: ask.
        since: When the last one who could look after him was taken away.
        visits: Whether he was seen today, and how many whole days nobody came.
        listed: He is on the list of those who need help, so the plan in force asks for his visits too.
    """

    person: "Person"
    why: str
    certain: bool
    since: datetime
    visits: rules.Visits
    listed: bool


def alone(scope: Scope, at: datetime | None = None, people: Iterable[UUID] | None = None) -> list[Alone]:
    """Everybody whom isolation leaves alone below the areas of this scope: missed visits first, then who was not seen today. `people`: only their households.

    A bounded number of statements. The caller records the read when names reach a screen.
    """
    at = at or clock.now()
    held = isolation.stays(scope).filter(ended_at=None, started_at__lte=at, started_at__gt=at - FORGOTTEN, kind__isnull=False)
    if people is not None:
        held = among(held, "person_id", people)
    kinds = {s.person_id: _Held(s.kind, s.started_at) for s in held.order_by("started_at")}
    kinds |= {pk: _Held("home", since) for pk, since in places.ordered_home(scope, at, people).items() if pk not in kinds}
    houses = set(population.households_of(kinds).values())
    if not houses:
        return []
    members = population.members_of(scope, houses)
    if people is not None:
        everybody = {m.pk for m in members}
        held = isolation.stays(scope).filter(ended_at=None, started_at__lte=at, started_at__gt=at - FORGOTTEN, kind__isnull=False)
        kinds = {s.person_id: _Held(s.kind, s.started_at) for s in among(held, "person_id", everybody).order_by("started_at")}
        kinds |= {pk: _Held("home", since) for pk, since in places.ordered_home(scope, at, everybody).items() if pk not in kinds}
    lists = _lists(scope, {m.pk for m in members}, at)
    child, elder = (int(threshold(name, at.date())) for name in ("alone-child-years", "alone-elder-years"))
    together: dict[UUID, list[Person]] = defaultdict(list)
    for m in members:
        if m.household_id is not None:
            together[m.household_id].append(m)
    found: dict[UUID, tuple[Person, str, bool, datetime]] = {}
    for some in together.values():
        told = {
            m: rules.Member(
                age_on(clock.local_day(at, m.area.zone), m.birth_date, m.birth_year, m.age_years, m.age_on), frozenset(lists.get(m.pk, ())),
                m.pk in kinds and kinds[m.pk].kind in AWAY, m.pk in kinds and kinds[m.pk].kind == "home",
            )
            for m in some
        }  # fmt: skip
        house = some[0].household
        since = max((kinds[m.pk].started_at for m in some if m.pk in kinds), default=at)
        for m, (why, certain) in rules.left_alone(told, bool(house is not None and house.members and house.members > len(some)), child, elder).items():
            found[m.pk] = (m, why, certain, since)
    seen = _seen(scope, found, at)
    out = []
    for pk, (m, why, certain, since) in found.items():
        zone = m.area.zone
        days = {clock.local_day(t, zone) for t in seen.get(pk, ()) if t >= since - timedelta(days=1)}
        out.append(Alone(m, why, certain, since, rules.visits_due(clock.local_day(since, zone), clock.local_day(at, zone), days), bool(lists.get(pk, frozenset()) & {why})))
    order = {"missed": 0, "due": 1, "met": 2}
    return sorted(out, key=lambda a: (order[a.visits.state], -a.visits.missed, a.since))


@transaction.atomic
def put_on_list(scope: Scope, people: Iterable[UUID] | None = None) -> int:
    """Whoever is certainly left alone (in the households of `people`) is put on the list of those who need help, from which the plan takes whom to visit;
    how many are new. Sent again it lists nobody twice."""
    fresh = [a for a in alone(scope, people=people) if a.certain and not a.listed]
    if not fresh:
        return 0
    told = [
        Command(
            source_id=str(uuid5(a.person.pk, f"{a.why} {a.since.isoformat()}")),
            told={"person": a.person.pk, "help_list": a.why, "starts_on": clock.local_day(a.since, a.person.area.zone), "happened_at": clock.now()},
        )
        for a in fresh
    ]
    return sum(o.kind == "new" for o in ledgers.save(scope, "help_list", told, sender="left-alone"))


@transaction.atomic
def record_visit(scope: Scope, person: UUID, *, how: str, need: str = "none", key: str = "") -> Outcome:
    """Somebody went, or called, and what he found is needed. `key` is made once by the page: sent twice it is one visit. Refused: bad-value, not-found-or-out-of-area."""
    row = population.access_person_by_id(scope, person)
    if how not in VISITED or need not in code_list("need-found"):
        raise Refused("bad-value", field="how", value=f"{how} {need}", expected="visit, call")
    told = {"person": row.pk, "help_kind": how, "need_found": need, "happened_at": clock.now()}
    outcome = ledgers.save(scope, "help_given", [Command(told=told, source_id=f"visit:{key or uuid7()}")], sender=f"post:{scope.post_id}")[0]
    if outcome.kind == "rejected":
        raise Refused(outcome.problems[0].code, field=outcome.problems[0].field, value=outcome.problems[0].value)
    return outcome


def _lists(scope: Scope, people: Iterable[UUID], at: datetime) -> dict[UUID, set[str]]:
    """person → the lists that he is on."""
    found: dict[UUID, set[str]] = defaultdict(set)
    if scope.can("ledger.read"):
        for person, values in among(entries.entries(scope, "help_list"), "person_id", people).filter(happened_at__lte=at).values_list("person_id", "values"):
            if not values.get("ends_on") or date.fromisoformat(values["ends_on"]) >= at.date():
                found[person].add(values.get("help_list", ""))
    return found


def _seen(scope: Scope, people: Iterable[UUID], at: datetime) -> dict[UUID, list[datetime]]:
    """person → when somebody went or called."""
    found: dict[UUID, list[datetime]] = defaultdict(list)
    if scope.can("ledger.read"):
        rows = among(entries.entries(scope, "help_given"), "person_id", people).filter(happened_at__lte=at, happened_at__gt=at - FORGOTTEN, values__help_kind__in=VISITED)
        for person, moment in rows.values_list("person_id", "happened_at"):
            found[person].append(moment)
    return found
