"""Case definitions as tables: what they say of a person, version by version, and what is wrong with a file."""

from datetime import date
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sizao.kernel.codes import code_list
from sizao.kernel.content_dir import content_dir
from sizao.registers.cases import definitions as d

ELSEWHERE, HUBEI = "330302", "420106"


def version(on, code=ELSEWHERE):
    found = d.in_force("covid-19", code, date.fromisoformat(on))
    assert found
    return found


def said(on, code=ELSEWHERE, **told):
    judged = d.judge(version(on, code), dict(told))
    return judged.classification, [r.id for r in judged.open], judged.lacking


@pytest.mark.parametrize(("on", "code", "name"), [
    ("2020-01-27", ELSEWHERE, "covid-19-04"), ("2020-02-03", ELSEWHERE, "covid-19-04"), ("2020-02-04", ELSEWHERE, "covid-19-05"), ("2020-02-04", HUBEI, "covid-19-05-hubei"),
    ("2020-02-17", HUBEI, "covid-19-05-hubei"), ("2020-02-18", HUBEI, "covid-19-06"), ("2020-02-18", ELSEWHERE, "covid-19-06"), ("2020-03-03", ELSEWHERE, "covid-19-07"),
    ("2022-03-14", ELSEWHERE, "covid-19-09"),
])  # fmt: skip
def test_each_day_and_place_has_the_version_that_was_in_force_there(on, code, name):
    assert version(on, code).id == name


def test_before_the_first_version_and_for_another_disease_there_is_none():
    assert d.in_force("covid-19", ELSEWHERE, date(2020, 1, 26)) is None
    assert d.in_force("unspecified", ELSEWHERE, date(2020, 3, 3)) is None


SIGNS = {"fever": True, "pneumonia_on_imaging": True, "blood_count": True}


def test_three_signs_without_a_history_made_a_suspect_from_the_fifth_edition_on():
    nowhere = {"lived_where_spreading": False, "met_case": False, "met_ill_from_there": False, "cluster": False}
    assert said("2020-01-30", **SIGNS, **nowhere)[0] is None
    assert said("2020-02-05", **SIGNS, **nowhere)[0] == "suspected"


def test_in_hubei_imaging_made_a_clinical_case_for_a_fortnight():
    assert said("2020-02-10", HUBEI, **SIGNS)[0] == "clinical"
    assert said("2020-02-10", ELSEWHERE, **SIGNS)[0] == "suspected"
    assert said("2020-02-20", HUBEI, **SIGNS)[0] == "suspected"


def test_antibodies_prove_from_the_seventh_edition_on_and_not_in_the_vaccinated():
    blood = {"met_case": True, **SIGNS, "igm_positive": True, "igg_positive": True, "nucleic_acid_positive": False, "sequence_matches": False, "igg_risen": False, "two_negatives": False}
    assert said("2020-02-20", **blood)[0] == "suspected"
    assert said("2020-03-10", **blood)[0] == "confirmed"
    assert said("2022-04-01", **blood, never_vaccinated=False)[0] == "suspected"
    assert said("2022-04-01", **blood, never_vaccinated=True)[0] == "confirmed"


def test_a_suspect_may_yet_become_more_and_what_would_decide_is_named():
    assert said("2020-02-20", met_case=True, fever=True, blood_count=True) == ("suspected", ["confirmed", "ruled-out"], ("nucleic_acid_positive", "sequence_matches", "two_negatives"))
    assert said("2020-02-20", met_case=True, fever=True, blood_count=True, nucleic_acid_positive=True) == ("confirmed", [], ())


def test_a_positive_sample_alone_confirms_nobody_while_the_signs_are_not_told():
    kind, still, lacking = said("2020-02-20", nucleic_acid_positive=True)
    assert (kind, still[0]) == (None, "confirmed")
    assert {"fever", "pneumonia_on_imaging", "blood_count", "met_case"} <= set(lacking) and "nucleic_acid_positive" not in lacking


def test_nothing_told_is_nothing_said_and_all_denied_is_no_case():
    assert said("2020-02-20")[:2] == (None, ["confirmed", "ruled-out", "suspected"])
    assert said("2020-02-20", **dict.fromkeys(code_list("finding"), False)) == (None, [], ())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(d.definitions()), st.data())
def test_what_is_said_holds_whatever_the_untold_findings_turn_out_to_be(definition, data):
    """All completions are tried: a class that is final is that of every completion, and an open rule is the answer of some."""
    asked = definition.findings()
    untold = data.draw(st.lists(st.sampled_from(asked), unique=True, max_size=6))
    told = {code: data.draw(st.booleans()) for code in asked if code not in untold}
    judged = d.judge(definition, told)
    whole = [d.judge(definition, told | dict(zip(untold, answers, strict=True))) for answers in product((False, True), repeat=len(untold))]
    assert {w.rule for w in whole} <= {judged.rule, *judged.open}
    for rule in judged.open:
        ids = [r.id for r in definition.rules]
        assert any(w.rule and ids.index(w.rule.id) <= ids.index(rule.id) for w in whole)
    if not judged.open:
        assert {w.classification for w in whole} == {judged.classification}
    assert set(judged.lacking) <= set(untold) and bool(judged.lacking) == bool(judged.open)


def test_what_is_shipped_is_without_fault_and_every_finding_is_asked_for_by_some_version():
    for path in sorted((content_dir() / "definitions").glob("*.yaml")):
        assert list(d.faults(path, path.read_text(encoding="utf-8"))) == []
    assert {code for one in d.definitions() for code in one.findings()} == set(code_list("finding"))


def test_every_fault_of_a_file_is_told_at_once_with_its_line():
    text = """title: {zh: 甲, en: A}
disease: plague-of-nowhere
from: 2020-02-30x
until: 2019-01-01
areas: [42]
seen: rumour
wing: left
source: s
rules:
  - id: one
    class: nothing
    needs: {any: [feverish, {least: 3, of: [fever]}, {rule: zero}, {maybe: 1}]}
    says: {zh: 甲, en: A}
  - id: one
    class: suspected
"""
    found = [(f.line, f.en.split(" ")[0]) for f in d.faults(Path("x.yaml"), text)]
    assert sorted(line for line, _ in found) == [2, 3, 5, 6, 7, 10, 11, 12, 12, 12, 12, 14, 14, 14]
