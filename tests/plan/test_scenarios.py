"""Every scenario that lies beside a shipped plan comes out as written, on the reference and on PostgreSQL."""

import pytest

from sizao.kernel.content_dir import content_dir
from sizao.plan.check import check_edition
from sizao.plan.diff import diff
from sizao.plan.facts import vocabulary
from sizao.plan.language import load_edition
from sizao.plan.scenarios import load_scenarios, play
from sizao.plan.show import show_edition

PLANS = sorted((content_dir() / "plans").iterdir())


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
    [changed] = found["changed"]
    assert changed["measure"] == "contact-daily-check"
    assert [p["part"] for p in changed["parts"]] == ["when"]
    assert "20:00" in changed["parts"][0]["before"]["zh"]
    assert "18:00" in changed["parts"][0]["after"]["en"]
