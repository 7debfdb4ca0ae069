"""Laboratories on control charts: pairs of a positive antigen test and a negative PCR, and positivity beside the other laboratories. An alarm is a hold that somebody decides."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from sizao.epi.control import BASELINE, RECENT, Count, Verdict, judge
from sizao.kernel import clock
from sizao.kernel.scope import Scope

from . import holds
from .holds import NewHold
from .models import Hold, Laboratory

#: A PCR sample taken so long after a positive antigen test makes a pair with it.
PAIR = timedelta(days=3)

PAIRS = """
SELECT coalesce(r.laboratory_id, s.laboratory_id, t.laboratory_id) AS lab, (r.resulted_at AT TIME ZONE %(zone)s)::date AS day, count(*), count(*) FILTER (WHERE r.result = 'negative')
FROM laboratory_result r JOIN laboratory_specimen s ON s.id = r.specimen_id LEFT JOIN laboratory_tube t ON t.id = s.tube_id
WHERE r.resulted_at >= %(since)s AND r.resulted_at < %(until)s AND coalesce(r.method, 'pcr') = 'pcr' AND r.result IN ('positive', 'negative') AND r.corrects_id IS NULL
  AND EXISTS (SELECT 1 FROM laboratory_specimen a JOIN laboratory_result ar ON ar.specimen_id = a.id AND ar.method = 'antigen' AND ar.result = 'positive'
    WHERE a.person_id = s.person_id AND a.disease = s.disease AND a.sampled_at <= s.sampled_at AND a.sampled_at > s.sampled_at - %(pair)s)
  AND coalesce(r.laboratory_id, s.laboratory_id, t.laboratory_id) IS NOT NULL GROUP BY 1, 2
"""
POSITIVES = """
SELECT coalesce(r.laboratory_id, s.laboratory_id, t.laboratory_id) AS lab, (r.resulted_at AT TIME ZONE %(zone)s)::date AS day, count(*), count(*) FILTER (WHERE r.result = 'positive')
FROM laboratory_result r JOIN laboratory_specimen s ON s.id = r.specimen_id LEFT JOIN laboratory_tube t ON t.id = s.tube_id
WHERE r.resulted_at >= %(since)s AND r.resulted_at < %(until)s AND coalesce(r.method, 'pcr') = 'pcr' AND r.result IN ('positive', 'negative') AND r.corrects_id IS NULL
  AND coalesce(r.laboratory_id, s.laboratory_id, t.laboratory_id) IS NOT NULL GROUP BY 1, 2
"""


@transaction.atomic
def watch(scope: Scope, until: date, zone: str) -> list[Hold]:
    """Every laboratory's charts as they stand at the end of that day; a hold (`quality`) for each that alarms and has none open, with the post that decides. The new ones."""
    first = until - timedelta(days=BASELINE + RECENT - 1)
    days = [first + timedelta(days=n) for n in range(BASELINE + RECENT)]
    pairs, tests = _counted(PAIRS, days, zone), _counted(POSITIVES, days, zone)
    labs = {lab.pk: lab for lab in Laboratory.objects.filter(pk__in={*pairs, *tests}).select_related("area")}
    held = set(Hold.objects.filter(kind="quality", resolved_at=None, laboratory__in=labs).values_list("laboratory", flat=True))
    new = []
    for pk, lab in labs.items():
        if pk in held:
            continue
        for chart, verdict in judged(pk, days, pairs, tests).items():
            if verdict is not None and verdict.alarm:
                told = {"chart": chart, "figure": f"{chart} {verdict.counted}/{verdict.of} ≠ {verdict.expected:.1f}", "until": until.isoformat()}
                new.append(NewHold("quality", lab.area_id, None, pk, told))
                break
    return holds.put(scope, new)


def judged(lab: UUID, days: list[date], pairs: Mapping[UUID, Mapping[date, tuple[int, int]]], tests: Mapping[UUID, Mapping[date, tuple[int, int]]]) -> dict[str, Verdict | None]:
    """Both charts of one laboratory: discordant pairs upwards, positivity beside the others downwards (None where there is no other)."""
    none: tuple[int, int] = (0, 0)
    mine = [Count(*pairs.get(lab, {}).get(d, none)) for d in days]
    beside = []
    for d in days:
        n, x = tests.get(lab, {}).get(d, none)
        others = [t.get(d, none) for other, t in tests.items() if other != lab]
        of = sum(a for a, _ in others)
        beside.append(Count(n, x, sum(b for _, b in others) / of) if of else Count(0, 0))
    return {"discordant": judge(mine), "positivity": judge(beside, side=-1)}


def _counted(sql: str, days: list[date], zone: str) -> dict[UUID, dict[date, tuple[int, int]]]:
    since, until = clock.start_of_day(days[0], zone), clock.start_of_day(days[-1] + timedelta(days=1), zone)
    found: dict[UUID, dict[date, tuple[int, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, {"zone": zone, "since": since, "until": until, "pair": PAIR})
        for lab, day, n, x in cursor.fetchall():
            found.setdefault(lab, {})[day] = (n, x)
    return found


def watch_now(now: datetime, zone: str) -> int:
    """The watch of yesterday, for the worker; how many holds are new."""
    return len(watch(Scope.system("quality of laboratories"), clock.local_day(now, zone) - timedelta(days=1), zone))
