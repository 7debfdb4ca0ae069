"""Whom a rule in force concerns, in a citizen's words: residents, contacts, travellers, schools … (`content/called/concerned.yaml`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sizao.kernel.codes import content_files
from sizao.kernel.marked import plain
from sizao.kernel.models import Area, Enactment
from sizao.plan import evaluation
from sizao.plan.language.nodes import Column, Compare, Literal, OneOf, walk
from sizao.plan.show import show_measure

UNITS = "reporting_unit"
OTHERS = "*"


@dataclass(frozen=True, slots=True)
class Concerned:
    """Rules of one group at one place: (the edition's enactment, the edition, the measure as it is shown)."""

    id: str
    title: dict[str, str]
    rules: list[tuple[Enactment, Any, dict[str, Any]]]


@cache
def groups() -> dict[str, dict[str, Any]]:
    """id → title (zh, en), `about`: tables of facts, `kinds`: kinds of units; in the order of a page."""
    found: dict[str, dict[str, Any]] = {}
    for text in content_files("called").values():
        found |= plain(text).get("concerned") or {}
    return found


def group_of(measure: Any) -> str:
    """The group of a measure; one for units of several groups stands with those for all units."""
    kinds = unit_kinds(measure.should) if measure.facts == UNITS and measure.should is not None else set()
    if kinds:
        named = [name for name, g in groups().items() if kinds <= set(g.get("kinds", ()))]
        if named:
            return named[0]
    return next(name for name, g in groups().items() if measure.facts in g.get("about", ()) or OTHERS in g.get("about", ()))


def unit_kinds(should: Any) -> set[str]:
    """The kinds of units that a condition names.

    >>> kind = Column("kind", "text")
    >>> sorted(unit_kinds(OneOf(kind, (Literal("school", "text"), Literal("class", "text")))))
    ['class', 'school']
    """
    found: set[str] = set()
    for node in walk(should):
        match node:
            case Compare("=", Column("kind"), Literal(value)):
                found.add(value)
            case OneOf(Column("kind"), options):
                found |= {o.value for o in options if isinstance(o, Literal)}
    return found


def by_place(measures: Iterable[tuple[Enactment, Any]]) -> list[tuple[Area, list[Enactment], list[Concerned]]]:
    """Rules by the place where they hold, the widest first, and there by whom they concern: (place, editions in force there, its groups)."""
    places: dict[int, tuple[Area, dict[int, Enactment], dict[str, list[Any]]]] = {}
    for e, m in measures:
        _, editions, held = places.setdefault(e.area_id, (e.area, {}, {}))
        editions[e.pk] = e
        held.setdefault(group_of(m), []).append((e, evaluation.edition(e.item_id), show_measure(m)))
    ordered = sorted(places.values(), key=lambda p: (p[0].path.count("."), p[0].code))
    return [(area, list(editions.values()), [Concerned(name, g, held[name]) for name, g in groups().items() if name in held]) for area, editions, held in ordered]
