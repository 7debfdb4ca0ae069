"""What may be said of an area, what is found again, what a form asks that is known. Pure functions, beside what content says."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sizao.kernel.codes import threshold
from sizao.kernel.fields import FormField, dictionary

#: Scale → the code list of its values; None where the value is free of one.
SCALES: Mapping[str, str | None] = {
    "risk": "risk-grade", "response": "response-level", "order": "order-kind", "population": None, "risk_criteria": "risk-grade", "response_criteria": "response-level",
    "batch": None, "strain": None,
}  # fmt: skip
#: One at a time: a new line ends the one before. Orders of several kinds stand side by side.
EXCLUSIVE = ("risk", "response", "population", "risk_criteria", "response_criteria", "batch", "strain")


def fits(scale: str, value: str, codes: Mapping[str, Mapping[str, object]]) -> bool:
    """The scale is known and has the value.

    >>> fits("risk", "high", {"risk-grade": {"high": {}}}), fits("risk", "red", {"risk-grade": {"high": {}}}), fits("mood", "high", {})
    (True, False, False)
    """
    if scale not in SCALES:
        return False
    listed = SCALES[scale]
    return listed is None or value in codes.get(listed, {})


def asks_again(new: Sequence[tuple[Any, Any, str, datetime]], closed: Iterable[tuple[Any, Any, str, datetime]], within_days: int | None = None) -> list[bool]:
    """Of each new ticket (unit, topic, kind, raised), whether the same was closed at the same unit not long before.

    >>> at = datetime(2020, 6, 20)
    >>> asks_again([("u", "practice", "finding", at), ("v", "practice", "finding", at)], [("u", "practice", "finding", datetime(2020, 6, 1))], 90)
    [True, False]
    """
    span = timedelta(days=within_days) if within_days is not None else None
    before = list(closed)

    def again(unit: Any, topic: Any, kind: str, at: datetime) -> bool:
        far = span or timedelta(days=int(threshold("finding-again", at.date())))
        return unit is not None and any(u == unit and t == topic and k == kind and at - far <= c <= at for u, t, k, c in before)

    return [again(*one) for one in new]


def finding_due(at: datetime) -> datetime:
    """By when a finding of that moment is to be put right, as content says."""
    return at + timedelta(days=int(threshold("finding-due", at.date())))


def held_fields(asks: str, known: Mapping[str, FormField] | None = None) -> list[str]:
    """Which of the fields that a form asks (ids, separated by spaces) are known already: a register holds them, acts count them, or a ledger asks them.

    >>> held_fields("sex shoe_size", {"sex": FormField("sex", "", "", "code", known="population.person.sex")})
    ['sex']
    """
    fields = known if known is not None else dictionary()
    return [name for name in dict.fromkeys(asks.replace(",", " ").split()) if name in fields]
