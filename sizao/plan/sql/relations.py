"""What a statement reads: named sub-queries, so that the same statement runs on registers, on a mirror or on test tables."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

NO_AREA_FACTS = (
    "SELECT CAST(NULL AS BIGINT) AS id, CAST(NULL AS BIGINT) AS area, CAST(NULL AS VARCHAR) AS scale, CAST(NULL AS VARCHAR) AS value, CAST(NULL AS DECIMAL(18, 3)) AS number, "
    "CAST(NULL AS TIMESTAMP) AS starts_at, CAST(NULL AS TIMESTAMP) AS ends_at, CAST(NULL AS TIMESTAMP) AS vf, CAST(NULL AS TIMESTAMP) AS vt WHERE FALSE"
)


class Over(Mapping[str, str]):
    """Tables with some of them put otherwise. Those below may be written only when they are asked for, so they are not copied."""

    def __init__(self, below: Mapping[str, str], other: Mapping[str, str]):
        self.below, self.other = below, other

    def __getitem__(self, name: str) -> str:
        return self.other[name] if name in self.other else self.below[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(self.below), **self.other})

    def __len__(self) -> int:
        return len({*self.below, *self.other})


@dataclass(frozen=True)
class Relations:
    """Each is the text of a SELECT. Times are naive, in the civil time of the zone judged; an open end is 9999-12-31, never null.

    facts: table → (id, person, area, disease, known, vf, vt, and its columns by their names), one row a version.
    act: (id, kind, subject, person, area, other, at, told_at, period, outcome, number). area: (id, parent, level), and code where a plan names areas.
    area_fact: (its own id, area, scale, value, number, starts_at, ends_at, vf, vt), what is said of areas, one row a version.
    up: (area, above, steps), each area with itself and every ancestor. post: (id, role, area, vf, vt). kept: (kind, area, since).
    versions: table → its rows of subjects that have more than one, where those are at hand (or some more).
    Worked out once for many statements, where somebody has: kinds: kind of act → its acts; owners: (role, place) → (area, post); keeping: act → (area, since);
    everywhere: act → since when it is kept, where that is the same for every area and for what has none.
    single: tables in which every subject has one version, which has stood since it was known.
    everybody: A statement is about all subjects of a table, and it is worth leaving out first for whom it can never hold.
    uuids: Ids of rows are UUIDs, else numbers. few: The rows of the facts are so few that their acts are looked for, and not all acts counted.
    names: (n, id), where rows have numbers in place of their own ids: which number stands for which id.
    here: (id) of the areas whose civil time this is, where the store has others besides.
    own: the rows of the measure's own table that are wanted, where others of that table are looked at besides; "" where all are.
    made: rows of pairs and of lines of lists that somebody has worked out, by `derived.key`. moved: of those that have several versions.
    """

    facts: Mapping[str, str]
    act: str
    area: str
    up: str
    post: str
    kept: str
    acts_of: Mapping[str, str] = field(default_factory=dict)
    area_fact: str = NO_AREA_FACTS
    versions: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[tuple[str, str], str] = field(default_factory=dict)
    keeping: Mapping[str, str] = field(default_factory=dict)
    everywhere: Mapping[str, datetime] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    single: Container[str] = ()
    everybody: bool = False
    uuids: bool = False
    few: bool = False
    names: str = ""
    here: str = ""
    own: str = ""
    made: Mapping[Any, str] = field(default_factory=dict)
    moved: Mapping[Any, str] = field(default_factory=dict)

    def acts(self, key: str, kind: str) -> str:
        """The acts, those of a kind among them, to be joined by their subject or by their person: narrower ones where the facts were narrowed."""
        return self.acts_of[key] if key in self.acts_of else self.of_kind(kind)

    def of_kind(self, kind: str) -> str:
        """All acts, or only those of a kind."""
        return self.kinds[kind] if kind and kind in self.kinds else self.act
