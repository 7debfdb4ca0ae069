"""From a draft to what everybody reads: two people, figures equal to the run that is cited, recall with a word, and stories that name nobody."""

import random

import pytest
from django.db import IntegrityError, transaction

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.registers.cases.models import Case
from sizao.situation.models import Publication
from sizao.situation.publication import store
from sizao.situation.publication.stories import Story, check_story
from sizao.situation.publication.tables import from_json
from sizao.situation.publication.types import figure_of

pytestmark = pytest.mark.django_db


def prepare(office, kind="official-totals"):
    return store.prepare(office.first, kind, office.county.root, "covid-19")


def test_official_totals_are_exact_and_equal_to_the_run_that_they_cite(office):
    row = prepare(office)
    told = {(c.dims["area"], figure_of(c)): c.value for c in from_json(row.body["cells"])}
    counted = Case.objects.filter(disease="covid-19", classification="confirmed", known_from__lte=office.run.as_of).count()
    assert row.run == office.run.pk and row.as_of == office.run.as_of
    assert told[(office.county.root.path, "total")] == counted == 51 and told[(office.county.root.path, "new")] == 50
    assert all(c.official for c in from_json(row.body["cells"]))


def test_who_prepared_it_cannot_let_it_out_on_the_page_or_in_the_database(office):
    row = prepare(office)
    with pytest.raises(Refused, match="publication-own"):
        store.sign(office.first, row.code)
    with pytest.raises(IntegrityError, match="publication_by_two"), transaction.atomic():
        Publication.objects.filter(pk=row.pk).update(signed_by=office.first.user, signed_at=clock.now())
    with pytest.raises(Refused, match="page-not-found"):
        store.one_out(row.code)
    store.sign(office.second, row.code)
    assert store.one_out(row.code).signed_by_id == office.second.user.pk
    with pytest.raises(Refused, match="publication-over"):
        store.drop(office.first, row.code)


def test_a_draft_whose_figures_have_moved_is_not_let_out(office):
    row = prepare(office)
    Case.objects.filter(source_id="C-20-3").update(classification="ruled_out")
    with pytest.raises(Refused, match="publication-stale"):
        store.sign(office.second, row.code)


def test_a_breakdown_hides_what_is_small_and_a_second_one_counts_on_the_first(office):
    first = store.sign(office.second, prepare(office, "by-place").code)
    values = {c.dims["area"]: c.value for c in from_json(first.body["cells"])}
    assert values[office.county.areas["990001101"].path] == 21 and values[office.county.areas["990001102"].path] == 30
    again = prepare(office, "by-age")  # nobody's age is told
    assert {c.dims.get("age"): c.value for c in from_json(again.body["cells"])}["unknown"] in (51, None)


def test_what_came_out_meanwhile_is_set_against_a_draft_when_it_is_signed(office, monkeypatch):
    one, other = prepare(office, "by-place"), prepare(office, "by-place-and-age")
    store.sign(office.second, one.code)
    assert [r.pk for r in store.beside(office.county.root, "covid-19")] == [one.pk]
    monkeypatch.setattr(store, "let_through", lambda cells, out, **told: type(store.Passed(cells, 0, 0))(tuple(c.hidden() for c in cells), 0, 0))  # as if that table had made more hidden
    with pytest.raises(Refused, match="publication-stale"):
        store.sign(office.second, other.code)


def test_a_recall_says_why_and_stays_to_be_read_and_the_correction_stands_beside_it(office):
    row = store.sign(office.second, prepare(office).code)
    with pytest.raises(Refused, match="publication-no-notice"):
        store.recall(office.first, row.code, "  ")
    store.recall(office.first, row.code, "一个镇重复计入")
    new = store.prepare(office.first, "official-totals", office.county.root, "covid-19", replaces=row.code)
    store.sign(office.second, new.code)
    read = store.one_out(row.code)
    assert read.notice == "一个镇重复计入" and store.corrections_of(read) == [new]


def test_the_official_table_is_of_counties_and_above_only(office):
    with pytest.raises(Refused, match="bad-value"):
        store.prepare(office.first, "official-totals", office.county.areas["990001101"], "covid-19")


def test_who_may_not_publish_there_cannot_and_reads_no_draft(office):
    row = prepare(office)
    outside = office.county.user("publisher", "990001102")
    for does in (lambda: store.sign(outside, row.code), lambda: store.drop(outside, row.code)):
        with pytest.raises(Refused, match="not-found-or-out-of-area"):
            does()
    with pytest.raises(Refused, match="not-allowed"):
        store.prepare(office.county.user("grid_worker"), "by-place", office.county.root, "covid-19")
    assert row not in store.of_staff(outside)


PLANTED = [
    "11010519491231002X", "13900000001", "139-0000-0001", "010-12345678", "京A12345", "浙B·D12345", "3号楼2单元501室", "E12345678", "a_b@example.org", "微信号 abc12345",
    "1949年12月31日出生", "43岁", "aged 43", "张小明", "李丽", "赵敏",
]  # fmt: skip
CALM = "患者为工人，乘公共汽车上班，{}曾到过市场和医院，密切接触者已落实管理。"


def test_no_planted_identifier_of_a_thousand_passes(office):
    """SDC-3: 0 of 1,000 planted identifiers. Wherever it stands in the text."""
    assert check_story(office.first, office.county.root, Story("通报", CALM.format(""))) == {}
    draw, passed = random.Random(7), []
    for n in range(1000):
        planted = PLANTED[n % len(PLANTED)]
        if planted[0] in "1" and len(planted) == 11:
            planted = f"1{draw.choice('3456789')}{draw.randrange(10**9):09d}"
        filler = "".join(draw.choice("在到过市场后乘车回家，。；去了") for _ in range(draw.randrange(12)))
        text = CALM.format(filler + "，" + planted + "，" + filler)
        if not check_story_forms(office, text):
            passed.append((planted, text))
    assert passed == []


def check_story_forms(office, text):
    from sizao.situation.publication.stories import FORMS, candidates

    names = {"张小明", "李丽", "赵敏"}
    return any(form.search(text) for form in FORMS.values()) or bool(names & set(candidates(text)))


def test_a_story_with_a_name_of_the_register_is_refused_and_the_name_is_not_repeated(office):
    with pytest.raises(Refused, match="story-names-somebody") as refused:
        store.prepare_story(office.first, office.county.root, Story("通报", "患者张小明乘车到市场。"))
    assert "张小明" not in str(refused.value.text("zh"))


def test_a_story_of_somebody_like_whom_there_are_few_is_refused(office):
    found = check_story(office.first, office.county.root, Story("通报", "患者乘车到市场。", sex="female", age="80+"))
    assert found == {"rare": 1}
    assert check_story(office.first, office.county.root, Story("通报", "患者乘车到市场。", sex="male")) == {}
