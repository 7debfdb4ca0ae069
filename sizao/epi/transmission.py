"""Who infected whom, as a graph: generations, clusters, offspring, serial intervals, attack rates, and where each case stands when a chain is drawn.

Cases are numbered 0 … n-1; a link is (infector, infectee) by those numbers. Days are whole numbers of any calendar (`date.toordinal`), None where none is told.
A case may have several links to infectors: they are rival accounts of one infection, and none is dropped here.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from .intervals import wilson

#: A day that is not told stands after all that are.
NEVER = 1 << 60


@dataclass(frozen=True, slots=True)
class Chains:
    """The graph of n cases, read once. Each list has n entries.

    Attributes:
        cluster: Number of the connected component, 0 the largest (of equals the one that began first); -1 for a case without any link.
        generation: 0 for a case of a cluster to which nobody is told as infector, else one more than the smallest generation of its infectors.
            None for a case that stands in a circle of links, or behind one, which no beginning reaches; and for a case without any link.
        parent: By which infector a case is drawn: of those of the generation before, the one with the earliest day. -1 for none.
        lane: Where it stands across the axis of time, in rows from the top; clusters lie below one another, the largest first. -1.0 for a case without any link.
        lanes: How many rows there are.
    """

    cluster: list[int]
    generation: list[int | None]
    parent: list[int]
    lane: list[float]
    lanes: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """One connected component.

    Attributes:
        cases: Its cases, those of the lowest generation first.
        generations: How many there are, the first counted; those whose generation cannot be told are not in it.
        first, last: Earliest and latest day of its cases; None when no case has one.
        rivals: Cases with more than one infector told.
        circular: Cases whose generation cannot be told.
    """

    cases: list[int]
    generations: int
    first: int | None
    last: int | None
    rivals: int
    circular: int


def chains(n: int, links: Sequence[tuple[int, int]], day: Sequence[int | None]) -> Chains:
    """The graph of `n` cases. In time proportional to cases and links, sorting apart. Raises IndexError for a link to a number outside 0 … n-1.

    >>> found = chains(4, [(0, 1), (0, 2)], [10, 14, 13, 20])
    >>> found.cluster, found.generation, found.parent
    ([0, 0, 0, -1], [0, 1, 1, None], [-1, 0, 0, -1])
    """
    if any(not 0 <= x < n for link in links for x in link):
        raise IndexError("a link names a case that is not there")
    after: list[list[int]] = [[] for _ in range(n)]
    before: list[list[int]] = [[] for _ in range(n)]
    for a, b in links:
        after[a].append(b)
        before[b].append(a)
    when = [NEVER if d is None else d for d in day]
    cluster = _components(n, after, before, when)
    generation = _generations(n, after, before)
    parent = _parents(n, after, before, generation, when)
    lane, lanes = _lanes(n, parent, cluster, when)
    return Chains(cluster, generation, parent, lane, lanes)


def _components(n: int, after: list[list[int]], before: list[list[int]], when: list[int]) -> list[int]:
    mark = [-1] * n
    found: list[tuple[int, int, int]] = []
    for start in range(n):
        if mark[start] >= 0 or not (after[start] or before[start]):
            continue
        number, size, first, stack = len(found), 0, NEVER, [start]
        mark[start] = number
        while stack:
            x = stack.pop()
            size, first = size + 1, min(first, when[x])
            for y in (*after[x], *before[x]):
                if mark[y] < 0:
                    mark[y] = number
                    stack.append(y)
        found.append((-size, first, start))
    place = [0] * len(found)
    for rank, number in enumerate(sorted(range(len(found)), key=found.__getitem__)):
        place[number] = rank
    return [place[m] if m >= 0 else -1 for m in mark]


def _generations(n: int, after: list[list[int]], before: list[list[int]]) -> list[int | None]:
    generation: list[int | None] = [0 if after[x] and not before[x] else None for x in range(n)]
    waiting = deque(x for x in range(n) if generation[x] == 0)
    while waiting:
        x = waiting.popleft()
        for y in after[x]:
            if generation[y] is None:
                generation[y] = generation[x] + 1  # type: ignore[operator]
                waiting.append(y)
    return generation


def _parents(n: int, after: list[list[int]], before: list[list[int]], generation: list[int | None], when: list[int]) -> list[int]:
    parent = [-1] * n
    for x in range(n):
        told = generation[x]
        if told:
            parent[x] = min((y for y in before[x] if generation[y] == told - 1), key=lambda y: (when[y], y))
    # A circle is drawn from its earliest case; what no beginning reaches hangs from there.
    seen = [g is not None for g in generation]
    for start in sorted((x for x in range(n) if not seen[x] and before[x]), key=lambda x: (when[x], x)):
        if seen[start]:
            continue
        seen[start] = True
        waiting = deque([start])
        while waiting:
            x = waiting.popleft()
            for y in after[x]:
                if not seen[y]:
                    seen[y], parent[y] = True, x
                    waiting.append(y)
    return parent


def _lanes(n: int, parent: list[int], cluster: list[int], when: list[int]) -> tuple[list[float], int]:
    """A leaf takes the next row; who infected others stands in the middle of them (Reingold EM, Tilford JS (1981), IEEE Trans Softw Eng 7:223-228, without the packing:
    one row a leaf keeps labels apart)."""
    below: list[list[int]] = [[] for _ in range(n)]
    tops: list[int] = []
    order = sorted((x for x in range(n) if cluster[x] >= 0), key=lambda x: (cluster[x], when[x], x))
    for x in order:
        (below[parent[x]] if parent[x] >= 0 else tops).append(x)
    lane, row, last = [-1.0] * n, 0, -1
    for top in tops:
        if last not in (-1, cluster[top]):
            row += 1
        last = cluster[top]
        stack = [(top, False)]
        while stack:
            x, done = stack.pop()
            if done:
                lane[x] = (lane[below[x][0]] + lane[below[x][-1]]) / 2
            elif below[x]:
                stack.append((x, True))
                stack.extend((y, False) for y in reversed(below[x]))
            else:
                lane[x] = float(row)
                row += 1
    return lane, row


def clusters(found: Chains, links: Sequence[tuple[int, int]], day: Sequence[int | None]) -> list[Cluster]:
    """Every cluster, the largest first."""
    members: list[list[int]] = [[] for _ in range(max(found.cluster, default=-1) + 1)]
    for x, number in enumerate(found.cluster):
        if number >= 0:
            members[number].append(x)
    told = Counter(b for _, b in links)
    made = []
    for cases in members:
        cases.sort(key=lambda x: (found.generation[x] if found.generation[x] is not None else NEVER, day[x] if day[x] is not None else NEVER, x))
        days = [d for x in cases if (d := day[x]) is not None]
        known = [g for x in cases if (g := found.generation[x]) is not None]
        made.append(
            Cluster(
                cases, max(known, default=-1) + 1, min(days, default=None), max(days, default=None), sum(told[x] > 1 for x in cases), sum(found.generation[x] is None for x in cases)
            )
        )  # fmt: skip
    return made


def around(n: int, links: Sequence[tuple[int, int]], start: int, way: str = "both") -> list[int]:
    """The cases that can be reached from one: "down" whom it infected and so on, "up" who infected it and so on, "both" the whole cluster. In order of number."""
    to: list[list[int]] = [[] for _ in range(n)]
    for a, b in links:
        if way != "up":
            to[a].append(b)
        if way != "down":
            to[b].append(a)
    seen, stack = {start}, [start]
    while stack:
        for y in to[stack.pop()]:
            if y not in seen:
                seen.add(y)
                stack.append(y)
    return sorted(seen)


@dataclass(frozen=True, slots=True)
class Offspring:
    """How many each linked case infected.

    Attributes:
        counts: How many infected → how many cases did.
        mean: Of all linked cases.
        most: Of those who infected, the smallest share that together caused 80 % of the infections (Lloyd-Smith JO et al. (2005), Nature 438:355-359, its figure 1b,
            reckoned over all linked cases).
    """

    counts: dict[int, int]
    mean: float
    most: float


def offspring(linked: Sequence[int], links: Sequence[tuple[int, int]]) -> Offspring | None:
    """Of the cases `linked`. None when there are none. A case with rival infectors counts for each of them.

    >>> offspring([0, 1, 2, 3, 4], [(0, 1), (0, 2), (0, 3), (0, 4)])
    Offspring(counts={0: 4, 4: 1}, mean=0.8, most=0.2)
    """
    if not linked:
        return None
    of = Counter(a for a, _ in links)
    numbers = sorted((of[x] for x in linked), reverse=True)
    total, sum_, taken = sum(numbers), 0, 0
    for k in numbers:
        if sum_ >= 0.8 * total:
            break
        sum_, taken = sum_ + k, taken + 1
    return Offspring(dict(sorted(Counter(numbers).items())), total / len(numbers), taken / len(numbers))


@dataclass(frozen=True, slots=True)
class Serial:
    """Days from an infector's day to its infectee's. Quartiles by linear interpolation (Hyndman RJ, Fan Y (1996), Am Stat 50:361-365, type 7).

    Attributes:
        pairs: Links of which both days are told.
        negative: Of these, with the infectee first.
    """

    pairs: int
    median: float
    lower: float
    upper: float
    negative: int


def serial_intervals(links: Sequence[tuple[int, int]], day: Sequence[int | None]) -> Serial | None:
    """Of all links; None when no link has both days. Nothing is corrected for growth of the epidemic or for days not yet told.

    >>> serial_intervals([(0, 1), (0, 2), (1, 2)], [1, 6, 8])
    Serial(pairs=3, median=5.0, lower=3.5, upper=6.0, negative=0)
    """
    spans = [q - p for a, b in links if (p := day[a]) is not None and (q := day[b]) is not None]
    if not spans:
        return None
    lower, median, upper = quantiles(spans, n=4, method="inclusive") if len(spans) > 1 else (float(spans[0]),) * 3
    return Serial(len(spans), median, lower, upper, sum(s < 0 for s in spans))


@dataclass(frozen=True, slots=True)
class Attack:
    """Of `exposed` persons whose observation has ended or who fell ill, `infected` did: the share and its 95 % interval (Wilson 1927)."""

    infected: int
    exposed: int

    @property
    def rate(self) -> float | None:
        return self.infected / self.exposed if self.exposed else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.infected, self.exposed) if self.exposed else None
