"""The inner loops of `scan`, compiled once. Nothing is checked here.

Simulated counts lie as (place, duration, replicate), so that a zone is summed for all replicates at once, and what is expected in it is read once for all of them.
"""

import math

import numba as nb
import numpy as np


@nb.njit(cache=True)
def ending_today(days, out):
    """(periods, places), oldest first, to (places, durations): sums of the newest 1, 2, … periods."""
    for p in range(days.shape[1]):
        total = 0.0
        for d in range(out.shape[1]):
            total += days[days.shape[0] - 1 - d, p]
            out[p, d] = total


@nb.njit(cache=True)
def zones(base, near, total, expected, half):
    """What is expected in each zone: centre × its nearest places, one more at a time × duration; and the factor of the bound on its score (see `best`). `total`: of all cases, 0 where they are not held."""
    for i in range(near.shape[0]):
        for d in range(base.shape[1]):
            found = 0.0
            for q in range(near.shape[1]):
                if near[i, q] >= 0:
                    found += base[near[i, q], d]
                expected[i, q, d], half[i, q, d] = found, 0.0
                if found > 0:
                    half[i, q, d] = 0.5 / found + (1 / max(total - found, 1e-300) if total > 0 else 0.0)


@nb.njit(cache=True)
def score(count, expected, total):
    """Logarithm of the likelihood ratio of a Poisson count against what was expected, or, where `total` is held, of inside against outside; 0 where it is not above."""
    if count <= expected or expected <= 0:
        return 0.0
    if total <= 0:
        return count * math.log(count / expected) - (count - expected)
    inside = count * math.log(count / expected)
    return inside + (total - count) * math.log((total - count) / (total - expected)) if count < total else inside


@nb.njit(cache=True, fastmath=True, error_model="numpy")
def best(counts, near, expected, half, total, running, highest, top):
    """The highest score of any zone in each replicate.

    A score is never above (c - e)² / 2e, as log x ≤ (x - 1) - (x - 1)² / 2 + …, and with a total held never above (c - e)² (1 / 2e + 1 / (C - e)), as log x ≤ x - 1 outside: only where that bound
    is higher than the best so far is a logarithm taken.
    """
    durations, replicates = counts.shape[1], counts.shape[2]
    top[:] = 0.0
    for i in range(near.shape[0]):
        running[:] = 0.0
        for q in range(near.shape[1]):
            j = near[i, q]
            if j < 0:
                break
            highest[:] = 0.0
            for d in range(durations):
                e, h, sums, new = expected[i, q, d], half[i, q, d], running[d], counts[j, d]
                for r in range(replicates):
                    now = sums[r] + new[r]
                    sums[r] = now
                    above = max(now - e, 0.0)
                    highest[r] = max(highest[r], above * above * h)
            for r in range(replicates):
                if highest[r] > top[r]:
                    for d in range(durations):
                        found = score(running[d, r], expected[i, q, d], total)
                        if found > top[r]:
                            top[r] = found


@nb.njit(cache=True)
def each_centre(counts, near, expected, total, running, score_of, size_of, duration_of):
    """The best zone around every centre."""
    for i in range(near.shape[0]):
        running[:] = 0.0
        score_of[i], size_of[i], duration_of[i] = 0.0, 0, 0
        for q in range(near.shape[1]):
            j = near[i, q]
            if j < 0:
                break
            for d in range(counts.shape[1]):
                running[d] += counts[j, d]
                found = score(running[d], expected[i, q, d], total)
                if found > score_of[i]:
                    score_of[i], size_of[i], duration_of[i] = found, q + 1, d + 1


@nb.njit(cache=True)
def _next(state):
    """xoshiro256++ 1.0 (Blackman and Vigna 2021, ACM Transactions on Mathematical Software 47, 36)."""
    a, b, c, d = state[0], state[1], state[2], state[3]
    mixed = a + d
    answer = ((mixed << np.uint64(23)) | (mixed >> np.uint64(41))) + a
    c ^= a
    d ^= b
    state[1], state[0] = b ^ c, a ^ d
    state[2], state[3] = c ^ (b << np.uint64(17)), (d << np.uint64(45)) | (d >> np.uint64(19))
    return answer


@nb.njit(cache=True)
def poisson(base, state, table, guide, out):
    """Fills `out` (places, durations, replicates) with Poisson counts of mean `base` (periods, places; newest last): by inversion, from a table of each cell's distribution with a guide to where in it
    to begin (Chen and Asai 1974), which all its replicates share. Cells whose table would not fit are left alone: `base` above what `table` has room for."""
    replicates, slots = out.shape[2], guide.size
    for p in range(out.shape[0]):
        for d in range(out.shape[1]):
            mean, row = base[base.shape[0] - 1 - d, p], out[p, d]
            if mean <= 0:
                row[:] = 0.0
                continue
            reach = 9 * math.sqrt(mean) + 20
            first, last = int(max(mean - reach, 0)), int(mean + reach)
            n = last - first + 1
            if n > table.size:
                continue
            middle = int(mean)
            table[middle - first] = 1.0
            for k in range(middle, first, -1):
                table[k - 1 - first] = table[k - first] * k / mean
            for k in range(middle, last):
                table[k + 1 - first] = table[k - first] * mean / (k + 1)
            for k in range(1, n):
                table[k] += table[k - 1]
            whole, at = table[n - 1], 0
            for k in range(n):
                table[k] /= whole
            for g in range(slots):
                while table[at] <= g / slots:
                    at += 1
                guide[g] = at
            for r in range(replicates):
                u = (_next(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)
                at = guide[int(u * slots)]
                while table[at] <= u:
                    at += 1
                row[r] = first + at


@nb.njit(cache=True)
def multinomial(share, cases, state, prob, other, out):
    """Fills `out` with `cases` cases of each replicate, thrown into cells of these shares (periods, places; newest last; all periods) by Walker's alias table; periods older than `out` has are not kept."""
    cells, places = share.size, share.shape[1]
    small, large = np.empty(cells, np.int64), np.empty(cells, np.int64)
    s = t = 0
    flat = share.ravel()
    for c in range(cells):
        prob[c] = flat[c] * cells
        if prob[c] < 1:
            small[s] = c
            s += 1
        else:
            large[t] = c
            t += 1
        other[c] = c
    while s > 0 and t > 0:
        s, t = s - 1, t - 1
        a, b = small[s], large[t]
        other[a] = b
        prob[b] -= 1 - prob[a]
        if prob[b] < 1:
            small[s] = b
            s += 1
        else:
            large[t] = b
            t += 1
    for k in range(s):
        prob[small[k]] = 1.0
    for k in range(t):
        prob[large[k]] = 1.0
    out[:] = 0.0
    for r in range(out.shape[2]):
        for _ in range(cases):
            u = (_next(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0) * cells
            c = int(u)
            if u - c >= prob[c]:
                c = other[c]
            d = share.shape[0] - 1 - c // places
            if d < out.shape[1]:
                out[c % places, d, r] += 1


@nb.njit(cache=True)
def longer(counts):
    """Counts of each period, newest first, to sums of the newest 1, 2, … periods, in place."""
    for p in range(counts.shape[0]):
        for d in range(1, counts.shape[1]):
            for r in range(counts.shape[2]):
                counts[p, d, r] += counts[p, d - 1, r]
