"""Counts against a few reference values, by the predictive distribution that follows from them: works from the first weeks on, and gives a bound where there was never a case.

Riebler (2004), "Empirischer Vergleich von statistischen Methoden zur Ausbruchserkennung bei Surveillance Daten", Munich; Höhle (2007), "surveillance: An R package for the monitoring of infectious
diseases", Computational Statistics 22, 571-582, section 3.2: counts are Poisson, their mean has Jeffreys' prior, so that the next count is negative binomial.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ..quantiles import negative_binomial
from .series import GAP, JUDGED, MISSING, SHORT, Warned, counts, empty


@dataclass(frozen=True, slots=True)
class Settings:
    """How the method is run; `b`, `w`, `alpha` and `act_y` are the paper's, the values those of R's `surveillance`.

    Attributes:
        alpha: A count is above the bound with at most this probability.
        b: Years back. w: periods on each side of the same one in each of them, and just before the judged one.
        act_y: Whether the `w` periods just before count as reference; with `b` 0 they are all there is.
        frequency: Periods a year.
        present: Share of the reference values that must be there.
    """

    alpha: float = 0.05
    b: int = 0
    w: int = 6
    act_y: bool = True
    frequency: int = 52
    present: float = 2 / 3


def bayes(told: ArrayLike, settings: Settings = Settings(), *, last: int | None = None, **other: object) -> Warned:
    """Judges the `last` periods (all where None) of each series: (series, periods) of counts in, arrays of (series, last) out. `other`: fields of `Settings` that differ.

    With n reference values that add up to s, the bound is the quantile 1 - `alpha` of the negative binomial of size s + 1/2 and probability n / (n + 1); expected is the mean of that, (s + 1/2) / n.
    A missing reference value is left out. No trend and no past outbreak is taken into account.
    """
    of = replace(settings, **other) if other else settings  # type: ignore[arg-type]
    if not 0 < of.alpha < 1 or of.b < 0 or of.w < 1 or of.frequency < 2 * of.w + 1 or not (of.act_y or of.b):
        raise ValueError("alpha lies between 0 and 1, w is at least 1 and fits into a year, and there are years (b) or newest periods (act_y) to refer to")
    y = counts(told)
    dates = y.shape[1] if last is None else min(last, y.shape[1])
    out, first = empty(y.shape[0], dates), y.shape[1] - dates
    ends = [(-of.w, 0)] if of.act_y else []
    ends += [(-year * of.frequency - of.w, -year * of.frequency + of.w + 1) for year in range(1, of.b + 1)]
    there = np.pad(np.cumsum(y >= 0, axis=1), ((0, 0), (1, 0)))
    sums = np.pad(np.cumsum(np.maximum(y, 0), axis=1), ((0, 0), (1, 0)))
    at = np.arange(first, y.shape[1])
    n, s = np.zeros((y.shape[0], dates), np.int64), np.zeros((y.shape[0], dates), np.int64)
    for begin, end in ends:
        low, high = np.maximum(at + begin, 0), np.maximum(at + end, 0)
        n += there[:, high] - there[:, low]
        s += sums[:, high] - sums[:, low]
    whole = sum(end - begin for begin, end in ends)
    out.reason[:] = np.where(y[:, first:] >= 0, JUDGED, MISSING)
    out.reason[n < max(of.present * whole, 1)] = GAP
    out.reason[:, at < of.b * of.frequency + of.w] = SHORT
    known = (out.reason == JUDGED) | (out.reason == MISSING)
    out.expected[known] = (s[known] + 0.5) / n[known]
    out.threshold[known] = negative_binomial(1 - of.alpha, out.expected[known], 1 + 1 / n[known])
    with np.errstate(invalid="ignore"):
        out.alarm[:] = (y[:, first:] > out.threshold) & (out.reason == JUDGED)
    return out
