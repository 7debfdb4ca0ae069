"""An edition with a hundred planted faults: all are told in one run, each with its line and what to do about it."""

import pytest

from sizao.kernel.content_dir import content_dir
from sizao.kernel.errors import Refused
from sizao.plan.facts import vocabulary
from sizao.plan.language import EditionRefused, load_edition

HEAD = """edition: spoiled
title: {zh: 坏的预案, en: Spoiled}
params:
  clock:
    - {value: 24h, from: 2020-01-20, source: 例}
measures:
"""
#: What is wrong in the line that it stands in: a table, a column, an act, a role, a kind, a clock, a code, an operator, a type, a function.
FAULTS = (
    "for: contakt",
    "should: klass = 'close'",
    "done: isolation.dayly_check",
    "by: comunity @ area",
    "kind: lyst",
    "when: {within: $klock, of: named_at}",
    "should: class = 'klose'",
    "should: class & 'close'",
    "should: named_at = 'close'",
    "should: frob(class)",
)


def spoiled():
    """(text, measure → its line with the fault)."""
    lines, where = HEAD.splitlines(), {}
    for i in range(100):
        fault = FAULTS[i % len(FAULTS)]
        rows = {
            "title": f"title: {{zh: 措施{i}, en: Measure {i}}}",
            "source": "source: [{text: '000', quote: 例}]",
            "kind": "kind: list",
            "for": "for: contact",
            "should": "should: class = 'close'",
            "when": "when: {within: $clock, of: named_at}",
            "done": "done: contact.located",
            "by": "by: community @ area",
            "cost": "cost: {minutes: 1}",
        }
        key = fault.partition(":")[0]
        rows[key] = fault
        lines.append(f"  m{i}:")
        for name, row in rows.items():
            lines.append(f"    {row}")
            if name == key:
                where[f"m{i}"] = len(lines)
    return "\n".join(lines) + "\n", where


def test_a_hundred_planted_faults_are_told_in_one_run_each_with_line_and_cure():
    text, where = spoiled()
    with pytest.raises(EditionRefused) as refused:
        load_edition(text, vocabulary(), "spoiled.yaml")
    told = refused.value.faults
    for measure, line in where.items():
        said = [f for f in told if f"{measure}." in f.text("en") and f.text("en").startswith(f"spoiled.yaml:{line}:")]
        assert said, (measure, line)
        for language in ("zh", "en"):
            assert all(Refused(f.code, **f.values).cure(language) for f in said), (measure, language)


#: Key of a line of a shipped edition → what is wrong in its place: a kind, a role, a source without its quote, a unit of cost.
PLANTED = {"kind": "kind: lyst", "by": "by: comunity @ area", "source": "source: [{text: '000'}]", "cost": "cost: {hours: 1}"}


@pytest.mark.parametrize("name", ["2020-01-26-province", "2020-01-27-city", "2020-02-03-centre", "2020-02-23-centre-recovery", "2020-06-city-normal", "today"])
def test_so_they_are_in_each_shipped_edition(name):
    """A hundred, or as many as an edition of fifteen measures has room for."""
    lines = (content_dir() / "plans" / name / "edition.yaml").read_text(encoding="utf-8").splitlines()
    planted = {}
    for i, line in enumerate(lines):
        key = line.strip().partition(":")[0]
        if line.startswith("    ") and not line.startswith("     ") and key in PLANTED and len(planted) < 100:
            lines[i], planted[i + 1] = f"    {PLANTED[key]}", key
    assert len(planted) == 100 or name == "today"
    with pytest.raises(EditionRefused) as refused:
        load_edition("\n".join(lines) + "\n", vocabulary(), "spoiled.yaml")
    told = {}
    for f in refused.value.faults:
        told.setdefault(int(f.text("en").split(":")[1]), []).append(f)
    assert {line: key for line, key in planted.items() if line not in told} == {}
    assert all(Refused(f.code, **f.values).cure(lang) for found in told.values() for f in found for lang in ("zh", "en"))
