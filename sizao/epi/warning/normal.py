"""The normal distribution's quantile, from the standard library."""

from statistics import NormalDist


def quantile(p: float) -> float:
    """The value that a standard normal is below with probability `p`.

    >>> round(quantile(0.975), 6)
    1.959964
    """
    return NormalDist().inv_cdf(p)
