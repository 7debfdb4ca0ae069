"""How fast it spreads: the reproduction number in windows of days, growth and doubling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sizao.epi import reproduction
from sizao.epi.reproduction import Floats, Growth, Reproduction
from sizao.kernel.codes import disease_line
from sizao.kernel.days import day

from .curve import Curve

WINDOW, GROWTH_WINDOW = 7, 14
#: Lags of a serial interval that are looked at.
LAGS = 60
#: Fewer cases in a window leave the posterior wider than three tenths of its mean (Cori et al. 2013, web appendix 1).
FEW = 11


@dataclass(frozen=True, slots=True)
class Spread:
    """Of the days of a curve up to the last complete one.

    Attributes:
        serial: The line of the disease's file that was used (mean, sd, source, from); None: the file has none, and nothing is estimated.
        rt: Its `ends` count from `base`, the number of a day; None without a serial interval, or with too few days.
        growth: Likewise; needs no serial interval.
        until: The last complete day.
    """

    serial: Mapping[str, Any] | None
    base: int
    until: int
    rt: Reproduction | None
    growth: Growth | None

    def last(self) -> tuple[float, float, float] | None:
        """Mean and 95 % interval of the newest window that could be judged."""
        if self.rt is None or not self.rt.mean.size or np.isnan(self.rt.mean[0, -1]):
            return None
        return float(self.rt.mean[0, -1]), float(self.rt.quantiles[0, -1, 0]), float(self.rt.quantiles[0, -1, -1])


def masses(disease: str, on: int) -> tuple[Mapping[str, Any] | None, Floats | None]:
    """The serial interval in force that day, and its masses of lags 0, 1, …; (None, None) where the disease's file has none."""
    line = disease_line(disease, "serial_interval", day(on))
    if line is None:
        return None, None
    found = reproduction.serial_interval(float(line["mean"]), float(line["sd"]), LAGS)
    return line, found / found.sum()


def spread(curve: Curve, disease: str) -> Spread:
    """Estimates of every window of `WINDOW` days that ends on a complete day: days of which cases are still to be reported would look like a fall."""
    until = curve.complete_until
    daily = curve.daily[: max(until - curve.base + 1, 0)].astype(np.float64)
    line, serial = masses(disease, until)
    rt = reproduction.cori(daily, serial, window=WINDOW) if serial is not None and len(daily) > WINDOW and daily.any() else None
    grown = reproduction.growth(daily, window=GROWTH_WINDOW) if len(daily) >= GROWTH_WINDOW and daily.any() else None
    return Spread(line, curve.base, until, rt, grown)
