"""Who answers for an area, and since when an act is kept there: the SQL of it, asked by every measure alike."""

from __future__ import annotations

from .dialects import Dialect
from .relations import Relations


def answering(r: Relations, d: Dialect, as_of: str, role: str, place: str) -> str:
    """Every post of a role that could answer for an area (area, post, first, steps), and how far above it is. `as_of` is SQL."""
    post = f"SELECT p.id, p.area FROM ({r.post}) p WHERE p.role = {d.literal(role)} AND p.vf <= {as_of} AND p.vt > {as_of}"
    if place == "area":
        return f"SELECT u.area, p.id AS post, 0 AS first, u.steps FROM ({r.up}) u JOIN ({post}) p ON p.area = u.above"
    if place == "parent":
        return f"SELECT x.id AS area, p.id AS post, 0 AS first, u.steps FROM ({r.area}) x JOIN ({r.up}) u ON u.area = x.parent JOIN ({post}) p ON p.area = u.above"
    return (
        f"SELECT w.area, p.id AS post, w.steps AS first, u.steps FROM ({r.up}) w JOIN ({r.area}) x ON x.id = w.above AND x.level = {d.literal(place)} "
        f"JOIN ({r.up}) u ON u.area = w.above JOIN ({post}) p ON p.area = u.above"
    )


def nearest(r: Relations, d: Dialect, as_of: str, role: str, place: str) -> str:
    """The nearest of them: (area, post)."""
    among = answering(r, d, as_of, role, place)
    return f"SELECT area, post FROM (SELECT f.area, f.post, row_number() OVER (PARTITION BY f.area ORDER BY f.first, f.steps, f.post) AS place FROM ({among}) f) g WHERE place = 1"


def keeping(r: Relations, d: Dialect, act: str) -> str:
    """Since when an act is kept (area, since); for subjects without an area under NULL, from the top of the tree."""
    kind = d.literal(act)
    return (
        f"SELECT u.area, min(k.since) AS since FROM ({r.up}) u JOIN ({r.kept}) k ON k.area = u.above WHERE k.kind = {kind} GROUP BY u.area UNION ALL "
        f"SELECT NULL AS area, min(k.since) AS since FROM ({r.kept}) k JOIN ({r.area}) x ON x.id = k.area WHERE k.kind = {kind} AND x.parent IS NULL"
    )
