"""What stands near some subjects: every row, act, area and post that can decide about them under some measures, and no other.

Read from the registers in PostgreSQL, a table at a time for all subjects together, so that the number of statements hangs on the measures and not on
how many subjects there are, nor on how much else the store holds. Only a measure that asks the coverage of an area reads what lies in that area.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sizao.kernel.facts import FactsTable
from sizao.kernel.models import Area, Post

from . import evaluation, facts, relations
from .language import Measure, terms
from .language import done as forms
from .language.agreeing import PLAIN
from .language.measure import FAR, Filed, From, Total
from .language.reach import reached
from .language.subjects import derived
from .language.vocabulary import AREA
from .register import Register, Row
from .sql import POSTGRES

text = POSTGRES.text


def register(
    asked: Iterable[tuple[Measure, Any]], zone: str, known_at: datetime | None, one_zone: bool, inside: Iterable[Any] = ()
) -> tuple[Register, Mapping[Any, Area], Mapping[Any, Post]]:
    """The register of some (measure, subject), in the zone's civil time, and the areas and posts in it.

    `inside`: the areas in which their editions are in force.
    """
    near = Near(zone, known_at, one_zone)
    wanted: dict[str, tuple[Measure, set[Any]]] = {}
    for m, subject in asked:
        wanted.setdefault(m.id, (m, set()))[1].add(subject)
    near.follow(list(wanted.values()))
    found = near.register([m for m, _ in wanted.values()], {area for area in inside if area is not None})
    return found, near.areas, near.posts


class Near:
    def __init__(self, zone: str, known_at: datetime | None, one_zone: bool):
        self.vocabulary = facts.vocabulary()
        self.zone, self.known_at, self.one_zone = zone, known_at, one_zone
        self.rows: dict[str, dict[Any, list[Row]]] = defaultdict(dict)
        self.fetched: set[tuple[str, str, Any]] = set()
        self.judged: dict[str, set[Any]] = defaultdict(set)  # by measure: the subjects that it is evaluated on
        self.areas: dict[int, Area] = {}
        self.posts: dict[int, Post] = {}
        self.named: dict[str, set[Any]] = {"subject": set(), "person": set()}  # whom the acts may be about

    # -- rows

    def fetch(self, table: str, field: str, values: Iterable[Any]) -> None:
        """The rows of a table that ever had one of these values: all their versions. `field`: id, person, a link's name, or area (and all below)."""
        new = {v for v in values if v is not None and (table, field, v) not in self.fetched and not (field == "id" and v in self.rows[table])}
        t = self.vocabulary.tables[table]
        links = {link.name: link.sql for link in t.links}
        column = {"id": "id", "person": t.person, "area": t.area}.get(field) or links.get(field)
        if not new or column is None:
            return
        self.fetched |= {(table, field, v) for v in new}
        kind = "bigint" if field == "area" else "uuid"
        array = f"ARRAY[{', '.join(text(str(v)) for v in sorted(new, key=str))}]::{kind}[]"
        if field == "area":
            array = f"ARRAY(SELECT b.id FROM kernel_area b JOIN kernel_area a ON starts_with(b.path, a.path) WHERE a.id = ANY({array}))"
        test = f"q.{relations.quoted(column)} = ANY({array})"
        ids = f"SELECT q.id FROM {t.relation} q WHERE {test} UNION SELECT q.id FROM {t.history} q WHERE {test}"
        builder = relations.Builder(self.zone, self.known_at, {table: ids}, self.one_zone)
        found: dict[Any, list[Row]] = defaultdict(list)
        for row in evaluation.rows(builder.facts(t)):
            found[row["id"]].append(row)
        self.rows[table] |= {id_: versions for id_, versions in found.items() if id_ not in self.rows[table]}

    def versions(self, table: str, ids: Iterable[Any]) -> Iterator[Row]:
        for id_ in ids:
            yield from self.rows[table].get(id_, ())

    def whose(self, table: str, field: str, values: set[Any]) -> set[Any]:
        """The ids of the rows here that have one of these values."""
        return {id_ for id_, versions in self.rows[table].items() if any(row[field] in values for row in versions)}

    # -- from one to the next

    def follow(self, asked: list[tuple[Measure, set[Any]]]) -> None:
        """Reads what these measures look at, and what those look at whom they ask; a round at a time, a table once a round."""
        while asked:
            asked = [(m, ids - self.judged[m.id]) for m, ids in asked]
            asked = [(m, ids) for m, ids in asked if ids]
            for m, ids in asked:
                self.judged[m.id] |= ids
            self.together((m.facts, "id", ids) for m, ids in asked)
            rows = [(m, ids, list(self.versions(m.facts, ids))) for m, ids in asked]
            for _, ids, own in rows:
                self.named["subject"] |= ids
                self.named["person"] |= {row["person"] for row in own}
            self.together(need for m, ids, own in rows for need in self.needs(m, ids, own))
            for m, _, own in rows:
                self.links(m, own)
            asked = [following for m, ids, own in rows for following in self.asks(m, ids, own)]

    def together(self, needs: Iterable[tuple[str, str, Iterable[Any]]]) -> None:
        """Fetches by table and field, whoever needs it."""
        found: dict[tuple[str, str], set[Any]] = defaultdict(set)
        for table, field, values in needs:
            found[table, field] |= set(values)
        for (table, field), values in found.items():
            self.fetch(table, field, values)

    def needs(self, m: Measure, ids: set[Any], own: list[Row]) -> Iterator[tuple[str, str, Iterable[Any]]]:
        """(table, field, values) of the rows that a measure looks up beside its subjects'."""
        persons, areas = {row["person"] for row in own}, {row["area"] for row in own}
        for t in own_terms(m):
            if isinstance(t, terms.Has) or (isinstance(t, terms.Tally) and not t.acts):
                table, key = t.table if isinstance(t, terms.Has) else t.source, t.about.key
                match t.about.by:
                    case "person":
                        yield table, "person", persons
                    case "link":
                        yield table, key, ids
                    case "own":
                        yield table, "id", {row[key] for row in own}
                    case "same":
                        yield table, key, {row[key] for row in own}
                    case _:
                        yield table, "area", areas
            elif isinstance(t, terms.Met) and t.by == "person":
                for x in (x for id_ in t.measures for x in m.named(id_)):
                    yield x.facts, "person", persons
            elif isinstance(t, terms.Covered):
                for x in m.named(t.measure):
                    yield x.facts, "area", areas
        for id_ in m.yields:
            yield m.all[id_].facts, "person", persons

    def links(self, m: Measure, own: list[Row]) -> None:
        """The rows to which declared links lead, link after link."""
        for t in own_terms(m):
            if isinstance(t, terms.Linked | terms.OfArea):
                rows = own
                for link, table in zip(t.links, t.tables, strict=True):
                    ids = {row[link] for row in rows}
                    self.fetch(table, "id", ids)
                    rows = list(self.versions(table, ids))

    def asks(self, m: Measure, ids: set[Any], own: list[Row]) -> Iterator[tuple[Measure, set[Any]]]:
        """Other measures that decide about it, and on whom they are evaluated."""
        persons = {row["person"] for row in own} - {None}
        for part in m.parts:
            yield m.sibling(part), ids
        for id_ in m.yields:
            yield m.all[id_], self.whose(m.all[id_].facts, "person", persons)
        for t in own_terms(m):
            if isinstance(t, terms.Met):
                for x in (x for id_ in t.measures for x in m.named(id_)):
                    yield x, ids if t.by == "subject" else self.whose(x.facts, "person", persons)
            elif isinstance(t, terms.Covered):
                for x in m.named(t.measure):
                    yield x, set(self.rows[x.facts])

    # -- all of it

    def register(self, measures: list[Measure], inside: set[Any]) -> Register:
        every = {x.id: x for m in measures for x in reached(m)}.values()
        tables = {table for x in every for table in (x.facts, *x.tables)}
        builder = relations.Builder(self.zone, self.known_at, {}, self.one_zone)
        versions = {table: [row for of in self.rows[table].values() for row in of] for table in tables | set(self.rows)}
        codes = {code for x in every for code in x.areas} | {t.code for x in every for t in own_terms(x) if isinstance(t, terms.Within)}
        places = {row[name] for table, of in versions.items() for name in ("area", *area_links(self.vocabulary.tables[table])) for row in of}
        areas = self.areas = _areas(places | inside, codes)
        here = f"ANY(ARRAY[{', '.join(map(str, sorted(areas)))}]::bigint[])"
        self.posts = {p.pk: p for p in Post.objects.filter(area__in=list(areas), role__in={x.by.role for x in every})}
        kept = evaluation.rows(f"SELECT * FROM ({builder.kept()}) k WHERE k.area = {here}")
        said = []
        if any(isinstance(t, terms.OfArea | terms.Ordered) for x in every for t in own_terms(x)):
            said = list(evaluation.rows(f"SELECT * FROM ({builder.area_fact()}) g WHERE g.area = {here}"))
        return Register(
            versions,
            self.acts(builder, kinds(every)),
            {a.pk: (a.parent_id, a.level) for a in areas.values()},
            [self.post(p) for p in self.posts.values()],
            kept,
            said,
            {a.code: a.pk for a in areas.values()},
            uuids=True,
        )

    def post(self, p: Post) -> Row:
        until = evaluation.naive(p.valid_to, self.zone) if p.valid_to else FAR
        return {"id": p.pk, "role": p.role, "area": p.area_id, "vf": evaluation.naive(p.valid_from, self.zone), "vt": until}

    def acts(self, builder: relations.Builder, wanted: set[str]) -> list[Row]:
        """Of the kinds that count, about the subjects and persons judged."""
        about = [
            f"a.{key} = ANY(ARRAY[{', '.join(text(str(v)) for v in sorted(found - {None}, key=str))}]::uuid[])"
            for key, found in self.named.items()
            if found - {None}
        ]
        if not about or not wanted:
            return []
        return list(evaluation.rows(builder.act(f"({' OR '.join(about)}) AND a.kind IN ({', '.join(map(text, sorted(wanted)))})")))


def own_terms(m: Measure) -> list[Any]:
    """What it asks about its own subject, in conditions on acts too."""
    return list(dict.fromkeys([*m.terms, *terms.terms(*m.wheres)]))


def area_links(t: FactsTable) -> list[str]:
    """The columns that hold another area than the row's own."""
    return [link.name for link in t.links if link.table == AREA]


def covers(m: Measure) -> bool:
    """Whether what stands near a subject is enough. Pairs, lists, acts by another key and conditions that look further themselves are told from the whole."""
    for x in reached(m):
        tallies = [t for t in own_terms(x) if isinstance(t, terms.Tally) and t.acts]
        plain = all(key in PLAIN for key in [*x.keys, *(t.about.by for t in tallies)])
        if derived(x.table) or not plain or len(x.deep_terms) > len(own_terms(x)) or any(isinstance(t, terms.Covered) and t.condition is not None for t in own_terms(x)):
            return False
    return True


def whole(
    measures: list[Measure], zone: str, known_at: datetime | None, one_zone: bool, lists: bool = False
) -> tuple[Register, Mapping[Any, Area], Mapping[Any, Post]]:
    """Everything that the tables hold which these measures look at. `lists`: also what tells whether their lists are complete, persons among it."""
    built = relations.build(facts.vocabulary(), zone, known_at, None, one_zone)
    held = [entry for m in measures for entry in m.reconcile] if lists else []
    asked = [*measures, *(m.all[entry.measure] for m in measures for entry in m.reconcile if lists and isinstance(entry, Filed))]
    every = {x.id: x for m in asked for x in reached(m)}.values()
    tables = {table for x in every for table in x.tables} | {table for entry in held for table in held_against(entry)}
    versions = {table: list(evaluation.rows(built.facts[table])) for table in tables}
    acts = {*kinds(every), *(t.source for x in every for t in x.deep_terms if isinstance(t, terms.Tally) and t.acts)}
    acts |= {entry.source for entry in held if isinstance(entry, From) and entry.acts}
    wanted = ", ".join(text(kind) for kind in sorted(acts))
    found = evaluation.rows(f"SELECT * FROM ({built.act}) a WHERE a.kind IN ({wanted})") if wanted else ()
    areas = {a.pk: a for a in Area.objects.all()}
    posts = {p.pk: p for p in Post.objects.filter(role__in={x.by.role for x in every})}
    tree, codes = {a.pk: (a.parent_id, a.level) for a in areas.values()}, {a.code: a.pk for a in areas.values()}
    return Register(versions, found, tree, evaluation.rows(built.post), evaluation.rows(built.kept), evaluation.rows(built.area_fact), codes, uuids=True), areas, posts


def held_against(entry: From | Total | Filed) -> list[str]:
    """The tables that a list is held against by one line of its `reconcile`; who is named by an act is where the table of persons says."""
    match entry:
        case From():
            return ["person"] if entry.acts else [entry.source]
        case Total():
            return [] if entry.fact else [entry.source]
    return []


def kinds(measures: Iterable[Measure]) -> set[str]:
    """The kinds of acts that these measures read."""
    found: set[str] = set()
    for m in measures:
        found |= {leaf.act for leaf in forms.leaves(m.done) if leaf.act} | {c.act for c in m.close}
        found |= {t.source for t in own_terms(m) if isinstance(t, terms.Tally) and t.acts}
        found |= set(forms.acts(m.look.done)) if m.look else set()
    return found


def _areas(ids: set[Any], codes: set[str]) -> dict[int, Area]:
    """These areas, those named by a code, and all above them; and the top."""
    found = Area.objects.raw(
        "SELECT id, code, level, parent_id, path, zone FROM kernel_area WHERE id IN (SELECT unnest(string_to_array(rtrim(a.path, '.'), '.'))::bigint "
        "FROM kernel_area a WHERE a.id = ANY(%s::bigint[]) OR a.code = ANY(%s::text[]) OR a.parent_id IS NULL)",
        [sorted(ids - {None}), sorted(codes)],
    )
    return {area.pk: area for area in found}
