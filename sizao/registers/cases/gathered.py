"""Cases who were at one place at about the same time: their stays from the register of cases, the clusters from `epi.clusters.shared`.

Nobody's visits are searched for it: what is read are the confirmed stays of cases, and the exposures of those who had been named by a lawful search and became cases.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import isnan
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Count

from sizao.epi.clusters import DAY, shared
from sizao.epi.overlap import Intervals
from sizao.kernel import clock
from sizao.kernel.scope import visible

from . import exposed
from .models import Case, ExposedPlace, ExposureSearch

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Shared:
    """One cluster: at a place (a reporting unit), from a local day through another, so many cases with so many stays. `area_id`: where the place lies. `expected`: cases that chance alone would have brought
    there from the first one's coming to the last one's leaving; None where it is not known."""

    place: UUID
    area_id: int
    disease: str
    first: date
    last: date
    cases: int
    stays: int
    expected: float | None = None


#: (place, its area, disease) of several → (place, disease) → how many cases a day chance would bring there.
ByChance = Callable[[Sequence[tuple[UUID, int, str]]], Mapping[tuple[UUID, str], float]]


def clusters(now: datetime, *, days: int, hours: int, least: int = 2, without: Sequence[str] = (), by_chance: ByChance | None = None) -> list[Shared]:
    """Places at which `least` cases of one disease or more were with less than `hours` hours between their stays, of stays that ended within the last `days` days; places of the kinds `without` left out.
    `by_chance` is asked once, for the places where so many cases were at all. Two statements besides. For the watch: of places and counts only."""
    rows = [r for r in exposed.stays_of_cases(now, now - timedelta(days=days)) if r[1] not in without]
    persons: dict[tuple[UUID, int, str], set[UUID]] = defaultdict(set)
    for r in rows:
        persons[r[0], r[2], r[4]].add(r[5])
    asked = [key for key, of in persons.items() if len(of) >= least]
    rates = by_chance(asked) if by_chance is not None and asked else {}
    return [one for of in sorted({r[4] for r in rows}) for one in _of_disease([r for r in rows if r[4] == of], of, hours, least, rates)]


def visitors_a_day(places: Iterable[UUID], now: datetime) -> dict[UUID, float]:
    """place → visitors a day, as lawful searches of that place alone have counted them in their windows; a place that nobody searched is absent. Counts that are on record; no visit is read. Two statements."""
    windows = {
        pk: (place, opens, closes)
        for pk, place, opens, closes in ExposedPlace.objects.filter(visible(), place__in=list(places), withdrawn_at=None).values_list("pk", "place_id", "opens_at", "closes_at")
    }
    searches = ExposureSearch.objects.filter(visible(), places__overlap=list(windows), visitors__isnull=False, withdrawn_at=None, asked_at__lte=now) if windows else ExposureSearch.objects.none()
    counted: dict[UUID, tuple[int, float]] = {}
    for searched, visitors in searches.order_by("pk").values_list("places", "visitors"):
        found = [windows.get(w) for w in searched]
        of = {w[0] for w in found if w is not None}
        if None in found or len(of) != 1:
            continue
        place = of.pop()
        n, seconds = counted.get(place, (0, 0.0))
        counted[place] = n + visitors, seconds + _covered([(w[1], w[2]) for w in found if w is not None])
    return {place: n * DAY / seconds for place, (n, seconds) in counted.items() if seconds > 0}


def _covered(windows: Sequence[tuple[datetime, datetime]]) -> float:
    """Seconds that lie in any of them."""
    total, until = 0.0, None
    for opens, closes in sorted(windows):
        begin = opens if until is None else max(opens, until)
        total += max((closes - begin).total_seconds(), 0)
        until = closes if until is None else max(until, closes)
    return total


def known_by_area(since: datetime, until: datetime) -> list[tuple[str, int, int]]:
    """(disease, area, persons who became known as cases of it there after `since`, up to `until`); those ruled out are none. One statement."""
    rows = Case.objects.filter(visible(), known_from__gt=since, known_from__lte=until).exclude(classification__in=exposed.NO_CASE).order_by()
    return list(rows.values_list("disease", "area_id").annotate(n=Count("person", distinct=True)))


def _of_disease(rows: Sequence[tuple[Any, ...]], disease: str, hours: int, least: int, rates: Mapping[tuple[UUID, str], float]) -> list[Shared]:
    origin = min(r[6] for r in rows)
    places, persons = sorted({r[0] for r in rows}), sorted({r[5] for r in rows})
    at, who = {p: i for i, p in enumerate(places)}, {p: i for i, p in enumerate(persons)}
    lies = {r[0]: (r[2], r[3]) for r in rows}

    def seconds(moment: datetime) -> int:
        return int((moment - origin).total_seconds())

    stays = Intervals.of([at[r[0]] for r in rows], [who[r[5]] for r in rows], [seconds(r[6]) for r in rows], [seconds(r[7]) for r in rows])
    found = []
    for c in shared(stays, window=hours * HOUR, least=least, expected=[rates.get((p, disease), np.nan) for p in places]):
        area, zone = lies[places[c.place]]
        first, last = (clock.local_day(origin.astimezone(UTC) + timedelta(seconds=s), zone) for s in (c.start, c.end - 1))
        by_chance = None if c.expected is None or isnan(c.expected) else c.expected
        found.append(Shared(places[c.place], area, disease, first, last, len(c.persons), c.stays, by_chance))
    return found


def by_day(place: UUID, disease: str, since: date, until: date, zone: str, now: datetime) -> dict[date, int]:
    """local day → how many cases were at a place that day, for each day from `since` through `until`. Two statements. Who asks has the right to the figures of its area."""
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    rows = [r for r in exposed.stays_of_cases(now, clock.start_of_day(since, zone), disease=disease) if r[0] == place]
    return {d: len({r[5] for r in rows if clock.local_day(r[6], zone) <= d <= clock.local_day(r[7] - timedelta(microseconds=1), zone)}) for d in days}

