"""The lines of lists and the pairs that a condition joins, as relations like those of any register: see `sizao.plan.derived` for what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sizao.kernel.facts import FactsTable
from sizao.plan.derived import midnight
from sizao.plan.language.measure import BEGINNING, FAR
from sizao.plan.language.nodes import Compare
from sizao.plan.language.subjects import Entry, Lines, Pair, Side, area_side, id_of
from sizao.plan.obligations import Force

from .dialects import Dialect
from .relations import Relations


def facts(t: FactsTable, r: Relations, force: Force, d: Dialect) -> str:
    """SELECT of every version of a table's rows, a register's or a derived one's."""
    if isinstance(t, Lines):
        return Writer(r, force, d).lines(t)
    if isinstance(t, Pair):
        return Writer(r, force, d).pair(t)
    return r.facts[t.name]


class Writer:
    def __init__(self, r: Relations, force: Force, d: Dialect):
        self.r, self.force, self.d = r, force, d
        self.id_type = "UUID" if r.uuids else "BIGINT"

    # -- lists

    def lines(self, t: Lines) -> str:
        names = [c.name for c in t.columns if c.name not in ("code", "starts_on", "ends_on")]
        rows = [f"SELECT {self.line(t, entry, names)}" for entry in t.entries]
        nothing = f"SELECT {self.line(t, Entry('-', more={}), names)} WHERE FALSE"
        return " UNION ALL ".join(rows) or nothing

    def line(self, t: Lines, entry: Entry, names: list[str]) -> str:
        begins = midnight(entry.first) if entry.first else BEGINNING
        values: Mapping[str, tuple[str, str]] = {
            "id": (self.literal(id_of(entry.key(t.list), self.r.uuids)), self.id_type),
            "person": ("NULL", self.id_type),
            "area": (self.area(entry), "BIGINT"),
            "disease": ("NULL", "VARCHAR"),
            **{name: (self.literal(at), "TIMESTAMP") for name, at in (("known", begins), ("vf", begins), ("vt", FAR))},
            "code": (self.literal(entry.code), "VARCHAR"),
            "starts_on": (self.literal(entry.first), "DATE"),
            "ends_on": (self.literal(entry.last), "DATE"),
            **{name: (self.literal((entry.more or {}).get(name)), "VARCHAR") for name in names},
        }
        return ", ".join(f'CAST({sql} AS {kind}) AS "{name}"' for name, (sql, kind) in values.items())

    def area(self, entry: Entry) -> str:
        """Where a line lies."""
        if entry.area is not None:
            return f"(SELECT min(x.id) FROM ({self.r.area}) x WHERE x.code = {self.d.text(entry.area)})"
        if self.force.area is not None:
            return self.d.literal(self.force.area)
        return f"(SELECT min(x.id) FROM ({self.r.area}) x WHERE x.parent IS NULL)"

    def literal(self, value: Any) -> str:
        return self.d.literal(value)

    # -- pairs

    def pair(self, t: Pair) -> str:
        first, second = t.sides
        row = dict(zip((side.name for side in t.sides), "ab", strict=True))
        text = "concat(CAST(a.id AS VARCHAR), '|', CAST(b.id AS VARCHAR))"
        who = next((row[side.name] for side in t.sides if side.table.person), None)
        columns = {
            "id": self.d.row_id(text, self.r.uuids),
            "person": f'{who}."person"' if who else f"CAST(NULL AS {self.id_type})",
            "area": f'{row[area_side(t).name]}."area"',
            "disease": 'coalesce(a."disease", b."disease")',
            "known": 'greatest(a."known", b."known")',
            "vf": 'greatest(a."vf", b."vf")',
            "vt": 'least(a."vt", b."vt")',
        }
        for side in t.sides:
            columns |= called(side, row[side.name])
        insides = [j for j in t.joins if not isinstance(j, Compare)]
        together = 'a."vf" < b."vt" AND b."vf" < a."vt"'
        ups, tests = [], [together, '(a."disease" IS NULL OR b."disease" IS NULL OR a."disease" = b."disease")']
        for i, join in enumerate(insides):
            near, far = ("area", "above") if join.inner == f"{first.name}.area" else ("above", "area")
            ups.append(f'JOIN ({self.r.up}) u{i} ON u{i}.{near} = a."area"')
            tests.append(f'b."area" = u{i}.{far}')
        tests += [f"{columns[j.left.name]} = {columns[j.right.name]}" for j in t.joins if isinstance(j, Compare)]
        listed = ", ".join(f'{sql} AS "{name}"' for name, sql in columns.items())
        one, other = (facts(side.table, self.r, self.force, self.d) for side in (first, second))
        once = f'SELECT DISTINCT a."id" AS one, b."id" AS other FROM ({one}) a {" ".join(ups)} JOIN ({other}) b ON {" AND ".join(tests)}'
        return f'SELECT {listed} FROM ({once}) k JOIN ({one}) a ON a."id" = k.one JOIN ({other}) b ON b."id" = k.other AND {together}'


def called(side: Side, row: str) -> dict[str, str]:
    """The columns of one side as the pair calls them."""
    own = [*(c.name for c in side.table.stored), *(link.name for link in side.table.links), "person", "area"]
    return {side.name: f'{row}."id"', **{f"{side.name}.{name}": f'{row}."{name}"' for name in own}}
