"""How late we are: from onset to care, report, isolation and treatment, below an area, by part of the area and by the way in which cases were found.

What is told as it is: quartiles and tail of the delays that have ended. What holds for all: a distribution fitted to them with the newest, which cannot have ended yet, reckoned in (right truncation), and both
days known to the day only (`epi.delays`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sizao.epi import delays as epi
from sizao.kernel.days import NEVER

from .keeping import Work, digest_of
from .lines import Lines
from .parts import Parts

#: From which milestone to which; the first four are the line of the earlies, the others its sums.
STRETCHES = (("onset", "care"), ("care", "report"), ("report", "isolation"), ("isolation", "treatment"), ("onset", "report"), ("onset", "isolation"))
#: Parts of an area that are told of one by one, those with most cases.
MOST_PARTS = 12
#: More days than anything is looked at for: a delay and the days looked for are one number.
SPAN = 1_000_000


@dataclass(frozen=True, slots=True)
class Lag:
    """One stretch in one group of cases.

    Attributes:
        group: ("", "") all; ("area", code); ("route", code of the way in which cases were found).
        n: Delays that have ended, whole days from 0 on; on them rest `raw` (25 %, 50 %, 75 %, 90 %) and `fitted`.
        before: Cases whose second milestone came first (isolated before they were reported): no delay, and a good sign.
        open: Cases of which the second is not told yet, or never will be.
        fitted: family, median, mean, p90 (each value, low, high), n, cut (the share that cannot have been seen yet); None: fewer than ten, no maximum, or not reckoned yet.
    """

    first: str
    last: str
    group: tuple[str, str]
    n: int
    before: int
    open: int
    raw: tuple[float, float, float, float] | None
    fitted: dict[str, Any] | None


def lags(lines: Lines, parts: Parts, classes: tuple[str, ...] = (), *, work: Work) -> list[Lag]:
    """Every stretch of all cases, then by part of the area, then by route. Deterministic, but for what waits in `work`."""
    kept = lines.of(classes)
    groups = [(("", ""), kept)]
    where = np.array([parts.of.get(int(a), -1) for a in lines.areas], np.int64)
    found = [(int((kept & (where == i)).sum()), i) for i in range(len(parts.areas))]
    groups += [(("area", parts.areas[i].code), kept & (where == i)) for n, i in sorted(found, key=lambda f: (-f[0], f[1]))[:MOST_PARTS] if n]
    route = lines.route()
    groups += [(("route", str(code)), kept & (route == code)) for code in sorted(set(route[kept].tolist()))]
    asked = []
    for first, last in STRETCHES:
        one, two = lines.milestone(first), lines.milestone(last)
        started, ended = one != NEVER, (one != NEVER) & (two != NEVER)
        right = ended & (two >= one)
        # each pair of days once, with how often it stands in a group: thousands of cases are some hundred pairs
        pairs, which = np.unique((two[right] - one[right]) * SPAN + (lines.today - one[right]), return_inverse=True)
        for group, mask in groups:
            often = np.bincount(which[mask[right]], minlength=len(pairs))
            told = np.flatnonzero(often)
            asked.append((first, last, group, pairs[told] // SPAN, pairs[told] % SPAN, often[told], int((mask & ended & ~right).sum()), int((mask & started & ~ended).sum())))
    digests = [digest_of("delays", d, t, n) for *_head, d, t, n, _b, _o in asked]
    work.look_up(digests)
    out = []
    for (first, last, group, d, t, n, before, open_), digest in zip(asked, digests, strict=True):
        ended_ = int(n.sum())
        fitted = work.of("delays", digest, cost(d), fit(d, t, weights=n)) if ended_ >= epi.LEAST else None
        out.append(Lag(first, last, group, ended_, before, open_, quantiles(d, n) if ended_ else None, fitted or None))
    return out


def quantiles(d: NDArray[np.int64], often: NDArray[np.int64]) -> tuple[float, float, float, float]:
    """25 %, 50 %, 75 % and 90 % of delays of which each stands so often, as `numpy.quantile` of every single one: between two neighbours by their distance.

    >>> quantiles(np.array([1, 5, 3]), np.array([1, 1, 1]))
    (2.0, 3.0, 4.0, 4.6)
    """
    order = np.argsort(d, kind="stable")
    values, until = d[order], np.cumsum(often[order])

    def at(q: float) -> float:
        low, rest = divmod((int(until[-1]) - 1) * q, 1)
        a, b = (int(values[np.searchsorted(until, min(low + k, until[-1] - 1), side="right")]) for k in (0, 1))
        return float(a + (b - a) * rest if rest < 0.5 else b - (b - a) * (1 - rest))

    return at(0.25), at(0.5), at(0.75), at(0.9)


def cost(pairs: NDArray[np.int64], families: int = 3) -> float:
    """Seconds that a fit of so many distinct pairs of days takes: some 20 ms a family, and 0.12 ms more for each pair (measured: 40 pairs 65 ms, 2,000 pairs 720 ms, three families)."""
    return families * (0.02 + 1.2e-4 * len(pairs))


def fit(
    d: NDArray[np.int64], t: NDArray[np.int64], families: Sequence[epi.Family] = ("lognormal", "gamma", "weibull"), weights: NDArray[np.int64] | None = None
) -> Callable[[], dict[str, Any]]:
    """The fit, to be reckoned when it is wanted: plain values; {} where the likelihood has no maximum."""

    def reckon() -> dict[str, Any]:
        found = epi.fit(d, t, families=tuple(families), weights=weights)
        if found is None or not np.isfinite([found.p90.value, found.p90.high, found.median.high]).all():
            return {}
        told = {name: [getattr(found, name).value, getattr(found, name).low, getattr(found, name).high] for name in ("median", "mean", "p90")}
        return {"family": found.family, "first": found.first, "second": found.second, "n": found.n, "cut": found.cut, **told}

    return reckon
