"""The inner loops of `regression` and `fusion`, compiled once and kept beside the module. Nothing is checked here.

All periods of one cell (week of the year, day of the week, kind of holiday) have the same mean but for the trend: a step of the fit is one pass over the baseline that adds up each cell, and the
rest of it is algebra on the cells.
"""

import math

import numba as nb
import numpy as np

JUDGED, SHORT, GAP, MISSING, FLAT, EMPTY, LOW, UNFIT = range(8)
#: A residual, or a pair of them, below this many standard deviations is never taken for a past outbreak; with a pair both are above the second.
STANDS_OUT, BOTH = 1.5, 0.5


@nb.njit(cache=True)
def _factor(h, p):
    """Cholesky: the lower part of `h` becomes its factor. False where `h` is not positive."""
    for j in range(p):
        for k in range(j + 1):
            s = h[j, k]
            for i in range(k):
                s -= h[j, i] * h[k, i]
            if j == k:
                if not s > 0:
                    return False
                h[j, j] = math.sqrt(s)
            else:
                h[j, k] = s / h[k, k]
    return True


@nb.njit(cache=True)
def _forward(h, x, p):
    for j in range(p):
        s = x[j]
        for i in range(j):
            s -= h[j, i] * x[i]
        x[j] = s / h[j, j]


@nb.njit(cache=True)
def _backward(h, x, p):
    for j in range(p - 1, -1, -1):
        s = x[j]
        for i in range(j + 1, p):
            s -= h[i, j] * x[i]
        x[j] = s / h[j, j]


@nb.njit(cache=True, fastmath=True)
def _powers(slope, power):
    """`power[a]` becomes exp(-slope * a)."""
    ratio = math.exp(-slope)
    eighth = ratio**8
    power[0] = 1.0
    for j in range(1, 8):
        power[j] = power[j - 1] * ratio
    for j in range(8, power.size):
        power[j] = power[j - 8] * eighth


@nb.njit(cache=True, fastmath=True)
def _newton(y, w, age, cell, z, used, phi, ridge, unit, enough, beta, power, sums, height, h, g):
    """Penalised quasi-likelihood from where `beta` stands, until no effect moves by `enough`. The last of `beta` is the trend per `unit` periods; `used`: cells that occur; `h` ends as the factor of
    the information, `height` as the mean of each cell now."""
    q = z.shape[1]
    p = q + 1
    sums[3:5] = 0.0
    for i in range(y.size):
        c = cell[i]
        told = w[i] * y[i]
        sums[3, c] += told
        sums[4, c] -= told * age[i]
    for _ in range(50):
        _powers(beta[q] / unit, power)
        sums[0:3] = 0.0
        for i in range(y.size):
            c = cell[i]
            a = w[i] * power[age[i]]
            b = a * age[i]
            sums[0, c] += a
            sums[1, c] -= b
            sums[2, c] += b * age[i]
        h[:] = 0.0
        for j in range(p):
            g[j] = -phi * ridge[j] * beta[j]
        for c in used:
            e = 0.0
            for j in range(q):
                e += z[c, j] * beta[j]
            e = math.exp(min(e, 40.0))
            a, b, d = e * sums[0, c], e * sums[1, c] / unit, e * sums[2, c] / (unit * unit)
            off = sums[3, c] - a
            for j in range(q):
                zj = z[c, j]
                g[j] += zj * off
                h[q, j] += zj * b
                zj *= a
                for k in range(j + 1):
                    h[j, k] += zj * z[c, k]
            g[q] += sums[4, c] / unit - b
            h[q, q] += d
        for j in range(p):
            h[j, j] += phi * ridge[j]
        if not _factor(h, p):
            return False
        _forward(h, g, p)
        _backward(h, g, p)
        moved = 0.0
        for j in range(p):
            moved = max(moved, abs(g[j]))
        damp = min(1.0, 2.0 / moved) if moved > 0 else 1.0
        for j in range(p):
            beta[j] += damp * g[j]
        if moved < enough:
            break
    for c in range(z.shape[0]):
        e = 0.0
        for j in range(q):
            e += z[c, j] * beta[j]
        height[c] = math.exp(min(e, 40.0))
    _powers(beta[q] / unit, power)
    return True


@nb.njit(cache=True)
def _tail(y, mu, phi, residual):
    """P(more than y) + half of P(y), of a negative binomial of variance phi * mu; from the residual where the mean is large."""
    if mu > 60:
        return max(0.5 * math.erfc(residual / math.sqrt(2.0)), 1e-12)
    left = 1.0
    if phi < 1.0001:
        p = math.exp(-mu)
        for j in range(int(y)):
            left -= p
            p *= mu / (j + 1)
    else:
        size, q = mu / (phi - 1), 1 - 1 / phi
        p = math.exp(-size * math.log(phi))
        for j in range(int(y)):
            left -= p
            p *= (size + j) / (j + 1) * q
    return max(left - 0.5 * p, 1e-12)


@nb.njit(cache=True)
def _weigh(y, y23, age, cell, have, height, power, slope, unit, phi, free, w, residual, tail, place, sixths, power6):
    """Weights of the baseline: how likely a period that stands out, alone or with the one beside it, does so by chance, given how many do."""
    for c in range(height.size):
        sixths[c] = height[c] ** (1 / 6)
    _powers(slope / unit / 6, power6)
    scale, there, m, n = 1 / math.sqrt(phi * free), 0.0, 0, y.size
    for i in range(n):
        sixth = sixths[cell[i]] * power6[age[i]]
        r = 1.5 * (y23[i] / sixth - sixth * sixth * sixth) * scale if have[i] > 0 else -9.0
        residual[i], w[i] = r, have[i]
        there += have[i]
    if free < 0.5:
        return
    for i in range(n):
        r, out = residual[i], 2.0
        if r > BOTH:
            if r > STANDS_OUT:
                out = _tail(y[i], height[cell[i]] * power[age[i]], phi, r)
            beside = -9.0
            if i > 0 and residual[i - 1] > BOTH:
                beside = residual[i - 1]
            if i + 1 < n and residual[i + 1] > BOTH:
                beside = max(beside, residual[i + 1])
            both = (r + beside) / math.sqrt(2.0)
            if both > STANDS_OUT:
                out = min(out, max(math.erfc(both / math.sqrt(2.0)), 1e-12))
            if out < 1.5:
                at = m
                while at > 0 and tail[place[at - 1]] > out:
                    place[at] = place[at - 1]
                    at -= 1
                place[at] = i
                m += 1
        tail[i] = out
    least = 1.0
    for rank in range(m - 1, -1, -1):
        i = place[rank]
        least = min(least, 2.3 * there * tail[i] / (rank + 1))
        w[i] = have[i] * least


@nb.njit(cache=True)
def _pearson(y, age, cell, w, height, power):
    x2 = 0.0
    for i in range(y.size):
        mu = height[cell[i]] * power[age[i]]
        x2 += w[i] * (y[i] - mu) ** 2 / mu
    return x2


@nb.njit(cache=True)
def _relevance(h, beta, waves, phi, ridge, x):
    """How much each wave is shrunk, from how large it came out beside its own uncertainty (MacKay 1992)."""
    p = beta.size
    for k in range(waves):
        square, known = 0.0, 2.0
        for j in (1 + 2 * k, 2 + 2 * k):
            x[:] = 0.0
            x[j] = 1.0
            v = 0.0
            for r in range(j, p):
                t = x[r]
                for i in range(j, r):
                    t -= h[r, i] * x[i]
                x[r] = t / h[r, r]
                v += x[r] * x[r]
            square += beta[j] * beta[j]
            known -= phi * v * ridge[j]
        now = max(known, 0.05) / max(square, 1e-9)
        ridge[1 + 2 * k] = ridge[2 + 2 * k] = min(max(now, 0.1), 1e5)


@nb.njit(cache=True)
def fit(counts, thirds, first, cell, z, prior, waves, longest, least, guard, unit, share, rounds, negbin, ahead, mean, dispersion, error, reason):
    """For each series and period from `first` on whose reason is SHORT: the fit to the baseline before it. Fills `mean` and `error` (variance of the mean's logarithm) of the newest `ahead` periods,
    and `dispersion`."""
    c, q = z.shape
    p = q + 1
    beta, power, power6 = np.zeros(p), np.empty(longest + guard + 9), np.empty(longest + guard + 9)
    sums, height, sixths, h, g = np.empty((5, c)), np.empty(c), np.empty(c), np.empty((p, p)), np.empty(p)
    x, seen, ridge = np.empty(p), np.zeros(c, np.int64), prior.copy()
    ys, y23s, haves, ws, residual, tail = (np.empty(longest), np.empty(longest), np.empty(longest), np.empty(longest), np.empty(longest), np.empty(longest))
    place = np.empty(longest, np.int64)
    for s in range(counts.shape[0]):
        start = 0
        while start < counts.shape[1] and counts[s, start] < 0:
            start += 1
        for now in range(first, counts.shape[1]):
            o = now - first
            if reason[s, o] != SHORT:
                continue
            end = now - guard + 1
            begin = max(end - longest, start)
            n = end - begin
            if n < least:
                continue
            y, y23, have, w = ys[:n], y23s[:n], haves[:n], ws[:n]
            there, total = 0.0, 0.0
            for i in range(n):
                v = counts[s, begin + i]
                have[i], y[i], y23[i] = (1.0 if v >= 0 else 0.0), max(v, 0), thirds[s, begin + i]
                there += have[i]
                total += y[i]
            if there < share * n:
                reason[s, o] = GAP
                continue
            if total == 0:  # half a case in all of it: Jeffreys' prior of a Poisson mean, whose next count is negative binomial of size one half
                reason[s, o], dispersion[s, o] = EMPTY, 1 + 1 / there
                for a in range(max(ahead - now - 1, 0), ahead):
                    mean[s, o, a], error[s, o, a] = 0.5 / there, 0.0
                continue
            mine = cell[begin:end]
            age = np.arange(now - begin, now - end, -1)
            seen[:] = 0
            for i in range(n):
                seen[mine[i]] = 1
            used = np.nonzero(seen)[0]
            beta[:] = 0.0
            beta[0] = math.log(total / there)
            ridge[:] = prior
            w[:] = have
            phi, ok, free = 1.0, True, max(1 - p / there, 0.2)
            for turn in range(rounds + 1):
                ok = _newton(y, w, age, mine, z, used, phi, ridge, unit, 1e-4 if turn == rounds else 1e-2, beta, power, sums, height, h, g)
                if not ok:
                    break
                if negbin:
                    freedom = w.sum() * free
                    phi = max(_pearson(y, age, mine, w, height, power) / freedom, 1.0)
                if turn < rounds:
                    _weigh(y, y23, age, mine, have, height, power, beta[q], unit, phi, free, w, residual, tail, place, sixths, power6)
                    if waves:
                        _relevance(h, beta, waves, phi, ridge, x)
            if not ok or not math.isfinite(phi):
                reason[s, o] = UNFIT
                continue
            dispersion[s, o] = phi
            for a in range(max(ahead - now - 1, 0), ahead):
                back = ahead - 1 - a
                k = cell[now - back]
                mean[s, o, a] = max(height[k] * math.exp(min(max(-beta[q] * back / unit, -40.0), 40.0)), 1e-9)
                for j in range(q):
                    x[j] = z[k, j]
                x[q] = -back / unit
                _forward(h, x, p)
                v = 0.0
                for j in range(p):
                    v += x[j] * x[j]
                error[s, o, a] = phi * v
            reason[s, o] = JUDGED if counts[s, now] >= 0 else MISSING
