"""The map of an invented county: a bent lattice, so that neighbours share their borders and no real place is drawn."""

import math
import random
from typing import Any

Ring = list[list[float]]
ORIGIN = (100.0, 5.0)  # open sea: nobody can take it for a place


class Lattice:
    """Corners of a bent grid; the same corner is the same point for every cell that touches it."""

    def __init__(self, seed: int, columns: int, rows: int, size: float = 0.02):
        self.seed, self.columns, self.rows, self.size = seed, columns, rows, size

    def corner(self, i: int, j: int) -> list[float]:
        r = random.Random(self.seed * 1_000_003 + i * 1009 + j)
        bend = 0.35 * math.sin(j / 2.3 + self.seed) + 0.25 * math.cos(i / 3.1)
        x = i + bend + r.uniform(-0.22, 0.22)
        y = j + 0.3 * math.sin(i / 2.7) + r.uniform(-0.22, 0.22)
        return [round(ORIGIN[0] + x * self.size, 5), round(ORIGIN[1] + y * self.size, 5)]

    def block(self, i: int, j: int, width: int, height: int) -> dict[str, Any]:
        """The polygon around `width` × `height` cells from cell (i, j), every corner on its border included."""
        ring: Ring = [self.corner(i + k, j) for k in range(width)]
        ring += [self.corner(i + width, j + k) for k in range(height)]
        ring += [self.corner(i + width - k, j + height) for k in range(width)]
        ring += [self.corner(i, j + height - k) for k in range(height)]
        return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def halves(shape: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A cell of the lattice cut from the middle of its first side to the middle of the third; the halves share the cut, and together they are the cell."""
    a, b, c, d = shape["coordinates"][0][:4]
    first, third = ([round((p[0] + q[0]) / 2, 6), round((p[1] + q[1]) / 2, 6)] for p, q in ((a, b), (c, d)))
    return tuple({"type": "Polygon", "coordinates": [[*ring, ring[0]]]} for ring in ([a, first, third, d], [first, b, c, third]))  # type: ignore[return-value]
