"""The daily watch of a city: every stream counted and judged in every area and unit, the signals raised; then once more, when nothing is new."""

import time
from typing import Any


def run(size: int = 200_000, days: int = 60, cases: int = 2_000) -> dict[str, Any]:
    """`seconds` of the first watch of a city of `size` persons with lines of `days` days, `again` of the second; `counting` of that in the database and `rolled` up to the areas, by the stream of fever visits alone.
    `equal`: the second raised nothing."""
    from benchmarks._city_fill import city

    with city(size, days, cases) as figures:
        from django.db import connection

        from sizao.flows.signals_raised import watch
        from sizao.kernel import clock
        from sizao.kernel.scope import Scope
        from sizao.registers.surveillance import counting
        from sizao.registers.surveillance.streams import streams

        now, scope = clock.now(), Scope.system("bench")
        watch(scope, now, only=["fever-visits"])  # what is compiled and loaded once
        began = time.perf_counter()
        first = watch(scope, now)
        seconds = time.perf_counter() - began
        began = time.perf_counter()
        second = watch(scope, now)
        again = time.perf_counter() - began
        one, tree = streams()["fever-visits"], counting.tree()
        places = tree.at(one.levels)
        began = time.perf_counter()
        panel = counting.panel(one, tree, now, days)
        counted = time.perf_counter() - began
        lines = [(p.id, d, 1.0) for p in tree.places.values() for d in panel.periods]
        began = time.perf_counter()
        counting._rolled(lines, tree, {p.id: i for i, p in enumerate(places)}, panel.periods)
        rolled = time.perf_counter() - began
        connection.close()
        return figures | {
            "streams": first.streams, "signals": first.new, "seconds": round(seconds, 2), "again": round(again, 2), "counting": round(counted, 2), "rolled": round(rolled, 3), "rolled_lines": len(lines), "equal": second.new == 0,
        }  # fmt: skip
