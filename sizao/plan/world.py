"""What lies outside a row, looked up in a register: the meaning of every term of the language, in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from .derived import knowing
from .language import terms as t
from .language.agreeing import pairs
from .language.measure import Measure
from .language.values import Context, value
from .obligations import CANNOT_TELL, CLOSED, LATE, MET, OVERDUE, WAITING, Force, Obligation
from .register import Register, Row

TEN_THOUSAND = 10_000


class Lookup:
    """Answers the terms of one measure. `duties` gives the obligations of others."""

    def __init__(self, m: Measure, register: Register, as_of: datetime, force: Force, duties: Callable[[Iterable[Measure]], list[Obligation]]):
        self.m, self.register, self.as_of, self.duties, self.force, self.key = m, register, as_of, duties, force, force.key

    def steps(self, area: Any, code: str) -> int | None:
        """How many steps above `area` the area of this code lies."""
        wanted = self.register.codes.get(code)
        return next((n for n, a in enumerate(self.register.above(area)) if a == wanted), None) if wanted is not None else None

    def term(self, node: Any, ctx: Context) -> Any:
        match node:
            case t.OfArea():
                return self.of_area(node, ctx)
            case t.Linked():
                return self.linked(node, ctx)
            case t.Has():
                return self.has(node, ctx)
            case t.Tally():
                return self.tally_acts(node, ctx) if node.acts else self.tally_rows(node, ctx)
            case t.Within(code):
                return None if ctx.row["area"] is None else self.steps(ctx.row["area"], code) is not None
            case t.Inside(inner, outer):
                low, high = ctx.row[inner], ctx.row[outer]
                return None if low is None or high is None else high in self.register.above(low)
            case t.Ordered(kind):
                return self.ordered(kind, ctx)
            case t.Met():
                return self.met(node, ctx)
            case t.Covered():
                return self.covered(node, ctx)
        raise TypeError(f"no value of {node!r}")

    # -- areas

    def standing(self, scale: str, of: Any, ctx: Context, ended: bool) -> list[list[Row]]:
        """Lines of a scale about an area and each area above, nearest first."""
        return [
            [
                g
                for g in self.register.area_facts
                if g["area"] == area
                and g["scale"] == scale
                and g["vf"] <= ctx.now < g["vt"]
                and g["starts_at"] <= ctx.now
                and (ended or g["ends_at"] > ctx.now)
            ]
            for area in self.register.above(of)
        ]

    def of_area(self, node: t.OfArea, ctx: Context) -> Any:
        fact, row = node.fact, self.follow(node.links, node.tables, ctx)
        area = row[node.at] if row is not None else None
        if fact.scale == "level":
            return self.register.areas[area][1] if area is not None else None
        for lines in self.standing(fact.scale, area, ctx, fact.ended):
            found = [g for g in lines if fact.only is None or g["value"] == fact.only]
            if found:
                return min(sorted(found, key=lambda g: g["id"]), key=lambda g: -g["starts_at"].timestamp())[fact.field]
        return None

    def ordered(self, kind: str, ctx: Context) -> bool | None:
        if ctx.row["area"] is None:
            return None
        return any(g["value"] == kind for lines in self.standing("order", ctx.row["area"], ctx, False) for g in lines)

    # -- other rows

    def linked(self, node: t.Linked, ctx: Context) -> Any:
        row = self.follow(node.links, node.tables, ctx)
        return row[node.column] if row is not None else None

    def follow(self, links: Iterable[str], tables: Iterable[str], ctx: Context) -> Row | None:
        """The row that links lead to, as it stands at the moment."""
        row: Row | None = ctx.row
        for link, table in zip(links, tables, strict=True):
            if row is None or row[link] is None:
                return None
            row = self.register.standing(table, row[link], ctx.now)
        return row

    def rows(self, table: str, about: t.About, ctx: Context) -> list[Row] | None:
        """The rows of a table about the subject that stand at the moment; None when it cannot be told which."""
        field, far = {"person": ("person", False), "link": (about.key, False), "own": ("id", False), "area": ("area", True)}[about.by]
        wanted = ctx.row[about.own]
        if wanted is None:
            return None
        mine = ctx.row["disease"]
        return [
            r
            for versions in self.register.versions[table].values()
            for r in versions
            if r["vf"] <= ctx.now < r["vt"]
            and r["known"] <= self.as_of
            and (wanted in self.register.above(r["area"]) if far else r[field] == wanted)
            and (mine is None or r["disease"] in (None, mine))
        ]

    def asked(self, node: Any, row: Row, ctx: Context) -> bool | None:
        """The condition inside a term, on a row or act."""
        if node.condition is None:
            return True
        about = ctx.row if isinstance(node, t.Tally) and node.acts else None
        inner = Context(row, ctx.now, ctx.opens, ctx.params, ctx.world, ctx.closes, ctx.start, subject=ctx.owner, about=about)
        found: bool | None = value(node.condition, inner)
        return found

    def has(self, node: t.Has, ctx: Context) -> bool | None:
        rows = self.rows(node.table, node.about, ctx)
        if rows is None:
            return None
        told = [self.asked(node, row, ctx) for row in rows]
        if not self.kept(node, ctx) and True not in told:
            return None
        return True if True in told else None if None in told else False

    def tally_rows(self, node: t.Tally, ctx: Context) -> Any:
        rows = self.rows(node.source, node.about, ctx)
        if rows is None or not self.kept(node, ctx):
            return None
        found = sorted((r for r in rows if self.asked(node, r, ctx) is True), key=lambda r: (r["vf"], r["id"]))
        return self.tallied(node, found)

    def kept(self, node: t.Has | t.Tally, ctx: Context) -> bool:
        """Rows of that kind were kept there by then."""
        since = self.register.kept_since(node.kept, ctx.row["area"]) if node.kept else None
        return not node.kept or (since is not None and since <= ctx.now)

    def tally_acts(self, node: t.Tally, ctx: Context) -> Any:
        if any(ctx.row[column] is None for _, column in pairs(node.about.by)):
            return None
        since = self.register.kept_since(node.source, ctx.row["area"])
        start = ctx.now - timedelta(seconds=node.window.seconds) if node.window else ctx.opens
        whole = node.name == "latest" and node.window is None
        if not whole and (since is None or since > start):
            return None
        acts = [
            a
            for a in self.register.done(node.source, node.about.by, ctx.row, ctx.now)
            if (whole or (a["at"] > start if node.window else start <= a["at"] and (ctx.closes is None or a["at"] < ctx.closes)))
            and self.asked(node, a, ctx) is True
        ]
        return self.tallied(node, sorted(acts, key=lambda a: (a["at"], a["id"])))

    def tallied(self, node: t.Tally, found: list[Row]) -> Any:
        """What the function makes of rows or acts in order."""
        if node.name == "count":
            return len(found)
        if node.name == "gap":
            pauses = [(b["at"] - a["at"]) // timedelta(hours=1) for a, b in pairwise(found)]
            return min(pauses, default=None)
        assert node.field is not None
        if node.name == "latest":
            return found[-1][node.field] if found else None
        numbers = [r[node.field] for r in found]
        return None if None in numbers else sum((Decimal(x) for x in numbers), Decimal(0))

    # -- other measures

    def met(self, node: t.Met, ctx: Context) -> bool | None:
        wanted = ctx.row["id"] if node.by == "subject" else ctx.row["person"]
        if wanted is None:
            return None
        measures = [m for id_ in node.measures for m in self.m.named(id_)]
        of = [o for o in self.duties(measures) if (o.subject if node.by == "subject" else o.person) == wanted]
        under = any(o.state not in (CLOSED, CANNOT_TELL, WAITING) and o.opens is not None and o.opens <= ctx.now for o in of)
        return under and not any(behind(o, ctx.now) for o in of)

    def counts(self, node: t.Covered, o: Obligation, ctx: Context) -> bool:
        """The subject of that duty stands, and the condition holds for it."""
        if node.condition is None:
            return True
        [asked, *_] = self.m.named(node.measure)
        row = knowing(self.register, asked, self.force).standing(node.table, o.subject, ctx.now)
        return row is not None and self.asked(node, row, ctx) is True

    def covered(self, node: t.Covered, ctx: Context) -> Decimal | None:
        if ctx.row["area"] is None:
            return None
        midnight = datetime.combine(ctx.now.date(), time())
        owed = [
            o
            for o in self.duties(self.m.named(node.measure))
            if o.state in (MET, LATE, OVERDUE) and o.due is not None and o.due < midnight and o.area is not None and ctx.row["area"] in self.register.above(o.area) and self.counts(node, o, ctx)
        ]
        done = sum(o.done_at is not None and o.done_at < midnight for o in owed)
        return Decimal(done * TEN_THOUSAND // len(owed)) / TEN_THOUSAND if owed else None


def behind(o: Obligation, now: datetime) -> bool:
    """It was overdue at that moment."""
    return o.state in (MET, LATE, OVERDUE) and o.due is not None and o.due < now and (o.done_at is None or o.done_at > now)


class Fixed:
    """A lookup whose terms have been answered once: for timetables, which are drawn from what stands at `as_of`."""

    def __init__(self, lookup: Lookup, answers: Mapping[Any, Any]):
        self.lookup, self.answers, self.key = lookup, answers, lookup.key

    def steps(self, area: Any, code: str) -> int | None:
        return self.lookup.steps(area, code)

    def term(self, node: Any, ctx: Context) -> Any:
        return self.answers[node]
