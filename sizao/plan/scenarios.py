"""Scenarios: a measure proved by examples that a planner can read and write. Given rows and acts, expected states and coverage.

    measure: contact-daily-check
    scenarios:
      - name: {zh: …, en: …}
        as_of: 2020-06-17 21:00
        rows: {contact: {zhang: {known: 2020-06-16 09:00, class: close, last_exposure_on: 2020-06-16}}}
        acts: [{act: isolation.daily_check, of: zhang, at: 2020-06-16 18:30, outcome: ok}]
        expect: {zhang: {2020-06-16: met}, coverage: {owed: 1, met: 1}}

A list under a subject's name is its versions, each with what changed and `from` when. Rows of one person in two tables say `person: zhang`; a link
names the row that it leads to (an area by its code: the county is 330302, its village 330302001001); a row that was taken away (merged into
another) says `until`. An act about two rows names the second under `with`. What is expected of a pair stands under both names, `zhang + swab`; of a
line of a list, under its code. `area` says what stands of the county: `[{scale: risk, value: high, from: 2020-06-10}]`. What the store keeps, it keeps
always unless `kept` says since when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from .completeness import beside as incomplete
from .language import Edition, EditionRefused, Vocabulary
from .language.faults import Faults
from .language.measure import BEGINNING, FAR, Measure
from .language.schedule import Days, Every, Fresh, Shifts
from .language.source import Node, read
from .language.subjects import Lines, Pair, id_of
from .language.vocabulary import AREA, nearest
from .obligations import NO_TIMETABLE, PER_DAY, Obligation
from .reference import evaluate
from .register import Register
from .sql import POSTGRES, Dialect, Relations, compile_beside, compile_measure
from .timetable import EPOCH

COUNTS: dict[str, Callable[[Obligation], bool]] = {
    "owed": lambda o: o.state in ("met", "late", "overdue"),
    "missing": lambda o: o.state == "overdue" and o.doable,
    "missed": lambda o: o.state == "overdue" and not o.doable,
    "told_late": lambda o: o.told_late,
    "looked": lambda o: o.seen is not None,
    "untrue": lambda o: o.seen is False,
    "risen": lambda o: o.raised > 0,
} | {
    state: (lambda o, state=state: o.state == state)
    for state in ("met", "late", "overdue", "open", "ahead", "waiting", "closed", "cannot_tell", "unlisted", "short", "no_list")
}
KEYS = {"name", "as_of", "rows", "acts", "kept", "expect", "area"}
TOP, VILLAGE = 1, 2
AREAS = {TOP: (None, "county"), VILLAGE: (TOP, "village")}
CODES = {"330302": TOP, "330302001001": VILLAGE}
AREA_TYPES = {"scale": "text", "value": "text", "number": "number", "from": "instant", "until": "instant"}


@dataclass(frozen=True)
class Scenario:
    """One example. `expect`: subject → occasion → state, perhaps with the missing fact; `coverage`: count → number."""

    name: dict[str, str]
    measure: str
    as_of: datetime
    facts: dict[str, list[dict[str, Any]]]
    acts: list[dict[str, Any]]
    kept: dict[str, datetime]
    expect: dict[str, dict[str, str]]
    coverage: dict[str, int]
    subjects: dict[str, int] = field(default_factory=dict)
    area: list[dict[str, Any]] = field(default_factory=list)
    line: int = 1
    file: str = ""

    def register(self, m: Measure, vocabulary: Vocabulary) -> Register:
        """What it gives, as a register of one county with one village, where a post of the measure's role answers."""
        posts = [{"id": 1, "role": m.by.role, "area": TOP, "vf": BEGINNING, "vt": FAR}]
        kept = [{"kind": kind, "area": TOP, "since": self.kept.get(kind, BEGINNING)} for kind in vocabulary.acts]
        return Register({t: self.facts.get(t, []) for t in vocabulary.tables}, self.acts, AREAS, posts, kept, self.area, CODES)


def load_scenarios(text: str, edition: Edition, vocabulary: Vocabulary, file: str) -> list[Scenario]:
    """The scenarios of a file. Raises EditionRefused with every fault at once."""
    faults = Faults(file)
    root = read(text, faults)
    found: list[Scenario] = []
    if root is not None:
        measure = root.mapping["measure"].text if "measure" in root.mapping else None
        if measure is None or measure not in edition.measures:
            faults.add(
                "plan-measure-unknown",
                name=measure or "—",
                nearest=nearest(measure or "", edition.measures),
                known=sorted(edition.measures),
            )
        else:
            for node in root.mapping["scenarios"].items if "scenarios" in root.mapping else []:
                found.append(Reader(edition.measures[measure], vocabulary, faults.at("", node.line)).scenario(node))
    if faults.found:
        raise EditionRefused(faults.found)
    return found


class Reader:
    """Reads one scenario."""

    def __init__(self, m: Measure, vocabulary: Vocabulary, faults: Faults):
        self.m, self.vocabulary, self.faults = m, vocabulary, faults

    def scenario(self, node: Node) -> Scenario:
        keys = node.mapping
        for key in keys.keys() - KEYS:
            self.faults.at(key, keys[key].line).add("plan-key-unknown", key=key, nearest=nearest(key, KEYS), known=sorted(KEYS))
        for key in {"name", "as_of", "expect"} - keys.keys():
            self.faults.add("plan-key-missing", key=key, example=f"{key}: …")
        subjects: dict[str, int] = {}
        facts: dict[str, list[dict[str, Any]]] = {}
        for table, rows in (keys["rows"].mapping if "rows" in keys else {}).items():
            if table not in self.vocabulary.tables:
                self.faults.at("rows", rows.line).add(
                    "plan-table-unknown", name=table, nearest=nearest(table, self.vocabulary.tables), known=sorted(self.vocabulary.tables)
                )
                continue
            for name in rows.mapping:
                subjects[name] = len(subjects) + 1
        for table, rows in (keys["rows"].mapping if "rows" in keys else {}).items():
            for name, versions in rows.mapping.items() if table in self.vocabulary.tables else ():
                facts.setdefault(table, []).extend(self.versions(table, subjects, name, versions))
        self.persons = {row["id"]: row["person"] for rows in facts.values() for row in rows}
        self.areas = {row["id"]: row["area"] for rows in facts.values() for row in rows}
        area = [self.said_of_area(item, i) for i, item in enumerate(keys["area"].items if "area" in keys else [])]
        acts = [self.act(item, subjects, i) for i, item in enumerate(keys["acts"].items if "acts" in keys else [])]
        kept = {kind: self.value(value, "instant") or BEGINNING for kind, value in (keys["kept"].mapping if "kept" in keys else {}).items()}
        expect, coverage = self.expect(keys.get("expect"))
        as_of = self.value(keys["as_of"], "instant") if "as_of" in keys else None
        title = {lang: child.text or "" for lang, child in keys["name"].mapping.items()} if "name" in keys else {}
        return Scenario(title, self.m.id, as_of or BEGINNING, facts, acts, kept, expect, coverage, subjects, area, node.line, self.faults.file)

    def said_of_area(self, node: Node, number: int) -> dict[str, Any]:
        """One line of what stands of the county."""
        keys = node.mapping
        for key in keys.keys() - AREA_TYPES.keys():
            self.faults.at("area", node.line).add("plan-key-unknown", key=key, nearest=nearest(key, AREA_TYPES), known=sorted(AREA_TYPES))
        told = {key: self.value(keys[key], kind) if key in keys else None for key, kind in AREA_TYPES.items()}
        begins = told.pop("from") or BEGINNING
        return {**told, "id": number, "area": TOP, "starts_at": begins, "ends_at": told.pop("until") or FAR, "vf": begins, "vt": FAR}

    def versions(self, table: str, subjects: dict[str, int], name: str, node: Node) -> list[dict[str, Any]]:
        columns = {column.name: column for column in self.vocabulary.tables[table].stored}
        links = self.vocabulary.links(table)
        subject = subjects[name]
        row: dict[str, Any] = dict.fromkeys([*columns, *links]) | {
            "id": subject,
            "person": subject if self.vocabulary.tables[table].person else None,
            "area": VILLAGE,
            "disease": None,
            "known": BEGINNING,
        }
        found: list[dict[str, Any]] = []
        for item in node.items:
            begins, ends = None, FAR
            changed: dict[str, Any] = {}
            for key, child in item.mapping.items():
                if key in ("known", "from"):
                    begins = self.value(child, "instant")
                    changed |= {"known": begins} if key == "known" else {}
                elif key == "until":
                    ends = self.value(child, "instant") or FAR
                elif key == "disease":
                    changed[key] = child.text
                elif key in links and links[key].table == AREA:
                    if child.text not in CODES:
                        self.faults.at(key, child.line).add("plan-name-unknown", name=child.text or "—", nearest=nearest(child.text or "", CODES), known=sorted(CODES))
                    changed[key] = CODES.get(child.text or "")
                elif key == "person" or key in links:
                    if child.text not in subjects:
                        self.faults.at(key, child.line).add("plan-name-unknown", name=child.text or "—", nearest=nearest(child.text or "", subjects), known=sorted(subjects))
                    changed[key] = subjects.get(child.text or "")
                elif key in columns:
                    changed[key] = self.value(child, columns[key].type)
                else:
                    self.faults.at(key, child.line).add("plan-name-unknown", name=key, nearest=nearest(key, columns), known=sorted(columns))
            if begins is None:
                self.faults.at("", item.line).add("plan-key-missing", key="known", example="known: 2020-06-16 09:00")
                begins = BEGINNING
            if found:
                found[-1]["vt"] = begins
            row = {**row, **changed, "vf": begins, "vt": ends}
            found.append(row)
        return found

    def act(self, node: Node, subjects: dict[str, int], number: int) -> dict[str, Any]:
        keys = node.mapping
        kind, of = (keys[k].text if k in keys else None for k in ("act", "of"))
        if kind not in self.vocabulary.acts:
            self.faults.at("acts", node.line).add(
                "plan-act-unknown", name=kind or "—", nearest=nearest(kind or "", self.vocabulary.acts), known=sorted(self.vocabulary.acts)
            )
        if of not in subjects:
            self.faults.at("acts", node.line).add(
                "plan-name-unknown", name=of or "—", nearest=nearest(of or "", subjects), known=sorted(subjects)
            )
        at = self.value(keys["at"], "instant") if "at" in keys else None
        if at is None:
            self.faults.at("acts", node.line).add("plan-key-missing", key="at", example="at: 2020-06-16 18:30")
        subject = subjects.get(of or "", 0)
        return {
            "id": number,
            "kind": kind,
            "subject": subject,
            "person": self.persons.get(subject),
            "area": self.areas.get(subject, TOP),
            "other": self.other(keys["with"], subjects) if "with" in keys else None,
            "at": at or BEGINNING,
            "told_at": (self.value(keys["told"], "instant") if "told" in keys else at) or BEGINNING,
            "period": self.value(keys["period"], "date") if "period" in keys else None,
            "outcome": keys["outcome"].text if "outcome" in keys else None,
            "number": self.value(keys["number"], "number") if "number" in keys else None,
        }

    def other(self, node: Node, subjects: dict[str, int]) -> int | None:
        """The second row that an act names."""
        if node.text not in subjects:
            self.faults.at("acts", node.line).add("plan-name-unknown", name=node.text or "—", nearest=nearest(node.text or "", subjects), known=sorted(subjects))
        return subjects.get(node.text or "")

    def expect(self, node: Node | None) -> tuple[dict[str, dict[str, str]], dict[str, int]]:
        states: dict[str, dict[str, str]] = {}
        coverage: dict[str, int] = {}
        for name, child in (node.mapping if node else {}).items():
            if name == "coverage":
                coverage = {key: int(v.text or 0) for key, v in child.mapping.items() if key in COUNTS and (v.text or "").isdigit()}
            else:
                states[name] = {"": child.text} if child.text is not None else {key: v.text or "" for key, v in child.mapping.items()}
        return states, coverage

    def value(self, node: Node, kind: str) -> Any:
        """A scalar of a column's type, from the text that was written."""
        text = (node.text or "").strip()
        if node.empty:
            return None
        try:
            if kind == "date":
                return datetime.fromisoformat(text).date()
            if kind == "instant":
                return datetime.fromisoformat(text)
            if kind in ("int", "number"):
                return int(text) if kind == "int" else Decimal(text)
            if kind == "bool":
                return {"true": True, "false": False}[text.lower()]
        except (ValueError, KeyError, InvalidOperation):
            self.faults.at("", node.line).add(
                "plan-value-wrong",
                value=text,
                expected={"zh": "日期、时间、数或 true/false", "en": "a date, a time, a number or true/false"},
                example="2020-06-16 09:00",
            )
            return None
        return text


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


def count_scenarios(files: Iterable[Path]) -> dict[str, int]:
    """measure → how many scenarios stand in these files for it; nothing is played."""
    found: dict[str, int] = {}
    for file in files:
        root = read(file.read_text(encoding="utf-8"), Faults(file.name))
        keys = root.mapping if root else {}
        name = keys["measure"].text if "measure" in keys else None
        if name:
            found[name] = found.get(name, 0) + (len(keys["scenarios"].items) if "scenarios" in keys else 0)
    return found
