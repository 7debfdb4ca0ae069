"""What is missing, late, double, merged or mistimed has a state of its own, and the same one on the reference and in PostgreSQL."""

import datetime as dt
from dataclasses import astuple

import pytest

from sizao.kernel.facts import ActKind, AreaFact, FactsColumn, FactsLink, FactsTable
from sizao.plan.evaluation import naive
from sizao.plan.language import EditionRefused, Vocabulary, load_edition
from sizao.plan.playing import given
from sizao.plan.reference import evaluate
from sizao.plan.scenarios import load_scenarios
from sizao.plan.sql import compile_measure

C = FactsColumn
VOCABULARY = Vocabulary.of(
    (
        FactsTable(
            "contact",
            "contact",
            "密接",
            "contact",
            (C("class", "text", "class", "分类", "class"), C("seen_on", "date", "seen_on", "接触日", "exposure")),
            links=(FactsLink("case", "case", "case_id", "病例", "case"),),
        ),
        FactsTable("case", "case", "病例", "case", (C("class", "text", "class", "分类", "class"),)),
        FactsTable("unit", "unit", "单位", "unit", (C("beds", "int", "beds", "床位", "beds"), C("open", "bool", "open", "开放", "open")), person=None),
    ),
    (ActKind("check", "person", "监测", "check"), ActKind("report", "subject", "报告", "report"), ActKind("moved", "person", "转入", "moved", restricts=True)),
    areas=(AreaFact("population", "number", "population", "人口", "population", field="number"), AreaFact("grade", "text", "risk", "等级", "grade")),
)
HEAD = "kind: list, title: {zh: 措施, en: Measure}, source: [{text: '1', quote: x}], by: cdc @ area"
TEXT = f"""
edition: bad-input
title: {{zh: 坏数据, en: Bad input}}
params:
  clock: [{{value: 24h, from: 2020-06-10, source: test}}]
  step: [{{value: 2d, from: 2020-06-10, source: test}}, {{value: 1d, from: 2020-06-14, source: test}}]
precedence: {{place: [ward, home]}}
measures:
  daily: {{{HEAD}, for: contact, should: class = 'close', when: {{every: 1d, from: seen_on, until: seen_on + 3d, at: ["20:00"]}}, done: check}}
  twice: {{{HEAD}, for: contact, when: {{days: [1], of: seen_on}}, done: check}}
  linked: {{{HEAD}, for: contact, should: case.class = 'confirmed', when: {{days: [1], of: seen_on}}, done: check}}
  clocked: {{{HEAD}, for: contact, when: {{within: $clock, of: seen_on}}, done: check}}
  stepped: {{{HEAD}, for: contact, when: {{every: $step, from: seen_on, until: seen_on + 7d, at: ["20:00"]}}, done: check}}
  taken: {{{HEAD}, for: contact, should: class = 'close', when: {{within: 1d, of: seen_on}}, done: moved}}
  reported: {{{HEAD}, for: unit, should: open, when: {{every: 1d}}, done: {{act: report, match: period}}}}
  beds: {{{HEAD}, for: unit, when: {{every: 1d}}, done: {{have: beds * 1000, need: area.population}}}}
  graded: {{{HEAD}, for: unit, while: area.grade = 'high', when: {{every: 1d}}, done: report}}
  here: {{{HEAD}, for: contact, should: area.grade = 'high', when: {{every: 1d, from: seen_on, until: seen_on + 14d, at: ["20:00"]}}, done: check}}
  ward: {{{HEAD}, for: case, should: class = 'confirmed', slot: place, when: {{every: 1d}}, done: check}}
  home: {{{HEAD}, for: contact, slot: place, when: {{every: 1d}}, done: check}}
"""
EDITION = load_edition(TEXT, VOCABULARY)


@pytest.fixture
def judged(engine_db):
    """States of a scenario's obligations, occasion by occasion, the two engines agreeing."""

    def judge(measure, as_of, body):
        text = f"measure: {measure}\nscenarios: [{{name: {{zh: 例, en: example}}, as_of: {as_of}, expect: {{}}, {body}}}]"
        [s] = load_scenarios(text, EDITION, VOCABULARY, "x.yaml")
        m, register = EDITION.measures[measure], s.register(EDITION.measures[measure], VOCABULARY)
        found = evaluate(m, register, s.as_of)
        compiled = engine_db.execute(compile_measure(m, given(register, m, VOCABULARY, POSTGRES), s.as_of)).fetchall()
        assert sorted(map(tuple, compiled), key=lambda row: row[1:4]) == sorted((astuple(o) for o in found), key=lambda row: row[1:4])
        return [f"{o.state} {o.reason or ''}".strip() for o in sorted(found, key=lambda o: o.occasion)]

    from sizao.plan.sql import POSTGRES

    return judge


def test_a_condition_on_a_fact_that_is_missing_cannot_be_told_and_names_it(judged):
    assert judged("daily", "2020-06-11 21:00", "rows: {contact: {a: {known: 2020-06-11 08:00, seen_on: 2020-06-11}}}") == ["cannot_tell unknown:class"]


def test_a_subject_without_the_date_that_its_timetable_hangs_on_is_listed_once(judged):
    assert judged("daily", "2020-06-14 21:00", "rows: {contact: {a: {known: 2020-06-11 08:00, class: close}}}") == ["cannot_tell undated:seen_on"]


def test_a_unit_that_never_reported_is_overdue_for_every_day(judged):
    assert judged("reported", "2020-06-13 01:00", "rows: {unit: {a: {known: 2020-06-11 08:00, open: true}}}") == ["overdue", "overdue", "open"]


def test_before_a_register_was_kept_nobody_is_said_to_have_missed_anything(judged):
    body = "rows: {contact: {a: {known: 2020-06-11 08:00, class: close, seen_on: 2020-06-11}}}, kept: {check: 2020-06-12 12:00}"
    assert judged("daily", "2020-06-13 21:00", body) == ["cannot_tell not-kept:check", "overdue", "overdue"]


def test_an_area_without_population_cannot_be_told_and_is_never_zero(judged):
    rows = "rows: {unit: {a: {known: 2020-06-11 08:00, beds: 3}}}"
    assert judged("beds", "2020-06-11 12:00", rows) == ["cannot_tell unknown:area.population"]
    assert judged("beds", "2020-06-11 12:00", rows + ", area: [{scale: population, value: figure, number: 3000, from: 2020-01-01}]") == ["ahead"]
    assert judged("beds", "2020-06-11 12:00", rows + ", area: [{scale: population, value: figure, number: 3001, from: 2020-01-01}]") == ["open"]


def test_an_area_without_a_grade_under_a_gate_cannot_be_told(judged):
    rows = "rows: {unit: {a: {known: 2020-06-11 08:00, beds: 3}}}"
    assert judged("graded", "2020-06-11 12:00", rows) == ["cannot_tell unknown:area.grade"]
    assert judged("graded", "2020-06-11 12:00", rows + ", area: [{scale: risk, value: low, from: 2020-01-01}]") == []


def test_who_is_here_already_comes_into_scope_when_the_place_is_upgraded_and_owes_nothing_of_before(judged):
    rows = "rows: {contact: {a: {known: 2020-06-10 08:00, seen_on: 2020-06-10}}}, area: [{scale: risk, value: low, from: 2020-01-01}, {scale: risk, value: high, from: 2020-06-12}]"
    assert judged("here", "2020-06-11 12:00", rows) == []
    assert judged("here", "2020-06-12 12:00", rows) == ["open"]
    assert judged("here", "2020-06-13 12:00", rows) == ["overdue", "open"]


def test_a_parameter_without_a_value_on_that_date_cannot_be_told_and_without_any_line_is_refused(judged):
    assert judged("clocked", "2020-06-11 12:00", "rows: {contact: {a: {known: 2020-06-08 08:00, seen_on: 2020-06-08}}}") == ["cannot_tell undated:$clock"]
    assert judged("clocked", "2020-06-12 12:00", "rows: {contact: {a: {known: 2020-06-10 08:00, seen_on: 2020-06-10}}}") == ["overdue"]
    with pytest.raises(EditionRefused) as refused:
        load_edition(TEXT.replace("value: 24h,", "value: 24h, for: other,"), VOCABULARY)
    assert "plan-parameter-no-line" in {f.code for f in refused.value.faults}


def test_a_series_from_before_its_step_was_written_counts_from_the_day_of_the_figure(judged):
    rows = "rows: {contact: {a: {known: 2020-06-08 08:00, seen_on: 2020-06-08}}}, acts: [{act: check, of: a, at: 2020-06-11 09:00}]"
    assert judged("stepped", "2020-06-09 23:00", rows) == ["cannot_tell undated:$step"], "nobody can tell before the figure is there"
    assert judged("stepped", "2020-06-10 00:00", rows) == ["open"], "the tenth and eleventh are the first period"
    assert judged("stepped", "2020-06-13 21:00", rows) == ["met", "overdue"]
    assert judged("stepped", "2020-06-16 21:00", rows) == ["met", "overdue", "overdue"], "the step it began with stays, and the end stays where it was"
    ended = rows.replace("seen_on: 2020-06-08", "seen_on: 2020-06-02")
    assert judged("stepped", "2020-06-13 21:00", ended) == [], "what had ended before is asked of nobody"
    later = "rows: {contact: {a: {known: 2020-06-11 08:00, seen_on: 2020-06-11}}}"
    assert judged("stepped", "2020-06-13 21:00", later) == ["overdue", "open"]


def test_one_check_serves_both_lists_that_a_person_is_on(judged):
    rows = "rows: {contact: {a: {known: 2020-06-11 08:00, seen_on: 2020-06-10, class: close}, b: {known: 2020-06-11 08:00, person: a, seen_on: 2020-06-10}}}"
    assert judged("twice", "2020-06-11 12:00", rows + ", acts: [{act: check, of: b, at: 2020-06-11 09:00}]") == ["ahead", "ahead"]


def test_who_is_on_two_lists_of_one_slot_has_one_duty_and_the_other_says_to_which_it_yields(judged):
    rows = "rows: {contact: {a: {known: 2020-06-11 08:00}, c: {known: 2020-06-11 08:00}}, case: {b: {known: 2020-06-11 09:00, person: a, class: confirmed}}}"
    assert sorted(judged("home", "2020-06-11 12:00", rows)) == ["closed yields:ward", "open"]


def test_who_may_be_on_the_winning_list_does_not_win(judged):
    rows = "rows: {contact: {a: {known: 2020-06-11 08:00}}, case: {b: {known: 2020-06-11 09:00, person: a}}}"
    assert judged("home", "2020-06-11 12:00", rows) == ["open"]


def test_an_act_from_a_clock_that_ran_ahead_counts_when_its_time_has_come(judged):
    rows = "rows: {contact: {a: {known: 2020-06-11 08:00, class: close, seen_on: 2020-06-11}}}, acts: [{act: check, of: a, at: 2020-06-11 19:00, told: 2020-06-11 12:00}]"
    assert judged("daily", "2020-06-11 12:00", rows) == ["open"]
    assert judged("daily", "2020-06-11 19:00", rows) == ["ahead"]
    assert judged("daily", "2020-06-11 21:00", rows) == ["met"]


def test_the_hour_that_comes_twice_is_one_hour():
    first, second = (dt.datetime(2020, 11, 1, hour, 30, tzinfo=dt.UTC) for hour in (5, 6))
    assert naive(first, "America/New_York") == naive(second, "America/New_York") == dt.datetime(2020, 11, 1, 1, 30)


def test_a_subject_merged_away_owes_nothing_more_and_what_leads_to_it_cannot_be_told(judged):
    row = "{known: 2020-06-10 08:00, seen_on: 2020-06-10, class: close, case: k}"
    rows = f"rows: {{contact: {{a: {row}}}, case: {{k: {{known: 2020-06-10 08:00, class: confirmed}}}}}}"
    assert judged("linked", "2020-06-11 12:00", rows) == ["open"]
    gone = rows.replace("class: confirmed}", "class: confirmed, until: 2020-06-11 00:00}")
    assert judged("linked", "2020-06-11 12:00", gone) == ["cannot_tell unknown:case.class"]
    assert judged("daily", "2020-06-11 12:00", f"rows: {{contact: {{a: {row.replace('case: k', 'until: 2020-06-11 00:00')}}}}}") == []


def test_what_takes_a_freedom_obliges_nobody_on_what_cannot_be_told(judged):
    assert EDITION.measures["taken"].restricts
    assert judged("taken", "2020-06-11 12:00", "rows: {contact: {a: {known: 2020-06-11 08:00, seen_on: 2020-06-11}}}") == ["cannot_tell unknown:class"]
