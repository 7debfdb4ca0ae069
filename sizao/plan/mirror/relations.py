"""The canonical relations over the mirror: the same rows as over the registers in PostgreSQL, at one `known_at`, in the civil time of one zone."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import duckdb

from sizao.kernel.facts import FactsTable
from sizao.plan.relations import AREA_FACTS
from sizao.plan.sql.dialects import DUCKDB
from sizao.plan.sql.relations import NO_AREA_FACTS, Relations

from .layout import FAR, Layout, names, quoted, said
from .once import FEW, Asked, Locks, Once
from .refreshing import State

literal = DUCKDB.literal


def build(
    duck: duckdb.DuckDBPyConnection,
    layout: Layout,
    state: State,
    zone: str,
    known_at: datetime | None = None,
    sources: Mapping[str, str] | None = None,
    once: Once | None = None,
) -> Relations:
    """Sub-queries over the tables of the mirror as they are now. `sources`: table → what is read instead of it. `once`: where to keep what many
    statements read; then they are good as long as that is there."""
    builder = Builder(duck, layout, state, zone, known_at, sources or {})
    return builder.relations() if once is None else Kept(builder, once).relations()


class Builder:
    def __init__(
        self,
        duck: duckdb.DuckDBPyConnection,
        layout: Layout,
        state: State,
        zone: str,
        known_at: datetime | None,
        sources: Mapping[str, str],
    ):
        self.sources = sources
        self.layout, self.zone = layout, layout.zones.index(zone)
        self.known_at = None
        if known_at is not None:
            moment = known_at.astimezone(UTC).replace(tzinfo=None)
            self.known_at = literal(moment)
            self.all_recorded = not state.latest or datetime.fromisoformat(state.latest) <= moment
        hidden = "closed IS NULL OR undone IS NOT NULL"
        if self.known_at:
            hidden = f"closed IS NULL OR closed > {self.known_at} OR undone <= {self.known_at}"
        batches = [row[0] for row in duck.execute(f"SELECT id FROM {self.table('batch')} WHERE {hidden} LIMIT 1001").fetchall()]
        self.hidden = f"SELECT id FROM {self.table('batch')} WHERE {hidden}" if len(batches) > 1000 else ", ".join(map(str, batches))
        self.corrected = duck.execute(f"SELECT 1 FROM {self.table('replaced')} LIMIT 1").fetchone() is not None

    def relations(self) -> Relations:
        z, tables = self.zone, {name: f.table for name, f in self.layout.facts.items() if name not in said(self.layout.zones)}
        return Relations(
            facts=Asked(lambda name: self.facts(tables[name]), tables),
            act=self.act(),
            area="SELECT id, parent, level, code FROM area",
            up="SELECT area, above, steps FROM up",
            post=f"SELECT id, role, area, vf_{z} AS vf, vt_{z} AS vt FROM post",
            kept=f"SELECT kind, area, since_{z} AS since FROM kept",
            versions=Asked(lambda name: self.changed(tables[name]), tables),
            area_fact=self.area_fact(),
            names="SELECT n, id FROM subject",
            here=f"SELECT id FROM area WHERE zone = {literal(self.layout.zones[z])}" if len(self.layout.zones) > 1 else "",
        )

    def area_fact(self) -> str:
        """What is said of areas: each line while it stood in the register. By its own id: of two that began together the first goes before, in every engine."""
        name = said(self.layout.zones)[self.zone]
        if name not in self.layout.facts:
            return NO_AREA_FACTS
        rows = self.facts(replace(AREA_FACTS, name=name))
        return (
            f"SELECT s.id, g.area, g.scale, g.value, g.number, g.starts_at, coalesce(g.ends_at, {FAR}) AS ends_at, g.vf, g.vt "
            f"FROM ({rows}) g JOIN subject s ON s.n = g.id"
        )

    def table(self, name: str) -> str:
        return self.sources.get(name, name)

    def visible(self, row: str) -> str:
        """Recorded by then, and its batch whole. What can be seen to hold for every row is not asked of each."""
        tests = []
        if self.known_at and not self.all_recorded:
            tests.append(f"{row}._recorded <= {self.known_at}")
        if self.hidden:
            tests.append(f"({row}._batch IS NULL OR {row}._batch NOT IN ({self.hidden}))")
        return " AND ".join(tests) or "TRUE"

    def wanted(self, row: str) -> str:
        zone = f"{row}._zone = {self.zone} AND " if len(self.layout.zones) > 1 else ""
        return zone + self.visible(row)

    # -- facts

    def facts(self, t: FactsTable) -> str:
        return f"{self.still(t)} UNION ALL {self.changed(t)}"

    def still(self, t: FactsTable) -> str:
        """Subjects that never changed."""
        own = ", ".join(f"r.{quoted(name)}" for name in names(t))
        keys = "r.id, r.person, r.area, r.disease, r.known, r.vf"
        return f"SELECT {keys}, {FAR} AS vt, {own} FROM {self.table(f'fact_{t.name}')} r WHERE r._once AND {'r._only AND ' if t.only else ''}{self.wanted('r')}"

    def changed(self, t: FactsTable) -> str:
        """Subjects that have superseded versions: each version until the earliest beginning of a later one."""
        own = ", ".join([*map(quoted, names(t)), *(["_only"] if t.only else [])])
        carried = f"id, person, area, disease, known, _no, _known, _stands, _stands_local, {own}"
        live = f"SELECT {carried}, CAST(NULL AS TIMESTAMP) AS _ended, CAST(NULL AS TIMESTAMP) AS _ended_local FROM {self.table(f'fact_{t.name}')} r WHERE NOT r._once AND {self.wanted('r')}"
        ended = "CASE WHEN r._gone THEN r._ended END AS _ended, CASE WHEN r._gone THEN r._ended_local END AS _ended_local"
        past = f"SELECT {carried}, {ended} FROM {self.table(f'past_{t.name}')} r WHERE {self.wanted('r')}"
        known = f" AND v._ended <= {self.known_at}" if self.known_at else ""
        dated = (
            f"SELECT v.*, min(v._stands) OVER following AS replaced, min_by(v._stands_local, v._stands) OVER following AS replaced_local, "
            f"CASE WHEN lead(v._no) OVER later IS NULL{known} THEN v._ended_local END AS deleted, "
            f"min(v._stands) OVER whole AS first_stands, min(v._known) OVER whole AS first_known, min_by(v.known, v._known) OVER whole AS first_known_local "
            f"FROM ({live} UNION ALL {past}) v WINDOW later AS (PARTITION BY v.id ORDER BY v._no), whole AS (PARTITION BY v.id), "
            f"following AS (PARTITION BY v.id ORDER BY v._no ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
        )
        begins = "CASE WHEN d._stands = d.first_stands AND d.first_known < d._stands THEN d.first_known_local ELSE d._stands_local END"
        columns = ", ".join(f"d.{quoted(name)}" for name in names(t))
        return (
            f"SELECT d.id, d.person, d.area, d.disease, d.known, {begins} AS vf, coalesce(d.replaced_local, d.deleted, {FAR}) AS vt, {columns} "
            f"FROM ({dated}) d WHERE (d.replaced IS NULL OR d.replaced > d._stands){' AND d._only' if t.only else ''}"
        )

    # -- acts

    def act(self, kind: str = "", replaced: str = "") -> str:
        """Acts that stand, of one kind or all. `replaced`: the acts (`act`) in whose place others stand, where somebody has found them."""
        z = self.zone
        there = f"a.kind = {literal(kind)} AND {self.visible('a')}" if kind else self.visible("a")
        if self.corrected:
            there += f" AND NOT EXISTS (SELECT 1 FROM {f'({replaced}) b WHERE' if replaced else self.table('replaced') + ' b WHERE ' + self.visible('b') + ' AND'} b.act = a._no)"
        return f'SELECT a._no AS id, a.kind, a.subject, a.person, a.area, a.other, a.at_{z} AS "at", a.told_{z} AS told_at, a.period, a.outcome, a.number FROM {self.table("act")} a WHERE {there}'


class Kept:
    """The same relations, what all statements share among them worked out once."""

    def __init__(self, builder: Builder, once: Once):
        self.b, self.once = builder, once
        self.versions: dict[str, tuple[str, int]] = {}
        self.locks = Locks()

    def relations(self) -> Relations:
        plain = self.b.relations()
        replaced = ""
        if self.b.corrected:
            replaced, _ = self.once.keep(f"SELECT DISTINCT b.act FROM {self.b.table('replaced')} b WHERE b.act IS NOT NULL AND {self.b.visible('b')}")
        many = dict(self.once.rows(f"SELECT kind, count(*) FROM {self.b.table('act')} GROUP BY kind"))
        tables = {name: self.b.layout.facts[name].table for name in plain.facts}
        facts = Asked(lambda name: self.facts(tables[name]), tables)
        return replace(
            plain,
            facts=facts,
            act=self.b.act("", replaced),
            kinds=Asked(lambda kind: self.acts(kind, many.get(kind, 0), replaced)),
            versions=Asked(lambda name: self.changed(tables[name])[0], tables),
            single=Single(self, tables),
            everybody=True,
            area_fact=self.once.keep(plain.area_fact)[0],
        )

    def facts(self, t: FactsTable) -> str:
        if self.once.rows(f"SELECT count(*) FROM {self.b.table(f'fact_{t.name}')}")[0][0] <= FEW:
            return self.once.keep(self.b.facts(t))[0]
        changed, rows = self.changed(t)
        return f"{self.b.still(t)} UNION ALL {changed}" if rows else self.b.still(t)

    def changed(self, t: FactsTable) -> tuple[str, int]:
        with self.locks.of(t.name):
            if t.name not in self.versions:
                self.versions[t.name] = self.once.keep(self.b.changed(t))
            return self.versions[t.name]

    def acts(self, kind: str, many: int, replaced: str) -> str:
        select = self.b.act(kind, replaced)
        if not many:
            return f"SELECT * FROM ({select}) WHERE FALSE"
        return self.once.keep(select)[0] if many <= FEW else select


class Single(Container[str]):
    """The tables in which every subject has one version."""

    def __init__(self, kept: Kept, tables: Mapping[str, FactsTable]):
        self.kept, self.tables = kept, tables

    def __contains__(self, name: object) -> bool:
        return name in self.tables and not self.kept.changed(self.tables[str(name)])[1]
