"""How large a city is, and how its ground is cut."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """`persons` live there. `tree`: how an area is cut into those of the next level (columns, rows): counties, townships, villages, grids."""

    persons: int
    tree: tuple[tuple[int, int], ...]


SIZES = {
    "2k": Size(2_000, ((1, 1), (2, 2), (2, 1), (2, 1))),
    "20k": Size(20_000, ((1, 1), (3, 2), (2, 2), (2, 1))),
    "200k": Size(200_000, ((2, 2), (3, 2), (3, 2), (2, 2))),
    "2M": Size(2_000_000, ((5, 2), (4, 3), (5, 2), (2, 2))),
}
