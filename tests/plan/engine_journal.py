"""A register as it was written: line after line, with corrections, late recordings, rows that went, acts replaced and taken back, batches open or undone.

What was known at a moment is read from one journal three times: here, in a few plain lines; by PostgreSQL's relations, over tables with their histories;
and by the mirror's, over what the mirror's own SELECTs take from those tables (Spark reads the same files).
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from engine_edition import ACTS, AREA_FACTS, EDITION, TABLES
from engine_registers import Choices
from engine_tables import TYPES, quoted

from sizao.plan.derived import knowing
from sizao.plan.language import Vocabulary
from sizao.plan.language.measure import FAR
from sizao.plan.language.subjects import Lines, Pair, id_of
from sizao.plan.mirror import checking
from sizao.plan.mirror.layout import Layout
from sizao.plan.obligations import Force
from sizao.plan.register import Register
from sizao.plan.relations import AREA_FACTS as SAID
from sizao.plan.relations import VOID

ZONE, OFFSET = "Asia/Shanghai", dt.timedelta(hours=8)
JOURNALED = Vocabulary.of(
    tuple(replace(t, relation=f"j_{t.name}", columns=tuple(replace(c, codes="any") for c in t.columns)) for t in TABLES),
    ACTS,
    areas=AREA_FACTS,
)
WRITTEN = (*JOURNALED.tables.values(), SAID)  # what is said of areas is a register like the others
LAYOUT = Layout(JOURNALED, [ZONE])
BATCHES = {
    1: (0, None),
    2: (None, None),
    3: (9, None),
    4: (4, 14),
    5: (0, 11),
}  # days after the beginning on which each was closed and undone


@dataclass
class Journal:
    """`lines`: of each table, (id, values, known, stands, recorded, batch) in the order of writing; `gone`: (table, id) → when the row was deleted.

    `acts`: with `recorded`, `reported` (or None), `batch` and `replaces` besides. All times civil, all ids of rows UUIDs.
    """

    base: Register
    begun: dt.datetime
    lines: dict[str, list[dict]] = field(default_factory=dict)
    gone: dict[tuple[str, UUID], dt.datetime] = field(default_factory=dict)
    acts: list[dict] = field(default_factory=list)

    def hidden(self, at: dt.datetime) -> set[int]:
        """Batches that were open or undone then."""
        days = {n: [at if day is None else self.begun + dt.timedelta(days=day) for day in both] for n, both in BATCHES.items()}
        return {
            n for n, (closed, undone) in BATCHES.items() if closed is None or days[n][0] > at or (undone is not None and days[n][1] <= at)
        }

    # -- the plain reading

    def known(self, at: dt.datetime) -> Register:
        """The register as it was known then."""
        hidden, facts = self.hidden(at), {}
        for t in WRITTEN:
            by_id: dict[UUID, list[dict]] = {}
            for line in self.lines[t.name]:
                if line["recorded"] <= at and line["batch"] not in hidden:
                    by_id.setdefault(line["id"], []).append(line)
            facts[t.name] = [row for id_, found in by_id.items() for row in self.standing(found, self.gone.get((t.name, id_), FAR), at)]
        seen = [a for a in self.acts if a["recorded"] <= at and a["batch"] not in hidden]
        replaced = {a["replaces"] for a in seen}
        acts = [a for a in seen if a["outcome"] != VOID and a["id"] not in replaced]
        said = facts.pop(SAID.name)
        base = self.base
        return Register(facts, acts, base.areas, base.posts, base.kept, said, base.codes, uuids=True)

    @staticmethod
    def standing(lines: list[dict], gone: dt.datetime, at: dt.datetime) -> list[dict]:
        """The versions of one row, of what was written: each until the earliest beginning of a later one, the last until the row went."""
        found, first = [], min(line["stands"] for line in lines)
        for i, line in enumerate(lines):
            ends = min((later["stands"] for later in lines[i + 1 :]), default=gone if gone <= at else FAR)
            begins = min(first, *(x["known"] for x in lines)) if line["stands"] == first else line["stands"]
            if ends > line["stands"]:
                found.append({**line["values"], "id": line["id"], "known": line["known"], "vf": begins, "vt": ends})
        return found


def uuid(n: int | None) -> UUID | None:
    return None if n is None else UUID(int=n)


def journal(c: Choices, register: Register, begun: dt.datetime) -> Journal:
    """How such a register may have come to be written: with mistakes that were corrected, late, and in batches."""
    found, derived = Journal(register, begun), ids_of_pairs_and_lines(register)
    for t in WRITTEN:
        links = [link.name for link in t.links if link.table != "area"]
        rows = {} if t is SAID else register.versions[t.name]
        for row in register.area_facts if t is SAID else ():
            rows.setdefault(row["id"], []).append(row)
        found.lines[t.name] = [line for id_, versions in rows.items() for line in written(c, t, id_, versions, found)]
        for line in found.lines[t.name]:
            line["id"] = uuid(line["id"])
            line["values"] |= {name: uuid(line["values"][name]) for name in ("person", *links)}
    for one in {a["id"]: a for acts in register.acts.values() for a in acts}.values():
        found.acts += recorded(c, one, derived)
    for number, one in enumerate(found.acts):
        one["no"] = number
    return found


def written(c: Choices, t, id_: int, versions: list[dict], whole: Journal) -> list[dict]:
    """The lines of one row: some first written wrong, some reaching back over what was written before; the whole sometimes deleted in the end."""
    names = [*(x.name for x in t.stored), *(link.name for link in t.links)]
    lines, clock = [], versions[0].get("known", versions[0]["vf"])
    for v in versions:
        values = {name: v.get(name) for name in (*names, "person", "area", "disease")}
        back = dt.timedelta(days=c.pick([1, 4])) if lines and c.rare(15) else dt.timedelta()
        for mistaken in [True, False] if c.rare(30) else [False]:
            clock = max(clock, v["vf"]) + c.pick([1, 1, 60, 2000, 9000]) * dt.timedelta(minutes=1)
            wrong = {} if not mistaken else {"value": c.pick(["high", "low", "sweep"])} if t is SAID else {c.pick(names): None}
            wrong |= {"area": c.area([4, 5, 6])} if mistaken and c.rare(30) else {}
            known = v.get("known", v["vf"]) + (dt.timedelta(hours=7) if mistaken and c.rare(30) else dt.timedelta())
            batch = c.pick([None] * 12 + list(BATCHES))
            lines.append({"id": id_, "values": values | wrong, "known": known, "stands": v["vf"] - back, "recorded": clock, "batch": batch})
    if versions[-1]["vt"] < FAR:
        whole.gone[t.name, uuid(id_)] = max(versions[-1]["vt"], clock + dt.timedelta(minutes=1))
    return lines


def ids_of_pairs_and_lines(register: Register) -> dict[int, UUID]:
    """What is made from two numbers, or from a list, is made from their UUIDs here."""
    found: dict[int, UUID] = {}
    for m in EDITION.measures.values():
        if isinstance(m.table, Lines):
            found |= {id_of(entry.key(m.table.list), False): id_of(entry.key(m.table.list), True) for entry in m.table.entries}
    for m in EDITION.measures.values():
        if isinstance(m.table, Pair):
            names = [side.name for side in m.table.sides]
            for id_, versions in knowing(register, m, Force()).versions[m.facts].items():
                one, other = (found.get(versions[0][name]) or uuid(versions[0][name]) for name in names)
                found[id_] = id_of(f"{one}|{other}", True)
    return found


def recorded(c: Choices, one: dict, derived: dict[int, UUID]) -> list[dict]:
    """An act as it came in: at once or late, told by somebody or not, sometimes corrected, sometimes taken back."""
    when = one["told_at"] + c.pick([0, 0, 0, 40, 200]) * dt.timedelta(hours=1)
    row = {**one, "id": uuid(2 * one["id"] + 1), **{name: uuid(one[name]) for name in ("subject", "person", "other")}}
    row["subject"] = derived.get(one["subject"], row["subject"])
    row |= {"reported": one["told_at"], "recorded": when, "batch": c.pick([None] * 14 + list(BATCHES)), "replaces": None}
    if c.rare(30):
        row |= {"reported": None, "told_at": when}
    if not c.rare(16):
        return [row]
    before = {**row, "at": row["at"] + c.pick([-86400, -1, 1, 3600]) * dt.timedelta(seconds=1), "outcome": c.pick(["good", "nobody", None])}
    later = {**row, "id": uuid(2 * one["id"] + 2), "recorded": when + c.pick([1, 30, 90]) * dt.timedelta(hours=1), "replaces": row["id"]}
    later |= {"outcome": VOID} if c.rare(40) else {}
    return [before, later | {"told_at": later["reported"] or later["recorded"]}]


# -- the tables

STAMPS = "known_from timestamptz, stands_from timestamptz, recorded_at timestamptz, change_no bigint, change_xid xid8 DEFAULT pg_current_xact_id(), batch_id bigint"
KERNEL = {
    "kernel_act": "id uuid, kind text, subject uuid, person uuid, area_id bigint, other uuid, happened_at timestamptz, reported_at timestamptz, recorded_at timestamptz, "
    "period date, outcome text, number numeric(12,3), replaces uuid, change_no bigint, change_xid xid8 DEFAULT pg_current_xact_id(), batch_id bigint",
    "kernel_batch": "id bigint, closed_at timestamptz, undone_at timestamptz",
    "kernel_area": "id bigint, parent_id bigint, level text, code text, path text, zone text",
    "kernel_post": "id bigint, role text, area_id bigint, valid_from timestamptz, valid_to timestamptz",
    "kernel_kept": "act_kind text, area_id bigint, since timestamptz",
}


def columns(t) -> dict[str, str]:
    """A register's own columns in PostgreSQL."""
    kinds = {c.sql: "timestamptz" if c.type == "instant" else TYPES[c.type] for c in t.stored}
    keys = {"id": "uuid", "area_id": "bigint"} | ({t.person: "uuid"} if t.person else {}) | ({t.disease: "text"} if t.disease else {})
    return keys | kinds | {link.sql: "bigint" if link.table == "area" else "uuid" for link in t.links}


def make(postgres) -> None:
    for t in WRITTEN:
        own = ", ".join(f'"{name}" {kind}' for name, kind in columns(t).items())
        for name, more in ((t.relation, ""), (t.history, "ended_at timestamptz, ")):
            postgres.execute(f"DROP TABLE IF EXISTS {name}")
            postgres.execute(f"CREATE TEMPORARY TABLE {name} ({more}{own}, {STAMPS})")
    for name, own in KERNEL.items():
        postgres.execute(f"DROP TABLE IF EXISTS {name}")
        postgres.execute(f"CREATE TEMPORARY TABLE {name} ({own})")


def instant(t: dt.datetime | None) -> dt.datetime | None:
    """A civil time as an instant; what never ends stays open."""
    return None if t is None or t == FAR else (t - OFFSET).replace(tzinfo=dt.UTC)


def fill(postgres, j: Journal) -> None:
    """The tables as they are after the last line."""
    changes = 0
    for t in WRITTEN:
        of = {"area_id": "area", t.person: "person", t.disease: "disease"}
        times = {c.sql for c in t.stored if c.type == "instant"}
        rows: dict[str, list[dict]] = {t.relation: [], t.history: []}
        for i, line in enumerate(j.lines[t.name]):
            later = next((x["recorded"] for x in j.lines[t.name][i + 1 :] if x["id"] == line["id"]), j.gone.get((t.name, line["id"])))
            values = {name: line["values"][of.get(name, name)] for name in columns(t) if name != "id"}
            values |= {name: instant(values[name]) for name in times}
            changes += 1
            stamps = {
                "known_from": instant(line["known"]),
                "stands_from": instant(line["stands"]),
                "recorded_at": instant(line["recorded"]),
                "change_no": changes,
            }
            row = values | stamps | {"id": line["id"], "batch_id": line["batch"]}
            rows[t.history if later else t.relation].append(row | ({"ended_at": instant(later)} if later else {}))
        for name, found in rows.items():
            put(postgres, name, found)
    acts = [
        {name: a[name] for name in ("id", "kind", "subject", "person", "other", "period", "outcome", "number", "replaces")}
        | {
            "area_id": a["area"],
            "happened_at": instant(a["at"]),
            "reported_at": instant(a["reported"]),
            "recorded_at": instant(a["recorded"]),
        }
        | {"change_no": a["no"], "batch_id": a["batch"]}
        for a in j.acts
    ]
    put(postgres, "kernel_act", acts)
    moments = {n: [None if day is None else instant(j.begun + dt.timedelta(days=day)) for day in both] for n, both in BATCHES.items()}
    put(postgres, "kernel_batch", [{"id": n, "closed_at": closed, "undone_at": undone} for n, (closed, undone) in moments.items()])
    base, codes = j.base, {area: code for code, area in j.base.codes.items()}
    paths = {a: "".join(f"{x}." for x in reversed(list(base.above(a)))) for a in base.areas}
    areas = [
        {"id": a, "parent_id": up, "level": level, "code": codes[a], "path": paths[a], "zone": ZONE}
        for a, (up, level) in base.areas.items()
    ]
    put(postgres, "kernel_area", areas)
    posts = [
        {"id": p["id"], "role": p["role"], "area_id": p["area"], "valid_from": instant(p["vf"]), "valid_to": instant(p["vt"])}
        for p in base.posts
    ]
    put(postgres, "kernel_post", posts)
    put(postgres, "kernel_kept", [{"act_kind": k["kind"], "area_id": k["area"], "since": instant(k["since"])} for k in base.kept])


def put(postgres, table: str, rows: list[dict]) -> None:
    postgres.execute(f"DELETE FROM {table}")
    if rows:
        names = ", ".join(map(quoted, rows[0]))
        with postgres.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(list(row.values()))
    postgres.execute(f"ANALYZE {table}")


# -- the mirror


def number(id_: UUID) -> int:
    """Which number stands for it in the mirror."""
    return id_.int & (1 << 60) - 1


NUMBER = "('x' || right(replace({0}::text, '-', ''), 15))::bit(60)::bigint"


def mirror(postgres, duck, folder: Path) -> None:
    """What the mirror's SELECTs take, in its tables, and as the files and the line about them that it hands to other engines."""
    for source in checking.tables(LAYOUT):
        read = ", ".join(
            f"{NUMBER.format(f'x.{c.name}')} AS {quoted(c.name)}" if c.type == "ID" else f"x.{quoted(c.name)}" for c in source.columns
        )
        if source.name == "replaced":
            read = read.replace('x."act"', '(SELECT b.change_no FROM kernel_act b WHERE b.id = x.replaces) AS "act"')
        path = folder / f"{source.name}.csv"
        with (
            path.open("wb") as file,
            postgres.cursor() as cursor,
            cursor.copy(f"COPY (SELECT {read} FROM ({source.select()}) x) TO STDOUT (FORMAT csv)") as copy,
        ):
            for part in copy:
                file.write(part)
        taken(duck, source.name, source.create(), path)
    path = folder / "subject.csv"
    named = [f"SELECT id FROM {name}" for t in WRITTEN for name in (t.relation, t.history)] + ["SELECT subject FROM kernel_act"]
    ids = {row[0] for row in postgres.execute(" UNION ".join(named)).fetchall()}
    path.write_text("".join(f"{number(id_)},{id_}\n" for id_ in sorted(ids)))
    taken(duck, "subject", "CREATE TABLE subject (n BIGINT, id UUID)", path)
    latest = duck.execute(
        "SELECT CAST(max(t) AS VARCHAR) FROM (SELECT max(_recorded) FROM act UNION ALL SELECT max(_recorded) FROM fact_contact) x(t)"
    ).fetchone()[0]
    (folder / "snapshot.json").write_text(json.dumps({"zones": [ZONE], "latest": latest}))


def taken(duck, name: str, create: str, path: Path) -> None:
    duck.execute(f"DROP TABLE IF EXISTS {name}")
    duck.execute(create)
    if path.stat().st_size:
        duck.execute(f"COPY {name} FROM '{path}' (FORMAT csv, HEADER false, NULLSTR '')")
    written = "n, CAST(id AS VARCHAR) AS id" if name == "subject" else "*"
    duck.execute(f"COPY (SELECT {written} FROM {name}) TO '{path.with_suffix('.parquet')}' (FORMAT parquet)")
