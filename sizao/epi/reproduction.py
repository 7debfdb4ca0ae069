"""How many one case infects: the instantaneous and the case reproduction number, growth and doubling, of thousands of areas at once.

Arrays of cases are (areas, days), whole days in order, none left out; what has no mass at lag 0 is asked of a serial interval, as nobody infects another on the day of his own onset in these models.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from . import _reproduction
from .quantiles import gamma, student

Floats = NDArray[np.float64]
#: The probabilities told of each distribution.
QUANTILES = (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975)


class BadSerialInterval(ValueError):
    """A serial interval that cannot be used. `code`: serial-mass-at-zero, serial-negative, serial-not-one (the masses do not sum to one), serial-moments (mean not above 1 day, or no spread)."""

    def __init__(self, code: str, value: float) -> None:
        self.code, self.value = code, value
        super().__init__(f"{code}: {value}")


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A posterior for each window; arrays are (areas, windows), `quantiles` one longer (the last axis as asked).

    Attributes:
        ends: Position of each window's last day in the days given, from 0.
        cases: Cases in the window. Few say little: the posterior is then the prior.
    """

    ends: NDArray[np.int64]
    cases: Floats
    mean: Floats
    sd: Floats
    quantiles: Floats


def serial_interval(mean: float, sd: float, days: int) -> Floats:
    """Masses of lags 0, 1, … `days` - 1 of a gamma distribution shifted by one day and made discrete (Cori et al. 2013, web appendix 11), in days.

    Refused (`BadSerialInterval`): serial-moments.

    >>> w = serial_interval(2.6, 1.5, 30)
    >>> float(w[0]), round(float(w @ np.arange(30)), 6)
    (0.0, 2.6)
    """
    if not mean > 1 or not sd > 0:
        raise BadSerialInterval("serial-moments", mean if not mean > 1 else sd)
    a, b = ((mean - 1) / sd) ** 2, sd**2 / (mean - 1)
    k = np.arange(days, dtype=np.float64)

    def below(x: Floats, more: int) -> Floats:
        return np.asarray(special.gammainc(a + more, np.maximum(x, 0) / b))

    mass = k * below(k, 0) + (k - 2) * below(k - 2, 0) - 2 * (k - 1) * below(k - 1, 0) + a * b * (2 * below(k - 1, 1) - below(k - 2, 1) - below(k, 1))
    return np.maximum(mass, 0)


def checked(serial: ArrayLike) -> Floats:
    """A serial interval told as masses of lags 0, 1, …. Refused (`BadSerialInterval`): serial-mass-at-zero, serial-negative, serial-not-one (beyond 0.001, as published ones are rounded)."""
    w = np.asarray(serial, np.float64)
    if w[0] > 1e-12:
        raise BadSerialInterval("serial-mass-at-zero", float(w[0]))
    if (w < 0).any():
        raise BadSerialInterval("serial-negative", float(w.min()))
    if abs(w.sum() - 1) > 1e-3:
        raise BadSerialInterval("serial-not-one", float(w.sum()))
    return w


def cori(
    cases: ArrayLike,
    serial: ArrayLike,
    *,
    window: int = 7,
    prior_mean: float = 5.0,
    prior_sd: float = 5.0,
    imported: ArrayLike | None = None,
    quantiles: tuple[float, ...] = QUANTILES,
) -> Reproduction:
    """The instantaneous reproduction number in each window of `window` days, as Cori, Ferguson, Fraser and Cauchemez (2013), American Journal of Epidemiology 178, 1505-1512, equation 4 and web
    appendix 1: gamma prior, Poisson cases, so that the posterior is a gamma distribution with shape a + ΣI and scale 1 / (1/b + ΣΛ).

    Args:
        imported: Cases among `cases` that were infected elsewhere: they infect, but nobody here infected them (Thompson et al. 2019, Epidemics 29, 100356).

    The first window ends on day `window` counted from 0; what ends within a mean serial interval of the first day is NaN, as those who infected its cases are not in the data. Too few days: no window. Refused: `BadSerialInterval`; ValueError for counts that are negative or missing.
    """
    w, every = checked(serial), _counted(cases)
    local = every - (0.0 if imported is None else _counted(imported))
    if (local < 0).any():
        raise ValueError("more imported cases than cases")
    force = np.empty_like(every)
    _reproduction.pressure(every, np.trim_zeros(np.where(w < 1e-12, 0, w), "b"), force)
    areas, many = every.shape[0], max(every.shape[1] - window, 0)
    found, rate = np.empty((areas, many)), np.empty((areas, many))
    _reproduction.windows(local, force, window, found, rate)
    a, b = (prior_mean / prior_sd) ** 2, prior_sd**2 / prior_mean
    distinct, which = _distinct(found.ravel())
    table = gamma(quantiles, distinct + a)
    out = np.empty((found.size, 2 + len(quantiles)))
    _reproduction.expand(which, table, found.ravel() + a, 1 / (1 / b + rate.ravel()), out)
    shaped = out.reshape(areas, many, 2 + len(quantiles))
    shaped[:, np.arange(many) + window + 1 <= w @ np.arange(w.size)] = np.nan
    return Reproduction(np.arange(many) + window, found, shaped[..., 0], shaped[..., 1], shaped[..., 2:])


def _distinct(shape: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The distinct values and where each value lies among them: counts are whole and mostly small, so that a table of marks finds them without sorting."""
    most = shape.max(initial=0)
    if most > 20_000_000 or (shape != np.floor(shape)).any():
        return np.unique(shape, return_inverse=True)
    marks, whole = np.zeros(int(most) + 1, np.int64), shape.astype(np.int64)
    marks[whole] = 1
    distinct = np.flatnonzero(marks)
    marks[distinct] = np.arange(distinct.size)
    return distinct.astype(np.float64), marks[whole]


@dataclass(frozen=True, slots=True)
class Moments:
    """How sure the serial interval's mean and standard deviation are: each normal around its value, cut at both ends; in days."""

    mean: float
    mean_sd: float
    mean_least: float
    mean_most: float
    sd: float
    sd_sd: float
    sd_least: float
    sd_most: float


def cori_uncertain(
    cases: ArrayLike, moments: Moments, *, window: int = 7, prior_mean: float = 5.0, prior_sd: float = 5.0, draws: int = 100, each: int = 100, seed: int = 1, quantiles: tuple[float, ...] = QUANTILES
) -> Reproduction:
    """As `cori`, over `draws` serial intervals drawn from what is known of its moments (Cori et al. 2013, web appendix 3) and `each` values of every posterior; the same seed, the same answer.

    A drawn standard deviation above its mean is drawn again, as there.
    """
    chance = np.random.default_rng(seed)
    every = _counted(cases)
    means, sds = np.empty(draws), np.empty(draws)
    for i in range(draws):
        while True:
            means[i] = _cut(chance, moments.mean, moments.mean_sd, moments.mean_least, moments.mean_most)
            sds[i] = _cut(chance, moments.sd, moments.sd_sd, moments.sd_least, moments.sd_most)
            if sds[i] < means[i]:
                break
    told = [cori(every, _one(serial_interval(m, s, every.shape[1])), window=window, prior_mean=prior_mean, prior_sd=prior_sd, quantiles=(0.5,)) for m, s in zip(means, sds, strict=True)]
    shape = np.stack([(t.mean / t.sd) ** 2 for t in told], -1)[..., None]
    scale = np.stack([t.sd**2 / t.mean for t in told], -1)[..., None]
    drawn = (chance.standard_gamma(np.broadcast_to(shape, (*shape.shape[:-1], each))) * scale).reshape(*shape.shape[:2], -1)
    return Reproduction(told[0].ends, told[0].cases, drawn.mean(-1), drawn.std(-1, ddof=1), np.moveaxis(np.quantile(drawn, quantiles, axis=-1), 0, -1))


def _one(serial: Floats) -> Floats:
    """What was cut off by a short series of days is given back in proportion."""
    return serial / serial.sum()


def _cut(chance: np.random.Generator, mean: float, sd: float, least: float, most: float) -> float:
    if sd <= 0:
        return mean
    low, high = (least - mean) / sd, (most - mean) / sd
    side = -1.0 if low > 0 else 1.0  # in the lower half, where probabilities do not run into 1
    one, other = sorted((float(special.ndtr(side * low)), float(special.ndtr(side * high))))
    return float(mean + side * sd * special.ndtri(chance.uniform(one, other)))


def wallinga_teunis(cases: ArrayLike, serial: ArrayLike, *, window: int = 7, draws: int = 0, seed: int = 1, quantiles: tuple[float, ...] = (0.025, 0.975)) -> Reproduction:
    """The case reproduction number: how many those who fell ill in the window will have infected (Wallinga and Teunis 2004, American Journal of Epidemiology 160, 509-516, equation 2).

    The infectors of each day's cases are shared out over the days before by the serial interval. Those of the newest days are too few as long as those whom they infected are not ill yet: a window
    whose last day lies less than the serial interval before the end is not to be read. Intervals: `draws` times every case's infector is drawn anew; 0: none, NaN.
    """
    w, every = checked(serial), _counted(cases)
    total = np.empty_like(every)
    _reproduction.shares(every, w, total)
    mean, many = _over(total, every, window), max(every.shape[1] - window, 0)
    spread = np.full((*mean.shape, 1 + len(quantiles)), np.nan)
    if draws:
        chance = np.random.default_rng(seed)
        drawn = np.stack([_over(_infectors(chance, every, w), every, window) for _ in range(draws)])
        spread[..., 0] = drawn.std(0, ddof=1)
        spread[..., 1:] = np.moveaxis(np.quantile(drawn, quantiles, axis=0), 0, -1)
    sums = np.cumsum(np.pad(every, ((0, 0), (1, 0))), 1)
    return Reproduction(np.arange(many) + window, sums[:, window + 1 :] - sums[:, 1:-window], mean, spread[..., 0], spread[..., 1:])


def _over(infected: Floats, cases: Floats, window: int) -> Floats:
    """Infected by, over those who fell ill, in each window from day 1 on."""
    one, two = np.cumsum(np.pad(infected, ((0, 0), (1, 0))), 1), np.cumsum(np.pad(cases, ((0, 0), (1, 0))), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((one[:, window + 1 :] - one[:, 1:-window]) / (two[:, window + 1 :] - two[:, 1:-window]))


def _infectors(chance: np.random.Generator, cases: Floats, serial: Floats) -> Floats:
    out = np.zeros_like(cases)
    for area, row in enumerate(cases):
        for day in (int(d) + 1 for d in np.flatnonzero(row[1:] > 0)):
            back = np.arange(1, min(len(serial), day + 1))
            weight = row[day - back] * serial[back]
            if weight.sum() > 0:
                out[area, day - back] += chance.multinomial(int(row[day]), weight / weight.sum())
    return out


@dataclass(frozen=True, slots=True)
class Growth:
    """The daily growth rate r in each window, (areas, windows); `low`, `high`: 95 % interval. NaN where fewer than two days of a window have cases."""

    ends: NDArray[np.int64]
    rate: Floats
    low: Floats
    high: Floats

    def doubling(self) -> tuple[Floats, Floats, Floats]:
        """Days in which cases double (below 0: halve), and its interval's ends, taken from those of the rate; infinite where the rate's interval holds 0."""
        with np.errstate(divide="ignore"):
            still = (self.low < 0) & (self.high > 0)
            return np.log(2) / self.rate, np.where(still, np.inf, np.log(2) / self.high), np.where(still, np.inf, np.log(2) / self.low)


def growth(cases: ArrayLike, *, window: int = 14) -> Growth:
    """Log-linear Poisson regression of counts on the day in each window, spread wider where counts vary more than a Poisson does (McCullagh and Nelder 1989, section 6.2.3)."""
    if window < 4:
        raise ValueError("a window of at least 4 days")
    every = _counted(cases)
    many = max(every.shape[1] - window + 1, 0)
    rate, error = np.empty((every.shape[0], many)), np.empty((every.shape[0], many))
    _reproduction.growth(every, window, rate, error)
    t = student(0.975, window - 2)
    return Growth(np.arange(many) + window - 1, rate, rate - t * error, rate + t * error)


def _counted(cases: ArrayLike) -> Floats:
    y = np.ascontiguousarray(np.atleast_2d(np.asarray(cases, np.float64)))
    if np.isnan(y).any() or np.isinf(y).any() or (y < 0).any():
        raise ValueError("cases of every day, none of them negative or missing")
    return y
