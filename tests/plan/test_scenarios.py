"""Every scenario that lies beside a shipped plan comes out as written, on the reference and on PostgreSQL."""

from datetime import timedelta

import pytest

from sizao.kernel.content_dir import content_dir
from sizao.plan.check import check_edition
from sizao.plan.diff import diff
from sizao.plan.facts import vocabulary
from sizao.plan.language import EditionRefused, load_edition
from sizao.plan.playing import play
from sizao.plan.scenarios import load_scenarios
from sizao.plan.show import show_edition

PLANS = [content_dir() / "plans" / "contact-tracing-basic"]  # the five editions: test_five_editions.py


@pytest.mark.parametrize("plan", PLANS, ids=lambda p: p.name)
def test_the_scenarios_of_a_shipped_plan_come_out_as_written(plan, engine_db):
    checked = check_edition(plan, execute=lambda sql: engine_db.execute(sql).fetchall())
    assert [f.text("en") for f in checked.faults] == []
    assert checked.scenarios >= 3 * len(checked.edition.measures)
    assert checked.unproved == []


@pytest.mark.parametrize("plan", PLANS, ids=lambda p: p.name)
def test_every_measure_is_said_in_both_languages(plan):
    for m in show_edition(check_edition(plan).edition)["measures"]:
        assert len(m["words"]["zh"]["all"]) > 20
        assert len(m["words"]["en"]["all"]) > 40
        assert m["source"]


def test_quotes_stand_in_the_source_texts(shared):
    texts = {p.name[:3]: "".join(p.read_text(encoding="utf-8").split()) for p in (shared / "seeds").glob("*.txt")}
    for plan in PLANS:
        for m in check_edition(plan).edition.measures.values():
            for s in m.source:
                assert s["quote"] in texts[s["text"]], (m.id, s)


def basic():
    return (content_dir() / "plans" / "contact-tracing-basic" / "edition.yaml").read_text(encoding="utf-8")


def test_a_scenario_that_comes_out_otherwise_says_what_was_expected():
    edition = load_edition(basic(), vocabulary())
    text = """
measure: case-isolated
scenarios:
  - name: {zh: 例, en: example}
    as_of: 2020-06-18 15:00
    rows: {case: {li: {known: 2020-06-16 10:00, class: confirmed, confirmed_at: 2020-06-16 14:00}}}
    expect: {li: met, coverage: {owed: 2}}
"""
    [s] = load_scenarios(text, edition, vocabulary(), "x.yaml")
    assert [w["en"] for w in play(s, edition.measures["case-isolated"], vocabulary())] == [
        "li: expected met, got overdue",
        "owed: expected 2, got 1",
    ]


def test_a_diff_names_what_a_measure_says_before_and_after():
    old = load_edition(basic(), vocabulary())
    new = load_edition(basic().replace("value: 14d", "value: 10d").replace('at: ["20:00"]', 'at: ["18:00"]'), vocabulary())
    found = diff(old, new)
    assert [p["name"] for p in found["params"]] == ["term"]
    changed, other = found["changed"]
    assert (changed["measure"], other["measure"]) == ("contact-daily-check", "contact-not-released-untested"), "both hang on the term"
    assert [p["part"] for p in changed["parts"]] == ["when"]
    assert "20:00" in changed["parts"][0]["before"]["zh"]
    assert "18:00" in changed["parts"][0]["after"]["en"]


EDITION = """
edition: small
title: {zh: 小方案, en: Small}
escalate: {prompt: [4h, 24h]}
params:
  term:
    - {value: 14d, source: "000"}
measures:
  contact-daily-check:
    title: {zh: 监测, en: Check}
    source: [{text: "000", quote: 引文}]
    kind: list
    for: contact
    when: {every: 1d, from: last_exposure_on, until: last_exposure_on + $term}
    done: isolation.daily_check
    by: community @ area
"""


def compared(old, new):
    """The difference after one piece of the text is another."""
    assert EDITION.count(old) == 1
    return diff(load_edition(EDITION, vocabulary()), load_edition(EDITION.replace(old, new), vocabulary()))


def test_a_diff_says_for_whom_and_where_a_line_of_a_parameter_holds():
    line = '    - {value: 14d, source: "000"}\n'
    narrow = "{value: 7d, from: 2020-06-12, class: secondary, area: 330302, for: contact-daily-check, read: start, source: '001'}"
    found = compared(line, f"{line}    - {narrow}\n")
    [param] = found["params"]
    assert param["said"]["en"]["before"] == ["14 days"]
    assert param["said"]["en"]["after"] == ["14 days", "7 days (from 2020-06-12, class: contact of a contact, 330302, contact-daily-check, those begun keep theirs)"]
    assert param["said"]["zh"]["after"][1] == "7天（自 2020-06-12，接触者分类：密接的密接，330302，contact-daily-check，已开始的仍按原值）"


def test_a_diff_names_the_source_where_only_the_source_is_another():
    found = compared('value: 14d, source: "000"', 'value: 14d, source: "003"')
    assert found["params"][0]["said"]["en"] == {"before": ["14 days (000)"], "after": ["14 days (003)"]}


def test_a_diff_names_what_the_edition_says_beside_its_measures():
    found = compared("prompt: [4h, 24h]", "prompt: [4h, 12h]")
    assert found["other"] == [{"name": "escalate.prompt", "before": "4h, 24h", "after": "4h, 12h"}]
    assert compared("zh: 小方案", "zh: 大方案")["other"] == [{"name": "title.zh", "before": "小方案", "after": "大方案"}]


def test_nothing_that_is_written_otherwise_is_called_the_same():
    found = compared("    by: community @ area", "    by: community @ area\n    check: {by: cdc @ area, should: \"drawn(0.5, 'day')\", act: contact.named}")
    assert found["same"] == 0 and found["changed"][0]["parts"][0]["part"] == "check"
    assert "drawn" in found["changed"][0]["parts"][0]["after"]


def test_a_ladder_that_says_since_when_and_whence_says_both():
    faulty = EDITION.replace("prompt: [4h, 24h]", "prompt: {value: [4h, 2h], form: 2020-06-01}")
    with pytest.raises(EditionRefused) as refused:
        load_edition(faulty, vocabulary())
    assert sorted((f.code, f.where) for f in refused.value.faults) == [
        ("plan-key-missing", "escalate.prompt"), ("plan-key-missing", "escalate.prompt"), ("plan-key-unknown", "escalate.prompt"), ("plan-value-wrong", "escalate.prompt")
    ]  # fmt: skip
    whole = load_edition(EDITION.replace("prompt: [4h, 24h]", "prompt: {value: [4h, 24h], from: 2020-06-01, source: '000'}"), vocabulary())
    assert whole.escalate["prompt"].text == "4h, 24h" and whole.levels_up("prompt", timedelta(hours=5)) == 1
