"""Shapes of areas as paths of a drawing: longitude and latitude laid flat, fitted into a width, for maps that can be printed and taken away."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, TALLEST, MARGIN = 720.0, 620.0, 8.0


@dataclass(frozen=True, slots=True)
class Shape:
    """One area: its path, and where its name stands."""

    code: str
    d: str
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Drawing:
    width: float
    height: float
    shapes: tuple[Shape, ...]


def drawn(areas: Iterable[Any]) -> Drawing | None:
    """A drawing of areas with a GeoJSON polygon each (`geometry`, `code`); None where none has one. Plate carrée, true to scale at the middle latitude."""
    rings = [(a.code, _rings(a.geometry)) for a in areas if a.geometry]
    points = [p for _, some in rings for ring in some for p in ring]
    if not points:
        return None
    west, east, south, north = min(p[0] for p in points), max(p[0] for p in points), min(p[1] for p in points), max(p[1] for p in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    wide, high = max((east - west) * squeeze, 1e-9), max(north - south, 1e-9)
    scale = min((WIDTH - 2 * MARGIN) / wide, (TALLEST - 2 * MARGIN) / high)
    left = (WIDTH - wide * scale) / 2

    def at(p: Sequence[float]) -> tuple[float, float]:
        return left + (p[0] - west) * squeeze * scale, MARGIN + (north - p[1]) * scale

    shapes = []
    for code, some in rings:
        laid = [[at(p) for p in ring] for ring in some]
        d = " ".join("M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in ring) + "Z" for ring in laid)
        largest = max(laid, key=lambda ring: abs(_area(ring)))
        x, y = _middle(largest)
        shapes.append(Shape(code, d, x, y, max(px for px, _ in largest) - min(px for px, _ in largest)))
    return Drawing(WIDTH, high * scale + 2 * MARGIN, tuple(shapes))


def _rings(geometry: dict[str, Any]) -> list[list[Sequence[float]]]:
    """Every ring of a polygon or of several; holes are left open by the even-odd rule."""
    found = geometry["coordinates"]
    return list(found) if geometry["type"] == "Polygon" else [ring for polygon in found for ring in polygon]


def _area(ring: Sequence[tuple[float, float]]) -> float:
    return sum(ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1] for i in range(len(ring) - 1)) / 2


def _middle(ring: Sequence[tuple[float, float]]) -> tuple[float, float]:
    area = _area(ring)
    if abs(area) < 1e-6:
        return ring[0]
    x = sum((ring[i][0] + ring[i + 1][0]) * (ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1]) for i in range(len(ring) - 1))
    y = sum((ring[i][1] + ring[i + 1][1]) * (ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1]) for i in range(len(ring) - 1))
    return x / (6 * area), y / (6 * area)
