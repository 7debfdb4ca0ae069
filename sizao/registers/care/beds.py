"""Beds as they were last told and as they are taken: how many of a class are open, occupied and free, and how old the number is. No person is in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from sizao.kernel.ids import uuid_array


@dataclass(frozen=True, slots=True)
class Beds:
    """Beds of one class in one unit.

    Attributes:
        open: Open and staffed, as last told; None where nobody told it.
        occupied: By who is recorded here or was told to lie there, whichever is more.
        told_at: How old `open` is.
    """

    unit: UUID
    bed_class: str
    open: int | None
    occupied: int
    told_at: datetime | None

    @property
    def free(self) -> int | None:
        """None where nobody told how many are open; never below zero (over the number is told by `over`)."""
        return None if self.open is None else max(0, self.open - self.occupied)

    @property
    def over(self) -> int:
        """Patients beyond the beds, taken in as emergencies."""
        return 0 if self.open is None else max(0, self.occupied - self.open)


@dataclass(frozen=True, slots=True)
class Near:
    """A unit with a bed free. `steps`: how many levels of the tree of areas lie between (0: the same area)."""

    unit: UUID
    name: str
    free: int
    told_at: datetime
    steps: int


def beds_of(units: Iterable[UUID]) -> list[Beds]:
    """Every class of bed of these units. One statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT u, b.* FROM unnest(%s::uuid[]) u CROSS JOIN LATERAL care_beds(u) b ORDER BY u, 2", [uuid_array(units)])
        return [Beds(*row) for row in cursor.fetchall()]


def nearest(path: str, bed_class: str, *, but: Iterable[UUID] = (), most: int = 3) -> list[Near]:
    """Hospitals with a bed of that class free, the nearest in the tree of areas first, then the one with more. They may lie beyond the own area: beds are no persons."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT u.id, u.name, b.open_staffed - b.occupied AS free, b.told_at, a.path FROM care_hospital h JOIN ledgers_reportingunit u ON u.id = h.unit_id JOIN kernel_area a ON a.id = u.area_id
              CROSS JOIN LATERAL care_beds(u.id) b
            WHERE b.bed_class = %s AND b.open_staffed > b.occupied AND u.in_use IS NOT FALSE AND u.id <> ALL (%s::uuid[])
            """,
            [bed_class, uuid_array(but)],
        )
        found = [Near(unit, name, free, told, _steps(path, there)) for unit, name, free, told, there in cursor.fetchall()]
    return sorted(found, key=lambda n: (n.steps, -n.free, n.name))[:most]


@dataclass(frozen=True, slots=True)
class There:
    """Beds of one class of one unit, and in which area it lies."""

    path: str
    bed_class: str
    open: int | None
    occupied: int
    told_at: datetime | None


def beds_by_area(classes: Iterable[str], path: str = "") -> list[There]:
    """Beds of these classes in hospitals and isolation sites below an area ("": everywhere). They name no person. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.path, b.bed_class, b.open_staffed, b.occupied, b.told_at FROM ledgers_reportingunit u JOIN kernel_area a ON a.id = u.area_id CROSS JOIN LATERAL care_beds(u.id) b
            WHERE (u.kind = 'isolation_site' OR EXISTS (SELECT 1 FROM care_hospital h WHERE h.unit_id = u.id)) AND u.in_use IS NOT FALSE AND a.path LIKE %s AND b.bed_class = ANY (%s)
            ORDER BY a.path, u.id, b.bed_class
            """,
            [path + "%", list(classes)],
        )
        return [There(*row) for row in cursor.fetchall()]


def _steps(one: str, other: str) -> int:
    a, b = one.rstrip(".").split("."), other.rstrip(".").split(".")
    shared = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return len(a) + len(b) - 2 * shared
