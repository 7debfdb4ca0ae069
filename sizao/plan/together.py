"""Lists of several measures in one statement: where areas lie, who answers and since when acts are kept is worked out once in it, not once a measure.

A post's list is asked for all day by everybody who has one. Its statement is the same for every post of a role: the instant, the post and its area are asked
for as $1, $2, …, so that the database plans it once. Planning it took longer than running it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sizao.kernel.models import Post

from .evaluation import naive
from .relations import up_below
from .sql import POSTGRES, Asked, Relations
from .sql.answering import keeping, nearest


class _Needed(Mapping[Any, str]):
    """A SELECT for every key there is; what was asked for stays in `ctes`."""

    def __init__(self, ctes: dict[str, str], name: str, made: Callable[[Any], str]):
        self.ctes, self.name, self.made, self.names = ctes, name, made, dict[Any, str]()

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: Any) -> str:
        if key not in self.names:
            self.names[key] = f"{self.name}_{len(self.names)}"
            self.ctes[self.names[key]] = self.made(key)
        return f"SELECT * FROM {self.names[key]}"

    def __iter__(self) -> Iterator[Any]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class Together:
    """What the statements of one list share, zone by zone. Only what one post answers for is listed: `$1` is that post, `$2` the pattern of
    the paths of its areas, and an instant in the civil time of each zone follows in order."""

    POST, INSIDE = "$1", "$2"

    def __init__(self, as_of: datetime, zones: Sequence[str]):
        self.instants: Mapping[str, Asked] = {zone: Asked(naive(as_of, zone), f"${n}") for n, zone in enumerate(zones, 3)}
        self.near = dict[str, Mapping[str, str]]()
        self.ctes, self.made, self.names = dict[str, str](), dict[str, Relations](), dict[tuple[str, str, str], str]()

    @staticmethod
    def asked(post: Post, as_of: datetime, zones: Sequence[str]) -> list[tuple[str, Any]]:
        """What is asked of the statement: types and values in order."""
        return [("bigint", post.pk), ("text", f"{post.area.path}%"), *(("timestamp", naive(as_of, zone)) for zone in zones)]

    def over(self, related: Relations, zone: str, table: str) -> Relations:
        """The relations of a measure about a table in a zone, those that are shared put by their names."""
        zoned = self.made.get(zone) or self._zone(related, zone)
        own = self._once(zone, table, "rows", related.own or related.facts[table]) if related.own or related.acts_of else ""
        acts = {key: self._once(zone, table, key, sql) for key, sql in related.acts_of.items()}
        # A measure that looks at its own row alone is listed only where that row's area is the post's; what looks elsewhere asks of every area.
        kept = zoned.keeping if related.own or not related.acts_of else self.near[zone]
        return replace(related, up=zoned.up, owners=zoned.owners, keeping=kept, own=own, acts_of=acts)

    def _zone(self, related: Relations, zone: str) -> Relations:
        n = len(self.made)
        self.ctes[f"lie_{n}"] = related.up
        plain = replace(related, up=f"SELECT * FROM lie_{n}")
        # Only areas below the post's own can be answered for by it.
        near = replace(plain, up=up_below(self.INSIDE))
        self.near[zone] = _Needed(self.ctes, f"near_{n}", lambda act: keeping(near, POSTGRES, act))
        as_of = self.instants[zone].parameter
        owners = _Needed(self.ctes, f"answers_{n}", lambda by: f"SELECT * FROM ({nearest(near, POSTGRES, as_of, *by)}) a WHERE a.post = {self.POST}")
        self.made[zone] = replace(plain, owners=owners, keeping=_Needed(self.ctes, f"since_{n}", lambda act: keeping(plain, POSTGRES, act)))
        return self.made[zone]

    def _once(self, zone: str, table: str, what: str, sql: str) -> str:
        key = (zone, table, what)
        if key not in self.names:
            self.names[key] = f"wanted_{len(self.names)}"
            self.ctes[self.names[key]] = sql
        return f"SELECT * FROM {self.names[key]}"

    def whole(self, statement: str) -> str:
        """A statement with all that its parts have asked for before it. `statement` begins with its own common table expressions, without WITH."""
        return "WITH " + "".join(f"{name} AS MATERIALIZED ({sql}), " for name, sql in self.ctes.items()) + statement
