"""What may be said of an area: the scales, and the codes of each. Pure functions."""

from collections.abc import Mapping

#: Scale → the code list of its values; None where the value is free of one.
SCALES: Mapping[str, str | None] = {"risk": "risk-grade", "response": "response-level", "order": "order-kind", "population": None}
#: One at a time: a new line ends the one before. Orders of several kinds stand side by side.
EXCLUSIVE = ("risk", "response", "population")


def fits(scale: str, value: str, codes: Mapping[str, Mapping[str, object]]) -> bool:
    """The scale is known and has the value.

    >>> fits("risk", "high", {"risk-grade": {"high": {}}}), fits("risk", "red", {"risk-grade": {"high": {}}}), fits("mood", "high", {})
    (True, False, False)
    """
    if scale not in SCALES:
        return False
    listed = SCALES[scale]
    return listed is None or value in codes.get(listed, {})
