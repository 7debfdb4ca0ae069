"""Counts of small areas added up to every area above them: by arrays, as a plain loop does it."""

import random
from datetime import date, timedelta

import numpy as np

from sizao.registers.surveillance.counting import Place, Tree, _rolled


def test_arrays_roll_up_as_a_loop_does():
    chance = random.Random(3)
    places = {1: Place(1, "c", "county", "Asia/Shanghai", (1,), False)}
    for t in range(2, 6):
        places[t] = Place(t, f"t{t}", "township", "Asia/Shanghai", (1, t), t == 5)
        for v in range(10 * t, 10 * t + 3):
            places[v] = Place(v, f"v{v}", "village", "Asia/Shanghai", (1, t, v), False)
    tree, periods = Tree("", places), [date(2026, 1, 1) + timedelta(n) for n in range(9)]
    # areas and days that are not asked for are among them
    lines = [(chance.choice([*places, 999]), date(2025, 12, 30) + timedelta(chance.randrange(14)), float(chance.randrange(5))) for _ in range(500)]
    for levels in (("county", "township"), ("village",), ("city",)):
        index = {p.id: i for i, p in enumerate(tree.at(levels))}
        by_hand = np.zeros((len(index), len(periods)))
        for area, day, n in lines:
            for up in places[area].way if area in places else ():
                if up in index and day in periods:
                    by_hand[index[up], periods.index(day)] += n
        assert (_rolled(lines, tree, index, periods) == by_hand).all()
    assert _rolled([], tree, {1: 0}, periods).sum() == 0
