"""A register as the reference reads it: versions of subjects, acts, the tree of areas, posts, and what is kept since when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from .language.agreeing import ACT_KEYS, pairs
from .language.measure import Measure
from .obligations import Force

Row = Mapping[str, Any]


class Register:
    """What was known at `known_at`, in naive local time.

    facts: table → versions {id, person, area, disease, known, vf, vt, …}; a version stood in [vf, vt), vt never None.
    acts: {id, kind, subject, person, area, other, at, told_at, period, outcome, number}. areas: id → (parent, level). posts: {id, role, area, vf, vt}.
    kept: {kind, area, since}. area_facts: {id, area, scale, value, number, starts_at, ends_at, vf, vt}. codes: code of an area → its id.
    """

    def __init__(
        self,
        facts: Mapping[str, Iterable[Row]],
        acts: Iterable[Row] = (),
        areas: Mapping[Any, tuple[Any, str]] | None = None,
        posts: Iterable[Row] = (),
        kept: Iterable[Row] = (),
        area_facts: Iterable[Row] = (),
        codes: Mapping[str, Any] | None = None,
        uuids: bool = False,
    ):
        self.uuids = uuids  # ids are UUIDs: so are those of what has none of its own
        self.areas, self.posts, self.kept, self.area_facts, self.codes = areas or {}, list(posts), list(kept), list(area_facts), codes or {}
        self.known: dict[Any, Any] = {}  # other measures, evaluated once
        self.versions: dict[str, dict[Any, list[Row]]] = {table: defaultdict(list) for table in facts}
        for table, rows in facts.items():
            for row in sorted(rows, key=lambda r: r["vf"]):
                self.versions[table][row["id"]].append(row)
        self.acts: dict[tuple[str, str, Any], list[Row]] = defaultdict(list)
        for act in sorted(acts, key=lambda a: a["at"]):
            for key in ACT_KEYS:
                if act.get(key) is not None:
                    self.acts[key, act["kind"], act[key]].append(act)

    def standing(self, table: str, subject: Any, t: datetime) -> Row | None:
        """The version of a subject that stood at t."""
        return next((row for row in self.versions[table][subject] if row["vf"] <= t < row["vt"]), None)

    def of_person(self, table: str, person: Any, t: datetime) -> list[Row]:
        """The rows of a table about a person that stood at t."""
        if person is None:
            return []
        return [r for versions in self.versions[table].values() for r in versions if r["person"] == person and r["vf"] <= t < r["vt"]]

    def done(self, kind: str, key: str, row: Row, as_of: datetime) -> list[Row]:
        """Acts of a kind that agree with this row and had happened by `as_of`, earliest first."""
        on = [(act, row[column]) for act, column in pairs(key)]
        if any(value is None for _, value in on):
            return []
        first, named = on[0]
        return [act for act in self.acts[first, kind, named] if act["at"] <= as_of and all(act.get(column) == value for column, value in on)]

    def above(self, area: Any) -> Iterator[Any]:
        """The area, then its ancestors."""
        while area is not None:
            yield area
            area = self.areas[area][0]

    def kept_since(self, kind: str, area: Any) -> datetime | None:
        """From when acts of a kind are kept there. A subject without an area is under what holds at the top of the tree."""
        places = set(self.above(area)) if area is not None else {a for a, (parent, _) in self.areas.items() if parent is None}
        return min((k["since"] for k in self.kept if k["kind"] == kind and k["area"] in places), default=None)

    def owner(self, m: Measure, area: Any, as_of: datetime) -> Any:
        """The nearest post of the role that stands now; the one made first where there are several."""
        chain = list(self.above(area))
        if m.by.place == "parent":
            chain = chain[1:]
        elif m.by.place != "area":
            levels = [self.areas[a][1] for a in chain]
            chain = chain[levels.index(m.by.place) :] if m.by.place in levels else []
        for place in chain:
            found = [p["id"] for p in self.posts if p["role"] == m.by.role and p["area"] == place and p["vf"] <= as_of < p["vt"]]
            if found:
                return min(found)
        return None

    def belongs(self, area: Any, force: Force, moment: datetime, disease: str | None) -> bool:
        """What opens in that area at that moment, about a row of that disease, is this enactment's: inside its area, and no narrower one's."""
        narrower = [n for n in force.narrower if n.takes(moment, disease)]
        return self.inside(area, force) and not (narrower and {n.area for n in narrower} & set(self.above(area)))

    def inside(self, area: Any, force: Force) -> bool:
        """It lies below the area of the enactment; what has no area belongs to the top of the tree."""
        if force.area is None:
            return True
        return force.area in self.above(area) if area is not None else self.areas[force.area][0] is None
