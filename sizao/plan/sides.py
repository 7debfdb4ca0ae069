"""The two rows of which a pair on a list was made. Its id is a digest of theirs, so they are looked for among the rows of its area."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from .facts import vocabulary
from .pair import OutOfTime, answers
from .views import Listed

#: What a page may spend on it; what was not found by then is called by its short handle, as before.
SECONDS = 0.5


def sides(rows: Iterable[Listed]) -> dict[UUID, tuple[tuple[str, UUID], tuple[str, UUID]]]:
    """Subject of a pair → ((table, id), (table, id)). Pairs with the line of a list, and those for which there was no time, are absent."""
    wanted: dict[str, list[Listed]] = {}
    for r in rows:
        if "+" in r.table and r.area is not None:
            wanted.setdefault(r.table, []).append(r)
    tables = vocabulary().tables
    found: dict[UUID, tuple[tuple[str, UUID], tuple[str, UUID]]] = {}
    for name, listed in wanted.items():
        first, second = (tables.get(side) for side in name.split("+"))
        if first is None or second is None:
            continue
        areas = ", ".join(sorted({str(int(r.area.pk)) for r in listed if r.area is not None}))
        ids = ", ".join(sorted({f"'{UUID(str(r.subject))}'" for r in listed}))
        paired = "CAST(md5(CAST(a.id AS TEXT) || '|' || CAST(b.id AS TEXT)) AS UUID)"
        sql = f'SELECT {paired} AS pair, a.id AS one, b.id AS other FROM "{first.relation}" a CROSS JOIN "{second.relation}" b WHERE a.area_id IN ({areas}) AND {paired} IN ({ids})'
        try:
            told = answers(sql, SECONDS)
        except OutOfTime:
            continue
        found |= {row["pair"]: ((first.name, row["one"]), (second.name, row["other"])) for row in told}
    return found
