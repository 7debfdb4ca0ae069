"""What a cell counts, as tests on an obligation; and the statements that add up, the same on every engine. This file knows no database."""

from __future__ import annotations

TESTS = {
    "owed": "state IN ('met', 'late', 'overdue')",
    "met": "state = 'met'",
    "late": "state = 'late'",
    "overdue": "state = 'overdue'",
    "missing": "state = 'overdue' AND doable",
    "missed": "state = 'overdue' AND NOT doable",
    "open": "state = 'open'",
    "ahead": "state = 'ahead'",
    "waiting": "state = 'waiting'",
    "closed": "state = 'closed'",
    "cannot_tell": "state = 'cannot_tell'",
    "ownerless": "post IS NULL AND (state IN ('open', 'cannot_tell') OR state = 'overdue' AND doable)",
    "unlisted": "state = 'unlisted'",
    "told_late": "told_late",
}
#: Counted by a run, beside the states: lists that are not complete, and what was found by those who looked.
BESIDE = {
    "short": "state = 'short'",
    "no_list": "state = 'no_list'",
    "looked": "seen IS NOT NULL",
    "untrue": "NOT seen",
    "raised": "raised > 0",
}
COUNTED = TESTS | BESIDE
#: By how many all short lists of a cell are short together.
SHORT_BY = "CASE WHEN state = 'short' THEN CAST(ceil(need) - have AS BIGINT) ELSE 0 END"
#: The lists whose rows a list is made of, where it is not a state itself; a run may say of any of them that it was not kept.
STATES_OF = {
    "missing": ("missing", "overdue"),
    "missed": ("missed", "overdue"),
    "ownerless": ("open", "cannot_tell", "missing", "overdue"),
    "told_late": ("met",),
    "looked": ("met", "late"),
    "untrue": ("met", "late"),
    "raised": ("missing", "overdue"),
    "risen": ("missing", "overdue"),
}


def leaf_counts(relation: str, top: int | str) -> str:
    """Counts by the area itself, by state, by who answers and by how far up it has risen. What has no area stands at the top of the edition's."""
    counts = ", ".join(f"count(*) FILTER (WHERE {test}) AS {name}" for name, test in COUNTED.items())
    return (
        f"SELECT o.measure, coalesce(o.area, {top}) AS area, o.state, o.post, o.raised AS levels, count(*) AS n, {counts}, sum({SHORT_BY}) AS short_by "
        f"FROM {relation} o GROUP BY 1, 2, 3, 4, 5"
    )


ALIKE = ("no", "area", "state", "post", "raised", "doable", "told_late", "seen")  # obligations that agree in these are counted alike


def alike(relation: str) -> str:
    """How many obligations are alike: by what every count hangs on, so that of many rows little is asked. `counts` makes of it what `leaf_counts` does."""
    names = ", ".join(f"o.{name}" for name in ALIKE)
    return f"SELECT {names}, count(*) AS n, CAST(sum({SHORT_BY}) AS BIGINT) AS short_by FROM {relation} o GROUP BY {names}"


def counts(found: str) -> str:
    """SELECT of what was found `alike`, each line with its counts."""
    sums = ", ".join(f"CASE WHEN {test} THEN n ELSE 0 END AS {name}" for name, test in COUNTED.items())
    return f"SELECT no AS measure, area, state, post, raised AS levels, n, {sums}, short_by FROM {found}"


def risen(leaf: str, post: str, up: str) -> str:
    """How many have risen to each area: so many levels above who answers, or above the area itself where nobody does."""
    return (
        f"SELECT l.measure, u.above AS area, sum(l.n) AS n FROM {leaf} l LEFT JOIN ({post}) p ON p.id = l.post "
        f"JOIN ({up}) u ON u.area = coalesce(p.area, l.area) AND u.steps BETWEEN 1 AND l.levels WHERE l.levels > 0 GROUP BY l.measure, u.above"
    )


def cells(leaf: str, rise: str, up: str, before: str) -> str:
    """Cells of every level: `before` (the run's and the enactment's numbers), measure, area, and the counts in the order of `COUNTS`."""
    sums = ", ".join(f"CAST(sum(l.{name}) AS BIGINT)" for name in (*COUNTED, "short_by"))
    return (
        f"SELECT {before}, l.measure, u.above, {sums}, CAST(coalesce(max(r.n), 0) AS BIGINT) FROM {leaf} l JOIN ({up}) u ON u.area = l.area "
        f"LEFT JOIN {rise} r ON r.measure = l.measure AND r.area = u.above GROUP BY l.measure, u.above"
    )


COUNTS = (*COUNTED, "short_by", "risen")  # what a cell of a run holds
OWED_AMOUNTS = "o.state IN ('met', 'late', 'overdue') AND o.have IS NOT NULL AND o.need IS NOT NULL"
ENOUGH = "CASE WHEN o.state = 'late' THEN o.need ELSE least(o.have, o.need) END"


def own_amounts(relation: str) -> str:
    """What `amounts` adds up, by measure and the area itself, and nothing where there is none."""
    return (
        f"SELECT o.measure, o.area, coalesce(o.unit, '') AS unit, count(*) AS owed, count(*) FILTER (WHERE o.state = 'overdue') AS short, sum(o.have) AS have, "
        f"sum({ENOUGH}) AS filled, sum(o.need) AS need FROM {relation} o WHERE {OWED_AMOUNTS} GROUP BY ALL"
    )


def amounts(relation: str, up: str, top: int, before: str) -> str:
    """Σ have, Σ min(have, need), Σ need of what is owed, for each unit of measure; what came late was reached. Beside them how many are short."""
    return (
        f"SELECT {before}, o.measure, u.above, coalesce(o.unit, ''), count(*), count(*) FILTER (WHERE o.state = 'overdue'), sum(o.have), sum({ENOUGH}), sum(o.need) "
        f"FROM {relation} o JOIN ({up}) u ON u.area = coalesce(o.area, {top}) "
        f"WHERE {OWED_AMOUNTS} GROUP BY o.measure, u.above, coalesce(o.unit, '')"
    )
