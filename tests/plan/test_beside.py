"""What stands beside the states, from registers to numbers to names: incomplete lists, amounts, figures, what was seen, what has risen."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest

from sizao.kernel import clock, content
from sizao.kernel.acts import NewAct, record
from sizao.kernel.ids import uuid7
from sizao.kernel.models import ContentItem, Enactment, User
from sizao.plan import completeness, evaluation, near, read, run, versions
from sizao.plan.acts import acts_of
from sizao.plan.models import Amount, Figure, Row, Run
from sizao.plan.views import BESIDE, LISTS
from sizao.registers.cases.models import Case, Contact
from sizao.registers.command.actions import Grading, grade_areas
from sizao.registers.laboratory.models import Specimen
from sizao.registers.ledgers.models import ReportingUnit
from sizao.registers.population.models import Household, Person

pytestmark = pytest.mark.django_db
GRID, OTHER, VILLAGE, TOWNSHIP, COUNTY = "990001101201-1", "990001102201-1", "990001101201", "990001101", "990001"
HEAD = "kind: list, source: [{text: '1', quote: x}]"
TEXT = f"""
edition: beside
title: {{zh: 旁列, en: Beside}}
escalate: {{alarm: [0h, 2h], routine: [1h]}}
measures:
  daily:
    {{{HEAD}, title: {{zh: 监测, en: Checked}}, for: contact, should: class = 'close', urgency: alarm, by: community @ area, done: isolation.daily_check,
     when: {{every: 1d, from: last_exposure_on, until: last_exposure_on + 14d, at: ["20:00"]}},
     check: {{by: cdc @ area, should: "drawn(1, 'day')", act: inspection.seen}},
     reconcile: [{{from: case}}, {{total: area.population}}, {{filed: report.filed, for: reporting_unit, every: 1d, by: community @ area}}],
     show: {{taken: "median(hours(opens, done_at))", undone: share(done_at is null), last: max(done_at)}}}}
  swept: {{{HEAD}, title: {{zh: 排查, en: Swept}}, for: household, when: {{every: 1w, from: 2020-06-15}}, done: household.visited, by: grid_worker @ area}}
  contacts: {{{HEAD}, title: {{zh: 密接, en: Contacts}}, for: case, when: {{within: 24h, of: reported_at}}, done: {{have: count(contact), need: contact_total}}, by: cdc @ area}}
"""

HELD = f"""
edition: held
title: {{zh: 名单核对, en: Lists held against}}
measures:
  named:
    {{{HEAD}, title: {{zh: 在册, en: On the list}}, for: contact, by: community @ area, done: isolation.daily_check, when: {{within: 1d, of: named_at}},
     reconcile: [{{from: lab.resulted, where: outcome = 'positive'}}, {{from: specimen}}, {{total: case.contact_total}}, {{filed: report.filed, for: reporting_unit, every: 1d, by: community @ area}}]}}
"""


def at(day, hour=0, minute=0):
    """A local time of June 2020 as an instant."""
    return datetime(2020, 6, day, tzinfo=UTC) + timedelta(hours=hour - 8, minutes=minute)


NOW = at(18, 21)


@pytest.fixture
def town(county, system):
    evaluation.edition.cache_clear()
    in_force(county, "beside", TEXT)
    county.village, county.desk, county.cdc = county.user("community", VILLAGE), county.user("desk"), county.user("cdc")
    county.contacts = [contact(county.areas[GRID if i < 3 else OTHER]) for i in range(4)]
    county.case = case(county.areas[GRID], 5)
    Contact.objects.filter(pk__in=[c.pk for c in county.contacts[:3]]).update(case=county.case)
    return county


def in_force(county, name, text):
    item = ContentItem.objects.create(kind="plan", item_id=name, sha256=sha256(text.encode()).hexdigest(), body={}, text=text, source="edition.yaml")
    one, two = (User.objects.create_user(f"{name}-{n}") for n in (1, 2))
    Enactment.objects.create(item=item, area=county.root, disease="covid-19", starts_at=at(1), proposed_by=one, seconded_by=two, decided_at=at(1))
    content.keep(acts_of(text), county.root, at(1), "test")


def person(area):
    return Person.objects.create(area=area, known_from=at(16, 9), stands_from=at(16, 9))


def contact(area):
    return Contact.objects.create(
        person=person(area), area=area, disease="covid-19", classification="close", last_exposure_on=at(16, 12).date(), known_from=at(16, 9), stands_from=at(16, 9)
    )


def case(area, total):
    return Case.objects.create(
        person=person(area), area=area, disease="covid-19", classification="confirmed", reported_at=at(16, 10), contact_total=total, known_from=at(16), stands_from=at(16)
    )


def did(scope, kind, subject, when, outcome="ok"):
    return record(scope, [NewAct(kind, subject.pk, when, getattr(subject, "person_id", None), subject.area_id, "covid-19", outcome=outcome)])


def numbers(town, measure, code=COUNTY):
    return read.measure_page(town.desk, measure, town.areas[code]).measure


def rows(town, measure, state, code=COUNTY, **more):
    return read.missing(town.desk, measure, town.areas[code], state=state, limit=None, **more).rows


def every_number_is_the_length_of_its_list(town, states=(*LISTS, *BESIDE), places=(COUNTY, TOWNSHIP, GRID)):
    for code in places:
        seen = read.overview(town.desk, town.areas[code])
        for state in states:
            of_all = rows(town, None, state, code)
            assert {m.id: m.count(state) for m in seen.measures if m.count(state)} == Counter(r.measure for r in of_all), (code, state)
            if state == "short":
                assert sum(r.need - r.have for r in of_all) == seen.total.short_by


def test_a_list_that_does_not_reach_a_figure_from_outside_is_short_by_so_many(town, system):
    places = {GRID: 5, OTHER: 1, VILLAGE: 3}
    grade_areas(system, [Grading(town.areas[c].pk, "population", "figure", at(1), number=n) for c, n in places.items()], sender="t")
    run.evaluate_all(NOW)
    [row] = rows(town, "daily", "short")
    assert (row.area.code, row.have, row.need, row.why["en"]) == (GRID, 3, 5, "the list does not reach the area's population")
    assert (numbers(town, "daily").short, numbers(town, "daily").short_by, numbers(town, "daily", OTHER).short) == (1, 2, 0)


def test_who_has_not_handed_in_the_list_is_named_and_silence_is_no_zero(town, system):
    units = [ReportingUnit.objects.create(area=town.areas[GRID], name=n, in_use=True, known_from=at(17, 8), stands_from=at(17, 8)) for n in "ab"]
    record(system, [NewAct("report.filed", units[0].pk, at(18, 9), None, units[0].area_id, None, period=at(18, 9).date(), number=0)])
    record(system, [NewAct("report.filed", units[0].pk, at(17, 9), None, units[0].area_id, None, period=at(17, 9).date(), number=0)])
    run.evaluate_all(NOW)
    [row] = rows(town, "daily", "no_list")
    assert (row.subject, row.why["en"].partition(":")[0]) == (units[1].pk, "the list was not handed in")
    assert numbers(town, "daily", GRID).no_list == 1 and numbers(town, "daily", OTHER).no_list == 0
    assert [r.person for r in rows(town, "daily", "unlisted")] == [town.case.person_id]
    every_number_is_the_length_of_its_list(town)


def test_all_that_a_list_is_held_against_is_read_from_the_registers_for_the_reference_too(town, system):
    """Though no measure is about cases, samples or units here, and only persons say where somebody lives who is named by an act."""
    in_force(town, "held", HELD)
    ReportingUnit.objects.create(area=town.areas[GRID], name="a", in_use=True, known_from=at(17, 8), stands_from=at(17, 8))
    positive = person(town.areas[OTHER])
    record(system, [NewAct("lab.resulted", uuid7(), at(18), positive.pk, None, "covid-19", outcome="positive")])
    sampled = Specimen.objects.create(person=person(town.areas[GRID]), area=town.areas[GRID], disease="covid-19", sampled_at=at(17), known_from=at(17), stands_from=at(17))
    made = run.evaluate_all(NOW)
    f = next(f for f in evaluation.in_force(NOW) if f.measure.id == "named")
    register, *_ = near.whole([f.measure], "Asia/Shanghai", made.known_at, True, lists=True)
    said = completeness.beside(f.measure, register, evaluation.naive(NOW, "Asia/Shanghai"), f.force("Asia/Shanghai"))
    stored = Row.objects.at(made).filter(measure="named", state__in=("unlisted", "short", "no_list"))
    assert sorted((o.state, o.subject, o.area) for o in said) == sorted(stored.values_list("state", "subject", "area_id"))
    assert Counter(o.state for o in said) == {"unlisted": 2, "short": 1, "no_list": 1}
    assert {o.subject for o in said if o.state == "unlisted"} == {positive.pk, sampled.person_id}


def test_amounts_are_added_in_their_unit_beside_how_many_are_short(town):
    case(town.areas[OTHER], 4)
    case(town.areas[OTHER], None)
    run.evaluate_all(NOW)
    [whole] = numbers(town, "contacts").amounts
    assert (whole.unit["en"], whole.owed, whole.short, whole.have, whole.filled, whole.need) == ("persons", 2, 2, 3, 3, 9)
    assert (whole.lacking, round(whole.coverage, 3)) == (6, Decimal("0.333"))
    assert numbers(town, "contacts").cannot_tell == 1, "a total that nobody told is never 0"
    owed = rows(town, "contacts", "missing")
    assert sum(r.need for r in owed) == whole.need and sum(min(r.have, r.need) for r in owed) == whole.filled
    assert {(r.have, r.need) for r in owed} == {(3, 5), (0, 4)}
    assert numbers(town, "daily").amounts == []
    told = read.coverage_json(town.desk, None, town.root)["measures"]
    assert next(m for m in told if m["id"] == "contacts")["amounts"] == [
        {"unit": {"zh": "人", "en": "persons"}, "owed": 2, "short": 2, "have": 3, "filled": 3, "need": 9, "coverage": pytest.approx(1 / 3)}
    ]
    assert {r["need"] for r in read.missing_json(town.desk, None, "contacts", town.root)} == {5, 4}


def test_figures_are_of_what_is_owed_by_area_and_by_day(town, system):
    did(system, "isolation.daily_check", town.contacts[0], at(17, 19))
    did(system, "isolation.daily_check", town.contacts[1], at(17, 9))
    did(system, "isolation.daily_check", town.contacts[3], at(18, 20))
    run.evaluate_all(NOW)
    shown = {f.name: f for f in numbers(town, "daily").shown}
    assert (shown["taken"].n, shown["taken"].value, shown["taken"].kind) == (3, 19.0, "hours")
    assert shown["undone"].value == pytest.approx(9 / 12)
    assert shown["last"].moment == at(18, 20)
    assert [(d.isoformat(), n, v) for d, n, v, _ in shown["taken"].days] == [("2020-06-17", 2, 14.0), ("2020-06-18", 1, 20.0)]
    below = read.measure_page(town.desk, "daily", town.root).areas
    assert [next(f.value for f in a.shown if f.name == "undone") for a in below] == pytest.approx([7 / 9, 2 / 3])
    assert Figure.objects.filter(name="taken", area=town.areas[OTHER], day=None).get().value == 20.0
    told = read.coverage_json(town.desk, None, town.root)["measures"]
    assert next(m for m in told if m["id"] == "daily")["shown"][0]["value"] == 19.0


def test_done_and_not_so_when_somebody_looked_is_untrue(town, system):
    for c in town.contacts:
        did(system, "isolation.daily_check", c, at(17, 9))
    did(town.cdc, "inspection.seen", town.contacts[0], at(17, 15), "not_kept")
    did(town.cdc, "inspection.seen", town.contacts[1], at(17, 15), "kept")
    did(town.cdc, "inspection.seen", town.contacts[2], at(17, 8), "not_kept")  # before it was said
    run.evaluate_all(NOW)
    m = numbers(town, "daily")
    assert (m.met, m.looked, m.untrue) == (4, 2, 1)
    assert [r.subject for r in rows(town, "daily", "untrue")] == [town.contacts[0].pk]
    assert {(r.subject, r.seen) for r in rows(town, "daily", "looked")} == {(town.contacts[0].pk, False), (town.contacts[1].pk, True)}
    assert (m.checked.said, m.checked.gap) == (4 / 12, 0.5)
    assert [round(x, 3) for x in m.checked.interval] == [0.095, 0.905]
    assert m.checked.seen == pytest.approx(4 / 12 / 2)
    assert numbers(town, "contacts").checked.interval is None
    every_number_is_the_length_of_its_list(town)


def test_what_is_overdue_rises_a_level_at_each_span_and_an_alarm_at_once(town):
    run.evaluate_all(at(18, 20, 1))
    assert (numbers(town, "daily").raised, numbers(town, "daily", TOWNSHIP).risen, numbers(town, "daily").risen) == (4, 3, 0)
    assert numbers(town, "daily", VILLAGE).risen == 0, "there it stands already: that post answers for it"
    run.evaluate_all(at(18, 22))
    assert {r.raised for r in rows(town, "daily", "missing")} == {2}
    assert (numbers(town, "daily", TOWNSHIP).risen, numbers(town, "daily").risen) == (3, 3)
    [ownerless] = [r for r in rows(town, "daily", "missing") if r.post is None]
    assert ownerless.area.code == OTHER and len(rows(town, "daily", "risen", "990001102201")) == 1, "from the area itself where nobody answers"
    assert len(rows(town, None, "raised", urgency="alarm")) == 4
    assert numbers(town, "contacts").raised == 1 and len(rows(town, None, "raised")) == 5


def test_a_household_that_two_grids_claim_is_on_the_list_of_both_and_one_in_no_grid_is_listed_as_nobody_s(town):
    workers = {code: town.user("grid_worker", code).post for code in (GRID, OTHER)}
    claimed = {code: household("H-1", town.areas[code]) for code in workers}
    nowhere = household("H-2", town.areas[VILLAGE])
    run.evaluate_all(NOW)
    listed = {r.subject: r for r in rows(town, "swept", "open")}
    assert set(listed) == {*(h.pk for h in claimed.values()), nowhere.pk}
    for code, worker in workers.items():
        assert listed[claimed[code].pk].post == worker.pk and [r.subject for r in rows(town, "swept", "open", code)] == [claimed[code].pk]
    assert listed[nowhere.pk].post is None and [r.subject for r in rows(town, "swept", "ownerless")] == [nowhere.pk]


def household(code, area):
    return Household.objects.create(code=code, area=area, members=2, known_from=at(15, 9), stands_from=at(15, 9))


def test_lists_that_were_not_kept_are_the_same_queries_again(town, system, monkeypatch):
    grade_areas(system, [Grading(town.areas[GRID].pk, "population", "figure", at(1), number=5)], sender="t")
    did(system, "isolation.daily_check", town.contacts[0], at(17, 9))
    did(town.cdc, "inspection.seen", town.contacts[0], at(17, 15), "not_kept")
    monkeypatch.setattr(run, "LISTED", 0)
    made = run.evaluate_all(NOW)
    assert not Row.objects.at(made).exists()
    assert numbers(town, "daily").untrue == numbers(town, "daily").short == 1
    every_number_is_the_length_of_its_list(town, ("missing", "untrue", "short", "risen", "ownerless"), (COUNTY,))


def test_cells_keep_their_amounts_and_figures_as_long_as_themselves(town, monkeypatch):
    monkeypatch.setattr(versions, "RUNS_KEPT", 1)
    monkeypatch.setattr(versions, "ROWS_KEPT", 1)
    for hour in (10, 11, 12):
        with clock.frozen(at(18, hour)):
            run.evaluate_all(NOW)
    seen = [(Amount.objects.at(r).count(), Figure.objects.at(r).count()) for r in Run.objects.all()]
    assert len(seen) == 2 and seen[0] == seen[1] and all(seen[0])
    assert (Amount.objects.count(), Figure.objects.count()) == seen[0]
