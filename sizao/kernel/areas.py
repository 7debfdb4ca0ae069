"""Building and asking the tree of areas."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q

from .errors import Refused
from .models import Area, AreaCode, AreaSuccession


@dataclass(slots=True)
class NewArea:
    """An area to be put into the tree. `parent` is the code of an area that exists or comes earlier in the same call."""

    code: str
    name_zh: str
    level: str
    parent: str | None = None
    name_en: str = ""
    time_zone: str = ""
    geometry: dict[str, Any] | None = None
    provisional: bool = False
    outside: bool = False
    valid_from: date | None = None
    codes: tuple[tuple[str, str], ...] = ()


def root() -> Area:
    """The top of the tree. Refused no-areas when the store has none yet."""
    found = Area.objects.filter(parent=None, valid_to=None).order_by("pk").first()
    if found is None:
        raise Refused("no-areas")
    return found


def any_known() -> bool:
    """Whether the store has areas; a new one has none until something is opened in it."""
    return Area.objects.filter(parent=None, valid_to=None).exists()


@transaction.atomic
def grow(areas: Iterable[NewArea]) -> dict[str, Area]:
    """Adds areas or brings known codes up to date; code → area. A parent must exist or come first (Refused area-without-parent).

    A provisional area that an area file now names stops being provisional; its subjects stay where they are.
    """
    wanted = list(areas)
    known = {a.code: a for a in Area.objects.filter(code__in={a.code for a in wanted} | {a.parent for a in wanted if a.parent}, valid_to=None)}
    for new in wanted:
        parent = None
        if new.parent is not None:
            parent = known.get(new.parent)
            if parent is None:
                raise Refused("area-without-parent", area=new.code, parent=new.parent)
        area = known.get(new.code) or Area(code=new.code)
        if area.pk and new.provisional:
            continue
        moved = area.pk is not None and area.parent_id != (parent.pk if parent else None)
        area.name_zh, area.name_en, area.level, area.parent = new.name_zh, new.name_en, new.level, parent
        area.time_zone, area.zone = new.time_zone, new.time_zone or (parent.zone if parent else area.zone)
        area.geometry, area.provisional, area.outside, area.valid_from = new.geometry or area.geometry, new.provisional, new.outside, new.valid_from
        area.save()
        path = f"{parent.path if parent else ''}{area.pk}."
        if area.path != path:
            old, area.path = area.path, path
            Area.objects.filter(pk=area.pk).update(path=path)
            if moved and old:
                _move_below(old, path)
        known[new.code] = area
        AreaCode.objects.bulk_create([AreaCode(area=area, system=s, code=c) for s, c in new.codes], ignore_conflicts=True)
    return {a.code: known[a.code] for a in wanted}


def _move_below(old: str, new: str) -> None:
    for child in Area.objects.filter(path__startswith=old).exclude(path__startswith=new):
        Area.objects.filter(pk=child.pk).update(path=new + child.path[len(old) :])


def resolve(code: str, on: date | None = None) -> Area | None:
    """The area that a code means: its present one, else one in force `on` that day, else what a merged or renumbered one became."""
    known = AreaCode.objects.filter(code=code).values("area")  # a join would have to be made distinct over every column, shapes too
    found = Area.objects.filter(Q(code=code) | Q(pk__in=known)).defer("geometry").order_by("valid_to")
    rows = list(found)
    for area in rows:
        if area.valid_to is None or (on is not None and (area.valid_from is None or area.valid_from <= on) and on < area.valid_to):
            return area
    for area in rows:
        heirs = AreaSuccession.objects.filter(old=area).exclude(kind="split").select_related("new")
        if len(heirs) == 1:
            return resolve(heirs[0].new.code, on)
    return rows[0] if rows else None


@transaction.atomic
def succeed(old: Iterable[str], new: Iterable[str], kind: str, on: date) -> None:
    """Ends the old areas on a day and says what they became. Subjects keep the area that they stood in; the old codes go on resolving."""
    heirs = list(Area.objects.filter(code__in=list(new), valid_to=None))
    for area in Area.objects.filter(code__in=list(old), valid_to=None):
        area.valid_to = on
        area.save(update_fields=["valid_to"])
        AreaSuccession.objects.bulk_create([AreaSuccession(old=area, new=heir, kind=kind, on=on) for heir in heirs])
