"""Small rises that last: what lies above the expected is added up, week for week, until it passes a limit.

Rossi, Lampugnani and Marchi (1999), "An approximate CUSUM procedure for surveillance of health events", Statistics in Medicine 18, 2111-2122, and Höhle (2007), Computational Statistics 22, 571-582,
section 3.1: counts are made nearly normal, then a CUSUM runs on them. Höhle and Paul (2008), Computational Statistics & Data Analysis 52, 4357-4368, equations 3-6: residuals of counts. With `m`
"regression" the residuals are those of `regression`, one period ahead (Fricker, Hegler and Dunfee 2008: better than C1-C3 in each of their settings).
"""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from ..quantiles import negative_binomial
from .regression import WEEKLY, beyond, blocks, bounded, check, predicted
from .regression import Settings as Regression
from .series import EMPTY, JUDGED, MISSING, NONE, SHORT, UNFIT, Warned, counts, empty

Trans = Literal["score", "standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none"]
#: Fewer periods than this before the first that is judged tell no mean.
LEAST = 7


@dataclass(frozen=True, slots=True)
class Settings:
    """How the method is run; `k`, `h`, `m`, `trans` and `alpha` are those of R's `surveillance`.

    Attributes:
        k, h: A period adds what its residual exceeds `k`; the sum alarms from `h` on. 1.04 and 2.26: a run of 500 periods without a rise, one of 7 with one (Rossi et al. 1999).
        m: What is expected: "mean" of all periods before the first judged one, "glm" (Poisson, one wave a year, fitted to the same periods), a number, or "regression".
        trans: How a count becomes a residual. "score" is the exact one, and only for `m` "regression".
        alpha: Of the negative binomial residuals (variance m + alpha m²); this is no level.
        reset: Whether the sum begins again after an alarm; as in the papers it does not.
        frequency: Periods a year.
        model: The regression's settings for `m` "regression".
    """

    k: float = 1.04
    h: float = 2.26
    m: float | Literal["mean", "glm", "regression"] = "regression"
    trans: Trans = "score"
    alpha: float = 0.1
    reset: bool = False
    frequency: int = 52
    model: Regression = field(default=WEEKLY)


#: As the package runs it where nothing else is said.
ROSSI = Settings(m="mean", trans="standard")


def cusum(
    told: ArrayLike, settings: Settings = Settings(), *, last: int | None = None, holidays: ArrayLike | None = None, package_bound: bool = False, **other: object
) -> Warned:  # fmt: skip
    """Judges the `last` periods (all where None) of each series: (series, periods) of counts in, arrays of (series, last) out. The sum begins at 0 with the first of them, so what is said of a date
    depends on `last`. Where they are all, "mean" and "glm" learn from the first two years, or half of a shorter series, which are "short".

    The bound is the largest count that is no alarm. `package_bound`: the one that R's `surveillance` 1.20.3 gives, which for "standard" is the next one, for "anscombe2nd" has another term than the
    residual, and is no count for "anscombeNegBin" and "none". A missing period neither adds nor takes away; an alarm that stands is repeated each period until the sum has fallen.
    """
    of = replace(settings, **other) if other else settings  # type: ignore[arg-type]
    if of.trans not in ("score", *RESIDUALS) or (of.trans == "score") != (of.m == "regression") or of.h <= 0 or of.k < 0 or of.alpha <= 0:
        raise ValueError('h and alpha are above 0, k is not below 0; trans "score" goes with m "regression", the others with "mean", "glm" or a number')
    if isinstance(of.m, str) and of.m not in ("mean", "glm", "regression"):
        raise ValueError('m: "mean", "glm", "regression" or a number')
    y = counts(told)
    dates = y.shape[1] if last is None else min(last, y.shape[1])
    out, first = empty(y.shape[0], dates), y.shape[1] - dates
    if of.m == "regression":
        _on_regression(y, first, of, check(of.model, y.shape[1], holidays), out)
        return out
    train = first if first >= LEAST else min(2 * of.frequency, y.shape[1] // 2)
    out.reason[:, : max(train - first, 0)] = SHORT
    begin = max(train - first, 0)
    now = y[:, first + begin :].astype(float)
    mean, why = _expected(y[:, :train], now.shape[1], of)
    out.reason[:, begin:] = np.where(now == NONE, MISSING, why[:, None])
    there = why == JUDGED
    with np.errstate(invalid="ignore", divide="ignore"):
        residual = np.where(now == NONE, of.k, RESIDUALS[of.trans](np.maximum(now, 0), mean, of.alpha))
        sums = np.zeros(y.shape[0])
        for t in range(now.shape[1]):
            grown = np.maximum(sums + residual[:, t] - of.k, 0)
            told_now = there & (now[:, t] != NONE)
            hit = told_now & (grown >= of.h)
            bound = _bound(of, mean[:, t], of.h + of.k - sums)
            if package_bound:
                bound = _package_bound(of, mean[:, t], sums, grown)
            out.threshold[:, begin + t] = np.where(there, bound, np.nan)
            out.alarm[:, begin + t] = hit
            sums = np.where(told_now, np.where(hit & of.reset, 0.0, grown), sums)
    out.expected[:, begin:] = np.where(there[:, None], mean, np.nan)
    return out


def _on_regression(y: NDArray[np.int64], first: int, of: Settings, kinds: NDArray[np.int64], out: Warned) -> None:
    for some in blocks(y.shape[0], out.alarm.shape[1], 1):
        found = predicted(y[some], first, of.model, kinds, 1)
        out.reason[some], out.expected[some] = found.reason, found.expected[..., 0]
        sums = np.zeros(found.reason.shape[0])
        for t in range(found.reason.shape[1]):
            known = bounded(found.reason[:, t])
            now, mean, spread = y[some][:, first + t].astype(float), found.mean[:, t, 0], found.dispersion[:, t, 0]
            judged = known & (now >= 0)
            score = np.zeros(len(sums))
            score[judged] = -special.ndtri(np.clip(beyond(now[judged], mean[judged], spread[judged]), 1e-15, 1 - 1e-15))
            # beyond eight standard deviations no probability is left to invert; the bound is then that of eight, and whether it alarms follows from the sum itself
            tail = np.maximum(special.ndtr(-(of.h + of.k - sums[known])), 1e-15)
            least = negative_binomial(1 - tail, mean[known], spread[known])
            out.threshold[some][known, t] = least - (beyond(least, mean[known], spread[known]) <= tail)
            grown = np.where(judged, np.maximum(sums + score - of.k, 0), sums)
            hit = judged & (grown >= of.h)
            out.alarm[some][:, t] = hit
            sums = np.where(hit & of.reset, 0.0, grown)


def _expected(before: NDArray[np.int64], ahead: int, of: Settings) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """The mean of each of the `ahead` periods that follow, (series, ahead), and whether there is one."""
    n, why = (before >= 0).sum(1), np.full(len(before), JUDGED, np.int8)
    if not isinstance(of.m, str):
        return np.full((len(before), ahead), float(of.m)), why
    total = np.maximum(before, 0).sum(1)
    why[total == 0] = EMPTY
    why[n < LEAST] = SHORT
    flat = np.where(why == JUDGED, total, np.nan) / np.maximum(n, 1)
    if of.m == "mean":
        return np.repeat(flat[:, None], ahead, 1), why
    angle = 2 * np.pi / of.frequency * np.arange(before.shape[1] + ahead)
    x = np.column_stack([np.ones(len(angle)), np.cos(angle), np.sin(angle)])
    some = why == JUDGED
    beta = _wave(before[some], x[: before.shape[1]])
    mean = np.full((len(before), ahead), np.nan)
    mean[some] = np.exp(np.minimum(beta @ x[before.shape[1] :].T, 40.0))
    why[~np.isfinite(mean).all(1) & some] = UNFIT
    return mean, why


def _wave(y: NDArray[np.int64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Poisson regression of each series by iteratively reweighted least squares; it begins and stops as R's glm does (deviance moves by less than 1e-8 of itself), for a fit that is not driven further
    than that differs in the seventh digit."""
    there, told = (y >= 0).astype(float), np.maximum(y, 0).astype(float)
    mu, beta, before = told + 0.1, np.zeros((len(y), x.shape[1])), np.zeros(len(y))
    runs = np.ones(len(y), np.bool_)
    for _ in range(25):
        if not runs.any():
            break
        m, n, w = mu[runs], told[runs], there[runs] * mu[runs]
        information = np.einsum("st,ti,tj->sij", w, x, x)
        right = np.einsum("st,ti->si", w * (np.log(m) + (n - m) / m), x)
        information += 1e-13 * np.trace(information, axis1=1, axis2=2)[:, None, None] * np.eye(x.shape[1])  # one series that has no answer must not take the others with it
        beta[runs] = np.linalg.solve(information, right[..., None])[..., 0]
        m = np.exp(np.clip(beta[runs] @ x.T, -700, 40))
        deviance = 2 * (there[runs] * (special.xlogy(n, np.where(n > 0, n, 1) / m) - (n - m))).sum(1)
        mu[runs] = m
        done = np.abs(deviance - before[runs]) < 1e-8 * (np.abs(deviance) + 0.1)
        before[runs] = deviance
        runs[np.nonzero(runs)[0][done]] = False
    return beta


def _negbin(x: NDArray[np.float64], m: NDArray[np.float64], a: float) -> NDArray[np.float64]:
    def stretched(v: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(1.5 * v ** (2 / 3) * special.hyp2f1(1 / 3, 2 / 3, 5 / 3, -a * v))

    return (stretched(x) - stretched(m)) / (m + a * m * m) ** (1 / 6)


#: Count, mean, alpha → residual.
RESIDUALS = {
    "standard": lambda x, m, a: (x - m) / np.sqrt(m),
    "rossi": lambda x, m, a: (x - 3 * m + 2 * np.sqrt(x * m)) / (2 * np.sqrt(m)),
    "anscombe": lambda x, m, a: 1.5 * (x ** (2 / 3) - m ** (2 / 3)) / m ** (1 / 6),
    "anscombe2nd": lambda x, m, a: (x ** (2 / 3) - (m ** (2 / 3) - m ** (-1 / 3) / 9)) / (2 / 3 * m ** (1 / 6)),
    "pearsonNegBin": lambda x, m, a: (x - m) / np.sqrt(m + a * m * m),
    "anscombeNegBin": _negbin,
    "none": lambda x, m, a: x + 0 * m,
}


def _bound(of: Settings, m: NDArray[np.float64], need: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest count whose residual is below `need`; every residual grows with the count."""
    low, high = np.full(m.shape, -1.0), np.full(m.shape, 2.0**31)
    residual = RESIDUALS[of.trans]
    while (high - low).max(initial=0) > 1:
        middle = np.floor((low + high) / 2)
        less = residual(np.maximum(middle, 0), m, of.alpha) < need
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return low


def _package_bound(of: Settings, m: NDArray[np.float64], sums: NDArray[np.float64], grown: NDArray[np.float64]) -> NDArray[np.float64]:
    q, third = of.h + of.k - sums, 2 / 3 * m ** (1 / 6)
    if of.trans == "rossi":
        bound = (np.sqrt(4 * m + 2 * q * np.sqrt(m)) - np.sqrt(m)) ** 2
    elif of.trans == "standard":
        bound = np.ceil(np.sqrt(m) * q + m)
    elif of.trans == "anscombe":
        bound = np.maximum(third * q + m ** (2 / 3), 0) ** 1.5
    elif of.trans == "anscombe2nd":
        bound = np.maximum(third * q + m ** (2 / 3) - m ** (1 / 3) / 9, 0) ** 1.5
    elif of.trans == "pearsonNegBin":
        bound = np.sqrt(m + of.alpha * m * m) * q + m
    else:
        bound = of.h - grown
    return np.maximum(np.nan_to_num(bound), 0)
