"""The next days if nothing changes, and how good earlier sayings of this kind were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sizao.epi import forecast as epi

from .curve import Curve, Told
from .keeping import once
from .spread import WINDOW, masses

DAYS = 7
#: Earlier forecasts that are scored: one made every week, so many weeks back.
PAST = 4


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier forecast against what came: made after day `until`; the mean weighted interval score of its days, that of saying that the last week simply goes on, and the shares of days
    that lay within its 80 % and 95 % intervals. `days`: of how many that are complete now. `then`: made from what was on record on that day; else nothing was (a list that was brought in later), and it is made
    from today's records."""

    until: int
    score: float
    naive: float
    within_80: float
    within_95: float
    days: int
    then: bool


@dataclass(frozen=True, slots=True)
class Coming:
    """`first`: the day after the last complete one. `mean` (days), `quantiles` (days, as `epi.forecast.QUANTILES`); None where nothing can be said."""

    first: int
    mean: NDArray[np.float64] | None
    quantiles: NDArray[np.float64] | None
    past: tuple[Past, ...]


def coming(curve: Curve, disease: str, earlier: Callable[[int], Curve | Told] | None = None) -> Coming:
    """From the days of the curve that are complete. The same data, the same answer.

    `earlier`: the curve as it could be drawn so many days ago, from what was on record then; with it earlier sayings are those that could have been made, and are held against what is known now.
    """
    until = curve.complete_until
    daily = curve.daily[: max(until - curve.base + 1, 0)].astype(np.float64)
    _, serial = masses(disease, until)
    if serial is None or len(daily) <= WINDOW or not daily[-WINDOW:].any():
        return Coming(until + 1, None, None, ())
    found = _forecast(daily, serial)
    past = [one for back in range(1, PAST + 1) if (one := _scored(curve, daily, serial, until - 7 * back, earlier(7 * back) if earlier else None)) is not None]
    nothing = np.isnan(found.mean[0]).any()
    return Coming(until + 1, None if nothing else found.mean[0], None if nothing else found.quantiles[0], tuple(past))


def _forecast(daily: NDArray[np.float64], serial: NDArray[np.float64]) -> epi.Forecast:
    found: epi.Forecast = once("forecast", lambda: epi.forecast(daily, serial, days=DAYS, window=WINDOW), daily, serial, [DAYS, WINDOW])
    return found


def _scored(curve: Curve, daily: NDArray[np.float64], serial: NDArray[np.float64], until: int, told: Curve | Told | None) -> Past | None:
    """The saying made after `until`, or after the last day that was complete on `told`, the curve of that time."""
    then = told is not None and bool(told.daily.any())
    if told is not None and then:
        until = told.complete_until
        known = told.daily[: max(until - told.base + 1, 0)].astype(np.float64)
    else:
        known = daily[: max(until - curve.base + 1, 0)]
    came = daily[max(until - curve.base + 1, 0) :][:DAYS]
    if len(known) < 2 * WINDOW or not known[-WINDOW:].any() or not len(came):
        return None
    said = _forecast(known, serial).quantiles[0][: len(came)]
    if np.isnan(said).any():
        return None
    flat = np.repeat(np.quantile(known[-WINDOW:], epi.QUANTILES)[None, :], len(came), axis=0)
    return Past(
        until, float(epi.interval_score(came, said).mean()), float(epi.interval_score(came, flat).mean()),
        float(((came >= said[:, 1]) & (came <= said[:, -2])).mean()), float(((came >= said[:, 0]) & (came <= said[:, -1])).mean()), len(came), then,
    )  # fmt: skip
