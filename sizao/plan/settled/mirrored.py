"""Settled cells in the mirror's own file: a cycle after a refresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sizao.plan.duck import Judged
from sizao.plan.mirror.before import BATCHES, came_or_went

from .changes import Changes
from .course import CycleResult, Listing
from .cycle import cycle

if TYPE_CHECKING:
    from sizao.plan.mirror.mirror import Mirror
    from sizao.plan.mirror.refreshing import Refreshed
    from sizao.plan.sql import Relations


def cycle_after(
    mirror: Mirror,
    refreshed: Refreshed,
    measures: Sequence[Judged],
    as_of: datetime,
    listing: Listing | None = None,
    related: Relations | None = None,
    made: Mapping[Any, str] | None = None,
) -> CycleResult:
    """Brings the mirror's cells (`SELECT * FROM cell`) to `as_of`, with all that the mirror holds. Areas are PostgreSQL's own.

    Args:
        refreshed: What `mirror.refresh(keep_before=True)` has just answered. Where a refresh was not followed by a cycle, everything is evaluated.
        measures: What is in force, for the one time zone of the store.
        as_of: In the civil time of that zone.
        listing: Is told of what is live (see `cycle`).
        related: What the mirror holds, where what measures share is worked out once; else each statement works it out.
        made: Pairs and lines of lists that were worked out for the measures (`Relations.made`).
    """
    [zone] = mirror.state.zones
    mirror.duck.execute("CREATE TABLE IF NOT EXISTS settled_turn (turn INTEGER)")
    row = mirror.duck.execute("SELECT max(turn) FROM settled_turn").fetchone()
    follows = refreshed.before and row is not None and row[0] == refreshed.turn - 1
    relations = replace(related or mirror.relations(zone), made=made or {})
    result = cycle(mirror.duck, measures, relations, as_of, changes(mirror, zone) if follows else None, listing=listing)
    mirror.duck.execute("DELETE FROM settled_turn")
    mirror.duck.execute("INSERT INTO settled_turn VALUES (?)", [refreshed.turn])
    return result


def changes(mirror: Mirror, zone: str) -> Changes:
    """What the last refresh of the mirror brought."""
    now, before = mirror.relations(zone), mirror.relations(zone, before=True)
    subjects = {name: came_or_went(mirror.layout, name, mirror.state.stirred) for name in mirror.layout.facts}
    numbers = (
        f"SELECT no FROM new_act UNION SELECT _no FROM act WHERE _batch IN ({BATCHES}) UNION "
        f"SELECT act FROM replaced WHERE act IS NOT NULL AND (_no IN (SELECT no FROM new_replaced) OR _batch IN ({BATCHES}))"
    )
    images = (
        f'SELECT a.kind, a.subject, a.person, a."at", a.period FROM ({sql}) a WHERE a.id IN ({numbers})' for sql in (now.act, before.act)
    )
    return Changes(before, subjects, " UNION ALL ".join(images))
