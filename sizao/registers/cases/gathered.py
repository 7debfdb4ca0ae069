"""Cases who were at one place at about the same time: their stays from the register of cases, the clusters from `epi.clusters.shared`.

Nobody's visits are searched for it: what is read are the confirmed stays of cases, and the exposures of those who had been named by a lawful search and became cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sizao.epi.clusters import shared
from sizao.epi.overlap import Intervals
from sizao.kernel import clock

from . import exposed

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Shared:
    """One cluster: at a place (a reporting unit), from a local day through another, so many cases with so many stays. `area_id`: where the place lies."""

    place: UUID
    area_id: int
    disease: str
    first: date
    last: date
    cases: int
    stays: int


def clusters(now: datetime, *, days: int, hours: int, least: int = 2, without: Sequence[str] = ()) -> list[Shared]:
    """Places at which `least` cases of one disease or more were with less than `hours` hours between their stays, of stays that ended within the last `days` days; places of the kinds `without` left out.
    Two statements. For the watch: of places and counts only."""
    rows = [r for r in exposed.stays_of_cases(now, now - timedelta(days=days)) if r[1] not in without]
    return [one for of in sorted({r[4] for r in rows}) for one in _of_disease([r for r in rows if r[4] == of], of, hours, least)]


def _of_disease(rows: Sequence[tuple[Any, ...]], disease: str, hours: int, least: int) -> list[Shared]:
    origin = min(r[6] for r in rows)
    places, persons = sorted({r[0] for r in rows}), sorted({r[5] for r in rows})
    at, who = {p: i for i, p in enumerate(places)}, {p: i for i, p in enumerate(persons)}
    lies = {r[0]: (r[2], r[3]) for r in rows}

    def seconds(moment: datetime) -> int:
        return int((moment - origin).total_seconds())

    stays = Intervals.of([at[r[0]] for r in rows], [who[r[5]] for r in rows], [seconds(r[6]) for r in rows], [seconds(r[7]) for r in rows])
    found = []
    for c in shared(stays, window=hours * HOUR, least=least):
        area, zone = lies[places[c.place]]
        first, last = (clock.local_day(origin.astimezone(UTC) + timedelta(seconds=s), zone) for s in (c.start, c.end - 1))
        found.append(Shared(places[c.place], area, disease, first, last, len(c.persons), c.stays))
    return found


def by_day(place: UUID, disease: str, since: date, until: date, zone: str, now: datetime) -> dict[date, int]:
    """local day → how many cases were at a place that day, for each day from `since` through `until`. Two statements. Who asks has the right to the figures of its area."""
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    rows = [r for r in exposed.stays_of_cases(now, clock.start_of_day(since, zone), disease=disease) if r[0] == place]
    return {d: len({r[5] for r in rows if clock.local_day(r[6], zone) <= d <= clock.local_day(r[7] - timedelta(microseconds=1), zone)}) for d in days}

