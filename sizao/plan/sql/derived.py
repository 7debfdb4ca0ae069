"""The lines of lists and the pairs that a condition joins, as relations like those of any register: see `sizao.plan.derived` for what they mean.

Their ids are made from real ones, the same in every engine. Where rows have numbers (`Relations.names`), so have they: the number that stands for
their id, and one below 0 where none does yet; then no act names them either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sizao.kernel.facts import FactsTable
from sizao.plan.derived import midnight
from sizao.plan.language.measure import BEGINNING, FAR
from sizao.plan.language.nodes import Compare
from sizao.plan.language.subjects import Entry, Lines, Pair, Side, area_side, derived, id_of
from sizao.plan.obligations import Force

from .dialects import Dialect
from .relations import Relations

NAME = "name:"  # the column that holds the text of a row's own id, where something hangs on it


def facts(t: FactsTable, r: Relations, force: Force, d: Dialect, wanted: str = "", unnamed: int = 0) -> str:
    """SELECT of every version of a table's rows, a register's or a derived one's. `wanted`: of pairs, only those of which some version `n` fulfils this, and
    those of rows that changed.
    `unnamed`: pairs get the numbers below minus this, and no names: `names` finds those of the few for whom they are asked."""
    if derived(t) and key(t, force) in r.made:
        return r.made[key(t, force)]
    if isinstance(t, Lines):
        return Writer(r, force, d).lines(t)
    if isinstance(t, Pair):
        return Writer(r, force, d, unnamed).pair(t, wanted)
    return r.facts[t.name]


def key(t: FactsTable, force: Force) -> Any:
    """What the rows of a derived table hang on, beside the registers."""
    sides = tuple(key(side.table, force) for side in getattr(t, "sides", ()) if derived(side.table))
    return (t.name, getattr(t, "joins", ()), getattr(t, "entries", ()), sides, force.area)


def names(t: Pair, r: Relations, d: Dialect, pairs: str) -> str:
    """SELECT of (n, id): which ids the numbers of pairs stand for that were made `unnamed`. `pairs`: their rows."""
    one, other = (f'x."{side.name}"' for side in t.sides)
    return (
        f"SELECT DISTINCT x.id AS n, {d.uuid(d.named(_both('CAST(a.id AS VARCHAR)', 'CAST(b.id AS VARCHAR)')))} AS id "
        f"FROM ({pairs}) x JOIN ({r.names}) a ON a.n = {one} JOIN ({r.names}) b ON b.n = {other}"
    )


def _both(one: str, other: str) -> str:
    """The text that a pair's id is made from."""
    return f"concat({one}, '|', {other})"


class Writer:
    def __init__(self, r: Relations, force: Force, d: Dialect, unnamed: int = 0):
        self.r, self.force, self.d, self.unnumbered = r, force, d, unnamed
        self.id_type = "UUID" if r.uuids else "BIGINT"

    # -- lists

    def lines(self, t: Lines) -> str:
        names = [c.name for c in t.columns if c.name not in ("code", "starts_on", "ends_on")]
        rows = [f"SELECT {self.line(t, entry, names)}" for entry in t.entries]
        nothing = f"SELECT {self.line(t, Entry('-', more={}), names)} WHERE FALSE"
        every = " UNION ALL ".join(rows) or nothing
        if not self.r.here:  # else each line is judged once, in the time of where it lies
            return every
        return f"SELECT l.* FROM ({every}) l WHERE coalesce(l.area, {self.top}) IN ({self.r.here})"

    def line(self, t: Lines, entry: Entry, names: list[str]) -> str:
        begins = midnight(entry.first) if entry.first else BEGINNING
        own = str(id_of(entry.key(t.list), self.r.uuids or bool(self.r.names)))
        values: Mapping[str, tuple[str, str]] = {
            "id": (self.number(own) if self.r.names else self.literal(id_of(entry.key(t.list), self.r.uuids)), self.id_type),
            "person": ("NULL", self.id_type),
            "area": (self.area(entry), "BIGINT"),
            "disease": ("NULL", "VARCHAR"),
            **{name: (self.literal(at), "TIMESTAMP") for name, at in (("known", begins), ("vf", begins), ("vt", FAR))},
            "code": (self.literal(entry.code), "VARCHAR"),
            "starts_on": (self.literal(entry.first), "DATE"),
            "ends_on": (self.literal(entry.last), "DATE"),
            NAME: (self.literal(own), "VARCHAR"),
            **{name: (self.literal((entry.more or {}).get(name)), "VARCHAR") for name in names},
        }
        return ", ".join(f'CAST({sql} AS {kind}) AS "{name}"' for name, (sql, kind) in values.items())

    def number(self, own: str) -> str:
        """The number of a line, by the text of its id."""
        text = self.literal(own)
        return f"coalesce((SELECT min(y.n) FROM ({self.r.names}) y WHERE y.id = {self.d.uuid(text)}), {self.unnamed(text)})"

    def unnamed(self, name: str) -> str:
        """A number of what no number stands for."""
        return f"-1 - {self.d.number_named(f'substr(md5({name}), 1, 15)')}"

    def area(self, entry: Entry) -> str:
        """Where a line lies."""
        if entry.area is not None:
            return f"(SELECT min(x.id) FROM ({self.r.area}) x WHERE x.code = {self.d.text(entry.area)})"
        return self.d.literal(self.force.area) if self.force.area is not None else self.top

    @property
    def top(self) -> str:
        return f"(SELECT min(x.id) FROM ({self.r.area}) x WHERE x.parent IS NULL)"

    def literal(self, value: Any) -> str:
        return self.d.literal(value)

    # -- pairs

    def pair(self, t: Pair, wanted: str = "") -> str:
        first, second = t.sides
        row = dict(zip((side.name for side in t.sides), "ab", strict=True))
        who = next((row[side.name] for side in t.sides if side.table.person), None)
        columns = {
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
        names = "".join(f', {alias}."{NAME}" AS {alias}_name' for side, alias in zip(t.sides, "ab", strict=True) if derived(side.table))
        joined = f'FROM ({one}) a {" ".join(ups)} JOIN ({other}) b ON {" AND ".join(tests)}'
        once = f'SELECT DISTINCT a."id" AS one, b."id" AS other{names} {joined}'
        if wanted:
            own = "".join(f", n.{alias}_name" for side, alias in zip(t.sides, "ab", strict=True) if derived(side.table))
            # Of a row that changed, the version that joins may not be the one that is wanted, and that one need not join.
            changed = " OR ".join(f'{row}."vf" > {row}."known" OR {row}."vt" < {self.literal(FAR)}' for row in "ab")
            joins = f'SELECT a."id" AS one, b."id" AS other{names}, {changed} AS changed, {listed} {joined}'
            once = f"SELECT DISTINCT n.one, n.other{own} FROM ({joins}) n WHERE n.changed OR {wanted}"
        # Written so that no planner joins all rows with all others by their times first.
        together = 'CASE WHEN a."vf" < b."vt" THEN b."vf" < a."vt" ELSE FALSE END'
        return (
            f'SELECT k.id AS "id", k.name AS "{NAME}", {listed} FROM ({self.named(t, once)}) k JOIN ({one}) a ON a."id" = k.one '
            f'JOIN ({other}) b ON b."id" = k.other AND {together}'
        )

    def named(self, t: Pair, once: str) -> str:
        """The pairs with their ids, made from those of their sides, and the text of it."""
        if self.unnumbered:
            return f"SELECT x.one, x.other, -({self.unnumbered} + row_number() OVER ()) AS id, CAST(NULL AS VARCHAR) AS name FROM ({once}) x"
        texts, joins = [], []
        for side, alias, number in zip(t.sides, "ab", ("one", "other"), strict=True):
            if derived(side.table):
                texts.append(f"x.{alias}_name")
            elif self.r.names:
                texts.append(f"CAST({alias}.id AS VARCHAR)")
                joins.append(f"JOIN ({self.r.names}) {alias} ON {alias}.n = x.{number}")
            else:
                texts.append(f"CAST(x.{number} AS VARCHAR)")
        text = _both(*texts)
        if not self.r.names:
            id_ = self.d.row_id(text, self.r.uuids)
            return f"SELECT x.one, x.other, {id_} AS id, CAST({id_} AS VARCHAR) AS name FROM ({once}) x"
        own = f"SELECT x.one, x.other, {self.d.named(text)} AS name FROM ({once}) x {' '.join(joins)}"
        return f"SELECT o.one, o.other, o.name, coalesce(y.n, {self.unnamed('o.name')}) AS id FROM ({own}) o LEFT JOIN ({self.r.names}) y ON y.id = {self.d.uuid('o.name')}"


def called(side: Side, row: str) -> dict[str, str]:
    """The columns of one side as the pair calls them."""
    own = [*(c.name for c in side.table.stored), *(link.name for link in side.table.links), "person", "area"]
    return {side.name: f'{row}."id"', **{f"{side.name}.{name}": f'{row}."{name}"' for name in own}}
