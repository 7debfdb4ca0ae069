"""The inner loops of `scan`, compiled once and kept beside the module. Nothing is checked here."""

import math

import numba as nb


@nb.njit(cache=True)
def ending_today(days, out):
    """(periods, places), oldest first, to (places, durations): sums of the newest 1, 2, … periods."""
    for p in range(days.shape[1]):
        total = 0.0
        for d in range(days.shape[0]):
            total += days[days.shape[0] - 1 - d, p]
            out[p, d] = total


@nb.njit(cache=True)
def zones(base, near, expected, half):
    """What is expected in each zone: centre × its nearest places, one more at a time × duration; and 1 / (2 expected), for the bound."""
    for i in range(near.shape[0]):
        for d in range(base.shape[1]):
            total = 0.0
            for q in range(near.shape[1]):
                if near[i, q] >= 0:
                    total += base[near[i, q], d]
                expected[i, q, d], half[i, q, d] = total, 0.5 / total if total > 0 else 0.0


@nb.njit(cache=True)
def score(count, expected):
    """Logarithm of the likelihood ratio of a Poisson count against what was expected; 0 where it is not above."""
    if count <= expected or expected <= 0:
        return 0.0
    return count * math.log(count / expected) - (count - expected)


@nb.njit(cache=True, fastmath=True)
def best(counts, near, expected, half, running):
    """The highest score of any zone. A score is never above (c - e)² / 2e, as log x ≤ (x - 1) - (x - 1)² / 2 + …: only where that bound is higher than the best so far is a logarithm taken."""
    top, where_i, where_q, where_d = 0.0, -1, -1, -1
    durations = counts.shape[1]
    for i in range(near.shape[0]):
        running[:] = 0.0
        for q in range(near.shape[1]):
            j = near[i, q]
            if j < 0:
                break
            highest = 0.0
            for d in range(durations):
                running[d] += counts[j, d]
                above = running[d] - expected[i, q, d]
                highest = max(highest, above * abs(above) * half[i, q, d])
            if highest > top:
                for d in range(durations):
                    found = score(running[d], expected[i, q, d])
                    if found > top:
                        top, where_i, where_q, where_d = found, i, q, d
    return top, where_i, where_q, where_d


@nb.njit(cache=True)
def each_centre(counts, near, expected, running, score_of, size_of, duration_of):
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
                found = score(running[d], expected[i, q, d])
                if found > score_of[i]:
                    score_of[i], size_of[i], duration_of[i] = found, q + 1, d + 1
