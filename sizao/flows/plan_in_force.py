"""An edition is in force: each of its measures is somebody's, at each area that accepts responsibility. Worked out again, it changes only what differs."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from sizao.kernel import clock
from sizao.kernel.models import Area, Enactment, Post
from sizao.kernel.scope import Scope
from sizao.plan.evaluation import displaces, edition
from sizao.plan.language.measure import Owner
from sizao.registers.command import laying
from sizao.registers.command.laying import Responsibility


@transaction.atomic
def lay_out(scope: Scope, now: datetime | None = None) -> tuple[int, int]:
    """Responsibilities of every edition that is or was in force; how many lines are new, and how many changed. Trials oblige nobody.

    They stand at the area for which an edition is in force and at those below it of the levels that content names. Who answers is the nearest post of the
    measure's role, upwards from where the measure says; where there is none the line has no post, and is listed as nobody's. Where a narrower text of the
    same plan is in force, the wider one's lines end when that began, for as long as it lasts.
    """
    now = now or clock.now()
    return laying.keep_responsibilities(scope, list(_standing(now)))


def _standing(now: datetime) -> Iterator[Responsibility]:
    enactments = Enactment.objects.filter(decided_at__isnull=False, starts_at__lte=now, item__kind="plan", trial=False).select_related("item", "area").order_by("pk")
    if not enactments:
        return
    levels = laying.responsibility_levels(now.date())
    areas = {a.pk: a for a in Area.objects.filter(Q(level__in=levels) | Q(pk__in={e.area_id for e in enactments}) | Q(parent=None), valid_to=None, outside=False)}
    posts: dict[tuple[str, int], int] = {}
    held = Post.objects.filter(valid_from__lte=now).filter(Q(valid_to=None) | Q(valid_to__gt=now)).order_by("-pk")
    for role, area, pk in held.values_list("role", "area_id", "pk"):
        posts[role, area] = pk
    told: set[str] = set()
    for e in enactments:
        for area in areas.values():
            if not area.path.startswith(e.area.path):
                continue
            ends = _until(e, area, enactments, now)
            if ends is not None and ends <= e.starts_at:  # it never was in force there
                continue
            way = [int(pk) for pk in area.path.split(".") if pk]
            for m in edition(e.item_id).measures.values():
                one = Responsibility(e.item.ref, m.id, area.pk, e.starts_at, ends, _answers(m.by, area, way, areas, posts))
                if one.key not in told:  # the same text for two diseases is accepted once
                    told.add(one.key)
                    yield one


def _until(e: Enactment, area: Area, enactments: Iterable[Enactment], now: datetime) -> datetime | None:
    """When an enactment ends for an area: its own end, or when the narrower one began that has taken its place there."""
    taken = [
        n.starts_at
        for n in enactments
        if displaces(n, e) and n.disease in ("", e.disease) and area.path.startswith(n.area.path) and (n.ends_at is None or now < n.ends_at)
    ]
    return min([*taken, *([e.ends_at] if e.ends_at else [])], default=None)


def _answers(by: Owner, area: Area, way: list[int], areas: dict[int, Area], posts: dict[tuple[str, int], int]) -> int | None:
    """The nearest post of the role, upwards from the area, its parent, or its ancestor of a level."""
    if by.place == "parent":
        way = way[:-1]
    elif by.place != "area":
        at = next((i for i, pk in enumerate(way) if pk in areas and areas[pk].level == by.place), None)
        way = way[: at + 1] if at is not None else way
    return next((posts[by.role, pk] for pk in reversed(way) if (by.role, pk) in posts), None)
