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

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from .language import Edition, EditionRefused, Vocabulary
from .language.faults import Faults
from .language.measure import BEGINNING, FAR, Measure
from .language.source import Node, read
from .language.vocabulary import AREA, nearest
from .scenario import CODES, COUNTS, TOP, VILLAGE, Scenario

KEYS = {"name", "as_of", "rows", "acts", "kept", "expect", "area"}
AREA_TYPES = {"scale": "text", "value": "text", "number": "number", "from": "instant", "until": "instant"}


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
