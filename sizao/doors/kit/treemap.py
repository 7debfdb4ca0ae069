"""Areas as tiles where there is no map: each as large as what it owes, laid out so that tiles stay near to squares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile. `item` is what it stands for; the measures are those of the drawing."""

    item: Any
    x: float
    y: float
    width: float
    height: float


def tiles(items: Sequence[tuple[Any, float]], width: float, height: float) -> list[Tile]:
    """Lays out (item, weight) pairs, heaviest first, on width × height. A weight below a sixtieth of the whole is drawn as that, so that no area is too small to press.

    References: Bruls, Huizing, van Wijk (2000), Squarified Treemaps, doi:10.1007/978-3-7091-6783-0_4.

    >>> [(t.item, round(t.x), round(t.y), round(t.width), round(t.height)) for t in tiles([("a", 3), ("b", 1)], 40, 10)]
    [('a', 0, 0, 30, 10), ('b', 30, 0, 10, 10)]
    """
    if not items:
        return []
    least = max(sum(w for _, w in items) / 60, 1e-9)
    weighed = sorted(((i, max(w, least)) for i, w in items), key=lambda p: -p[1])
    scale = width * height / sum(w for _, w in weighed)
    rest = [(i, w * scale) for i, w in weighed]
    out: list[Tile] = []
    x, y, w, h = 0.0, 0.0, float(width), float(height)
    while rest:
        side, n = min(w, h), 1
        while n < len(rest) and _worst([a for _, a in rest[: n + 1]], side) <= _worst([a for _, a in rest[:n]], side):
            n += 1
        row, rest = rest[:n], rest[n:]
        depth = sum(a for _, a in row) / side
        along = 0.0
        for item, area in row:
            length = area / depth
            out.append(Tile(item, x, y + along, depth, length) if w >= h else Tile(item, x + along, y, length, depth))
            along += length
        if w >= h:
            x, w = x + depth, max(w - depth, 1e-9)
        else:
            y, h = y + depth, max(h - depth, 1e-9)
    return out


def _worst(areas: list[float], side: float) -> float:
    total = sum(areas)
    return max(max(side * side * a / total**2, total**2 / (side * side * a)) for a in areas)
