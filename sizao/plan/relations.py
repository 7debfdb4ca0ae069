"""The canonical relations over the registers' own tables in PostgreSQL, at one `known_at` and in the civil time of one zone.

Versions: of those recorded by `known_at`, in the order of recording, one stands from its `stands_from` until the earliest `stands_from` of a
later one. So a change made now stands from now, a correction that carries the old `stands_from` replaces what stood, and an empty
interval drops out. A batch that is open, or undone, is not there; an act that another replaces is not there, nor one that was taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sizao.kernel.facts import FactsColumn, FactsTable

from .language import Vocabulary
from .language.measure import FAR
from .sql.dialects import POSTGRES
from .sql.relations import NO_AREA_FACTS, Relations

VOID = "void"
LONGEST = "10 minutes"  # longer than any transaction lasts: what was recorded before has committed
literal = POSTGRES.literal


def build(
    vocabulary: Vocabulary, zone: str, known_at: datetime | None = None, subjects: Mapping[str, str] | None = None, one_zone: bool = True, seen: str = ""
) -> Relations:
    """Sub-queries for one zone. `subjects`: table → SELECT of the ids it may hold (a list of one area, a single subject); `one_zone`: the store has no other.

    `seen`: a snapshot as `Run.seen` keeps it: what a transaction wrote that had not committed then is not there, whatever its clock says.
    """
    return Builder(zone, known_at, subjects or {}, one_zone, seen).relations(vocabulary)


class Written(Mapping[str, str]):
    """Table → its SELECT, written when it is asked for: there are many, and a statement reads few."""

    def __init__(self, builder: Builder, vocabulary: Vocabulary):
        self.builder, self.tables, self.texts = builder, vocabulary.tables, dict[str, str]()

    def __getitem__(self, name: str) -> str:
        if name not in self.texts:
            self.texts[name] = self.builder.facts(self.tables[name])
        return self.texts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)


class Builder:
    def __init__(self, zone: str, known_at: datetime | None, subjects: Mapping[str, str], one_zone: bool, seen: str = ""):
        self.seen = seen
        self.zone, self.subjects, self.one_zone = literal(zone), subjects, one_zone
        self.known_at = f"TIMESTAMPTZ '{known_at.isoformat()}'" if known_at else None

    def relations(self, vocabulary: Vocabulary) -> Relations:
        return Relations(
            Written(self, vocabulary),
            self.act(),
            AREA,
            UP,
            self.post(),
            self.kept(),
            self.narrowed(vocabulary),
            area_fact=self.area_fact() if len(vocabulary.areas) > 1 else NO_AREA_FACTS,
            uuids=True,
            here="" if self.one_zone else f"SELECT id FROM kernel_area WHERE zone = {self.zone}",
        )

    def narrowed(self, vocabulary: Vocabulary) -> dict[str, str]:
        """Acts about the subjects wanted only, where one table was narrowed. An array is made once; a sub-select would be looped over."""
        if len(self.subjects) != 1:
            return {}
        [(name, ids)] = self.subjects.items()
        t, found = vocabulary.tables[name], {"subject": self.act(f"a.subject = ANY(ARRAY({ids}))")}
        if t.person:
            person = quoted(t.person)
            persons = f"SELECT q.{person} FROM {t.relation} q WHERE q.id = ANY(ARRAY({ids})) UNION SELECT q.{person} FROM {t.history} q WHERE q.id = ANY(ARRAY({ids}))"
            found["person"] = self.act(f"a.person = ANY(ARRAY({persons}))")
        return found

    def local(self, sql: str) -> str:
        """An instant in the zone's civil time."""
        return f"({sql} AT TIME ZONE {self.zone})"

    def visible(self, row: str) -> str:
        """Recorded by then, and its batch whole."""
        hidden = "closed_at IS NULL OR undone_at IS NOT NULL"
        recorded = ""
        if self.known_at:
            hidden = f"closed_at IS NULL OR closed_at > {self.known_at} OR undone_at <= {self.known_at}"
            recorded = f"{row}.recorded_at <= {self.known_at} AND "
        if self.seen and self.known_at:
            snapshot, _, own = self.seen.partition("/")
            recorded += (
                f"({row}.recorded_at < {self.known_at} - INTERVAL '{LONGEST}' OR {row}.change_xid < {literal(snapshot.partition(':')[0])}::xid8 "
                f"OR pg_visible_in_snapshot({row}.change_xid, {literal(snapshot)}::pg_snapshot) OR {row}.change_xid = {literal(own)}::xid8 "
                f"OR {row}.change_xid >= pg_snapshot_xmax(pg_current_snapshot())) AND "  # written by another cluster, and restored here
            )
        return f"{recorded}({row}.batch_id IS NULL OR {row}.batch_id NOT IN (SELECT id FROM kernel_batch WHERE {hidden}))"

    # -- facts

    def facts(self, t: FactsTable) -> str:
        far = literal(FAR)
        columns = ", ".join(
            f"{self.local(f'r.{quoted(c.name)}') if c.type == 'instant' else f'r.{quoted(c.name)}'} AS {quoted(c.name)}" for c in t.stored
        )
        columns += "".join(f", r.{quoted(link.name)} AS {quoted(link.name)}" for link in t.links)
        still = f"SELECT {self.columns(t)}, least(t.stands_from, t.known_from) AS vf, NULL::timestamptz AS vt FROM {t.relation} t WHERE {self.wanted(t)} AND NOT EXISTS (SELECT 1 FROM {t.history} h WHERE h.id = t.id)"
        keys = f"r.id, r.person, r.area, r.disease, {self.local('r.known_from')} AS known, {self.local('r.vf')} AS vf, coalesce({self.local('r.vt')}, {far}) AS vt"
        return f"SELECT {keys}, {columns} FROM ({still} UNION ALL {self.changed(t)}) r{' WHERE r._only' if t.only else ''}"

    def columns(self, t: FactsTable) -> str:
        person = f"t.{quoted(t.person)}" if t.person else "NULL::uuid"
        disease = f"t.{quoted(t.disease)}" if t.disease else "NULL::text"
        own = ", ".join([*(f"({c.sql}) AS {quoted(c.name)}" for c in t.stored), *(f"t.{quoted(link.sql)} AS {quoted(link.name)}" for link in t.links), *([f"({t.only}) AS _only"] if t.only else [])])
        return f"t.id, {person} AS person, t.{quoted(t.area)} AS area, {disease} AS disease, t.known_from, {own}"

    def wanted(self, t: FactsTable) -> str:
        tests = [self.visible("t")]
        if t.name in self.subjects:
            tests.append(f"t.id = ANY(ARRAY({self.subjects[t.name]}))")
        if not self.one_zone:
            # A subject is judged in the time of where it is now, all its versions with it; one that is gone, version by version.
            here = f"SELECT a.id FROM kernel_area a WHERE a.zone = {self.zone}"
            gone = f"t.{quoted(t.area)} IN ({here}) AND NOT EXISTS (SELECT 1 FROM {t.relation} z WHERE z.id = t.id)"
            tests.append(f"(t.id IN (SELECT z.id FROM {t.relation} z WHERE z.{quoted(t.area)} IN ({here})) OR {gone})")
        return " AND ".join(tests)

    def changed(self, t: FactsTable) -> str:
        """Rows that have a history: their versions, each until the earliest beginning of a later one."""
        # When the row went, not when this version was replaced: what replaced it may be in a batch that is not there.
        went = f"SELECT max(g.ended_at) FROM {t.history} g WHERE g.id = t.id"
        deleted = f"CASE WHEN NOT EXISTS (SELECT 1 FROM {t.relation} l WHERE l.id = t.id) THEN ({went}) END"
        once = f"t.id IN (SELECT h.id FROM {t.history} h)"
        live = f"SELECT {self.columns(t)}, t.stands_from, t.change_no, NULL::timestamptz AS ended_at FROM {t.relation} t WHERE {once} AND {self.wanted(t)}"
        past = f"SELECT {self.columns(t)}, t.stands_from, t.change_no, {deleted} AS ended_at FROM {t.history} t WHERE {self.wanted(t)}"
        # Ended without a later version: only where the row is gone. (A later version may be there and unseen, in a batch that is still open.)
        ended = f"CASE WHEN lead(v.change_no) OVER later IS NULL {f'AND v.ended_at <= {self.known_at}' if self.known_at else ''} THEN v.ended_at END"
        dated = (
            f"SELECT v.*, min(v.stands_from) OVER following AS replaced_from, {ended} AS deleted_at, min(v.stands_from) OVER (PARTITION BY v.id) AS first_from, "
            f"min(v.known_from) OVER (PARTITION BY v.id) AS first_known FROM ({live} UNION ALL {past}) v WINDOW later AS (PARTITION BY v.id ORDER BY v.change_no), "
            "following AS (PARTITION BY v.id ORDER BY v.change_no ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
        )
        names = ", ".join(f"d.{quoted(name)}" for name in ("id", "person", "area", "disease", "known_from", *(c.name for c in t.stored), *(link.name for link in t.links), *(["_only"] if t.only else [])))
        begins = "CASE WHEN d.stands_from = d.first_from THEN least(d.stands_from, d.first_known) ELSE d.stands_from END"
        return f"SELECT {names}, {begins} AS vf, coalesce(d.replaced_from, d.deleted_at) AS vt FROM ({dated}) d WHERE d.replaced_from IS NULL OR d.replaced_from > d.stands_from"

    def area_fact(self) -> str:
        """What is said of areas, in every zone: each line while it stood in the register."""
        builder = Builder.__new__(Builder)
        builder.zone, builder.subjects, builder.one_zone, builder.known_at, builder.seen = self.zone, {}, True, self.known_at, self.seen
        return (
            f"SELECT g.id, g.area, g.scale, g.value, g.number, g.starts_at, coalesce(g.ends_at, {literal(FAR)}) AS ends_at, g.vf, g.vt FROM ({builder.facts(AREA_FACTS)}) g"
        )

    # -- the rest

    def act(self, only: str = "TRUE") -> str:
        return (
            f'SELECT a.id, a.kind, a.subject, a.person, a.area_id AS area, a.other, {self.local("a.happened_at")} AS "at", {self.local("coalesce(a.reported_at, a.recorded_at)")} AS told_at, a.period, a.outcome, a.number '
            f"FROM kernel_act a WHERE {only} AND a.outcome IS DISTINCT FROM {literal(VOID)} AND {self.visible('a')} "
            f"AND NOT EXISTS (SELECT 1 FROM kernel_act b WHERE b.replaces = a.id AND {self.visible('b')})"
        )

    def post(self) -> str:
        return f"SELECT p.id, p.role, p.area_id AS area, {self.local('p.valid_from')} AS vf, coalesce({self.local('p.valid_to')}, {literal(FAR)}) AS vt FROM kernel_post p"

    def kept(self) -> str:
        return f"SELECT k.act_kind AS kind, k.area_id AS area, {self.local('k.since')} AS since FROM kernel_kept k"


AREA = "SELECT id, parent_id AS parent, level, code FROM kernel_area"
#: The register of area facts, read as every other: its columns, and its versions.
AREA_FACTS = FactsTable(
    "area_fact",
    "command_areagrade",
    "地区情况",
    "area fact",
    tuple(
        FactsColumn(name, kind, name, name, name, codes=codes)  # a value is a code of its scale
        for name, kind, codes in (
            ("scale", "text", "area-scale"), ("value", "text", "area-scale"), ("number", "number", None), ("starts_at", "instant", None), ("ends_at", "instant", None)
        )
    ),
    person=None,
    disease=None,
)

UP = (
    "SELECT x.id AS area, CAST(unnest(x.ids) AS bigint) AS above, cardinality(x.ids) - generate_subscripts(x.ids, 1) AS steps "
    "FROM (SELECT id, string_to_array(rtrim(path, '.'), '.') AS ids FROM kernel_area) x"
)


def beneath(path: str) -> str:
    """The pattern of the paths of an area and those below it, as SQL; `path` is that area's own, of ids and dots.

    >>> beneath("1.7.")
    "'1.7.%'"
    """
    assert set(path) <= set("0123456789."), path
    return f"'{path}%'"


def up_below(pattern: str) -> str:
    """`UP` of the areas of a pattern (see `beneath`)."""
    return UP.replace("FROM kernel_area)", f"FROM kernel_area WHERE path LIKE {pattern})")


def quoted(name: str) -> str:
    return f'"{name}"'
