"""The figures of `show`, in plain Python: what the commander watches beside coverage, for every area and day.

A figure is made of what is owed, so that nothing is left out because it was slow; one that asks about `state` is made of every obligation. The row of
the subject is read as it stands at `as_of`; what cannot be told is left out, and `n` says how many were told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from .language.measure import Measure, Shown
from .language.values import Context, value
from .obligations import LATE, MET, OVERDUE, Force, Obligation
from .reference import Evaluator
from .register import Register
from .sql.shown import asks_state

Found = dict[tuple[str, Any, date | None], tuple[int, Any]]


def figures(m: Measure, obligations: Iterable[Obligation], register: Register, as_of: datetime, top: Any, force: Force | None = None) -> Found:
    """(name, area, day; None: all days) → (of how many, the figure). `top` holds what has no area."""
    told: dict[tuple[int, Any, date | None], list[Any]] = defaultdict(list)
    e = Evaluator(m, register, as_of, force)
    for o in obligations:
        for i, shown in enumerate(m.shows):
            found = of(e, shown, o)
            if found is not None:
                for area in register.above(o.area if o.area is not None else top):
                    told[i, area, None].append(found)
                    if o.due is not None:
                        told[i, area, o.due.date()].append(found)
    return {(m.shows[i].name, area, day): (len(values), made(m.shows[i].tree.name, values)) for (i, area, day), values in told.items()}


def of(e: Evaluator, shown: Shown, o: Obligation) -> Any:
    """The value of one obligation; None when it cannot be told, or is not owed."""
    if o.state not in (MET, LATE, OVERDUE) and not asks_state(shown):
        return None
    if shown.tree.of is None:
        return True
    row = e.register.standing(e.m.facts, o.subject, e.as_of)
    own = {"state": o.state, "part": e.m.id.rpartition(".")[2], "due": o.due, "opens": o.opens, "done_at": o.done_at}
    found = value(shown.tree.of, Context({**(row or {}), **own}, e.as_of, o.opens or e.as_of, e.m.params, e.lookup))
    return datetime.combine(found, datetime.min.time()) if type(found) is date else found


def made(name: str, values: Sequence[Any]) -> Any:
    """
    >>> made("median", [1, 2, 10, 4]), made("p90", [0, 10]), made("share", [True, False, False, False])
    (3.0, 9.0, 0.25)
    """
    match name:
        case "median":
            return quantile(values, 0.5)
        case "p90":
            return quantile(values, 0.9)
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "share":
            return sum(values) / len(values)
        case "count":
            return sum(map(bool, values))
    return sum(values)


def quantile(values: Sequence[Any], q: float) -> float:
    """Between the two nearest in rank, in proportion (Hyndman and Fan 1996, type 7)."""
    ordered = sorted(map(float, values))
    place = (len(ordered) - 1) * q
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
