"""Editions as people write them: what is read, and what is said about what is wrong."""

import pytest

from sizao.plan.facts import vocabulary
from sizao.plan.language import EditionRefused, load_edition

DESIGN = """
edition: as-designed
title: {zh: 设计, en: As designed}
params:
  term: [{value: 14d, from: 2020-01-20, source: "000"}]
measures:
  contact-daily-check:
    title: {zh: 密切接触者每日健康监测, en: Daily health check of close contacts}
    source: [{text: "000", quote: 对所有密切接触人员采取居家医学观察}]
    kind: list
    for: contact                                        # a facts table: one row a subject
    should: class = 'close'
    when: {every: 1d, from: last_exposure_on, until: "least(released_at, last_exposure_on + $term)", at: ["20:00"]}
    done: isolation.daily_check
    by: community @ area
    urgency: prompt
    cost: {minutes: 4}
"""


def load(text):
    return load_edition(text, vocabulary(), "x/edition.yaml")


def faults(text):
    with pytest.raises(EditionRefused) as refused:
        load(text)
    return refused.value.faults


def test_the_measure_of_the_design_loads_as_written():
    m = load(DESIGN).measures["contact-daily-check"]
    assert (m.facts, m.done.act, m.done.key, m.by.role, m.urgency, m.minutes) == (
        "contact",
        "isolation.daily_check",
        "person",
        "community",
        "prompt",
        4,
    )
    assert m.columns == ["class", "last_exposure_on", "released_at"]


def test_all_faults_are_said_at_once_each_with_its_line_and_the_nearest_name():
    text = (
        DESIGN.replace("kind: list", "kind: lst")
        .replace("'close'", "'clsoe'")
        .replace("$term", "$trem")
        .replace("daily_check\n", "daily_chek\n")
        .replace("community @", "comunity @")
        .replace("urgency:", "urgncy:")
        .replace('"20:00"', '"25:00"')
    )
    found = faults(text)
    assert {(f.code, f.line) for f in found} == {
        ("plan-word-unknown", 10),
        ("plan-code-unknown", 12),
        ("plan-parameter-unknown", 13),
        ("plan-value-wrong", 13),
        ("plan-act-unknown", 14),
        ("plan-role-unknown", 15),
        ("plan-key-unknown", 16),
    }
    said = "\n".join(f.text("en") for f in found)
    for near in ("list", "close", "$term", "isolation.daily_check", "community", "urgency", '"20:00"'):
        assert near in said
    assert all(f.text("zh").startswith("x/edition.yaml:") for f in found)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("edition: as-designed", "edition: As Designed", "plan-id-wrong"),
        ("  contact-daily-check:", "  contact daily:", "plan-id-wrong"),
        ("zh: 设计, en: As designed", "zh: 设计", "plan-value-wrong"),
        ("for: contact ", "for: contacts ", "plan-table-unknown"),
        ("every: 1d", "every: 6h", "plan-value-wrong"),
        ("every: 1d", "evry: 1d", "plan-schedule-unknown"),
        ("every: 1d", "every: 1d, within: 24h", "plan-schedule-unknown"),
        ("{every: 1d, from: last_exposure_on, until", "{within: 24h, until", "plan-key-missing"),
        ("from: last_exposure_on, until", "from: last_exposure_on + $term, until", "plan-clock-from-parameter"),
        ("from: last_exposure_on, until", "from: now, until", "plan-clock-from-now"),
        ("least(released_at, last_exposure_on + $term)", "class", "plan-not-a-time"),
        ('at: ["20:00"]', "at: 20:00:00", "plan-value-wrong"),
        ("value: 14d", "value: [1, 2]", "plan-parameter-is-list"),
        ("value: 14d", "value: two weeks", "plan-value-wrong"),
        ("from: 2020-01-20", "from: 2020-02-30", "plan-date-wrong"),
        (', source: "000"', "", "plan-key-missing"),
        ("[{value: 14d", '[{value: 3, source: "1"}, {value: 14d', "plan-parameter-mixed"),
        ("[{value: 14d", '[{value: 3d, from: 2020-01-20, source: "1"}, {value: 14d', "plan-parameter-twice"),
        ("kind: list", "on: list", "plan-key-reserved"),
        ("kind: list", "kind: list\n    kind: list", "plan-key-twice"),
        ("by: community @ area", "by: community", "plan-value-wrong"),
        ("by: community @ area", "by: community @ area.galaxy", "plan-value-wrong"),
        ("cost: {minutes: 4}", "cost: {hours: 4}", "plan-value-wrong"),
        ("cost: {minutes: 4}", "check: {by: cdc @ area, should: \"drawn(0.1, 'week')\", sees: {met: outcome = 'kept'}}", "plan-key-unknown"),
        ("cost: {minutes: 4}", "parts: {one: {}}\n    check: {by: cdc @ area, should: \"drawn(0.1, 'week')\", sees: {two: outcome = 'kept'}}", "plan-key-unknown"),
        ("done: isolation.daily_check", "done: {act: isolation.daily_check, where: temperature > 37}", "plan-name-unknown"),
        ("done: isolation.daily_check", "done: {akt: isolation.daily_check}", "plan-key-unknown"),
        ("done: isolation.daily_check", "close: [{act: contact.released}]\n    done: isolation.daily_check", "plan-value-wrong"),
        ("should: class = 'close'", "should: class == 'close'", "plan-character-unknown"),
        ("should: class = 'close'", "whilst: area.grade <> 'low'", "plan-key-unknown"),
        ("params:", "params: &a", None),
        ("measures:", "measures: *a\nx:", "plan-yaml-alias"),
        ("measures:", "measures:\n\tx: 1", "plan-yaml-broken"),
    ],
)
def test_each_mistake_has_its_own_words(old, new, code):
    assert old in DESIGN
    if code is None:
        load(DESIGN.replace(old, new, 1))
    else:
        assert code in {f.code for f in faults(DESIGN.replace(old, new, 1))}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "x",
        "- 1",
        "edition: x",
        "\x00",
        "a: " * 50_000,
        "{" * 5_000,
        "{" * 1_000_000,
        "[" * 1_000_000,
        "- " * 500_000 + "x",
        "a: !!python/object/apply:os.system [ls]",
        "measures: {x: 1}",
        "measures: {x: {for: [1], when: 3, done: [], by: {}}}",
    ],
)
def test_what_is_no_edition_is_refused_and_nothing_breaks(text):
    assert faults(text)


def test_parameters_are_dated_and_by_disease():
    from datetime import datetime

    text = DESIGN.replace(
        '[{value: 14d, from: 2020-01-20, source: "000"}]',
        "[{value: 14d, from: 2020-01-20, source: a}, {value: 10d, from: 2020-06-15, source: b}, {value: 21d, from: 2020-03-01, disease: unspecified, source: c}]",
    )
    term = load(text).params["term"]

    def at(month, disease=None):
        found = term.at(datetime(2020, month, 20), disease)
        return found.text if found else None

    assert [at(1), at(5), at(6), at(6, "covid-19")] == ["14d", "14d", "10d", "10d"]
    assert [at(2, "unspecified"), at(6, "unspecified")] == ["14d", "21d"]
    assert term.at(datetime(2019, 12, 31), None) is None
