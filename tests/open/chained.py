"""Chains of who infected whom, reckoned from pairs of numbers with the standard library alone, as slowly as it is plain."""

from collections import Counter
from collections.abc import Iterable


def clusters(pairs: Iterable[tuple[str, str]]) -> list[frozenset[str]]:
    """Sets of cases that hang together: begun with each pair alone, and joined while two share a case."""
    of: dict[str, set[str]] = {}
    for pair in pairs:
        joined = set(pair).union(*(of.get(x, set()) for x in pair))
        for x in joined:
            of[x] = joined
    return sorted({frozenset(found) for found in of.values()}, key=lambda c: (-len(c), sorted(c)))


def generations(pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Steps from the nearest case that nobody is told to have infected; who is reached from none is absent."""
    pairs = list(pairs)
    at = dict.fromkeys({a for a, _ in pairs} - {b for _, b in pairs}, 0)
    step = 0
    while any(g == step for g in at.values()):
        for a, b in pairs:
            if at.get(a) == step and b not in at:
                at[b] = step + 1
        step += 1
    return at


def offspring(pairs: Iterable[tuple[str, str]]) -> dict[int, int]:
    """How many infected → how many of the linked cases did."""
    pairs = list(pairs)
    many = Counter(a for a, _ in pairs)
    return dict(Counter(many[x] for x in {x for pair in pairs for x in pair}))


def share_that_causes(pairs: Iterable[tuple[str, str]], part: float = 0.8) -> float:
    """The smallest share of the linked cases that together are the source in `part` of the pairs."""
    pairs = list(pairs)
    most, done = sorted(Counter(a for a, _ in pairs).values(), reverse=True), 0
    for n, many in enumerate(most, 1):
        done += many
        if done >= part * len(pairs):
            return n / len({x for pair in pairs for x in pair})
    return 0.0


def of_totals(totals: dict[str, int], pairs: Iterable[tuple[str, str]]) -> tuple[int, int, int, int]:
    """Cases that tell how many contacts they had → (how many cases, contacts, infected; how many cases left out, being linked to more infected than they told)."""
    many = Counter(a for a, _ in pairs)
    kept = [x for x, total in totals.items() if many[x] <= total]
    return len(kept), sum(totals[x] for x in kept), sum(many[x] for x in kept), len(totals) - len(kept)
