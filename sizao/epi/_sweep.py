"""The inner loops of `overlap`, compiled once and kept beside the module. Plain arrays in, plain arrays out; nothing is checked here."""

import numba as nb
import numpy as np

#: Lengths of stay, in seconds, up to which a prepared store keeps visits together; what is longer makes the last class.
CLASSES = np.array([2400, 7200, 28800], np.int32)


@nb.njit(cache=True)
def slices(place, places):
    """Where each place's rows begin in rows that are sorted by place; one entry more than there are places."""
    begins = np.zeros(places + 1, np.int64)
    for i in range(place.size):
        begins[place[i] + 1] += 1
    for p in range(places):
        begins[p + 1] += begins[p]
    return begins


@nb.njit(cache=True)
def latest_end(begins, end):
    """For each row the latest end of its place up to it: a walk back through the starts stops where this is not after the visit's start."""
    out = end.copy()
    for p in range(begins.size - 1):
        for j in range(begins[p] + 1, begins[p + 1]):
            out[j] = max(out[j], out[j - 1])
    return out


@nb.njit(cache=True)
def lines(begins):
    """Which line of the map is a place's: from 1 on for places where somebody infectious was, 0 for all others, so that the map is small enough to stay at hand."""
    out, n = np.zeros(begins.size - 1, np.int32), 0
    for p in range(begins.size - 1):
        if begins[p] < begins[p + 1]:
            n += 1
            out[p] = n
    return out, n + 1


@nb.njit(cache=True)
def marks(place, start, end, line, high, words, shift, origin):
    """One bit a line and slot of time (of 2**shift seconds from `origin`) in which somebody infectious was there. The last word of a line stays empty."""
    out = np.zeros(high * words, np.uint64)
    for i in range(place.size):
        base = np.int64(line[place[i]]) * words
        for slot in range((start[i] - origin) >> shift, ((end[i] - 1 - origin) >> shift) + 1):
            out[base + (slot >> 6)] |= np.uint64(1) << np.uint64(slot & 63)
    return out


@nb.njit(cache=True)
def candidates(place, start, end, line, bits, words, shift, origin):
    """The visits that share a marked slot with somebody. A visit within two words is decided without a jump, so that the processor need not guess."""
    out, n = np.empty(place.size, np.int32), 0
    full, last = np.uint64(0xFFFFFFFFFFFFFFFF), words * 64 - 1
    for i in range(place.size):
        base = np.int64(line[place[i]]) * words
        one = min(max((start[i] - origin) >> shift, 0), last)
        two = min(max((end[i] - 1 - origin) >> shift, 0), last)
        a, b = one >> 6, two >> 6
        head, tail = full << np.uint64(one & 63), full >> np.uint64(63 - (two & 63))
        seen = (bits[base + a] & head & (tail if a == b else full)) | (bits[base + b] & tail & (head if a == b else full))
        if b > a + 1:
            for w in range(a + 1, b):
                seen |= bits[base + w]
        out[n] = i
        n += seen != 0
    return out[:n].copy()


@nb.njit(cache=True)
def before(values, lo, hi, limit):
    """The first position in [lo, hi) whose value is not below `limit`; `hi` where there is none."""
    while lo < hi:
        mid = (lo + hi) >> 1
        if values[mid] < limit:
            lo = mid + 1
        else:
            hi = mid
    return lo


@nb.njit(cache=True)
def count(rows, place, person, start, end, begins, s_person, s_start, s_end, s_latest, least, met):
    """Pairs and seconds of the visits `rows`; marks in `met` who was met."""
    pairs, seconds = 0, 0
    for r in range(rows.size):
        i = rows[r]
        lo = begins[place[i]]
        a, b, who = start[i], end[i], person[i]
        j = before(s_start, lo, begins[place[i] + 1], b) - 1
        while j >= lo and s_latest[j] > a:
            if s_end[j] > a and s_person[j] != who:
                both = min(b, s_end[j]) - max(a, s_start[j])
                if both >= least:
                    pairs += 1
                    seconds += both
                    met[who] = 1
            j -= 1
    return pairs, seconds


@nb.njit(cache=True)
def write(rows, place, person, start, end, begins, s_person, s_start, s_end, s_latest, least, visit, stay, seconds):
    """The pairs themselves, in the order of the visits; how many. Past the end of the arrays it only counts."""
    n = 0
    for r in range(rows.size):
        i = rows[r]
        lo = begins[place[i]]
        a, b = start[i], end[i]
        j = before(s_start, lo, begins[place[i] + 1], b) - 1
        while j >= lo and s_latest[j] > a:
            if s_end[j] > a and s_person[j] != person[i]:
                both = min(b, s_end[j]) - max(a, s_start[j])
                if both >= least:
                    if n < visit.size:
                        visit[n], stay[n], seconds[n] = i, j, both
                    n += 1
            j -= 1
    return n


@nb.njit(cache=True)
def shelves(place, start, end, kinds, out):
    """The shelf of each visit: its place and the class of its length."""
    for i in range(place.size):
        length, k = end[i] - start[i], 0
        while k < kinds.size and length > kinds[k]:
            k += 1
        out[i] = np.int64(place[i]) * (kinds.size + 1) + k


@nb.njit(cache=True)
def on_shelf(begins, longest, start, end, shelf):
    """The longest stay of each shelf: how far before a window a visit may begin that still reaches into it."""
    for i in range(shelf.size):
        longest[shelf[i]] = max(longest[shelf[i]], end[i] - start[i])


@nb.njit(cache=True)
def look(s_place, s_person, s_start, s_end, begins, longest, kinds, person, start, end, least, met):
    """Pairs and seconds of a prepared store: each stay reads its own window of each shelf of its place. Stays come sorted by place and start."""
    pairs, seconds = 0, 0
    for k in range(kinds):
        at, here = np.int64(0), -1
        for i in range(s_place.size):
            shelf = np.int64(s_place[i]) * kinds + k
            lo, hi = begins[shelf], begins[shelf + 1]
            if lo == hi:
                continue
            a, b, who = s_start[i], s_end[i], s_person[i]
            if s_place[i] != here:
                here, at = s_place[i], lo
            first = np.int64(a) - longest[shelf]
            step = np.int64(1)  # stays follow one another in time: the next window begins not far behind this one
            while at + step < hi and start[at + step] <= first:
                at += step
                step <<= 1
            at = before(start, at, min(at + step + 1, hi), first + 1)
            j = at
            while j < hi and start[j] < b:
                if end[j] > a and person[j] != who:
                    both = min(b, end[j]) - max(a, start[j])
                    if both >= least:
                        pairs += 1
                        seconds += both
                        met[person[j]] = 1
                j += 1
    return pairs, seconds
