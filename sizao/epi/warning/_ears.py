"""The inner loops of `ears`, compiled once and kept beside the module. Nothing is checked here. A count below 0 stands for a missing one."""

import numba as nb
import numpy as np

#: What is said of a date beside its bound.
JUDGED, SHORT, GAP, MISSING, FLAT = 0, 1, 2, 3, 4


@nb.njit(cache=True)
def _beyond(now, mean, sd, package):
    """By how many standard deviations more than one a count lies above its baseline, as C3 adds it up."""
    if sd > 0:
        return max((now - mean) / sd - 1.0, 0.0)
    if now > mean:
        return np.inf
    return np.nan if package and now == mean else 0.0


@nb.njit(cache=True)
def whole(y, first, z, length, lag, floor, expected, threshold, alarm, reason):
    """C1 (`lag` 0) and C2 (`lag` 2) of series in which no count is missing. The sums move along as whole numbers, so nothing is lost on the way."""
    back, share, least = length + lag, 1.0 / length, floor * floor
    begin = max(first, back)
    for s in range(y.shape[0]):
        row, one, two = y[s], np.int64(0), np.int64(0)
        for t in range(first, min(begin, row.size)):
            reason[s, t - first], expected[s, t - first], threshold[s, t - first] = SHORT, np.nan, np.nan
        for t in range(begin - back, min(begin - lag, row.size)):
            one += row[t]
            two += row[t] * row[t]
        for t in range(begin, row.size):
            o, mean = t - first, one * share
            variance = max((length * two - one * one) / (length * (length - 1.0)), least)
            bound = mean + z * np.sqrt(variance)
            expected[s, o], threshold[s, o], alarm[s, o], reason[s, o] = mean, bound, row[t] > bound, JUDGED if variance > 0 else FLAT
            new, old = row[t - lag], row[t - back]
            one += new - old
            two += new * new - old * old


@nb.njit(cache=True)
def whole_third(y, first, z, length, floor, package, expected, threshold, alarm, reason):
    """C3 of series in which no count is missing."""
    back, share, least = length + 2, 1.0 / length, floor * floor
    begin = max(first - 2, back)
    for s in range(y.shape[0]):
        row, one, two, older, over = y[s], np.int64(0), np.int64(0), 0.0, 0.0
        for t in range(first, min(max(first, back + 2), row.size)):
            reason[s, t - first], expected[s, t - first], threshold[s, t - first] = SHORT, np.nan, np.nan
        for t in range(begin - back, min(begin - 2, row.size)):
            one += row[t]
            two += row[t] * row[t]
        for t in range(begin, row.size):
            mean, now = one * share, np.float64(row[t])
            sd = np.sqrt(max((length * two - one * one) / (length * (length - 1.0)), least))
            if t >= first and t >= back + 2:
                o, bound = t - first, np.nan
                if sd > 0 or package:
                    bound = (now if package else mean) + sd * (z - over - older)
                    bound = bound if np.isnan(bound) else max(bound, 0.0)
                expected[s, o], threshold[s, o], alarm[s, o], reason[s, o] = mean, bound, now > bound, JUDGED if sd > 0 else FLAT
            older = over
            over = max((now - mean) / sd - 1.0, 0.0) if sd > 0 else _beyond(now, mean, sd, package)
            new, old = row[t - 2], row[t - back]
            one += new - old
            two += new * new - old * old


@nb.njit(cache=True)
def each(y, first, z, length, lag, floor, third, package, present, expected, threshold, alarm, reason):
    """Any of the three, of series in which counts may be missing: a baseline is made of those that are there, if at least `present` are."""
    back = length + lag
    for s in range(y.shape[0]):
        row, older, over = y[s], 0.0, 0.0
        for t in range(max(first - 2, 0) if third else first, row.size):
            n, one, two, o, why = 0, 0.0, 0.0, t - first, JUDGED
            mean, bound, sd, hit = np.nan, np.nan, 0.0, False
            for i in range(max(t - back, 0), t - lag):
                if row[i] >= 0:
                    n, one = n + 1, one + row[i]
            if t < back:
                why = SHORT
            elif n < present:
                why = GAP
            else:
                mean = one / n
                for i in range(t - back, t - lag):
                    if row[i] >= 0:
                        two += (row[i] - mean) ** 2
                sd = max(np.sqrt(two / (n - 1)), floor)
                why = JUDGED if sd > 0 else FLAT
            now = np.float64(row[t])
            if why in (JUDGED, FLAT):
                bound = mean + z * sd
                if third and (sd > 0 or package):
                    top = now if package else mean
                    bound = top + sd * (z - over - older)
                    bound = bound if np.isnan(bound) else max(bound, 0.0)
                elif third:
                    bound = np.nan
                hit = bool(now > bound)
            if row[t] < 0:
                why, hit = MISSING, False
                if third and package:
                    bound = np.nan
            if third:
                older, over = over, _beyond(now, mean, sd, package) if why in (JUDGED, FLAT) else 0.0
            if third and o >= 0 and t < back + 2 and why != MISSING:  # the two dates before it have no C2
                mean, bound, hit, why = np.nan, np.nan, False, SHORT
            if o >= 0:
                expected[s, o], threshold[s, o], alarm[s, o], reason[s, o] = mean, bound, hit, why
