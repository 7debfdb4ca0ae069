"""How long from one event to the next — onset to care, to report, to isolation — when days are all that is known of both, and the newest delays cannot have been seen yet.

Likelihood: both events censored to a day, the first uniform within it, and what is longer than could be seen by the day of looking cut off (right truncation): Park, Akhmetzhanov, Charniga et al. (2024),
medRxiv 2024.01.12.24301247, section 2.2; Charniga, Park, Akhmetzhanov et al. (2024), PLOS Computational Biology 20, e1012520. Without the second the newest weeks look fast, always.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]
Family = Literal["lognormal", "gamma", "weibull"]
#: Points and weights of the primary event within its day.
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_AT, _WEIGHT = (np.asarray(_POINTS, np.float64) + 1) / 2, np.asarray(_WEIGHTS, np.float64) / 2
#: Fewer delays than this are told as they are, without a fit.
LEAST = 10
#: Least information on a logarithm of a parameter: its standard deviation is 5 then, and an interval from a twenty-thousandth to the twenty-thousandfold says nothing.
_TOLD = 0.04
_LONGEST = 690.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """A distribution of delays, in days.

    Attributes:
        family: Which; of those asked for, and with a maximum, the one with the lowest AIC.
        first, second: Its parameters: μ, σ of the logarithm (lognormal); shape, scale (gamma, Weibull).
        covariance: Of the logarithms of the parameters (of μ itself).
        median, mean, p90: With intervals.
        n: Delays it rests on. `cut`: the share that had not been seen yet, by this fit.
        aic: Akaike's criterion of each family tried.
    """

    family: Family
    first: float
    second: float
    covariance: Floats
    median: Interval
    mean: Interval
    p90: Interval
    n: int
    cut: float
    aic: dict[str, float]

    def below(self, days: ArrayLike) -> Floats:
        """Share of delays of at most so many days."""
        return _below(self.family, self.first, self.second, np.asarray(days, np.float64))


def below(family: str, first: float, second: float, days: ArrayLike) -> Floats:
    """Share of delays of at most so many days, of a distribution by its parameters (`Fitted.first`, `Fitted.second`).

    >>> round(float(below("lognormal", 1.0, 0.5, [2.718281828459045])[0]), 6)
    0.5
    """
    return _below(family, first, second, np.asarray(days, np.float64))


def _below(family: str, first: Floats | float, second: Floats | float, x: Floats) -> Floats:
    """Distribution function; 0 up to 0."""
    with np.errstate(all="ignore"):
        if family == "lognormal":
            return np.asarray(special.ndtr((np.log(x) - first) / second))
        scaled = np.maximum(x, 0) / second
        return np.asarray(special.gammainc(first, scaled) if family == "gamma" else -np.expm1(-(scaled**first)))


def _log_quantile(family: str, first: Floats, second: Floats, q: float) -> Floats:
    """Logarithm of a quantile: what is drawn around a fit may lie far beyond what a number of days can be."""
    if family == "lognormal":
        return np.asarray(first + second * special.ndtri(q))
    if family == "weibull":
        return np.asarray(np.log(second) + np.log(-np.log1p(-q)) / first)
    return np.asarray(np.log(second) + np.log(np.maximum(special.gammaincinv(first, q), 1e-300)))


def _log_mean(family: str, first: Floats, second: Floats) -> Floats:
    if family == "lognormal":
        return np.asarray(first + second**2 / 2)
    return np.asarray(np.log(second) + (np.log(first) if family == "gamma" else special.gammaln(1 + 1 / first)))


def _days(log: Floats) -> Floats:
    """Infinite from 10^300 days on: nothing then says where the end lies."""
    return np.where(log < _LONGEST, np.exp(np.minimum(log, _LONGEST)), np.inf)


def fit(delays: ArrayLike, seen_for: ArrayLike | None = None, *, families: tuple[Family, ...] = ("lognormal", "gamma", "weibull"), weights: ArrayLike | None = None, seed: int = 1) -> Fitted | None:
    """The distribution of delays; None where fewer than `LEAST` are known or the likelihood has no maximum: nothing says how long
    the unseen ones are, or all are of one day or two neighbouring ones, and any narrower distribution says the same.

    Args:
        delays: Whole days between the two dates, 0 or more.
        seen_for: Days from each first date to the day of looking (the last day whose second dates are complete); None: no truncation. Never below the delay.
        weights: How often each pair stands.

    Refused: ValueError for negative, fractional or missing days, and for a delay longer than it could be seen.
    """
    d = np.atleast_1d(np.asarray(delays, np.float64))
    t = np.full(d.shape, np.inf) if seen_for is None else np.broadcast_to(np.asarray(seen_for, np.float64), d.shape)
    n = np.ones(d.shape) if weights is None else np.asarray(weights, np.float64)
    if not np.isfinite(d).all() or (d < 0).any() or (d != np.floor(d)).any():
        raise ValueError("delays are whole days, 0 or more, none missing")
    if (t < d).any():
        raise ValueError("a delay cannot be longer than it was looked for")
    if n.sum() < LEAST:
        return None
    pairs, where = np.unique(np.column_stack([d, t]), axis=0, return_inverse=True)
    counted = np.asarray(np.bincount(where.ravel(), weights=n, minlength=len(pairs)), np.float64)
    tried: dict[Family, tuple[float, Floats]] = {}
    for family in families:
        found = _maximise(family, pairs[:, 0], pairs[:, 1], counted)
        if found is not None:
            tried[family] = found
    if not tried:
        return None
    best, covariance = next(((f, c) for f in sorted(tried, key=lambda f: tried[f][0]) if (c := _covariance(f, tried[f][1], pairs[:, 0], pairs[:, 1], counted)) is not None), (None, None))
    if best is None or covariance is None:
        return None
    at = tried[best][1]
    drawn = np.random.default_rng(seed).multivariate_normal(at, covariance, 2000)
    one, two = _parameters(best, np.vstack([at, drawn]).T)
    logs = np.column_stack([_log_quantile(best, one, two, 0.5), _log_mean(best, one, two), _log_quantile(best, one, two, 0.9)])
    rows, (low, high) = _days(logs), _days(np.quantile(logs[1:], [0.025, 0.975], axis=0))
    first, second = (float(v) for v in _parameters(best, at))
    seen = _seen(best, at, pairs[:, 1])
    unseen = float(1 - counted.sum() / (counted / np.maximum(seen, 1e-9)).sum())
    median, mean, p90 = (Interval(float(rows[0, i]), float(low[i]), float(high[i])) for i in range(3))
    return Fitted(best, first, second, covariance, median, mean, p90, int(n.sum()), unseen, {f: tried[f][0] for f in tried})


def _parameters(family: str, p: Floats) -> tuple[Floats, Floats]:
    return (p[0] if family == "lognormal" else np.exp(p[0])), np.exp(p[1])


def _mass(family: str, p: Floats, d: Floats) -> Floats:
    """Probability of each whole number of days between the two dates."""
    span, (first, second) = d[:, None] - _AT[None, :], _parameters(family, p)
    return np.asarray((_below(family, first, second, np.maximum(span + 1, 0)) - _below(family, first, second, np.maximum(span, 0))) @ _WEIGHT)


def _seen(family: str, p: Floats, t: Floats) -> Floats:
    """Probability that the second event lies on or before the day of looking."""
    return np.asarray(_below(family, *_parameters(family, p), np.maximum(t[:, None] + 1 - _AT[None, :], 0)) @ _WEIGHT)


def _minus_log_likelihood(p: Floats, family: str, d: Floats, t: Floats, n: Floats) -> float:
    with np.errstate(all="ignore"):
        mass, seen = _mass(family, p, d), _seen(family, p, t)
        value = -float(n @ (np.log(np.maximum(mass, 1e-300)) - np.log(np.maximum(seen, 1e-300))))
    return value if np.isfinite(value) else 1e300


def _maximise(family: Family, d: Floats, t: Floats, n: Floats) -> tuple[float, Floats] | None:
    mean = max(float(n @ (d + 0.5) / n.sum()), 0.3)
    start = np.array([np.log(mean) - 0.3, np.log(0.8)]) if family == "lognormal" else np.array([np.log(1.5), np.log(mean / 1.5)])
    found = optimize.minimize(_minus_log_likelihood, start, (family, d, t, n), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-8, "maxiter": 2000})
    # where nothing says how long the unseen ones are the likelihood rises for ever with the mean
    return None if not found.success or abs(found.x).max() > 12 else (2 * float(found.fun) + 4, np.asarray(found.x))


def _covariance(family: str, p: Floats, d: Floats, t: Floats, n: Floats) -> Floats | None:
    """Inverse of the observed information, by central differences; None where a direction of the parameters is told by less than `_TOLD`: no maximum stands there."""
    h, second = 1e-4, np.empty((2, 2))

    def at(a: float, b: float) -> float:
        return _minus_log_likelihood(p + h * np.array([a, b]), family, d, t, n)

    here = at(0, 0)
    second[0, 0], second[1, 1] = (at(1, 0) - 2 * here + at(-1, 0)) / h**2, (at(0, 1) - 2 * here + at(0, -1)) / h**2
    second[0, 1] = second[1, 0] = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * h**2)
    if not np.isfinite(second).all() or np.linalg.eigvalsh(second).min() < _TOLD:
        return None
    inverse = np.linalg.inv(second)
    return np.asarray((inverse + inverse.T) / 2)
