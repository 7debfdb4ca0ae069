"""The next days if nothing changes, and how good earlier sayings of this kind were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sizao.epi import forecast as epi

from .curve import Curve
from .spread import WINDOW, masses

DAYS = 7
#: Earlier forecasts that are scored: one made every week, so many weeks back.
PAST = 4


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier forecast against what came: made after day `until`; the mean weighted interval score of its days, that of saying that the last week simply goes on, and the shares of days
    that lay within its 80 % and 95 % intervals."""

    until: int
    score: float
    naive: float
    within_80: float
    within_95: float


@dataclass(frozen=True, slots=True)
class Coming:
    """`first`: the day after the last complete one. `mean` (days), `quantiles` (days, as `epi.forecast.QUANTILES`); None where nothing can be said."""

    first: int
    mean: NDArray[np.float64] | None
    quantiles: NDArray[np.float64] | None
    past: tuple[Past, ...]


def coming(curve: Curve, disease: str) -> Coming:
    """From the days of the curve that are complete. The same data, the same answer."""
    until = curve.complete_until
    daily = curve.daily[: max(until - curve.base + 1, 0)].astype(np.float64)
    _, serial = masses(disease, until)
    if serial is None or len(daily) <= WINDOW or not daily[-WINDOW:].any():
        return Coming(until + 1, None, None, ())
    found = epi.forecast(daily, serial, days=DAYS, window=WINDOW)
    past = []
    for back in range(1, PAST + 1):
        made = len(daily) - 7 * back
        if made < 2 * WINDOW:
            break
        known, came = daily[:made], daily[made:][:DAYS]
        if not known[-WINDOW:].any():
            continue
        said = epi.forecast(known, serial, days=DAYS, window=WINDOW).quantiles[0]
        if np.isnan(said).any():
            continue
        flat = np.repeat(np.quantile(known[-WINDOW:], epi.QUANTILES)[None, :], DAYS, axis=0)
        past.append(
            Past(
                until - 7 * back, float(epi.interval_score(came, said).mean()), float(epi.interval_score(came, flat).mean()),
                float(((came >= said[:, 1]) & (came <= said[:, -2])).mean()), float(((came >= said[:, 0]) & (came <= said[:, -1])).mean()),
            )
        )  # fmt: skip
    nothing = np.isnan(found.mean[0]).any()
    return Coming(until + 1, None if nothing else found.mean[0], None if nothing else found.quantiles[0], tuple(past))
