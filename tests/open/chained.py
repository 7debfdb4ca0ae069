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
