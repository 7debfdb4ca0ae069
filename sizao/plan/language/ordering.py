"""Which measure goes before which: slots and their precedence; and that nothing asks about itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from .faults import Faults
from .measure import Measure
from .terms import measures_asked
from .vocabulary import nearest


def ranked(measures: dict[str, Measure], precedence: Mapping[str, tuple[str, ...]], faults: Faults) -> dict[str, Measure]:
    """The measures, each with those of its slot that go before it. A measure in a slot and not on its list is a fault."""
    known = {name for m in measures.values() for name in (m.id, m.part_of)}
    for slot, names in precedence.items():
        place = faults.at(f"precedence.{slot}", 1)
        for name in names:
            if name not in known:
                place.add("plan-measure-unknown", name=name, nearest=nearest(name, known), known=sorted(known))
            elif not any(m.slot == slot for m in measures.values() if name in (m.id, m.part_of)):
                place.add("plan-slot-other", name=name, slot=slot)
    found = {}
    for m in measures.values():
        if m.slot is None:
            found[m.id] = m
            continue
        names = precedence.get(m.slot, ())
        rank = next((names.index(name) for name in (m.id, m.part_of) if name in names), None)
        if rank is None:
            faults.at(f"{m.id}.slot", m.node.line if m.node else 1).add("plan-slot-unlisted", name=m.id, slot=m.slot)
            continue
        before = [w for name in names[:rank] for w in measures.values() if name in (w.id, w.part_of) and w.slot == m.slot and (name == w.id or w.part_of != m.part_of)]
        found[m.id] = replace(m, yields=tuple(_distinct(before)))
    return found


def _distinct(winners: list[Measure]) -> Iterator[str]:
    """Of the parts of one measure that hold for the same persons one is enough; a measure counts where it stands first."""
    seen = set()
    for w in winners:
        key = (w.part_of, w.facts, w.asks)
        if w.id not in seen and key not in seen:
            seen |= {w.id, key}
            yield w.id


def asked(m: Measure) -> Iterator[str]:
    """Ids of the measures that one hangs on."""
    for tree in [*m.trees, *m.wheres]:
        for id_ in measures_asked(tree):
            yield from (x.id for x in m.named(id_))
    yield from (m.sibling(part).id for part in m.parts if f"{m.part_of}.{part}" in m.all)


def without_circles(measures: Mapping[str, Measure], faults: Faults) -> None:
    """No measure hangs on itself, by parts, `met`, `coverage` or precedence."""
    edges = {m.id: {*asked(m), *(x for w in m.yields for x in asked(measures[w]))} for m in measures.values()}
    for m in measures.values():
        seen: set[str] = set()
        ahead = list(edges[m.id])
        while ahead:
            name = ahead.pop()
            if name == m.id:
                faults.at(m.id, m.node.line if m.node else 1).add("plan-circle", name=m.id)
                break
            if name not in seen:
                seen.add(name)
                ahead += edges.get(name, ())
