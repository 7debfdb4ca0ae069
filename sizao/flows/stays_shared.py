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
from sizao.registers.cases import exposed
from sizao.registers.surveillance.streams import Together

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


def clusters(rule: Together, now: datetime, *, back: int | None = None, path: str = "", disease: str = "") -> list[Shared]:
    """The clusters of places below `path` whose stays lie within the last `back` days (the rule's own where none is told). Two statements."""
    since = now - timedelta(days=rule.days if back is None else back)
    rows = [r for r in exposed.stays_of_cases(now, since, path=path, disease=disease) if r[1] not in rule.without]
    return [one for of in sorted({r[4] for r in rows}) for one in _of_disease([r for r in rows if r[4] == of], of, rule)]


def _of_disease(rows: Sequence[tuple[Any, ...]], disease: str, rule: Together) -> list[Shared]:
    origin = min(r[6] for r in rows)
    places, persons = sorted({r[0] for r in rows}), sorted({r[5] for r in rows})
    at, who = {p: i for i, p in enumerate(places)}, {p: i for i, p in enumerate(persons)}
    lies = {r[0]: (r[2], r[3]) for r in rows}

    def seconds(moment: datetime) -> int:
        return int((moment - origin).total_seconds())

    stays = Intervals.of([at[r[0]] for r in rows], [who[r[5]] for r in rows], [seconds(r[6]) for r in rows], [seconds(r[7]) for r in rows])
    found = []
    for c in shared(stays, window=rule.hours * HOUR, least=rule.cases):
        area, zone = lies[places[c.place]]
        first, last = (clock.local_day(origin.astimezone(UTC) + timedelta(seconds=s), zone) for s in (c.start, c.end - 1))
        found.append(Shared(places[c.place], area, disease, first, last, len(c.persons), c.stays))
    return found


def by_day(place: UUID, disease: str, since: date, until: date, zone: str, now: datetime) -> dict[date, int]:
    """local day → how many cases were at a place that day, for each day from `since` through `until`. Two statements. Who asks has the right to the figures of its area."""
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    rows = [r for r in exposed.stays_of_cases(now, clock.start_of_day(since, zone), disease=disease) if r[0] == place]
    return {d: len({r[5] for r in rows if clock.local_day(r[6], zone) <= d <= clock.local_day(r[7] - timedelta(microseconds=1), zone)}) for d in days}

