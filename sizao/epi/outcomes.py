"""The four outcome rates — admission, cure, infection, fatality — each with its denominator beside it and its trap handled.

A rate here is never a bare number: `Rate` carries what was counted of how many, an interval (Wilson 1927), and is None where there is nothing to divide by.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .intervals import wilson

Floats = NDArray[np.float64]


class Rate(NamedTuple):
    """`counted` of `of`; `low` and `high`: 95 % interval."""

    counted: float
    of: float
    value: float
    low: float
    high: float


def rate(counted: float, of: float) -> Rate | None:
    """A share with its interval; None where `of` is 0.

    >>> rate(0, 0) is None, rate(3, 12).value
    (True, 0.25)
    """
    if of <= 0:
        return None
    low, high = wilson(int(counted), int(of))
    return Rate(counted, of, counted / of, low, high)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of the same confirmed cases, at one moment.

    Attributes:
        admitted: 收治率: in care, of those who need it now (confirmed, neither recovered nor dead). `waiting`: who needs it and is not: to be shown beside it, as the share rises when testing falls.
        cured_of_closed, cured_of_all: 治愈率: recovered of recovered and dead; recovered of all confirmed. Early in a wave the second is low whatever one does.
        fatal_of_closed, fatal_of_all: 病死率: dead of closed cases (too high while a wave grows, as deaths close sooner); dead of all confirmed (too low, as many have not come to an end).
        fatal_adjusted: Deaths of those cases that have had time to die (`delayed`); None where no delays were given.
        fatal_range: From the lowest to the highest end of what can be said of fatality among confirmed cases.
    """

    confirmed: int
    open: int
    waiting: int
    admitted: Rate | None
    cured_of_closed: Rate | None
    cured_of_all: Rate | None
    fatal_of_closed: Rate | None
    fatal_of_all: Rate | None
    fatal_adjusted: Rate | None
    fatal_range: tuple[float, float] | None


def outcomes(confirmed: int, recovered: int, died: int, in_care: int, *, known: float | None = None) -> Outcomes:
    """The rates of one group of cases. `known`: how many of the cases have an outcome to be expected by now (`delayed`). Refused: ValueError where parts exceed the whole.

    >>> found = outcomes(100, 30, 5, 60, known=50.0)
    >>> found.waiting, found.fatal_of_all.value, found.fatal_adjusted.value, round(found.fatal_of_closed.value, 3)
    (5, 0.05, 0.1, 0.143)
    """
    still = confirmed - recovered - died
    if min(confirmed, recovered, died, in_care) < 0 or still < 0 or in_care > still:
        raise ValueError(f"{recovered} recovered, {died} dead and {in_care} in care are not parts of {confirmed} confirmed")
    adjusted = None if known is None else rate(died, max(float(known), died))
    fatal = [r for r in (rate(died, confirmed), rate(died, recovered + died), adjusted) if r]
    return Outcomes(
        confirmed, still, still - in_care, rate(in_care, still), rate(recovered, recovered + died), rate(recovered, confirmed), rate(died, recovered + died), rate(died, confirmed), adjusted,
        (min(r.low for r in fatal), max(r.high for r in fatal)) if fatal else None,
    )  # fmt: skip


def delayed(cases: ArrayLike, delay: ArrayLike) -> Floats:
    """How many of the cases so far would have come to their end by now: Σ over days of cases × share of delays that are over (Nishiura et al. 2009, PLoS ONE 4, e6852, equation 5).

    `cases`: (areas, days) of confirmed cases by day, the last day being today; `delay`: masses of 0, 1, … days from confirmation to death.
    """
    every, masses = np.atleast_2d(np.asarray(cases, np.float64)), np.asarray(delay, np.float64)
    if (masses < 0).any() or not 0 < masses.sum() <= 1 + 1e-6:
        raise ValueError("masses of delays are not below 0 and sum to 1 at most")
    over = np.cumsum(masses)[np.minimum(np.arange(every.shape[1])[::-1], len(masses) - 1)]
    return np.asarray(every @ over)
