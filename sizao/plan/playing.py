"""Plays a scenario: what came out otherwise than it says, on the reference and, where asked, on a compiled engine too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import timedelta
from typing import Any

from .completeness import beside as incomplete
from .language import Vocabulary
from .language.measure import Measure
from .language.schedule import Days, Every, Fresh, Shifts
from .language.subjects import Lines, Pair, id_of
from .obligations import NO_TIMETABLE, PER_DAY, Obligation
from .reference import evaluate
from .register import Register
from .scenario import COUNTS, Scenario
from .sql import POSTGRES, Dialect, Relations, compile_beside, compile_measure
from .timetable import EPOCH

Execute = Callable[[str], Iterable[tuple[Any, ...]]]


def play(
    s: Scenario, m: Measure, vocabulary: Vocabulary, execute: Execute | None = None, dialect: Dialect = POSTGRES
) -> list[dict[str, str]]:
    """What came out otherwise than expected, each in zh and en; empty when all is well. With `execute` the compiled engine must agree too."""
    register = s.register(m, vocabulary)
    found = evaluate(m, register, s.as_of)
    wrong = []
    for name, expected in s.expect.items():
        got = {occasion_name(m, o): o for o in found if o.subject == subject_named(name, s, m)}
        for key in {**expected, **got}:
            want, have = expected.get(key), got.get(key)
            if have is None or want is None or not matches(have, want):
                wrong.append(difference(f"{name} {key}".strip(), want, said(have)))
    beside = incomplete(m, register, s.as_of)
    for count, number in s.coverage.items():
        have_number = sum(COUNTS[count](o) for o in (*found, *beside))
        if have_number != number:
            wrong.append(difference(count, str(number), str(have_number)))
    if execute is not None:
        compiled = sorted(
            (tuple(row) for row in execute(compile_measure(m, given(register, m, vocabulary, dialect), s.as_of, dialect=dialect))), key=repr
        )
        rest = compile_beside(m, given(register, m, vocabulary, dialect), s.as_of, dialect=dialect)
        compiled += sorted((tuple(row) for row in execute(rest)), key=repr) if rest else []
        if compiled != sorted((astuple(o) for o in found), key=repr) + sorted((astuple(o) for o in beside), key=repr):
            wrong.append({"zh": "两个引擎结果不同", "en": "the two engines differ"})
    return wrong


def subject_named(name: str, s: Scenario, m: Measure) -> int | None:
    """The subject of this name: a row, a pair of rows, or a line of the measure's list."""
    if isinstance(m.table, Pair):
        lines = [side.table for side in m.table.sides if isinstance(side.table, Lines)]
        sides = [s.subjects.get(part, line_named(part, lines)) for part in name.split(" + ")]
        return None if None in sides else id_of("|".join(map(str, sides)), False)  # type: ignore[no-any-return]
    return line_named(name, [m.table]) if isinstance(m.table, Lines) else s.subjects.get(name)


def line_named(code: str, tables: Sequence[Lines]) -> int | None:
    """The first line of this code on one of these lists."""
    return next((id_of(entry.key(t.list), False) for t in tables for entry in t.entries if entry.code == code), None)


def difference(what: str, want: str | None, have: str | None) -> dict[str, str]:
    return {"zh": f"{what}：预期 {want or '无'}，得到 {have or '无'}", "en": f"{what}: expected {want or 'none'}, got {have or 'none'}"}


def occasion_name(m: Measure, o: Obligation) -> str:
    """How a scenario names an occasion: the local day (and time, if there are several), "day 4", or nothing where there is one."""
    if o.occasion == NO_TIMETABLE or o.due is None:
        return ""
    if isinstance(m.when, (Shifts, Fresh)):
        return f"{o.opens:%Y-%m-%d %H:%M}"
    if isinstance(m.when, Every):
        day = EPOCH + timedelta(days=o.occasion // PER_DAY)
        return str(day) if not isinstance(m.when.at, str) and len(m.when.at) == 1 else f"{day} {o.due:%H:%M}"
    return f"day {o.occasion}" if isinstance(m.when, Days) else ""


def matches(o: Obligation, want: str) -> bool:
    state, _, what = (part.strip() for part in want.partition(":"))
    return o.state == state and (not what or what in (o.reason, (o.reason or "").partition(":")[2]))


def said(o: Obligation | None) -> str | None:
    return None if o is None else f"{o.state}: {o.reason}" if o.reason else o.state


AREA_FACT = {
    "id": "BIGINT",
    "area": "BIGINT",
    "scale": "VARCHAR",
    "value": "VARCHAR",
    "number": "NUMERIC",
    "starts_at": "TIMESTAMP",
    "ends_at": "TIMESTAMP",
    "vf": "TIMESTAMP",
    "vt": "TIMESTAMP",
}
TYPES = {"text": "VARCHAR", "int": "INTEGER", "number": "NUMERIC", "bool": "BOOLEAN", "date": "DATE", "instant": "TIMESTAMP"}


def given(register: Register, m: Measure, vocabulary: Vocabulary, dialect: Dialect) -> Relations:
    """A small register written out as sub-queries, so that the compiled engine needs no tables."""
    keys = {
        "id": "BIGINT",
        "person": "BIGINT",
        "area": "BIGINT",
        "disease": "VARCHAR",
        "known": "TIMESTAMP",
        "vf": "TIMESTAMP",
        "vt": "TIMESTAMP",
    }
    tables = {}
    for table in vocabulary.tables.values():
        columns = keys | {c.name: TYPES[c.type] for c in table.stored} | {link.name: "BIGINT" for link in table.links}
        tables[table.name] = written(columns, [row for versions in register.versions[table.name].values() for row in versions], dialect)
    act = {
        "id": "BIGINT",
        "kind": "VARCHAR",
        "subject": "BIGINT",
        "person": "BIGINT",
        "area": "BIGINT",
        "other": "BIGINT",
        "at": "TIMESTAMP",
        "told_at": "TIMESTAMP",
        "period": "DATE",
        "outcome": "VARCHAR",
        "number": "NUMERIC",
    }
    acts = list({a["id"]: a for found in register.acts.values() for a in found}.values())
    codes = {area: code for code, area in register.codes.items()}
    up = [{"area": a, "above": b, "steps": n} for a in register.areas for n, b in enumerate(register.above(a))]
    return Relations(
        tables,
        written(act, acts, dialect),
        written(
            {"id": "BIGINT", "parent": "BIGINT", "level": "VARCHAR", "code": "VARCHAR"},
            [{"id": a, "parent": p, "level": level, "code": codes.get(a)} for a, (p, level) in register.areas.items()],
            dialect,
        ),
        written({"area": "BIGINT", "above": "BIGINT", "steps": "INTEGER"}, up, dialect),
        written({"id": "BIGINT", "role": "VARCHAR", "area": "BIGINT", "vf": "TIMESTAMP", "vt": "TIMESTAMP"}, register.posts, dialect),
        written({"kind": "VARCHAR", "area": "BIGINT", "since": "TIMESTAMP"}, register.kept, dialect),
        area_fact=written(AREA_FACT, register.area_facts, dialect),
    )


def written(columns: dict[str, str], rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> str:
    """A SELECT of these rows as literals."""
    cast = [", ".join(f'CAST({dialect.literal(row[name])} AS {kind}) AS "{name}"' for name, kind in columns.items()) for row in rows]
    nothing = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in columns.items())
    return " UNION ALL ".join(f"SELECT {line}" for line in cast) or f"SELECT {nothing} WHERE FALSE"
