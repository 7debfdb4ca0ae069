"""What a measure hangs on beside its own row: the other measures of its edition that decide about it."""

from __future__ import annotations

from .measure import Measure
from .terms import measures_asked


def reached(m: Measure) -> list[Measure]:
    """The measure itself, its earlier parts, those that go first in its slot, and those whose state or coverage it asks; and what these reach."""
    found: dict[str, Measure] = {}
    ahead = [m]
    while ahead:
        one = ahead.pop()
        if one.id in found:
            continue
        found[one.id] = one
        ahead += [one.sibling(part) for part in one.parts]
        ahead += [one.all[id_] for id_ in one.yields]
        ahead += [x for tree in [*one.trees, *one.wheres] for id_ in measures_asked(tree) for x in one.named(id_)]
    return list(found.values())
