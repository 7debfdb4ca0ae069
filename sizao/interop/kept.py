"""From when this store keeps an act: a file that tells days of isolation, admission or investigation makes "nobody did it" something that can be told."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db import connection

from sizao.kernel import clock
from sizao.kernel.models import Area, Kept

from .mapping import Mapping as Reading
from .models import ImportFile
from .survey import Survey

#: The column whose days are the evidence → the kind of act.
EVIDENCE = {"isolated_at": "stay.admitted", "admitted_at": "stay.admitted", "investigated_at": "case.investigated"}
CHECKED = "isolation.daily_check"
SAMPLED, RESULTED = "lab.sampled", "lab.resulted"
#: A list that tells some results without their day keeps no results: of those without an act it cannot be told whether one came in time.
UNDATED = ("result-without-date", "result-before-sample")


def told_by(kind: str, counts: Mapping[str, int]) -> tuple[str, ...]:
    """The acts that a table of this kind tells row by row, by the notes on its rows."""
    if kind == "checks":
        return (CHECKED,)
    if kind == "samples":
        return (SAMPLED,) if any(counts.get(code) for code in UNDATED) else (SAMPLED, RESULTED)
    return ()


def keep(mapping: Reading, survey: Survey, areas: Collection[int], zone: str, *, basis: str) -> None:
    """Marks the acts that a file tells as kept from its earliest recorded day, below the smallest area that holds all its rows.

    A column that stands there empty tells nothing: whether anything was done stays open.
    """
    first = min((d for d in survey.days if survey.period.first <= d <= survey.period.last), default=None)
    # each row of a list of contacts names one: of a case in its area without any it can be told that none is listed
    named = {"contact.named"} if mapping.kind == "contacts" else set()
    kinds = sorted(named | {kind for name, kind in EVIDENCE.items() if any(survey.filled.get(i) for i in mapping.fields.get(name, ()))})
    if first is None or not kinds or not areas:
        return
    _keep(kinds, common(areas), clock.start_of_day(max(first, date(1900, 1, 1)), zone), basis)


def keep_told(file: ImportFile, zone: str, kinds: Collection[str], *, basis: str) -> None:
    """A log of follow-ups, or a list of samples, makes the acts that it tells kept from the day of the first, below the smallest area that holds
    all whom it is about."""
    for kind in kinds:
        _keep_told(file, zone, kind, basis)


def _keep_told(file: ImportFile, zone: str, kind: str, basis: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(happened_at), array_agg(DISTINCT area_id) FROM kernel_act WHERE kind = %s AND batch_id = %s AND area_id IS NOT NULL "
            "AND person IN (SELECT person FROM interop_importrow WHERE file_id = %s)",
            [kind, file.batch_id, file.pk],
        )
        first, areas = cursor.fetchone()
    if first is not None:
        _keep([kind], common(areas), clock.start_of_day(clock.local_day(first, zone), zone), basis)


def _keep(kinds: Collection[str], area: Area, since: datetime, basis: str) -> None:
    for kind in kinds:
        held, made = Kept.objects.get_or_create(act_kind=kind, area=area, defaults={"since": since, "basis": basis})
        if not made and since < held.since:
            held.since, held.basis = since, basis
            held.save(update_fields=["since", "basis"])


def common(areas: Collection[int]) -> Area:
    """The smallest area that holds all of these."""
    paths = [p.rstrip(".").split(".") for p in Area.objects.filter(pk__in=list(areas)).values_list("path", flat=True)]
    shared = [steps[0] for steps in zip(*paths, strict=False) if len(set(steps)) == 1]
    return Area.objects.get(pk=int(shared[-1]))
