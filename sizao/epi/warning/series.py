"""Counts as every method here takes them, what is wrong with them, and what a method answers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Stands for a missing count among whole numbers.
NONE = -1
#: More than this in one period is taken for a fault of the sender: its square must fit into 64 bits, summed over a baseline.
MOST = 500_000_000

#: Why a date was judged or not. JUDGED: it was. SHORT: too little before it. GAP: too much of the baseline is missing. MISSING: no count on the date itself.
#: FLAT: the baseline does not vary, so that the bound is its mean. EMPTY: no case in the whole baseline. LOW: fewer cases in the newest periods than the method asks for.
#: UNFIT: the model could not be fitted.
REASONS = ("judged", "short", "gap", "missing", "flat", "empty", "low", "unfit")
JUDGED, SHORT, GAP, MISSING, FLAT, EMPTY, LOW, UNFIT = range(8)


class BadSeries(ValueError):
    """A series that no method can take. `code` names what is wrong; `series` and `at` where, counted from 0."""

    def __init__(self, code: str, series: int, at: int, value: float) -> None:
        self.code, self.series, self.at, self.value = code, series, at, value
        super().__init__(f"{code}: series {series}, position {at}, value {value}")


@dataclass(frozen=True, slots=True)
class Warned:
    """What a method says of the last dates of each series; every array is (series, dates).

    Attributes:
        expected: Counts to be expected; NaN where nothing can be said.
        threshold: The bound; a count above it is an alarm. NaN likewise.
        alarm: Whether the count lies above.
        reason: Why a date was judged or not: a position in `REASONS`.
    """

    expected: NDArray[np.float64]
    threshold: NDArray[np.float64]
    alarm: NDArray[np.bool_]
    reason: NDArray[np.int8]


def empty(series: int, dates: int) -> Warned:
    """Room for the answers on so many dates."""
    shape = (series, dates)
    return Warned(np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, np.bool_), np.zeros(shape, np.int8))


def counts(told: ArrayLike) -> NDArray[np.int64]:
    """(series, periods) of whole counts, a missing one as `NONE`.

    A single series may be given as a line. Missing is NaN or None. Refused (`BadSeries`): count-negative, count-fractional, count-too-large, count-unreadable (not a number, infinite).

    >>> counts([[3, None, 5]]).tolist(), counts([0, 1]).shape
    ([[3, -1, 5]], (1, 2))
    """
    given: Any = np.asarray(told)
    if given.dtype == object:
        given = np.array([[np.nan if v is None else v for v in row] for row in np.atleast_2d(given)], np.float64)
    given = np.atleast_2d(given)
    if given.ndim != 2:
        raise ValueError(f"(series, periods) are wanted, not {given.shape}")
    if given.dtype.kind in "iu":
        whole = np.ascontiguousarray(given, np.int64)
        _refuse(whole < 0, "count-negative", given)
    else:
        there = ~np.isnan(given)
        _refuse(np.isinf(given), "count-unreadable", given)
        _refuse(there & (given < 0), "count-negative", given)
        _refuse(there & (given != np.floor(given)), "count-fractional", given)
        _refuse(there & (given > MOST), "count-too-large", given)
        whole = np.where(there, given, NONE).astype(np.int64)
    _refuse(whole > MOST, "count-too-large", given)
    return whole


def _refuse(wrong: NDArray[np.bool_], code: str, given: Any) -> None:
    if wrong.any():
        series, at = (int(n) for n in np.argwhere(wrong)[0])
        raise BadSeries(code, series, at, float(given[series, at]))
