"""From when this store keeps an act: a file that tells days of isolation or investigation makes "nobody did it" something that can be told."""

from collections.abc import Collection
from datetime import date

from sizao.kernel import clock
from sizao.kernel.models import Area, Kept

from .mapping import Mapping
from .survey import Survey

#: The column whose days are the evidence → the kind of act.
EVIDENCE = {"isolated_at": "stay.admitted", "investigated_at": "case.investigated"}


def keep(mapping: Mapping, survey: Survey, areas: Collection[int], zone: str, *, basis: str) -> None:
    """Marks the acts that a file tells as kept from its earliest recorded day, below the smallest area that holds all its rows.

    A column that stands there empty tells nothing: whether anything was done stays open.
    """
    first = min((d for d in survey.days if survey.period.first <= d <= survey.period.last), default=None)
    kinds = [kind for name, kind in EVIDENCE.items() if any(survey.filled.get(i) for i in mapping.fields.get(name, ()))]
    if first is None or not kinds or not areas:
        return
    area, since = common(areas), clock.start_of_day(max(first, date(1900, 1, 1)), zone)
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
