"""Where cases lie closer than chance lets them: a scan over circles of near places and the newest days (`epi.scan`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sizao.epi import scan as epi
from sizao.kernel.days import NEVER
from sizao.kernel.models import Area

from .keeping import Work, digest_of
from .lines import By, Lines

#: Days looked at, places of a circle at most, its radius at most, simulated data sets, and the days before that tell what is usual where no population is known.
DAYS, MOST, REACH_KM, REPLICATES, USUAL = 14, 50, 30.0, 199, 28
#: A register of persons tells a population where it holds at least so many persons for each case; a line list does not.
PERSONS_A_CASE = 20
KM_LAT, KM_LON = 110.57, 111.32


@dataclass(frozen=True, slots=True)
class Place:
    """An area in which people or cases are told; `at`: longitude and latitude of the middle of its shape, None without one."""

    id: int
    code: str
    name_zh: str
    name_en: str
    at: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Found:
    """A cluster: its places (positions), since which day, cases, expected, p of `REPLICATES` simulated data sets, centre and radius in km (0 for one place, None without shapes)."""

    places: tuple[int, ...]
    since: int
    cases: int
    expected: float
    p: float
    centre: tuple[float, float] | None
    radius: float | None


@dataclass(frozen=True, slots=True)
class Clusters:
    """`found`: strongest first; None where it is not reckoned yet. `by_population`: what is expected follows the persons of the register, else each place's own past. `located`: places
    with a shape; without one a place stands alone. `recent`: cases of each place within the window."""

    places: tuple[Place, ...]
    recent: NDArray[np.int64]
    found: tuple[Found, ...] | None
    by_population: bool
    located: int
    first: int
    until: int


def clusters(lines: Lines, by: By, classes: tuple[str, ...] = (), *, until: int | None = None, work: Work) -> Clusters:
    """The clusters whose last day is `until` (the last complete one). Two statements besides what `work` needs."""
    last = lines.today if until is None else until
    first = last - DAYS + 1
    kept = lines.of(classes)
    days = lines.days[by]
    told = kept & (days != NEVER)
    people = lines.people()
    here, at_ = np.unique(lines.areas[told], return_inverse=True)
    wanted = sorted(set(people) | set(here.tolist()))
    rows = Area.objects.filter(pk__in=wanted).order_by("code").values_list("pk", "code", "name_zh", "name_en", "geometry")
    places = tuple(Place(pk, code, zh, en, middle(shape)) for pk, code, zh, en, shape in rows)
    position = {p.id: i for i, p in enumerate(places)}
    at = np.array([position[a] for a in here.tolist()], np.int64)[at_]
    on = days[told]
    counted = np.zeros((DAYS, len(places)))
    recent = (on >= first) & (on <= last)
    np.add.at(counted, (on[recent] - first, at[recent]), 1)
    size = np.array([people.get(p.id, 0) for p in places], np.float64)
    by_population = bool(len(places)) and size.sum() >= PERSONS_A_CASE * max(int(told.sum()), 1)
    if by_population:
        share = np.maximum(size, 1) / np.maximum(size, 1).sum()
        expected = np.tile(share * counted.sum() / DAYS, (DAYS, 1))
    else:
        before = (on < first) & (on >= first - USUAL)
        usual = np.bincount(at[before], minlength=len(places)).astype(float)
        # half a case more, so that a place without a past expects something
        expected = np.tile((usual + 0.5) / USUAL, (DAYS, 1))
    located = [i for i, p in enumerate(places) if p.at is not None]
    found: Any = []
    if counted.sum() and len(places) > 1:
        where = np.array([places[i].at or (0.0, 0.0) for i in range(len(places))])
        digest = digest_of("scan", counted, expected, where, [MOST, REACH_KM, REPLICATES])
        work.look_up([digest])
        found = work.of("scan", digest, 0.02 + 3e-9 * counted.size * min(MOST, max(len(located), 1)) * REPLICATES, _scan(counted, expected, where, located))
    told_found = None if found is None else tuple(_found(c, places, first) for c in found)
    return Clusters(places, counted.sum(0).astype(np.int64), told_found, by_population, len(located), first, last)


def _scan(counted: NDArray[np.float64], expected: NDArray[np.float64], where: NDArray[np.float64], located: list[int]) -> Callable[[], list[dict[str, Any]]]:
    def reckon() -> list[dict[str, Any]]:
        near = np.full((counted.shape[1], min(MOST, max(len(located), 1))), -1, np.int64)
        near[:, 0] = np.arange(counted.shape[1])
        if len(located) > 1:
            on_plane = plane(where[located])
            around = epi.nearest(on_plane, near.shape[1], reach=REACH_KM)
            names = np.array(located)
            near[located] = np.where(around >= 0, names[np.maximum(around, 0)], -1)
        told = epi.scan(counted, expected, near, replicates=REPLICATES)
        return [{"places": list(c.places), "periods": c.periods, "cases": c.cases, "expected": c.expected, "p": c.p} for c in told if c.cases >= 2 and c.p is not None and c.p <= 0.05]

    return reckon


def _found(told: dict[str, Any], places: tuple[Place, ...], first: int) -> Found:
    inside = tuple(int(i) for i in told["places"])
    at = [places[i].at for i in inside]
    centre = at[0]
    radius = None
    if centre is not None and all(p is not None for p in at):
        on_plane = plane(np.array(at, np.float64))
        radius = float(np.hypot(*(on_plane - on_plane[0]).T).max())
    return Found(inside, first + DAYS - int(told["periods"]), int(told["cases"]), float(told["expected"]), float(told["p"]), centre, radius)


def plane(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Longitude and latitude as kilometres on a plane, east-west at the middle latitude; good enough for a province."""
    middle_ = np.cos(np.radians(degrees[:, 1].mean())) if len(degrees) else 1.0
    return np.column_stack([degrees[:, 0] * KM_LON * middle_, degrees[:, 1] * KM_LAT])


def middle(shape: Any) -> tuple[float, float] | None:
    """The middle of the largest ring of a GeoJSON geometry, by its area (Bourke 1988)."""
    best, most = None, -1.0
    for ring in rings(shape):
        x, y = np.asarray(ring, np.float64).T
        c = x[:-1] * y[1:] - x[1:] * y[:-1]
        area = float(c.sum())
        if abs(area) > most:
            most = abs(area)
            best = (float(((x[:-1] + x[1:]) * c).sum() / (3 * area)), float(((y[:-1] + y[1:]) * c).sum() / (3 * area))) if area else ring[0]
    return best


def rings(shape: Any) -> list[list[tuple[float, float]]]:
    """The outer rings of a Polygon or MultiPolygon; a Point is a ring of itself."""
    if not shape:
        return []
    kind, told = shape.get("type"), shape.get("coordinates")
    if kind == "Point":
        return [[(told[0], told[1])] * 2]
    parts = [told] if kind == "Polygon" else told if kind == "MultiPolygon" else []
    return [[(p[0], p[1]) for p in part[0]] for part in parts if part]
