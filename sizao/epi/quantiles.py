"""Quantiles of distributions by `scipy.special`: the same values as `scipy.stats` has, without its second of loading, which would be most of what a command takes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy.special import _ufuncs

Floats = NDArray[np.float64]


def poisson(p: float, mean: ArrayLike) -> Floats:
    """The least count that a Poisson variable is at or below with probability `p` or more; of as many means as are given.

    >>> poisson(0.995, [0.5, 8]).tolist()
    [3.0, 16.0]
    """
    mu = np.asarray(mean, np.float64)
    above = np.ceil(special.pdtrik(p, mu))
    below = np.maximum(above - 1, 0)
    return np.asarray(np.where(special.pdtr(below, mu) >= p, below, above))


def negative_binomial(p: ArrayLike, mean: ArrayLike, spread: ArrayLike) -> Floats:
    """Likewise of negative binomial variables with these means, their variance `spread` times the mean, above 1.

    >>> negative_binomial(0.995, [0.5, 8], [2, 3]).tolist()
    [5.0, 25.0]
    """
    mu, wide = np.asarray(mean, np.float64), np.asarray(spread, np.float64)
    with np.errstate(over="ignore"):
        return np.asarray(_ufuncs._nbinom_ppf(p, mu / (wide - 1), 1 / wide))  # what `scipy.stats.nbinom.ppf` itself calls


def student(p: float, freedom: float) -> float:
    """Of Student's t.

    >>> round(student(0.975, 12), 6)
    2.178813
    """
    return float(special.stdtrit(freedom, p))


#: From this shape on the polynomial of `gamma` holds, and its degree.
_SMOOTH, _DEGREE = 20.0, 16


def gamma(probabilities: ArrayLike, shape: ArrayLike) -> Floats:
    """Of gamma distributions of scale one: (shapes, probabilities).

    As a function of u = 1/√shape a standardised quantile, (x - shape) / √shape, is smooth up to u = 0, where it is the normal one (Cornish and Fisher 1938). So for thousands of large shapes it
    is taken from a Chebyshev polynomial in u through 17 exact ones; it differs from the exact quantile by less than 1e-13 of it for probabilities from 0.0001 to 0.9999, others are exact.

    >>> gamma([0.5, 0.975], [1, 400]).round(6).tolist()
    [[0.693147, 3.688879], [399.666716, 440.137668]]
    """
    q, a = np.atleast_1d(np.asarray(probabilities, np.float64)), np.asarray(shape, np.float64)
    smooth = a >= _SMOOTH
    if smooth.sum() < 20 * _DEGREE or q.min() < 1e-4 or q.max() > 1 - 1e-4:
        return np.asarray(special.gammaincinv(a[:, None], q[None, :]))
    top = 1 / np.sqrt(_SMOOTH)
    at = top * (1 + np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))) / 2
    exact = (special.gammaincinv(1 / at[:, None] ** 2, q[None, :]) - 1 / at[:, None] ** 2) * at[:, None]
    through = np.polynomial.chebyshev.chebfit(2 * at / top - 1, exact, _DEGREE)
    out, u = np.empty((a.size, q.size)), 1 / np.sqrt(a[smooth])
    out[~smooth] = special.gammaincinv(a[~smooth, None], q[None, :])
    out[smooth] = a[smooth, None] + np.polynomial.chebyshev.chebval(2 * u / top - 1, through).T / u[:, None]
    return out
