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
