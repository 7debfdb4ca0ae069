"""The inner loops of `farrington`, compiled once and kept beside the module. Nothing is checked here.

Ten levels of the season and a straight trend make X'WX an arrow: a diagonal with one more row and column. It is solved by one division a level and one for the trend, so that a step of the
fit is one pass over the baseline, whose periods lie sorted by level. A fit that runs away divides by zero as NumPy does, and is told as unfit.
"""

import math

import numba as nb
import numpy as np

JUDGED, SHORT, GAP, MISSING, FLAT, EMPTY, LOW, UNFIT = range(8)


@nb.njit(cache=True, error_model="numpy")
def _sums(y, w, mu, t, off, eta, share, drift, inner, trend):
    """One step of iteratively reweighted least squares: level effects into `eta`, the trend returned with its pivot. `share`, `drift`: Σ W and Σ W t of each level."""
    pivot, right = 0.0, 0.0
    for k in range(off.size - 1):
        a = b = c = d = e = 0.0
        for i in range(off[k], off[k + 1]):
            weight = w[i] * mu[i]
            z = weight * math.log(mu[i]) + w[i] * (y[i] - mu[i])
            a += weight
            b += weight * t[i]
            c += z
            d += weight * t[i] * t[i]
            e += z * t[i]
        share[k], drift[k], inner[k] = a, b, c
        pivot += d - b * b / a
        right += e - b * c / a
    slope = right / pivot if trend else 0.0
    for k in range(off.size - 1):
        eta[k] = (inner[k] - slope * drift[k]) / share[k]
    return slope, pivot


@nb.njit(cache=True, error_model="numpy")
def _as_package(y, w, t, off, trend, mu, old, eta, share, drift, inner):
    """As R's glm runs: from count + 0.1, until the deviance moves by less than 1e-8 of itself. `old` keeps the means that the last step was weighted with."""
    before = 0.0
    slope, pivot = 0.0, 1.0
    for i in range(y.size):
        mu[i] = y[i] + 0.1
    for _ in range(25):
        for i in range(y.size):
            old[i] = mu[i]
        slope, pivot = _sums(y, w, mu, t, off, eta, share, drift, inner, trend)
        deviance = 0.0
        for k in range(off.size - 1):
            for i in range(off[k], off[k + 1]):
                mu[i] = math.exp(eta[k] + slope * t[i])
                deviance += 2 * w[i] * ((y[i] * math.log(y[i] / mu[i]) if y[i] > 0 else 0.0) - (y[i] - mu[i]))
        if abs(deviance - before) < 1e-8 * (abs(deviance) + 0.1):
            break
        before = deviance
    return slope, pivot


@nb.njit(cache=True, error_model="numpy")
def _dispersion(y, w, mu, old, freedom):
    x2 = 0.0
    for i in range(y.size):
        x2 += w[i] * old[i] * ((y[i] - mu[i]) / mu[i]) ** 2
    return x2 / freedom


@nb.njit(cache=True, error_model="numpy")
def _reweight(y, y23, t, off, mu, old, share, drift, pivot, trend, phi, limit, have, w):
    """Weights from Anscombe residuals standardised by leverage: a period far above what is fitted counts less (Noufaily et al. 2013, section 3.3)."""
    total, there = 0.0, 0.0
    for k in range(off.size - 1):
        inverse, middle = 1 / share[k], drift[k] / share[k]
        for i in range(off[k], off[k + 1]):
            lever = old[i] * (inverse + ((t[i] - middle) ** 2 / pivot if trend else 0.0))
            sixth = mu[i] ** (1 / 6)
            residual = 1.5 * (y23[i] / sixth - sixth * sixth * sixth) / math.sqrt(phi * max(1 - lever, 1e-12))
            w[i] = have[i] / (residual * residual) if residual > limit else have[i]
            total, there = total + w[i], there + have[i]
    for i in range(w.size):
        w[i] *= there / total


@nb.njit(cache=True, error_model="numpy")
def package(y, y23, t, off, have, trend, reweight, limit, room, level, out):
    """Fits twice as R does and fills `out`: mean now, dispersion, variance of its logarithm for a dispersion of one, trend, its variance likewise, dispersion of working residuals."""
    w, mu, old = room[0], room[1], room[2]
    eta, share, drift, inner = level[0], level[1], level[2], level[3]
    freedom = have.sum() - (off.size - 1 + (1 if trend else 0))
    w[:] = have
    slope, pivot = _as_package(y, w, t, off, trend, mu, old, eta, share, drift, inner)
    if reweight:
        _reweight(y, y23, t, off, mu, old, share, drift, pivot, trend, max(_dispersion(y, w, mu, old, freedom), 1.0), limit, have, w)
        slope, pivot = _as_package(y, w, t, off, trend, mu, old, eta, share, drift, inner)
    work = 0.0
    for i in range(y.size):
        work += w[i] * ((y[i] - mu[i]) / mu[i]) ** 2
    out[0], out[1] = math.exp(eta[0]), _dispersion(y, w, mu, old, freedom)
    out[2] = 1 / share[0] + ((drift[0] / share[0]) ** 2 / pivot if trend else 0.0)
    out[3], out[4], out[5] = slope, 1 / pivot, work / freedom


@nb.njit(cache=True, fastmath=True, error_model="numpy")
def _powers(ratio, power):
    """ratio^0, ratio^1 …, eight chains side by side."""
    eighth = ratio**8
    power[0] = 1.0
    for j in range(1, 8):
        power[j] = power[j - 1] * ratio
    for j in range(8, power.size):
        power[j] = power[j - 8] * eighth


@nb.njit(cache=True, fastmath=True, error_model="numpy")
def _newton(y, w, age, off, trend, eta, slope, power, grown, share, drift, score):
    """Newton's method from where `eta` and `slope` stand, until neither moves by a millionth. `age` counts periods back from now; `power[a]` becomes exp(-slope * a)."""
    pivot = 1.0
    for _ in range(60):
        _powers(math.exp(-slope), power)
        for i in range(y.size):
            grown[i] = power[age[i]]
        pivot, right = 1e-300, 0.0
        for k in range(off.size - 1):
            height = math.exp(eta[k])
            a = b = c = d = f = 0.0
            for i in range(off[k], off[k + 1]):
                weight = w[i] * height * grown[i]
                off_by, time = w[i] * y[i] - weight, -float(age[i])
                a += weight
                b += weight * time
                c += off_by
                d += weight * time * time
                f += off_by * time
            share[k], drift[k], score[k] = a, b, c
            pivot += d - b * b / a
            right += f - b * c / a
        step = min(max(right / pivot, -0.03), 0.03) if trend else 0.0
        slope += step
        moved = abs(step) * power.size
        for k in range(off.size - 1):
            by = min(max((score[k] - step * drift[k]) / share[k], -2.5), 2.5)
            to = max(eta[k] + by, -20.0)  # a level without a case has no finite effect
            if to > -19.0:
                moved = max(moved, abs(to - eta[k]))
            eta[k] = to
        if moved < 1e-6:
            break
    return slope, pivot


@nb.njit(cache=True, fastmath=True, error_model="numpy")
def right(y, y23, age, off, have, trend, reweight, limit, room, level, power, begun, out):
    """Fits twice, each time from where the period before ended (`begun`: whether there was one), and fills `out` as `package` does, everything at the fitted means."""
    w, grown, mu = room[0], room[1], room[2]
    share, drift, score = level[1], level[2], level[3]
    there = have.sum()
    freedom = there - (off.size - 1 + (1 if trend else 0))
    first, second = level[0], level[4]
    slopes = level[5]
    for k in range(off.size - 1):
        total = among = 0.0
        for i in range(off[k], off[k + 1]):
            total, among = total + y[i], among + have[i]
        mean = math.log(total / among + 1e-3)
        if not begun or first[k] < mean - 3 - 130 * abs(slopes[0]):
            first[k] = second[k] = mean
    if not begun:
        slopes[0] = 0.0
    w[:] = have
    pivot = 1.0
    slopes[0], pivot = _newton(y, w, age, off, trend, first, slopes[0], power, grown, share, drift, score)
    eta, slope = first, slopes[0]
    if reweight:
        x2, total = 0.0, 0.0
        _powers(math.exp(-slope), power)
        for i in range(y.size):
            grown[i] = power[age[i]]
        for k in range(off.size - 1):
            height = math.exp(first[k])
            for i in range(off[k], off[k + 1]):
                mu[i] = height * grown[i]
                x2 += have[i] * (y[i] - mu[i]) ** 2 / mu[i]
        phi = max(x2 / freedom, 1.0)
        _powers(math.exp(-slope / 6), power)  # sixth roots of the means, without a root
        for i in range(y.size):
            grown[i] = power[age[i]]
        for k in range(off.size - 1):
            root = math.exp(first[k] / 6)
            inverse, middle = 1 / share[k], drift[k] / share[k]
            for i in range(off[k], off[k + 1]):
                time = -float(age[i])
                lever = mu[i] * (inverse + ((time - middle) ** 2 / pivot if trend else 0.0))
                sixth = root * grown[i]
                residual = 1.5 * (y23[i] / sixth - sixth * sixth * sixth)
                square = residual * residual / (phi * max(1 - lever, 1e-12))
                w[i] = have[i] / square if residual > 0 and square > limit * limit else have[i]
                total += w[i]
        for i in range(w.size):
            w[i] *= there / total
        if not begun:
            slopes[1] = slope
            for k in range(off.size - 1):
                second[k] = first[k]
        slopes[1], pivot = _newton(y, w, age, off, trend, second, slopes[1], power, grown, share, drift, score)
        eta, slope = second, slopes[1]
    x2 = 0.0
    _powers(math.exp(-slope), power)
    for i in range(y.size):
        grown[i] = power[age[i]]
    for k in range(off.size - 1):
        height = math.exp(eta[k])
        for i in range(off[k], off[k + 1]):
            m = height * grown[i]
            x2 += w[i] * (y[i] - m) ** 2 / m
    out[0], out[1] = math.exp(eta[0]), x2 / freedom
    out[2] = 1 / share[0] + ((drift[0] / share[0]) ** 2 / pivot if trend else 0.0)
    out[3], out[4], out[5] = slope, 1 / pivot, out[1]


@nb.njit(cache=True, error_model="numpy")
def reasons(counts, first, age, off, share, least_cases, least_weeks, reason):
    """Says of each period why it cannot be judged, where it cannot: missing, short, gap (less than `share` of the baseline, or nothing of a level), empty; of the rest, which is low."""
    oldest = age.max()
    for s in range(counts.shape[0]):
        for now in range(first, counts.shape[1]):
            o = now - first
            if counts[s, now] < 0:
                reason[s, o] = MISSING
            elif now < oldest:
                reason[s, o] = SHORT
            else:
                there, total, bare = 0, 0, False
                for k in range(off.size - 1):
                    among = 0
                    for i in range(off[k], off[k + 1]):
                        c = counts[s, now - age[i]]
                        if c >= 0:
                            among, total = among + 1, total + c
                    there, bare = there + among, bare or among == 0
                if bare or there < share * age.size or there < off.size + 2:
                    reason[s, o] = GAP
                elif total == 0:
                    reason[s, o] = EMPTY
                else:
                    lately = 0
                    for b in range(least_weeks):
                        lately += max(counts[s, now - b], 0)
                    if lately < least_cases:
                        reason[s, o] = LOW


@nb.njit(cache=True, error_model="numpy")
def fit(counts, thirds, first, age, off, trend, reweight, limit, as_package, most, out, reason):
    """Every series, every period from `first` on that is judged or low. A trend is kept where |t| is `most` at least and it does not lead beyond the largest count."""
    n, g = age.size, off.size - 1
    y, y23, have, t = np.empty(n), np.empty(n), np.empty(n), -age.astype(np.float64)
    room, level, plain, power = np.empty((3, n)), np.empty((6, max(g, 2))), np.empty((6, max(g, 2))), np.empty(int(age.max()) + 9)
    for s in range(counts.shape[0]):
        with_trend = without = False
        for now in range(first, counts.shape[1]):
            o = now - first
            if reason[s, o] != JUDGED and reason[s, o] != LOW:
                with_trend = without = False
                continue
            largest = 0.0
            for i in range(n):
                c = counts[s, now - age[i]]
                have[i], y[i], y23[i] = (1.0 if c >= 0 else 0.0), max(c, 0), thirds[s, now - age[i]]
                largest = max(largest, y[i])
            result, kept = out[s, o], trend
            if trend:
                if as_package:
                    package(y, y23, t, off, have, True, reweight, limit, room, level, result)
                else:
                    right(y, y23, age, off, have, True, reweight, limit, room, level, power, with_trend, result)
                    with_trend = True
                dispersion = result[5] if as_package == 1 else result[1]
                kept = result[3] * result[3] >= most * most * dispersion * result[4] and result[0] <= largest
            if not kept:
                if as_package:
                    package(y, y23, t, off, have, False, reweight, limit, room, plain, result)
                else:
                    right(y, y23, age, off, have, False, reweight, limit, room, plain, power, without, result)
                    without = True
                result[3] = 0.0
            if not (np.isfinite(result[0]) and np.isfinite(result[1]) and np.isfinite(result[2])):
                reason[s, o] = UNFIT
                with_trend = without = False  # nothing to start the next period from
