"""The inner loops of `reproduction`, compiled once and kept beside the module. Nothing is checked here."""

import numba as nb
import numpy as np


@nb.njit(cache=True)
def pressure(cases, serial, out):
    """Λ of each day: the cases of the days before, each weighted by the serial interval of that many days. On the first day 0."""
    for s in range(cases.shape[0]):
        row, total = cases[s], out[s]
        total[:] = 0.0
        for k in range(1, min(serial.size, row.size)):
            weight = serial[k]
            for t in range(k, row.size):
                total[t] += weight * row[t - k]


@nb.njit(cache=True)
def windows(local, force, length, shape, rate):
    """Sums over each window of `length` days; the first ends on day `length` counted from 0, as day 0 has nobody before it. NaN where a day of it is missing."""
    for s in range(local.shape[0]):
        one, two = 0.0, 0.0
        for t in range(1, local.shape[1]):
            one += local[s, t]
            two += force[s, t]
            if t >= length:
                shape[s, t - length], rate[s, t - length] = one, two
                one -= local[s, t - length + 1]
                two -= force[s, t - length + 1]


@nb.njit(cache=True)
def expand(which, quantiles, shape, scale, out):
    """Mean, standard deviation and quantiles of each gamma distribution; `quantiles`: of those of scale one, a row for each distinct shape, `which` a row of it."""
    for i in range(shape.size):
        row = quantiles[which[i]]
        out[i, 0], out[i, 1] = shape[i] * scale[i], np.sqrt(shape[i]) * scale[i]
        for j in range(row.size):
            out[i, 2 + j] = row[j] * scale[i]


@nb.njit(cache=True)
def shares(cases, serial, out):
    """Wallinga and Teunis: for each day, how many later cases each of its cases is expected to have infected."""
    for s in range(cases.shape[0]):
        row = cases[s]
        for t in range(row.size):
            out[s, t] = 0.0
        for u in range(1, row.size):
            if row[u] <= 0:
                continue
            total = 0.0
            for k in range(1, min(serial.size, u + 1)):
                total += row[u - k] * serial[k]
            if total <= 0:
                continue
            for k in range(1, min(serial.size, u + 1)):
                out[s, u - k] += row[u] * row[u - k] * serial[k] / total


@nb.njit(cache=True)
def growth(cases, length, rate, error):
    """Slope of a Poisson regression of the logarithm of counts on the day, in each window, with its standard error widened by the dispersion found (not narrowed)."""
    n = length
    for s in range(cases.shape[0]):
        for end in range(length - 1, cases.shape[1]):
            o, total, moment = end - length + 1, 0.0, 0.0
            days = 0
            for i in range(n):
                y = cases[s, o + i]
                total += y
                moment += y * (i - (n - 1) / 2)
                days += 1 if y > 0 else 0
            if days < 2:
                rate[s, o], error[s, o] = np.nan, np.nan
                continue
            r, inverse = 0.0, 1.0
            for _ in range(60):
                a = b = c = 0.0
                for i in range(n):
                    x = i - (n - 1) / 2
                    e = np.exp(r * x)
                    a, b, c = a + e, b + x * e, c + x * x * e
                middle = b / a
                inverse = total * (c / a - middle * middle)
                step = (moment - total * middle) / inverse
                step = min(max(step, -1.0), 1.0)
                r += step
                if abs(step) < 1e-10:
                    break
            a = 0.0
            for i in range(n):
                a += np.exp(r * (i - (n - 1) / 2))
            x2 = 0.0
            for i in range(n):
                mean = total / a * np.exp(r * (i - (n - 1) / 2))
                x2 += (cases[s, o + i] - mean) ** 2 / mean
            rate[s, o], error[s, o] = r, np.sqrt(max(x2 / (n - 2), 1.0) / inverse)
