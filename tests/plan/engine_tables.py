"""The canonical relations as temporary tables of a test database."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from engine_edition import TABLES

from sizao.plan.register import Register
from sizao.plan.sql import POSTGRES, Dialect, Relations, compile_measure

TYPES = {"text": "VARCHAR", "int": "INTEGER", "number": "NUMERIC(12,3)", "bool": "BOOLEAN", "date": "DATE", "instant": "TIMESTAMP"}
KEYS = [
    ("id", "BIGINT"),
    ("person", "BIGINT"),
    ("area", "BIGINT"),
    ("disease", "VARCHAR"),
    ("known", "TIMESTAMP"),
    ("vf", "TIMESTAMP"),
    ("vt", "TIMESTAMP"),
]
COLUMNS = {t.name: KEYS + [(c.name, TYPES[c.type]) for c in t.stored] + [(link.name, "BIGINT") for link in t.links] for t in TABLES} | {
    "act": [
        ("id", "BIGINT"),
        ("kind", "VARCHAR"),
        ("subject", "BIGINT"),
        ("person", "BIGINT"),
        ("area", "BIGINT"),
        ("other", "BIGINT"),
        ("at", "TIMESTAMP"),
        ("told_at", "TIMESTAMP"),
        ("period", "DATE"),
        ("outcome", "VARCHAR"),
        ("number", "NUMERIC(12,3)"),
    ],
    "area": [("id", "BIGINT"), ("parent", "BIGINT"), ("level", "VARCHAR"), ("code", "VARCHAR")],
    "area_fact": [
        ("id", "BIGINT"),
        ("area", "BIGINT"),
        ("scale", "VARCHAR"),
        ("value", "VARCHAR"),
        ("number", "NUMERIC(12,3)"),
        ("starts_at", "TIMESTAMP"),
        ("ends_at", "TIMESTAMP"),
        ("vf", "TIMESTAMP"),
        ("vt", "TIMESTAMP"),
    ],
    "up": [("area", "BIGINT"), ("above", "BIGINT"), ("steps", "INTEGER")],
    "post": [("id", "BIGINT"), ("role", "VARCHAR"), ("area", "BIGINT"), ("vf", "TIMESTAMP"), ("vt", "TIMESTAMP")],
    "kept": [("kind", "VARCHAR"), ("area", "BIGINT"), ("since", "TIMESTAMP")],
}
RELATIONS = Relations(
    facts={t.name: f"SELECT * FROM t_{t.name}" for t in TABLES},
    **{name: f"SELECT * FROM t_{name}" for name in ("act", "area", "up", "post", "kept", "area_fact")},
)


def make(execute, number: str = TYPES["number"]) -> None:
    """`number`: what holds numbers; exact ones in PostgreSQL, in the mirror doubles."""
    kinds = {TYPES["number"]: number}
    for name, columns in COLUMNS.items():
        execute(f"DROP TABLE IF EXISTS t_{name}")
        execute(f"CREATE TEMPORARY TABLE t_{name} ({', '.join(f'{quoted(c)} {kinds.get(kind, kind)}' for c, kind in columns)})")


def rows(register: Register) -> dict[str, list[dict]]:
    """The register's content by table."""
    found = {name: [row for versions in by_id.values() for row in versions] for name, by_id in register.versions.items()}
    found["act"] = list({a["id"]: a for acts in register.acts.values() for a in acts}.values())
    codes = {area: code for code, area in register.codes.items()}
    found["area"] = [{"id": i, "parent": parent, "level": level, "code": codes[i]} for i, (parent, level) in register.areas.items()]
    found["up"] = [{"area": a, "above": b, "steps": n} for a in register.areas for n, b in enumerate(register.above(a))]
    return found | {"post": register.posts, "kept": register.kept, "area_fact": register.area_facts}


def fill(connection, register: Register) -> None:
    """Puts a register into PostgreSQL's tables."""
    fill_with(connection, rows(register))


def fill_with(connection, content: dict[str, list[dict]]) -> None:
    with connection.cursor() as cursor:
        for name, found in content.items():
            cursor.execute(f"DELETE FROM t_{name}")
            with cursor.copy(f"COPY t_{name} ({', '.join(quoted(c) for c, _ in COLUMNS[name])}) FROM STDIN") as copy:
                for row in found:
                    copy.write_row([row.get(c) for c, _ in COLUMNS[name]])
            cursor.execute(f"ANALYZE t_{name}")


def fill_duck(connection, register: Register) -> None:
    """Puts a register into DuckDB's tables."""
    fill_duck_with(connection, rows(register))


def fill_duck_with(connection, content: dict[str, list[dict]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        for name, found in content.items():
            connection.execute(f"DELETE FROM t_{name}")
            if found:
                with path.open("w", newline="") as file:
                    csv.writer(file).writerows([row.get(c) for c, _ in COLUMNS[name]] for row in found)
                connection.execute(f"COPY t_{name} FROM '{path}' (FORMAT csv, HEADER false, NULLSTR '')")


def listed(execute, m, as_of, force, dialect: Dialect = POSTGRES) -> list[tuple]:
    """The compiled engine's answer, sorted."""
    return sorted((tuple(row) for row in execute(compile_measure(m, RELATIONS, as_of, force, dialect)).fetchall()), key=repr)


def quoted(name: str) -> str:
    return f'"{name}"'
