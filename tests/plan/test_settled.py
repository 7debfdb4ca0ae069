"""Settled cells, what late records changed, and what is live are together what evaluating everything gives: cell by cell, on invented registers."""

import datetime as dt
import os
import sys
from collections import Counter

import duckdb
import pytest
from engine_edition import EDITION, TABLES
from engine_registers import AREAS, CODES, START, Choices, act, crowd, force, on_edges, versions
from engine_tables import COLUMNS, RELATIONS, make, quoted, rows
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sizao.plan.completeness import beside
from sizao.plan.derived import knowing
from sizao.plan.duck import COUNTS, Judged
from sizao.plan.language.measure import FAR
from sizao.plan.obligations import Force
from sizao.plan.reference import evaluate
from sizao.plan.register import Register
from sizao.plan.settled import Changes, course, cycle
from sizao.plan.settled.worth import settles
from sizao.plan.sql import DUCKDB, Relations
from sizao.plan.sql.parts import series

cycle_module = sys.modules["sizao.plan.settled.cycle"]  # hidden by its function of the same name
EXAMPLES = int(os.environ.get("SIZAO_SETTLED", "12"))
RELAXED = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None, "phases": [Phase.generate]}
SEEN: Counter = Counter()
BEFORE = Relations(
    **{
        name: {t: sql.replace("FROM t_", "FROM b_") for t, sql in value.items()} if name == "facts" else value.replace("FROM t_", "FROM b_")
        for name in ("facts", "act", "area", "up", "post", "kept", "area_fact")
        if (value := getattr(RELATIONS, name, None)) is not None
    }
)


@pytest.fixture(scope="module")
def db():
    connection = duckdb.connect()
    make(lambda sql: connection.execute(sql.replace("CREATE TEMPORARY", "CREATE")))  # a cycle reads with several connections
    for name, columns in COLUMNS.items():
        connection.execute(f"CREATE TABLE b_{name} ({', '.join(f'{quoted(c)} {kind}' for c, kind in columns)})")
    connection.execute('CREATE TABLE changed_act (kind VARCHAR, subject BIGINT, person BIGINT, "at" TIMESTAMP, period DATE)')
    connection.execute("CREATE TABLE changed_subject (name VARCHAR, id BIGINT)")
    return connection


def put(db, prefix, content):
    for name, found in content.items():
        db.execute(f"DELETE FROM {prefix}_{name}")
        insert(db, f"{prefix}_{name}", [c for c, _ in COLUMNS[name]], found)


def insert(db, table, names, found):
    """As literals: bound one by one, each value would make DuckDB look for libraries that are not there."""
    if found:
        values = ", ".join(f"({', '.join(DUCKDB.literal(row[c]) for c in names)})" for row in found)
        db.execute(f"INSERT INTO {table} ({', '.join(quoted(c) for c in names)}) VALUES {values}")


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Everything is settled, but where a test says otherwise."""
    monkeypatch.setattr(course, "FEW", 0)


# -- what happens between two cycles


def another(c: Choices, register: Register, moment: dt.datetime) -> Register:
    """The register after a refresh: late records, acts taken back or corrected, closing acts, subjects corrected, moved, new or gone, posts filled or left."""
    content = rows(register)
    acts = [dict(a) for a in content["act"] if not c.rare(6)]
    for a in acts:
        if c.rare(6):
            a |= {"at": a["at"] + c.pick([-86400, -1, 1, 86400]) * dt.timedelta(seconds=1), "outcome": c.pick(["good", "nobody", None])}
    facts = {t.name: list(content[t.name]) for t in TABLES}
    for t in TABLES:
        for subject in range(1, 8):
            if c.rare(15):
                facts[t.name] = [r for r in facts[t.name] if r["id"] != subject] + (versions(c, t, subject) if not c.rare(15) else [])
            elif c.rare(10):
                for row in facts[t.name]:
                    if row["id"] == subject and row["vt"].year == 9999:
                        facts[t.name][facts[t.name].index(row)] = row | {"area": c.pick([4, 5, 6, 7, None])}
    posts = [p for p in register.posts if not c.rare(20)]
    rest = {"areas": register.areas, "posts": posts, "kept": register.kept}
    rest |= {name: getattr(register, name) for name in ("area_facts", "codes") if hasattr(register, name)}
    bare = Register(facts, (), **rest)
    number = max((a["id"] for a in acts), default=0)
    for m in EDITION.measures.values():
        for found in knowing(bare, m, Force()).versions[m.facts].values():
            if found and c.rare(25):
                for new in on_edges(c, m, bare, found) or [act(c, "visit", moment, found[-1])]:
                    number += 1
                    acts.append(new | {"id": number})
    return Register(facts, acts, **rest)


def differences(db, old: Register, new: Register) -> Changes:
    """What a mirror says of its refresh."""
    was, now = rows(old), rows(new)
    db.execute("DELETE FROM changed_subject; DELETE FROM changed_act")
    for t in TABLES:
        by_id = [{i: [r for r in side[t.name] if r["id"] == i] for i in {r["id"] for r in side[t.name]}} for side in (was, now)]
        changed = [i for i in by_id[0].keys() | by_id[1].keys() if by_id[0].get(i) != by_id[1].get(i)]
        insert(db, "changed_subject", ["name", "id"], [{"name": t.name, "id": i} for i in changed])
    one, other = ({repr(a): a for a in side["act"]} for side in (was, now))
    insert(db, "changed_act", ["kind", "subject", "person", "at", "period"], [(one | other)[key] for key in one.keys() ^ other.keys()])
    subjects = {t.name: f"SELECT id FROM changed_subject WHERE name = '{t.name}'" for t in TABLES}
    return Changes(BEFORE, subjects, "SELECT * FROM changed_act")


# -- what the cells must be


def wanted(j: Judged, register: Register, as_of: dt.datetime, since: dt.date | None) -> dict:
    """Cells counted from the reference's obligations."""
    cells: dict = {}
    for o in evaluate(j.measure, register, as_of, j.force) + beside(j.measure, register, as_of, j.force):
        if since and series(j.measure) and o.due and o.due.date() < since:
            continue
        late = o.state == "overdue"
        test = {
            "owed": o.state in ("met", "late", "overdue"),
            "missing": late and o.doable,
            "missed": late and not o.doable,
            "told_late": o.told_late,
            "ownerless": o.post is None and (o.state in ("open", "cannot_tell") or (late and o.doable)),
        }
        for area in register.above(o.area if o.area is not None else j.top):
            cell = cells.setdefault((j.key, area, o.due.date() if o.due else None), dict.fromkeys(COUNTS, 0))
            for name in COUNTS:
                cell[name] += test.get(name, o.state == name)
    return {key: tuple(cell.values()) for key, cell in cells.items() if any(cell.values())}


def found(db) -> dict:
    return {
        tuple(row[:3]): tuple(row[3:])
        for row in db.execute(f"SELECT measure, area, day, {', '.join(COUNTS)} FROM cell").fetchall()
        if any(row[3:])
    }


def three_cycles(db, seed: int) -> None:
    c = Choices.seeded(seed)
    db.execute("DROP TABLE IF EXISTS settled_measure")  # a ledger of its own
    settling = [m for m in EDITION.measures.values() if settles(m)]
    measures = [c.pick(settling), c.pick(settling), c.pick(list(EDITION.measures.values()))]
    judged = [Judged(f"{i}-{m.id}", m, f := force(c), f.area or 1) for i, m in enumerate(measures)]
    since = c.pick([None, None, (START + dt.timedelta(days=6)).date()])
    moment = c.moment(6, 20)
    register = crowd(c)
    put(db, "t", rows(register))
    changes = None
    course.FEW = c.pick([0, 0, 4, 60])  # more occasions than that are settled
    for _ in range(3):
        result = cycle(db, judged, RELATIONS, moment, changes, since)
        expected = {key: value for j in judged for key, value in wanted(j, register, moment, since).items()}
        assert found(db) == expected, (seed, moment, [j.key for j in judged])
        for j in judged:
            SEEN[j.measure.id, "again" if j.key not in result.whole else "whole"] += 1
            SEEN["grown"] += result.whole.get(j.key) == "has grown"
        SEEN["touched"] += sum(result.touched.values())
        row = db.execute("SELECT count(*), count(*) FILTER (WHERE met < 0 OR missed < 0 OR closed < 0) FROM settled_cell").fetchone()
        SEEN["settled"], SEEN["taken away"] = SEEN["settled"] + row[0], SEEN["taken away"] + row[1]
        put(db, "b", rows(register))
        moment += c.pick([0, 1, 600, 5 * 3600, 86400, 2 * 86400]) * dt.timedelta(seconds=1)
        new = another(c, register, moment)
        put(db, "t", rows(new))
        changes, register = differences(db, register, new), new


@settings(max_examples=EXAMPLES, **RELAXED)
@given(seed=st.integers(0, 2**40))
def test_settled_and_delta_and_live_are_the_full_evaluation(db, seed):
    three_cycles(db, seed)


@settings(max_examples=EXAMPLES // 3, **RELAXED)
@given(seed=st.integers(0, 2**40))
def test_so_they_are_where_the_rows_that_can_matter_are_kept_apart(db, seed, large_everywhere):
    three_cycles(db, seed)


@pytest.fixture
def large_everywhere():
    before, cycle_module.LARGE = cycle_module.LARGE, 0
    yield
    cycle_module.LARGE = before


def test_cells_were_settled_taken_away_and_measures_evaluated_again(db):
    for seed in range(24):
        three_cycles(db, seed)
        again = sum(n for key, n in SEEN.items() if key[1:] == ("again",))
        if enough := SEEN["settled"] > 500 and SEEN["taken away"] > 20 and SEEN["touched"] > 50 and again > 20:
            break
    assert enough


@pytest.mark.parametrize("seed", [3, 4])
def test_a_cycle_that_breaks_off_leaves_the_cells_as_they_were(db, seed, large_everywhere):
    c = Choices.seeded(seed)
    db.execute("DROP TABLE IF EXISTS settled_measure")
    judged = [Judged(m.id, m, force(c), 1) for m in EDITION.measures.values() if settles(m)][:6]
    moment, register = c.moment(8, 14), crowd(c)
    put(db, "t", rows(register))
    cycle(db, judged, RELATIONS, moment)
    before = found(db)
    put(db, "b", rows(register))
    moment += dt.timedelta(days=1)
    new = another(c, register, moment)
    put(db, "t", rows(new))
    changes, asked = differences(db, register, new), []

    def breaks_off(counter, j, table, held):
        asked.append(j.key)
        if len(asked) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cycle(db, judged, RELATIONS, moment, changes, listing=breaks_off)
    assert found(db) == before
    cycle(db, judged, RELATIONS, moment, changes)
    assert found(db) == {key: value for j in judged for key, value in wanted(j, new, moment, None).items()}


def test_days_more_than_two_months_past_are_kept_as_one_and_what_comes_late_still_counts(db):
    """A unit that is visited each month since January, judged in August: twice before the months are folded, twice after."""
    db.execute("DROP TABLE IF EXISTS settled_measure")
    table, since = next(t for t in TABLES if t.name == "unit"), dt.datetime(2020, 1, 31)
    unit = {c.name: None for c in (*table.stored, *table.links)} | {"id": 1, "person": None, "area": 5, "disease": None, "known": since, "vf": since, "vt": FAR, "opens_on": since.date()}
    visits = [act(Choices.seeded(1), "visit", dt.datetime(2020, month, 10), unit) | {"id": month} for month in (3, 4, 7)]
    said = {"areas": AREAS, "posts": [], "kept": [{"kind": "visit", "area": 1, "since": since}], "area_facts": [], "codes": CODES}
    early, late = (Register({t.name: [unit] if t is table else [] for t in TABLES}, acts, **said) for acts in ([visits[0], visits[2]], visits))
    j, was, loose = Judged("monthly", EDITION.measures["monthly"], Force(), 1), early, []
    for moment, now in ((dt.datetime(2020, 8, 20, 12), early), (dt.datetime(2020, 8, 21, 12), early), (dt.datetime(2020, 8, 21, 13), late), (dt.datetime(2020, 8, 22, 12), late)):
        put(db, "b", rows(was))
        put(db, "t", rows(now))
        result = cycle(db, [j], RELATIONS, moment, differences(db, was, now) if loose else None)
        assert bool(result.whole) == (not loose), "evaluated whole once"
        before = moment.date() - dt.timedelta(days=62)
        assert folded(found(db), before) == folded(wanted(j, now, moment, None), before)
        loose.append(len({day for _, _, day in found(db) if day is not None and dt.date.min < day < before}))
        was = now
    assert loose == [4, 0, 1, 0], "the days of their own that are older than that"


def folded(cells: dict, before: dt.date) -> dict:
    """Cells with all days before one as the first day that there is."""
    sums: dict = {}
    for (key, area, day), counts in cells.items():
        place = (key, area, dt.date.min if day is not None and day < before else day)
        sums[place] = tuple(map(sum, zip(counts, sums.get(place, [0] * len(counts)), strict=True)))
    return {place: counts for place, counts in sums.items() if any(counts)}


@pytest.mark.full
def test_settled_and_delta_and_live_are_the_full_evaluation_three_thousand_times(db):
    for seed in range(100_000, 103_000):
        three_cycles(db, seed)


@pytest.mark.full
def test_so_they_are_where_rows_are_kept_apart_a_thousand_times(db, large_everywhere):
    for seed in range(200_000, 201_000):
        three_cycles(db, seed)
