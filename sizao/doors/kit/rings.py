"""Shapes of areas for a message: the outer rings of a GeoJSON polygon with as few points as are asked for."""

import heapq
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
#: Places after the point of a degree: about a metre.
PLACES = 5


def outer_rings(geometry: dict[str, Any], *, points: int, most: int) -> list[list[Point]]:
    """The outer ring of each polygon, closed, as (longitude, latitude); at most so many points a ring, the closing one included, and at most so many rings, the largest first.

    Holes are filled: who reads the ring lies in the area or is surrounded by it. A ring without an extent is left out.
    """
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    made = (simplified([(round(float(x), PLACES), round(float(y), PLACES)) for x, y, *_ in polygon[0]], points) for polygon in polygons if polygon)
    return sorted((ring for ring in made if len(set(ring)) >= 3 and _twice(ring)), key=lambda ring: -abs(_twice(ring)))[:most]


def simplified(ring: Sequence[Point], most: int) -> list[Point]:
    """A closed ring of at most so many points (4 or more), by leaving out again and again the point whose triangle with its neighbours is the smallest.

    References: Visvalingam, Whyatt: Line generalisation by repeated elimination of points. The Cartographic Journal 30(1), 1993, 46–51, doi:10.1179/000870493786962263.
    Areas are in square degrees; within one area the distortion is that of all its triangles.

    >>> simplified([(0, 0), (1, 0), (2, 0.01), (2, 2), (0, 2), (0, 0)], 5)
    [(0, 0), (2, 0.01), (2, 2), (0, 2), (0, 0)]
    """
    open_ = [p for n, p in enumerate(ring[:-1] if ring and ring[0] == ring[-1] else ring) if n == 0 or p != ring[n - 1]]
    count = len(open_)
    before, after = [(n - 1) % max(count, 1) for n in range(count)], [(n + 1) % max(count, 1) for n in range(count)]
    weight = [_triangle(open_[before[n]], open_[n], open_[after[n]]) for n in range(count)]
    heap = [(w, n) for n, w in enumerate(weight)]
    heapq.heapify(heap)
    left, gone = count, [False] * count
    while left > max(most - 1, 3):
        w, n = heapq.heappop(heap)
        if gone[n] or w != weight[n]:
            continue
        gone[n] = True
        left -= 1
        p, q = before[n], after[n]
        after[p], before[q] = q, p
        for m in (p, q):  # never lighter than what went before it, so that a spike does not go from its tip
            weight[m] = max(w, _triangle(open_[before[m]], open_[m], open_[after[m]]))
            heapq.heappush(heap, (weight[m], m))
    kept = [p for n, p in enumerate(open_) if not gone[n]]
    return [*kept, *kept[:1]]


def _triangle(a: Point, b: Point, c: Point) -> float:
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def _twice(ring: Sequence[Point]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
