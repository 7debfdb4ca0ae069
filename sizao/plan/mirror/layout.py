"""Which columns the mirror has, where each comes from, and what never enters it. Everything is derived from the registers' `facts.py`.

Identifiers become dense numbers (table `subject`: number and UUID). Instants are kept in the civil time of the area's zone, as the
engine reads them, and in UTC where an order or `known_at` needs it (names that begin with `_` are ours). PostgreSQL does the conversion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from sizao.kernel.errors import Refused
from sizao.kernel.facts import FactsColumn, FactsTable
from sizao.plan.language import Vocabulary
from sizao.plan.language.vocabulary import AREA
from sizao.plan.relations import AREA_FACTS, VOID

TYPES = {"text": "VARCHAR", "int": "BIGINT", "number": "DOUBLE", "bool": "BOOLEAN", "date": "DATE", "instant": "TIMESTAMP"}
FAR = "TIMESTAMP '9999-12-31'"
EARLIEST = "TIMESTAMPTZ '0001-01-03 00:00:00+00'"  # nothing is before the year 1 in any zone


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the mirror: its type there (`ID`: a UUID that becomes a number) and the SQL that reads it in PostgreSQL."""

    name: str
    type: str
    sql: str

    @property
    def kept(self) -> str:
        """Its type in the mirror's own table."""
        return "BIGINT" if self.type == "ID" else self.type

    @property
    def read(self) -> str:
        """Its type as it arrives."""
        return "UUID" if self.type == "ID" else self.type


@dataclass(frozen=True, slots=True)
class Source:
    """A table of the mirror and the SELECT that fills it. `{changed}` in `where` is replaced by a test on the change, or by TRUE."""

    name: str
    columns: tuple[Column, ...]
    source: str
    where: str = "{changed}"

    def select(self, changed: str = "TRUE") -> str:
        """The text for PostgreSQL."""
        columns = ", ".join(f"{c.sql} AS {quoted(c.name)}" for c in self.columns)
        return f"SELECT {columns} FROM {self.source} WHERE {self.where.format(changed=changed)}"

    @property
    def print(self) -> str:
        """Changes when the table must be copied whole: another column, another meaning of one."""
        return sha256(repr((self.select(), [c.type for c in self.columns])).encode()).hexdigest()

    def create(self) -> str:
        """The table in the mirror."""
        return f"CREATE TABLE {quoted(self.name)} ({', '.join(f'{quoted(c.name)} {c.kept}' for c in self.columns)})"


@dataclass(frozen=True, slots=True)
class Facts:
    """A facts table: its present rows, and the superseded ones of every row that ever changed."""

    table: FactsTable
    live: Source
    past: Source


class Layout:
    """Every table of the mirror for a vocabulary and the zones in which the store has areas."""

    def __init__(self, vocabulary: Vocabulary, zones: list[str]):
        self.zones = zones
        self.facts = {t.name: self._facts(t) for t in vocabulary.tables.values()}
        if len(vocabulary.areas) > 1:  # more is said of areas than their level: read as a register of its own
            for i, name in enumerate(said(zones)):  # a higher area's grade is read in the time of each below it
                self.facts[name] = self._facts(replace(_said(vocabulary), name=name), i if len(zones) > 1 else None)
        self.act = self._act()
        self.replaced = Source(
            "replaced",
            (Column("replaces", "UUID", "t.replaces"), Column("act", "BIGINT", "NULL::bigint"), *self._when_recorded()),
            "kernel_act t",
            "t.replaces IS NOT NULL AND {changed}",
        )
        self.small = {s.name: s for s in self._small()}

    # -- how an instant is read

    def local(self, sql: str, zone: int | None = None) -> str:
        """An instant in civil time: of the given zone, else of the row's own."""
        name = text(self.zones[zone or 0]) if zone is not None or len(self.zones) == 1 else "t._z"
        return f"(CASE WHEN {sql} < {EARLIEST} THEN {EARLIEST} ELSE {sql} END AT TIME ZONE {name})"

    def utc(self, sql: str) -> str:
        return f"({sql} AT TIME ZONE 'UTC')"

    # -- facts

    def _facts(self, t: FactsTable, zone: int | None = None) -> Facts:
        """`zone`: in whose civil time all of it is read, else each row in its own."""
        for c in stored(t):
            if c.type == "text" and c.codes is None and not c.code:
                raise Refused("mirror-free-text", table=t.name, column=c.name)
        own = tuple(Column(c.name, TYPES[c.type], self.local(f"({c.sql})", zone) if c.type == "instant" else f"({c.sql})") for c in stored(t))
        own += tuple(Column(link.name, "BIGINT" if link.table == AREA else "ID", f"({link.sql})") for link in links(t))
        own += (Column("_only", "BOOLEAN", f"({t.only})"),) if t.only else ()
        once = f"NOT EXISTS (SELECT 1 FROM {t.history} h WHERE h.id = t.id)"
        vf = "least(t.stands_from, t.known_from)"
        live = (*self._keys(t, zone), Column("vf", "TIMESTAMP", self.local(vf, zone)), Column("_once", "BOOLEAN", once), *self._times(zone), *own)
        ended = (Column("_gone", "BOOLEAN", "t._gone"), Column("_ended", "TIMESTAMP", self.utc("t._ended")))
        past = (*self._keys(t, zone), *ended, Column("_ended_local", "TIMESTAMP", self.local("t._ended", zone)), *self._times(zone), *own)
        many = len(self.zones) > 1
        own_zone = ", z.zone AS _z" if many else ""
        join = " LEFT JOIN kernel_area z ON z.id = {0}." + quoted(t.area) if many else ""
        now = f"(SELECT r.*{own_zone} FROM {t.relation} r{join.format('r')}) t"
        theirs = ", CASE WHEN l.id IS NULL THEN y.zone ELSE z.zone END AS _z" if many else ""  # where the subject is now; where it was, if it is gone
        join += f" LEFT JOIN kernel_area y ON y.id = r.{quoted(t.area)}" if many else ""
        went = f"CASE WHEN l.id IS NULL THEN (SELECT max(g.ended_at) FROM {t.history} g WHERE g.id = r.id) ELSE r.ended_at END AS _ended"  # all of it together
        before = f"(SELECT r.*, l.id IS NULL AS _gone, {went}{theirs} FROM {t.history} r LEFT JOIN {t.relation} l ON l.id = r.id{join.format('l')}) t"
        return Facts(t, Source(f"fact_{t.name}", live, now), Source(f"past_{t.name}", past, before))

    def _keys(self, t: FactsTable, zone: int | None) -> tuple[Column, ...]:
        number = f"array_position({array(self.zones)}, t._z) - 1" if len(self.zones) > 1 and zone is None else str(zone or 0)
        return (
            Column("id", "ID", "t.id"),
            Column("person", "ID", f"t.{quoted(t.person)}" if t.person else "NULL::uuid"),
            Column("area", "BIGINT", f"t.{quoted(t.area)}"),
            Column("disease", "VARCHAR", f"t.{quoted(t.disease)}" if t.disease else "NULL::text"),
            Column("known", "TIMESTAMP", self.local("t.known_from", zone)),
            Column("_zone", "INTEGER", number),
        )

    def _times(self, zone: int | None) -> tuple[Column, ...]:
        return (
            Column("_known", "TIMESTAMP", self.utc("t.known_from")),
            Column("_stands", "TIMESTAMP", self.utc("t.stands_from")),
            Column("_stands_local", "TIMESTAMP", self.local("t.stands_from", zone)),
            *self._when_recorded(),
        )

    def _when_recorded(self) -> tuple[Column, ...]:
        return (
            Column("_no", "BIGINT", "t.change_no"),
            Column("_recorded", "TIMESTAMP", self.utc("t.recorded_at")),
            Column("_batch", "BIGINT", "t.batch_id"),
        )

    # -- acts and what is small

    def _act(self) -> Source:
        times = []
        for i in range(len(self.zones)):
            told = self.local("coalesce(t.reported_at, t.recorded_at)", i)
            times += [Column(f"at_{i}", "TIMESTAMP", self.local("t.happened_at", i)), Column(f"told_{i}", "TIMESTAMP", told)]
        columns = (
            Column("kind", "VARCHAR", "t.kind"),
            Column("subject", "ID", "t.subject"),
            Column("person", "ID", "t.person"),
            Column("area", "BIGINT", "t.area_id"),
            Column("other", "ID", "t.other"),
            Column("period", "DATE", "t.period"),
            Column("outcome", "VARCHAR", "t.outcome"),
            Column("number", "DOUBLE", "t.number"),
            *times,
            *self._when_recorded(),
        )
        return Source("act", columns, "kernel_act t", f"t.outcome IS DISTINCT FROM {text(VOID)} AND {{changed}}")

    def _small(self) -> tuple[Source, ...]:
        many = range(len(self.zones))
        until = [Column(f"vt_{i}", "TIMESTAMP", f"coalesce({self.local('t.valid_to', i)}, {FAR})") for i in many]
        return (
            Source(
                "area",
                (
                    Column("id", "BIGINT", "t.id"),
                    Column("parent", "BIGINT", "t.parent_id"),
                    Column("level", "VARCHAR", "t.level"),
                    Column("code", "VARCHAR", "t.code"),
                    Column("zone", "VARCHAR", "t.zone"),
                ),
                "kernel_area t",
            ),
            Source(
                "up",
                (
                    Column("area", "BIGINT", "t.id"),
                    Column("above", "BIGINT", "u.above::bigint"),
                    Column("steps", "INTEGER", "cardinality(string_to_array(rtrim(t.path, '.'), '.')) - u.place"),
                ),
                "kernel_area t, unnest(string_to_array(rtrim(t.path, '.'), '.')) WITH ORDINALITY AS u (above, place)",
            ),
            Source(
                "post",
                (
                    Column("id", "BIGINT", "t.id"),
                    Column("role", "VARCHAR", "t.role"),
                    Column("area", "BIGINT", "t.area_id"),
                    *(Column(f"vf_{i}", "TIMESTAMP", self.local("t.valid_from", i)) for i in many),
                    *until,
                ),
                "kernel_post t",
            ),
            Source(
                "kept",
                (
                    Column("kind", "VARCHAR", "t.act_kind"),
                    Column("area", "BIGINT", "t.area_id"),
                    *(Column(f"since_{i}", "TIMESTAMP", self.local("t.since", i)) for i in many),
                ),
                "kernel_kept t",
            ),
            Source(
                "batch",
                (
                    Column("id", "BIGINT", "t.id"),
                    Column("closed", "TIMESTAMP", self.utc("t.closed_at")),
                    Column("undone", "TIMESTAMP", self.utc("t.undone_at")),
                ),
                "kernel_batch t",
            ),
        )


#: The PostgreSQL tables of the small ones: what is asked whether anything in them differs.
SMALL_RELATIONS = {"area": "kernel_area", "up": "kernel_area", "post": "kernel_post", "kept": "kernel_kept", "batch": "kernel_batch"}


def stored(t: FactsTable) -> tuple[FactsColumn, ...]:
    """The columns that a table itself has."""
    found: tuple[FactsColumn, ...] = getattr(t, "stored", t.columns)
    return found


def links(t: FactsTable) -> tuple[Any, ...]:
    """What leads from a row to a row of another table, by its id."""
    found: tuple[Any, ...] = getattr(t, "links", ())
    return found


def names(t: FactsTable) -> list[str]:
    """A table's own columns as a plan calls them: what it stores, and where it leads."""
    return [c.name for c in stored(t)] + [link.name for link in links(t)]


def said(zones: list[str]) -> list[str]:
    """The tables of what is said of areas, one for each time zone."""
    return [AREA_FACTS.name] if len(zones) == 1 else [f"{AREA_FACTS.name}_{i}" for i in range(len(zones))]


def _said(vocabulary: Vocabulary) -> FactsTable:
    """The register of what is said of areas. On some scales the value is whatever somebody wrote: only those whose values a plan may ask are codes."""
    scales = sorted({fact.scale for fact in vocabulary.areas.values() if fact.field == "value" or fact.only})
    value = f"CASE WHEN scale IN ({', '.join(map(text, scales))}) THEN value END"
    return replace(AREA_FACTS, columns=tuple(replace(c, sql=value) if c.name == "value" else c for c in AREA_FACTS.columns))


def quoted(name: str) -> str:
    return f'"{name}"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def array(values: list[str]) -> str:
    return f"ARRAY[{', '.join(text(v) for v in values)}]"
