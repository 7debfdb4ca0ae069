"""Many invented registers side by side in one set of tables, so that one statement lists what all of them owe.

No id of one is met in another. What a statement says once for the whole store is laid out so that it holds for each: the area of an edition is an
area above that very area of every register, and what is kept at the top of the tree is the same in all. What would meet across registers none the
less, the lines of lists (they lie in the one area of a code) and pairs joined by a text, is listed register by register, and not of each (`ALONE`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import astuple, dataclass, replace

from engine_edition import ACTS
from engine_registers import AREAS, START, Choices, as_of, crowd, force, narrower
from engine_tables import COLUMNS, RELATIONS, rows

from sizao.plan.completeness import beside
from sizao.plan.figures import figures
from sizao.plan.language.measure import Measure
from sizao.plan.language.subjects import Lines
from sizao.plan.obligations import FIELDS, Force
from sizao.plan.reference import evaluate
from sizao.plan.register import Register
from sizao.plan.sql import compile_beside, compile_measure
from sizao.plan.sql.dialects import Dialect
from sizao.plan.sql.relations import Relations
from sizao.plan.sql.shown import figures as figures_sql
from sizao.plan.sql.shown import shown_values

APART = 100_000
ABOVE = 10**12  # the areas that stand for an area of every register


@dataclass
class Batch:
    """Registers, and how many of them there are in which tables."""

    seed: int
    registers: list[Register]

    @classmethod
    def seeded(cls, seed: int, size: int) -> Batch:
        c = Choices.seeded(seed)
        tops = [{"kind": a.kind, "since": START + dt.timedelta(days=c.pick([-100, -100, 3, 9]))} for a in ACTS if not c.rare(35)]
        return cls(seed, [crowd(Choices.seeded(seed * 1000 + i, i * APART), tops=tops) for i in range(size)])

    def rows(self) -> dict[str, list[dict]]:
        """All content by table."""
        found: dict[str, list[dict]] = {name: [] for name in COLUMNS}
        for register in self.registers:
            for name, some in rows(register).items():
                found[name] += some
        for area in AREAS:
            found["area"].append({"id": ABOVE + area, "parent": None if area == 1 else ABOVE + 1, "level": "none", "code": None})
            found["up"] += [
                {"area": below, "above": ABOVE + area, "steps": 9}
                for i, register in enumerate(self.registers)
                for below in register.areas
                if i * APART + area in register.above(below)
            ]
        return found

    def moments(self, n: int) -> list[tuple[dt.datetime, Force]]:
        """When it is asked, beside acts of one register or another, and under which edition: an area of it is that of each register."""
        c, found = Choices.seeded(self.seed), []
        while len(found) < n:
            t, where = as_of(c, c.pick(self.registers)), force(c)
            if len(found) % 2:  # a text that began, or has ended, in the course of what the registers tell
                begun, ended = {"start": START + dt.timedelta(days=5, hours=15)}, {"end": START + dt.timedelta(days=15), "narrower": narrower(c, where)}
                where = replace(where, **(begun if self.seed % 2 else ended))
            if where.start <= t and (self.seed % 2 or not len(found) % 2 or where.end <= t):  # before it begins nothing is listed: small registers show that
                found.append((t, where))
        return found

    def here(self, i: int, where: Force) -> Force:
        """The same edition in the i-th register."""
        return moved(where, i * APART)

    def compared(self, m: Measure, turn: int) -> list[int]:
        """The registers on which a measure is compared at the n-th moment."""
        return [i for i in range(len(self.registers)) if (i + turn) % SELDOM == 0 or not alone(m)]

    def wanted(self, m: Measure, t: dt.datetime, where: Force, turn: int) -> list[tuple]:
        """What the reference lists."""
        return [astuple(o) for i in self.compared(m, turn) for o in evaluate(m, self.registers[i], t, self.here(i, where))]

    def listed(self, execute, dialect: Dialect, m: Measure, t: dt.datetime, where: Force, turn: int) -> list[tuple]:
        """What a compiled engine lists."""
        if not alone(m):
            return [tuple(row) for row in execute(compile_measure(m, RELATIONS, t, everywhere(where), dialect)).fetchall()]
        parts = [compile_measure(m, self.only(i), t, self.here(i, where), dialect) for i in self.compared(m, turn)]
        return [tuple(row) for sql in parts for row in execute(sql).fetchall()]

    def only(self, i: int) -> Relations:
        """The relations of one register."""
        keys = {"area": "id", "up": "above", "kept": "area", "act": "id", "post": "id", "area_fact": "id"}
        own = {
            name: f"SELECT * FROM ({sql}) x WHERE x.{keys.get(name, 'id')} BETWEEN {i * APART} AND {(i + 1) * APART - 1}"
            for name, sql in BY_NAME.items()
        }
        return replace(RELATIONS, facts={t: own[t] for t in RELATIONS.facts}, **{name: own[name] for name in keys})

    # -- beside the obligations

    def wanted_beside(self, m: Measure, t: dt.datetime, where: Force, turn: int) -> list[tuple]:
        """What a list lacks and what was handed over, as the reference says."""
        return [astuple(o) for i in self.compared(m, turn) for o in beside(m, self.registers[i], t, self.here(i, where), "contact")]

    def listed_beside(self, execute, dialect: Dialect, m: Measure, t: dt.datetime, where: Force, turn: int) -> list[tuple]:
        each = [(self.only(i), self.here(i, where)) for i in self.compared(m, turn)] if alone(m) else [(RELATIONS, everywhere(where))]
        parts = [compile_beside(m, relations, t, here, dialect, "contact") for relations, here in each]  # none where the edition is not in force now
        return [tuple(row) for sql in parts if sql for row in execute(sql).fetchall()]

    # -- figures

    def wanted_figures(self, m: Measure, t: dt.datetime, where: Force, turn: int) -> dict:
        """(name, area, day) → (of how many, the figure to the sixth place)."""
        found = {}
        for i in self.compared(m, turn):
            register, here = self.registers[i], self.here(i, where)
            found |= figures(m, evaluate(m, register, t, here), register, t, i * APART + (where.area or 1), here)
        return {key: (n, x if isinstance(x, dt.datetime) else round(float(x), 6)) for key, (n, x) in found.items()}

    def listed_figures(self, execute, dialect: Dialect, m: Measure, t: dt.datetime, where: Force, turn: int) -> dict:
        """Who has no area lies at the top of his own register."""
        if alone(m):
            each = [(self.only(i), self.here(i, where), "o.area", i * APART + (where.area or 1)) for i in self.compared(m, turn)]
        else:
            each = [
                (RELATIONS, everywhere(where), f"coalesce(o.area, {dialect.quotient('o.subject', APART)} * {APART} + {where.area or 1})", 0)
            ]
        found = {}
        for relations, here, area, top in each:
            fields = ", ".join(f"{area} AS area" if name == "area" else f"o.{name}" for name in FIELDS)
            duties = f"SELECT {fields} FROM ({compile_measure(m, relations, t, here, dialect)}) o"
            values = shown_values(m, duties, relations, t, here, dialect)
            up = f"SELECT * FROM ({relations.up}) x WHERE x.above < {ABOVE}"
            told = execute(f"WITH told AS ({values}) {figures_sql(m, 'told', up, top, '0')}").fetchall()
            found |= {(name, place, day): (n, round(value, 6) if at is None else at) for _, _, place, day, name, n, value, at in told}
        return found


def everywhere(where: Force) -> Force:
    """The edition with the area that stands for its own in every register."""
    return moved(where, ABOVE)


def moved(where: Force, base: int) -> Force:
    """The edition, with so much added to its areas."""
    narrower = tuple(replace(n, area=base + n.area) for n in where.narrower)
    return replace(where, area=None if where.area is None else base + where.area, narrower=narrower)


def alone(m: Measure) -> bool:
    """It is listed register by register."""
    return isinstance(m.table, Lines) or m.id in ALONE


#: Pairs joined by a text, and measures that ask about those.
ALONE = {"pair-told", "pair-behind", "covered-of"}
SELDOM = 4  # they are compared on every fourth register
BY_NAME = {**RELATIONS.facts, **{name: getattr(RELATIONS, name) for name in ("area", "up", "kept", "act", "post", "area_fact")}}
