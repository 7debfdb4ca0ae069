"""Conditions that a plan must refuse, in words: statements, functions, identifiers, encodings, types, sizes."""

import pytest
from engine_edition import EDITION, VOCABULARY

from sizao.kernel.errors import Refused
from sizao.kernel.facts import FactsColumn
from sizao.plan.language import expressions
from sizao.plan.language.names import Names

COLUMNS = {
    **VOCABULARY.columns("contact"),
    **{"beds": VOCABULARY.columns("unit")["beds"]},
}
HOSTILE = [
    "visits > 1; drop table person",
    "visits > 1 or 1=1",
    "1 = 1",
    "'a' = 'a'",
    "true",
    "not false",
    "visits > 1 -- x",
    "visits > 1 /* x */",
    "visits > (select 1)",
    "exists(select 1)",
    "visits > 1 union select 1",
    "select visits from contact",
    "visits in (select visits from contact)",
    "visits in ()",
    "visits in (visits)",
    "visits between 1 and (select 2)",
    "visits > any(array[1])",
    "visits = all(array[1])",
    "pg_sleep(10) is null",
    "pg_sleep(10)",
    "now() > named_at",
    "current_date > last_exposure_on",
    "random() < 1",
    "load_extension('x')",
    "visits > 1 and load_extension('x')",
    "read_csv('/etc/passwd') is null",
    "getenv('HOME') = 'x'",
    "version() = 'x'",
    "coalesce(visits, 1) > 1",
    "cast(visits as text) = '1'",
    "visits::text = '1'",
    "try_cast(visits as int) = 1",
    "case when visits > 1 then open end",
    "if(visits > 1, open, open)",
    "row(visits) = row(1)",
    "(visits, beds) = (1, 2)",
    "visits > 1 limit 1",
    "visits > 1 order by 1",
    "visits + 1d > 2",
    "visits * open > 2",
    "1 + 1 > visits",
    "visits / 2 > 1",
    "visits % 2 = 0",
    "-visits > 1",
    "visits || 'x' = 'x'",
    "class like '%x%'",
    "class ilike 'x'",
    "class similar to 'x'",
    "class ~ 'x'",
    "class glob 'x'",
    "class > 'a'",
    "class collate nocase = 'close'",
    "class = 'close\\'",
    "class = E'close'",
    "class = x'41'",
    "class = $$close$$",
    "class = 'clo\nse'",
    "class = 'x",
    '"visits" > 1 and "pw" = 1',
    '"visits" > 1',
    "contact.visits > 1",
    "pg_catalog.pg_user.usename = 'x'",
    "password = 'x'",
    "vistis > 1",
    "Visits > 1",
    "id = 1",
    "person = 1",
    "__14d > 1",
    "visits > '5'",
    "visits > 'close'",
    "open > 3",
    "open > false",
    "class = 3",
    "(visits)",
    "visits",
    "visits and open",
    "not visits",
    "visits is distinct from 3",
    "visits <=> 3",
    "open is true",
    "open is not true",
    "1 is null",
    "(visits > 1) is null",
    "days(visits, now) > 3",
    "days(last_exposure_on) > 3",
    "days(last_exposure_on, now, now) > 3",
    "least(visits) > 3",
    "least(visits, named_at) > 3",
    "named_at > 'yesterday'",
    "named_at > '2020-02-30'",
    "last_exposure_on > 2020-06-01",
    "last_exposure_on + 3 > now",
    "last_exposure_on - named_at > 3",
    "now - named_at > 24h",
    "14d > 7d",
    "last_exposure_on + 3 days > now",
    "last_exposure_on + 14x > now",
    "visits > 1e9",
    "visits > 0x10",
    "visits > 99999999999999999999999999",
    "visits > 1.2.3",
    "visits > -",
    "visits = ?",
    "visits = $1",
    "visits = :x",
    "visits = @x",
    "visits = $nothing",
    "visits in ($enough, beds)",
    "{fn x()}",
    "visits > 1\x00",
    "１=１",
    "visits＞5",
    "visits\u00a0> 1",
    "visits > 1 and",
    "and visits > 1",
    "visits visits > 1",
    "visits > > 1",
    "()",
    "",
    "   ",
    ",",
    "'",
    "(" * 300 + "visits > 1" + ")" * 300,
    "not " * 200 + "open",
    " or ".join(["visits > 1"] * 400),
    "visits in (" + ", ".join(map(str, range(400))) + ")",
    "visits > 1 " + " " * 5000,
    "least(" * 40 + "visits" + ", 1)" * 40 + " > 1",
    "count(visits) > 1",
    "sum(visits) over () > 1",
    "visits filter (where true) > 1",
    "x -> x",
    "list_filter([1], x -> x > 1) is null",
    "{'a': 1}.a = 1",
    "[1][1] = 1",
    "visits[1] = 1",
    "interval '1 day' > 1",
    "date '2020-06-01' < now",
    "timestamp '2020-06-01' < now",
    "visits = all",
    "null",
    "visits = null",
    "visits > null",
    "pragma database_list",
    "copy contact to '/tmp/x'",
    "attach 'x' as y",
    "create table x (a int)",
    "call pg_sleep(1)",
    "set x = 1",
    "begin",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: repr(t)[:50])
def test_refused_in_words(text):
    with pytest.raises(Refused) as refused:
        expressions.condition(text, COLUMNS, dict(EDITION.params), {})
    assert refused.value.code.startswith("plan-")
    for language in ("zh", "en"):
        assert refused.value.text(language)
        assert refused.value.cure(language)


LOOKING = [
    "count(check)",
    "count() > 1",
    "count(*) > 1",
    "count(chek) > 1",
    "count(pg_class) > 1",
    "count(check.outcome) > 1",
    "count(check, 1) > 1",
    "count(check, outcome) > 1",
    "count(check, class = 'close') > 1",
    "count(check, outcome = 'good', '7 days') > 1",
    "count(check, outcome = 'good', '1mo') > 1",
    "count(check, '7d', outcome = 'good') > 1",
    "count(check, outcome = 'good', '7d', '7d') > 1",
    "count(check, count(visit, count(test) > 1) > 1) > 1",
    "count(check, has(lead, has(unit, subject.open))) > 1",
    "has(lead, has(contact, area.grade = 'high'))",
    "count(contact, '7d') > 1",
    "count(distinct check) > 1",
    "count(check) over () > 1",
    "count(subject.check) > 1",
    "total(check) > 1",
    "total(check.outcome) > 1",
    "total(check.nmber) > 1",
    "total(lead.urgent) > 1",
    "total(lead.id) > 1",
    "total(lead.person) > 1",
    "latest(check) = 1",
    "latest(check.told_at) > now",
    "latest(lead.unit) = 1",
    "latest('check.outcome') = 'good'",
    "gap(contact) > 1",
    "gap(check) = '1d'",
    "has(check)",
    "has('lead')",
    "has(lead, urgent, urgent)",
    "has(lead, due_on)",
    "has(lead, has(contact, unit.running))",
    "has(lead, has(unit, has(contact)))",
    "has(lead, subject.id = 1)",
    "has(lead, subject.subject.class = 'close')",
    "has(kernel_user)",
    "has(select 1)",
    "has(lead; drop table lead)",
    "listed('kinds', class)",
    "listed('kind', class, today)",
    "listed(kinds, class, today)",
    "listed('kinds', visits, today)",
    "listed('kinds', class, visits)",
    "listed((select 'kinds'), class, today)",
    "inside(area, area)",
    "inside(unit, 'C2')",
    "inside(area, 'C2'' or ''1''=''1')",
    "inside(area, 'C2; drop')",
    "inside('C2', area)",
    "ordered(ban)",
    "ordered('ban', 'sweep')",
    "ordered()",
    "drawn(0.1)",
    "drawn('0.1', 'week')",
    "drawn(0.1, 'year')",
    "drawn(0.1, $period)",
    "drawn(class, 'week')",
    "met()",
    "met('nothing')",
    "met(daily)",
    "met('daily', visits)",
    "coverage('daily')",
    "coverage('daily', 'close') > 1",
    "coverage('nothing') > 1",
    "coverage(daily) > 1",
    "median(visits) > 1",
    "p90(visits) > 1",
    "share(open) > 1",
    "min(visits) > 1",
    "max(visits) > 1",
    "area = 1",
    "area.name = 'x'",
    "area.grade.basis = 'x'",
    "area.parent.grade = 'x'",
    "unit.kind = 'x'",
    "case.class = 'x'",
    "subject.class = 'close'",
    "contact.class = 'close'",
    "public.contact.class = 'close'",
    "a.b.c.d.e.f = 1",
    '"area".grade = \'high\'',
    "area.'grade' = 'high'",
    "area.grade > 'low'",
    "area.grade = 1",
    "area.* = 1",
    "*",
    "area.grade",
    "count(check) + open > 1",
    "count(check) * '2' > 1",
    "check.outcome = 'good'",
    "part.told is null",
    "due > now",
    "opens > now",
    "long_ago = 1",
    "derived is null",
    "has(lead, drawn(0.5, 'day'))",
    "count(check, drawn(0.5, 'day')) > 1",
    "has(lead, unit < subject.unit)",
    "has(lead, unit = 1)",
    "has(lead, unit = origin)",
    "has(lead, unit)",
    "has(lead, subject.lead = unit)",
    "has(lead, origin.kind = 'x')",
    "has(lead, unit.parent.parent.parent.kind = 'x')",
    "has(lead, area.unit.kind = 'x')",
    "coverage('daily', classs = 'close') > 1",
    "coverage('daily', class = 'close', open) > 1",
    "coverage('daily', coverage('daily', coverage('daily') > 1) > 1) > 1",
    "count(check, subject.check = 1) > 1",
    "count(check, class = 'close') > 1",
    "count(told) > 1",
    "count(inspected) > 1",
]
PAIRS = [
    "kind = 'x'",
    "unit",
    "unit.kinds = 'x'",
    "unit.kind.kind = 'x'",
    "unit.parent.parent.parent.kind = 'x'",
    "notice.origin.origin.grade = 'x'",
    "notice.origin = unit.parent",
    "unit = 'x'",
    "unit < notice.by_unit",
    "unit.person = notice.by_unit",
    "unit = notice.published_at",
    "contact.class = 'x'",
    "area.unit.kind = 'x'",
    "unit.area = notice.area",
    "inside(unit, notice)",
    "inside(unit.area, unit.area)",
    "inside(unit.area, 'C2')",
    "inside(unit.area, notice.origin)",
    "count(visits) > 1",
    "count(visit) > 1",
    "count(check) > 1",
    "met('daily')",
    "subject.unit.kind = 'x'",
    "unit.unit.kind = 'x'",
    "listed('kinds', unit, now)",
]


@pytest.mark.parametrize("text", LOOKING, ids=lambda t: repr(t)[:50])
def test_what_looks_beyond_the_row_is_refused_in_words_too(text):
    names = Names.of(VOCABULARY, "contact", dict(EDITION.params), lists=dict(EDITION.lists), measure="m", ask={"daily": "contact"}.get)
    with pytest.raises(Refused) as refused:
        expressions.condition(text, {}, {}, {}, names)
    assert refused.value.code.startswith("plan-")
    for language in ("zh", "en"):
        assert refused.value.text(language)
        assert refused.value.cure(language)


@pytest.mark.parametrize("text", PAIRS, ids=lambda t: repr(t)[:50])
def test_what_a_pair_cannot_be_asked_is_refused_in_words(text):
    m = EDITION.measures["pair-told"]
    names = Names.of(m.vocabulary(VOCABULARY), m.facts, dict(EDITION.params), lists=dict(EDITION.lists), measure="m", ask={"daily": "contact"}.get)
    with pytest.raises(Refused) as refused:
        expressions.condition(text, {}, {}, {}, names)
    assert refused.value.code.startswith("plan-")
    for language in ("zh", "en"):
        assert refused.value.text(language)
        assert refused.value.cure(language)


@pytest.mark.parametrize("column", ["long_ago", "seen"])
def test_a_derived_column_that_leads_back_to_itself_is_refused(column):
    columns = {**VOCABULARY.columns("contact"), "a": FactsColumn("a", "bool", "", "a", "a", expression="not b"), "b": FactsColumn("b", "bool", "", "b", "b", expression=f"a or {column} is null")}
    with pytest.raises(Refused) as refused:
        expressions.condition("a", {}, {}, {}, Names(columns, {}, {}, "contact", VOCABULARY))
    assert refused.value.code == "plan-derived-circle"


def test_there_are_more_than_two_hundred():
    assert len({*HOSTILE, *LOOKING, *PAIRS}) > 250


@pytest.mark.parametrize(
    ("text", "near"),
    [("clas = 'close'", "class"), ("leest(visits, 2) > 1", "least"), ("visits > $enouh", "enough"), ("releasd_at is null", "released_at")],
)
def test_the_nearest_name_is_offered(text, near):
    with pytest.raises(Refused) as refused:
        expressions.condition(text, COLUMNS, dict(EDITION.params), {})
    assert near in refused.value.cure("en")


@pytest.mark.parametrize(
    "text",
    [
        "class = 'close' and not (visits < 2 or open) and released_at is null",
        "class != 'it''s' AND visits IN (1, -2, $enough)",
        "visits between 1 and $enough",
        "days(last_exposure_on, today) <= 14",
        "hours(named_at, now) > 24",
        "greatest(named_at, last_exposure_on + 1d) < now - 2h",
        "least(visits, 3) = 3 and last_exposure_on + $term >= '2020-06-01'",
        "named_at >= '2020-06-01 08:00'",
        "class = '密接'",
        "visits * 2 - 1 > $enough",
    ],
)
def test_what_the_language_has_is_read(text):
    assert expressions.condition(text, COLUMNS, dict(EDITION.params), {}).type == "bool"


@pytest.mark.parametrize(
    "text",
    ["visits", "'2020-06-01'", "now", "last_exposure_on + $clock + 1", "least(released_at)", "$term", "14d", "2020-13-01", "named_at; x"],
)
def test_what_is_no_point_in_time_is_refused(text):
    columns, params = COLUMNS, dict(EDITION.params)
    if text == "now":
        assert expressions.point(text, columns, params, {}).type == "instant"
        return
    with pytest.raises(Refused):
        expressions.point(text, columns, params, {})
