"""The areas right below an area, and in which of them each area lies."""

from __future__ import annotations

from dataclasses import dataclass

from sizao.kernel.models import Area


@dataclass(frozen=True, slots=True)
class Parts:
    """`of`: id of any area below → position in `areas`; an area that lies in none of them (the area itself) is absent. `paths`: id → path of every area below."""

    areas: tuple[Area, ...]
    of: dict[int, int]


def parts(area: Area) -> Parts:
    """Those in force. Two statements, without shapes."""
    below = tuple(Area.objects.filter(parent=area, valid_to=None).defer("geometry").order_by("code"))
    place = {a.pk: i for i, a in enumerate(below)}
    depth = area.path.count(".")
    of = {}
    for pk, path in Area.objects.filter(path__startswith=area.path).values_list("pk", "path"):
        ids = path.split(".")
        if len(ids) > depth + 1 and int(ids[depth]) in place:
            of[pk] = place[int(ids[depth])]
    return Parts(below, of)
