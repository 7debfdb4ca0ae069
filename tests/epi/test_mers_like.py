"""A chain as in hospitals that were slow to see what they had: few who infect many, most who infect nobody. Made here from a seed; counted by the plain counter."""

import random
from collections import Counter

import pytest
from open import chained

from sizao.epi import transmission


def outbreak(seed, imports=3, most=400):
    """(pairs of numbers, day of onset by number): offspring negative binomial with mean 0.9 and dispersion 0.14, serial interval about 12 days."""
    dice, pairs, day, waiting = random.Random(seed), [], {}, []
    for n in range(imports):
        day[f"I{n}"] = n * 20
        waiting.append(f"I{n}")
    while waiting and len(day) < most:
        one = waiting.pop(0)
        mean = dice.gammavariate(0.14, 0.9 / 0.14)
        while mean > 0 and (mean := mean - dice.expovariate(1)) > 0 and len(day) < most:
            other = f"N{len(day)}"
            day[other] = day[one] + max(1, round(dice.gauss(12, 5)))
            pairs.append((one, other))
            waiting.append(other)
    return pairs, day


@pytest.mark.parametrize("seed", range(12))
def test_clusters_generations_and_offspring_of_a_mers_like_chain_are_those_of_the_plain_count(seed):
    pairs, day = outbreak(seed)
    names = sorted({x for pair in pairs for x in pair}, key=lambda x: (day[x], x))
    at = {x: i for i, x in enumerate(names)}
    links, days = [(at[a], at[b]) for a, b in pairs], [day[x] for x in names]
    found = transmission.chains(len(names), links, days)
    groups = transmission.clusters(found, links, days)
    assert sorted((frozenset(names[x] for x in g.cases) for g in groups), key=sorted) == sorted(chained.clusters(pairs), key=sorted)
    assert [len(g.cases) for g in groups] == sorted((len(c) for c in chained.clusters(pairs)), reverse=True)
    assert {names[x]: g for x, g in enumerate(found.generation)} == chained.generations(pairs)
    if pairs:
        told = transmission.offspring(range(len(names)), links)
        assert told.counts == chained.offspring(pairs)
        assert told.mean == pytest.approx(len(pairs) / len(names))
        assert max(Counter(a for a, _ in pairs).values()) == max(told.counts)


def test_some_of_these_outbreaks_are_large_and_one_in_five_causes_four_fifths():
    """So that the claim above is about chains of that kind."""
    largest = max((outbreak(seed) for seed in range(12)), key=lambda o: len(o[0]))
    many = sorted(Counter(a for a, _ in largest[0]).values(), reverse=True)
    assert len(largest[0]) > 30
    assert sum(many[: len(largest[1]) // 5]) >= 0.8 * len(largest[0])
