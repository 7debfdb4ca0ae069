"""Examples that a planner can read: each page's tables come out as they are written, on the reference and on a compiled engine."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from examples import story

from sizao.kernel import clock, content
from sizao.kernel.models import Enactment, User
from sizao.registers.ledgers import actions, catalogue, checking, due, summing
from sizao.registers.ledgers.actions import NewLine, NewUnit

HERE = Path(__file__).parent
PAGES = {path.stem: path for path in sorted(HERE.glob("*.md"))}
STORIES = {name: path for name, path in PAGES.items() if name != "report-once"}


@pytest.mark.parametrize("name", STORIES)
def test_what_is_owed_is_what_the_page_says(name):
    page = story.page(STORIES[name].read_text(encoding="utf-8"))
    given = story.Given(page)
    assert page.owed
    for moment, lines in page.owed.items():
        said = [line for line in lines if line["who"] != "–"]  # a line with a dash names a measure of which nobody owes anything
        found = given.owed(dict.fromkeys(line["measure"] for line in lines), story.at(moment))
        assert sorted(map(repr, found)) == sorted(map(repr, said)), moment


# -- report once

FORMS = re.compile(r"```yaml (\w+)\.yaml\n(.*?)```\n.*?\n((?:\|[^\n]*\n)+)", re.DOTALL)
ONCE = PAGES["report-once"].read_text(encoding="utf-8")


def test_every_form_of_the_page_is_looked_at():
    assert len(FORMS.findall(ONCE)) == ONCE.count("```yaml ")


@pytest.mark.parametrize(("name", "text", "table"), FORMS.findall(ONCE), ids=lambda x: x if "\n" not in x else "")
def test_a_form_is_refused_in_the_line_that_the_page_says(db, tmp_path, name, text, table):
    (tmp_path / "ledgers").mkdir()
    (tmp_path / "ledgers" / f"{name}.yaml").write_text(text, encoding="utf-8")
    [(_, said)] = story.tables(table)
    told = list(checking.faults(tmp_path / "ledgers" / f"{name}.yaml", text))
    assert [(str(f.line), f.code) for f in told] == [(line["line"], line["refused"]) for line in said if line["line"]]
    assert all(f.zh and f.en for f in told)


def lines(head):
    return next(body for _, body in story.tables(ONCE) if head in body[0])


def test_sums_of_every_level_are_those_of_the_lines_below(county, system):
    day = date(2020, 6, 17)
    seven = datetime(2020, 6, 16, 23, tzinfo=UTC)
    made = actions.add_units(system, [NewUnit(x["class"], county.areas[x["grid"]].pk, x["class"], datetime(2020, 6, 1, tzinfo=UTC), "class") for x in lines("class")], sender="t")
    item = content.load(system, kinds=("ledger",)) and content.newest("ledger", "class_check")
    one, two = (User.objects.create_user(name) for name in ("one", "two"))
    Enactment.objects.create(item=item, area=county.root, starts_at=datetime(2020, 6, 1, tzinfo=UTC), proposed_by=one, seconded_by=two, decided_at=seven)
    names = ("persons_present", "persons_temperature_taken", "absent_ill")
    told = [NewLine(x["class"], {"unit": made[x["class"]]}, {n: int(x[n]) for n in names}, seven, day) for x in lines("class") if x["absent_ill"]]
    assert {o.kind for o in actions.add_lines(system, "class_check", told, sender="t")} == {"new"}
    with clock.frozen(datetime(2020, 6, 17, 4, tzinfo=UTC)):
        ledger = catalogue.ledger("class_check")
        for line in lines("sum of"):
            area = county.areas[line["sum of"]]
            fields, sums = due.totals(system, ledger, area, [], day, day)
            _, number, whole = sums[-1]
            silent = summing.together(summing.summed(system, area, day, day, ledger="class_check"))["silent"]
            assert [str(number), *map(str, whole), str(silent)] == [line[k] for k in ("lines", *(f.id for f in fields), "silent")], line["sum of"]


def test_the_catalogue_of_a_grid_worker_s_forms_is_what_they_ask():
    mine = [x for x in catalogue.ledgers().values() if x.filed_by in ("grid_worker", "community")]
    now = [
        {"form": f"{x.zh} {x.en}", "who fills it": x.filed_by, "asks": ", ".join(f.zh for f in x.fields), "shows": ", ".join(f.zh for f in x.filled_fields) or "—", "minutes of a line": f"{x.minutes:g}"}
        for x in sorted(mine, key=lambda x: x.id)
    ]
    assert [*lines("form")] == now
