"""What was known then: of one journal the plain reading, PostgreSQL's relations and the mirror's say the same, and so do the engines over them."""

import datetime as dt
from collections import Counter
from dataclasses import astuple
from decimal import Decimal
from itertools import pairwise
from types import SimpleNamespace
from uuid import UUID

import duckdb
import pytest
from engine_edition import EDITION, TABLES
from engine_journal import JOURNALED, LAYOUT, WRITTEN, ZONE, fill, instant, journal, make, mirror, number
from engine_registers import START, Choices, as_of, crowd, force
from engine_tables import rows

from sizao.plan import relations
from sizao.plan.language.measure import FAR
from sizao.plan.language.subjects import derived
from sizao.plan.mirror import relations as mirrored
from sizao.plan.reference import evaluate
from sizao.plan.relations import VOID
from sizao.plan.sql import DUCKDB, POSTGRES, compile_measure

SEEN: Counter = Counter()
FEW = ("daily", "slot-second", "chain.followed", "rows", "looked-back", "pair-inside", "gated", "report")


@pytest.fixture(scope="module")
def postgres(engine_db):
    engine_db.execute("SET TIME ZONE 'UTC'; SET enable_nestloop = off")
    make(engine_db)
    return engine_db


@pytest.fixture
def duck():
    return duckdb.connect(config={"threads": 1})


def written(seed, postgres, duck, folder):
    """A journal in both databases, and moments at which something was known."""
    c = Choices.seeded(seed)
    j = journal(c, crowd(c), START)
    fill(postgres, j)
    mirror(postgres, duck, folder)
    lines = [line for found in j.lines.values() for line in found]
    moments = [c.pick(lines)["recorded"] for _ in range(2)] + [
        c.pick(j.acts)["recorded"] - dt.timedelta(seconds=1),
        START + dt.timedelta(days=60),
    ]
    note(j)
    return c, j, moments


def note(j):
    """What happened in it."""
    for t in WRITTEN:
        by_id = {}
        for line in j.lines[t.name]:
            by_id.setdefault(line["id"], []).append(line)
        for id_, found in by_id.items():
            for before, after in pairwise(found):
                SEEN[
                    "corrected"
                    if after["stands"] == before["stands"]
                    else "reached back"
                    if after["stands"] < before["stands"]
                    else "changed"
                ] += 1
                SEEN["moved"] += before["values"]["area"] != after["values"]["area"]
                SEEN["what was said of an area corrected"] += (
                    t.name == "area_fact" and before["values"]["value"] != after["values"]["value"]
                )
            SEEN["gone"] += (t.name, id_) in j.gone
            SEEN["recorded late"] += any(line["recorded"] > line["stands"] + dt.timedelta(days=1) for line in found)
            SEEN["in a batch", bool(found[0]["batch"])] += 1
    said = {(line["values"]["area"], line["values"]["scale"], line["values"]["value"]) for line in j.lines["area_fact"]}
    SEEN["regraded"] += len(said) > len({(area, scale) for area, scale, _ in said})
    for a in j.acts:
        SEEN["act replaced"] += a["replaces"] is not None and a["outcome"] != VOID
        SEEN["act taken back"] += a["outcome"] == VOID
        SEEN["act recorded late"] += a["recorded"] > a["at"] + dt.timedelta(days=1)
        SEEN["told by nobody"] += a["reported"] is None


def over(postgres, duck, known_at):
    """What the statements of both engines read."""
    moment = instant(known_at)
    latest = duck.execute("SELECT CAST(max(_recorded) AS VARCHAR) FROM act").fetchone()[0]
    return (
        (postgres.execute, POSTGRES, relations.build(JOURNALED, ZONE, moment)),
        (duck.execute, DUCKDB, mirrored.build(duck, LAYOUT, SimpleNamespace(latest=latest), ZONE, moment)),
    )


def plain(value):
    """Ids as numbers, whole numbers whole."""
    if isinstance(value, UUID):
        return number(value)
    return (int(value) if value == int(value) else round(float(value), 9)) if isinstance(value, (Decimal, float)) else value


def content(execute, sql, names):
    quoted = ", ".join(f'q."{name}"' for name in names)
    return sorted((tuple(map(plain, row)) for row in execute(f"SELECT {quoted} FROM ({sql}) q").fetchall()), key=repr)


def test_a_row_changed_in_a_batch_that_was_undone_stood_until_it_went(postgres, duck, tmp_path):
    c = Choices.seeded(2)
    j = journal(c, crowd(c), START)
    first = {**j.lines["unit"][0], "recorded": START + dt.timedelta(days=1), "stands": START, "known": START, "batch": None}
    j.lines["unit"] = [first, {**first, "recorded": START + dt.timedelta(days=12), "batch": 5}]  # undone on the eleventh day
    j.gone = {("unit", first["id"]): START + dt.timedelta(days=20)}
    fill(postgres, j)
    mirror(postgres, duck, tmp_path)
    for day, until in ((11, FAR), (13, FAR), (20, START + dt.timedelta(days=20))):
        for execute, _, read in over(postgres, duck, START + dt.timedelta(days=day)):
            assert content(execute, read.facts["unit"], ["vf", "vt"]) == [(START, until)]


@pytest.mark.parametrize("seed", range(3))
def test_what_was_known_then_is_read_alike(postgres, duck, tmp_path, seed):
    read_alike(seed, postgres, duck, tmp_path)


def read_alike(seed, postgres, duck, folder):
    _, j, moments = written(seed, postgres, duck, folder)
    for known_at in moments:
        known = j.known(known_at)
        wanted = rows(known)
        for execute, dialect, read in over(postgres, duck, known_at):
            for t in TABLES:
                names = [
                    "id",
                    "person",
                    "area",
                    "disease",
                    "known",
                    "vf",
                    "vt",
                    *(c.name for c in t.stored),
                    *(link.name for link in t.links),
                ]
                same(execute, read.facts[t.name], names, wanted[t.name], (dialect.name, t.name, seed, known_at))
            same(
                execute,
                read.area_fact,
                ["area", "scale", "value", "number", "starts_at", "ends_at", "vf", "vt"],
                wanted["area_fact"],
                (dialect.name, "said", seed, known_at),
            )
            same(
                execute,
                read.act,
                ["kind", "subject", "person", "area", "other", "at", "told_at", "period", "outcome", "number"],
                wanted["act"],
                (dialect.name, "act", seed, known_at),
            )


def same(execute, sql, names, wanted, about):
    """A version that stood at no moment is none."""
    ours = sorted((tuple(plain(row[name]) for name in names) for row in wanted if "vf" not in row or row["vf"] < row["vt"]), key=repr)
    there = [row for row in content(execute, sql, names) if "vf" not in names or row[names.index("vf")] < row[names.index("vt")]]
    assert there == ours, (about, [r for r in there if r not in ours][:3], [r for r in ours if r not in there][:3])


def listed_alike(seed, postgres, duck, folder, names, moments=1) -> Counter:
    """The obligations of what was known then, by the reference and over both databases."""
    c, j, known = written(seed, postgres, duck, folder)
    named, compared = {n for (n,) in duck.execute("SELECT n FROM subject").fetchall()}, Counter()
    for known_at in known[:moments]:
        register = j.known(known_at)
        t, where = as_of(c, register), force(c)
        for name in names:
            m = EDITION.measures[name]
            wanted = alike((astuple(o) for o in evaluate(m, register, t, where)), m, named)
            for execute, dialect, read in over(postgres, duck, known_at):
                found = alike(execute(compile_measure(m, read, t, where, dialect)).fetchall(), m, named)
                about = (dialect.name, name, seed, known_at, t, where)
                assert found == wanted, (about, [r for r in found if r not in wanted][:3], [r for r in wanted if r not in found][:3])
                compared[dialect.name] += 1
            for o in wanted:
                SEEN["state", o[6]] += 1
    return compared


def alike(obligations, m, named):
    """A pair or a line that no act names has no number in the mirror."""
    found = [tuple(map(plain, row)) for row in obligations]
    return sorted(((row[0], row[1] if row[1] in named or not derived(m.table) else None, *row[2:]) for row in found), key=repr)


def test_of_what_was_known_then_the_engines_list_the_same(postgres, duck, tmp_path):
    listed_alike(7, postgres, duck, tmp_path, FEW)


def test_everything_that_befalls_a_register_was_seen():
    to_rows = ("corrected", "reached back", "changed", "moved", "regraded", "what was said of an area corrected", "gone", "recorded late")
    befell = (*to_rows, "act replaced", "act taken back", "act recorded late", "told by nobody")
    for seed in range(2):
        note(journal(c := Choices.seeded(seed), crowd(c), START))
    assert not [what for what in (*befell, ("in a batch", True)) if not SEEN[what]]


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 106))
def test_of_what_was_known_then_the_engines_list_the_same_for_every_measure(postgres, duck, tmp_path, seed):
    compared = listed_alike(seed, postgres, duck, tmp_path, EDITION.measures, moments=3)
    read_alike(seed + 50, postgres, duck, tmp_path)
    assert min(compared.values()) == 3 * len(EDITION.measures)
