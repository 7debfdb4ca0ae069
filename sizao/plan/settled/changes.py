"""What a refresh brought, and which subjects of a measure it touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from sizao.plan.language.measure import Measure
from sizao.plan.sql import DUCKDB, Relations
from sizao.plan.sql.parts import before as can_be_evidence
from sizao.plan.sql.parts import series

from .lanes import SHELF

literal = DUCKDB.literal
CHANGED = f"{SHELF}.changed_act"


@dataclass(frozen=True)
class Changes:
    """What differs from the relations of the last cycle.

    Attributes:
        before: The relations as the last cycle saw them; they need to be right for what is touched only.
        subjects: Table → SELECT of the ids of which any version is new, differs or is gone.
        acts: SELECT kind, subject, person, "at", period of every act that is new, differs (as it was and as it is) or is gone.
    """

    before: Relations
    subjects: Mapping[str, str]
    acts: str


def touched(m: Measure, changes: Changes, rows: list[str], acts: str, previous: datetime, as_of: datetime, horizon: datetime) -> str:
    """SELECT of the subjects whose settled occasions may differ from what they were.

    Args:
        rows: SELECTs of versions (id, person, known, vf, vt) in which a person's subjects are found.
        acts: The acts as they are now, for those known before that have happened since.
    """
    lo, hi = literal(previous), literal(as_of)
    passed = " OR ".join(f"n.{c} > {lo} AND n.{c} <= {hi}" for c in ("vf", "vt", "known"))
    parts = [changes.subjects.get(m.facts, "")] + [f"SELECT n.id FROM ({select}) n WHERE {passed}" for select in rows]
    for kind, key, test in asked(m, horizon):
        found = [f"SELECT a.{key} FROM {CHANGED} a WHERE a.kind = {number(kind)} AND {test}"]
        if m.done.match == "period":
            found.append(f'SELECT a.{key} FROM ({acts}) a WHERE a.kind = {literal(kind)} AND a."at" > {lo} AND a."at" <= {hi} AND {test}')
        who = " UNION ALL ".join(found)
        column = "id" if key == "subject" else "person"
        parts += [f"SELECT n.id FROM ({select}) n WHERE n.{column} IN ({who})" for select in rows]
    return " UNION ".join(part for part in parts if part)


def changed(changes: Changes, measures: Iterable[Measure]) -> str:
    """SELECT of the changed acts that can matter to these measures. They are read once for each measure: a number is found sooner than a word."""
    kinds = sorted({kind for m in measures for kind in (m.done.act, *(c.act for c in m.close))})
    named = ", ".join(f"({literal(kind)}, {number(kind)})" for kind in kinds) or "('', 0)"
    return f'SELECT v.no AS kind, a.subject, a.person, a."at", a.period FROM ({changes.acts}) a JOIN (VALUES {named}) v(kind, no) ON v.kind = a.kind'


def number(kind: str) -> int:
    """Of a kind of act: the same wherever it is asked, and nearly always no other kind's; if it is, a few subjects more are looked at again."""
    return crc32(kind.encode())


def asked(m: Measure, horizon: datetime) -> list[tuple[str, str, str]]:
    """(kind, key, condition on the act `a`) of every act that can change something settled at the horizon.

    What happened after it fills no window that had shut before it: without this, everybody seen today would be looked at again.
    """
    if not series(m):
        done = ended = "TRUE"
    else:
        done = can_be_evidence(m, DUCKDB, horizon)
        ended = "TRUE" if m.done.match == "period" else f'a."at" < {literal(horizon)}'
    return [(m.done.act, m.done.key, done), *((c.act, c.key, ended) for c in m.close)]
