"""Roll-ups are derived at every level and typed at none: what lines below add up to, no form above may ask."""

from collections.abc import Iterator

from sizao.kernel import codes
from sizao.kernel.content import ContentFault
from sizao.kernel.fields import FormField, fault
from sizao.kernel.marked import Marked

from .items import Ledger

#: Units of measure whose numbers are not added: two temperatures have no sum.
NOT_ADDED = ("°C", "%", "h", "min", "days", "years", "CNY a unit", "the series' unit")
#: Kinds of unit that stand for an area, the lower first; every other kind stands below all of them.
FOR_AREAS = ("village", "township", "county", "department")
AREA = len(FOR_AREAS) + 1
#: Kinds that are parts of another kind.
PARTS_OF = {"class": "school"}
#: The field that says whose figure it is: one that was told from outside is held against our own lists, and is no sum of them.
SOURCE = "source"


def adds_up(f: FormField) -> bool:
    """Whether numbers of this field are added over units and areas.

    >>> adds_up(FormField("warmest", "最高温度", "warmest", "decimal", unit="°C"))
    False
    """
    return f.type in ("int", "decimal") and not f.common and f.unit not in NOT_ADDED


def typed(found: dict[str, Ledger], read: dict[str, Marked]) -> Iterator[tuple[str, ContentFault]]:
    """Ledgers that ask on one level what is told on another above or below, the later of two; and figures of areas on several levels of which nobody
    says whose they are."""
    told: dict[str, list[tuple[str, str]]] = {}
    for id_, one in found.items():
        for i, f in enumerate(one.fields):
            if adds_up(f):
                mine = told.setdefault(f.id, [])
                mine += [(id_, kind) for kind in _kinds(one)]
                twice = next((other for other, kind in mine for own in _kinds(one) if _above(own, kind) or _above(kind, own)), None)
                if twice:
                    told[f.id] = [x for x in mine if x[0] != id_]
                    yield id_, fault(f"{id_}.yaml", read[id_].line("fields", i), "ledger-roll-up-typed", ledger=id_, field=f.id, other=twice)
                    break
        if one.about == "area" and len(one.levels) != 1 and SOURCE not in one.required and any(f.type in ("int", "decimal") and not f.common for f in one.fields):
            yield id_, fault(f"{id_}.yaml", read[id_].line("levels"), "ledger-figure-of-nobody", ledger=id_)


def _kinds(one: Ledger) -> tuple[str, ...]:
    """What a number of it is of. Lines about persons and households, and of what happens somewhere, are below every area."""
    if one.about == "area":
        return ("area",)
    if one.about != "unit":
        return (one.about,)
    kinds = one.kinds or tuple(codes.code_list("unit-kind"))
    # A line of what happened in a village is of that one event, whoever tells it: only a report by the clock is of all below.
    return kinds if one.is_due else tuple(dict.fromkeys("event" if k in FOR_AREAS else k for k in kinds))


def _above(kind: str, other: str) -> bool:
    """Whether what is of `kind` holds what is of `other` within it."""
    return PARTS_OF.get(other) == kind or (_rank(other) < _rank(kind) and _rank(kind) > 0)


def _rank(kind: str) -> int:
    return AREA if kind == "area" else FOR_AREAS.index(kind) + 1 if kind in FOR_AREAS else 0
