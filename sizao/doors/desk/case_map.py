"""Where a case was, on the shapes of the areas around: a mark an area with how many stays were told there. No line joins them, and no order is drawn: it is a map of places."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sizao.doors.kit.shapes import Drawing, drawn
from sizao.kernel.models import Area


@dataclass(frozen=True, slots=True)
class CaseMap:
    """The drawing and the mark of each of its areas: code → (stays below it, the case lives there). `beyond`: stays outside what is drawn."""

    around: Area
    drawing: Drawing
    marks: dict[str, tuple[int, bool]]
    names: dict[str, Area]
    beyond: int


def case_map(row: Any, stays: Sequence[Any]) -> CaseMap | None:
    """None where no area has a shape. Two statements."""
    told = [s.area for s in stays if s.withdrawn_at is None and s.area is not None and not s.area.outside]
    paths = [row.area.path, *(a.path for a in told)]
    common = _common(paths)
    ids = [int(p) for p in common.split(".") if p]
    if not ids:
        return None
    around = {a.pk: a for a in Area.objects.filter(pk__in=ids[-3:]).defer("geometry")}
    parts: dict[int, list[Area]] = {}
    for part in Area.objects.filter(parent__in=list(around), valid_to=None, geometry__isnull=False).order_by("code"):
        parts.setdefault(part.parent_id, []).append(part)
    for pk in reversed(ids[-3:]):  # the nearest one above whose parts have shapes
        shapes = parts.get(pk, [])
        drawing = drawn(shapes)
        if drawing is not None and len(shapes) > 1:
            below = Counter(s.code for a in told for s in shapes if a.path.startswith(s.path))
            marks = {s.code: (below[s.code], row.area.path.startswith(s.path)) for s in shapes if below[s.code] or row.area.path.startswith(s.path)}
            return CaseMap(around[pk], drawing, marks, {s.code: s for s in shapes}, len(told) - sum(below.values()))
    return None


def _common(paths: Sequence[str]) -> str:
    """The path that all of them lie below.

    >>> _common(["1.2.3.", "1.2.4."]), _common(["1.2.3."])
    ('1.2.', '1.2.3.')
    """
    parts = [p.rstrip(".").split(".") for p in paths]
    shared = []
    for some in zip(*parts, strict=False):
        if len(set(some)) > 1:
            break
        shared.append(some[0])
    return ".".join(shared) + "." if shared else ""
